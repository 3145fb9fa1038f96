
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AC_AGENT_H_INCLUDED_
#define _AC_AGENT_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>


/*
 * The agent's control protocol (docs/wire.md): the sockets, the packets that
 * nginx sends, and those that it accepts from a peer that it does not trust.
 * No function blocks; descriptors are non-blocking and close-on-exec.
 */


#define AC_AGENT_VERSION     1
#define AC_AGENT_PACKET_MAX  65536
#define AC_AGENT_FDS_MAX     200
#define AC_AGENT_PORTS_MAX   1024
#define AC_AGENT_TEXT_MAX    65536     /* of lines, of a diagnosis */


/* what the agent runs at every start, so that a port's app is there again */
typedef struct {
    uint16_t          port;
    const char       *command;           /* "" : nothing */
    const char       *cwd;               /* "" : the workspace */
} ac_command_t;


typedef struct {
    const char       *id;
    const char       *user;              /* "" : root */
    const char       *env;               /* JSON object text, or NULL */
    uint64_t          sleep_after_ms;
    int               keep_alive;
    uint64_t          generation;        /* of these options */
    const char       *limits;            /* JSON object text, or NULL */
    const char       *preview_suffix;    /* or NULL */
    ac_command_t     *commands;
    size_t            ncommands;
} ac_boot_t;


typedef enum {
    AC_AGENT_HELLO = 0,      /* v, build, ports */
    AC_AGENT_LISTENING,      /* ports */
    AC_AGENT_GOING,
    AC_AGENT_PORT,           /* port, listening, command, code */
    AC_AGENT_LOG,            /* port, line, text */
    AC_AGENT_DIAGNOSIS,      /* seq, port, text: the packet, JSON */
    AC_AGENT_REPLY,          /* seq, error; of status: what follows */
    AC_AGENT_BOOTED,         /* v, build, started_ms */
    AC_AGENT_OTHER           /* well-formed, of no meaning to this version */
} ac_agent_event_e;


typedef enum {
    AC_AGENT_COMMAND_NONE = 0,
    AC_AGENT_COMMAND_RUNNING,
    AC_AGENT_COMMAND_EXITED
} ac_agent_command_e;


typedef struct {
    ac_agent_event_e  type;
    int               v;
    uint32_t          seq;
    uint64_t          started_ms;
    char              build[64];
    char              error[256];        /* "" : ok */
    int64_t           sleeps_in_ms;      /* these are -1 when not told */
    int64_t           memory;            /* bytes */
    int64_t           pids;
    int64_t           cpu_ms;
    size_t            nports;
    uint16_t          ports[AC_AGENT_PORTS_MAX];

    uint16_t            port;
    int                 listening;
    ac_agent_command_e  command;
    int                 code;            /* of one that has exited */
    uint64_t            line;            /* the number of text's first */
    char                text[AC_AGENT_TEXT_MAX];     /* lines, "\n" between */
} ac_agent_event_t;


/*
 * Makes, binds and listens on <dir>/<name>.sock of the given type
 * (SOCK_STREAM or SOCK_SEQPACKET) under a temporary name, mode 0666, then
 * renames it into place.  Returns the descriptor, or -1 with errno set
 * (ENAMETOOLONG where the path would not fit into sun_path).
 */
int ac_agent_listen(const char *dir, const char *name, int type);

/*
 * A socket connected to <dir>/<name>.sock, or -1 with errno set.  EAGAIN: its
 * backlog is full, it is alive; ECONNREFUSED, ENOENT: nobody serves it.
 */
int ac_agent_connect(const char *dir, const char *name, int type);

/*
 * 1: the peer is the first process of its PID namespace, and not of ours.
 * 0: it is not.  -1: it cannot be seen from here (pid 0, no /proc).
 */
int ac_agent_peer_is_init(int fd);

/*
 * Sends the boot packets with the descriptors, names[i] naming fds[i]; a
 * numeric name is a port.  0, or -1 with errno: E2BIG when env and limits do
 * not fit into a packet, EAGAIN when the socket's buffer is full.
 */
int ac_agent_send_boot(int fd, const ac_boot_t *boot, const char **names,
    const int *fds, size_t n);

/* one packet each; 0, or -1 with errno */
int ac_agent_send_listen(int fd, uint32_t seq, uint16_t port, int port_fd);
int ac_agent_send_unlisten(int fd, uint32_t seq, uint16_t port);
int ac_agent_send_diagnose(int fd, uint32_t seq, uint16_t port);
int ac_agent_send_watch(int fd, uint32_t seq, uint16_t port, int on);
int ac_agent_send_commands(int fd, uint32_t seq, const ac_command_t *commands,
    size_t n);
/* fields: JSON object text whose members are merged into the packet */
int ac_agent_send_configure(int fd, uint32_t seq, const char *fields);
int ac_agent_send_prepare(int fd, uint32_t seq, unsigned ms);
int ac_agent_send_status(int fd, uint32_t seq);

/*
 * Receives one packet.  1: event filled in; 0: end of file; -1 with errno:
 * EAGAIN, or EPROTO for a packet that breaks the protocol (too big, not
 * JSON, wrong types, descriptors on it, which are closed).
 */
int ac_agent_recv(int fd, ac_agent_event_t *event);

/* the pure part of ac_agent_recv(); 0, or -1 */
int ac_agent_parse(const char *text, size_t len, ac_agent_event_t *event);


#endif /* _AC_AGENT_H_INCLUDED_ */
