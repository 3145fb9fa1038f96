
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_POOL_CLAIM_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_POOL_CLAIM_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_spec.h"
#include "core/ngx_http_sandbox_conf.h"


/* a warm sandbox gets its id and its owner, in any worker */


/* a hash in hex, without NUL, of all that a container of a class depends on */
#define NGX_HTTP_SANDBOX_POOL_MADE  40


/* the hash of the class and the agent; it belongs to the class */
const char *ngx_http_sandbox_pool_claim_made(ngx_http_sandbox_class_t *class);
/*
 * Makes a warm sandbox of the class the one of the id, with the spec, whose
 * run is set; its agent gets the options of the spec before its first request.
 * The caller has taken an instance for it.  NGX_OK; NGX_DECLINED: none is
 * warm; NGX_ERROR with errno: EEXIST, the id is taken, or that of the store.
 */
ngx_int_t ngx_http_sandbox_pool_claim(ngx_http_sandbox_class_t *class,
    const char *id, sandbox_spec_t *spec);


#endif /* _NGX_HTTP_SANDBOX_POOL_CLAIM_H_INCLUDED_ */
