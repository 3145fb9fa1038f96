
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AC_DOCKER_TYPES_H_INCLUDED_
#define _AC_DOCKER_TYPES_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>

#include "ac_error.h"


/*
 * Requests and replies of the Docker Engine API.  Source: Docker Engine API
 * v1.41 (docs.docker.com/engine/api/v1.41).
 */


typedef struct ac_docker_s     ac_docker_t;     /* one for each process */
typedef struct ac_endpoint_s   ac_endpoint_t;   /* one engine */
typedef struct ac_call_s       ac_call_t;       /* one call under way */


/* labels that the client reads back; list and events filter by the first */
#define AC_LABEL_INSTANCE  "nginx-sandbox.instance"
#define AC_LABEL_RUN       "nginx-sandbox.run"
#define AC_LABEL_CLASS     "nginx-sandbox.class"
#define AC_LABEL_OWNER     "nginx-sandbox.owner"

#define AC_LABEL_RUN_SIZE    64
#define AC_LABEL_CLASS_SIZE  64
#define AC_LABEL_OWNER_SIZE  24

/* the target of the mount whose source the client reads back */
#define AC_MOUNT_TARGET      "/run/sandbox"
#define AC_MOUNT_SIZE        128


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
    const char       **entrypoint;       /* NULL-terminated; NULL: image's */
    const char        *network;          /* "none", or a network's name */
    const char        *hostname;         /* NULL: the engine's choice */
    const char       **hosts;            /* "name:address"; NULL: none */
    const char        *user;             /* NULL: the image's */
    const ac_pair_t   *labels;
    size_t             nlabels;
    const ac_mount_t  *mounts;
    size_t             nmounts;
    const char       **cap_add;          /* NULL-terminated; others dropped */
    int64_t            memory;           /* bytes, no swap; 0: no limit */
    int64_t            nano_cpus;        /* 0: no limit */
    int64_t            pids;             /* 0: no limit */
    int64_t            shm;              /* bytes of /dev/shm; 0: engine's */
    const char        *disk;             /* storage-opt size; NULL: none */
    int                loopback6;        /* ::1, where the host has IPv6 */
} ac_container_spec_t;


typedef enum {
    AC_CONTAINER_OTHER = 0,              /* only its text is known */
    AC_CONTAINER_CREATED,                /* never started */
    AC_CONTAINER_RUNNING,
    AC_CONTAINER_PAUSED,
    AC_CONTAINER_RESTARTING,
    AC_CONTAINER_STOPPING,               /* Podman: may still be running */
    AC_CONTAINER_STOPPED,                /* Podman: as exited */
    AC_CONTAINER_EXITED,
    AC_CONTAINER_DEAD                    /* its removal failed */
} ac_container_state_e;


typedef struct {
    char               id[65];
    char               name[128];        /* without the leading slash */
    char               image[256];
    ac_container_state_e
                       state;
    char               state_text[16];   /* the engine's word, for people */
    char               status[128];      /* list only */
    int                exit_code;        /* inspect only */
    int                oom_killed;       /* inspect only */
    int64_t            finished_ms;      /* inspect only; 0: never */
    char               mount[AC_MOUNT_SIZE];  /* inspect only; "": none */

    /* "" where the container has no such label */
    char               label_run[AC_LABEL_RUN_SIZE];
    char               label_class[AC_LABEL_CLASS_SIZE];
    char               label_owner[AC_LABEL_OWNER_SIZE];
} ac_container_t;


typedef struct {
    char               id[80];           /* sha256:… */
    char               user[128];        /* Config.User */
    char               workdir[256];
} ac_image_t;


typedef struct {
    int                ncpu;
    int64_t            mem_total;        /* bytes */

    /* limits that containers are held to */
    unsigned           memory:1;
    unsigned           swap:1;           /* memory and swap together */
    unsigned           pids:1;
    unsigned           cpus:1;

    unsigned           cgroups:1;        /* containers have their own */
    unsigned           rootless:1;
} ac_engine_info_t;


typedef struct {
    char               action[32];       /* die, oom, destroy, … */
    char               id[65];
    char               label_run[AC_LABEL_RUN_SIZE];
    char               label_class[AC_LABEL_CLASS_SIZE];
    char               label_owner[AC_LABEL_OWNER_SIZE];
    int                exit_code;        /* of die, else -1 */
    int64_t            time_ms;          /* since the epoch; 0: unknown */
} ac_event_t;


typedef struct {
    ac_error_e             error;
    int                    status;       /* HTTP, 0 when error is set */
    char                   message[512]; /* by the engine, or by us */

    /* depending on the call; NULL or 0 if it failed */
    const ac_container_t  *containers;   /* list, inspect (one), create: id */
    size_t                 ncontainers;
    const ac_image_t      *image;        /* image */
    const ac_engine_info_t
                          *info;         /* info */
} ac_reply_t;


typedef void (*ac_reply_pt)(void *data, const ac_reply_t *reply);
/* event NULL: the stream has ended, for the reason in reply */
typedef void (*ac_event_pt)(void *data, const ac_event_t *event,
    const ac_reply_t *reply);


/* lanes of the queue: see ac_docker_limit() */
typedef enum {
    AC_LANE_OTHERS = 0,
    AC_LANE_STARTS
} ac_lane_e;

#define AC_LANES  2

/* changes in the number of queued and of sent calls */
typedef void (*ac_gauge_pt)(void *data, int waiting, int running);

/* the engine has become unreachable (away 1), or is back (away 0) */
typedef void (*ac_health_pt)(void *data, int away, const char *message);


#endif /* _AC_DOCKER_TYPES_H_INCLUDED_ */
