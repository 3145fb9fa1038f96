
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_ENGINE_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_ENGINE_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"
#include "docker/ac_docker.h"
#include "core/ngx_http_sandbox_conf.h"


/* the container engine, and its failures */


#define NGX_HTTP_SANDBOX_CONTAINER  "nginx-sandbox-"
#define NGX_HTTP_SANDBOX_NAME       64

/* init and exit of a worker; NGX_OK or NGX_ERROR */
ngx_int_t ngx_http_sandbox_engine_init(void);
/* before the worker exits */
void ngx_http_sandbox_engine_done(void);
/* sets lane and owner of the next call */
void ngx_http_sandbox_engine_lane(ac_lane_e lane, const char *owner);
/*
 * reports the failed operation and ends the start; reply NULL: out of memory
 */
void ngx_http_sandbox_engine_failed(ngx_http_sandbox_start_t *wake,
    const char *what, const ac_reply_t *reply);

/* its name in the engine */
const char *ngx_http_sandbox_engine_network(ngx_http_sandbox_class_t *class);
/* 1 if the engine lacks the network: the start has been ended with an error */
ngx_uint_t ngx_http_sandbox_engine_network_missing(
    ngx_http_sandbox_start_t *wake, const ac_reply_t *reply);

/* the container name of a run; the buffer has NGX_HTTP_SANDBOX_NAME bytes */
void ngx_http_sandbox_engine_container_name(u_char *name, const char *run);
/* the message of the engine, or why there is none */
const char *ngx_http_sandbox_engine_text(const ac_reply_t *reply);

/* counts the next call, and queues it in the lane of starts */
void ngx_http_sandbox_engine_call(ngx_http_sandbox_start_t *wake);


#endif /* _NGX_HTTP_SANDBOX_ENGINE_H_INCLUDED_ */
