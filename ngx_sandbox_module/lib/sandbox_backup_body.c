
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdio.h>
#include <string.h>

#include "lib/sandbox_backup_body.h"
#include "lib/sandbox_body.h"
#include "lib/sandbox_time.h"


#define SANDBOX_BACKUP_BODY_NAME      256   /* characters */
#define SANDBOX_BACKUP_BODY_EXCLUDES  256
/* bytes of all patterns: they have to fit into a request line */
#define SANDBOX_BACKUP_BODY_PATTERNS  4096


static const char *sandbox_backup_body_id(const cJSON *json,
    char id[SANDBOX_BACKUP_ID_MAX + 1]);
static const char *sandbox_backup_body_dir(const cJSON *json,
    const char **dir);
static const char *sandbox_backup_body_name(const cJSON *json,
    sandbox_backup_t *b);
static const char *sandbox_backup_body_options(const cJSON *json);
static const char *sandbox_backup_body_excludes(const cJSON *excludes);


const char *
sandbox_backup_body_create(const cJSON *json, sandbox_backup_t *b,
    int64_t *ttl)
{
    cJSON       *item;
    const char  *error, *dir;

    memset(b, 0, sizeof(sandbox_backup_t));

    dir = NULL;

    error = sandbox_backup_body_id(json, b->id);

    if (error == NULL) {
        error = sandbox_backup_body_dir(json, &dir);
    }

    if (error == NULL && dir == NULL) {
        error = "\"dir\" is required: the directory of the backup.";
    }

    if (error == NULL) {
        (void) snprintf(b->dir, sizeof(b->dir), "%s", dir);

        error = sandbox_backup_body_options(json);
    }

    if (error == NULL) {
        error = sandbox_backup_body_name(json, b);
    }

    if (error) {
        return error;
    }

    item = cJSON_GetObjectItemCaseSensitive(json, "ttl");

    *ttl = (item == NULL || cJSON_IsNull(item)) ? SANDBOX_BACKUP_TTL
           : sandbox_time_duration(item);

    if (*ttl == -1) {
        return "\"ttl\" must be a number of seconds, or a string such as "
               "\"12h\" or \"30d\", from 1 second to 366 days.";
    }

    return sandbox_backup_body_excludes(
                           cJSON_GetObjectItemCaseSensitive(json, "excludes"));
}


const char *
sandbox_backup_body_restore(const cJSON *json,
    char id[SANDBOX_BACKUP_ID_MAX + 1], const char **dir)
{
    const char  *error;

    *dir = NULL;

    error = sandbox_backup_body_id(json, id);

    if (error) {
        return error;
    }

    if (id[0] == '\0') {
        return "\"archivePath\" or \"id\" is required: what "
               "api/backup/create has returned.";
    }

    return sandbox_backup_body_dir(json, dir);
}


/* "": there is none */

static const char *
sandbox_backup_body_id(const cJSON *json, char id[SANDBOX_BACKUP_ID_MAX + 1])
{
    const char      *path, *value;
    sandbox_text_t   text;

    id[0] = '\0';

    if (sandbox_body_string(json, "archivePath", SANDBOX_BACKUP_PATH_MAX,
                            &path)
        == -1
        || (path && !sandbox_backup_path_parse(path, strlen(path), &text)))
    {
        return "\"archivePath\" must be /var/backups/<id>.sqsh, where the id "
               "has 1 to 128 of the characters A-Z, a-z, 0-9, \".\", \"_\" "
               "and \"-\", does not begin with \".\" and has no \"..\".";
    }

    if (path) {
        (void) snprintf(id, SANDBOX_BACKUP_ID_MAX + 1, "%.*s", (int) text.len,
                        text.data);
    }

    if (sandbox_body_string(json, "id", SANDBOX_BACKUP_ID_MAX, &value) == -1
        || (value && !sandbox_backup_id_valid(value, strlen(value))))
    {
        return "\"id\" must have 1 to 128 of the characters A-Z, a-z, 0-9, "
               "\".\", \"_\" and \"-\", not begin with \".\" and have no "
               "\"..\".";
    }

    if (path && value && strcmp(id, value) != 0) {
        return "\"archivePath\" and \"id\" name different backups. Send one "
               "of them.";
    }

    if (value) {
        (void) snprintf(id, SANDBOX_BACKUP_ID_MAX + 1, "%s", value);
    }

    return NULL;
}


