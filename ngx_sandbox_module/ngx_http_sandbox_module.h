
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_MODULE_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_MODULE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include <cjson/cJSON.h>

#include "ac_docker.h"
#include "ac_agent.h"
#include "sandbox_name.h"
#include "sandbox_store.h"


/*
 * Everything here runs in a worker's event loop and nothing blocks.  Strings
 * in a request's context live as long as the request; a node that is held
 * (ngx_http_sandbox_node_hold()) lives until it is released.
 */


#define NGX_HTTP_SANDBOX_BODY_MAX    65536      /* JSON that nginx reads */


/* 410, which nginx has no name for */
#define NGX_HTTP_SANDBOX_GONE        410

#define NGX_HTTP_SANDBOX_STALE                                                \
    "The sandbox behind this preview is asleep. Any call to its API wakes it."

#define NGX_HTTP_SANDBOX_DESTROYED                                            \
    "The sandbox was destroyed meanwhile. The next call creates a new one."


/* how the request's sandbox was started */

#define NGX_HTTP_SANDBOX_START_NONE    0
#define NGX_HTTP_SANDBOX_START_HIT     1
#define NGX_HTTP_SANDBOX_START_WAKE    2
#define NGX_HTTP_SANDBOX_START_CREATE  3
#define NGX_HTTP_SANDBOX_START_LOST    4


typedef struct ngx_http_sandbox_loads_s   ngx_http_sandbox_loads_t;


/* counters of the shared zone */

typedef struct {
    ngx_atomic_t                   api_requests;
    ngx_atomic_t                   api_denied;         /* 401, 403, 421 */
    ngx_atomic_t                   preview_requests;
    ngx_atomic_t                   preview_denied;     /* 404 */
    ngx_atomic_t                   preview_stale;      /* 410 */
    ngx_atomic_t                   starts[5];          /* by ..._START_* */
    ngx_atomic_t                   start_failures;
    ngx_atomic_t                   start_ms;           /* sum of starts */
    ngx_atomic_t                   created;            /* directories */
    ngx_atomic_t                   destroyed;
    ngx_atomic_t                   ends;               /* agents that left */
    ngx_atomic_t                   engine_calls;
    ngx_atomic_t                   engine_errors;
    ngx_atomic_t                   tethers;            /* open now */
    ngx_atomic_t                   waiting;            /* requests now */
    ngx_atomic_t                   swept;
    ngx_atomic_t                   capacity_refused;
    ngx_atomic_t                   rate_refused;
    ngx_atomic_t                   calls_waiting;      /* now */
    ngx_atomic_t                   calls_running;      /* now */
    ngx_atomic_t                   engine_away;        /* workers, now */
    ngx_atomic_t                   starting;           /* when last counted */
    ngx_atomic_t                   running;

    ngx_http_sandbox_loads_t     *limits;             /* see load.c */
} ngx_http_sandbox_counters_t;


typedef struct ngx_http_sandbox_slot_s   ngx_http_sandbox_slot_t;
typedef struct ngx_http_sandbox_bucket_s ngx_http_sandbox_bucket_t;


/* the shared zone: limit.c has the slots, rate.c the buckets */

typedef struct {
    ngx_http_sandbox_counters_t    counters;

    int64_t                        counted;  /* by the engine's list; or 0 */
    ngx_uint_t                     nslots;
    ngx_uint_t                     used;     /* those behind are free */
    ngx_uint_t                     first;    /* none before it is free */
    ngx_http_sandbox_slot_t       *slots;

    ngx_uint_t                     nbuckets;
    ngx_http_sandbox_bucket_t     *buckets;
} ngx_http_sandbox_shared_t;


typedef struct {
    ngx_str_t                      name;
    ngx_str_t                      image;
    ngx_str_t                      network;
    ngx_str_t                      user;               /* "" : the image's */
    off_t                          memory;             /* 0: no limit */
    int64_t                        nano_cpus;
    ngx_int_t                      pids;
    ngx_msec_t                     sleep_after;        /* 0: never */
    int64_t                        max_awake;          /* ms; 0: no limit */
    int64_t                        max_age;
    int64_t                        retain;
    ngx_uint_t                     max_instances;      /* 0: no limit */
    ngx_str_t                      disk;               /* "" : no limit */
    ngx_array_t                   *env;      /* ngx_str_t name, value, … */
    unsigned                       lowered:1;          /* cpus, and said so */
} ngx_http_sandbox_class_t;


typedef struct {
    ngx_str_t                      scheme;             /* "http", "https" */
    ngx_str_t                      host;               /* without "*." */
    ngx_str_t                      port;               /* ":8080" or "" */
} ngx_http_sandbox_preview_t;


/* instances= of a key */

typedef struct {
    ngx_str_t                      name;               /* the owner */
    ngx_uint_t                     instances;
} ngx_http_sandbox_quota_t;


/* sandbox_create_rate */

typedef struct {
    ngx_uint_t                     rate;     /* thousandths a s; 0: no limit */
    ngx_uint_t                     burst;
    ngx_str_t                      text;
} ngx_http_sandbox_rate_t;


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
    ngx_msec_t                     engine_timeout;     /* of one call */
    ngx_msec_t                     start_timeout;

    ngx_uint_t                     max_instances;      /* 0: no limit */
    ngx_uint_t                     engine_calls;       /* of a worker */
    ngx_uint_t                     engine_queue;
    ngx_array_t                    quotas;    /* ngx_http_sandbox_quota_t */
    ngx_uint_t                     nkeys;
    unsigned                       rated:1;  /* somewhere */

    ngx_array_t                    classes;   /* ngx_http_sandbox_class_t */
    ngx_array_t                    previews;  /* ngx_http_sandbox_preview_t */

    ngx_module_t                  *realip;             /* NULL: not built in */
    ngx_int_t                      realip_index;       /* its variable */
} ngx_http_sandbox_main_conf_t;


typedef struct {
    ngx_str_t                      name;               /* the owner */
    ngx_str_t                      key;
    ngx_array_t                   *classes;  /* ngx_str_t; NULL: all */
    ngx_uint_t                     admin;
    ngx_uint_t                     instances;          /* 0: no limit */
} ngx_http_sandbox_key_t;


