
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/sandbox_policy.h"
#include "lib/sandbox_policy_grammar.h"
#include "lib/sandbox_policy_headers.h"
#include "lib/sandbox_policy_json.h"


static void
test_round(void **state)
{
    char             *text;
    sandbox_policy_t  a, b;

    memset(&a, 0, sizeof(a));

    (void) strcpy(a.token, "tok");
    (void) strcpy(a.name, "web \"1\"");
    (void) strcpy(a.host, "preview.example.com");
    a.exposed_ms = 1763859968123;
    a.expires_ms = 1863859968123;
    a.access = SANDBOX_ACCESS_KEY;
    (void) strcpy(a.key, "0123456789abcdef");
    a.app_host = SANDBOX_HOST_PUBLIC;
    a.scheme = SANDBOX_SCHEME_HTTPS;
    a.cors = SANDBOX_CORS_LIST;
    assert_int_equal(sandbox_policy_origin_add(a.origins, "https://a.example"),
                     0);
    assert_int_equal(sandbox_policy_origin_add(a.origins,
                                               "http://b.example:81"), 0);
    a.cookies = SANDBOX_COOKIES_OFF;
    a.strip = SANDBOX_STRIP_GIVEN|SANDBOX_STRIP_COOKIE;
    a.connections = 5;
    a.rate = 6;
    a.body = SANDBOX_BODY_MAX;
    assert_int_equal(sandbox_policy_headers_set(&a.request, "X-A", "b c"), 0);
    assert_int_equal(sandbox_policy_headers_set(&a.response, "X-B", NULL), 0);
    a.nlinks = 2;
    (void) strcpy(a.links[0].name, "anna");
    (void) strcpy(a.links[0].token, "annas");
    (void) strcpy(a.links[1].name, "bob");
    (void) strcpy(a.links[1].token, "bobs");
    a.links[1].expires_ms = 1863859968124;

    text = sandbox_policy_json_format(&a);
    assert_non_null(text);
    assert_int_equal(sandbox_policy_json_parse(text, strlen(text), &b), 0);
    assert_memory_equal(&a, &b, sizeof(a));
    free(text);

    /* what is not given is not written */

    memset(&a, 0, sizeof(a));
    (void) strcpy(a.token, "tok");

    text = sandbox_policy_json_format(&a);
    assert_string_equal(text, "{\"v\":2,\"token\":\"tok\",\"name\":\"\","
                        "\"host\":\"\",\"exposed_ms\":0}");
    free(text);

    a.token[0] = '\0';
    errno = 0;
    assert_null(sandbox_policy_json_format(&a));
    assert_int_equal(errno, EINVAL);
}


static void
test_parse(void **state)
{
    size_t            i;
    sandbox_policy_t  p;

    static const char  *good[] = {
        "{\"token\":\"t\"}",
        "{\"v\":1,\"token\":\"t\",\"name\":\"n\",\"host\":\"h\"}",
        "{\"v\":2,\"token\":\"t\",\"access\":\"public\",\"new\":[1]}",
        "{\"v\":2,\"token\":\"t\",\"links\":[],\"request_headers\":{}}",
    };

    static const char  *bad[] = {
        "{\"v\":3,\"token\":\"t\"}",
        "{\"v\":2}",
        "{\"v\":2,\"token\":\"t\",\"access\":\"open\"}",
        "{\"v\":2,\"token\":\"t\",\"access\":2}",
        "{\"v\":2,\"token\":\"t\",\"scheme\":\"ftp\"}",
        "{\"v\":2,\"token\":\"t\",\"key\":\"short\"}",
        "{\"v\":2,\"token\":\"t\",\"strip\":8}",
        "{\"v\":2,\"token\":\"t\",\"connections\":65536}",
        "{\"v\":2,\"token\":\"t\",\"rate\":-1}",
        "{\"v\":2,\"token\":\"t\",\"body\":1e300}",
        "{\"v\":2,\"token\":\"t\",\"origins\":[\"*\"]}",
        "{\"v\":2,\"token\":\"t\",\"origins\":\"https://a\"}",
        "{\"v\":2,\"token\":\"t\",\"request_headers\":{\"Host\":\"x\"}}",
        "{\"v\":2,\"token\":\"t\",\"request_headers\":{\"A\":\"b\\nc\"}}",
        "{\"v\":2,\"token\":\"t\",\"response_headers\":{\"A\":true}}",
        ("{\"v\":2,\"token\":\"t\",\"response_headers\":"
         "{\"Clear-Site-Data\":\"x\"}}"),
        "{\"v\":2,\"token\":\"t\",\"links\":{}}",
        "{\"v\":2,\"token\":\"t\",\"links\":[{\"name\":\"a\"}]}",
        "{\"token\":\"t\",\"links\":[{\"name\":\"/\",\"token\":\"x\"}]}",
    };

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        print_message("%s\n", good[i]);
        assert_int_equal(sandbox_policy_json_parse(good[i], strlen(good[i]),
                                                   &p), 0);
        assert_string_equal(p.token, "t");
        assert_int_equal(p.nlinks, 0);
    }

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        print_message("%s\n", bad[i]);
        errno = 0;
        assert_int_equal(sandbox_policy_json_parse(bad[i], strlen(bad[i]),
                                                   &p), -1);
        assert_int_equal(errno, EBADMSG);
        assert_int_equal(p.token[0], '\0');
    }
}


