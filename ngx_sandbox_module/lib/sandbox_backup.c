
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include <cjson/cJSON.h>

#include "lib/sandbox_backup.h"
#include "lib/sandbox_json.h"
#include "lib/sandbox_json_writer.h"


#define SANDBOX_BACKUP_PATH    "/var/backups/"
#define SANDBOX_BACKUP_SUFFIX  ".sqsh"


int
sandbox_backup_id_valid(const char *text, size_t len)
{
    return len && text[0] != '.' && sandbox_name_session_valid(text, len);
}


int
sandbox_backup_target_valid(const char *text, size_t len)
{
    size_t               i, n;
    const char          *p, *last, *slash;

    static const char   *roots[] = {
        "/workspace", "/home", "/tmp", "/var/tmp", "/app", NULL
    };

    if (len > SANDBOX_BACKUP_PATH_MAX) {
        return 0;
    }

    last = text + len;

    for (p = text; p < last; p = slash + 1) {

        slash = memchr(p, '/', (size_t) (last - p));
        slash = slash ? slash : last;

        if (slash - p == 2 && p[0] == '.' && p[1] == '.') {
            return 0;
        }
    }

    for (i = 0; roots[i]; i++) {
        n = strlen(roots[i]);

        if (len >= n && memcmp(text, roots[i], n) == 0
            && (len == n || text[n] == '/'))
        {
            return 1;
        }
    }

    return 0;
}


int
sandbox_backup_path_parse(const char *text, size_t len, sandbox_text_t *id)
{
    size_t  n;

    n = sizeof(SANDBOX_BACKUP_PATH) - 1;

    if (len < n || memcmp(text, SANDBOX_BACKUP_PATH, n) != 0) {
        return 0;
    }

    text += n;
    len -= n;

    n = sizeof(SANDBOX_BACKUP_SUFFIX) - 1;

    if (len > n && memcmp(text + len - n, SANDBOX_BACKUP_SUFFIX, n) == 0) {
        len -= n;
    }

    id->data = text;
    id->len = len;

    return sandbox_backup_id_valid(text, len);
}


int
sandbox_backup_uuid(char buf[SANDBOX_BACKUP_UUID_LEN + 1])
{
    unsigned char  b[16];

    if (getrandom(b, sizeof(b), GRND_NONBLOCK) != sizeof(b)) {
        return -1;
    }

    /* RFC 9562, 5.4: version 4 */

    b[6] = (unsigned char) ((b[6] & 0x0f) | 0x40);
    b[8] = (unsigned char) ((b[8] & 0x3f) | 0x80);

    (void) snprintf(buf, SANDBOX_BACKUP_UUID_LEN + 1,
                    "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-"
                    "%02x%02x%02x%02x%02x%02x",
                    b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7],
                    b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);

    return 0;
}


int
sandbox_backup_parse(const char *text, size_t len, sandbox_backup_t *b)
{
    int     rc;
    cJSON  *json;

    memset(b, 0, sizeof(sandbox_backup_t));

    json = sandbox_json_parse(text, len, 1);
    if (json == NULL) {
        return -1;
    }

    rc = 0;

    if (sandbox_json_string(json, "id", b->id, sizeof(b->id))
        || sandbox_json_string(json, "name", b->name, sizeof(b->name))
        || sandbox_json_string(json, "sandbox", b->sandbox,
                               sizeof(b->sandbox))
        || sandbox_json_string(json, "dir", b->dir, sizeof(b->dir))
        || sandbox_json_integer(json, "size", &b->size, -1)
        || sandbox_json_integer(json, "created_ms", &b->created_ms, -1)
        || sandbox_json_integer(json, "expires_ms", &b->expires_ms, -1)
        || b->size < 0 || b->created_ms < 0 || b->expires_ms < 0
        || !sandbox_backup_id_valid(b->id, strlen(b->id))
        || !sandbox_backup_target_valid(b->dir, strlen(b->dir)))
    {
        errno = EBADMSG;
        rc = -1;
    }

    cJSON_Delete(json);

    return rc;
}


char *
sandbox_backup_format(const sandbox_backup_t *b)
{
    cJSON                  *json;
    sandbox_json_writer_t   w;

    sandbox_json_writer_start(&w);
    sandbox_json_writer_number(&w, "v", 1);
    sandbox_json_writer_string(&w, "id", b->id);

    if (b->name[0]) {
        sandbox_json_writer_string(&w, "name", b->name);
    }

    sandbox_json_writer_string(&w, "sandbox", b->sandbox);
    sandbox_json_writer_string(&w, "dir", b->dir);
    sandbox_json_writer_number(&w, "size", (double) b->size);
    sandbox_json_writer_number(&w, "created_ms", (double) b->created_ms);
    sandbox_json_writer_number(&w, "expires_ms", (double) b->expires_ms);

    json = sandbox_json_writer_finish(&w);

    if (json == NULL) {
        errno = ENOMEM;
        return NULL;
    }

    return sandbox_json_print(json);
}
