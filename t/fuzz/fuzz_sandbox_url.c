
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/sandbox_policy_grammar.h"
#include "lib/sandbox_url.h"


#define FUZZ_CHECK(truth)  do { if (!(truth)) abort(); } while (0)


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


/* the parts of a URL, put together, are the URL */

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t         len;
    sandbox_url_t  url;

    if (!sandbox_url_parse((const char *) data, size, &url)) {
        FUZZ_CHECK(!sandbox_policy_grammar_origin((const char *) data, size));
        return 0;
    }

    FUZZ_CHECK(url.scheme.data == (const char *) data);
    FUZZ_CHECK(url.host.data == url.scheme.data + url.scheme.len + 3);
    FUZZ_CHECK(url.rest.data + url.rest.len == (const char *) data + size);

    len = url.host.len + (url.has_port ? 1 + url.port.len : 0);

    FUZZ_CHECK(url.host.data + len == url.rest.data);
    FUZZ_CHECK(memchr(url.host.data, '/', len) == NULL);
    FUZZ_CHECK(sandbox_url_port(&url) <= 65535);

    return 0;
}
