
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_SYS_DIRENT_H_INCLUDED_
#define _AGENT_SYS_DIRENT_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>


/*
 * Directory entries as the kernel returns them (getdents64(2)): readdir(3)
 * would allocate 32 KB for each directory.
 */

typedef struct {
    uint64_t        d_ino;
    int64_t         d_off;             /* position of the next entry */
    unsigned short  d_reclen;
    unsigned char   d_type;            /* DT_UNKNOWN where it is not known */
    char            d_name[];
} agent_dirent_t;


/*
 * Fills buf, which is aligned as an agent_dirent_t, with entries.  Returns its
 * length, 0 at the end, or -1 with errno.  Blocks.
 */
ssize_t agent_dirent_read(int fd, char *buf, size_t size);

/* 1 for "." and ".." */
int agent_dirent_dots(const char *name);


#endif /* _AGENT_SYS_DIRENT_H_INCLUDED_ */
