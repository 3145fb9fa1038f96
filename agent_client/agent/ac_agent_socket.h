
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AC_AGENT_SOCKET_H_INCLUDED_
#define _AC_AGENT_SOCKET_H_INCLUDED_


/*
 * The sockets in a sandbox's directory, and the peer at their other end.  No
 * function blocks; descriptors are non-blocking and close-on-exec.
 */


/*
 * Binds and listens on <dir>/<name>.sock of the given type (SOCK_STREAM or
 * SOCK_SEQPACKET), mode 0666, replacing one that is there.  Returns the
 * descriptor, or -1 with errno set (ENAMETOOLONG where the path would not fit
 * into sun_path).
 */
int ac_agent_socket_listen(const char *dir, const char *name, int type);

/*
 * A socket connected to <dir>/<name>.sock, or -1 with errno set.  EAGAIN: its
 * backlog is full, its owner is alive; ECONNREFUSED, ENOENT: it has no owner.
 */
int ac_agent_socket_connect(const char *dir, const char *name, int type);

/*
 * 1: the peer is the first process of its PID namespace, which is not ours.
 * 0: it is not.  -1: unknown, it is not visible from here (pid 0, no /proc).
 */
int ac_agent_socket_peer_is_init(int fd);


#endif /* _AC_AGENT_SOCKET_H_INCLUDED_ */
