
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AC_AGENT_RECV_H_INCLUDED_
#define _AC_AGENT_RECV_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>


/* packets from the agent, which is not trusted */


#define AC_AGENT_PORTS_MAX   1024
#define AC_AGENT_TEXT_MAX    65536     /* bytes: log lines, or a diagnosis */


typedef enum {
    AC_AGENT_HELLO = 0,      /* v, build, generation, ports */
    AC_AGENT_LISTENING,      /* ports */
    AC_AGENT_GOING,
    AC_AGENT_PORT,           /* port, listening, command, code */
    AC_AGENT_LOG,            /* port, line, text */
    AC_AGENT_DIAGNOSIS,      /* seq, port, text: the packet, JSON */
    AC_AGENT_REPLY,          /* seq, error; to a status: the usage */
    AC_AGENT_BOOTED,         /* v, build, started_ms */
    AC_AGENT_OTHER           /* valid, but unknown to this version */
} ac_agent_event_e;


typedef enum {
    AC_AGENT_COMMAND_NONE = 0,
    AC_AGENT_COMMAND_RUNNING,
    AC_AGENT_COMMAND_EXITED
} ac_agent_command_e;


typedef struct {
    ac_agent_event_e    type;
    int                 v;
    uint32_t            seq;
    uint64_t            started_ms;      /* since the epoch */
    char                build[64];
    char                error[256];      /* "" : success */
    int64_t             generation;      /* of its options; -1: not told */

    /* the usage; -1: not in the packet */
    int64_t             sleeps_in_ms;
    int64_t             memory;          /* bytes */
    int64_t             pids;
    int64_t             cpu_ms;

    size_t              nports;
    uint16_t            ports[AC_AGENT_PORTS_MAX];

    uint16_t            port;
    int                 listening;
    ac_agent_command_e  command;
    int                 code;            /* of a command that has exited */
    uint64_t            line;            /* number of the first line in text */
    char                text[AC_AGENT_TEXT_MAX];     /* lines, "\n" between */
} ac_agent_event_t;


/*
 * Receives one packet, without blocking.  1: event is filled in; 0: end of
 * file; -1 with errno: EAGAIN, EPROTO for a packet that breaks the protocol
 * (too big, not JSON, wrong types, descriptors on it, which are closed), or
 * that of recvmsg().
 */
int ac_agent_recv(int fd, ac_agent_event_t *event);

/* parses a packet; 0, or -1 if it breaks the protocol */
int ac_agent_recv_parse(const char *text, size_t len,
    ac_agent_event_t *event);


#endif /* _AC_AGENT_RECV_H_INCLUDED_ */
