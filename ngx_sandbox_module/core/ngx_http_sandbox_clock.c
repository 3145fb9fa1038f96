
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "core/ngx_http_sandbox_clock.h"
#include "core/ngx_http_sandbox_conf.h"
#include "core/ngx_http_sandbox_counters.h"
#include "core/ngx_http_sandbox_worker.h"

#include <sys/time.h>


/* a difference that is not a jump: looks are a second apart */
#define NGX_HTTP_SANDBOX_CLOCK_STEP   10000
/* the same if nginx did not run in between */
#define NGX_HTTP_SANDBOX_CLOCK_DOWN   600000
/* how long a clock that is ahead is not followed */
#define NGX_HTTP_SANDBOX_CLOCK_HOLD   86400000
/* how much slower it runs while the wall clock is behind */
#define NGX_HTTP_SANDBOX_CLOCK_SLEW   16


static int64_t ngx_http_sandbox_clock_boot(void);
static void ngx_http_sandbox_clock_ahead(ngx_http_sandbox_clock_shared_t *sh,
    int64_t boot, int64_t ms);
static void ngx_http_sandbox_clock_behind(ngx_http_sandbox_clock_shared_t *sh,
    int64_t boot, int64_t ms);


int64_t
ngx_http_sandbox_clock_now(void)
{
    struct timeval  tv;

    ngx_gettimeofday(&tv);

    return (int64_t) tv.tv_sec * 1000 + tv.tv_usec / 1000;
}


int64_t
ngx_http_sandbox_clock_monotonic(void)
{
    struct timespec  ts;

    /* cached time is per worker and stale within an iteration */

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return (int64_t) ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}


/* the monotonic clock that also runs while the host is suspended */

static int64_t
ngx_http_sandbox_clock_boot(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_BOOTTIME, &ts);

    return (int64_t) ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}


void
ngx_http_sandbox_clock_start(int64_t saved)
{
    int64_t                           now, boot;
    ngx_http_sandbox_clock_shared_t  *sh;

    sh = &ngx_http_sandbox_worker->conf->counters->clock;

    if (sh->offset) {
        return;
    }

    now = ngx_http_sandbox_clock_now();
    boot = ngx_http_sandbox_clock_boot();

    if (saved <= 0
        || (now >= saved && now - saved <= NGX_HTTP_SANDBOX_CLOCK_DOWN))
    {
        saved = now;
    }

    sh->offset = saved - boot;
}


int64_t
ngx_http_sandbox_clock_look(void)
{
    int64_t                           now, boot, diff;
    ngx_http_sandbox_clock_shared_t  *sh;

    sh = &ngx_http_sandbox_worker->conf->counters->clock;

    now = ngx_http_sandbox_clock_now();
    boot = ngx_http_sandbox_clock_boot();

    diff = now - (boot + sh->offset);

    ngx_http_sandbox_clock_ahead(sh, boot, diff);
    ngx_http_sandbox_clock_behind(sh, boot, -diff);

    sh->seen = boot;

    return boot + sh->offset;
}


static void
ngx_http_sandbox_clock_ahead(ngx_http_sandbox_clock_shared_t *sh, int64_t boot,
    int64_t ms)
{
    if (ms <= NGX_HTTP_SANDBOX_CLOCK_STEP) {

        if (sh->ahead) {
            sh->ahead = 0;
            ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                          "the system clock is no longer ahead");
        }

        if (ms > 0) {
            sh->offset += ms;
        }

        return;
    }

    if (sh->ahead == 0) {
        sh->ahead = boot;
        ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                      "the system clock is %L seconds ahead of the time "
                      "expected: lifetime limits of sandboxes ignore that for "
                      "24 hours", ms / 1000);
    }

    if (boot - sh->ahead >= NGX_HTTP_SANDBOX_CLOCK_HOLD) {
        sh->ahead = 0;
        sh->offset += ms;
        ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                      "the system clock has been ahead for 24 hours: lifetime "
                      "limits of sandboxes follow it now");
    }
}


static void
ngx_http_sandbox_clock_behind(ngx_http_sandbox_clock_shared_t *sh, int64_t boot,
    int64_t ms)
{
    int64_t  slew;

    if (ms <= 0) {

        if (sh->behind) {
            sh->behind = 0;
            ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                          "the system clock is no longer behind");
        }

        return;
    }

    if (sh->behind == 0 && ms > NGX_HTTP_SANDBOX_CLOCK_STEP) {
        sh->behind = boot;
        ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                      "the system clock is %L seconds behind the time "
                      "expected: links of previews that have expired stay "
                      "expired", ms / 1000);
    }

    if (sh->seen) {
        slew = (boot - sh->seen) / NGX_HTTP_SANDBOX_CLOCK_SLEW;

        sh->offset -= ngx_min(slew, ms);
    }
}


int64_t
ngx_http_sandbox_clock_early(void)
{
    int64_t                           now, steady;
    ngx_http_sandbox_clock_shared_t  *sh;

    sh = &ngx_http_sandbox_worker->conf->counters->clock;

    now = ngx_http_sandbox_clock_now();
    steady = ngx_http_sandbox_clock_boot() + sh->offset;

    return ngx_min(now, steady);
}


int64_t
ngx_http_sandbox_clock_late(void)
{
    int64_t                           now, steady;
    ngx_http_sandbox_clock_shared_t  *sh;

    sh = &ngx_http_sandbox_worker->conf->counters->clock;

    now = ngx_http_sandbox_clock_cached();
    steady = ngx_http_sandbox_clock_boot() + sh->offset;

    return ngx_max(now, steady);
}
