
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/sha1.h"
#include "http/websocket_frame.h"


/* frames of the WebSocket protocol, whole and byte by byte */


typedef struct {
    const char  *name;
    const char  *input;      /* frames as text, see frames() */
    const char  *expected;   /* events as text, see events() */
} frame_case_t;


static size_t frames(unsigned char *out, const char *text);
static void events(char *out, size_t size, const unsigned char *in,
    size_t len, size_t step);


/*
 * A frame is "<hex byte>:<payload>", masked; "!<hex bytes>" are sent as they
 * are.  Frames are separated by spaces, and "_" is a space.
 */

static const frame_case_t  frame_cases[] = {

    { "a text", "81:hello", "text(hello). " },
    { "an empty text", "81:", "text(). " },
    { "binary", "82:hello", "binary(hello). " },
    { "fragments", "01:he 80:llo", "text(he) text(llo). " },
    { "three fragments", "02:a 00:b 80:c",
      "binary(a) binary(b) binary(c). " },
    { "empty fragments", "01: 00: 80:", "text() text() text(). " },
    { "a ping", "89:x", "ping(x) " },
    { "a ping within fragments", "01:he 89:x 80:llo",
      "text(he) ping(x) text(llo). " },
    { "a pong", "8a:x", "pong(x) " },
    { "a character cut by a fragment", "01:\xe2\x82 80:\xac",
      "text(\xe2\x82) text(\xac). " },

    { "a close without a code", "88:", "close(1005:) " },
    { "a close", "88:\x03\xe8", "close(1000:) " },
    { "a close with a reason", "88:\x03\xe8ok", "close(1000:ok) " },
    { "a close of half a code", "88:\x03", "invalid(1002) " },
    { "a close of code 1005", "88:\x03\xed", "invalid(1002) " },
    { "a close of code 1006", "88:\x03\xee", "invalid(1002) " },
    { "a close of code 1004", "88:\x03\xec", "invalid(1002) " },
    { "a close of code 1014", "88:\x03\xf6", "close(1014:) " },
    { "a close of code 1015", "88:\x03\xf7", "invalid(1002) " },
    { "a close of code 999", "88:\x03\xe7", "invalid(1002) " },
    { "a close of code 2999", "88:\x0b\xb7", "invalid(1002) " },
    { "a close of code 3000", "88:\x0b\xb8", "close(3000:) " },
    { "a close of code 4999", "88:\x13\x87", "close(4999:) " },
    { "a close of code 5000", "88:\x13\x88", "invalid(1002) " },
    { "a reason that is not UTF-8", "88:\x03\xe8\xff", "invalid(1007) " },

    { "RSV1", "c1:x", "invalid(1002) " },
    { "RSV2", "a1:x", "invalid(1002) " },
    { "RSV3", "91:x", "invalid(1002) " },
    { "opcode 3", "83:x", "invalid(1002) " },
    { "opcode 7", "87:x", "invalid(1002) " },
    { "opcode 11", "8b:x", "invalid(1002) " },
    { "opcode 15", "8f:x", "invalid(1002) " },
    { "a fragmented ping", "09:x", "invalid(1002) " },
    { "a fragmented close", "08:", "invalid(1002) " },
    { "a lone continuation", "80:x", "invalid(1002) " },
    { "a lone continuation, not final", "00:x", "invalid(1002) " },
    { "a text within a message", "01:a 81:b", "text(a) invalid(1002) " },
    { "a continuation after the end", "81:a 80:b",
      "text(a). invalid(1002) " },
    { "unmasked", "!8101", "invalid(1002) " },
    { "a long ping", "!89fe", "invalid(1002) " },
    { "125 as 16 bits", "!81fe007d00000000", "invalid(1002) " },
    { "65535 as 64 bits", "!81ff000000000000ffff00000000",
      "invalid(1002) " },
    { "64 bits", "!81ff800000000000000000000000", "invalid(1002) " },
    { "nothing after a failure", "83:x 81:hello", "invalid(1002) " },

    { "text of half a character", "81:\xe2\x82", "invalid(1007) " },
    { "text of half a character in fragments", "01:\xe2 80:\x82",
      "text(\xe2) invalid(1007) " },
    { "a surrogate", "81:\xed\xa0\x80", "invalid(1007) " },
    { "an overlong form", "81:\xc0\xaf", "invalid(1007) " },
    { "beyond U+10FFFF", "81:\xf4\x90\x80\x80", "invalid(1007) " },
    { "wrong before its end", "01:\xf4\x90", "invalid(1007) " },
    { "binary is not text", "82:\xff\xfe", "binary(\xff\xfe). " },
    { "nor is a ping", "89:\xff", "ping(\xff) " },
    { NULL, NULL, NULL }
};


