
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_ARCHIVE_TAR_H_INCLUDED_
#define _AGENT_ARCHIVE_TAR_H_INCLUDED_


#include <stdint.h>
#include <sys/types.h>
#include <time.h>


/*
 * The tar format: POSIX.1-2017, "pax Interchange Format", and the extensions
 * of GNU tar ("Basic Tar Format" and "Storing Sparse Files" of its manual).
 *
 * Reader and writer are our own.  libarchive keeps the map of a sparse member
 * in memory, however long the archive says it is; it pulls its input, so that
 * an upload would hold a thread while the client is slow; and its writer
 * cannot be kept from what clients of persist refuse.
 */


#define AGENT_TAR_BLOCK   512
#define AGENT_TAR_PATH    4096         /* longest name, without its NUL */
#define AGENT_TAR_NAME    255          /* longest component of it */

/* what 12 octal digits hold: 64G - 1 */
#define AGENT_TAR_SIZE    ((int64_t) 0xfffffffff)

#define agent_tar_pad(size)                                                   \
    ((size_t) (-(uint64_t) (size) & (AGENT_TAR_BLOCK - 1)))


typedef enum {
    AGENT_TAR_FILE = 0,
    AGENT_TAR_DIRECTORY,
    AGENT_TAR_SYMLINK,
    AGENT_TAR_LINK,
    AGENT_TAR_SPECIAL                  /* a device or a FIFO */
} agent_tar_type_e;


typedef struct {
    agent_tar_type_e   type;
    const char        *name;
    const char        *link;           /* target of either kind of link */
    mode_t             mode;           /* without the type */
    uid_t              uid;
    gid_t              gid;
    int64_t            size;           /* of a file, with its holes */
    int64_t            stored;         /* bytes of it that the archive has */
    struct timespec    mtime;
    unsigned           sparse:1;
} agent_tar_member_t;


/* a header block; numbers are octal digits, ended by a NUL or a space */

typedef struct {
    char               name[100];
    char               mode[8];
    char               uid[8];
    char               gid[8];
    char               size[12];
    char               mtime[12];
    char               checksum[8];
    char               type;
    char               link[100];
    char               magic[8];       /* with the version */
    char               uname[32];
    char               gname[32];
    char               major[8];
    char               minor[8];
    char               prefix[155];
    char               rest[12];
} agent_tar_header_t;


/* the sum of its bytes, those of the checksum counted as spaces */
unsigned agent_tar_checksum(const agent_tar_header_t *h);


#endif /* _AGENT_ARCHIVE_TAR_H_INCLUDED_ */
