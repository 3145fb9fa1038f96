
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SANDBOX_FIREWALL_H_INCLUDED_
#define _SANDBOX_FIREWALL_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>


/*
 * Whether the host's rules for network=internet are in the kernel, as
 * "nginx-sandbox-network install" makes them.  That script's "check" compares
 * every rule; here, the kernel is asked whether they are there at all and are
 * called.  Only the local kernel is asked, which answers at once.
 */


/* the engine's network, and what the rules are found by */
#define SANDBOX_FIREWALL_NETWORK          "nginx-sandbox"
#define SANDBOX_FIREWALL_TABLE    "nginx_sandbox"
#define SANDBOX_FIREWALL_CHAIN    "NGINX-SANDBOX"

#define SANDBOX_FIREWALL_COMMAND  "nginx-sandbox-network install"

/* largest message that is read */
#define SANDBOX_FIREWALL_MESSAGE  8192


/* the halves of it, for the unit tests */

/* one chain of the table: its name, its hook and the type of that */
typedef struct {
    const char  *name;
    uint32_t     hook;
} sandbox_firewall_chain_t;


/*
 * 0, or -1 with errno.  ENOENT: they are not there, or nothing calls them;
 * EPERM: the process may not ask; else the kernel cannot be asked.
 */
int sandbox_firewall_check(void);

/* makes the question; its size, or 0 when it does not fit */
size_t sandbox_firewall_ask(const sandbox_firewall_chain_t *chain, void *buf,
    size_t size);

/* reads the answer: 0, or -1 with errno as above, EPROTO: it is none */
int sandbox_firewall_answer(const sandbox_firewall_chain_t *chain,
    const void *buf, size_t size);


#endif /* _SANDBOX_FIREWALL_H_INCLUDED_ */