static const char  mask[4] = { '\x37', '\xfa', '\x21', '\x3d' };


static size_t
frames(unsigned char *out, const char *text)
{
    size_t    i, n, start;
    unsigned  byte;

    n = 0;

    while (*text) {

        if (*text == ' ') {
            text++;
            continue;
        }

        if (*text == '!') {

            for (text++; sscanf(text, "%2x", &byte) == 1 && *text != ' ';
                 text += 2)
            {
                out[n++] = (unsigned char) byte;
            }

            continue;
        }

        assert_int_equal(sscanf(text, "%2x:", &byte), 1);
        text += 3;

        out[n++] = (unsigned char) byte;
        start = n++;
        memcpy(out + n, mask, 4);
        n += 4;

        for (i = 0; *text && *text != ' '; i++, text++) {
            out[n++] = (unsigned char) (*text ^ mask[i % 4]);
        }

        out[start] = (unsigned char) (0x80 | i);
    }

    return n;
}


/* pieces of one frame are joined */

static void
events(char *out, size_t size, const unsigned char *in, size_t len,
    size_t step)
{
    char                      buf[65536 + 64], *o, *last;
    size_t                    n, used, pos, seen;
    uint64_t                  left;
    const char               *name;
    agent_websocket_event_t   e;
    agent_websocket_frame_t   f;

    memset(&f, 0, sizeof(f));

    o = out;
    last = out + size;
    seen = 0;
    *o = '\0';

    for (pos = 0; pos < len; /* void */ ) {
        n = len - pos < step ? len - pos : step;
        memcpy(buf, in + pos, n);
        pos += n;

        for (used = 0; used < n; /* void */ ) {
            used += agent_websocket_frame_read(&f, buf + used, n - used, &e);
            assert_true(used <= n);
            left = f.left;

            switch (e.type) {

            case AGENT_WEBSOCKET_DATA:
                name = e.opcode == AGENT_WEBSOCKET_TEXT ? "text" : "binary";

                if (seen == 0) {
                    o += snprintf(o, last - o, "%s(", name);
                }

                memcpy(o, e.data, e.len);
                o += e.len;
                seen = 1;

                if (left == 0) {
                    o += snprintf(o, last - o, e.last ? "). " : ") ");
                    seen = 0;
                }

                break;

            case AGENT_WEBSOCKET_CONTROL:

                if (e.opcode == AGENT_WEBSOCKET_CLOSE) {
                    o += snprintf(o, last - o, "close(%d:%.*s) ", e.code,
                                  e.len ? (int) e.len - 2 : 0, e.data + 2);
                    break;
                }

                o += snprintf(o, last - o, "%s(%.*s) ",
                              e.opcode == AGENT_WEBSOCKET_PING ? "ping"
                                                               : "pong",
                              (int) e.len, e.data);
                break;

            case AGENT_WEBSOCKET_INVALID:
                assert_non_null(e.reason);

                /* a piece of what is invalid may have come before */

                if (seen) {
                    while (o > out && o[-1] != ' ') {
                        o--;
                    }

                    seen = 0;
                }

                o += snprintf(o, last - o, "invalid(%d) ", e.code);
                break;

            case AGENT_WEBSOCKET_MORE:
                assert_int_equal(used, n);
                break;
            }
        }
    }
}


static void
test_frames(void **state)
{
    char                 out[4096];
    size_t               len, step;
    unsigned char        in[4096];
    const frame_case_t  *c;

    for (c = frame_cases; c->name; c++) {
        len = frames(in, c->input);

        for (step = len; step; step = step > 3 ? 3 : step - 1) {
            events(out, sizeof(out), in, len, step);

            if (strcmp(out, c->expected) != 0) {
                print_error("%s, in steps of %zu\n", c->name, step);
            }

            assert_string_equal(out, c->expected);
        }
    }
}