typedef struct {
    ngx_flag_t                     api;
    ngx_flag_t                     preview;
    ngx_flag_t                     status;
    ngx_flag_t                     auth;               /* sandbox_api_auth */
    ngx_array_t                   *keys;     /* ngx_http_sandbox_key_t */
    ngx_array_t                   *cors;               /* ngx_str_t origins */
    ngx_array_t                   *names;    /* ngx_http_server_name_t */
    ngx_msec_t                     wake_timeout;
    ngx_str_t                      class_name;
    ngx_http_sandbox_class_t      *class;
    ngx_http_sandbox_rate_t       *create_rate;

    /* what a port's policy does not say: sandbox_port.h has the values */
    ngx_uint_t                     access;
    ngx_uint_t                     app_host;
    ngx_uint_t                     cors_of;
    char                          *origins;            /* of preview_cors */
    ngx_uint_t                     cookies;
    ngx_uint_t                     strip;
    int64_t                        connections;        /* 0: no limit */
    int64_t                        rate;
    int64_t                        body;
    ngx_flag_t                     wake;
#if (NGX_HTTP_CACHE)
    ngx_shm_zone_t                *cache_zone;         /* of proxy_cache */
    ngx_http_complex_value_t      *cache_value;
#endif
} ngx_http_sandbox_loc_conf_t;


typedef struct {
    ngx_uint_t                     status;             /* HTTP; 0: none */
    ngx_uint_t                     retry_after;        /* seconds; 0: none */
    const char                    *code;               /* static */
    u_char                         message[640];       /* zero-terminated */
    u_char                         context[256];       /* JSON, or "" */
} ngx_http_sandbox_failure_t;


/* the per-worker record of a sandbox that the worker is using */

typedef struct ngx_http_sandbox_node_s     ngx_http_sandbox_node_t;
typedef struct ngx_http_sandbox_tether_s   ngx_http_sandbox_tether_t;
typedef struct ngx_http_sandbox_wake_s     ngx_http_sandbox_wake_t;
typedef struct ngx_http_sandbox_waiter_s   ngx_http_sandbox_waiter_t;
typedef struct ngx_http_sandbox_parked_s   ngx_http_sandbox_parked_t;
typedef struct ngx_http_sandbox_ask_s      ngx_http_sandbox_ask_t;
typedef struct ngx_http_sandbox_load_s     ngx_http_sandbox_load_t;


typedef struct {
    ngx_queue_t                    queue;
    sandbox_port_t                 policy;
    unsigned                       bound:1;  /* its socket was seen */
} ngx_http_sandbox_policy_t;


struct ngx_http_sandbox_node_s {
    ngx_str_node_t                 sn;                 /* sn.str: the id */
    ngx_uint_t                     refs;

    sandbox_spec_t                 spec;
    ngx_queue_t                    policies; /* ngx_http_sandbox_policy_t */
    ngx_uint_t                     changes;            /* of policies */

    ngx_queue_t                    watch;              /* see watch.c */
    ngx_queue_t                    previews; /* ngx_http_sandbox_ctx_t */
    ngx_uint_t                     watched;            /* changes, then */

    unsigned                       known:1;            /* spec is valid */
    unsigned                       asked:1;            /* by expire.c */

    ngx_http_sandbox_tether_t     *tether;
    ngx_http_sandbox_wake_t       *wake;
    ngx_queue_t                    waiters; /* ngx_http_sandbox_waiter_t */
    ngx_queue_t                    awaited; /* ngx_http_sandbox_awaited_t */
    ngx_queue_t                    diagnoses;          /* of diagnose.c */

    u_char                         id[SANDBOX_ID_MAX + 1];
};


struct ngx_http_sandbox_waiter_s {
    ngx_queue_t                    queue;
    ngx_http_sandbox_node_t       *node;
    /*
     * Runs once from the event loop, never from inside a call of the waiter's
     * owner.  failure NULL: the sandbox serves; start tells how it came to.
     */
    void                         (*handler)(ngx_http_sandbox_waiter_t *w,
                                       ngx_uint_t start,
                                       ngx_http_sandbox_failure_t *failure);
    void                          *data;
    unsigned                       queued:1;
    unsigned                       join:1;   /* waits, but starts nothing */
};


/* a request's context; found by ngx_http_sandbox_get_ctx() after redirects */

/* a port that somebody awaits, as the agent tells of it */

#define NGX_HTTP_SANDBOX_AWAIT_LINES  64
#define NGX_HTTP_SANDBOX_AWAIT_SHOWN  20        /* in an answer */

typedef struct {
    ngx_queue_t                    queue;              /* of the node */
    ngx_http_sandbox_node_t       *node;
    in_port_t                      port;
    ngx_queue_t                    awaits;
    ngx_event_t                    event;
    ngx_connection_t               dummy;

    ngx_uint_t                     command;            /* ac_agent_command_e */
    ngx_int_t                      code;

    uint64_t                       next;   /* number of the next line */
    ngx_uint_t                     nlines;
    ngx_str_t                      lines[NGX_HTTP_SANDBOX_AWAIT_LINES];

    unsigned                       asked:1;
    unsigned                       known:1;
    unsigned                       listening:1;
    unsigned                       busy:1;
} ngx_http_sandbox_awaited_t;


typedef struct ngx_http_sandbox_await_s  ngx_http_sandbox_await_t;

struct ngx_http_sandbox_await_s {
    ngx_queue_t                    queue;
    ngx_http_sandbox_awaited_t    *awaited;            /* NULL: it does not */
    /*
     * Runs from the event loop whenever something has changed, and may end
     * its waiting.  With !awaited->known: the agent has left, or was asked a
     * moment ago.
     */
    void                         (*handler)(ngx_http_sandbox_await_t *await);
    void                          *data;
};


