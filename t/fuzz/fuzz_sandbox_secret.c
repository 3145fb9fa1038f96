
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/sandbox_mask.h"
#include "lib/sandbox_query.h"


#define FUZZ_CHECK(truth)  do { if (!(truth)) abort(); } while (0)


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


/* what was stripped is gone, what was masked stays masked, sizes hold */

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char                 value[64];
    char                *buf, *again;
    size_t               n, m;
    const char          *text, *pos;
    sandbox_query_arg_t  arg;

    text = (const char *) data;

    buf = malloc(size ? size : 1);
    FUZZ_CHECK(buf != NULL);

    n = sandbox_query_strip(text, size, SANDBOX_QUERY_SECRET, buf);
    FUZZ_CHECK(n <= size);

    pos = buf;

    while (sandbox_query_next(&pos, buf + n, &arg)) {
        FUZZ_CHECK(!arg.secret);
        FUZZ_CHECK(arg.start <= arg.end && arg.end <= buf + n);
        (void) sandbox_query_value(&arg, value, sizeof(value));
    }

    free(buf);

    buf = malloc(sandbox_mask_size(size));
    FUZZ_CHECK(buf != NULL);

    /* the size that is promised is never reached */

    n = sandbox_mask_url(text, size, buf, sandbox_mask_size(size));
    FUZZ_CHECK(n < sandbox_mask_size(size));

    again = malloc(sandbox_mask_size(n));
    FUZZ_CHECK(again != NULL);

    m = sandbox_mask_url(buf, n, again, sandbox_mask_size(n));
    FUZZ_CHECK(m == n && memcmp(buf, again, n) == 0);

    free(again);

    n = sandbox_mask_host(text, size, buf, sandbox_mask_size(size));
    FUZZ_CHECK(n < sandbox_mask_size(size));

    free(buf);

    return 0;
}
