
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/sandbox_backup_body.h"
#include "lib/sandbox_body.h"
#include "lib/sandbox_mount.h"
#include "lib/sandbox_name.h"
#include "lib/sandbox_options.h"
#include "lib/sandbox_policy_json.h"


#define FUZZ_CHECK(truth)  do { if (!(truth)) abort(); } while (0)


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_backup(const cJSON *json);
static void fuzz_mount(const cJSON *json);
static void fuzz_options(const cJSON *json);
static void fuzz_policy(const cJSON *json);


/* JSON bodies of the routes that nginx answers itself */

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char        *text;
    cJSON       *json;
    const char  *error, *value;

    text = malloc(size + 1);
    FUZZ_CHECK(text != NULL);

    memcpy(text, data, size);
    text[size] = '\0';

    error = sandbox_body_parse(text, size, &json);

    if (error) {
        FUZZ_CHECK(error[0] != '\0' && json == NULL);

    } else {
        FUZZ_CHECK(json == NULL || cJSON_IsObject(json));

        if (sandbox_body_string(json, "name", 63, &value) == 0 && value) {
            FUZZ_CHECK(strlen(value) <= 63 && strpbrk(value, "\n\r\t") == NULL);
        }

        fuzz_backup(json);
        fuzz_mount(json);
        fuzz_options(json);
        fuzz_policy(json);
    }

    cJSON_Delete(json);
    free(text);

    return 0;
}


static void
fuzz_backup(const cJSON *json)
{
    char               id[SANDBOX_BACKUP_ID_MAX + 1];
    char              *text;
    int64_t            ttl;
    const char        *error, *dir;
    sandbox_backup_t   a, b;

    error = sandbox_backup_body_restore(json, id, &dir);

    if (error == NULL) {
        FUZZ_CHECK(sandbox_backup_id_valid(id, strlen(id)));
        FUZZ_CHECK(dir == NULL
                   || sandbox_backup_target_valid(dir, strlen(dir)));
    }

    error = sandbox_backup_body_create(json, &a, &ttl);

    if (error) {
        FUZZ_CHECK(error[0] != '\0');
        return;
    }

    FUZZ_CHECK(ttl >= 1000 && ttl <= 366 * (int64_t) 86400000);
    FUZZ_CHECK(a.id[0] == '\0' || sandbox_backup_id_valid(a.id, strlen(a.id)));
    FUZZ_CHECK(sandbox_backup_target_valid(a.dir, strlen(a.dir)));

    /* what is recorded of it is read as it was */

    if (a.id[0] == '\0') {
        (void) strcpy(a.id, "id");
    }

    (void) strcpy(a.sandbox, "app");
    a.created_ms = 1;
    a.expires_ms = 1 + ttl;

    text = sandbox_backup_format(&a);
    FUZZ_CHECK(text != NULL);
    FUZZ_CHECK(sandbox_backup_parse(text, strlen(text), &b) == 0);
    FUZZ_CHECK(strcmp(a.id, b.id) == 0 && strcmp(a.name, b.name) == 0);
    FUZZ_CHECK(strcmp(a.dir, b.dir) == 0 && a.expires_ms == b.expires_ms);

    free(text);
}


static void
fuzz_mount(const cJSON *json)
{
    const char  *error;

    error = sandbox_mount_check(json);

    /* whoever can mount can unmount */

    FUZZ_CHECK(error || sandbox_mount_check_path(json) == NULL);
}


/* twice, as a body of POST and the same of PATCH */

static void
fuzz_options(const cJSON *json)
{
    int              i, rc;
    char             error[SANDBOX_OPTIONS_ERROR_MAX];
    char            *env;
    sandbox_spec_t   spec;

    memset(&spec, 0, sizeof(spec));

    env = NULL;

    for (i = 0; i < 2; i++) {
        error[0] = '\0';
        rc = sandbox_options_merge(json, &spec, error);

        FUZZ_CHECK(rc == 0 || (error[0] != '\0' && errno != ENOMEM));

        if (rc) {
            break;
        }

        if (i == 0) {
            env = spec.env ? strdup(spec.env) : NULL;

        } else {
            FUZZ_CHECK(!env == !spec.env
                       && (env == NULL || strcmp(env, spec.env) == 0));
        }
    }

    free(env);
    sandbox_spec_free(&spec);
}


/* of a port, and of a link */

static void
fuzz_policy(const cJSON *json)
{
    char                    *text;
    sandbox_link_t           link;
    sandbox_policy_t         a, b;
    sandbox_policy_fault_t   fault;

    memset(&a, 0, sizeof(a));
    memset(&link, 0, sizeof(link));
    (void) strcpy(a.token, "abc");

    fault.text[0] = '\0';

    if (sandbox_policy_json_merge_link(&link, json, 1, &fault) == -1) {
        FUZZ_CHECK(fault.text[0] != '\0');
    }

    if (sandbox_policy_json_merge(&a, json, 1, &fault) == -1) {
        FUZZ_CHECK(fault.text[0] != '\0');
        return;
    }

    /* whoever merges issues a token for null */

    if (a.token[0] == '\0') {
        (void) strcpy(a.token, "abc");
    }

    text = sandbox_policy_json_format(&a);
    FUZZ_CHECK(text != NULL || errno == EFBIG);

    if (text) {
        FUZZ_CHECK(sandbox_policy_json_parse(text, strlen(text), &b) == 0);
        free(text);
    }
}
