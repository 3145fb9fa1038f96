
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "lib/sandbox_json.h"
#include "lib/sandbox_json_writer.h"
#include "lib/sandbox_spec.h"


static int sandbox_spec_flag(const cJSON *json, const char *name, int *value);
static int sandbox_spec_object(const cJSON *json, const char *name,
    char **text);
static int sandbox_spec_parse_object(const char *text, cJSON **item);
static void sandbox_spec_write_known(sandbox_json_writer_t *w,
    const char *name, int64_t value);
static int sandbox_spec_is_flat(const cJSON *item);


int
sandbox_spec_parse(const char *text, size_t len, sandbox_spec_t *spec)
{
    cJSON    *json;
    int64_t   generation;

    memset(spec, 0, sizeof(sandbox_spec_t));

    json = sandbox_json_parse(text, len, 1);
    if (json == NULL) {
        return -1;
    }

    errno = EBADMSG;

    if (sandbox_json_string(json, "id", spec->id, sizeof(spec->id))
        || sandbox_json_string(json, "owner", spec->owner, sizeof(spec->owner))
        || sandbox_json_string(json, "class", spec->class,
                               sizeof(spec->class))
        || sandbox_json_string(json, "nonce", spec->nonce,
                               sizeof(spec->nonce))
        || sandbox_json_integer(json, "generation", &generation, 0)
        || sandbox_json_integer(json, "created_ms", &spec->created_ms, 0)
        || sandbox_json_integer(json, "sleep_after_ms",
                                &spec->sleep_after_ms, -1)
        || sandbox_json_integer(json, "max_age_ms", &spec->max_age_ms, -1)
        || sandbox_spec_flag(json, "keep_alive", &spec->keep_alive)
        || spec->class[0] == '\0')
    {
        goto failed;
    }

    spec->generation = (uint64_t) generation;

    if (sandbox_spec_object(json, "env", &spec->env)
        || sandbox_spec_object(json, "labels", &spec->labels))
    {
        goto failed;
    }

    cJSON_Delete(json);

    return 0;

failed:

    sandbox_spec_free(spec);
    cJSON_Delete(json);

    return -1;
}


char *
sandbox_spec_format(const sandbox_spec_t *spec)
{
    cJSON                  *env, *labels, *json;
    sandbox_json_writer_t   w;

    env = NULL;
    labels = NULL;

    if (sandbox_spec_parse_object(spec->env, &env)
        || sandbox_spec_parse_object(spec->labels, &labels))
    {
        goto failed;
    }

    if (spec->class[0] == '\0') {
        errno = EINVAL;
        goto failed;
    }

    sandbox_json_writer_start(&w);
    sandbox_json_writer_number(&w, "v", 1);

    if (spec->id[0]) {
        sandbox_json_writer_string(&w, "id", spec->id);
    }

    sandbox_json_writer_number(&w, "generation", (double) spec->generation);
    sandbox_json_writer_string(&w, "owner", spec->owner);
    sandbox_json_writer_string(&w, "class", spec->class);
    sandbox_json_writer_number(&w, "created_ms", (double) spec->created_ms);

    if (spec->nonce[0]) {
        sandbox_json_writer_string(&w, "nonce", spec->nonce);
    }

    sandbox_spec_write_known(&w, "sleep_after_ms", spec->sleep_after_ms);
    sandbox_spec_write_known(&w, "max_age_ms", spec->max_age_ms);

    if (spec->keep_alive >= 0) {
        sandbox_json_writer_bool(&w, "keep_alive", spec->keep_alive);
    }

    if (env) {
        sandbox_json_writer_item(&w, "env", env);
    }

    if (labels) {
        sandbox_json_writer_item(&w, "labels", labels);
    }

    json = sandbox_json_writer_finish(&w);

    if (json == NULL) {
        errno = ENOMEM;
        return NULL;
    }

    return sandbox_json_print(json);

failed:

    cJSON_Delete(env);
    cJSON_Delete(labels);

    return NULL;
}


void
sandbox_spec_free(sandbox_spec_t *spec)
{
    int  err;

    err = errno;

    free(spec->env);
    free(spec->labels);

    spec->env = NULL;
    spec->labels = NULL;

    errno = err;
}


