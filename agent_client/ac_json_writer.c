
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ac_json_writer.h"


static void ac_json_writer_value(ac_json_writer_t *w, const char *name);
static void ac_json_writer_quoted(ac_json_writer_t *w, const char *text);
static void ac_json_writer_append(ac_json_writer_t *w, const char *text,
    size_t len);


void
ac_json_writer_object(ac_json_writer_t *w, const char *name)
{
    ac_json_writer_value(w, name);
    ac_json_writer_append(w, "{", 1);
    w->comma = 0;
}


void
ac_json_writer_object_end(ac_json_writer_t *w)
{
    ac_json_writer_append(w, "}", 1);
    w->comma = 1;
}


void
ac_json_writer_array(ac_json_writer_t *w, const char *name)
{
    ac_json_writer_value(w, name);
    ac_json_writer_append(w, "[", 1);
    w->comma = 0;
}


void
ac_json_writer_array_end(ac_json_writer_t *w)
{
    ac_json_writer_append(w, "]", 1);
    w->comma = 1;
}


void
ac_json_writer_string(ac_json_writer_t *w, const char *name,
    const char *value)
{
    ac_json_writer_value(w, name);
    ac_json_writer_quoted(w, value);
}


void
ac_json_writer_integer(ac_json_writer_t *w, const char *name, int64_t value)
{
    char  buf[24];

    (void) snprintf(buf, sizeof(buf), "%lld", (long long) value);

    ac_json_writer_raw(w, name, buf);
}


void
ac_json_writer_bool(ac_json_writer_t *w, const char *name, int value)
{
    ac_json_writer_raw(w, name, value ? "true" : "false");
}


void
ac_json_writer_raw(ac_json_writer_t *w, const char *name, const char *json)
{
    if (json == NULL) {
        w->failed = 1;
        return;
    }

    ac_json_writer_value(w, name);
    ac_json_writer_append(w, json, strlen(json));
}


void
ac_json_writer_strings(ac_json_writer_t *w, const char *name,
    const char *const *values)
{
    ac_json_writer_array(w, name);

    while (*values) {
        ac_json_writer_string(w, NULL, *values++);
    }

    ac_json_writer_array_end(w);
}


char *
ac_json_writer_finish(ac_json_writer_t *w)
{
    char  *text;

    ac_json_writer_append(w, "", 1);

    text = w->text;

    if (w->failed) {
        free(text);
        text = NULL;
    }

    memset(w, 0, sizeof(ac_json_writer_t));

    return text;
}


static void
ac_json_writer_value(ac_json_writer_t *w, const char *name)
{
    if (w->comma) {
        ac_json_writer_append(w, ",", 1);
    }

    if (name) {
        ac_json_writer_quoted(w, name);
        ac_json_writer_append(w, ":", 1);
    }

    w->comma = 1;
}


static void
ac_json_writer_quoted(ac_json_writer_t *w, const char *text)
{
    char         escape[8];
    const char  *p;

    static const char  plain[] = "\b\f\n\r\t\"\\";
    static const char  letter[] = "bfnrt\"\\";

    ac_json_writer_append(w, "\"", 1);

    for (p = text; *text; text = p) {

        while ((unsigned char) *p >= 0x20 && *p != '"' && *p != '\\') {
            p++;
        }

        ac_json_writer_append(w, text, (size_t) (p - text));

        if (*p == '\0') {
            break;
        }

        if (strchr(plain, *p)) {
            escape[0] = '\\';
            escape[1] = letter[strchr(plain, *p) - plain];
            escape[2] = '\0';

        } else {
            (void) snprintf(escape, sizeof(escape), "\\u%04x",
                            (unsigned char) *p);
        }

        ac_json_writer_append(w, escape, strlen(escape));
        p++;
    }

    ac_json_writer_append(w, "\"", 1);
}


static void
ac_json_writer_append(ac_json_writer_t *w, const char *text, size_t len)
{
    char    *grown;
    size_t   size;

    if (w->failed) {
        return;
    }

    if (w->size - w->len < len) {
        size = w->size ? w->size : 512;

        while (size - w->len < len) {
            size *= 2;
        }

        grown = realloc(w->text, size);
        if (grown == NULL) {
            w->failed = 1;
            return;
        }

        w->text = grown;
        w->size = size;
    }

    memcpy(w->text + w->len, text, len);
    w->len += len;
}
