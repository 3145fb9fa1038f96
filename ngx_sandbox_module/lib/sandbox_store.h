
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SANDBOX_STORE_H_INCLUDED_
#define _SANDBOX_STORE_H_INCLUDED_


#include <dirent.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/sandbox_name.h"
#include "lib/sandbox_policy.h"


/*
 * The state directory: a sandbox is a directory (docs/architecture.md).
 *
 *     instance                     this installation's random name
 *     <id>/spec.json               what was asked for
 *     <id>/container               JSON, written once the engine has it
 *     <id>/ports/<port>            JSON, the policy of an exposed port
 *     <id>/lock                    flock: starting, stopping, destroying
 *     <id>/ended -> <reason>,<exit code>,<ms>    the end before this life
 *     <id>/run -> ../.run/<random>    never changes for a sandbox: its name
 *     .run/<random>/               the sockets
 *     .agent/agent                 the agent's binary
 *     .new-<random>  .trash-<random>
 *
 * Local files of nginx's own only: short system calls on a local directory,
 * no locks waited for, no network.  Functions return 0 or -1 with errno,
 * unless they say otherwise.  Ids are checked with sandbox_id_valid() by the
 * caller, runs are those that the store gave.  Below the state directory no
 * symlink is followed; "run" is only read.
 *
 * Files are written aside, fsynced and renamed: a reader sees the old or the
 * new one, never a part.  Where a structure carries a run, a write with it
 * set fails with ENOENT unless the id is still the sandbox of that run: what
 * was found out about a sandbox (its owner, say) then holds for the one that
 * is written to.
 */


#define SANDBOX_OWNER_MAX  64
#define SANDBOX_CLASS_MAX  32
#define SANDBOX_SPEC_MAX   65536         /* of a file of the store */
#define SANDBOX_AGENT_MAX  (64 << 20)    /* of the agent's binary */

/* of a socket's file name: "control.sock" and a pid while it is half-made */
#define SANDBOX_SOCKET_MAX 20


typedef struct sandbox_store_s  sandbox_store_t;


typedef struct {
    char             owner[SANDBOX_OWNER_MAX + 1];   /* "" : nobody's key */
    char             class[SANDBOX_CLASS_MAX + 1];
    char             run[SANDBOX_RANDOM_LEN + 1];
    char             nonce[65];          /* Idempotency-Key of create */
    uint64_t         generation;         /* one more with each change */
    int64_t          created_ms;         /* since the epoch */
    int64_t          sleep_after_ms;     /* -1: the class's */
    int64_t          max_age_ms;         /* -1: the class's */
    int              keep_alive;         /* -1: the class's */
    char            *env;                /* JSON object text, or NULL */
    char            *labels;             /* JSON object text, or NULL */
    sandbox_stamp_t  stamp;              /* of spec.json */
} sandbox_spec_t;


typedef struct {
    int64_t          created_ms;
    int64_t          memory;             /* bytes; these: what it was given */
    int64_t          nano_cpus;
    int64_t          pids;
    int64_t          disk;               /* bytes; 0: no limit */
    char             user[129];
    char             run[SANDBOX_RANDOM_LEN + 1];    /* see above; not JSON */
} sandbox_container_t;


#define SANDBOX_END_MAX    16

typedef struct {
    char             reason[SANDBOX_END_MAX + 1];    /* without a comma */
    int              exit_code;          /* -1: none is known */
    int64_t          at_ms;              /* since the epoch; 0: not known */
} sandbox_end_t;


/*
 * Opens the directory, making it (its parent must be there) and what it lacks
 * (.run 0711, .agent 0755, instance) if it may; what root makes here belongs
 * to the directory's owner.  NULL with errno.  ENAMETOOLONG: see
 * sandbox_path_max(); EINVAL: not an absolute path; EPERM: others may write
 * to it; EBADMSG: instance is damaged.
 */
sandbox_store_t *sandbox_store_open(const char *path);
void sandbox_store_close(sandbox_store_t *store);

const char *sandbox_store_path(const sandbox_store_t *store);
const char *sandbox_store_instance(const sandbox_store_t *store);

/* the longest usable path of a state directory: sockets end at 107 bytes */
size_t sandbox_path_max(void);

