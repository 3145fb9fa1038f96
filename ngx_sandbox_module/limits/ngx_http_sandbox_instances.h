
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_LIMIT_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_LIMIT_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/* limits on sandboxes that start or run, and on their creation */


/*
 * ngx_http_sandbox_limit.c: sandboxes that start or run.  A scan of the table
 * under the zone's mutex: a few microseconds for a thousand of them.
 */

/* ms of the monotonic clock, which all workers share */
int64_t ngx_http_sandbox_limit_clock(void);
/* instances= of the owner's key; 0: no limit */
ngx_uint_t ngx_http_sandbox_limit_of_key(ngx_http_sandbox_main_conf_t *smcf,
    const char *owner);
/*
 * Takes a slot for a run that is about to start.  NGX_OK; NGX_DECLINED: full,
 * failure is set; NGX_AGAIN: there is a limit, and nobody has counted yet.
 */
ngx_int_t ngx_http_sandbox_limit_take(const char *run,
    ngx_http_sandbox_class_t *class, const char *owner,
    ngx_http_sandbox_failure_t *failure);
/* in the place of the run of a sandbox that is not made yet */
void ngx_http_sandbox_limit_ticket(char ticket[SANDBOX_RANDOM_LEN + 1]);
void ngx_http_sandbox_limit_name(const char *ticket, const char *run);
/* it runs, as far as is known; it does not, or never did */
void ngx_http_sandbox_limit_run(const char *run);
void ngx_http_sandbox_limit_free(const char *run);
/* puts the sums into the counters */
void ngx_http_sandbox_limit_figures(ngx_http_sandbox_main_conf_t *smcf);


/* ngx_http_sandbox_count.c: what the engine tells of them */

/* the engine tells of a start, or of an end */
void ngx_http_sandbox_count_event(const ac_event_t *event, ngx_uint_t died);
/* makes the table that of the engine's list, asked for at that time */
void ngx_http_sandbox_count_list(const ac_reply_t *reply, int64_t asked);
/* when the list was asked for; 0: never */
int64_t ngx_http_sandbox_counted(void);


/* ngx_http_sandbox_recount.c: a start asks whether there is room for it */

/* a step of a start, under its lock: the engine's next, or the end */
void ngx_http_sandbox_wake_admit(ngx_http_sandbox_wake_t *wake);
/* counts anew, unless that was done in the last second or is under way */
void ngx_http_sandbox_recount(void);


/* ngx_http_sandbox_rate.c: sandbox_create_rate */

size_t ngx_http_sandbox_rate_size(void);
/* NGX_OK: the creation counts; NGX_DECLINED: too many, ctx->failure is set */
ngx_int_t ngx_http_sandbox_rate_charge(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);
/* nothing was created */
void ngx_http_sandbox_rate_refund(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);


#endif /* _NGX_HTTP_SANDBOX_LIMIT_H_INCLUDED_ */
