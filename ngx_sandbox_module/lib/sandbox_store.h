
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SANDBOX_STORE_H_INCLUDED_
#define _SANDBOX_STORE_H_INCLUDED_


#include <dirent.h>
#include <stddef.h>

#include "lib/sandbox_name.h"
#include "lib/sandbox_policy.h"
#include "lib/sandbox_spec.h"


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
 *     .run/<random>/               the sockets; made anew if missing
 *     .agent/agent                 the agent's binary; made anew if missing
 *     .new-<random>  .pool-<random>  .claim-<random>  .trash-<random>
 *
 * Local files of nginx's own only: short system calls on a local directory,
 * no locks waited for, no network.  Functions return 0 or -1 with errno,
 * unless they say otherwise.  Ids are checked with sandbox_name_id_valid() by
 * the caller, runs are those that the store gave.  Below the state directory no
 * symlink is followed; "run" is only read.
 *
 * Files are written aside, fsynced and renamed: a reader sees the old or the
 * new one, never a part.  Where a structure carries a run, a write with it
 * set fails with ENOENT unless the id is still the sandbox of that run: what
 * was found out about a sandbox (its owner, say) then holds for the one that
 * is written to.
 */


/*
 * length of a socket's file name: "control.sock", plus a pid while being
 * created
 */
#define SANDBOX_SOCKET_MAX 20


typedef struct sandbox_store_s  sandbox_store_t;


/*
 * Opens the directory.  Creates it (its parent must exist) and missing parts
 * (.run 0711, .agent 0755, instance) if permitted; what root creates is owned
 * by the directory's owner.  NULL with errno: ENAMETOOLONG, see
 * sandbox_store_path_max(); EINVAL, not an absolute path; EPERM, writable by
 * others; EBADMSG, instance is damaged.
 */
sandbox_store_t *sandbox_store_open(const char *path);
void sandbox_store_close(sandbox_store_t *store);

const char *sandbox_store_path(const sandbox_store_t *store);
const char *sandbox_store_instance(const sandbox_store_t *store);

/*
 * the longest usable path of a state directory: socket paths have at most 107
 * bytes
 */
size_t sandbox_store_path_max(void);

/* the descriptor of the directory, owned by the store */
int sandbox_store_fd(const sandbox_store_t *store);

/*
 * Reads spec.json.  ENOENT: no such sandbox; EBADMSG: damaged (spec.json or
 * run); ENOTUNIQ: the directory was copied or renamed, spec->id is the sandbox
 * that it belongs to, and spec->owner its owner.  Spec and run belong to the
 * same sandbox.  On failure there is nothing to free.
 */
int sandbox_store_read(sandbox_store_t *store, const char *id,
    sandbox_spec_t *spec);

/*
 * Replaces spec.json if it is still the version that spec->stamp was read
 * from, and increments generation.  ESTALE: it was changed meanwhile, read it
 * again; EWOULDBLOCK: locked by another writer; ENOENT: the id is no longer
 * spec->run.
 */
int sandbox_store_update(sandbox_store_t *store, const char *id,
    sandbox_spec_t *spec);
/* the same, but keeps the generation: no option is changed */
int sandbox_store_replace(sandbox_store_t *store, const char *id,
    sandbox_spec_t *spec);

/* one fstatat(); ENOENT if there is no such sandbox */
int sandbox_store_stamp(sandbox_store_t *store, const char *id,
    sandbox_stamp_t *stamp);
int sandbox_store_stamp_equal(const sandbox_stamp_t *a,
    const sandbox_stamp_t *b);

/* reads the link <id>/run; ENOENT if the sandbox no longer exists */
int sandbox_store_run(sandbox_store_t *store, const char *id,
    char run[SANDBOX_RANDOM_LEN + 1]);

/*
 * "<state>/.run/<run>", at most 107 bytes together with '/' and the longest
 * socket name; returns its length, 0 if buf is too small
 */
size_t sandbox_store_run_path(sandbox_store_t *store, const char *run,
    char *buf, size_t size);

/*
 * Calls handler for each id, in no particular order, until it returns
 * non-zero.
 */
int sandbox_store_each(sandbox_store_t *store,
    int (*handler)(void *data, const char *id), void *data);

/*
 * The same step by step, to be ended with closedir().  next: 1 with the id, 0
 * at the end, or -1.
 */
DIR *sandbox_store_list(sandbox_store_t *store);
int sandbox_store_next(DIR *list, char id[SANDBOX_ID_MAX + 1]);


#endif /* _SANDBOX_STORE_H_INCLUDED_ */
