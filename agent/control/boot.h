
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_CONTROL_BOOT_H_INCLUDED_
#define _AGENT_CONTROL_BOOT_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>
#include <jansson.h>
#include <sys/types.h>

#include "control/options.h"


#define AGENT_BOOT_FDS      200        /* descriptors on a packet */
#define AGENT_BOOT_SOCKETS  1024
#define AGENT_BOOT_COMMANDS 128


typedef struct {
    int       agent;                   /* listening sockets; -1: not passed */
    int       control;
    size_t    nports;
    uint16_t  ports[AGENT_BOOT_SOCKETS];
    int       port_fds[AGENT_BOOT_SOCKETS];

    char              user[128];
    agent_options_t   options;
    char             *preview_suffix;                 /* NULL: none */
    json_t           *prewarm;                        /* NULL: none */
    json_t           *commands[AGENT_BOOT_COMMANDS];  /* "ports" by packet */
    size_t            ncommands;

    int       fd;                      /* the connection of the reply */

    /* of the nginx worker, as seen in this user namespace */
    uid_t     uid;
    gid_t     gid;
} agent_boot_t;


/*
 * Waits for <dir>/boot.sock and receives the boot packets from nginx, which
 * the caller applies.  Blocks.  0, or -1 if nothing was received within 30 s.
 */
int agent_boot(agent_boot_t *boot, const char *dir);

/* reports that the agent is ready, and closes the connection */
void agent_boot_answer(agent_boot_t *boot);


#endif /* _AGENT_CONTROL_BOOT_H_INCLUDED_ */