/*
 * Copies the agent's binary to .agent/agent by rename, when source differs
 * from it in size or content.  1 copied, 0 the same, -1 (EINVAL: source is no
 * regular file, or empty; EFBIG).  Waits for other workers that do the same:
 * for the start of a worker only.
 */
int sandbox_store_agent(sandbox_store_t *store, const char *source);

/* the directory's descriptor, which stays the store's */
int sandbox_store_fd(const sandbox_store_t *store);

/*
 * Makes a sandbox.  spec: run, created_ms and generation are filled in, stamp
 * is not.  EEXIST: the id is taken; EINVAL: no class, or env or labels are no
 * JSON object of plain values; EFBIG: the spec is longer than
 * SANDBOX_SPEC_MAX.  A crash leaves at most an unlocked .new-*; a loss of
 * power may take a sandbox made in the last seconds, whole.
 */
int sandbox_store_create(sandbox_store_t *store, const char *id,
    sandbox_spec_t *spec);

/*
 * ENOENT: no such sandbox; EBADMSG: it is damaged (spec.json, run, or the id
 * names no directory).  Spec and run are of one and the same sandbox.  On
 * failure there is nothing to free.
 */
int sandbox_store_read(sandbox_store_t *store, const char *id,
    sandbox_spec_t *spec);
void sandbox_spec_free(sandbox_spec_t *spec);

/*
 * Replaces spec.json by spec, as long as it is the one that spec->stamp was
 * read from; generation is one more then.  ESTALE: it was changed meanwhile,
 * read it again; EWOULDBLOCK: somebody else is at it; ENOENT: the id is no
 * longer spec->run.
 */
int sandbox_store_update(sandbox_store_t *store, const char *id,
    sandbox_spec_t *spec);

/*
 * The pure part (sandbox_json.c): text of the files to structures and back;
 * that of a port's policy is in sandbox_port.h.
 * Parsing sets everything, what is not in the text (run, port, stamp) to
 * zero; -1 with errno EBADMSG or ENOMEM leaves nothing to free.  Formatting
 * gives text to free(), or NULL with errno EINVAL, EFBIG or ENOMEM.
 */
int sandbox_spec_parse(const char *text, size_t len, sandbox_spec_t *spec);
char *sandbox_spec_format(const sandbox_spec_t *spec);
int sandbox_container_parse(const char *text, size_t len,
    sandbox_container_t *c);
char *sandbox_container_format(const sandbox_container_t *c);

/* one fstatat(); ENOENT when there is none */
int sandbox_store_stamp(sandbox_store_t *store, const char *id,
    sandbox_stamp_t *stamp);
int sandbox_store_port_stamp(sandbox_store_t *store, const char *id,
    uint16_t port, sandbox_stamp_t *stamp);
int sandbox_stamp_equal(const sandbox_stamp_t *a, const sandbox_stamp_t *b);

/* reads the link <id>/run; ENOENT when the sandbox is gone */
int sandbox_store_run(sandbox_store_t *store, const char *id,
    char run[SANDBOX_RANDOM_LEN + 1]);

/*
 * "<state>/.run/<run>", at most 107 bytes with '/' and the longest socket's
 * name; returns its length, 0 when buf is too small
 */
size_t sandbox_store_run_path(sandbox_store_t *store, const char *run,
    char *buf, size_t size);

/*
 * Locks <id>/lock without waiting: a descriptor to close, or -1 with errno
 * EWOULDBLOCK (held, by this process too, or being asked about with
 * sandbox_store_locked(): try again), ENOENT (no such sandbox).  The lock is
 * that of the directory that has the id at the time of the call, and as long
 * as it is held the id stays with that directory.
 */
int sandbox_store_lock(sandbox_store_t *store, const char *id);

/*
 * When the sandbox last turned, in ms since the epoch, or -1: the last start,
 * or its end, where one was noted after it (ended 1); one that never started
 * ended when it was made.  They are the times of the lock's file, mtime and
 * atime.  An end is to be noted when the engine has told of it: an agent may
 * say what it likes.  ended: an end before the last start is put at that.
 */
int64_t sandbox_store_turned(sandbox_store_t *store, const char *id,
    int *ended);