static void
test_lengths(void **state)
{
    char                     header[AGENT_WEBSOCKET_HEADER];
    size_t                   i, n, len, used, want;
    static char              in[80000];
    agent_websocket_event_t  e;
    agent_websocket_frame_t  f;

    static const size_t  sizes[] = { 0, 1, 125, 126, 127, 65535, 65536, 70000 };

    for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        want = sizes[i];
        n = agent_websocket_frame_header(header, AGENT_WEBSOCKET_BINARY, 1,
                                         want);

        assert_int_equal(n, want < 126 ? 2 : want < 65536 ? 4 : 10);
        assert_int_equal((unsigned char) header[0], 0x82);
        assert_int_equal(header[1] & 0x80, 0);

        /* the same, masked by zeros */

        memset(in, 'x', sizeof(in));
        memcpy(in, header, n);
        in[1] = (char) (in[1] | 0x80);
        memset(in + n, 0, 4);
        len = n + 4 + want;

        memset(&f, 0, sizeof(f));
        used = agent_websocket_frame_read(&f, in, len, &e);

        assert_int_equal(used, len);
        assert_int_equal(e.type, AGENT_WEBSOCKET_DATA);
        assert_int_equal(e.len, want);
        assert_int_equal(e.last, 1);
    }

    n = agent_websocket_frame_header(header, AGENT_WEBSOCKET_TEXT, 0, 5);
    assert_int_equal(n, 2);
    assert_memory_equal(header, "\x01\x05", 2);

    n = agent_websocket_frame_header(header, AGENT_WEBSOCKET_BINARY, 1,
                                     0x0102030405060708);
    assert_int_equal(n, 10);
    assert_memory_equal(header, "\x82\x7f\x01\x02\x03\x04\x05\x06\x07\x08",
                        10);
}


/* the mask continues across pieces of any size */

static void
test_mask(void **state)
{
    char                      in[64], text[32], want[32];
    size_t                    i, n, at, cut, len;
    agent_websocket_event_t   e;
    agent_websocket_frame_t   f;

    len = sizeof(want);

    for (i = 0; i < len; i++) {
        want[i] = (char) (i * 7);
    }

    for (cut = 1; cut <= len; cut++) {
        in[0] = '\x82';
        in[1] = (char) (0x80 | len);
        memcpy(in + 2, mask, 4);

        for (i = 0; i < len; i++) {
            in[6 + i] = (char) (want[i] ^ mask[i % 4]);
        }

        memset(&f, 0, sizeof(f));
        at = 0;

        n = agent_websocket_frame_read(&f, in, 6 + cut, &e);
        assert_int_equal(n, 6 + cut);
        memcpy(text, e.data, e.len);
        at += e.len;

        if (cut < len) {
            n = agent_websocket_frame_read(&f, in + 6 + cut, len - cut, &e);
            assert_int_equal(n, len - cut);
            memcpy(text + at, e.data, e.len);
            at += e.len;
        }

        assert_int_equal(at, len);
        assert_memory_equal(text, want, len);
    }
}


static void
test_sha1(void **state)
{
    size_t         i, n;
    char           in[200], hex[41];
    unsigned char  digest[AGENT_SHA1_LEN];

    static const struct {
        size_t       len;
        const char  *hex;
    } cases[] = {
        { 0, "da39a3ee5e6b4b0d3255bfef95601890afd80709" },
        { 55, "c1c8bbdc22796e28c0e15163d20899b65621d65a" },
        { 56, "c2db330f6083854c99d4b5bfb6e8f29f201be699" },
        { 63, "03f09f5b158a7a8cdad920bddc29b81c18a551f5" },
        { 64, "0098ba824b5c16427bd7a1122a5a442a25ec644d" },
        { 119, "ee971065aaa017e0632a8ca6c77bb3bf8b1dfc56" },
        { 128, "ad5b3fdbcb526778c2839d2f151ea753995e26a0" }
    };

    memset(in, 'a', sizeof(in));

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        agent_sha1(digest, in, cases[i].len);

        for (n = 0; n < AGENT_SHA1_LEN; n++) {
            sprintf(hex + 2 * n, "%02x", digest[n]);
        }

        assert_string_equal(hex, cases[i].hex);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_frames),
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_mask),
        cmocka_unit_test(test_sha1),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
