
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_store.h"
#include "lib/sandbox_store_pool.h"
#include "core/ngx_http_sandbox_conf.h"
#include "core/ngx_http_sandbox_counters.h"
#include "core/ngx_http_sandbox_worker.h"
#include "limits/ngx_http_sandbox_instances_pool.h"
#include "lifecycle/ngx_http_sandbox_destroy.h"
#include "lifecycle/ngx_http_sandbox_pool_claim.h"

#include <ngx_sha1.h>


/* each one that is lost to another worker was claimed by that one */
#define NGX_HTTP_SANDBOX_POOL_TRIES  64


static void ngx_http_sandbox_pool_claim_string(ngx_sha1_t *sha1, ngx_str_t *s);


ngx_int_t
ngx_http_sandbox_pool_claim(ngx_http_sandbox_class_t *class, const char *id,
    sandbox_spec_t *spec)
{
    char                        run[SANDBOX_RANDOM_LEN + 1];
    char                        made[SANDBOX_STORE_POOL_TEXT + 1];
    ngx_err_t                   err;
    ngx_uint_t                  tries;
    ngx_http_sandbox_worker_t  *w;

    w = ngx_http_sandbox_worker;

    for (tries = 0; tries < NGX_HTTP_SANDBOX_POOL_TRIES; tries++) {

        if (ngx_http_sandbox_instances_pool_pick(class, run) != NGX_OK) {
            break;
        }

        /* made before the class was changed: the pool's worker removes it */

        if (sandbox_store_pool_made(w->store, run, made) == -1
            || ngx_strncmp(made, ngx_http_sandbox_pool_claim_made(class),
                           NGX_HTTP_SANDBOX_POOL_MADE)
               != 0)
        {
            continue;
        }

        if (sandbox_store_pool_claim(w->store, run, id, spec) == 0) {
            ngx_http_sandbox_instances_pool_own(run, spec->owner);
            ngx_http_sandbox_count(w->conf,
                                   starts[NGX_HTTP_SANDBOX_START_POOL]);

            ngx_log_error(NGX_LOG_INFO, ngx_cycle->log, 0,
                          "sandbox \"%s\" came from the pool", id);
            return NGX_OK;
        }

        err = ngx_errno;

        if (err == NGX_ENOENT) {
            continue;
        }

        if (spec->run[0]) {
            (void) ngx_http_sandbox_destroy_run(spec->run);
            spec->run[0] = '\0';

        } else {
            ngx_http_sandbox_instances_pool_ready(run);
        }

        ngx_set_errno(err);

        return NGX_ERROR;
    }

    ngx_http_sandbox_count(w->conf, pool_missed);

    return NGX_DECLINED;
}


const char *
ngx_http_sandbox_pool_claim_made(ngx_http_sandbox_class_t *class)
{
    int64_t                        n[8];
    u_char                         hash[20];
    ngx_str_t                     *pair;
    ngx_uint_t                     i;
    ngx_sha1_t                     sha1;
    ngx_file_info_t                fi;
    ngx_http_sandbox_main_conf_t  *smcf;

    if (class->made[0]) {
        return class->made;
    }

    smcf = ngx_http_sandbox_worker->conf;

    ngx_memzero(n, sizeof(n));

    n[0] = class->memory;
    n[1] = class->shm;
    n[2] = class->nano_cpus;
    n[3] = class->pids;
    n[4] = class->nofile;

    /* an update of the agent */

    if (ngx_file_info(smcf->agent.data, &fi) != NGX_FILE_ERROR) {
        n[5] = ngx_file_size(&fi);
        n[6] = ngx_file_mtime(&fi);
        n[7] = ngx_file_uniq(&fi);
    }

    ngx_sha1_init(&sha1);
    ngx_sha1_update(&sha1, n, sizeof(n));

    ngx_http_sandbox_pool_claim_string(&sha1, &class->name);
    ngx_http_sandbox_pool_claim_string(&sha1, &class->image);
    ngx_http_sandbox_pool_claim_string(&sha1, &class->network);
    ngx_http_sandbox_pool_claim_string(&sha1, &class->user);
    ngx_http_sandbox_pool_claim_string(&sha1, &class->prewarm);
    ngx_http_sandbox_pool_claim_string(&sha1, &class->disk);

    if (class->env) {
        pair = class->env->elts;

        for (i = 0; i < class->env->nelts; i++) {
            ngx_http_sandbox_pool_claim_string(&sha1, &pair[i]);
        }
    }

    ngx_sha1_final(hash, &sha1);

    *ngx_hex_dump((u_char *) class->made, hash,
                  NGX_HTTP_SANDBOX_POOL_MADE / 2)
        = '\0';

    return class->made;
}


static void
ngx_http_sandbox_pool_claim_string(ngx_sha1_t *sha1, ngx_str_t *s)
{
    uint32_t  len;

    len = (uint32_t) s->len;

    ngx_sha1_update(sha1, &len, sizeof(len));
    ngx_sha1_update(sha1, s->data, s->len);
}
