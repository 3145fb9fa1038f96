
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_CONTAINER_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_CONTAINER_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"
#include "docker/ac_docker.h"


/* the container of a sandbox, as the engine knows it */


#define NGX_HTTP_SANDBOX_CONTAINER_NAME  80


typedef struct ngx_http_sandbox_container_s  ngx_http_sandbox_container_t;


/*
 * Finds the container of a run and inspects it.  The handler gets the reply of
 * the inspection, with status 404 if there is no such container.  If the engine
 * refused to inspect the one that has its name, that is the reply; any other
 * failure is an error.  The handler runs once, from the event loop.  ms is the
 * deadline of each call, and lane, owner and first are those of engine.h.
 * NULL: out of memory, and the handler is not called.  The result must not be
 * used after the handler has been called or the search was cancelled.
 */
ngx_http_sandbox_container_t *ngx_http_sandbox_container_find(const char *run,
    ac_lane_e lane, const char *owner, ngx_uint_t first, ngx_msec_t ms,
    ac_reply_pt handler, void *data);
void ngx_http_sandbox_container_cancel(ngx_http_sandbox_container_t *c);
/* the current call of the search */
ac_call_t *ngx_http_sandbox_container_call(ngx_http_sandbox_container_t *c);

/* the name that a container of the run gets */
void ngx_http_sandbox_container_name(
    u_char name[NGX_HTTP_SANDBOX_CONTAINER_NAME], const char *run);
/* what later calls have to name a container that was found: its name or id */
void ngx_http_sandbox_container_found(
    u_char name[NGX_HTTP_SANDBOX_CONTAINER_NAME], const ac_reply_t *reply);


#endif /* _NGX_HTTP_SANDBOX_CONTAINER_H_INCLUDED_ */
