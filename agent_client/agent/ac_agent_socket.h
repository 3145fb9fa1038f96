
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AC_AGENT_SOCKET_H_INCLUDED_
#define _AC_AGENT_SOCKET_H_INCLUDED_


/*
 * The sockets in a sandbox's directory, and the identity of a peer.  Nothing
 * blocks; descriptors are non-blocking and close-on-exec.
 */


/*
 * Binds and listens on <dir>/<name>.sock of the given type (SOCK_STREAM or
 * SOCK_SEQPACKET) with mode 0666, and replaces an existing socket atomically.
 * Returns the descriptor, or -1 with errno set (ENAMETOOLONG if the path does
 * not fit into sun_path).
 */
int ac_agent_socket_listen(const char *dir, const char *name, int type);

/*
 * Returns a socket connected to <dir>/<name>.sock, or -1 with errno set.
 * EAGAIN: the listener is alive, but its backlog is full; ECONNREFUSED,
 * ENOENT: nobody listens.
 */
int ac_agent_socket_connect(const char *dir, const char *name, int type);

/*
 * 1: the peer is PID 1 of a PID namespace other than ours.  0: it is not.
 * -1: unknown, since the peer is not visible from here (pid 0, no /proc).
 */
int ac_agent_socket_peer_is_init(int fd);


#endif /* _AC_AGENT_SOCKET_H_INCLUDED_ */
