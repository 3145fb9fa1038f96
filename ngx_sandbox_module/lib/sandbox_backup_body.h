
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SANDBOX_BACKUP_BODY_H_INCLUDED_
#define _SANDBOX_BACKUP_BODY_H_INCLUDED_


#include <stdint.h>

#include <cjson/cJSON.h>

#include "lib/sandbox_backup.h"


/*
 * Bodies of api/backup/create and api/backup/restore.  Pure functions; each
 * returns NULL, or an error message for the client.  json may be NULL.
 */


/*
 * Sets id, which may be "", name, dir and, in ms, ttl; all else is zero.  What
 * "excludes" and "gitignore" are is checked, too.
 */
const char *sandbox_backup_body_create(const cJSON *json, sandbox_backup_t *b,
    int64_t *ttl);

/* dir belongs to json; NULL: it is not there */
const char *sandbox_backup_body_restore(const cJSON *json,
    char id[SANDBOX_BACKUP_ID_MAX + 1], const char **dir);


#endif /* _SANDBOX_BACKUP_BODY_H_INCLUDED_ */