int
sandbox_spec_parse_container(const char *text, size_t len,
    sandbox_container_t *c)
{
    int     rc;
    cJSON  *json;

    memset(c, 0, sizeof(sandbox_container_t));

    json = sandbox_json_parse(text, len, 1);
    if (json == NULL) {
        return -1;
    }

    rc = 0;

    if (sandbox_json_string(json, "user", c->user, sizeof(c->user))
        || sandbox_json_integer(json, "created_ms", &c->created_ms, 0)
        || sandbox_json_integer(json, "memory", &c->memory, -1)
        || sandbox_json_integer(json, "swap", &c->swap, -1)
        || sandbox_json_integer(json, "nano_cpus", &c->nano_cpus, -1)
        || sandbox_json_integer(json, "pids", &c->pids, -1)
        || sandbox_json_integer(json, "disk", &c->disk, -1)
        || sandbox_json_integer(json, "cgroups", &c->cgroups, -1))
    {
        errno = EBADMSG;
        rc = -1;
    }

    cJSON_Delete(json);

    return rc;
}


char *
sandbox_spec_format_container(const sandbox_container_t *c)
{
    cJSON                  *json;
    sandbox_json_writer_t   w;

    sandbox_json_writer_start(&w);
    sandbox_json_writer_number(&w, "v", 1);
    sandbox_json_writer_number(&w, "created_ms", (double) c->created_ms);
    sandbox_json_writer_string(&w, "user", c->user);

    sandbox_spec_write_known(&w, "memory", c->memory);
    sandbox_spec_write_known(&w, "swap", c->swap);
    sandbox_spec_write_known(&w, "nano_cpus", c->nano_cpus);
    sandbox_spec_write_known(&w, "pids", c->pids);
    sandbox_spec_write_known(&w, "disk", c->disk);
    sandbox_spec_write_known(&w, "cgroups", c->cgroups);

    json = sandbox_json_writer_finish(&w);

    if (json == NULL) {
        errno = ENOMEM;
        return NULL;
    }

    return sandbox_json_print(json);
}


static int
sandbox_spec_flag(const cJSON *json, const char *name, int *value)
{
    const cJSON  *item;

    item = cJSON_GetObjectItemCaseSensitive(json, name);
    if (item == NULL) {
        *value = -1;
        return 0;
    }

    if (!cJSON_IsBool(item)) {
        return -1;
    }

    *value = cJSON_IsTrue(item) ? 1 : 0;

    return 0;
}


static int
sandbox_spec_object(const cJSON *json, const char *name, char **text)
{
    const cJSON  *item;

    item = cJSON_GetObjectItemCaseSensitive(json, name);
    if (item == NULL) {
        *text = NULL;
        return 0;
    }

    if (!sandbox_spec_is_flat(item)) {
        errno = EBADMSG;
        return -1;
    }

    *text = cJSON_PrintUnformatted(item);
    if (*text == NULL) {
        errno = ENOMEM;
        return -1;
    }

    return 0;
}


/* NULL is absent; the item is to be deleted by the caller */

static int
sandbox_spec_parse_object(const char *text, cJSON **item)
{
    size_t       len;
    const char  *end;

    if (text == NULL) {
        return 0;
    }

    len = strlen(text);
    end = NULL;

    if (len > SANDBOX_SPEC_MAX) {
        errno = EFBIG;
        return -1;
    }

    *item = len ? cJSON_ParseWithLengthOpts(text, len, &end, 0) : NULL;

    if (*item == NULL || end != text + len || !sandbox_spec_is_flat(*item)) {
        errno = EINVAL;
        return -1;
    }

    return 0;
}


/* -1 means unknown and is omitted */

static void
sandbox_spec_write_known(sandbox_json_writer_t *w, const char *name,
    int64_t value)
{
    if (value >= 0) {
        sandbox_json_writer_number(w, name, (double) value);
    }
}


/* a flat object, so that what was written can be read again */

static int
sandbox_spec_is_flat(const cJSON *item)
{
    const cJSON  *member;

    if (!cJSON_IsObject(item)) {
        return 0;
    }

    cJSON_ArrayForEach(member, item) {
        if (cJSON_IsObject(member) || cJSON_IsArray(member)) {
            return 0;
        }
    }

    return 1;
}
