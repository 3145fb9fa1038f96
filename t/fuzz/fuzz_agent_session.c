
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "run/env.h"
#include "session/pipes.h"
#include "session/script.h"


/* what a shell is told of a call, and what it says */


#define FUZZ_CHECK(truth)  do { if (!(truth)) abort(); } while (0)


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_words(const uint8_t *data, size_t size);
static void fuzz_base64(const char *text, size_t size);
static void fuzz_call(const char *text);
static void fuzz_text(const char *text, size_t least);


/* of env.c, which would bring all of the agent along */

const char *
agent_env_image(const char *name)
{
    return name[0] == 'H' ? "/root" : NULL;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char  *text;

    text = malloc(size + 1);
    FUZZ_CHECK(text != NULL);

    memcpy(text, data, size);
    text[size] = '\0';

    fuzz_words(data, size);
    fuzz_base64(text, size);
    fuzz_call(text);

    free(text);

    return 0;
}


static void
fuzz_words(const uint8_t *data, size_t size)
{
    size_t                 i;
    agent_script_report_t  w;

    memset(&w, 0, sizeof(agent_script_report_t));

    for (i = 0; i < size; i++) {

        switch (agent_script_report(&w, data[i])) {

        case 1:
            FUZZ_CHECK(data[i] == ';');
            FUZZ_CHECK(w.what == 's' || w.what == 'p');
            FUZZ_CHECK(w.number >= 0 && w.digits > 0 && w.digits <= 9);
            w.what = '\0';
            break;

        case -1:
            /* nothing is left over from nonsense */
            FUZZ_CHECK(w.what == '\0');
        }
    }
}


static void
fuzz_base64(const char *text, size_t size)
{
    char     *bytes, *again;
    ssize_t   n;

    bytes = malloc(size + 1);
    again = malloc(agent_base64_len(size) + 1);
    FUZZ_CHECK(bytes != NULL && again != NULL);

    n = agent_base64_decode(bytes, text, size);
    FUZZ_CHECK(n >= -1 && n <= (ssize_t) size);

    /* what was encoded comes back */

    n = agent_base64(again, text, size);
    free(bytes);
    bytes = malloc(n + 1);
    FUZZ_CHECK(bytes != NULL);
    FUZZ_CHECK(agent_base64_decode(bytes, again, n) == (ssize_t) size);
    FUZZ_CHECK(memcmp(bytes, text, size) == 0);

    free(bytes);
    free(again);
}


static void
fuzz_call(const char *text)
{
    int                   i;
    char                 *out, *all, *line;
    json_t               *was, *is;
    const char           *env[5];
    agent_script_call_t   call;

    memset(&call, 0, sizeof(agent_script_call_t));

    env[0] = "A";
    env[1] = text;
    env[2] = "B";
    env[3] = NULL;
    env[4] = NULL;

    /* every member there or not, for both shells */

    for (i = 0; i < 32; i++) {
        call.line = text;
        call.cwd = i & 1 ? text : NULL;
        call.env = i & 2 ? env : NULL;
        call.marker = i & 4 ? "0123abcd.1f" : NULL;
        call.stdin_name = i & 8 ? AGENT_PIPES_INPUT : NULL;

        out = agent_script_text(i & 16 ? AGENT_SCRIPT_SH : AGENT_SCRIPT_BASH,
                                "/d", &call);
        FUZZ_CHECK(out != NULL);
        fuzz_text(out, i & 3 ? strlen(text) : 0);

        line = agent_script_line(i & 16 ? AGENT_SCRIPT_SH : AGENT_SCRIPT_BASH,
                                 text);
        FUZZ_CHECK(line != NULL && line[0] != '\0');

        if (i & 16) {
            fuzz_text(line, strlen(text));

        } else {
            FUZZ_CHECK(text[0] == '\0' || strcmp(line, text) == 0);
        }

        was = json_object();
        is = json_object();
        json_object_set_new(was, "A", json_string(text));
        json_object_set_new(was, "H", json_null());
        json_object_set_new(is, "B", json_string(text));

        all = agent_script_follow(i & 16 ? AGENT_SCRIPT_SH : AGENT_SCRIPT_BASH,
                                  "/d", was, is, out);
        FUZZ_CHECK(all != NULL && strlen(all) > strlen(out));
        fuzz_text(all, strlen(text));

        json_decref(was);
        json_decref(is);
        free(all);
        free(line);
        free(out);
    }
}


/* quotes are closed, so that nothing of a user's stands outside of them */

static void
fuzz_text(const char *text, size_t least)
{
    int          single, twice;
    const char  *p;

    FUZZ_CHECK(strlen(text) >= least);

    single = 0;
    twice = 0;

    for (p = text; *p; p++) {

        if (single) {
            single = (*p != '\'');

        } else if (*p == '\\') {
            p++;
            FUZZ_CHECK(*p != '\0');

        } else if (*p == '"') {
            twice = !twice;

        } else if (*p == '\'' && !twice) {
            single = 1;

        } else {
            FUZZ_CHECK((unsigned char) *p >= ' '
                       && (unsigned char) *p < 127);
        }

        FUZZ_CHECK(*p != '\n');
    }

    FUZZ_CHECK(!single && !twice);
}
