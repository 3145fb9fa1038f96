
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/sandbox_mask.h"
#include "lib/sandbox_query.h"


typedef struct {
    const char  *from;
    const char  *to;
} test_pair_t;


static void
test_strip(void **state)
{
    char    buf[256];
    size_t  i, n;

    static const test_pair_t  pairs[] = {
        { "", "" },
        { "a=1", "a=1" },
        { "a=1&&b&=&c=%20+&", "a=1&&b&=&c=%20+&" },
        { "sandbox_key=k", "" },
        { "sandbox_key", "" },
        { "sandbox_key=", "" },
        { "a=1&sandbox_key=k&b=2", "a=1&b=2" },
        { "sandbox_key=k&a=1", "a=1" },
        { "a=1&sandbox_key=k", "a=1" },
        { "sandbox_key=1&sandbox_key=2", "" },
        { "authorization=Bearer%20k&x", "x" },
        { "Sandbox_Key=k&AUTHORIZATION=b&c", "c" },
        { "sandbox%5fkey=k&%61uthorization=z&c", "c" },
        { "sandbox_keys=k&xsandbox_key=k", "sandbox_keys=k&xsandbox_key=k" },
        { "a=sandbox_key=k", "a=sandbox_key=k" },
        { "sandbox_key%=k&sandbox_ke%7=k",
          "sandbox_key%=k&sandbox_ke%7=k" },
        { NULL, NULL }
    };

    for (i = 0; pairs[i].from; i++) {
        print_message("%s\n", pairs[i].from);
        n = sandbox_query_strip(pairs[i].from, strlen(pairs[i].from),
                                SANDBOX_QUERY_SECRET, buf);
        assert_int_equal(n, strlen(pairs[i].to));
        assert_memory_equal(buf, pairs[i].to, n);
    }

    /* of a preview, the other may be the app's */

    n = sandbox_query_strip("authorization=a&sandbox_key=k&b", 31,
                            SANDBOX_QUERY_KEY, buf);
    assert_int_equal(n, 17);
    assert_memory_equal(buf, "authorization=a&b", 17);
}


static void
test_values(void **state)
{
    char                 buf[16];
    const char          *args, *pos;
    sandbox_query_arg_t  arg;

    args = "sandbox_key=a%2Bb+c&authorization&x=%zz&y=0123456789abcdefg&z=%4";
    pos = args;

    assert_int_equal(sandbox_query_next(&pos, args + strlen(args), &arg), 1);
    assert_true(arg.secret);
    assert_false(arg.authorization);
    assert_int_equal(sandbox_query_value(&arg, buf, sizeof(buf)), 5);
    assert_memory_equal(buf, "a+b+c", 5);

    assert_int_equal(sandbox_query_next(&pos, args + strlen(args), &arg), 1);
    assert_true(arg.secret);
    assert_true(arg.authorization);
    assert_int_equal(sandbox_query_value(&arg, buf, sizeof(buf)), -1);

    assert_int_equal(sandbox_query_next(&pos, args + strlen(args), &arg), 1);
    assert_false(arg.secret);
    assert_int_equal(sandbox_query_value(&arg, buf, sizeof(buf)), -1);

    assert_int_equal(sandbox_query_next(&pos, args + strlen(args), &arg), 1);
    assert_int_equal(sandbox_query_value(&arg, buf, sizeof(buf)), -1);

    assert_int_equal(sandbox_query_next(&pos, args + strlen(args), &arg), 1);
    assert_int_equal(sandbox_query_value(&arg, buf, sizeof(buf)), -1);

    assert_int_equal(sandbox_query_next(&pos, args + strlen(args), &arg), 0);
}


