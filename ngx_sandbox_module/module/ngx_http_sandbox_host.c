
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_sysctl.h"
#include "core/ngx_http_sandbox_conf.h"
#include "module/ngx_http_sandbox_host.h"


#define NGX_HTTP_SANDBOX_HOST_NOFILE_MIN  1024
#define NGX_HTTP_SANDBOX_HOST_NOFILE_MAX  8192

#define NGX_HTTP_SANDBOX_HOST_CGROUP1                                         \
    "/sys/fs/cgroup/memory/memory.limit_in_bytes"

/* images use uids and gids below this */
#define NGX_HTTP_SANDBOX_HOST_UID         65536
/* the id shown for all ids that a user namespace does not map */
#define NGX_HTTP_SANDBOX_HOST_NOBODY      65534


static void ngx_http_sandbox_host_sysctl(ngx_cycle_t *cycle);
static void ngx_http_sandbox_host_cgroup(ngx_cycle_t *cycle);
static void ngx_http_sandbox_host_user(ngx_cycle_t *cycle);
static void ngx_http_sandbox_host_nofile(ngx_cycle_t *cycle,
    ngx_http_sandbox_main_conf_t *smcf);


void
ngx_http_sandbox_host_init(ngx_cycle_t *cycle)
{
    ngx_http_sandbox_main_conf_t  *smcf;

    smcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_sandbox_module);

    if (smcf == NULL || smcf->state == NULL || ngx_test_config) {
        return;
    }

    ngx_http_sandbox_host_nofile(cycle, smcf);

    /* an engine reached by TCP may run on another host */

    if (smcf->engine.len > 5
        && ngx_strncmp(smcf->engine.data, "unix:", 5) == 0)
    {
        ngx_http_sandbox_host_sysctl(cycle);
        ngx_http_sandbox_host_cgroup(cycle);
        ngx_http_sandbox_host_user(cycle);
    }
}


static void
ngx_http_sandbox_host_sysctl(ngx_cycle_t *cycle)
{
    u_char            *p, *last, text[512];
    size_t             i, n;
    sandbox_sysctl_t   low[SANDBOX_SYSCTL_MAX];

    n = sandbox_sysctl_low("/proc", low);

    if (n == 0) {
        return;
    }

    p = text;
    last = text + sizeof(text);

    for (i = 0; i < n; i++) {
        p = ngx_slprintf(p, last, "%s%s=%uL", i ? ", " : "", low[i].name,
                         low[i].value);
    }

    ngx_log_error(NGX_LOG_WARN, cycle->log, 0,
                  "one sandbox can exhaust kernel limits for all others and "
                  "for the host: %*s; run \"make install\", or \""
                  SANDBOX_SYSCTL_COMMAND "\" after it",
                  p - text, text);
}


/*
 * With cgroup v1 the memory of TCP and UDP sockets has a limit of its own,
 * which runc does not set.
 */

static void
ngx_http_sandbox_host_cgroup(ngx_cycle_t *cycle)
{
    if (access(NGX_HTTP_SANDBOX_HOST_CGROUP1, F_OK) == -1) {
        return;
    }

    ngx_log_error(NGX_LOG_WARN, cycle->log, 0,
                  "this host uses cgroup v1, with which memory limits do not "
                  "cover unread data of TCP and UDP sockets: one sandbox can "
                  "exhaust \"net.ipv4.tcp_mem\" for the host; use cgroup v2");
}


/* the agent refuses this uid to commands */

static void
ngx_http_sandbox_host_user(ngx_cycle_t *cycle)
{
    ngx_uid_t         uid;
    ngx_core_conf_t  *ccf;

    ccf = (ngx_core_conf_t *) ngx_get_conf(cycle->conf_ctx, ngx_core_module);

    uid = geteuid();

    if (uid == 0 && ccf->user != (ngx_uid_t) NGX_CONF_UNSET_UINT) {
        uid = ccf->user;
    }

    if (uid == 0 || uid == NGX_HTTP_SANDBOX_HOST_NOBODY) {
        ngx_log_error(NGX_LOG_WARN, cycle->log, 0,
                      "worker processes run as uid %ui, which programs in "
                      "sandboxes can take: run them as a dedicated user with "
                      "a uid above %d", (ngx_uint_t) uid,
                      NGX_HTTP_SANDBOX_HOST_UID - 1);

    } else if (uid < NGX_HTTP_SANDBOX_HOST_UID) {
        ngx_log_error(NGX_LOG_NOTICE, cycle->log, 0,
                      "worker processes run as uid %ui: images may have a "
                      "user with that uid, which sandboxes refuse; use a uid "
                      "above %d", (ngx_uint_t) uid,
                      NGX_HTTP_SANDBOX_HOST_UID - 1);
    }
}


/*
 * The kernel counts descriptors in flight per uid of the sender, and compares
 * the count with the sender's limit of open files.  A process in a sandbox has
 * a lower limit than a worker, and is therefore refused first.
 */

static void
ngx_http_sandbox_host_nofile(ngx_cycle_t *cycle,
    ngx_http_sandbox_main_conf_t *smcf)
{
    ngx_int_t                  limit, nofile;
    ngx_uint_t                 i;
    ngx_core_conf_t           *ccf;
    struct rlimit              rl;
    ngx_http_sandbox_class_t  *class;

    ccf = (ngx_core_conf_t *) ngx_get_conf(cycle->conf_ctx, ngx_core_module);

    limit = ccf->rlimit_nofile;

    if (limit == NGX_CONF_UNSET) {
        limit = NGX_MAX_INT_T_VALUE;

        if (getrlimit(RLIMIT_NOFILE, &rl) == 0
            && rl.rlim_cur < (rlim_t) limit)
        {
            limit = (ngx_int_t) rl.rlim_cur;
        }
    }

    nofile = ngx_min(limit / 2, NGX_HTTP_SANDBOX_HOST_NOFILE_MAX);
    nofile = ngx_max(nofile, NGX_HTTP_SANDBOX_HOST_NOFILE_MIN);

    class = smcf->classes.elts;

    for (i = 0; i < smcf->classes.nelts; i++) {

        if (class[i].nofile == 0) {
            class[i].nofile = nofile;
        }

        if (class[i].nofile < limit) {
            continue;
        }

        ngx_log_error(NGX_LOG_WARN, cycle->log, 0,
                      "processes of sandbox class \"%V\" may open %i files, "
                      "and worker processes %i: raise "
                      "\"worker_rlimit_nofile\"", &class[i].name,
                      class[i].nofile, limit);
    }
}
