
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_ARCHIVE_TAR_PAX_H_INCLUDED_
#define _AGENT_ARCHIVE_TAR_PAX_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "archive/tar_sparse.h"


/* what a pax header says about a member, as far as it is used */

typedef struct {
    char             *path;            /* malloc()ed, or NULL */
    char             *link;
    char             *sparse_name;
    int64_t           size;
    int64_t           real_size;       /* of a sparse file */
    uint64_t          uid;
    uint64_t          gid;
    struct timespec   mtime;
    int64_t           major;           /* of the sparse format */
    int64_t           minor;
    int64_t           part;            /* offset of a part; -1: none */

    unsigned          has_size:1;
    unsigned          has_real_size:1;
    unsigned          has_uid:1;
    unsigned          has_gid:1;
    unsigned          has_mtime:1;
    unsigned          has_major:1;
    unsigned          has_parts:1;     /* formats 0.0 and 0.1 */
} agent_tar_pax_t;


void agent_tar_pax_reset(agent_tar_pax_t *pax);

/*
 * Parses the records of a header over what pax has already; parts of a sparse
 * file go to s.  0, or -1 with a static message in *error.
 */
int agent_tar_pax_parse(agent_tar_pax_t *pax, agent_tar_sparse_t *s,
    const char *data, size_t len, const char **error);


#endif /* _AGENT_ARCHIVE_TAR_PAX_H_INCLUDED_ */
