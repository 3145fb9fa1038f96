
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/sandbox_mask.h"
#include "lib/sandbox_name.h"


#define FUZZ_CHECK(truth)  do { if (!(truth)) abort(); } while (0)


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


/* what parses is within its bounds, formats back, and is masked */

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int              n;
    char             buf[SANDBOX_LABEL_MAX + 1];
    char             masked[SANDBOX_LABEL_MAX * 2 + 8];
    size_t           len;
    const char      *text;
    sandbox_label_t  label;

    text = (const char *) data;

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

    len = sandbox_mask_host(text, size, masked, sizeof(masked));

    FUZZ_CHECK(len == size - label.token_len + 3);
    FUZZ_CHECK(memcmp(masked, text, len - 3) == 0);
    FUZZ_CHECK(memcmp(masked + len - 3, "***", 3) == 0);

    return 0;
}
