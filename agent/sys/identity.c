
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <fcntl.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sys/identity.h"
#include "sys/user.h"


#ifndef SYS_faccessat2
#define SYS_faccessat2  439
#endif


static int agent_identity_groups(size_t n, const gid_t *groups);


/*
 * The C library's setgroups() applies to all threads of the process, the
 * system call to this thread only.  The calls below affect only this thread in
 * either form.
 */

static int
agent_identity_groups(size_t n, const gid_t *groups)
{
    return (int) syscall(SYS_setgroups, n, groups);
}


int
agent_identity_assume(void)
{
    if (geteuid() != 0 || (agent_user.uid == 0 && agent_user.gid == 0)) {
        return 0;
    }

    if (agent_identity_groups(agent_user.ngroups, agent_user.groups) == -1) {
        return -1;
    }

    (void) setfsgid(agent_user.gid);
    (void) setfsuid(agent_user.uid);

    /*
     * setfsuid() and setfsgid() return no errors; an invalid id only reads the
     * current one
     */

    if ((gid_t) setfsgid(-1) != agent_user.gid
        || (uid_t) setfsuid(-1) != agent_user.uid)
    {
        agent_identity_restore();
        errno = EPERM;
        return -1;
    }

    return 0;
}


void
agent_identity_restore(void)
{
    int  err;

    if (geteuid() != 0 || (agent_user.uid == 0 && agent_user.gid == 0)) {
        return;
    }

    err = errno;

    (void) setfsuid(0);
    (void) setfsgid(0);
    (void) agent_identity_groups(0, NULL);

    /*
     * a change of credentials resets this to fs.suid_dumpable, which may be 1
     */

    if (prctl(PR_GET_DUMPABLE) == 1) {
        (void) prctl(PR_SET_DUMPABLE, 0);
    }

    errno = err;
}


int
agent_identity_executable(int dir, const char *name, const struct stat *st)
{
    size_t  i;

    /* faccessat() of the C library may check the wrong user */

    if (syscall(SYS_faccessat2, dir, name, X_OK, AT_EACCESS) == 0) {
        return 1;
    }

    if (errno != ENOSYS && errno != EPERM) {
        return 0;
    }

    /* not supported by the kernel or a seccomp profile: check the mode only */

    if (agent_user.uid == 0) {
        return (st->st_mode & 0111) != 0;
    }

    if (st->st_uid == agent_user.uid) {
        return (st->st_mode & S_IXUSR) != 0;
    }

    if (st->st_gid == agent_user.gid) {
        return (st->st_mode & S_IXGRP) != 0;
    }

    for (i = 0; i < agent_user.ngroups; i++) {

        if (st->st_gid == agent_user.groups[i]) {
            return (st->st_mode & S_IXGRP) != 0;
        }
    }

    return (st->st_mode & S_IXOTH) != 0;
}
