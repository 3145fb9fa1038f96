
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_PROCESS_WAIT_H_INCLUDED_
#define _AGENT_PROCESS_WAIT_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>
#include <jansson.h>
#include <uv.h>

#include "http/request.h"
#include "process/process.h"


/*
 * One of the requests wait-for-*: it is answered once, when what it waits for
 * comes, the process ends, or the time is over.  A kind of them begins its
 * own structure with this.
 */


#define AGENT_WAIT_JSON_MAX  16384


typedef struct agent_wait_s  agent_wait_t;


struct agent_wait_s {
    agent_request_t           *r;
    agent_process_observer_t   watch;  /* and thereby the process */
    uv_timer_t                 timer;
    uint64_t                   timeout_ms;
    uint64_t                   began;
    char                       condition[160];
    unsigned                   over:1;
    unsigned                   handles;  /* the timer, and the kind's own */

    /* ends what the kind has begun; it is freed later */
    void                     (*on_close)(agent_wait_t *w);
};


/*
 * The wait of a kind, size bytes with this at their beginning; NULL after an
 * answer.
 */
agent_wait_t *agent_wait_create(agent_request_t *r, size_t size,
    uint64_t timeout_ms, const char *condition);

/* it is there; json has what the kind adds, and is stolen */
void agent_wait_ready(agent_wait_t *w, json_t *json);

/* the process has ended, and will not do it any more */
void agent_wait_exited(agent_wait_t *w);

void agent_wait_no_memory(agent_wait_t *w);

/* for uv_close() of a kind's own handle, whose data is the wait */
void agent_wait_closed(uv_handle_t *handle);

/* one more request that waits as long as it likes: 0, or -1 after an answer */
int agent_process_wait_enter(agent_request_t *r);
void agent_process_wait_leave(void);

/* POST /api/process/:process/wait-for-exit and wait-for-port */
void agent_process_wait_exit(agent_request_t *r);
void agent_process_wait_port(agent_request_t *r);


#endif /* _AGENT_PROCESS_WAIT_H_INCLUDED_ */
