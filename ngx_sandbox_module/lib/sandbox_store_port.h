
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SANDBOX_STORE_PORT_H_INCLUDED_
#define _SANDBOX_STORE_PORT_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/sandbox_policy.h"
#include "lib/sandbox_store.h"


/* the store: policies of ports */


int sandbox_store_port_stamp(sandbox_store_t *store, const char *id,
    uint16_t port, sandbox_stamp_t *stamp);

/*
 * Policies.  read: ENOENT if the port is not exposed or there is no such
 * sandbox, EBADMSG if the file is damaged; sets run and stamp.
 *
 * write replaces by rename with fsync() and sets stamp; ENOENT: no such
 * sandbox; EINVAL: bad port or token.  Success means that after the new policy
 * was in place, the id still named the sandbox to which it was written.  If
 * the sandbox was destroyed meanwhile, the result is ENOENT and the policy is
 * removed again; a new sandbox with the same id never gets it.
 *
 * remove: ENOENT if the port is not exposed, or if run is not NULL and not
 * that of the sandbox.
 */
int sandbox_store_port_read(sandbox_store_t *store, const char *id,
    uint16_t port, sandbox_policy_t *policy);
int sandbox_store_port_write(sandbox_store_t *store, const char *id,
    sandbox_policy_t *policy);
int sandbox_store_port_remove(sandbox_store_t *store, const char *id,
    const char *run, uint16_t port);

/*
 * the lowest max exposed ports in ascending order; returns their number, or -1
 */
ssize_t sandbox_store_port_list(sandbox_store_t *store, const char *id,
    uint16_t *ports, size_t max);


#endif /* _SANDBOX_STORE_PORT_H_INCLUDED_ */
