
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_ENGINE_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_ENGINE_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"
#include "docker/ac_docker.h"
#include "core/ngx_http_sandbox_conf.h"


/* the engine, as the module meets it; one that fails, and is away */


#define NGX_HTTP_SANDBOX_CONTAINER  "nginx-sandbox-"
#define NGX_HTTP_SANDBOX_NAME       64

/* NGX_OK or NGX_ERROR; of a worker that has its engine */
ngx_int_t ngx_http_sandbox_engine_init(void);
/* before the end of its worker */
void ngx_http_sandbox_engine_done(void);
/* the next call is of this lane, for that owner */
void ngx_http_sandbox_engine_lane(ac_lane_e lane, const char *owner);
/* what it could not do; reply NULL: out of memory.  It ends the start. */
void ngx_http_sandbox_engine_failed(ngx_http_sandbox_start_t *wake,
    const char *what, const ac_reply_t *reply);

/* what the engine knows it by */
const char *ngx_http_sandbox_engine_network(ngx_http_sandbox_class_t *class);
/* 1: that is what the engine lacks, and the start has ended by it */
ngx_uint_t ngx_http_sandbox_engine_network_missing(
    ngx_http_sandbox_start_t *wake, const ac_reply_t *reply);

/* the container of a run; the buffer has NGX_HTTP_SANDBOX_NAME bytes */
void ngx_http_sandbox_engine_container_name(u_char *name, const char *run);
/* the engine's words, or what kept it from saying any */
const char *ngx_http_sandbox_engine_text(const ac_reply_t *reply);

/* counts the call that follows, which takes its turn as one of a start */
void ngx_http_sandbox_engine_call(ngx_http_sandbox_start_t *wake);


#endif /* _NGX_HTTP_SANDBOX_ENGINE_H_INCLUDED_ */
