
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_ARCHIVE_UNPACK_DIR_H_INCLUDED_
#define _AGENT_ARCHIVE_UNPACK_DIR_H_INCLUDED_


#include "archive/unpack.h"


/*
 * Directories of an archive that is unpacked.  What returns an int returns 0,
 * or -1 with a fault.
 */


/*
 * Checks a name of the archive, and writes it without empty and "." components
 * into a buffer of AGENT_TAR_PATH + 1 bytes; "" is the target itself.
 */
int agent_unpack_dir_name(char *dst, const char *name, const char *member,
    agent_fault_t *f);

/*
 * Makes u->dir the directory of u->name, which is created if missing, and sets
 * u->base.
 */
int agent_unpack_dir_enter(agent_unpack_t *u, agent_fault_t *f);

/* opens the directory of a name that must exist; to be closed */
int agent_unpack_dir_find(agent_unpack_t *u, const char *name, int *dir,
    const char **base, agent_fault_t *f);

/* creates the directory u->name; its mode and time are set later */
int agent_unpack_dir_make(agent_unpack_t *u, agent_fault_t *f);

/* sets modes and times of all directories but those that name is below */
void agent_unpack_dir_apply(agent_unpack_t *u, const char *name);
void agent_unpack_dir_forget(agent_unpack_t *u);


#endif /* _AGENT_ARCHIVE_UNPACK_DIR_H_INCLUDED_ */
