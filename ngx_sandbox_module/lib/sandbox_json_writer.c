
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdlib.h>
#include <string.h>

#include "lib/sandbox_json_writer.h"
#include "lib/sandbox_time.h"


/* builds JSON in memory, with a sticky error */


static void sandbox_json_begin(sandbox_json_writer_t *w, cJSON *root);
static void sandbox_json_nest(sandbox_json_writer_t *w, const char *name,
    cJSON *item);


void
sandbox_json_writer_start(sandbox_json_writer_t *w)
{
    sandbox_json_begin(w, cJSON_CreateObject());
}


void
sandbox_json_writer_start_array(sandbox_json_writer_t *w)
{
    sandbox_json_begin(w, cJSON_CreateArray());
}


static void
sandbox_json_begin(sandbox_json_writer_t *w, cJSON *root)
{
    w->open[0] = root;
    w->depth = 1;
    w->failed = (root == NULL);
}


cJSON *
sandbox_json_writer_finish(sandbox_json_writer_t *w)
{
    cJSON  *json;

    if (w->failed || w->depth != 1) {
        sandbox_json_writer_drop(w);
        return NULL;
    }

    json = w->open[0];
    w->open[0] = NULL;

    return json;
}


void
sandbox_json_writer_drop(sandbox_json_writer_t *w)
{
    cJSON_Delete(w->open[0]);

    w->open[0] = NULL;
    w->failed = 1;
}


void
sandbox_json_writer_object(sandbox_json_writer_t *w, const char *name)
{
    sandbox_json_nest(w, name, cJSON_CreateObject());
}


void
sandbox_json_writer_array(sandbox_json_writer_t *w, const char *name)
{
    sandbox_json_nest(w, name, cJSON_CreateArray());
}


static void
sandbox_json_nest(sandbox_json_writer_t *w, const char *name, cJSON *item)
{
    sandbox_json_writer_item(w, name, item);

    if (w->failed) {
        return;
    }

    if (w->depth == SANDBOX_JSON_WRITER_DEPTH) {
        w->failed = 1;
        return;
    }

    w->open[w->depth++] = item;
}


void
sandbox_json_writer_close(sandbox_json_writer_t *w)
{
    if (w->failed) {
        return;
    }

    if (w->depth == 1) {
        w->failed = 1;
        return;
    }

    w->depth--;
}


void
sandbox_json_writer_string(sandbox_json_writer_t *w, const char *name,
    const char *value)
{
    sandbox_json_writer_item(w, name, cJSON_CreateString(value));
}


void
sandbox_json_writer_text(sandbox_json_writer_t *w, const char *name,
    const void *data, size_t len)
{
    char   *p;
    cJSON  *item;

    p = malloc(len + 1);
    item = NULL;

    if (p) {
        memcpy(p, data, len);
        p[len] = '\0';

        item = cJSON_CreateString(p);
        free(p);
    }

    sandbox_json_writer_item(w, name, item);
}


void
sandbox_json_writer_number(sandbox_json_writer_t *w, const char *name,
    double value)
{
    sandbox_json_writer_item(w, name, cJSON_CreateNumber(value));
}


void
sandbox_json_writer_bool(sandbox_json_writer_t *w, const char *name, int value)
{
    sandbox_json_writer_item(w, name, cJSON_CreateBool(value));
}


void
sandbox_json_writer_null(sandbox_json_writer_t *w, const char *name)
{
    sandbox_json_writer_item(w, name, cJSON_CreateNull());
}


void
sandbox_json_writer_time(sandbox_json_writer_t *w, const char *name,
    int64_t ms)
{
    char  text[SANDBOX_TIME_LEN];

    sandbox_time_format(ms, text);
    sandbox_json_writer_string(w, name, text);
}


void
sandbox_json_writer_item(sandbox_json_writer_t *w, const char *name,
    cJSON *item)
{
    cJSON  *parent;

    if (!w->failed && item) {

        parent = w->open[w->depth - 1];

        if (name ? cJSON_AddItemToObject(parent, name, item)
                 : cJSON_AddItemToArray(parent, item))
        {
            return;
        }
    }

    w->failed = 1;
    cJSON_Delete(item);
}
