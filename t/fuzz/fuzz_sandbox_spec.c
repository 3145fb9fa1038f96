
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/sandbox_name.h"
#include "lib/sandbox_policy.h"
#include "lib/sandbox_policy_json.h"
#include "lib/sandbox_spec.h"


#define FUZZ_CHECK(truth)  do { if (!(truth)) abort(); } while (0)


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_spec(const char *text, size_t len);
static void fuzz_policy(const char *text, size_t len);
static void fuzz_container(const char *text, size_t len);


/* what parses formats, and parses again to the same */

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_spec((const char *) data, size);
    fuzz_policy((const char *) data, size);
    fuzz_container((const char *) data, size);

    return 0;
}


static void
fuzz_spec(const char *text, size_t len)
{
    char            *out, *again;
    sandbox_spec_t   a, b;

    if (sandbox_spec_parse(text, len, &a) == -1) {
        FUZZ_CHECK(errno == EBADMSG);
        FUZZ_CHECK(a.env == NULL && a.labels == NULL);
        return;
    }

    FUZZ_CHECK(memchr(a.owner, '\0', sizeof(a.owner)) != NULL);
    FUZZ_CHECK(memchr(a.class, '\0', sizeof(a.class)) != NULL);
    FUZZ_CHECK(memchr(a.nonce, '\0', sizeof(a.nonce)) != NULL);
    FUZZ_CHECK(a.run[0] == '\0' && a.class[0] != '\0');
    FUZZ_CHECK(a.sleep_after_ms >= -1 && a.created_ms >= 0);
    FUZZ_CHECK(a.keep_alive >= -1 && a.keep_alive <= 1);

    out = sandbox_spec_format(&a);

    if (out == NULL) {

        /* escapes and members that were absent may make it longer */

        FUZZ_CHECK(errno == EFBIG);
        sandbox_spec_free(&a);
        return;
    }

    FUZZ_CHECK(sandbox_spec_parse(out, strlen(out), &b) == 0);
    FUZZ_CHECK(strcmp(a.owner, b.owner) == 0);
    FUZZ_CHECK(strcmp(a.class, b.class) == 0);
    FUZZ_CHECK(strcmp(a.nonce, b.nonce) == 0);
    FUZZ_CHECK(a.generation == b.generation && a.created_ms == b.created_ms);
    FUZZ_CHECK(a.sleep_after_ms == b.sleep_after_ms);
    FUZZ_CHECK(a.keep_alive == b.keep_alive);
    FUZZ_CHECK(!a.env == !b.env && !a.labels == !b.labels);

    again = sandbox_spec_format(&b);
    FUZZ_CHECK(again && strcmp(out, again) == 0);

    free(out);
    free(again);
    sandbox_spec_free(&a);
    sandbox_spec_free(&b);
}


static void
fuzz_policy(const char *text, size_t len)
{
    char             *out;
    sandbox_policy_t  a, b;

    if (sandbox_policy_json_parse(text, len, &a) == -1) {
        FUZZ_CHECK(errno == EBADMSG);
        return;
    }

    FUZZ_CHECK(sandbox_name_token_valid(a.token, strlen(a.token)));
    FUZZ_CHECK(memchr(a.name, '\0', sizeof(a.name)) != NULL);
    FUZZ_CHECK(memchr(a.host, '\0', sizeof(a.host)) != NULL);

    out = sandbox_policy_json_format(&a);
    FUZZ_CHECK(out != NULL);
    FUZZ_CHECK(sandbox_policy_json_parse(out, strlen(out), &b) == 0);
    FUZZ_CHECK(memcmp(&a, &b, sizeof(sandbox_policy_t)) == 0);

    free(out);
}


static void
fuzz_container(const char *text, size_t len)
{
    char                 *out;
    sandbox_container_t   a, b;

    if (sandbox_spec_parse_container(text, len, &a) == -1) {
        FUZZ_CHECK(errno == EBADMSG);
        return;
    }

    out = sandbox_spec_format_container(&a);
    FUZZ_CHECK(out != NULL);
    FUZZ_CHECK(sandbox_spec_parse_container(out, strlen(out), &b) == 0);
    FUZZ_CHECK(memcmp(&a, &b, sizeof(sandbox_container_t)) == 0);

    free(out);
}
