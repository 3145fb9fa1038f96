
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
 * What the files of the store share: a sandbox's directory from within.  0 or
 * -1 with errno unless they say otherwise.
 */


/* "run" of a sandbox's directory, from there */
#define SANDBOX_STORE_DIR_LINK   "../.run/"

/*
 * The id's directory and the run that it is of: a descriptor, or -1 (ENOENT,
 * EBADMSG).  What is done through it is done to that sandbox or to none.
 */
int sandbox_store_dir_open(int state, const char *id, char *run);

/* 1 when the id is still that directory's, else 0 */
int sandbox_store_dir_has(int state, const char *id, int dir);

/* reads a link to a run: EBADMSG when it is none */
int sandbox_store_dir_link(int at, const char *name, char *run);

/*
 * Removes .new-<run> or .trash-<run>, by its name, and .run/<run>.  What is
 * missing is no error.
 */
int sandbox_store_dir_remove(int state, const char *name, const char *run);

/* 1 when text is 26 characters of [a-z2-7] */
int sandbox_store_dir_run_valid(const char *text, size_t len);

void sandbox_store_dir_stamp(sandbox_stamp_t *stamp, const struct stat *st);

/*
 * The sandbox's directory, and its ports if asked for; ENOENT when of, unless
 * it is empty, is another run than the id's.
 */
int sandbox_store_dir_open_run(sandbox_store_t *store, const char *id,
    const char *of, char *run, int *ports);

/*
 * Replaces a file of the directory, in it or in its ports (at); ENOENT, and
 * the file is taken back, when the directory lost its id meanwhile.
 */
int sandbox_store_dir_write(sandbox_store_t *store, const char *id, int dir,
    int at, const char *name, const char *text, struct stat *st);


#endif /* _SANDBOX_STORE_DIR_H_INCLUDED_ */
