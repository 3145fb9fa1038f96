
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_BOOT_H_INCLUDED_
#define _AGENT_BOOT_H_INCLUDED_


#include <stdint.h>
#include <jansson.h>


#define AGENT_PACKET_MAX    65536
#define AGENT_BOOT_FDS      200        /* on a packet */
#define AGENT_BOOT_SOCKETS  1024
#define AGENT_BOOT_COMMANDS 128


typedef struct {
    int       agent;                   /* listening sockets; -1: none */
    int       control;
    size_t    nports;
    uint16_t  ports[AGENT_BOOT_SOCKETS];
    int       port_fds[AGENT_BOOT_SOCKETS];

    char      user[128];
    uint64_t  sleep_after_ms;
    int       keep_alive;
    int64_t   generation;
    json_t   *commands[AGENT_BOOT_COMMANDS];   /* "ports" of each packet */
    size_t    ncommands;

    int       fd;                      /* the connection to answer on */
} agent_boot_t;


/*
 * Waits for <dir>/boot.sock, blocking, and takes what nginx hands over.  0,
 * or -1 when nobody did within 30 s.
 */
int agent_boot(agent_boot_t *boot, const char *dir);

/* says that the agent serves, and closes the connection */
void agent_boot_answer(agent_boot_t *boot);

/*
 * A packet and its descriptors, at most max; *n tells how many came.  The
 * length, 0 at end of file, -1 with errno; EPROTO where either is too much
 * (the descriptors are closed).  buf has AGENT_PACKET_MAX + 1 bytes.
 */
ssize_t agent_packet_recv(int fd, char *buf, int *fds, size_t max, size_t *n);

/* 1: a listening unix socket of the type; it becomes non-blocking */
int agent_socket_valid(int fd, int type);

/*
 * Members that boot and configure have in common, checked: 0, or -1 with
 * *what naming the one of the wrong type.
 */
typedef struct {
    char      **env;                   /* "K=V" each; NULL: not given */
    int64_t     sleep_after_ms;        /* -1: not given */
    int         keep_alive;            /* -1: not given */
    int64_t     generation;            /* -1: not given */
} agent_settings_t;

int agent_settings_parse(agent_settings_t *s, json_t *json,
    const char **what);
void agent_settings_free(agent_settings_t *s);


#endif /* _AGENT_BOOT_H_INCLUDED_ */
