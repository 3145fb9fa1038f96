
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/keys.h"
#include "host/text.h"


static int selftest_keys_line(selftest_keys_t *keys, char *line,
    const char *name);


int
selftest_keys_read(selftest_keys_t *keys, const char *file, const char *name,
    char **error)
{
    int     admin;
    FILE   *f;
    char   *line;
    size_t  size;

    memset(keys, 0, sizeof(selftest_keys_t));

    f = fopen(file, "re");

    if (f == NULL) {
        *error = selftest_text_format("%s: %s", file, strerror(errno));
        return -1;
    }

    line = NULL;
    size = 0;
    admin = 0;

    while (getline(&line, &size, f) != -1) {

        if (selftest_keys_line(keys, line, name) && !admin) {
            admin = 1;
            keys->chosen = keys->keys[keys->n - 1];
        }
    }

    /* it had keys */

    if (line) {
        explicit_bzero(line, size);
    }

    free(line);
    (void) fclose(f);

    if (keys->chosen == NULL && name == NULL && keys->n) {
        keys->chosen = keys->keys[0];
    }

    if (keys->chosen) {
        return 0;
    }

    if (name) {
        *error = selftest_text_format("%s has no key of the name \"%s\"", file,
                                      name);
    } else {
        *error = selftest_text_format("%s has no key", file);
    }

    return -1;
}


/* whether it is the key that is wanted: NAME:KEY[:OPTION]... */

static int
selftest_keys_line(selftest_keys_t *keys, char *line, const char *name)
{
    char  *p, *key, *rest;

    p = line + strspn(line, " \t");
    p[strcspn(p, "#\r\n")] = '\0';

    for (rest = p + strlen(p); rest > p && rest[-1] <= ' '; rest--) {
        rest[-1] = '\0';
    }

    if (*p == '\0' || keys->n == SELFTEST_KEYS_MAX) {
        return 0;
    }

    key = strchr(p, ':');

    if (key == NULL) {
        keys->keys[keys->n++] = selftest_text_format("%s", p);
        return 0;
    }

    *key++ = '\0';
    rest = key + strcspn(key, ":");

    keys->keys[keys->n++] = selftest_text_format("%.*s", (int) (rest - key),
                                                 key);

    if (name) {
        return strcmp(p, name) == 0;
    }

    return strcmp(rest, ":admin") == 0 || strncmp(rest, ":admin:", 7) == 0
           || strstr(rest, ":admin:") != NULL
           || (strlen(rest) > 6
               && strcmp(rest + strlen(rest) - 6, ":admin") == 0);
}
