
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_SYS_BENEATH_H_INCLUDED_
#define _AGENT_SYS_BENEATH_H_INCLUDED_


#include <limits.h>
#include <sys/stat.h>


/*
 * Resolution of paths that hostile processes may change meanwhile.  A path is
 * walked name by name, each opened in the directory before it, with O_PATH and
 * without following links; the text of a link is walked in the same way.  So
 * an object is used only after its type is known, a FIFO, socket or device is
 * never opened, and the links of /proc lead no further than their text.  The
 * agent's own directories in /proc are refused with EACCES.
 *
 * All functions block: they run in a thread of the pool, with the identity of
 * the sandbox's user.  Unless stated otherwise they return 0, or -1 with errno.
 */


#define AGENT_BENEATH_FOLLOW   0x01    /* follow a link that is the last name */
#define AGENT_BENEATH_PARENTS  0x02    /* create missing parents, 0755 */

/*
 * The path stays in base: EXDEV for ".." and for an absolute path, ELOOP for
 * any link in it
 */
#define AGENT_BENEATH_INSIDE   0x04


typedef struct {
    int          dir;                  /* O_PATH; -1: not resolved */
    char         name[NAME_MAX + 1];   /* in dir; ".": dir itself */
    struct stat  st;                   /* of the name, if it exists */
    unsigned     exists:1;
    unsigned     slash:1;              /* the path names a directory */
} agent_beneath_t;


/*
 * Resolves a path relative to the descriptor base up to its last name, which
 * need not exist.  On success and on failure b is to be closed.
 */
int agent_beneath_resolve(agent_beneath_t *b, int base, const char *path,
    unsigned flags);

void agent_beneath_close(agent_beneath_t *b);

/*
 * Opens the name as a regular file, and updates st; EISDIR for a directory,
 * ENXIO for anything else.  It does not wait for a lease or a lock (EAGAIN).
 */
int agent_beneath_open_file(agent_beneath_t *b, int flags);

/* opens the name as a directory that can be listed */
int agent_beneath_open_directory(agent_beneath_t *b);

/* the same for a name in a directory that is open */
int agent_beneath_open_at(int dir, const char *name, int flags,
    struct stat *st);
int agent_beneath_open_directory_at(int dir, const char *name);

/* sets the permissions of the name, which must not be a link */
int agent_beneath_chmod(int dir, const char *name, mode_t mode);

/* creates a directory with these permissions, whatever the umask is */
int agent_beneath_mkdir(int dir, const char *name, mode_t mode);


#endif /* _AGENT_SYS_BENEATH_H_INCLUDED_ */
