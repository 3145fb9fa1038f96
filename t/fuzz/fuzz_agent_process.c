
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/fault.h"
#include "base/pattern.h"
#include "net/probe.h"
#include "process/params.h"
#include "run/log.h"


/* bodies of the process routes, and the patterns in them */


#define FUZZ_CHECK(truth)  do { if (!(truth)) abort(); } while (0)


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_start(json_t *json);
static void fuzz_others(json_t *json);
static void fuzz_pattern(agent_pattern_t *p, const char *text, size_t len);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char              error[256], *text;
    json_t           *json;
    size_t            half;
    uint64_t          offset;
    agent_pattern_t  *p;

    text = malloc(size + 1);
    FUZZ_CHECK(text != NULL);

    memcpy(text, data, size);
    text[size] = '\0';

    (void) agent_process_params_id(text);

    if (agent_process_params_offset(text, &offset) == 0) {
        FUZZ_CHECK(offset < 1000000000000000ULL);
    }

    json = json_loadb(text, size, JSON_ALLOW_NUL, NULL);

    if (json) {
        fuzz_start(json);
        fuzz_others(json);
        json_decref(json);

    } else {

        /* one half is looked for in the other, which is short */

        half = size / 2;

        p = agent_pattern_text(text, half, error, sizeof(error));
        fuzz_pattern(p, text + half, size - half);

        if (size - half > 64) {
            half = size - 64;
        }

        p = agent_pattern_regex(text, half, error, sizeof(error));
        fuzz_pattern(p, text + half, size - half);
    }

    free(text);

    return 0;
}


static void
fuzz_start(json_t *json)
{
    agent_fault_t                  fault;
    agent_process_params_start_t   start;

    fault.message[0] = '\0';

    if (agent_process_params_start(json, &start, &fault) != 0) {
        FUZZ_CHECK(fault.message[0] != '\0');
        FUZZ_CHECK(start.env == NULL && start.cwd == NULL);
        return;
    }

    FUZZ_CHECK(start.command != NULL && start.command[0] != '\0');
    FUZZ_CHECK(start.id == NULL || agent_process_params_id(start.id));
    FUZZ_CHECK(start.cwd == NULL || start.cwd[0] == '/');
    FUZZ_CHECK(start.log_bytes >= AGENT_RUN_LOG_MIN
               && start.log_bytes <= AGENT_PROCESS_LOG_MAX
               && start.log_bytes % AGENT_RUN_LOG_BLOCK == 0);

    agent_process_params_free(&start);
}


static void
fuzz_others(json_t *json)
{
    int                             sig;
    agent_fault_t                   fault;
    agent_probe_port_t              port;
    agent_process_params_input_t    in;
    agent_process_params_search_t   search;

    if (agent_process_params_signal(json, &sig, &fault) == 0) {
        FUZZ_CHECK(sig >= 1 && sig <= 64);
    }

    if (agent_process_params_port(json, &port, &fault) == 0) {
        FUZZ_CHECK(port.port != 0);
        FUZZ_CHECK(port.status_min <= port.status_max);
        FUZZ_CHECK(port.status_min >= 100 && port.status_max <= 599);
        FUZZ_CHECK(strpbrk(port.path, " \r\n") == NULL);
    }

    if (agent_process_params_input(json, &in, &fault) == 0) {
        FUZZ_CHECK(in.data != NULL || in.close);
        free(in.data);
    }

    if (agent_process_params_search(json, &search, &fault) == 0) {
        FUZZ_CHECK(search.stream >= 0 && search.stream <= 2);
        fuzz_pattern(search.pattern, search.text, strlen(search.text) % 64);
    }
}


static void
fuzz_pattern(agent_pattern_t *p, const char *text, size_t len)
{
    size_t                  i;
    ssize_t                 whole, step;
    agent_pattern_state_t   state;

    if (p == NULL) {
        return;
    }

    agent_pattern_begin(&state);
    whole = agent_pattern_feed(p, &state, text, len);

    FUZZ_CHECK(whole >= -1 && whole <= (ssize_t) len);

    /* in pieces a match comes no later */

    agent_pattern_begin(&state);

    for (i = 0, step = -1; i < len && step == -1; i++) {
        step = agent_pattern_feed(p, &state, text + i, 1);
    }

    FUZZ_CHECK(whole == -1 || step != -1);
    (void) agent_pattern_end(p, &state);

    agent_pattern_free(p);
}
