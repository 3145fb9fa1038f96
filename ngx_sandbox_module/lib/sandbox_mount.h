
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SANDBOX_MOUNT_H_INCLUDED_
#define _SANDBOX_MOUNT_H_INCLUDED_


#include <cjson/cJSON.h>


/*
 * Bodies of mount and unmount.  Pure functions; each returns NULL, or an error
 * message for the client.  json may be NULL.
 */


const char *sandbox_mount_check(const cJSON *json);
const char *sandbox_mount_check_path(const cJSON *json);


#endif /* _SANDBOX_MOUNT_H_INCLUDED_ */
