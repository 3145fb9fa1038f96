
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <string.h>

#include "archive/tar_header.h"


/* old programs add up signed characters */

int
agent_tar_header_checksum(const agent_tar_header_t *h)
{
    size_t       i;
    int64_t      value;
    unsigned     sum, negative;
    const char  *p;

    if (agent_tar_header_field(h->checksum, &value) == -1) {
        return -1;
    }

    sum = agent_tar_checksum(h);

    negative = 0;
    p = (const char *) h;

    for (i = 0; i < AGENT_TAR_BLOCK; i++) {
        negative += (p[i] & 0x80) ? 256 : 0;
    }

    for (i = 0; i < sizeof(h->checksum); i++) {
        negative -= (h->checksum[i] & 0x80) ? 256 : 0;
    }

    return (value == (int64_t) sum
            || value == (int64_t) sum - (int64_t) negative) ? 0 : -1;
}


int
agent_tar_header_number(const char *field, size_t size, int64_t *value)
{
    size_t         i;
    int64_t        n;
    unsigned char  c;

    c = (unsigned char) field[0];

    if (c & 0x80) {
        n = (c & 0x40) ? (int64_t) (c & 0x3f) - 0x40 : (c & 0x3f);

        for (i = 1; i < size; i++) {

            if (n > (INT64_MAX >> 8) || n < -(INT64_MAX >> 8)) {
                return -1;
            }

            n = n * 256 + (unsigned char) field[i];
        }

        *value = n;
        return 0;
    }

    for (i = 0; i < size && field[i] == ' '; i++) {
        /* void */
    }

    for (n = 0; i < size && field[i] >= '0' && field[i] <= '7'; i++) {
        n = n * 8 + (field[i] - '0');
    }

    *value = n;

    return (i == size || field[i] == ' ' || field[i] == '\0') ? 0 : -1;
}


/* a field that is full has no NUL */

char *
agent_tar_header_string(char *p, const char *field, size_t size)
{
    size_t  len;

    len = strnlen(field, size);
    memcpy(p, field, len);

    return p + len;
}


/* the beginning is not one of a tar archive */

int
agent_tar_header_foreign(const agent_tar_header_t *h, size_t len,
    agent_fault_t *f)
{
    size_t  i;

    static const struct {
        const char  *magic;
        size_t       len;
        const char  *name;
    } formats[] = {
        { "BZh", 3, "bzip2" },
        { "\xfd" "7zXZ", 5, "xz" },
        { "\x28\xb5\x2f\xfd", 4, "zstd" },
        { "\x1f\x9d", 2, "compress" },
        { "PK\x03\x04", 4, "zip" }
    };

    for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {

        if (len >= formats[i].len
            && memcmp(h, formats[i].magic, formats[i].len) == 0)
        {
            return agent_fault_set(f, 400, "invalid_request", NULL,
                                   "the body is compressed with %s; send a "
                                   "tar archive, or one compressed with gzip",
                                   formats[i].name);
        }
    }

    return agent_fault_set(f, 400, "invalid_request", NULL,
                           "the body is not a tar archive");
}
