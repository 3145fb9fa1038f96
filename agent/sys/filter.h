
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_SYS_FILTER_H_INCLUDED_
#define _AGENT_SYS_FILTER_H_INCLUDED_


#include <stddef.h>
#include <sys/types.h>

#include <linux/filter.h>


#define AGENT_FILTER_MAX   256

/* no such uid or gid: nothing is refused */
#define AGENT_FILTER_NONE  ((uid_t) -1)


/*
 * A seccomp filter over the calling thread and all that it starts from here
 * on, in addition to the engine's own profile.  It cannot be removed.  What
 * it refuses:
 *
 *     set*uid() to uid and set*gid() to gid           EPERM
 *     unshare() and clone() with CLONE_NEWUSER        EPERM
 *     sockets of AF_VSOCK and AF_ALG                  EPERM
 *     io_uring                                        EPERM
 *     clone3(), whose flags no filter can read        ENOSYS
 *     socketcall(SYS_SOCKET), likewise                ENOSYS
 *     system calls of the x32 ABI                     ENOSYS
 *
 * uid and gid are those of nginx's workers as SO_PEERCRED tells them.  Root
 * is not refused, nor an id that is not mapped into this user namespace, nor a
 * group below 65536.
 *
 * To be called before there is a second thread.  0, or -1 with errno.
 */
int agent_filter_install(uid_t uid, gid_t gid);

/*
 * Builds only the program, also for AGENT_FILTER_NONE; code has room for
 * AGENT_FILTER_MAX instructions.  Returns their number.
 */
size_t agent_filter_program(struct sock_filter *code, uid_t uid, gid_t gid);


#endif /* _AGENT_SYS_FILTER_H_INCLUDED_ */
