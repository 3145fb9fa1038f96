
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SANDBOX_STORE_H_INCLUDED_
#define _SANDBOX_STORE_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "sandbox_name.h"


/*
 * The state directory: a sandbox is a directory (docs/architecture.md).
 *
 *     instance                     this installation's random name
 *     <id>/spec.json               what was asked for
 *     <id>/container               JSON, written once the engine has it
 *     <id>/ports/<port>            JSON, the policy of an exposed port
 *     <id>/lock                    flock: starting, stopping, destroying
 *     <id>/run -> ../.run/<random>
 *     .run/<random>/               the sockets
 *     .agent/agent                 the agent's binary
 *     .new-<random>  .trash-<random>
 *
 * Local files of nginx's own only: short system calls on a local directory,
 * no locks waited for, no network.  Functions return 0 or -1 with errno,
 * unless they say otherwise.  Ids are checked with sandbox_id_valid() by the
 * caller.  No function follows a symlink other than "run", which is read and
 * never followed.
 */


#define SANDBOX_OWNER_MAX  64
#define SANDBOX_CLASS_MAX  32
#define SANDBOX_NAME_MAX   128           /* of an exposed port */
#define SANDBOX_SPEC_MAX   65536         /* of a file of the store */


typedef struct sandbox_store_s  sandbox_store_t;


typedef struct {
    ino_t            ino;
    int64_t          ctime_ns;
} sandbox_stamp_t;


typedef struct {
    char             owner[SANDBOX_OWNER_MAX + 1];   /* "" : nobody's key */
    char             class[SANDBOX_CLASS_MAX + 1];
    char             run[SANDBOX_RANDOM_LEN + 1];
    char             nonce[65];          /* Idempotency-Key of create */
    uint64_t         generation;
    int64_t          created_ms;         /* since the epoch */
    int64_t          sleep_after_ms;     /* -1: the class's */
    int              keep_alive;         /* -1: the class's */
    char            *env;                /* JSON object text, or NULL */
    char            *labels;             /* JSON object text, or NULL */
    sandbox_stamp_t  stamp;              /* of spec.json */
} sandbox_spec_t;


typedef struct {
    uint16_t         port;
    char             token[SANDBOX_TOKEN_MAX + 1];
    char             name[SANDBOX_NAME_MAX + 1];
    char             host[256];          /* preview domain, without '*.' */
    int64_t          exposed_ms;
    sandbox_stamp_t  stamp;
} sandbox_port_t;


typedef struct {
    int64_t          created_ms;
    char             user[129];
} sandbox_container_t;


/*
 * Opens the directory, making what it lacks (.run 0711, .agent 0755,
 * instance) if it may.  NULL with errno.  ENAMETOOLONG: sandbox_path_max().
 */
sandbox_store_t *sandbox_store_open(const char *path);
void sandbox_store_close(sandbox_store_t *store);

const char *sandbox_store_path(const sandbox_store_t *store);
const char *sandbox_store_instance(const sandbox_store_t *store);

/* the longest usable path of a state directory: sockets end at 107 bytes */
size_t sandbox_path_max(void);

/*
 * Copies the agent's binary to .agent/agent by rename, when source differs
 * from it in size or content.  1 copied, 0 the same, -1.
 */
int sandbox_store_agent(sandbox_store_t *store, const char *source);

/*
 * Makes a sandbox.  spec: run, created_ms and generation are filled in.
 * EEXIST: the id is taken.  A crash leaves at most an unlocked .new-*.
 */
int sandbox_store_create(sandbox_store_t *store, const char *id,
    sandbox_spec_t *spec);

/* ENOENT: no such sandbox; EBADMSG: spec.json is damaged */
int sandbox_store_read(sandbox_store_t *store, const char *id,
    sandbox_spec_t *spec);
void sandbox_spec_free(sandbox_spec_t *spec);

/* the pure part: text of spec.json to spec (run is not in it); fuzzed */
int sandbox_spec_parse(const char *text, size_t len, sandbox_spec_t *spec);

/* one fstatat(); ENOENT when there is none */
int sandbox_store_stamp(sandbox_store_t *store, const char *id,
    sandbox_stamp_t *stamp);
int sandbox_store_port_stamp(sandbox_store_t *store, const char *id,
    uint16_t port, sandbox_stamp_t *stamp);
int sandbox_stamp_equal(const sandbox_stamp_t *a, const sandbox_stamp_t *b);

/* reads the link <id>/run; ENOENT when the sandbox is gone */
int sandbox_store_run(sandbox_store_t *store, const char *id,
    char run[SANDBOX_RANDOM_LEN + 1]);

/* "<state>/.run/<run>", at most 107 bytes with the longest socket's name */
size_t sandbox_store_run_path(sandbox_store_t *store, const char *run,
    char *buf, size_t size);

/*
 * Locks <id>/lock without waiting: a descriptor to close, or -1 with errno
 * EWOULDBLOCK (held, by this process too), ENOENT (no such sandbox).  The
 * lock is that of the directory that has the id at the time of the call.
 */
int sandbox_store_lock(sandbox_store_t *store, const char *id);

/* 1 held by somebody, 0 not, -1 */
int sandbox_store_locked(sandbox_store_t *store, const char *id);

/* the engine's container: ENOENT when none was ever made */
int sandbox_store_container_read(sandbox_store_t *store, const char *id,
    sandbox_container_t *c);
int sandbox_store_container_write(sandbox_store_t *store, const char *id,
    const sandbox_container_t *c);

/*
 * Policies.  write replaces by rename, fsynced; ENOENT: no such sandbox;
 * remove: ENOENT when the port is not exposed.
 */
int sandbox_store_port_read(sandbox_store_t *store, const char *id,
    uint16_t port, sandbox_port_t *policy);
int sandbox_store_port_write(sandbox_store_t *store, const char *id,
    sandbox_port_t *policy);
int sandbox_store_port_remove(sandbox_store_t *store, const char *id,
    uint16_t port);
int sandbox_port_parse_policy(const char *text, size_t len,
    sandbox_port_t *policy);

/* exposed ports, ascending; returns their number (at most max), or -1 */
ssize_t sandbox_store_ports(sandbox_store_t *store, const char *id,
    uint16_t *ports, size_t max);

/*
 * Calls handler for each id; one that returns non-zero ends the walk.  An
 * order is not promised.
 */
int sandbox_store_each(sandbox_store_t *store,
    int (*handler)(void *data, const char *id), void *data);

/*
 * Renames <id> to .trash-<run>; its caller holds the lock.  The name is free
 * from then on.
 */
int sandbox_store_trash(sandbox_store_t *store, const char *id,
    const char *run);

/* deletes .trash-<run> and .run/<run>; the engine's container is gone */
int sandbox_store_delete(sandbox_store_t *store, const char *run);

/* calls handler with the run of each .trash-*; removes unlocked .new-* */
int sandbox_store_sweep(sandbox_store_t *store,
    int (*trash)(void *data, const char *run), void *data);

/*
 * The lock of background work, on the state directory, without waiting: a
 * descriptor to close, or -1 with errno EWOULDBLOCK.
 */
int sandbox_store_elect(sandbox_store_t *store);


#endif /* _SANDBOX_STORE_H_INCLUDED_ */