static const char *
sandbox_backup_body_dir(const cJSON *json, const char **dir)
{
    if (sandbox_body_string(json, "dir", SANDBOX_BACKUP_PATH_MAX, dir) == -1
        || (*dir && !sandbox_backup_target_valid(*dir, strlen(*dir))))
    {
        return "\"dir\" must be /workspace, /home, /tmp, /var/tmp, /app or a "
               "directory below one of them, without \"..\".";
    }

    return NULL;
}


static const char *
sandbox_backup_body_name(const cJSON *json, sandbox_backup_t *b)
{
    size_t       n;
    const char  *p, *name;

    if (sandbox_body_string(json, "name", SANDBOX_BACKUP_NAME_MAX, &name)
        == -1)
    {
        goto invalid;
    }

    if (name == NULL) {
        return NULL;
    }

    n = 0;

    for (p = name; *p; p++) {
        n += ((*p & 0xc0) != 0x80);
    }

    if (n <= SANDBOX_BACKUP_BODY_NAME) {
        (void) snprintf(b->name, sizeof(b->name), "%s", name);
        return NULL;
    }

invalid:

    return "\"name\" must be a string of at most 256 characters, without "
           "control characters.";
}


/* archives are neither compressed nor made by several threads */

static const char *
sandbox_backup_body_options(const cJSON *json)
{
    cJSON       *item, *threads;
    const char  *format;

    item = cJSON_GetObjectItemCaseSensitive(json, "gitignore");

    if (item && !cJSON_IsNull(item) && !cJSON_IsBool(item)) {
        return "\"gitignore\" must be true or false.";
    }

    item = cJSON_GetObjectItemCaseSensitive(json, "compression");

    if (item == NULL || cJSON_IsNull(item)) {
        return NULL;
    }

    if (!cJSON_IsObject(item)
        || sandbox_body_string(item, "format", 8, &format) == -1
        || (format && strcmp(format, "gzip") != 0
            && strcmp(format, "lz4") != 0 && strcmp(format, "zstd") != 0))
    {
        return "\"compression\" must be an object; its \"format\" may be "
               "\"gzip\", \"lz4\" or \"zstd\".";
    }

    threads = cJSON_GetObjectItemCaseSensitive(item, "threads");

    if (threads && !cJSON_IsNull(threads)
        && (!cJSON_IsNumber(threads) || !(threads->valuedouble >= 1)))
    {
        return "\"threads\" of \"compression\" must be a positive number.";
    }

    return NULL;
}


static const char *
sandbox_backup_body_excludes(const cJSON *excludes)
{
    size_t                n, len;
    cJSON                *item;
    const unsigned char  *p;

    if (excludes == NULL || cJSON_IsNull(excludes)) {
        return NULL;
    }

    n = 0;
    len = 0;

    if (!cJSON_IsArray(excludes)) {
        goto invalid;
    }

    cJSON_ArrayForEach(item, excludes) {

        if (!cJSON_IsString(item) || item->valuestring == NULL) {
            goto invalid;
        }

        n++;
        len += strlen(item->valuestring);

        for (p = (const unsigned char *) item->valuestring; *p; p++) {
            if (*p < 0x20) {
                goto invalid;
            }
        }
    }

    if (n <= SANDBOX_BACKUP_BODY_EXCLUDES
        && len <= SANDBOX_BACKUP_BODY_PATTERNS)
    {
        return NULL;
    }

invalid:

    return "\"excludes\" must be an array of at most 256 patterns with 4096 "
           "bytes together, without control characters.";
}
