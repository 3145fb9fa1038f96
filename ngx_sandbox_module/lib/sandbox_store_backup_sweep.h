
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SANDBOX_STORE_BACKUP_SWEEP_H_INCLUDED_
#define _SANDBOX_STORE_BACKUP_SWEEP_H_INCLUDED_


#include <stdint.h>

#include "lib/sandbox_store.h"


/*
 * Deletes those of all owners that have expired, and what interrupted writers
 * have left.  -1 with errno: something could not be read or deleted; the rest
 * was processed nevertheless.
 */
int sandbox_store_backup_sweep(sandbox_store_t *store, int64_t now_ms);


#endif /* _SANDBOX_STORE_BACKUP_SWEEP_H_INCLUDED_ */