typedef struct {
    ngx_http_request_t            *request;
    ngx_http_sandbox_node_t       *node;               /* held, or NULL */

    ngx_str_t                      id;
    in_port_t                      port;               /* 0: the agent's API */
    ngx_str_t                      link;               /* of the path */
    ngx_uint_t                     route;              /* of api.c */

    ngx_str_t                      owner;              /* of the key, or "" */
    ngx_uint_t                     admin;
    ngx_http_sandbox_key_t        *key;                /* NULL: auth off */
    ngx_http_sandbox_class_t      *class;              /* for creation */

    ngx_http_sandbox_failure_t     failure;            /* to be answered */
    void                          *body;               /* of the handler */

    ngx_http_sandbox_waiter_t      waiter;             /* of upstream.c */
    ngx_http_sandbox_await_t       await;              /* likewise */
    ngx_uint_t                     http_version;       /* the client's */
    ngx_uint_t                     start;
    ngx_msec_t                     wait_start;
    ngx_msec_t                     wait_time;

    unsigned                       preview:1;
    unsigned                       trusted:1;  /* its token was right */
    unsigned                       wakes:1;    /* its policy says so */
    unsigned                       api:1;
    unsigned                       admitted:1;         /* may be proxied */
    unsigned                       waited:1;
    unsigned                       own:1;  /* the answer is nginx's own */
    unsigned                       filtered:1;
    unsigned                       replaced:1;
    unsigned                       collects:1; /* what is to be a page */

    char                           nonce[SANDBOX_TOKEN_MAX + 1];
    ngx_str_t                      replacement;        /* of filter.c */
    ngx_buf_t                     *collected;          /* likewise */
    char                           run[SANDBOX_RANDOM_LEN + 1];

    /* of a preview */
    ngx_queue_t                    queue;              /* see watch.c */
    char                           token[SANDBOX_TOKEN_MAX + 1];
    ngx_str_t                      preview_key;        /* "" : none asked */
    ngx_str_t                      public_host;        /* the browser's */
    ngx_str_t                      public_proto;
    ngx_str_t                      app_name;           /* Host of the app */
    ngx_table_elt_t               *origin;             /* the last one */
    ngx_uint_t                     origins;            /* how many */
    ngx_http_sandbox_load_t       *slot;               /* of load.c */
#if (NGX_HTTP_CACHE)
    ngx_int_t                    (*create_key)(ngx_http_request_t *r);
#endif
    unsigned                       app_host:2;         /* SANDBOX_HOST_… */
    unsigned                       cors:3;             /* 0: not known */
    unsigned                       cookies:2;
    unsigned                       watched:1;
    unsigned                       cut:1;
    unsigned                       keyed:1;    /* by Sec-WebSocket-Protocol */
} ngx_http_sandbox_ctx_t;


/* what a worker has, set up by init_process */

typedef struct {
    ngx_http_sandbox_main_conf_t  *conf;
    sandbox_store_t               *store;              /* NULL: see log */
    ac_loop_t                     *loop;
    ac_docker_t                   *docker;
    ac_endpoint_t                 *endpoint;
    int                            ncpu;     /* the engine's; 0: not known */
    ngx_rbtree_t                   nodes;
    ngx_rbtree_node_t              sentinel;
    ngx_queue_t                    watched; /* ngx_http_sandbox_node_t */
} ngx_http_sandbox_worker_t;


extern ngx_module_t                ngx_http_sandbox_module;
extern ngx_http_sandbox_worker_t  *ngx_http_sandbox_worker;


#define ngx_http_sandbox_count(conf, field)                                   \
    (void) ngx_atomic_fetch_add(&(conf)->counters->field, 1)


/* ngx_http_sandbox_ctx.c */

ngx_http_sandbox_ctx_t *ngx_http_sandbox_get_ctx(ngx_http_request_t *r);
/* makes it when there is none; NULL: out of memory */
ngx_http_sandbox_ctx_t *ngx_http_sandbox_make_ctx(ngx_http_request_t *r);


/* ngx_http_sandbox_module.c */

/* NULL: no such class */
ngx_http_sandbox_class_t *ngx_http_sandbox_find_class(
    ngx_http_sandbox_main_conf_t *smcf, u_char *name, size_t len);


/* ngx_http_sandbox_conf.c: directives that are more than a value */

