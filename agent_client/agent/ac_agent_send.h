
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AC_AGENT_SEND_H_INCLUDED_
#define _AC_AGENT_SEND_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>


/*
 * Packets to the agent.  A function sends its packets at once and never
 * blocks.  0, or -1 with errno: EAGAIN when the socket's buffer is full, E2BIG
 * for more than AC_AGENT_PACKET_MAX bytes, EILSEQ for text that is not UTF-8,
 * EINVAL for JSON text that is not an object, ENOMEM, or that of sendmsg().
 * The caller keeps ownership of the descriptors.
 */


/* what the agent runs at each start, to bring back the app of a port */
typedef struct {
    uint16_t          port;
    const char       *command;           /* "" : none */
    const char       *cwd;               /* "" : the workspace */
} ac_command_t;


typedef struct {
    const char       *id;
    const char       *user;              /* "" : root */
    const char       *env;               /* JSON object text, or NULL */
    uint64_t          sleep_after_ms;
    int               keep_alive;
    uint64_t          generation;        /* of these options */
    int64_t           nofile;            /* open files; 0: the engine's */
    const char       *prewarm;           /* JSON object text, or NULL */
    const char       *preview_suffix;    /* or NULL */
    ac_command_t     *commands;
    size_t            ncommands;
} ac_boot_t;


/*
 * Sends the boot packets with the descriptors, names[i] naming fds[i]; a
 * numeric name is a port.  On an error, some packets may have been sent.
 */
int ac_agent_send_boot(int fd, const ac_boot_t *boot, const char **names,
    const int *fds, size_t n);

/* one packet each; the agent's reply has the same seq */
int ac_agent_send_listen(int fd, uint32_t seq, uint16_t port, int port_fd);
int ac_agent_send_unlisten(int fd, uint32_t seq, uint16_t port);
/* tls: whether the app speaks TLS, instead of HTTP */
int ac_agent_send_diagnose(int fd, uint32_t seq, uint16_t port, int tls);
int ac_agent_send_watch(int fd, uint32_t seq, uint16_t port, int on);
int ac_agent_send_commands(int fd, uint32_t seq, const ac_command_t *commands,
    size_t n);
/* fields: JSON object text whose members are added to the packet */
int ac_agent_send_configure(int fd, uint32_t seq, const char *fields);
/* ms: time limit for the agent */
int ac_agent_send_prepare(int fd, uint32_t seq, unsigned ms);
int ac_agent_send_status(int fd, uint32_t seq);


#endif /* _AC_AGENT_SEND_H_INCLUDED_ */
