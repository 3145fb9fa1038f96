
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_TERMINAL_TERMINAL_H_INCLUDED_
#define _AGENT_TERMINAL_TERMINAL_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>

#include "base/fault.h"
#include "run/command.h"
#include "session/session.h"
#include "terminal/params.h"
#include "terminal/ring.h"


/*
 * A terminal is a shell on a pseudo-terminal.  One that has a session's name is
 * found by it: it is shared by all its viewers, keeps its last output, and
 * lives until it is killed, its shell exits or the session is deleted.  One
 * without a name belongs to a single viewer and is killed with it.
 */


#define AGENT_TERMINAL_MAX      128    /* terminals */
#define AGENT_TERMINAL_VIEWERS  64     /* of one terminal */
#define AGENT_TERMINAL_ID       20     /* "term_" and digits */


typedef struct agent_terminal_s         agent_terminal_t;
typedef struct agent_terminal_waiter_s  agent_terminal_waiter_t;
typedef struct agent_viewer_s           agent_viewer_t;


/* is told of the end; belongs to the one who waits */

struct agent_terminal_waiter_s {
    void                                 (*ended)(agent_terminal_waiter_t *w,
                                                  agent_terminal_t *t);
    void                                  *data;
    agent_terminal_t                      *terminal;   /* NULL: ended */
    TAILQ_ENTRY(agent_terminal_waiter_s)   link;
};


TAILQ_HEAD(agent_terminal_viewers_s, agent_viewer_s);
TAILQ_HEAD(agent_terminal_waiters_s, agent_terminal_waiter_s);


struct agent_terminal_s {
    char                 id[AGENT_TERMINAL_ID + 1];    /* of this shell */
    char                 session[AGENT_SESSION_NAME + 1];
    unsigned             cols;
    unsigned             rows;
    pid_t                pid;
    char                 started[32];  /* ISO 8601 */

    agent_command_t     *cmd;          /* NULL: it has ended */
    int                  fd;           /* the master */
    agent_ring_t         ring;         /* of one with a name */
    uint64_t             end;          /* bytes of output */
    agent_exit_t         exit;

    struct agent_terminal_viewers_s  viewers;
    size_t                           nviewers;
    struct agent_terminal_waiters_s  waiters;
    TAILQ_ENTRY(agent_terminal_s)    link;

    unsigned             named:1;
    unsigned             killed:1;
};


TAILQ_HEAD(agent_terminals_s, agent_terminal_s);

/* those whose shell runs, the oldest first */
extern struct agent_terminals_s  agent_terminal_list;


/*
 * The running terminal of the session that params names, or a new one.  NULL
 * with a fault.
 */
agent_terminal_t *agent_terminal_open(agent_terminal_params_t *params,
    agent_fault_t *fault);

/* 1 if agent_terminal_open() would exceed a limit, with a fault */
int agent_terminal_full(agent_terminal_params_t *params,
    agent_fault_t *fault);

/* by the name of its session, or by its id; NULL if none runs */
agent_terminal_t *agent_terminal_find(const char *name);

/* a terminal that has ended is freed with its last viewer */
void agent_terminal_attach(agent_terminal_t *t, agent_viewer_t *v);
void agent_terminal_detach(agent_terminal_t *t, agent_viewer_t *v);

/*
 * Input for its shell.  1 if its queue is full: the viewer must stop reading
 * until agent_viewer_unblock(); otherwise 0.
 */
int agent_terminal_input(agent_terminal_t *t, const char *buf, size_t len);

void agent_terminal_resize(agent_terminal_t *t, unsigned cols,
    unsigned rows);

/* a viewer has room again, or has gone */
void agent_terminal_resume(agent_terminal_t *t);

/* hangs up its processes, and kills what is left after a grace period */
void agent_terminal_kill(agent_terminal_t *t);

/* kills that of a session; 0: it has none */
int agent_terminal_session_deleted(const char *session);

void agent_terminal_wait(agent_terminal_t *t, agent_terminal_waiter_t *w);
void agent_terminal_forget(agent_terminal_waiter_t *w);

/*
 * The agent exits: disconnects all viewers, and hangs up all shells.  To be
 * repeated until they have exited: bash misses a signal that arrives just
 * before it reads.
 */
void agent_terminal_stop(void);


#endif /* _AGENT_TERMINAL_TERMINAL_H_INCLUDED_ */
