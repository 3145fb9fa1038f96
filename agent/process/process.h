
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_PROCESS_PROCESS_H_INCLUDED_
#define _AGENT_PROCESS_PROCESS_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>
#include <jansson.h>

#include "base/fault.h"
#include "http/request.h"
#include "process/params.h"
#include "run/command.h"
#include "run/log.h"


/*
 * A process is a command that outlives its request and has an id, a state and
 * a log.  Its record is kept after its exit; if there are too many records,
 * those that exited first are dropped first.
 */


#define AGENT_PROCESS_RUNNING   128    /* maximum number running */
#define AGENT_PROCESS_RECORDS   256    /* records, running or exited */
#define AGENT_PROCESS_COMMANDS  (8 * 1024 * 1024)    /* total bytes */
#define AGENT_PROCESS_LOGS      (512 * 1024 * 1024)  /* likewise */
#define AGENT_PROCESS_WAITS     256    /* maximum number of waiting requests */

#define AGENT_PROCESS_GRACE     5000   /* ms from TERM to KILL */


typedef struct agent_process_s        agent_process_t;
typedef struct agent_process_observer_s  agent_process_observer_t;


typedef enum {
    AGENT_PROCESS_STARTING = 0,
    AGENT_PROCESS_RUNS,
    AGENT_PROCESS_COMPLETED,
    AGENT_PROCESS_FAILED,
    AGENT_PROCESS_KILLED
} agent_process_status_e;


/* an observer, which its callbacks may remove */

struct agent_process_observer_s {
    /* set by the caller; on_output and on_data may be NULL */
    void           (*on_output)(agent_process_observer_t *w);
    void           (*on_data)(agent_process_observer_t *w, int stream,
                        const char *buf, size_t len);
    void           (*on_exit)(agent_process_observer_t *w);
    void            *data;

    agent_process_t *process;
    TAILQ_ENTRY(agent_process_observer_s)  link;
};


TAILQ_HEAD(agent_process_observers_s, agent_process_observer_s);


struct agent_process_s {
    char              id[AGENT_PROCESS_ID + 1];
    char             *command;
    char             *session;         /* NULL: of none */
    const char       *shell;           /* NULL: bash */

    agent_process_status_e  status;
    agent_command_t  *cmd;             /* NULL: it has exited */
    pid_t             pid;
    agent_exit_t      exit;
    agent_run_log_t  *log;

    char              start_time[32];
    char              end_time[32];
    uint64_t          began;
    uint64_t          ended;

    void             *starter;         /* owned by start.c while starting */
    agent_request_t  *writer;          /* writes its standard input */
    void            (*on_stdin)(agent_process_t *p);

    unsigned          killed:1;        /* killed by request */
    unsigned          cleanup:1;

    /* private to process.c */

    struct agent_process_observers_s  observers;
    TAILQ_ENTRY(agent_process_s)    link;

    unsigned          refs;
    unsigned          listed:1;
    size_t            disk;            /* log size counted against the limit */
    uint64_t          forget_at;       /* with cleanup */
};


TAILQ_HEAD(agent_process_list_s, agent_process_s);


extern struct agent_process_list_s  agent_process_list;  /* oldest first */


/*
 * Creates a record in state "starting".  The callbacks of its command are set,
 * and the caller must start it.  NULL with a fault: the id is in use, there
 * are too many processes, or out of memory.
 */
agent_process_t *agent_process_create(const agent_process_params_start_t *start,
    agent_fault_t *fault);

/* marks it as running; or drops the record after a failed start */
void agent_process_started(agent_process_t *p);
void agent_process_discard(agent_process_t *p);

agent_process_t *agent_process_find(const char *id);

#define agent_process_ended(p)  ((p)->status > AGENT_PROCESS_RUNS)


/* the record is kept while observed; unobserving twice is harmless */
void agent_process_observe(agent_process_t *p, agent_process_observer_t *w);
void agent_process_unobserve(agent_process_observer_t *w);

/* sets the fault of a limit that is reached; returns -1 */
int agent_process_limit(agent_fault_t *fault, const char *what,
    size_t max);

/* its exit has been reported to a client */
void agent_process_reported(agent_process_t *p);


#endif /* _AGENT_PROCESS_PROCESS_H_INCLUDED_ */
