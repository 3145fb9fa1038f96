
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_INSTANCES_SYNC_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_INSTANCES_SYNC_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"
#include "docker/ac_docker.h"


/* synchronization of the table of instances with the engine */


/* handles a start or exit event of the engine */
void ngx_http_sandbox_instances_sync_event(const ac_event_t *event,
    ngx_uint_t died);
/*
 * Synchronizes the table with the engine's list, which was requested at that
 * time of the monotonic clock; an older list than the last is ignored.
 */
void ngx_http_sandbox_instances_sync_list(const ac_reply_t *reply,
    int64_t requested);
/* when the last list was requested, ms of the monotonic clock; 0: never */
int64_t ngx_http_sandbox_instances_sync_time(void);


#endif /* _NGX_HTTP_SANDBOX_INSTANCES_SYNC_H_INCLUDED_ */
