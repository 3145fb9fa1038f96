
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/sandbox_name.h"


#define FUZZ_CHECK(truth)  do { if (!(truth)) abort(); } while (0)


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


/* what parses is within its bounds, formats back, and is masked */

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int              n;
    char             buf[SANDBOX_LABEL_MAX + 1];
    size_t           start, len;
    const char      *text;
    sandbox_label_t  label;

    text = (const char *) data;

    if (sandbox_name_label_token(text, size, &start, &len)) {
        FUZZ_CHECK(start > 1 && len > 0);
        FUZZ_CHECK(start < size && len <= size - start);
        FUZZ_CHECK(memchr(text + start, '.', len) == NULL);
    }

    (void) sandbox_name_session_valid(text, size);

    if (!sandbox_name_label_parse(text, size, &label)) {
        return 0;
    }

    FUZZ_CHECK(label.port >= SANDBOX_PORT_MIN);
    FUZZ_CHECK(label.id_len == strlen(label.id));
    FUZZ_CHECK(label.token_len == strlen(label.token));
    FUZZ_CHECK(sandbox_name_id_valid(label.id, label.id_len));
    FUZZ_CHECK(sandbox_name_token_valid(label.token, label.token_len));

    n = snprintf(buf, sizeof(buf), "%u-%s-%s", (unsigned) label.port,
                 label.id, label.token);

    FUZZ_CHECK(n > 0 && (size_t) n == size && size < sizeof(buf));
    FUZZ_CHECK(strncasecmp(buf, text, size) == 0);

    FUZZ_CHECK(sandbox_name_label_token(text, size, &start, &len));
    FUZZ_CHECK(len == label.token_len && start + len == size);

    return 0;
}
