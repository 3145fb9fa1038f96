
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_CONF_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_CONF_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"
#include "docker/ac_docker.h"
#include "lib/sandbox_policy_settings.h"
#include "core/ngx_http_sandbox_counters.h"


/* configuration structures */


typedef struct {
    ngx_str_t                      name;
    ngx_str_t                      image;
    ngx_str_t                      network;
    ngx_str_t                      user;     /* "": that of the image */
    off_t                          memory;   /* 0: no limit */
    int64_t                        shm;      /* bytes of /dev/shm */
    int64_t                        nano_cpus;
    ngx_int_t                      pids;
    ngx_int_t                      nofile;   /* of a process */
    ngx_str_t                      prewarm;  /* JSON with a NUL; or "" */
    ngx_msec_t                     sleep_after;        /* 0: never */
    int64_t                        max_awake;          /* ms; 0: no limit */
    int64_t                        max_age;
    int64_t                        retain;
    ngx_uint_t                     max_instances;      /* 0: no limit */
    ngx_uint_t                     pool;     /* how many are kept warm */
    char                           made[41]; /* see pool_claim.h; or "" */
    ngx_str_t                      disk;     /* "": no limit */
    ngx_array_t                   *env;      /* ngx_str_t name, value, … */
    unsigned                       lowered:1;    /* cpus= lowered and logged */
} ngx_http_sandbox_class_t;


typedef struct {
    ngx_str_t                      scheme;             /* "http", "https" */
    ngx_str_t                      host;               /* without "*." */
    ngx_str_t                      port;               /* ":8080" or "" */
} ngx_http_sandbox_preview_domain_t;


/* instances= of a key */

typedef struct {
    ngx_str_t                      name;               /* the owner */
    ngx_uint_t                     instances;
} ngx_http_sandbox_quota_t;


/* sandbox_create_rate */

typedef struct {
    ngx_uint_t                     rate;   /* 1/1000 per second; 0: no limit */
    ngx_uint_t                     burst;
    ngx_str_t                      text;
} ngx_http_sandbox_create_rate_t;


typedef struct {
    ngx_path_t                    *state;
    ngx_shm_zone_t                *zone;
    ngx_http_sandbox_shared_t     *shared;
    ngx_http_sandbox_counters_t   *counters;           /* never NULL */
    ngx_str_t                      agent;

    ngx_str_t                      engine;             /* sandbox_engine */
    ngx_str_t                      engine_ca;
    ngx_str_t                      engine_cert;
    ngx_str_t                      engine_key;
    ac_endpoint_t                 *endpoint;
    ngx_msec_t                     engine_timeout;     /* of a single call */
    ngx_msec_t                     start_timeout;

    ngx_thread_pool_t             *pool;               /* "default" */
    off_t                          backup_size;        /* of a key; 0: none */

    ngx_uint_t                     max_instances;      /* 0: no limit */
    ngx_uint_t                     engine_calls;       /* per worker */
    ngx_uint_t                     engine_queue;
    ngx_array_t                    quotas;    /* ngx_http_sandbox_quota_t */
    ngx_uint_t                     nkeys;
    unsigned                       rated:1;  /* used in some location */

    ngx_array_t                    classes;      /* ngx_http_sandbox_class_t */
    ngx_array_t                    previews;     /* preview domains */

    ngx_module_t                  *realip;          /* NULL: not built in */
    ngx_int_t                      realip_index;    /* index of its variable */
#if (NGX_HTTP_SSL)
    ngx_ssl_t                     *tls;             /* to apps */
#endif
} ngx_http_sandbox_main_conf_t;


typedef struct {
    ngx_str_t                      name;             /* the owner */
    ngx_str_t                      key;
    ngx_array_t                   *classes;          /* ngx_str_t; NULL: all */
    ngx_uint_t                     admin;
    ngx_uint_t                     instances;        /* 0: no limit */
} ngx_http_sandbox_key_t;


typedef struct {
    ngx_flag_t                      api;
    ngx_flag_t                      preview;
    ngx_flag_t                      status;
    /* a server block that has such locations */
    unsigned                        api_server:1;
    unsigned                        preview_server:1;
    ngx_flag_t                      auth;         /* sandbox_api_auth */
    ngx_array_t                    *keys;         /* ngx_http_sandbox_key_t */
    ngx_array_t                    *cors;         /* ngx_str_t origins */
    ngx_array_t                    *names;        /* ngx_http_server_name_t */
    ngx_msec_t                      wake_timeout;
    ngx_str_t                       class_name;
    ngx_http_sandbox_class_t       *class;
    ngx_http_sandbox_create_rate_t *create_rate;

    /* defaults for port policies; values as in sandbox_policy.h */
    sandbox_policy_settings_t       defaults;     /* of port policies */
#if (NGX_HTTP_CACHE)
    ngx_shm_zone_t                 *cache_zone;   /* of proxy_cache */
    ngx_http_complex_value_t       *cache_value;
#endif
} ngx_http_sandbox_loc_conf_t;


#endif /* _NGX_HTTP_SANDBOX_CONF_H_INCLUDED_ */