static void
test_headers(void **state)
{
    char               name[16];
    int                i, n;
    size_t             pos;
    sandbox_header_t   h;
    sandbox_headers_t  headers, empty;

    memset(&headers, 0, sizeof(headers));
    memset(&empty, 0, sizeof(empty));

    assert_int_equal(sandbox_policy_headers_set(&headers, "X-A", "1"), 0);
    assert_int_equal(sandbox_policy_headers_set(&headers, "X-B", NULL), 0);
    assert_int_equal(sandbox_policy_headers_set(&headers, "X-C", "3"), 0);
    assert_int_equal(sandbox_policy_headers_set(&headers, "x-a", "22"), 0);
    assert_int_equal(sandbox_policy_headers_sets(&headers, "X-A"), 1);
    assert_int_equal(sandbox_policy_headers_sets(&headers, "X-B"), 0);
    assert_int_equal(sandbox_policy_headers_sets(&headers, "X-D"), 0);

    pos = 0;
    assert_int_equal(sandbox_policy_headers_next(&headers, &pos, &h), 1);
    assert_string_equal(h.name, "X-B");
    assert_null(h.value);
    assert_int_equal(sandbox_policy_headers_next(&headers, &pos, &h), 1);
    assert_string_equal(h.name, "X-C");
    assert_string_equal(h.value, "3");
    assert_int_equal(sandbox_policy_headers_next(&headers, &pos, &h), 1);
    assert_string_equal(h.name, "x-a");
    assert_string_equal(h.value, "22");
    assert_int_equal(sandbox_policy_headers_next(&headers, &pos, &h), 0);

    sandbox_policy_headers_unset(&headers, "X-Z");
    sandbox_policy_headers_unset(&headers, "X-C");
    sandbox_policy_headers_unset(&headers, "X-A");
    sandbox_policy_headers_unset(&headers, "X-B");
    assert_memory_equal(&headers, &empty, sizeof(empty));

    /* up to the last byte */

    for (i = 0; /* void */ ; i++) {
        (void) snprintf(name, sizeof(name), "X-%d", i);

        if (sandbox_policy_headers_set(&headers, name, "v") == -1) {
            break;
        }
    }

    assert_true(i > 100);

    pos = 0;

    for (n = 0; sandbox_policy_headers_next(&headers, &pos, &h); n++) {
        assert_true(pos < sizeof(headers));
    }

    assert_int_equal(n, i);
}


