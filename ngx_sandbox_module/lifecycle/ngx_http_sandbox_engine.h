
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_ENGINE_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_ENGINE_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/* the engine, as the module meets it */


/* ngx_http_sandbox_trouble.c: an engine that fails, and is away */

/* NGX_OK or NGX_ERROR; of a worker that has its engine */
ngx_int_t ngx_http_sandbox_trouble_init(void);
/* before the end of its worker */
void ngx_http_sandbox_trouble_done(void);
/* the next call is of this lane, for that owner */
void ngx_http_sandbox_turn(ac_lane_e lane, const char *owner);
/* what it could not do; reply NULL: out of memory.  It ends the start. */
void ngx_http_sandbox_engine_failed(ngx_http_sandbox_wake_t *wake,
    const char *what, const ac_reply_t *reply);


/* ngx_http_sandbox_network.c: network= of a class */

/* NGX_OK, or NGX_ERROR: logged; "internet" needs the host's rules */
ngx_int_t ngx_http_sandbox_network_conf(ngx_conf_t *cf,
    ngx_http_sandbox_class_t *class, ngx_str_t *value);
/* what the engine knows it by */
const char *ngx_http_sandbox_network_name(ngx_http_sandbox_class_t *class);
/* 1: that is what the engine lacks, and the start has ended by it */
ngx_uint_t ngx_http_sandbox_network_missing(ngx_http_sandbox_wake_t *wake,
    const ac_reply_t *reply);


/* ngx_http_sandbox_ended.c */

/* how a container has ended, from the answer to an inspection; 1: it has */
ngx_uint_t ngx_http_sandbox_ended(const ac_reply_t *reply,
    sandbox_end_t *end);
/* as JSON; NULL: no memory */
cJSON *ngx_http_sandbox_ended_json(sandbox_end_t *end, const char *message);


#endif /* _NGX_HTTP_SANDBOX_ENGINE_H_INCLUDED_ */