static void
test_mask(void **state)
{
    char    buf[512];
    size_t  i, n, len, size;

    static const test_pair_t  urls[] = {
        { "", "" },
        { "GET / HTTP/1.1", "GET / HTTP/1.1" },
        { "GET /?sandbox_key=k HTTP/1.1", "GET /?sandbox_key=*** HTTP/1.1" },
        { "GET /?a&authorization=Bearer%20k&b=1 HTTP/1.1",
          "GET /?a&authorization=***&b=1 HTTP/1.1" },
        { "GET /?sandbox%5Fkey=k", "GET /?sandbox%5Fkey=***" },
        { "GET /?sandbox_key= HTTP/1.1", "GET /?sandbox_key=*** HTTP/1.1" },
        { "GET /?sandbox_key HTTP/1.1", "GET /?sandbox_key HTTP/1.1" },
        { "http://8080-u-tok.localhost:8080/x?y",
          "http://8080-u-***.localhost:8080/x?y" },
        { "http://me:pw@8080-u-tok.localhost/",
          "http://me:pw@8080-u-***.localhost/" },
        { "GET http://8080-u-tok.localhost/?sandbox_key=k HTTP/1.1",
          "GET http://8080-u-***.localhost/?sandbox_key=*** HTTP/1.1" },
        { "https://example.com/a-b", "https://example.com/a-b" },
        { "/x?a#b?sandbox_key=k", "/x?a#b?sandbox_key=***" },
        { "/?sandbox_key=a%26b&c", "/?sandbox_key=***&c" },
        { "/?next=http://8080-u-tok.localhost:8080/a&b=1",
          "/?next=http://8080-u-***.localhost:8080/a&b=1" },
        { "/?a=//8080-u-tok.localhost&b=%2f%2F8081-u-tok.localhost",
          "/?a=//8080-u-***.localhost&b=%2f%2F8081-u-***.localhost" },
        { "/?next=http%3A%2F%2F8080-u-tok.localhost%3A8080%2F HTTP/1.1",
          "/?next=http%3A%2F%2F8080-u-***.localhost%3A8080%2F HTTP/1.1" },
        { "/?next=http%253A%252F%252F8080-u-tok%252elocalhost%252F",
          "/?next=http%253A%252F%252F8080-u-***%252elocalhost%252F" },
        { "/?next=%25252F%25252f8080-u-tok.localhost",
          "/?next=%25252F%25252f8080-u-***.localhost" },
        { "/%2F%2F8080%2Du-%74ok%2Elocalhost",
          "/%2F%2F8080%2Du-***%2Elocalhost" },
        { "/?a=http%3A%2F%2Fme%4080%408080-u-tok.localhost",
          "/?a=http%3A%2F%2Fme%4080%408080-u-***.localhost" },
        { "/?a=8080-u-abcdefgh12345678.localhost:80&b",
          "/?a=8080-u-***.localhost:80&b" },
        { "/?a=x,8080-u-abcdefgh12345678%2Elocalhost",
          "/?a=x,8080-u-***%2Elocalhost" },
        { "/2024-01-15.log?day=2024-01-15.log",
          "/2024-01-15.log?day=2024-01-15.log" },
        { "/?a=8080-u-abcdefgh12345678", "/?a=8080-u-abcdefgh12345678" },
        { "/?next=http://h/?sandbox_key=k&a=1",
          "/?next=http://h/?sandbox_key=***&a=1" },
        { "/?next=%2Fa%3Fb%3D1%26sandbox_key%3Dk%26c&d=1",
          "/?next=%2Fa%3Fb%3D1%26sandbox_key%3D***&d=1" },
        { "/?next=%252Fa%253Fsandbox%25255fkey%253Dk HTTP/1.1",
          "/?next=%252Fa%253Fsandbox%25255fkey%253D*** HTTP/1.1" },
        { "/100%?a=%2&b=%zz%25", "/100%?a=%2&b=%zz%25" },
        { "GET /v1/openapi.html?token=k&a=1 HTTP/1.1",
          "GET /v1/openapi.html?token=***&a=1 HTTP/1.1" },
        { "/v1/openapi?a&token=k", "/v1/openapi?a&token=***" },
        { "/v1/open%61pi%2ejson?%74oken=k",
          "/v1/open%61pi%2ejson?%74oken=***" },
        { "/v1/openapix?token=t", "/v1/openapix?token=t" },
        { "/open?token=t&x", "/open?token=t&x" },
        { NULL, NULL }
    };

    static const test_pair_t  hosts[] = {
        { "8080-user-tok.localhost", "8080-user-***.localhost" },
        { "8080-user-tok.localhost:80", "8080-user-***.localhost:80" },
        { "8080-USER-TOK", "8080-USER-***" },
        { "8080-app-tok-.preview.example.com",
          "8080-app-***.preview.example.com" },
        { "80-my-app-tok.example.com", "80-my-app-***.example.com" },
        { "99999-www-tok_that_is_much_too_long.example.com",
          "99999-www-***.example.com" },
        { "8080-tok.example.com", "8080-***.example.com" },
        { "8080a-app-tok.example.com", "8080a-app-***.example.com" },
        { "api.example.com", "api.example.com" },
        { "my-app.example.com", "my-app.example.com" },
        { "8080.example.com", "8080.example.com" },
        { "8080-.example.com", "8080-.example.com" },
        { "8080.a-b.example.com", "8080.a-b.example.com" },
        { "127.0.0.1:8080", "127.0.0.1:8080" },
        { "[::1]:8080", "[::1]:8080" },
        { "localhost:8080", "localhost:8080" },
        { "", "" },
        { NULL, NULL }
    };

    for (i = 0; urls[i].from; i++) {
        print_message("%s\n", urls[i].from);

        len = strlen(urls[i].from);
        n = sandbox_mask_url(urls[i].from, len, buf, sandbox_mask_size(len));
        assert_int_equal(n, strlen(urls[i].to));
        assert_memory_equal(buf, urls[i].to, n);

        /* cut, never over */

        for (size = 0; size <= n; size++) {
            buf[size] = '!';
            assert_int_equal(sandbox_mask_url(urls[i].from, len, buf, size),
                             size);
            assert_memory_equal(buf, urls[i].to, size);
            assert_int_equal(buf[size], '!');
        }
    }

    for (i = 0; hosts[i].from; i++) {
        print_message("%s\n", hosts[i].from);

        len = strlen(hosts[i].from);
        n = sandbox_mask_host(hosts[i].from, len, buf, sizeof(buf));
        assert_int_equal(n, strlen(hosts[i].to));
        assert_memory_equal(buf, hosts[i].to, n);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_strip),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_mask)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
