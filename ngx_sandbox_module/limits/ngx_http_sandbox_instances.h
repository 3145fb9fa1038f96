
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_INSTANCES_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_INSTANCES_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_name.h"
#include "core/ngx_http_sandbox_conf.h"
#include "core/ngx_http_sandbox_error.h"


/*
 * Limits of starting and running sandboxes.  Scans the table under the zone's
 * mutex: a few microseconds per thousand sandboxes.
 */


/* instances= of the owner's key; 0: no limit */
ngx_uint_t ngx_http_sandbox_instances_of_key(ngx_http_sandbox_main_conf_t *smcf,
    const char *owner);
/*
 * Takes a slot for a run that is about to start.  NGX_OK; NGX_DECLINED: limit
 * reached, failure is set; NGX_AGAIN: limited, but not counted yet.
 */
ngx_int_t ngx_http_sandbox_instances_take(const char *run,
    ngx_http_sandbox_class_t *class, const char *owner,
    ngx_http_sandbox_failure_t *failure);
/* a placeholder for the run of a sandbox not created yet */
void ngx_http_sandbox_instances_ticket(char ticket[SANDBOX_RANDOM_LEN + 1]);
void ngx_http_sandbox_instances_name(const char *ticket, const char *run);
/* marks the run as running; frees its slot */
void ngx_http_sandbox_instances_run(const char *run);
void ngx_http_sandbox_instances_free(const char *run);
/* updates the counters */
void ngx_http_sandbox_instances_figures(ngx_http_sandbox_main_conf_t *smcf);


#endif /* _NGX_HTTP_SANDBOX_INSTANCES_H_INCLUDED_ */
