
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
 * Limits of starting and running sandboxes.  Each call scans the table under
 * the zone's mutex: a few microseconds per thousand sandboxes; none makes a
 * system call or waits for the engine.
 */


/* instances= of the owner's key; 0: no limit */
ngx_uint_t ngx_http_sandbox_instances_of_key(ngx_http_sandbox_main_conf_t *smcf,
    const char *owner);
/* of the owner, or all if owner is NULL */
ngx_uint_t ngx_http_sandbox_instances_count(const char *owner);
/*
 * Adds an instance for a run that is about to start, or finds it.  NGX_OK;
 * NGX_DECLINED: a limit is reached, failure is set; NGX_AGAIN: limited, but
 * nothing has been counted since nginx started: refresh from the engine's list.
 */
ngx_int_t ngx_http_sandbox_instances_take(const char *run,
    ngx_http_sandbox_class_t *class, const char *owner,
    ngx_http_sandbox_failure_t *failure);
/*
 * Makes a placeholder for the run of a sandbox not created yet, to be taken
 * like a run; then renames its instance to the run.
 */
void ngx_http_sandbox_instances_ticket(char ticket[SANDBOX_RANDOM_LEN + 1]);
void ngx_http_sandbox_instances_name(const char *ticket, const char *run);
/* its container has started */
void ngx_http_sandbox_instances_run(const char *run);
/* its container will not start, or is removed; unknown runs are ignored */
void ngx_http_sandbox_instances_free(const char *run);
/*
 * The engine reports that its container is paused, or is not.  paused: by the
 * last report of the engine to any worker; takes no lock while none is.
 */
void ngx_http_sandbox_instances_pause(const char *run, ngx_uint_t paused);
ngx_uint_t ngx_http_sandbox_instances_paused(const char *run);
/* stores the numbers of instances in the counters of metrics */
void ngx_http_sandbox_instances_figures(ngx_http_sandbox_main_conf_t *smcf);


#endif /* _NGX_HTTP_SANDBOX_INSTANCES_H_INCLUDED_ */
