
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AC_DOCKER_H_INCLUDED_
#define _AC_DOCKER_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>

#include "ac_error.h"
#include "ac_loop.h"


/*
 * The Docker Engine API, as far as a sandbox needs it.  Source: Docker Engine
 * API v1.41 (docs.docker.com/engine/api/v1.41).
 *
 * Nothing here blocks.  A call returns NULL only when out of memory; otherwise
 * its handler runs exactly once, from a later turn of the loop and never from
 * inside the call, unless the call is cancelled first.  What a reply points to
 * lives until the handler returns.  Arguments are copied.
 */


#define AC_DOCKER_MIN_API   0x0128              /* 1.40 */


typedef struct ac_docker_s     ac_docker_t;     /* one for each process */
typedef struct ac_endpoint_s   ac_endpoint_t;   /* one engine */
typedef struct ac_call_s       ac_call_t;       /* one call under way */


typedef struct {
    const char    *url;        /* unix:/path, http://host:port, https://… */
    const char    *ca;         /* PEM files, for https; NULL: system's CAs */
    const char    *cert;
    const char    *key;
    unsigned       connect_ms;
} ac_endpoint_conf_t;


typedef struct {
    const char    *source;
    const char    *target;
    int            read_only;
} ac_mount_t;


typedef struct {
    const char    *key;
    const char    *value;
} ac_pair_t;


typedef struct {
    const char        *name;
    const char        *image;
    const char       **entrypoint;       /* NULL-terminated */
    const char        *network;          /* "none", or a network's name */
    const char        *hostname;         /* NULL: the engine's choice */
    const char        *user;             /* NULL: the image's */
    const ac_pair_t   *labels;
    size_t             nlabels;
    const ac_mount_t  *mounts;
    size_t             nmounts;
    const char       **cap_add;          /* NULL-terminated; all else dropped */
    int64_t            memory;           /* bytes, swap equal; 0: no limit */
    int64_t            nano_cpus;        /* 0: no limit */
    int64_t            pids;             /* 0: no limit */
    const char        *disk;             /* storage-opt size; NULL: none */
    int                loopback6;        /* ::1, where the host has IPv6 */
} ac_container_spec_t;


typedef struct {
    char               id[65];
    char               name[128];        /* without the leading slash */
    char               image[256];
    char               state[16];        /* created, running, exited, … */
    char               status[128];
    int                pid;              /* inspect only */
    int                exit_code;        /* inspect only */
    int                oom_killed;       /* inspect only */
    int                paused;           /* inspect only */
    int64_t            started_ms;       /* inspect only; 0: never */
    int64_t            finished_ms;      /* inspect only; 0: never */
    char               label_run[64];    /* value of AC_LABEL_RUN, or "" */
    char               label_class[64];
    char               label_owner[24];
} ac_container_t;


/* labels that the client reads back; list filters by the first */
#define AC_LABEL_INSTANCE  "nginx-sandbox.instance"
#define AC_LABEL_RUN       "nginx-sandbox.run"
#define AC_LABEL_CLASS     "nginx-sandbox.class"
#define AC_LABEL_OWNER     "nginx-sandbox.owner"


typedef struct {
    char               id[80];           /* sha256:… */
    char               user[128];        /* Config.User */
    char               workdir[256];
} ac_image_t;


typedef struct {
    char               action[32];       /* die, oom, destroy, … */
    char               id[65];
    char               label_run[64];
    char               label_class[64];
    char               label_owner[24];
    int                exit_code;        /* of die, else -1 */
    int64_t            time_ms;          /* since the epoch; 0: not told */
} ac_event_t;


typedef struct {
    ac_error_e             error;
    int                    status;       /* HTTP, 0 when error is set */
    char                   message[512]; /* the engine's words, or ours */

    /* by call; NULL or 0 when it failed */
    const ac_container_t  *containers;   /* list, inspect (one), create: id */
    size_t                 ncontainers;
    const ac_image_t      *image;        /* image */
    int                    api_version;  /* ping: 0x0129 is 1.41 */
    int                    ncpu;         /* info */
    int64_t                mem_total;    /* info */
} ac_reply_t;


typedef void (*ac_reply_pt)(void *data, const ac_reply_t *reply);
/* event NULL: the stream ended, reply tells why; nothing follows */
typedef void (*ac_event_pt)(void *data, const ac_event_t *event,
    const ac_reply_t *reply);


ac_docker_t *ac_docker_create(ac_loop_t *loop);
/* cancels what is under way, without calling its handlers */
void ac_docker_destroy(ac_docker_t *d);
/*
 * Name servers, "addr[:port][,…]", in place of those of /etc/resolv.conf;
 * before the first call.  0, or -1 when out of memory.
 */
int ac_docker_name_servers(ac_docker_t *d, const char *servers);