char *ngx_http_sandbox_conf_state(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_sandbox_conf_zone(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_sandbox_conf_class(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_sandbox_conf_preview_url(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
/* what a location that proxies to a sandbox needs, and must not do */
char *ngx_http_sandbox_conf_check_proxy(ngx_conf_t *cf,
    ngx_http_sandbox_loc_conf_t *conf);


/* ngx_http_sandbox_limit_conf.c: limits, and the zone that holds them */

char *ngx_http_sandbox_conf_max_instances(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_sandbox_conf_engine_calls(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_sandbox_conf_create_rate(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
/* a number of sandboxes; NGX_ERROR: it is none */
ngx_int_t ngx_http_sandbox_conf_instances(ngx_str_t *value);
/* of a key that was read; NGX_OK or NGX_ERROR */
ngx_int_t ngx_http_sandbox_conf_quota(ngx_conf_t *cf,
    ngx_http_sandbox_key_t *key);
/* the zone's init(): fails, and says why, when the limits do not fit */
ngx_int_t ngx_http_sandbox_init_zone(ngx_shm_zone_t *zone, void *data);


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


/* ngx_http_sandbox_trouble.c: an engine that fails, and is away */

/* NGX_OK or NGX_ERROR; of a worker that has its engine */
ngx_int_t ngx_http_sandbox_trouble_init(void);
/* before the end of its worker */
void ngx_http_sandbox_trouble_done(void);
/* the next call is of this lane, for that owner */
void ngx_http_sandbox_turn(ac_lane_e lane, const char *owner);
/* what it could not do; reply NULL: out of memory.  It ends the start. */
void ngx_http_sandbox_engine_failed(ngx_http_sandbox_wake_t *wake,
    const char *what, const ac_reply_t *reply);


/* ngx_http_sandbox_network.c: network= of a class */

/* NGX_OK, or NGX_ERROR: logged; "internet" needs the host's rules */
ngx_int_t ngx_http_sandbox_network_conf(ngx_conf_t *cf,
    ngx_http_sandbox_class_t *class, ngx_str_t *value);
/* what the engine knows it by */
const char *ngx_http_sandbox_network_name(ngx_http_sandbox_class_t *class);
/* 1: that is what the engine lacks, and the start has ended by it */
ngx_uint_t ngx_http_sandbox_network_missing(ngx_http_sandbox_wake_t *wake,
    const ac_reply_t *reply);


/* ngx_http_sandbox_loop.c: ac_loop_t on nginx events and timers */

ac_loop_t *ngx_http_sandbox_loop_create(ngx_cycle_t *cycle);
void ngx_http_sandbox_loop_destroy(ac_loop_t *loop);


/* ngx_http_sandbox_node.c */

/* finds or makes, and holds; NULL: out of memory */
ngx_http_sandbox_node_t *ngx_http_sandbox_node_hold(ngx_str_t *id);
void ngx_http_sandbox_node_release(ngx_http_sandbox_node_t *node);
/*
 * Makes node->spec what is on disk (one fstatat when nothing changed).
 * NGX_OK; NGX_DECLINED: no such sandbox; NGX_ERROR: logged.
 */
ngx_int_t ngx_http_sandbox_node_spec(ngx_http_sandbox_node_t *node);
/* of a node whose spec is valid; NULL: no longer configured */
ngx_http_sandbox_class_t *ngx_http_sandbox_node_class(
    ngx_http_sandbox_node_t *node);
/* the port's policy, likewise */
ngx_int_t ngx_http_sandbox_node_policy(ngx_http_sandbox_node_t *node,
    in_port_t port, sandbox_port_t **policy);
/* the policy as last read, without looking at the disk; or NULL */
ngx_http_sandbox_policy_t *ngx_http_sandbox_node_cached(
    ngx_http_sandbox_node_t *node, in_port_t port);
/* frees the node when nobody uses it */
void ngx_http_sandbox_node_collect(ngx_http_sandbox_node_t *node);
/* closes the tethers of all nodes; exit_process */
void ngx_http_sandbox_node_cleanup(void);


/* ngx_http_sandbox_tether.c */

/*
 * NGX_OK: it runs, as far as the kernel knows.  NGX_DECLINED: it does not.
 * NGX_AGAIN: going to sleep, or too busy to tell; ask again.  NGX_ERROR.
 */
ngx_int_t ngx_http_sandbox_tether(ngx_http_sandbox_node_t *node);
/*
 * The same, but NGX_OK only when the agent has said that it serves: before,
 * the sockets may be in the hands of a worker that never gives them away, and
 * with them what was sent to them.
 */
ngx_int_t ngx_http_sandbox_tether_served(ngx_http_sandbox_node_t *node);
/* the same as the first, when the boot handshake has said so */
ngx_int_t ngx_http_sandbox_tether_booted(ngx_http_sandbox_node_t *node);
void ngx_http_sandbox_tether_close(ngx_http_sandbox_node_t *node);
/* peeks: 1 when the tether is still connected */
ngx_uint_t ngx_http_sandbox_tether_alive(ngx_http_sandbox_node_t *node);
/*
 * The socket of an exposed port, bound and handed over if it is missing, or
 * when a connect to it was refused.  NGX_OK; NGX_AGAIN: somebody else has the
 * lock, ask again; NGX_DECLINED: no tether; NGX_ERROR: logged.
 */
ngx_int_t ngx_http_sandbox_tether_listen(ngx_http_sandbox_node_t *node,
    in_port_t port, ngx_uint_t refused);
/* revoke: the socket goes, and the agent cuts the port's connections */
void ngx_http_sandbox_tether_unlisten(ngx_http_sandbox_node_t *node,
    in_port_t port);
/* tells a sandbox that runs its new options: JSON object text */
void ngx_http_sandbox_tether_configure(ngx_http_sandbox_node_t *node,
    const char *fields);
/* 1 when an app listened on the exposed port when the agent last told */
ngx_uint_t ngx_http_sandbox_tether_listens(ngx_http_sandbox_node_t *node,
    in_port_t port);
/* asks to be told of a port, or no longer; results as of ..._tether() */
ngx_int_t ngx_http_sandbox_tether_watch(ngx_http_sandbox_node_t *node,
    in_port_t port, ngx_uint_t on);
/* asks for a diagnosis of the port; likewise, and the packet's number */
ngx_int_t ngx_http_sandbox_tether_diagnose(ngx_http_sandbox_node_t *node,
    in_port_t port, uint32_t *seq);
/* tells a sandbox that runs what to run for these ports */
void ngx_http_sandbox_tether_commands(ngx_http_sandbox_node_t *node,
    ac_command_t *commands, size_t n);
/* a stop follows: what runs may end by itself within ms */
void ngx_http_sandbox_tether_prepare(ngx_http_sandbox_node_t *node,
    ngx_msec_t ms);
/* asks the agent; where what waits for its answer queues, or NULL */
ngx_queue_t *ngx_http_sandbox_tether_status(ngx_http_sandbox_node_t *node,
    uint32_t *seq);
/* ports that listened when the agent last told; their number */
ngx_uint_t ngx_http_sandbox_tether_ports(ngx_http_sandbox_node_t *node,
    uint16_t **ports);


/* ngx_http_sandbox_ask.c */

/* what an agent has told; -1: not that */

typedef struct {
    int64_t                        sleeps_in;          /* ms */
    int64_t                        memory;             /* bytes */
    int64_t                        pids;
    int64_t                        cpu;                /* ms */
} ngx_http_sandbox_told_t;

/*
 * Asks the agent.  NGX_OK: handler runs once, later, and within a second; told
 * is NULL when there was no answer.  NGX_DECLINED: no tether; NGX_ERROR.
 */
typedef void (*ngx_http_sandbox_ask_pt)(void *data,
    ngx_http_sandbox_told_t *told);
ngx_int_t ngx_http_sandbox_ask(ngx_http_sandbox_node_t *node,
    ngx_http_sandbox_ask_pt handler, void *data);
/* of tether.c: 1 when it is the answer to one of these; the tether closes */
ngx_uint_t ngx_http_sandbox_ask_reply(ngx_queue_t *asks,
    ac_agent_event_t *event);
void ngx_http_sandbox_ask_lost(ngx_queue_t *asks);


/* ngx_http_sandbox_wake.c */

/* queues the waiter; starts the sandbox unless w->join */
void ngx_http_sandbox_wait(ngx_http_sandbox_node_t *node,
    ngx_http_sandbox_waiter_t *w);
/* idempotent */
void ngx_http_sandbox_unwait(ngx_http_sandbox_waiter_t *w);
/* starts the sandbox without waiting, unless that is under way */
void ngx_http_sandbox_kick(ngx_http_sandbox_node_t *node);
/* who waits for what was started elsewhere looks at once */
void ngx_http_sandbox_wake_hurry(ngx_http_sandbox_node_t *node);
/* 1 while this worker or another starts, stops or destroys it */
ngx_uint_t ngx_http_sandbox_busy(ngx_http_sandbox_node_t *node);


/* ngx_http_sandbox_destroy.c */

/*
 * since: only if sandbox_store_turned() still says so, else NGX_DECLINED; -1:
 * in any case.
 *
 * Destroys the sandbox: the name is free at once, then the container and the
 * files go.  handler(data, rc) runs once, later: NGX_OK done; NGX_DECLINED no
 * such sandbox, or no longer run; NGX_ERROR the name is not free (logged).
 */
typedef void (*ngx_http_sandbox_destroy_pt)(void *data, ngx_int_t rc);
ngx_int_t ngx_http_sandbox_destroy(ngx_http_sandbox_node_t *node,
    int64_t since, ngx_http_sandbox_destroy_pt handler, void *data);
/* stops the container; NGX_OK too when it did not run */
ngx_int_t ngx_http_sandbox_stop(ngx_http_sandbox_node_t *node, int64_t since,
    ngx_http_sandbox_destroy_pt handler, void *data);
/* the second half, for what a crash left: the container, then the files */
ngx_int_t ngx_http_sandbox_destroy_run(const char *run);


/* ngx_http_sandbox_upstream.c */

char *ngx_http_sandbox_upstream(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


/* ngx_http_sandbox_admit.c */

/* the PRECONTENT handler */
ngx_int_t ngx_http_sandbox_admit_handler(ngx_http_request_t *r);


/* ngx_http_sandbox_preview.c */

/* ngx_http_sandbox_await.c: ports that requests wait for */

/*
 * NGX_OK: await->handler will run; or as ngx_http_sandbox_tether().  The
 * caller holds the node as long, and sets handler and data first.
 */
ngx_int_t ngx_http_sandbox_await(ngx_http_sandbox_node_t *node,
    in_port_t port, ngx_http_sandbox_await_t *await);
void ngx_http_sandbox_unawait(ngx_http_sandbox_await_t *await);
/* of tether.c: AC_AGENT_PORT and AC_AGENT_LOG; its end */
void ngx_http_sandbox_awaited_event(ngx_http_sandbox_node_t *node,
    ac_agent_event_t *event);
void ngx_http_sandbox_awaited_lost(ngx_http_sandbox_node_t *node);
/* exit_process */
void ngx_http_sandbox_awaited_cleanup(ngx_http_sandbox_node_t *node);
/* the line of that number, one of the last nlines */
ngx_str_t *ngx_http_sandbox_awaited_line(ngx_http_sandbox_awaited_t *p,
    uint64_t n);
/* the port's command: {"state","exitCode"?,"log"} or null; NULL: no memory */
cJSON *ngx_http_sandbox_awaited_json(ngx_http_sandbox_awaited_t *p);


/* ngx_http_sandbox_command.c: wake, command and cwd of a port's policy */

#define NGX_HTTP_SANDBOX_COMMANDS_MAX  16          /* of one sandbox */

/* puts those of a body into the policy; NGX_DECLINED: failure says why not */
ngx_int_t ngx_http_sandbox_policy_wake(cJSON *json, sandbox_port_t *policy,
    ngx_http_sandbox_failure_t *failure);
/* 1: a sandbox that runs is to be told of the policy's command */
ngx_uint_t ngx_http_sandbox_policy_commands(cJSON *json, sandbox_port_t *old,
    sandbox_port_t *policy);
/* NGX_DECLINED: too many ports have one; ctx->failure says so */
ngx_int_t ngx_http_sandbox_command_check(ngx_http_sandbox_ctx_t *ctx,
    sandbox_port_t *policy);
/* adds them to what is shown of a port */
ngx_int_t ngx_http_sandbox_policy_wake_json(cJSON *json,
    sandbox_port_t *policy);
/*
 * The commands of these ports, at most ..._COMMANDS_MAX; returns their number
 * or NGX_ERROR.  Both arrays are to be freed, and may be NULL.
 */
ngx_int_t ngx_http_sandbox_port_commands(ngx_http_sandbox_node_t *node,
    uint16_t *ports, size_t n, sandbox_port_t **policies,
    ac_command_t **commands);
/* tells a sandbox that runs; "" : the port has no command any more */
void ngx_http_sandbox_command_tell(ngx_http_sandbox_node_t *node,
    in_port_t port, const char *command, const char *cwd);


/* ngx_http_sandbox_diagnose.c */

ngx_int_t ngx_http_sandbox_diagnose_handler(ngx_http_request_t *r);
/* of tether.c: AC_AGENT_DIAGNOSIS; its end */
void ngx_http_sandbox_diagnosed(ngx_http_sandbox_node_t *node,
    ac_agent_event_t *event);
void ngx_http_sandbox_diagnose_lost(ngx_http_sandbox_node_t *node);


/* ngx_http_sandbox_told.c: copies of what an agent said; NULL: no memory */

/* of a list of listeners; address becomes that of port, or "" */
cJSON *ngx_http_sandbox_diagnose_listening(cJSON *list, in_port_t port,
    char *address, size_t size);
/* of a port's command */
cJSON *ngx_http_sandbox_diagnose_command(cJSON *command);


/* ngx_http_sandbox_events.c: the path of previews that is nginx's own */

/* 1: the request is for it */
ngx_uint_t ngx_http_sandbox_events_reserved(ngx_http_request_t *r);
/* admits or refuses such a request; returns NGX_DECLINED */
ngx_int_t ngx_http_sandbox_events_access(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);


/* ngx_http_sandbox_page.c: what people see in place of an app */

/* 1: a person is to see the answer: a browser goes to it as to a page */
ngx_uint_t ngx_http_sandbox_navigation(ngx_http_request_t *r);
/* 1: and may be given a page that waits in its place */
ngx_uint_t ngx_http_sandbox_page_waits(ngx_http_request_t *r);
/*
 * An error as a page: json has the shape of design.md section 8, from whom
 * ever it is.  NGX_OK, text in the request's pool; or NGX_ERROR.
 */
ngx_int_t ngx_http_sandbox_page(ngx_http_request_t *r, cJSON *json,
    ngx_uint_t status, ngx_str_t *text);
/* the headers of a page; NGX_OK or NGX_ERROR */
ngx_int_t ngx_http_sandbox_page_headers(ngx_http_request_t *r);
/* the page that becomes the app: results of a content handler */
ngx_int_t ngx_http_sandbox_send_waiting(ngx_http_request_t *r);
/* makes it the request's answer, returns DECLINED */
ngx_int_t ngx_http_sandbox_refuse_waiting(ngx_http_request_t *r);


/* ngx_http_sandbox_preview.c */

/*
 * PRECONTENT of a preview location.  NGX_OK: admitted, ctx->node and
 * ctx->port are set; NGX_DECLINED: answered by the content handler.
 */
ngx_int_t ngx_http_sandbox_preview_access(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);
/* the preview domain that host (lower case, no port) stands below, or NULL */
ngx_http_sandbox_preview_t *ngx_http_sandbox_preview_find(
    ngx_http_sandbox_main_conf_t *smcf, ngx_str_t *host);


/* ngx_http_sandbox_api.c */

/*
 * PRECONTENT of an API location: route, auth, headers.  NGX_OK: a route of
 * the agent, to be admitted: ctx->id, owner, class are set, secrets removed,
 * r->unparsed_uri is what the agent is to see.  NGX_DECLINED: nginx answers,
 * by the content handler that was set.
 */
ngx_int_t ngx_http_sandbox_api_access(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);


/* ngx_http_sandbox_create.c */

/*
 * Makes the directory of ctx->id for the caller, with ctx->class.  nonce is
 * an Idempotency-Key, or ""; options a body with options, or NULL.  NGX_OK;
 * NGX_DECLINED: the id is taken; NGX_ABORT: ctx->failure says what is wrong
 * with the options; NGX_ERROR: logged.
 */
ngx_int_t ngx_http_sandbox_make(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, const char *nonce, cJSON *options);
ngx_int_t ngx_http_sandbox_create_handler(ngx_http_request_t *r);


/* ngx_http_sandbox_lifecycle.c: running, delete */

/*
 * Holds ctx->node and looks whose ctx->id is: NGX_OK: the caller's, spec is
 * valid; NGX_DECLINED: there is none; NGX_ABORT: another's; NGX_ERROR: logged.
 */
ngx_int_t ngx_http_sandbox_find(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);
/* NGX_DECLINED: it is the caller's; or what the answer came to */
ngx_int_t ngx_http_sandbox_find_own(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);
/* fills in ctx->failure: it is nginx's own, and was logged */
void ngx_http_sandbox_fail_internal(ngx_http_sandbox_ctx_t *ctx);
/* answers from a content handler: that one; no such sandbox */
ngx_int_t ngx_http_sandbox_send_internal(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);
ngx_int_t ngx_http_sandbox_send_absent(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);
/* "running", "starting" or "asleep"; starts nothing */
const char *ngx_http_sandbox_life(ngx_http_sandbox_node_t *node);

/* content handlers */
ngx_int_t ngx_http_sandbox_running_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_sandbox_delete_handler(ngx_http_request_t *r);


/* ngx_http_sandbox_show_json.c */

/* ctx->node as JSON, as far as nginx knows itself; NULL: no memory */
cJSON *ngx_http_sandbox_show_json(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);


/* ngx_http_sandbox_show.c */

/* content handler of GET: asks the agent, or the engine, what else there is */
ngx_int_t ngx_http_sandbox_show_handler(ngx_http_request_t *r);
/* answers what was changed, once the agent of one that runs knows of it */
ngx_int_t ngx_http_sandbox_show_told_options(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);


/* ngx_http_sandbox_ended.c */

/* how a container has ended, from the answer to an inspection; 1: it has */
ngx_uint_t ngx_http_sandbox_ended(const ac_reply_t *reply,
    sandbox_end_t *end);
/* as JSON; NULL: no memory */
cJSON *ngx_http_sandbox_ended_json(sandbox_end_t *end, const char *message);


/* ngx_http_sandbox_options.c: sleepAfter, keepAlive, maxAge, env, labels */

/*
 * Puts the options of a body into spec.  NGX_OK, or NGX_DECLINED with failure
 * set; spec is to be freed in either case.
 */
ngx_int_t ngx_http_sandbox_options(cJSON *json, sandbox_spec_t *spec,
    ngx_http_sandbox_failure_t *failure);
/* seconds, or text with a unit, as ms from 1 s to 366 days; -1: neither */
int64_t ngx_http_sandbox_duration(cJSON *item);
/* the class's environment and the sandbox's own as JSON text; cJSON_free() */
char *ngx_http_sandbox_env(ngx_http_sandbox_class_t *class,
    sandbox_spec_t *spec);
/* ms, what is in force; 0: no limit; class NULL: it is configured no more */
int64_t ngx_http_sandbox_max_age(ngx_http_sandbox_class_t *class,
    sandbox_spec_t *spec);
/* tells a sandbox that runs what it has now */
void ngx_http_sandbox_options_tell(ngx_http_sandbox_node_t *node);
ngx_int_t ngx_http_sandbox_patch_handler(ngx_http_request_t *r);


/* ngx_http_sandbox_park.c */

/*
 * Parks a request in a content handler, which returns NGX_DONE then, until
 * work that goes on without its client is done.  NULL: out of memory.
 */
ngx_http_sandbox_parked_t *ngx_http_sandbox_park(ngx_http_request_t *r);
/* frees it; the request to be finalized, or NULL when its client has left */
ngx_http_request_t *ngx_http_sandbox_unpark(ngx_http_sandbox_parked_t *p);
/* the work did not begin: the content handler goes on with the request */
void ngx_http_sandbox_park_cancel(ngx_http_sandbox_parked_t *p);


/* ngx_http_sandbox_power.c */

/* sleep and restart */
ngx_int_t ngx_http_sandbox_stop_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_sandbox_wake_handler(ngx_http_request_t *r);


/* ngx_http_sandbox_list.c */

ngx_int_t ngx_http_sandbox_list_handler(ngx_http_request_t *r);


/* ngx_http_sandbox_ports.c */

#define NGX_HTTP_SANDBOX_PORTS_MAX   512           /* of one sandbox */

/* content handlers */
ngx_int_t ngx_http_sandbox_ports_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_sandbox_port_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_sandbox_links_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_sandbox_link_handler(ngx_http_request_t *r);


/* ngx_http_sandbox_ports_json.c */

/*
 * As callers see them, NULL when it fails: an exposed port with its URL, whole
 * with all of its policy; all ports of a sandbox; a link of a port, and all.
 */
cJSON *ngx_http_sandbox_port_json(ngx_http_request_t *r, ngx_str_t *id,
    sandbox_port_t *policy, ngx_uint_t whole);
cJSON *ngx_http_sandbox_ports_json(ngx_http_request_t *r, ngx_str_t *id);
cJSON *ngx_http_sandbox_link_json(ngx_http_request_t *r, ngx_str_t *id,
    sandbox_port_t *policy, sandbox_link_t *link);
cJSON *ngx_http_sandbox_links_json(ngx_http_request_t *r, ngx_str_t *id,
    sandbox_port_t *policy);
/* "active" or "expired", of the port */
const char *ngx_http_sandbox_port_status(sandbox_port_t *policy);
/* the configured domain of that name, or NULL */
ngx_http_sandbox_preview_t *ngx_http_sandbox_ports_preview(
    ngx_http_sandbox_main_conf_t *smcf, const char *host);
/* fills in ctx->failure: ctx->port is not exposed */
void ngx_http_sandbox_fail_unexposed(ngx_http_sandbox_ctx_t *ctx);


/* ngx_http_sandbox_expose.c */

#define NGX_HTTP_SANDBOX_EXPOSE      0
#define NGX_HTTP_SANDBOX_CHANGE      1             /* PATCH */
#define NGX_HTTP_SANDBOX_UNEXPOSE    2
#define NGX_HTTP_SANDBOX_LINK        3
#define NGX_HTTP_SANDBOX_UNLINK      4

typedef struct {
    ngx_http_request_t            *request;
    ngx_http_sandbox_ctx_t        *ctx;
    ngx_event_t                    timer;
    ngx_msec_t                     began;
    cJSON                         *json;               /* the answer */

    ngx_uint_t                     op;
    in_port_t                      port;               /* 0: all, to remove */
    cJSON                         *body;               /* of the request */
    ngx_http_sandbox_preview_t    *preview;            /* NULL: any */
    char                           link[SANDBOX_LINK_NAME_MAX + 1];

    /* of the removal of all, which takes several turns */
    uint16_t                      *ports;
    ngx_uint_t                     nports;
    ngx_uint_t                     next;
    ngx_uint_t                     removed;
} ngx_http_sandbox_expose_t;

/* NULL: out of memory; freed with the request, json and body too */
ngx_http_sandbox_expose_t *ngx_http_sandbox_expose_create(
    ngx_http_request_t *r);
/* does as asked, and answers; a content handler's result */
ngx_int_t ngx_http_sandbox_expose(ngx_http_sandbox_expose_t *e);
/* logs errno and fills in the failure; NGX_DECLINED */
ngx_int_t ngx_http_sandbox_expose_failed(ngx_http_sandbox_expose_t *e,
    in_port_t port, const char *what);


/* ngx_http_sandbox_body.c */

/* what it returns finalizes the request; json is NULL for an empty body */
typedef ngx_int_t (*ngx_http_sandbox_body_pt)(ngx_http_request_t *r,
    cJSON *json);

/* a content handler's result; refuses what is no JSON object, or too large */
ngx_int_t ngx_http_sandbox_read_json(ngx_http_request_t *r,
    ngx_http_sandbox_body_pt handler);
/*
 * A member that is text without control characters.  NGX_OK, value NULL when
 * it is missing or null; NGX_DECLINED: another type, too long, not plain.
 */
ngx_int_t ngx_http_sandbox_json_string(cJSON *json, const char *name,
    size_t max, const char **value);


/* ngx_http_sandbox_keys.c */

char *ngx_http_sandbox_key_file(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
/* of a merged API location: the classes of its keys exist */
char *ngx_http_sandbox_key_check(ngx_conf_t *cf,
    ngx_http_sandbox_loc_conf_t *conf);


/* ngx_http_sandbox_auth.c */

/*
 * Who calls: fills ctx->owner, admin, key.  NGX_OK, or NGX_DECLINED with
 * ctx->failure set (401, 403, 421).
 */
ngx_int_t ngx_http_sandbox_auth(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);
/* 1 when the caller may see and use the sandbox of that owner */
ngx_uint_t ngx_http_sandbox_owns(ngx_http_sandbox_ctx_t *ctx,
    const char *owner);
/* 1 when the key may choose the class */
ngx_uint_t ngx_http_sandbox_may_class(ngx_http_sandbox_ctx_t *ctx,
    ngx_str_t *name);
/*
 * Takes X-Sandbox-*, X-Accel-* and what was dropped out of the request, and,
 * as secrets, Authorization, Cookie and key arguments too; NGX_OK or
 * NGX_ERROR.
 */
ngx_int_t ngx_http_sandbox_strip(ngx_http_request_t *r, ngx_uint_t secrets);
#define ngx_http_sandbox_header_drop(h)  (h)->key.len = 0
/* the arguments alone: see sandbox_args_strip() */
ngx_int_t ngx_http_sandbox_strip_args(ngx_http_request_t *r, int which);


/* ngx_http_sandbox_origin.c */

/* of a merged API location: its origins are some; keeps its server's names */
char *ngx_http_sandbox_origin_check(ngx_conf_t *cf,
    ngx_http_sandbox_loc_conf_t *conf);

/* one header after the other: begin with a list's part, and i 0; or NULL */
ngx_table_elt_t *ngx_http_sandbox_next_header(ngx_list_part_t **part,
    ngx_uint_t *i);
ngx_uint_t ngx_http_sandbox_is_header(ngx_table_elt_t *h, const char *name);
/* the first request header of that name, and how many there are */
ngx_table_elt_t *ngx_http_sandbox_header_in(ngx_http_request_t *r,
    const char *name, ngx_uint_t *count);
/* 1 when Host is a name of the server block */
ngx_uint_t ngx_http_sandbox_host_known(ngx_http_request_t *r);
/* 1 when a web page of another origin calls, and is not allowed to */
ngx_uint_t ngx_http_sandbox_origin_foreign(ngx_http_request_t *r);
/* 1 when origin is that of host, a port of the scheme's own or none alike */
ngx_uint_t ngx_http_sandbox_same_origin(ngx_str_t *origin, ngx_str_t *host);
/* 1 when sandbox_api_cors names the request's origin */
ngx_uint_t ngx_http_sandbox_cors_allowed(ngx_http_request_t *r);
/*
 * Adds Access-Control-Allow-Origin to an answer of an API location, for an
 * origin that sandbox_api_cors names; for a header filter, after what a
 * container said of it was removed.  NGX_OK or NGX_ERROR.
 */
ngx_int_t ngx_http_sandbox_cors(ngx_http_request_t *r);
/*
 * What both it and the answers of previews say: the header name, with value,
 * stands where the origin is allowed; Vary, in any case
 */
ngx_int_t ngx_http_sandbox_cors_grant(ngx_http_request_t *r,
    ngx_uint_t allowed, const char *name, const char *value);
/* content handler of OPTIONS from an allowed origin */
ngx_int_t ngx_http_sandbox_preflight_handler(ngx_http_request_t *r);


/* ngx_http_sandbox_json.c: answers that nginx makes itself */

#define NGX_HTTP_SANDBOX_TIME_LEN  sizeof("1970-01-01T00:00:00.000Z")

#if (nginx_version >= 1023000)
#define ngx_http_sandbox_header_init(h)  (h)->next = NULL
#else
#define ngx_http_sandbox_header_init(h)
#endif

/* adds a header to the answer; both strings live as long as the request */
ngx_int_t ngx_http_sandbox_header(ngx_http_request_t *r, const char *name,
    const char *value);
ngx_int_t ngx_http_sandbox_header_text(ngx_http_request_t *r,
    const char *name, ngx_str_t *value);
/* ms since the epoch, as the event loop last saw them: no system call */
#define ngx_http_sandbox_clock()                                              \
    ((int64_t) ngx_cached_time->sec * 1000 + ngx_cached_time->msec)
/* milliseconds since the epoch; as ISO 8601 text of the length above */
int64_t ngx_http_sandbox_now(void);
void ngx_http_sandbox_iso_time(int64_t ms, char *buf);
/* adds a member, null for -1: value over unit; a time.  NGX_OK, NGX_ERROR */
ngx_int_t ngx_http_sandbox_add_number(cJSON *json, const char *name,
    int64_t value, double unit);
ngx_int_t ngx_http_sandbox_add_time(cJSON *json, const char *name,
    int64_t ms);

/* a content handler's result; json is freed */
ngx_int_t ngx_http_sandbox_send_json(ngx_http_request_t *r,
    ngx_uint_t status, cJSON *json);
/* 204 */
ngx_int_t ngx_http_sandbox_send_empty(ngx_http_request_t *r);
/* a page: a content handler's result */
ngx_int_t ngx_http_sandbox_send_page(ngx_http_request_t *r,
    ngx_uint_t status, ngx_str_t *text);
/* the error shape of design.md section 8, Retry-After included */
ngx_int_t ngx_http_sandbox_send_failure(ngx_http_request_t *r,
    ngx_http_sandbox_failure_t *failure);
/* fills in ctx->failure, makes it the request's answer, returns DECLINED */
ngx_int_t ngx_http_sandbox_refuse(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, ngx_uint_t status, const char *code,
    const char *fmt, ...);
/* the same with a ctx->failure that is filled in */
ngx_int_t ngx_http_sandbox_refused(ngx_http_request_t *r);
/* the same as text, in the request's pool; NGX_OK or NGX_ERROR */
ngx_int_t ngx_http_sandbox_failure_text(ngx_http_request_t *r,
    ngx_http_sandbox_failure_t *failure, ngx_str_t *text);
/* only fills in; fmt as of ngx_snprintf() */
void ngx_http_sandbox_fail(ngx_http_sandbox_failure_t *failure,
    ngx_uint_t status, const char *code, const char *fmt, ...);
/* answers that stay alike: no such sandbox or not yours; a bad preview */
ngx_int_t ngx_http_sandbox_refuse_absent(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);
ngx_int_t ngx_http_sandbox_refuse_token(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);


/* ngx_http_sandbox_filter.c: what leaves a container is untrusted */

ngx_int_t ngx_http_sandbox_filter_init(ngx_conf_t *cf);


/* ngx_http_sandbox_expire.c: max_awake, max_age, retain */

/* one turn of the worker that sweeps, each second */
void ngx_http_sandbox_expire(void);
void ngx_http_sandbox_expire_stop(void);


/* ngx_http_sandbox_sweep.c: background work of one worker */

void ngx_http_sandbox_sweep_start(ngx_cycle_t *cycle);
void ngx_http_sandbox_sweep_stop(void);
/* with the next turn, not with the next minute */
void ngx_http_sandbox_sweep_soon(void);


/* ngx_http_sandbox_mask.c: no token and no key in the error log */

/* the module's init_module: of connections, while they read headers */
ngx_int_t ngx_http_sandbox_mask_init(ngx_cycle_t *cycle);
/* POST_READ: of requests */
ngx_int_t ngx_http_sandbox_mask_handler(ngx_http_request_t *r);


/* ngx_http_sandbox_variables.c */

ngx_int_t ngx_http_sandbox_add_variables(ngx_conf_t *cf);
void ngx_http_sandbox_variable_set(ngx_http_variable_value_t *v, u_char *text,
    size_t len);
/* 1 when the request is a WebSocket handshake and nothing else */
ngx_uint_t ngx_http_sandbox_websocket(ngx_http_request_t *r);


/* ngx_http_sandbox_status.c */

/* content handler of sandbox_status */
ngx_int_t ngx_http_sandbox_status_handler(ngx_http_request_t *r);


#endif /* _NGX_HTTP_SANDBOX_MODULE_H_INCLUDED_ */