int sandbox_store_started(sandbox_store_t *store, const char *id);
int sandbox_store_ended(sandbox_store_t *store, const char *id, int64_t ms);

/* 1 held by somebody, 0 not, -1 */
int sandbox_store_locked(sandbox_store_t *store, const char *id);

/*
 * The engine's container: ENOENT when none was ever made, EBADMSG when the
 * file is damaged; a limit that an earlier version did not note is -1.  write:
 * ENOENT, no such sandbox; its caller holds the lock.  remove: the engine has
 * it no longer; its caller holds the lock.
 */
int sandbox_store_container_read(sandbox_store_t *store, const char *id,
    sandbox_container_t *c);
int sandbox_store_container_write(sandbox_store_t *store, const char *id,
    const sandbox_container_t *c);
int sandbox_store_container_remove(sandbox_store_t *store, const char *id);

/*
 * How the sandbox's container had ended when it was last started.  read:
 * ENOENT, it never had, or there is no such sandbox; EBADMSG.  write: run as
 * in a structure that carries one; its caller holds the lock.
 */
int sandbox_store_end_read(sandbox_store_t *store, const char *id,
    sandbox_end_t *end);
int sandbox_store_end_write(sandbox_store_t *store, const char *id,
    const char *run, const sandbox_end_t *end);

/*
 * Policies.  read: ENOENT when the port is not exposed or there is no such
 * sandbox, EBADMSG when the file is damaged; fills run and stamp.
 *
 * write replaces by rename, fsynced, and fills stamp; ENOENT: no such sandbox;
 * EINVAL: bad port or token.  Success means that, after the new policy was in
 * place, the id still named the sandbox that it was written to: a sandbox
 * destroyed in the meantime gives ENOENT and the policy is taken back, one
 * made anew under the id never gets it.
 *
 * remove: ENOENT when the port is not exposed, or when run is not NULL and not
 * the sandbox's.
 */
int sandbox_store_port_read(sandbox_store_t *store, const char *id,
    uint16_t port, sandbox_port_t *policy);
int sandbox_store_port_write(sandbox_store_t *store, const char *id,
    sandbox_port_t *policy);
int sandbox_store_port_remove(sandbox_store_t *store, const char *id,
    const char *run, uint16_t port);

/* exposed ports, the lowest max ones ascending; returns their number, or -1 */
ssize_t sandbox_store_ports(sandbox_store_t *store, const char *id,
    uint16_t *ports, size_t max);

/*
 * Calls handler for each id; one that returns non-zero ends the walk.  An
 * order is not promised.
 */
int sandbox_store_each(sandbox_store_t *store,
    int (*handler)(void *data, const char *id), void *data);

/*
 * The same in as many turns as the caller likes: closedir() ends it.  next: 1
 * with the id, 0 at the end, -1.
 */
DIR *sandbox_store_list(sandbox_store_t *store);
int sandbox_store_next(DIR *list, char id[SANDBOX_ID_MAX + 1]);

/*
 * Renames <id> to .trash-<run>; its caller holds the lock.  The name is free
 * from then on.  ENOENT: the id is not (any more) the sandbox of that run.
 */
int sandbox_store_trash(sandbox_store_t *store, const char *id,
    const char *run);

/*
 * Deletes .trash-<run> and .run/<run>, once the engine's container is gone.
 * What is missing is no error.  ENOTEMPTY: there are directories in it that
 * the store did not make; they stay.
 */
int sandbox_store_delete(sandbox_store_t *store, const char *run);

/*
 * Calls handler with the run of each .trash-* whose lock nobody holds (who
 * destroys holds it), until it returns non-zero; it may call
 * sandbox_store_delete().  Removes each .new-* that nobody holds, and the
 * directories in .run that belong to nobody.  -1: something could not be
 * removed or read (errno); the rest was done all the same.
 */
int sandbox_store_sweep(sandbox_store_t *store,
    int (*trash)(void *data, const char *run), void *data);

/*
 * The lock of background work, on the state directory, without waiting: a
 * descriptor to close, or -1 with errno EWOULDBLOCK.
 */
int sandbox_store_elect(sandbox_store_t *store);


#endif /* _SANDBOX_STORE_H_INCLUDED_ */
