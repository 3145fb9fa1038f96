
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <string.h>

#include "lib/sandbox_mask.h"
#include "lib/sandbox_name.h"
#include "lib/sandbox_query.h"


#define SANDBOX_MASK  "***"


typedef struct {
    char    *pos;
    char    *end;
} sandbox_mask_out_t;


static void sandbox_mask_put(sandbox_mask_out_t *out, const char *text,
    size_t len);
static void sandbox_mask_put_host(sandbox_mask_out_t *out, const char *host,
    size_t len);
static void sandbox_mask_put_args(sandbox_mask_out_t *out, const char *args,
    size_t len);


static void
sandbox_mask_put(sandbox_mask_out_t *out, const char *text, size_t len)
{
    if (len > (size_t) (out->end - out->pos)) {
        len = out->end - out->pos;
    }

    memcpy(out->pos, text, len);
    out->pos += len;
}


static void
sandbox_mask_put_host(sandbox_mask_out_t *out, const char *host, size_t len)
{
    size_t  start, n;

    if (!sandbox_name_label_token(host, len, &start, &n)) {
        sandbox_mask_put(out, host, len);
        return;
    }

    sandbox_mask_put(out, host, start);
    sandbox_mask_put(out, SANDBOX_MASK, sizeof(SANDBOX_MASK) - 1);
    sandbox_mask_put(out, host + start + n, len - start - n);
}


static void
sandbox_mask_put_args(sandbox_mask_out_t *out, const char *args, size_t len)
{
    const char          *pos, *end;
    sandbox_query_arg_t  arg;

    pos = args;
    end = args + len;

    while (sandbox_query_next(&pos, end, &arg)) {

        if (arg.start != args) {
            sandbox_mask_put(out, "&", 1);
        }

        if (!arg.secret || arg.value == NULL) {
            sandbox_mask_put(out, arg.start, arg.end - arg.start);
            continue;
        }

        sandbox_mask_put(out, arg.start, arg.value - arg.start);
        sandbox_mask_put(out, SANDBOX_MASK, sizeof(SANDBOX_MASK) - 1);
    }
}


size_t
sandbox_mask_url(const char *text, size_t len, char *buf, size_t size)
{
    size_t              n;
    const char         *p, *end;
    sandbox_mask_out_t  out;

    out.pos = buf;
    out.end = buf + size;

    p = text;
    end = text + len;

    /* every "//host" and every "?arguments", at any position */

    while (p < end) {

        if (*p == '/' && end - p > 2 && p[1] == '/') {
            sandbox_mask_put(&out, "//", 2);
            p += 2;

            for (n = 0; p + n < end; n++) {
                if (strchr("/?# \"", p[n]) != NULL) {
                    break;
                }

                if (p[n] == '@') {
                    sandbox_mask_put(&out, p, n + 1);
                    p += n + 1;
                    n = (size_t) -1;
                }
            }

            sandbox_mask_put_host(&out, p, n);
            p += n;
            continue;
        }

        if (*p == '?') {
            sandbox_mask_put(&out, "?", 1);
            p++;

            for (n = 0; p + n < end; n++) {
                if (strchr("# \"", p[n]) != NULL) {
                    break;
                }
            }

            sandbox_mask_put_args(&out, p, n);
            p += n;
            continue;
        }

        sandbox_mask_put(&out, p, 1);
        p++;
    }

    return out.pos - buf;
}


size_t
sandbox_mask_host(const char *host, size_t len, char *buf, size_t size)
{
    sandbox_mask_out_t  out;

    out.pos = buf;
    out.end = buf + size;

    sandbox_mask_put_host(&out, host, len);

    return out.pos - buf;
}
