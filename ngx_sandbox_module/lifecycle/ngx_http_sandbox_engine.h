
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_ENGINE_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_ENGINE_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"
#include "docker/ac_docker.h"
#include "core/ngx_http_sandbox_conf.h"
#include "core/ngx_http_sandbox_error.h"


/* the container engine, and its failures */


#define NGX_HTTP_SANDBOX_CONTAINER    "nginx-sandbox-"
#define NGX_HTTP_SANDBOX_ENGINE_TEXT  512

/*
 * Init of a worker: back is called when an engine that was away answers again.
 * NGX_OK or NGX_ERROR.
 */
ngx_int_t ngx_http_sandbox_engine_init(void (*back)(void));
/* before the worker exits */
void ngx_http_sandbox_engine_done(void);
/*
 * Counts the next call, and sets its lane and owner; first: it overtakes the
 * calls that are queued
 */
void ngx_http_sandbox_engine_call(ac_lane_e lane, const char *owner,
    ngx_uint_t first);
/*
 * Logs a failed call of the engine and sets failure; reply NULL: out of
 * memory.
 */
void ngx_http_sandbox_engine_failed(ngx_http_sandbox_node_t *node,
    const char *what, const ac_reply_t *reply,
    ngx_http_sandbox_failure_t *failure);

/*
 * Sets failure: the container was paused, and not by nginx.  The sandbox counts
 * as paused until the engine reports something else.
 */
void ngx_http_sandbox_engine_paused(ngx_http_sandbox_node_t *node,
    ngx_http_sandbox_failure_t *failure);

/* its name in the engine */
const char *ngx_http_sandbox_engine_network(ngx_http_sandbox_class_t *class);
/* 1 if the engine lacks the network: logged, and failure is set */
ngx_uint_t ngx_http_sandbox_engine_network_missing(
    ngx_http_sandbox_node_t *node, ngx_http_sandbox_class_t *class,
    const ac_reply_t *reply, ngx_http_sandbox_failure_t *failure);

/* the message of the engine, or why there is none: for the log */
const char *ngx_http_sandbox_engine_text(const ac_reply_t *reply);
/* the same for clients, without paths of the host */
void ngx_http_sandbox_engine_public_text(
    char text[NGX_HTTP_SANDBOX_ENGINE_TEXT], const ac_reply_t *reply);


#endif /* _NGX_HTTP_SANDBOX_ENGINE_H_INCLUDED_ */