/*
 * At most so many calls are with the engine at a time, and so many more of
 * each lane wait for their turn, for as long as their deadline says; it runs
 * anew when they are sent.  Neither lane ever takes the last place from the
 * other one.  In a lane, owners take turns, and calls of one owner follow each
 * other, but for those that go on with what has begun: they come first.  Where
 * too many wait, the owner with most of them gets AC_BUSY for one.  0 calls:
 * no bound.  Pings and events are not counted.
 */
typedef enum {
    AC_LANE_OTHERS = 0,
    AC_LANE_STARTS
} ac_lane_e;

void ac_docker_limit(ac_docker_t *d, unsigned calls, unsigned waiting);
/* of the one call that is made next; without it: owner 0 of the others */
void ac_docker_turn(ac_docker_t *d, ac_lane_e lane, uint32_t owner,
    int begun);

/*
 * Called whenever calls begin to wait, or are given to the engine, or leave:
 * by how many these two have grown.
 */
typedef void (*ac_gauge_pt)(void *data, int waiting, int running);
void ac_docker_gauge(ac_docker_t *d, ac_gauge_pt handler, void *data);

/*
 * From now on it is known whether the engine is there.  One that cannot be
 * reached, or does not answer a ping, is away: it is pinged, ever more seldom
 * down to every few seconds, by one ping at a time, and calls to it are
 * answered by what the last ping found; where connections to it fail at once,
 * by what the next one finds, moments later.  The handler is told when it
 * goes, and when it is back.  One engine for each ac_docker_t; 0, or -1
 * when out of memory.
 */
typedef void (*ac_health_pt)(void *data, int away, const char *message);
int ac_docker_health(ac_docker_t *d, ac_endpoint_t *ep, ac_health_pt handler,
    void *data);
int ac_docker_away(const ac_docker_t *d);
/* somebody has waited for it in vain: it is pinged now */
void ac_docker_doubt(ac_docker_t *d, ac_endpoint_t *ep);

/*
 * NULL, and a line in err, when the URL or a PEM file cannot be used.  Reads
 * the PEM files, connects to nothing.  Is to outlive the calls to it.
 */
ac_endpoint_t *ac_endpoint_create(const ac_endpoint_conf_t *conf, char *err,
    size_t size);
void ac_endpoint_destroy(ac_endpoint_t *ep);

/*
 * Each call takes the engine and a deadline in milliseconds.  The API version
 * is agreed on with the first call to an engine, within its deadline, and
 * again after the engine was unreachable.
 */
ac_call_t *ac_docker_ping(ac_docker_t *d, ac_endpoint_t *ep, unsigned ms,
    ac_reply_pt handler, void *data);
ac_call_t *ac_docker_info(ac_docker_t *d, ac_endpoint_t *ep, unsigned ms,
    ac_reply_pt handler, void *data);
ac_call_t *ac_docker_image(ac_docker_t *d, ac_endpoint_t *ep,
    const char *image, unsigned ms, ac_reply_pt handler, void *data);
ac_call_t *ac_docker_create_container(ac_docker_t *d, ac_endpoint_t *ep,
    const ac_container_spec_t *spec, unsigned ms, ac_reply_pt handler,
    void *data);
/* 204 started, 304 already so, 404, 409, 500 */
ac_call_t *ac_docker_start(ac_docker_t *d, ac_endpoint_t *ep,
    const char *name, unsigned ms, ac_reply_pt handler, void *data);
/* grace in seconds before SIGKILL */
ac_call_t *ac_docker_stop(ac_docker_t *d, ac_endpoint_t *ep,
    const char *name, unsigned grace, unsigned ms, ac_reply_pt handler,
    void *data);
ac_call_t *ac_docker_kill(ac_docker_t *d, ac_endpoint_t *ep,
    const char *name, unsigned ms, ac_reply_pt handler, void *data);
ac_call_t *ac_docker_unpause(ac_docker_t *d, ac_endpoint_t *ep,
    const char *name, unsigned ms, ac_reply_pt handler, void *data);
/* by force, with its volumes */
ac_call_t *ac_docker_remove(ac_docker_t *d, ac_endpoint_t *ep,
    const char *name, unsigned ms, ac_reply_pt handler, void *data);
ac_call_t *ac_docker_inspect(ac_docker_t *d, ac_endpoint_t *ep,
    const char *name, unsigned ms, ac_reply_pt handler, void *data);
/* all containers, running or not, with AC_LABEL_INSTANCE=instance */
ac_call_t *ac_docker_list(ac_docker_t *d, ac_endpoint_t *ep,
    const char *instance, unsigned ms, ac_reply_pt handler, void *data);
/* a background stream of container events of the instance; no deadline */
ac_call_t *ac_docker_events(ac_docker_t *d, ac_endpoint_t *ep,
    const char *instance, ac_event_pt handler, void *data);

/*
 * The handler will not run.  Of no effect from inside the call's own last
 * handler; afterwards the call is gone and must not be cancelled.
 */
void ac_call_cancel(ac_call_t *call);
/* 1 while it waits for its turn, and for a second after that has come */
int ac_call_waits(const ac_call_t *call);


#endif /* _AC_DOCKER_H_INCLUDED_ */
