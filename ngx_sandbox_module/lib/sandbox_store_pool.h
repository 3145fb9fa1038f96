
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SANDBOX_STORE_POOL_H_INCLUDED_
#define _SANDBOX_STORE_POOL_H_INCLUDED_


#include "lib/sandbox_name.h"
#include "lib/sandbox_spec.h"
#include "lib/sandbox_store.h"


/*
 * The store: the warm pool.  A warm sandbox is a directory as any other, with
 * the name .pool-<run>, and all functions of the store take that name for an
 * id.  It is claimed by two renames: to .claim-<run>, which only one process
 * can do, and to its id, after the spec of its owner was written.  A crash in
 * between leaves .claim-<run> unlocked, for the sweep.  Functions return 0 or
 * -1 with errno, unless they say otherwise.
 */


/* a link in the directory; its target tells how the sandbox was made */
#define SANDBOX_STORE_POOL_MADE  "made"
#define SANDBOX_STORE_POOL_TEXT  200


/* ".pool-<run>", which is as long as an id may be */
void sandbox_store_pool_name(const char *run, char id[SANDBOX_ID_MAX + 1]);

/* 1 if the id is such a name */
int sandbox_store_pool_is(const char *id);

/*
 * How it was made.  ENOENT: it is not in the pool any longer; EBADMSG: it is
 * unknown.
 */
int sandbox_store_pool_made(sandbox_store_t *store, const char *run,
    char made[SANDBOX_STORE_POOL_TEXT + 1]);

/*
 * Gives a warm sandbox the id, and spec, whose created_ms, generation and run
 * are set.  ENOENT: it is not in the pool any longer; EEXIST: the id is taken.
 * If it fails for another reason than ENOENT, the sandbox is in the trash and
 * its run in spec, to be destroyed.
 */
int sandbox_store_pool_claim(sandbox_store_t *store, const char *run,
    const char *id, sandbox_spec_t *spec);

/* moves it to the trash, to be destroyed; ENOENT: it is not in the pool */
int sandbox_store_pool_discard(sandbox_store_t *store, const char *run);

/*
 * What is left of a claim by a process that has died: 1 if it was moved to the
 * trash; 0 if not, as it goes on; name is ".claim-<run>".
 */
int sandbox_store_pool_abandoned(sandbox_store_t *store, const char *name);

/*
 * Calls handler with the run of each warm sandbox, until it returns non-zero.
 * Reads the whole state directory.
 */
int sandbox_store_pool_each(sandbox_store_t *store,
    int (*handler)(void *data, const char *run), void *data);


#endif /* _SANDBOX_STORE_POOL_H_INCLUDED_ */
