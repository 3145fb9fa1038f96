
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <sys/types.h>

#include "lib/sandbox_name.h"


#define SANDBOX_RANDOM_BYTES   16
#define SANDBOX_TOKEN_BYTES    10


static int sandbox_lower(int c);
static int sandbox_is_id(int c);
static int sandbox_is_token(int c);
static int sandbox_random_text(char *buf, size_t bytes);


static const sandbox_text_t  sandbox_reserved[] = {
    { "www", 3 },
    { "api", 3 },
    { "admin", 5 },
    { "root", 4 },
    { "system", 6 },

    /* the file of that name in the state directory */
    { "instance", 8 },
    { NULL, 0 }
};


int
sandbox_name_chars(const char *text, size_t len, size_t min, size_t max,
    const char *others)
{
    char         c;
    size_t       i;
    const char  *p;

    if (len < min || len > max) {
        return 0;
    }

    for (i = 0; i < len; i++) {
        c = text[i];

        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
            || (c >= '0' && c <= '9'))
        {
            continue;
        }

        for (p = others; *p && *p != c; p++) { /* void */ }

        if (*p == '\0') {
            return 0;
        }
    }

    return 1;
}


int
sandbox_name_id_valid(const char *text, size_t len)
{
    size_t                 i;
    const sandbox_text_t  *name;

    if (len == 0 || len > SANDBOX_ID_MAX) {
        return 0;
    }

    for (i = 0; i < len; i++) {
        if (!sandbox_is_id(text[i])) {
            return 0;
        }
    }

    if (text[0] == '-' || text[len - 1] == '-') {
        return 0;
    }

    for (name = sandbox_reserved; name->data; name++) {
        if (len == name->len && memcmp(text, name->data, len) == 0) {
            return 0;
        }
    }

    return 1;
}


unsigned
sandbox_name_port_parse(const char *text, size_t len)
{
    size_t    i;
    unsigned  port;

    if (len < 4 || len > 5 || text[0] == '0') {
        return 0;
    }

    port = 0;

    for (i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return 0;
        }

        port = port * 10 + (unsigned) (text[i] - '0');
    }

    if (port < SANDBOX_PORT_MIN || port > SANDBOX_PORT_MAX) {
        return 0;
    }

    return port;
}


int
sandbox_name_token_valid(const char *text, size_t len)
{
    size_t  i;

    if (len == 0 || len > SANDBOX_TOKEN_MAX) {
        return 0;
    }

    for (i = 0; i < len; i++) {
        if (!sandbox_is_token(text[i])) {
            return 0;
        }
    }

    return 1;
}


int
sandbox_name_session_valid(const char *text, size_t len)
{
    int     c;
    size_t  i;

    if (len == 0 || len > 128) {
        return 0;
    }

    for (i = 0; i < len; i++) {
        c = sandbox_lower(text[i]);

        if (c == '.') {
            if (i && text[i - 1] == '.') {
                return 0;
            }

            continue;
        }

        if (!sandbox_is_id(c) && c != '_') {
            return 0;
        }
    }

    return 1;
}


int
sandbox_name_label_parse(const char *text, size_t len, sandbox_label_t *label)
{
    size_t       i, id_len, token_len;
    unsigned     port;
    const char  *first, *last;

    if (len == 0 || len > SANDBOX_LABEL_MAX) {
        return 0;
    }

    first = memchr(text, '-', len);
    if (first == NULL) {
        return 0;
    }

    last = memrchr(text, '-', len);
    if (last == first) {
        return 0;
    }

    port = sandbox_name_port_parse(text, (size_t) (first - text));
    if (port == 0) {
        return 0;
    }

    id_len = (size_t) (last - first) - 1;
    token_len = (size_t) (text + len - last) - 1;

    if (id_len > SANDBOX_ID_MAX || token_len > SANDBOX_TOKEN_MAX) {
        return 0;
    }

    for (i = 0; i < id_len; i++) {
        label->id[i] = (char) sandbox_lower(first[1 + i]);
    }

    for (i = 0; i < token_len; i++) {
        label->token[i] = (char) sandbox_lower(last[1 + i]);
    }

    label->id[id_len] = '\0';
    label->token[token_len] = '\0';

    if (!sandbox_name_id_valid(label->id, id_len)
        || !sandbox_name_token_valid(label->token, token_len))
    {
        return 0;
    }

    label->port = (uint16_t) port;
    label->id_len = id_len;
    label->token_len = token_len;

    return 1;
}


int
sandbox_name_equal(const char *secret, size_t secret_len, const char *text,
    size_t len)
{
    size_t                   i, inside;
    volatile unsigned char   diff;

    if (secret_len == 0) {
        return len == 0;
    }

    diff = (secret_len != len);

    /* all of the text, and behind the secret's end its first byte */

    for (i = 0; i < len; i++) {
        inside = (size_t) 0 - (i < secret_len);
        diff |= (unsigned char) (secret[i & inside] ^ text[i]);
    }

    return diff == 0;
}


int
sandbox_name_random(char *buf)
{
    return sandbox_random_text(buf, SANDBOX_RANDOM_BYTES);
}


int
sandbox_name_token_random(char *buf)
{
    return sandbox_random_text(buf, SANDBOX_TOKEN_BYTES);
}


static int
sandbox_random_text(char *buf, size_t bytes)
{
    ssize_t        n;
    unsigned char  random[SANDBOX_RANDOM_BYTES];

    do {
        n = getrandom(random, bytes, GRND_NONBLOCK);
    } while (n == -1 && errno == EINTR);

    if (n == -1) {
        return -1;
    }

    if ((size_t) n != bytes) {
        errno = EIO;
        return -1;
    }

    sandbox_name_base32(random, bytes, buf);

    return 0;
}


void
sandbox_name_base32(const unsigned char *bytes, size_t n, char *buf)
{
    size_t    i;
    unsigned  acc, bits;

    static const char  base32[] = "abcdefghijklmnopqrstuvwxyz234567";

    acc = 0;
    bits = 0;

    for (i = 0; i < n; i++) {
        acc = (acc << 8 | bytes[i]) & 0xffff;
        bits += 8;

        while (bits >= 5) {
            bits -= 5;
            *buf++ = base32[acc >> bits & 31];
        }
    }

    if (bits) {
        *buf++ = base32[acc << (5 - bits) & 31];
    }

    *buf = '\0';
}


static int
sandbox_lower(int c)
{
    return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}


static int
sandbox_is_id(int c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}


static int
sandbox_is_token(int c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}
