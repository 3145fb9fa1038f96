
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SANDBOX_STORE_DIR_H_INCLUDED_
#define _SANDBOX_STORE_DIR_H_INCLUDED_


#include <stddef.h>
#include <sys/stat.h>

#include "lib/sandbox_policy.h"
#include "lib/sandbox_store.h"


/*
 * Internal functions of the store: the directory of a sandbox.  They return 0,
 * or -1 with errno, unless stated otherwise.
 */


/* target of the link "run" in a sandbox's directory */
#define SANDBOX_STORE_DIR_LINK   "../.run/"

/*
 * Opens the directory of the id and reads its run: a descriptor, or -1
 * (ENOENT, EBADMSG).  Operations relative to it affect that sandbox or none.
 */
int sandbox_store_dir_open(int state, const char *id, char *run);

/*
 * Makes a directory, unless it exists.  Made by root, it is given to the owner
 * of the state directory, if that is not NULL.
 */
int sandbox_store_dir_make(int at, const char *name, mode_t mode,
    const struct stat *owner);

/* 1 if the id still names that directory, else 0 */
int sandbox_store_dir_has(int state, const char *id, int dir);

/* reads a link to a run: EBADMSG if it is not one */
int sandbox_store_dir_link(int at, const char *name, char *run);

/*
 * Removes .new-<run> or .trash-<run>, given by its name, and .run/<run>.
 * Missing files are not an error.
 */
int sandbox_store_dir_remove(int state, const char *name, const char *run);

/* 1 if text is 26 characters of [a-z2-7] */
int sandbox_store_dir_run_valid(const char *text, size_t len);

/* the run in ".new-<run>", ".trash-<run>" and so on, or NULL */
const char *sandbox_store_dir_suffix(const char *name);

void sandbox_store_dir_stamp(sandbox_stamp_t *stamp, const struct stat *st);

/*
 * Opens the directory of the sandbox, and that of its ports if requested;
 * ENOENT if of is not empty and not the run of the id.
 */
int sandbox_store_dir_open_run(sandbox_store_t *store, const char *id,
    const char *of, char *run, int *ports);

/*
 * Replaces a file in the directory or in its ports (at).  If the directory has
 * lost its id meanwhile, the file is removed again and errno is ENOENT.
 */
int sandbox_store_dir_write(sandbox_store_t *store, const char *id, int dir,
    int at, const char *name, const char *text, struct stat *st);


#endif /* _SANDBOX_STORE_DIR_H_INCLUDED_ */
