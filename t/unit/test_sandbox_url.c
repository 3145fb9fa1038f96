
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

#include "lib/sandbox_url.h"


/* the parts of URLs, and what has none */


typedef struct {
    const char  *text;
    const char  *scheme;
    const char  *host;
    const char  *port;           /* NULL: no colon */
    const char  *rest;
    unsigned     number;
} test_url_t;


static int
test_is(const sandbox_text_t *text, const char *is)
{
    return text->len == strlen(is)
           && (text->len == 0 || memcmp(text->data, is, text->len) == 0);
}


static void
test_parts(void **state)
{
    size_t         i;
    sandbox_url_t  url;

    static const test_url_t  urls[] = {
        { "http://a", "http", "a", NULL, "", 0 },
        { "https://a.b:80/c:d", "https", "a.b", "80", "/c:d", 80 },
        { "HTTP://A?b", "HTTP", "A", NULL, "?b", 0 },
        { "x://a#b/c", "x", "a", NULL, "#b/c", 0 },
        { "http://a:/", "http", "a", "", "/", 0 },
        { "http://:1", "http", "", "1", "", 1 },
        { "http://*.a:65535", "http", "*.a", "65535", "", 65535 },
        { "http://a:65536", "http", "a", "65536", "", 0 },
        { "http://a:000080", "http", "a", "000080", "", 0 },
        { "http://a:8x", "http", "a", "8x", "", 0 },
        { "http://a:1:2", "http", "a", "1:2", "", 0 },
        { "http://[::1]", "http", "[::1]", NULL, "", 0 },
        { "http://[::1]:8080//", "http", "[::1]", "8080", "//", 8080 },
        { "http://[::1", "http", "[::1", NULL, "", 0 },
    };

    static const char  *none[] = {
        "", ":", "a", "http:", "http:/", "http://", "http:///a", "://a",
        "http:a//b", "//a", "http://?a"
    };

    for (i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        print_message("%s\n", urls[i].text);

        assert_int_equal(sandbox_url_parse(urls[i].text, strlen(urls[i].text),
                                           &url), 1);
        assert_true(test_is(&url.scheme, urls[i].scheme));
        assert_true(test_is(&url.host, urls[i].host));
        assert_true(test_is(&url.rest, urls[i].rest));
        assert_int_equal(url.has_port, urls[i].port != NULL);
        assert_true(test_is(&url.port, urls[i].port ? urls[i].port : ""));
        assert_int_equal(sandbox_url_port(&url), urls[i].number);
        assert_int_equal(sandbox_url_is_http(&url),
                         strncmp(urls[i].text, "http", 4) == 0);
    }

    for (i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        print_message("%s\n", none[i]);
        assert_int_equal(sandbox_url_parse(none[i], strlen(none[i]), &url), 0);
    }
}


static void
test_reference(void **state)
{
    sandbox_url_t  url;

    assert_int_equal(sandbox_url_parse_reference("//a:1/b", 7, &url), 1);
    assert_int_equal(url.scheme.len, 0);
    assert_true(test_is(&url.host, "a"));
    assert_true(test_is(&url.port, "1"));
    assert_true(test_is(&url.rest, "/b"));

    assert_int_equal(sandbox_url_parse_reference("http://a", 8, &url), 1);
    assert_true(test_is(&url.scheme, "http"));

    assert_int_equal(sandbox_url_parse_reference("//", 2, &url), 0);
    assert_int_equal(sandbox_url_parse_reference("///a", 4, &url), 0);
    assert_int_equal(sandbox_url_parse_reference("/a", 2, &url), 0);
    assert_int_equal(sandbox_url_parse_reference("", 0, &url), 0);
}


static void
test_local(void **state)
{
    char           text[128];
    size_t         i;
    sandbox_url_t  url;

    static const char  *local[] = {
        "localhost", "LocalHost", "127.0.0.1", "127.255.0.3", "0.0.0.0",
        "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]",
        "[::ffff:0.0.0.0]"
    };

    static const char  *other[] = {
        "localhost.", "a.localhost", "local", "128.0.0.1", "0.0.0.1",
        "127.0.0.1.a", "127.1", "::1", "[::1", "[]", "[::2]", "[127.0.0.1]",
        "[::ffff:10.0.0.1]", "[::1%lo]", "me@localhost",
        "[0000:0000:0000:0000:0000:0000:0000:0000:0000:0001]"
    };

    for (i = 0; i < sizeof(local) / sizeof(local[0]); i++) {
        (void) snprintf(text, sizeof(text), "http://%s:1/", local[i]);
        print_message("%s\n", text);
        assert_int_equal(sandbox_url_parse(text, strlen(text), &url), 1);
        assert_int_equal(sandbox_url_is_local(&url), 1);
    }

    for (i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
        (void) snprintf(text, sizeof(text), "http://%s/", other[i]);
        print_message("%s\n", text);
        assert_int_equal(sandbox_url_parse(text, strlen(text), &url), 1);
        assert_int_equal(sandbox_url_is_local(&url), 0);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_reference),
        cmocka_unit_test(test_local)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
