
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SANDBOX_SYSCTL_H_INCLUDED_
#define _SANDBOX_SYSCTL_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>


/*
 * Kernel limits that all sandboxes share with the host.  A limit is too low
 * when sandboxes can reach it with the memory of this host.
 */


#define SANDBOX_SYSCTL_COMMAND  "sysctl -p /etc/sysctl.d/60-nginx-sandbox.conf"

#define SANDBOX_SYSCTL_MAX      8


typedef struct {
    const char  *name;                 /* name as for sysctl(8) */
    uint64_t     value;
    uint64_t     wanted;               /* 0: no limit */
} sandbox_sysctl_t;


/*
 * Fills low with the limits that are too low, at most SANDBOX_SYSCTL_MAX, and
 * returns their number.  proc is "/proc", whose files it reads.  A limit that
 * the kernel does not have is skipped.
 */
size_t sandbox_sysctl_low(const char *proc, sandbox_sysctl_t *low);


#endif /* _SANDBOX_SYSCTL_H_INCLUDED_ */
