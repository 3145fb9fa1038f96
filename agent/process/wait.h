
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
 * Base of the wait-for-* requests.  A request gets its response when its
 * condition is met, the process exits, or the timeout expires.  The structure
 * of each kind begins with this one.
 */


#define AGENT_WAIT_JSON_MAX  16384


typedef struct agent_wait_s  agent_wait_t;


struct agent_wait_s {
    agent_request_t           *r;
    agent_process_observer_t   observer;  /* leads to the process */
    uv_timer_t                 timer;
    uint64_t                   timeout_ms;
    uint64_t                   began;
    char                       condition[160];
    unsigned                   over:1;
    unsigned                   handles;   /* the timer and the kind's handle */

    /* releases resources of the kind; the structure is freed later */
    void                     (*on_close)(agent_wait_t *w);
};


/*
 * Allocates a wait of size bytes that begins with this structure; NULL after
 * an error response.
 */
agent_wait_t *agent_wait_create(agent_request_t *r, size_t size,
    uint64_t timeout_ms, const char *condition);

/* the condition is met; json has the members of the kind, and is stolen */
void agent_wait_ready(agent_wait_t *w, json_t *json);

/* the process has exited without meeting the condition */
void agent_wait_exited(agent_wait_t *w);

void agent_wait_no_memory(agent_wait_t *w);

/* for uv_close() of the handle of a kind, whose data is the wait */
void agent_wait_closed(uv_handle_t *handle);

/* counts a waiting request: 0, or -1 after an error response */
int agent_process_wait_enter(agent_request_t *r);
void agent_process_wait_leave(void);

/* POST /api/process/:process/wait-for-exit and wait-for-port */
void agent_process_wait_exit(agent_request_t *r, json_t *body);
void agent_process_wait_port(agent_request_t *r, json_t *body);


#endif /* _AGENT_PROCESS_WAIT_H_INCLUDED_ */
