
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SANDBOX_STORE_CLOCK_H_INCLUDED_
#define _SANDBOX_STORE_CLOCK_H_INCLUDED_


#include <stdint.h>

#include "lib/sandbox_store.h"


/*
 * The store: the newest time known, in ms since the epoch, which survives a
 * restart.  It is the mtime of .clock: one system call, without waiting for the
 * disk.
 */


/* 0 if none was recorded, or -1 */
int64_t sandbox_store_clock_read(sandbox_store_t *store);
int sandbox_store_clock_write(sandbox_store_t *store, int64_t ms);


#endif /* _SANDBOX_STORE_CLOCK_H_INCLUDED_ */
