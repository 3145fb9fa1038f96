
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <endian.h>
#include <errno.h>
#include <linux/posix_acl_xattr.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "lib/sandbox_store.h"
#include "lib/sandbox_store_acl.h"


/* the store: access control list of its directory */


#define SANDBOX_ACL_NAME     "system.posix_acl_access"
#define SANDBOX_ACL_ENTRIES  64

/* linux/posix_acl.h, which is not exported */
#define SANDBOX_ACL_USER_OBJ   0x01
#define SANDBOX_ACL_USER       0x02
#define SANDBOX_ACL_GROUP_OBJ  0x04
#define SANDBOX_ACL_MASK       0x10
#define SANDBOX_ACL_OTHER      0x20
#define SANDBOX_ACL_NONE       ((uint32_t) -1)

#define SANDBOX_ACL_SEARCH     01


typedef struct {
    struct posix_acl_xattr_header  header;
    struct posix_acl_xattr_entry   entries[SANDBOX_ACL_ENTRIES];
} sandbox_acl_t;


static int sandbox_acl_read(int fd, mode_t mode, sandbox_acl_t *acl);
static struct posix_acl_xattr_entry *sandbox_acl_find(sandbox_acl_t *acl,
    int n, unsigned tag, uid_t uid);
static int sandbox_acl_add(sandbox_acl_t *acl, int n, unsigned tag,
    unsigned perm, uint32_t id);


int
sandbox_store_acl_search(sandbox_store_t *store, uid_t uid)
{
    int                            n, fd;
    struct stat                    st;
    sandbox_acl_t                  acl;
    struct posix_acl_xattr_entry  *user, *mask;

    fd = sandbox_store_fd(store);

    if (fstat(fd, &st) == -1) {
        return -1;
    }

    if (uid == 0 || uid == st.st_uid || (st.st_mode & S_IXOTH)) {
        return 0;
    }

    n = sandbox_acl_read(fd, st.st_mode, &acl);
    if (n == -1) {
        return -1;
    }

    mask = sandbox_acl_find(&acl, n, SANDBOX_ACL_MASK, 0);
    user = sandbox_acl_find(&acl, n, SANDBOX_ACL_USER, uid);

    if (mask && user
        && (le16toh(mask->e_perm) & le16toh(user->e_perm) & SANDBOX_ACL_SEARCH))
    {
        return 0;
    }

    if (mask == NULL) {

        /* a list of three: the mask is to allow what the group may do */

        mask = sandbox_acl_find(&acl, n, SANDBOX_ACL_GROUP_OBJ, 0);

        if (mask == NULL) {
            errno = EINVAL;
            return -1;
        }

        n = sandbox_acl_add(&acl, n, SANDBOX_ACL_MASK, le16toh(mask->e_perm),
                            SANDBOX_ACL_NONE);
    }

    if (user == NULL && n != -1) {
        n = sandbox_acl_add(&acl, n, SANDBOX_ACL_USER, SANDBOX_ACL_SEARCH, uid);
    }

    if (n == -1) {
        return -1;
    }

    mask = sandbox_acl_find(&acl, n, SANDBOX_ACL_MASK, 0);
    user = sandbox_acl_find(&acl, n, SANDBOX_ACL_USER, uid);

    mask->e_perm |= htole16(SANDBOX_ACL_SEARCH);
    user->e_perm |= htole16(SANDBOX_ACL_SEARCH);

    if (fsetxattr(fd, SANDBOX_ACL_NAME, &acl,
                  sizeof(acl.header) + (size_t) n * sizeof(acl.entries[0]), 0)
        == -1)
    {
        return -1;
    }

    return 1;
}


/* the number of entries; without a list, those that the mode stands for */

static int
sandbox_acl_read(int fd, mode_t mode, sandbox_acl_t *acl)
{
    ssize_t  n;

    n = fgetxattr(fd, SANDBOX_ACL_NAME, acl, sizeof(sandbox_acl_t));

    if (n == -1) {

        if (errno != ENODATA) {
            return -1;
        }

        acl->header.a_version = htole32(POSIX_ACL_XATTR_VERSION);

        (void) sandbox_acl_add(acl, 0, SANDBOX_ACL_USER_OBJ, (mode >> 6) & 07,
                               SANDBOX_ACL_NONE);
        (void) sandbox_acl_add(acl, 1, SANDBOX_ACL_GROUP_OBJ, (mode >> 3) & 07,
                               SANDBOX_ACL_NONE);
        return sandbox_acl_add(acl, 2, SANDBOX_ACL_OTHER, mode & 07,
                               SANDBOX_ACL_NONE);
    }

    if ((size_t) n < sizeof(acl->header)
        || le32toh(acl->header.a_version) != POSIX_ACL_XATTR_VERSION)
    {
        errno = EINVAL;
        return -1;
    }

    return (int) (((size_t) n - sizeof(acl->header)) / sizeof(acl->entries[0]));
}


static struct posix_acl_xattr_entry *
sandbox_acl_find(sandbox_acl_t *acl, int n, unsigned tag, uid_t uid)
{
    int  i;

    for (i = 0; i < n; i++) {
        if (le16toh(acl->entries[i].e_tag) == tag
            && (tag != SANDBOX_ACL_USER
                || le32toh(acl->entries[i].e_id) == uid))
        {
            return &acl->entries[i];
        }
    }

    return NULL;
}


/* in the order of tags, which the kernel requires; the new number, or -1 */

static int
sandbox_acl_add(sandbox_acl_t *acl, int n, unsigned tag, unsigned perm,
    uint32_t id)
{
    int                            i;
    struct posix_acl_xattr_entry  *entry;

    if (n == SANDBOX_ACL_ENTRIES) {
        errno = E2BIG;
        return -1;
    }

    for (i = 0; i < n; i++) {
        if (le16toh(acl->entries[i].e_tag) > tag) {
            break;
        }
    }

    entry = &acl->entries[i];

    memmove(entry + 1, entry, (size_t) (n - i) * sizeof(*entry));

    entry->e_tag = htole16(tag);
    entry->e_perm = htole16(perm);
    entry->e_id = htole32(id);

    return n + 1;
}
