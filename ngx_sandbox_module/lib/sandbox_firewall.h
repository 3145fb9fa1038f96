
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SANDBOX_FIREWALL_H_INCLUDED_
#define _SANDBOX_FIREWALL_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>


/*
 * Checks whether the firewall rules for network=internet, installed by
 * "nginx-sandbox-network install", are present in the kernel.  The script's
 * "check" compares every rule; here it is only checked that they exist and are
 * reachable from the hook.  Only the local kernel is queried, which does not
 * block.
 */


/* the engine's network, and names by which the rules are found */
#define SANDBOX_FIREWALL_NETWORK          "nginx-sandbox"
#define SANDBOX_FIREWALL_TABLE    "nginx_sandbox"
#define SANDBOX_FIREWALL_CHAIN    "NGINX-SANDBOX"

#define SANDBOX_FIREWALL_COMMAND  "nginx-sandbox-network install"

/* largest message read */
#define SANDBOX_FIREWALL_MESSAGE  8192


/* its parts, for unit tests */

/* a chain of the table: name, hook and type */
typedef struct {
    const char  *name;
    uint32_t     hook;
} sandbox_firewall_chain_t;


/*
 * 0, or -1 with errno: ENOENT if the rules are missing or unreachable, EPERM
 * if the process lacks permission; otherwise the rules cannot be read.
 */
int sandbox_firewall_check(void);

/* builds the request; its size, or 0 if it does not fit */
size_t sandbox_firewall_ask(const sandbox_firewall_chain_t *chain, void *buf,
    size_t size);

/* parses the reply: 0, or -1 with errno as above, or EPROTO if invalid */
int sandbox_firewall_answer(const sandbox_firewall_chain_t *chain,
    const void *buf, size_t size);


#endif /* _SANDBOX_FIREWALL_H_INCLUDED_ */
