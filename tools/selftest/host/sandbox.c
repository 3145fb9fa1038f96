
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "host/arguments.h"
#include "host/inside.h"
#include "host/sandbox.h"
#include "host/search.h"
#include "host/text.h"
#include "host/trial.h"


#define SELFTEST_SANDBOX_AGE  "1h"


static void selftest_sandbox_steps(selftest_trial_t *t);
static int selftest_sandbox_create(selftest_trial_t *t, char *id);
static int selftest_sandbox_upload(selftest_trial_t *t, const char *id);
static void selftest_sandbox_afterwards(selftest_trial_t *t);
static void selftest_sandbox_destroy(selftest_trial_t *t);


/* the program that runs inside, see selftest.mk */

__asm__(".section .rodata\n"
        ".balign 8\n"
        "selftest_prober_len:\n"
        ".quad 1f - selftest_prober\n"
        "selftest_prober:\n"
        ".incbin \"" SELFTEST_PROBER "\"\n"
        "1:\n"
        ".byte 0\n"
        ".previous\n");

extern const char      selftest_prober[];
extern const uint64_t  selftest_prober_len;


void
selftest_sandbox_try(selftest_run_t *run, const selftest_class_t *class,
    selftest_results_t *results)
{
    unsigned          i;
    selftest_trial_t  t;

    memset(&t, 0, sizeof(selftest_trial_t));

    t.run = run;
    t.class = class;
    t.results = results;

    selftest_machine_open(&t.machine);

    selftest_sandbox_steps(&t);
    selftest_sandbox_destroy(&t);

    selftest_machine_close(&t.machine);

    for (i = 0; i < t.nargs; i++) {
        free(t.args[i]);
    }

    free(t.boot);
    free(t.token);
    free(t.port_key);
}


static void
selftest_sandbox_steps(selftest_trial_t *t)
{
    selftest_trial_step(t, "starting two sandboxes");

    if (selftest_sandbox_create(t, t->a) == -1
        || selftest_sandbox_create(t, t->b) == -1
        || selftest_sandbox_upload(t, t->a) == -1
        || selftest_sandbox_upload(t, t->b) == -1)
    {
        return;
    }

    selftest_trial_arg(t, "/" SELFTEST_TRIAL_PROBER);
    selftest_trial_arg(t, "check");
    selftest_arguments_sysctl(t);

    if (selftest_inside_hold(t) == -1 || selftest_arguments_limits(t) == -1) {
        return;
    }

    selftest_arguments_facts(t);
    selftest_search_expose(t);

    /* before anything inside may have changed */

    if (selftest_search(t) == -1 || selftest_inside_check(t) == -1) {
        return;
    }

    selftest_sandbox_afterwards(t);
}


static int
selftest_sandbox_create(selftest_trial_t *t, char *id)
{
    char      *json;
    long       status;
    unsigned   random[2];

    if (getrandom(random, sizeof(random), 0) != sizeof(random)) {
        t->results->error = selftest_text_format("no random numbers");
        return -1;
    }

    snprintf(id, sizeof(t->a), "selftest-%08x%08x", random[0], random[1]);

    json = selftest_text_format("{\"id\":\"%s\",\"class\":\"%s\","
                                "\"keepAlive\":true,"
                                "\"maxAge\":\"" SELFTEST_SANDBOX_AGE "\"}",
                                id, t->class->name);
    status = selftest_api_call(t->run->api, "POST", "/v1/sandbox", json);
    free(json);

    if (status == 400) {

        /* the class itself has a lower age */

        json = selftest_text_format("{\"id\":\"%s\",\"class\":\"%s\","
                                    "\"keepAlive\":true}",
                                    id, t->class->name);
        status = selftest_api_call(t->run->api, "POST", "/v1/sandbox", json);
        free(json);
    }

    if (status != 200) {
        *id = '\0';
        return selftest_trial_error(t, "cannot create a sandbox");
    }

    return 0;
}


/* the first call starts the sandbox */

static int
selftest_sandbox_upload(selftest_trial_t *t, const char *id)
{
    char  *path;
    long   status;

    path = selftest_text_format("/v1/sandbox/%s/file/" SELFTEST_TRIAL_PROBER,
                                id);
    status = selftest_api_put(t->run->api, path, selftest_prober,
                              selftest_prober_len);
    free(path);

    if (status != 200) {
        return selftest_trial_error(t, "cannot start a sandbox");
    }

    path = selftest_text_format("/v1/sandbox/%s/api/chmod", id);
    status = selftest_api_call(t->run->api, "POST", path,
                               "{\"path\":\"/" SELFTEST_TRIAL_PROBER "\","
                               "\"mode\":\"0755\"}");
    free(path);

    if (status != 200) {
        return selftest_trial_error(t, "cannot upload the program");
    }

    return 0;
}


static void
selftest_sandbox_afterwards(selftest_trial_t *t)
{
    char        *path, *text;
    const char  *address;

    while ((address = selftest_machine_received(&t->machine)) != NULL) {
        text = selftest_text_format("the host at %s is reached by UDP",
                                    address);
        selftest_trial_row(t, "host-network", SELFTEST_FAILED, text);
        free(text);
    }

    path = selftest_text_format("/v1/sandbox/%s/api/ping", t->a);

    if (selftest_api_call(t->run->api, "GET", path, NULL) != 200) {
        selftest_trial_row(t, "agent-signals", SELFTEST_FAILED,
                           "the agent does not answer any more");
    }

    free(path);
}


/* also when interrupted */

static void
selftest_sandbox_destroy(selftest_trial_t *t)
{
    int          i, interrupted;
    char        *path;
    const char  *id;

    selftest_trial_step(t, "destroying the sandboxes");

    interrupted = selftest_api_interrupted;
    selftest_api_interrupted = 0;

    for (i = 0; i < 2; i++) {
        id = i ? t->b : t->a;

        if (*id == '\0') {
            continue;
        }

        path = selftest_text_format("/v1/sandbox/%s", id);

        if (selftest_api_call(t->run->api, "DELETE", path, NULL) != 204
            && t->results->error == NULL)
        {
            (void) selftest_trial_error(t, "cannot destroy a sandbox");
        }

        free(path);
    }

    selftest_api_interrupted |= interrupted;
}
