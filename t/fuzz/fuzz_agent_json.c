
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "base/base64.h"
#include "base/fault.h"
#include "base/json.h"
#include "base/json_text.h"
#include "base/path.h"
#include "base/utf8.h"
#include "control/options.h"
#include "run/env.h"
#include "session/session.h"
#include "sys/spawn.h"


/* bodies of exec, packets of control, and the text that answers are made of */


#define FUZZ_CHECK(truth)  do { if (!(truth)) abort(); } while (0)


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_text(const char *text, size_t len);
static void fuzz_path(const char *text);


void
agent_spawn_limit_files(uint64_t n)
{
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char               *text;
    json_t            *json;
    size_t             i;
    uint64_t           ms;
    const char        *what, **env;
    agent_fault_t      fault;
    agent_options_t    options;

    text = malloc(size + 1);
    FUZZ_CHECK(text != NULL);

    memcpy(text, data, size);
    text[size] = '\0';

    fuzz_text(text, size);
    fuzz_path(text);

    (void) agent_session_name_valid(text);

    json = json_loadb(text, size, JSON_ALLOW_NUL, NULL);

    free(text);

    if (json == NULL) {
        return 0;
    }

    if (agent_json_ms(json, "timeout_ms", &ms, &fault) == 0) {
        FUZZ_CHECK(ms <= 365ULL * 24 * 3600 * 1000);
    }

    if (agent_env_parse(json, &env, &fault) == 0 && env) {

        for (i = 0; env[i]; i += 2) {
            FUZZ_CHECK(agent_env_name(env[i]));
        }

        free(env);
    }

    if (agent_options_parse(&options, json, &what) == 0) {

        for (i = 0; options.env && options.env[i]; i++) {
            FUZZ_CHECK(strchr(options.env[i], '='));
        }

        agent_options_free(&options);
    }

    json_decref(json);

    return 0;
}


static void
fuzz_text(const char *text, size_t len)
{
    char    *out, *again;
    size_t   n, tail;
    json_t  *json;

    /* exactly as much as was asked for */

    n = agent_json_text_len(text, len);
    FUZZ_CHECK(n <= len * AGENT_JSON_TEXT_ESCAPE);

    out = malloc(n + 2);
    FUZZ_CHECK(out != NULL);

    out[0] = '"';
    FUZZ_CHECK(agent_json_text_escape(out + 1, text, len) == n);
    out[n + 1] = '"';

    /* what comes out is JSON, and the same where nothing was lost */

    json = json_loadb(out, n + 2, JSON_DECODE_ANY|JSON_ALLOW_NUL, NULL);
    FUZZ_CHECK(json_is_string(json));

    if (agent_utf8_valid(text, len)) {
        FUZZ_CHECK(json_string_length(json) == len
                   && memcmp(json_string_value(json), text, len) == 0);
    }

    json_decref(json);
    free(out);

    /* a character cut short is the beginning of one */

    tail = agent_utf8_incomplete(text, len);
    FUZZ_CHECK(tail <= 3 && tail <= len);
    FUZZ_CHECK(tail == 0 || !agent_utf8_valid(text + len - tail, tail));

    again = malloc(agent_base64_len(len) + 1);
    FUZZ_CHECK(again != NULL);
    FUZZ_CHECK(agent_base64(again, text, len) == agent_base64_len(len));
    free(again);
}


static void
fuzz_path(const char *text)
{
    char  one[256], two[256];

    if (agent_path_normalize(one, sizeof(one), AGENT_WORKSPACE, text) != 0) {
        return;
    }

    FUZZ_CHECK(one[0] == '/' && strlen(one) < sizeof(one));
    FUZZ_CHECK(strstr(one, "//") == NULL && strstr(one, "/../") == NULL);

    /* what is normal stays as it is */

    FUZZ_CHECK(agent_path_normalize(two, sizeof(two), "/", one) == 0);
    FUZZ_CHECK(strcmp(one, two) == 0);
}