static void
test_grammar(void **state)
{
    int     i;
    char    text[32], origins[SANDBOX_ORIGINS_SIZE];
    size_t  n;

    static const struct {
        const char  *name;
        int          request;
        int          response;
    } names[] = {
        { "X-A", 1, 1 }, { "Authorization", 1, 1 }, { "Cache-Control", 1, 1 },
        { "Team", 1, 1 }, { "Te", 0, 0 }, { "Host", 0, 1 },
        { "Connection", 0, 0 }, { "Content-Length", 0, 0 },
        { "content_length", 0, 0 }, { "TRANSFER-ENCODING", 0, 0 },
        { "X-Forwarded-Anything", 0, 1 }, { "X-Sandbox-X", 0, 0 },
        { "X-Accel-Buffering", 0, 0 }, { "Cookie", 0, 1 },
        { "Set-Cookie", 1, 0 }, { "Access-Control-Max-Age", 1, 0 },
        { "Location", 1, 0 }, { "Sec-WebSocket-Key", 0, 0 },
        { "", 0, 0 }, { "a b", 0, 0 }, { "a:", 0, 0 }, { "a\n", 0, 0 },
    };

    static const char  *values[] = { "a", "a b", "\"\\;,=", "~" };
    static const char  *wrong[] = { "", " a", "a ", "a\tb", "a\r\nb", "\x7f",
                                    "\xc3\xa9" };

    static const char  *origin[] = { "http://a", "https://a.b-c.d",
                                     "http://a:1", "http://a:65535" };
    static const char  *none[] = { "", "http://", "a", "ftp://a", "http://A",
                                   "http://a/", "http://a:", "http://a:0",
                                   "http://a:65536", "http://a:x", "http://:1",
                                   "http://*.a", "http://a:111111" };

    for (n = 0; n < sizeof(names) / sizeof(names[0]); n++) {
        print_message("%s\n", names[n].name);
        assert_int_equal(sandbox_policy_grammar_header_name(names[n].name, 0),
                         names[n].request);
        assert_int_equal(sandbox_policy_grammar_header_name(names[n].name, 1),
                         names[n].response);
    }

    for (n = 0; n < sizeof(values) / sizeof(values[0]); n++) {
        assert_int_equal(sandbox_policy_grammar_header_value(values[n]), 1);
    }

    for (n = 0; n < sizeof(wrong) / sizeof(wrong[0]); n++) {
        assert_int_equal(sandbox_policy_grammar_header_value(wrong[n]), 0);
    }

    for (n = 0; n < sizeof(origin) / sizeof(origin[0]); n++) {
        assert_int_equal(sandbox_policy_grammar_origin(origin[n],
                                                       strlen(origin[n])),
                         1);
    }

    for (n = 0; n < sizeof(none) / sizeof(none[0]); n++) {
        print_message("%s\n", none[n]);
        assert_int_equal(sandbox_policy_grammar_origin(none[n],
                                                       strlen(none[n])),
                         0);
    }

    memset(origins, 0, sizeof(origins));

    for (i = 0; /* void */ ; i++) {
        (void) snprintf(text, sizeof(text), "http://a%d", i);

        if (sandbox_policy_origin_add(origins, text) == -1) {
            break;
        }

        assert_int_equal(sandbox_policy_origin_add(origins, text), 0);
    }

    assert_true(i > 50);

    assert_int_equal(sandbox_policy_grammar_key("0123456789abcdef", 16), 1);
    assert_int_equal(sandbox_policy_grammar_key("0123456789abcde", 15), 0);
    assert_int_equal(sandbox_policy_grammar_key("0123456789abcde\0", 16), 0);
    assert_int_equal(sandbox_policy_grammar_key("0123456789abcde;", 16), 0);
    assert_int_equal(sandbox_policy_grammar_link_name("a.b_c-D9", 8), 1);
    assert_int_equal(sandbox_policy_grammar_link_name(".a", 2), 0);
    assert_int_equal(sandbox_policy_grammar_link_name("", 0), 0);
}


static void
test_opens(void **state)
{
    sandbox_policy_t  p;

    memset(&p, 0, sizeof(p));
    (void) strcpy(p.token, "own");
    p.nlinks = 2;
    (void) strcpy(p.links[0].name, "a");
    (void) strcpy(p.links[0].token, "la");
    (void) strcpy(p.links[1].name, "b");
    (void) strcpy(p.links[1].token, "lb");
    p.links[1].expires_ms = 100;

    assert_int_equal(sandbox_policy_opens(&p, "own", 3, 0, 50), 1);
    assert_int_equal(sandbox_policy_opens(&p, "la", 2, 0, 50), 1);
    assert_int_equal(sandbox_policy_opens(&p, "lb", 2, 0, 50), 1);
    assert_int_equal(sandbox_policy_opens(&p, "lc", 2, 0, 50), 0);
    assert_int_equal(sandbox_policy_opens(&p, "ow", 2, 0, 50), 0);
    assert_int_equal(sandbox_policy_opens(&p, "", 0, 0, 50), 0);
    assert_int_equal(sandbox_policy_opens(&p, "lc", 2, 1, 50), 1);
    assert_int_equal(sandbox_policy_expired(&p, 99), 0);

    assert_int_equal(sandbox_policy_opens(&p, "lb", 2, 0, 100), 0);
    assert_int_equal(sandbox_policy_opens(&p, "la", 2, 0, 100), 1);
    assert_int_equal(sandbox_policy_expired(&p, 100), 1);

    p.expires_ms = 200;
    assert_int_equal(sandbox_policy_opens(&p, "own", 3, 0, 199), 1);
    assert_int_equal(sandbox_policy_opens(&p, "own", 3, 0, 200), 0);
    assert_int_equal(sandbox_policy_opens(&p, "la", 2, 0, 200), 0);
    assert_int_equal(sandbox_policy_opens(&p, "own", 3, 1, 200), 0);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_round),
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_grammar),
        cmocka_unit_test(test_opens),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
