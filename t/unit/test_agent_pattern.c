
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

#include "base/literal.h"
#include "base/pattern.h"


/* what patterns find, and which are too much */


typedef struct {
    const char  *pattern;
    const char  *text;
    int          found;                /* -1: it is refused */
} test_match_t;


static int
test_find(const char *pattern, const char *text, size_t step)
{
    char                    error[128];
    size_t                  i, n, len;
    ssize_t                 at;
    agent_pattern_t        *p;
    agent_pattern_state_t   state;

    p = agent_pattern_regex(pattern, strlen(pattern), error, sizeof(error));

    if (p == NULL) {
        return -1;
    }

    agent_pattern_begin(&state);

    len = strlen(text);
    at = -1;

    for (i = 0; i < len && at == -1; i += n) {
        n = len - i < step ? len - i : step;
        at = agent_pattern_feed(p, &state, text + i, n);
    }

    if (at == -1 && agent_pattern_end(p, &state)) {
        at = 0;
    }

    agent_pattern_free(p);

    return at != -1;
}


static void
test_matches(void **state)
{
    size_t  i, step;

    static const test_match_t  matches[] = {
        { "b", "abc", 1 },
        { "^b", "ab\nb", 1 },
        { "a$", "ab\nba\n", 1 },
        { "a$", "ab\nba", 1 },
        { "^$", "a\n\nb", 1 },
        { "^$", "a\nb", 0 },
        { "^a.c$", "abbc\naxc", 1 },
        { "a.c", "a\nc", 0 },
        { "[^x]b", "\nb", 0 },
        { "[0-9]{4}", "on 808 8080", 1 },
        { "x{2,}y", "xy xxxy", 1 },
        { "(ab){1,2}c", "abababc", 1 },
        { "\\w\\s", "a b", 1 },
        { "[]a]+$", "]a]", 1 },
        { "[[:alpha:]]{3}[[:digit:]{9}]", "aaa1", 1 },
        { "[a-]x[^]]", "-x[", 1 },
        { "a\\{\"b\"\\}", "{a{\"b\"}}", 1 },
        { "(a|b){2}{3}$", "ababab", 1 },
        { "a{,2}b", "aab", 1 },
        { "x[[:digit:]]", "x\n1", 0 },
        { "\\bready\\b", "is ready.", 1 },
        { "\\bready\\b", "already", 0 },
        { "(^|/)x", "ab/x", 1 },
        { "[\xc3\xa9]", "\xa9", 1 },
        { "(a*)*b", "aaaa", 0 },
        { "(a|aa)+$", "aaaab", 0 },
        { "\xe2\x82\xac", "1 \xe2\x82\xac", 1 },
        { "(", "x", -1 },
        { "[", "x", -1 },
        { "[z-a]", "x", -1 },
        { "[[:foo:]]", "x", -1 },
        { "\\", "x", -1 },
        { "(a)\\1", "x", -1 },
        { "a{250}", "x", 0 },
        { "a{256}", "x", -1 },
        { "a{100}{100}", "x", -1 },
        { "a{2,1}", "x", -1 },
        { "a{", "x", -1 },
        { "a{1", "x", -1 },
        { "a{}", "x", -1 },
        { "a{b}", "x", -1 },
        { "a{~1}", "x", -1 },
        { "a{1,2~1}", "x", -1 },
        { "*a", "x", -1 },
        { "a|*", "x", -1 },
        { "({2})", "x", -1 },
        { "(?i)a", "A", -1 },
        { "\\Q[\\E(a{200}){200}", "x", -1 },
        { "\\x{41}", "A", -1 },
        { "[[:alpha:x](a{200}){200}", "x", -1 },
        { "[[.a.]]", "a", -1 },
        { "[[=a=]]", "a", -1 },
        { "[a-[:x](a{200}){200}", "x", -1 },
        { "a{2001}", "x", -1 },
        { "a{99999999999999999999}", "x", -1 },
        { "(a{200}){200}", "x", -1 },
        { ")", ")", -1 },
        { "a)))\\)))b", "x", -1 },
        { "(a", "x", -1 },
        { "(a))(", "x", -1 },
        { "\\)", ")", 1 },
        { "(a{0,200}b){0,200}", "x", -1 },
        { "((((((((){255}){255}){255}){255}){255}){255}){255}){255}a", "x",
          -1 },
        { "((((((((((((a+)+)+)+)+)+)+)+)+)+)+)+)+", "x", 0 },
        { "a++++++++++++++++", "x", -1 },
        { "a+b+c+d+e+f+g+h+i+j+k+l+m+n+o+p+", "x", 0 },
        /* of which the C library makes more than there is time for */
        { "(\\ba*)*(\\ba*)*(\\ba*)*(\\ba*)*(\\ba*)*(\\ba*)*(\\ba*)*(\\ba*)*"
          "(\\ba*)*(\\ba*)*(\\ba*)*(\\ba*)*(\\ba*)*(\\ba*)*(\\ba*)*(\\ba*)*b",
          "a b", 1 },
        { "(((((((((((((((((((((((((((((((((a)))))))))))))))))))))))))))))))"
          "))", "x", -1 }
    };

    for (i = 0; i < sizeof(matches) / sizeof(matches[0]); i++) {

        for (step = 1; step < 5; step++) {
            print_message("%s in %s\n", matches[i].pattern, matches[i].text);
            assert_int_equal(test_find(matches[i].pattern, matches[i].text,
                                       step), matches[i].found);
        }
    }
}


static void
test_texts(void **state)
{
    char                    error[128], text[2048];
    size_t                  i, k;
    ssize_t                 at;
    agent_pattern_t        *p;
    agent_pattern_state_t   s;

    static const char  alphabet[] = "ab";

    memset(text, 'a', sizeof(text));

    assert_null(agent_pattern_text("", 0, error, sizeof(error)));
    assert_null(agent_pattern_text(text, AGENT_PATTERN_MAX + 1, error,
                                   sizeof(error)));

    /* against memmem(), a byte at a time */

    srandom(1);

    for (k = 0; k < 20000; k++) {
        char    needle[8], hay[40];
        size_t  n, len;
        char   *found;

        n = 1 + random() % sizeof(needle);
        len = random() % sizeof(hay);

        for (i = 0; i < n; i++) {
            needle[i] = alphabet[random() % 2];
        }

        for (i = 0; i < len; i++) {
            hay[i] = alphabet[random() % 2];
        }

        p = agent_pattern_text(needle, n, error, sizeof(error));
        assert_non_null(p);

        agent_pattern_begin(&s);

        for (i = 0, at = -1; i < len && at == -1; i++) {
            at = agent_pattern_feed(p, &s, hay + i, 1);
        }

        found = memmem(hay, len, needle, n);

        assert_int_equal(at == -1 ? -1 : (int) i,
                         found ? (int) (found - hay + n) : -1);
        assert_int_equal(agent_pattern_end(p, &s), 0);

        agent_pattern_free(p);
    }
}


/* a line that is longer than what is looked at, and bytes that are none */

static void
test_long(void **state)
{
    char                    error[128], *line;
    size_t                  i, len;
    agent_pattern_t        *p;
    agent_pattern_state_t   s;

    len = 1000000;
    line = malloc(len);
    assert_non_null(line);

    p = agent_pattern_regex("x[ab]{50}y$", 11, error, sizeof(error));
    assert_non_null(p);

    for (i = 0; i < 2 * AGENT_PATTERN_WINDOW; i += 61) {
        memset(line, '\0', len);
        memset(line + i, 'a', 52);
        line[i] = 'x';
        line[i + 51] = 'y';

        agent_pattern_begin(&s);
        assert_int_equal(agent_pattern_feed(p, &s, line, i + 52), -1);
        assert_int_equal(agent_pattern_feed(p, &s, "\n", 1), 0);

        agent_pattern_begin(&s);
        assert_int_equal(agent_pattern_feed(p, &s, line, i + 52), -1);
        assert_int_equal(agent_pattern_end(p, &s), 1);
    }

    agent_pattern_free(p);

    /* the beginning is where the line begins, and nowhere else */

    memset(line, 'a', len);

    p = agent_pattern_regex("^aaab|^aaac", 11, error, sizeof(error));
    assert_non_null(p);

    line[len - 1] = 'b';
    agent_pattern_begin(&s);
    assert_int_equal(agent_pattern_feed(p, &s, line, len), -1);
    assert_int_equal(agent_pattern_feed(p, &s, "\naaac", 5), 5);

    agent_pattern_free(p);

    /* an automaton that wants a state for each byte */

    p = agent_pattern_regex("(a|b)*a(a|b){9}c", 16, error, sizeof(error));
    assert_non_null(p);

    for (i = 0; i < len; i++) {
        line[i] = "ab"[random() % 2];
    }

    agent_pattern_begin(&s);
    assert_int_equal(agent_pattern_feed(p, &s, line, len / 100), -1);

    agent_pattern_free(p);
    free(line);
}


/* the texts of which every match has one */

static void
test_literals(void **state)
{
    char              out[64];
    size_t            i, j, n;
    agent_literal_t   l;

    static const struct {
        const char  *regex;
        const char  *literal;
    } literals[] = {
        { "needle", "needle" },
        { "^needle$", "needle" },
        { "fo+bar", "bar" },
        { "foo*bar", "bar" },
        { "foo?b", "fo" },
        { "ab+c", "ab" },
        { "abc{0,2}de", "ab" },
        { "abc{2}de", "ab" },
        { "a|b", "a|b" },
        { "a|b*", "" },
        { "(ERROR|FATAL):", "ERROR|FATAL" },
        { "(foo|ba[rz])_name", "_name" },
        { "x(foo|(bar|b(az|ar)z)+)y", "foo|bar|az|ar" },
        { "(foo|)ba", "ba" },
        { "a|b|c|d|e|f|g|h|i", "" },
        { "x(a|b)yz", "yz" },
        { "xyz(a(b)c[)])*w", "xyz" },
        { "[abc]de[[:alpha:]]", "de" },
        { "[]a]bc[^]]", "bc" },
        { "a\\.b\\wc", "a.b" },
        { "\\<int\\>", "int" },
        { "a.c", "a" },
        { "(a|b)?c", "c" },
        { "a)b", "" },
        { ".*", "" },
        { "a+?b", "b" },
        { "ab(", "ab" },
        { "ab[", "ab" },
        { "ab\\", "ab" }
    };

    for (i = 0; i < sizeof(literals) / sizeof(literals[0]); i++) {
        print_message("%s\n", literals[i].regex);
        agent_literal(literals[i].regex, strlen(literals[i].regex), &l);

        for (j = 0, n = 0; j < l.n; j++) {
            n += (size_t) snprintf(out + n, sizeof(out) - n, "%s%.*s",
                                   j ? "|" : "", (int) l.len[j],
                                   l.text + l.at[j]);
        }

        out[n] = '\0';
        assert_string_equal(out, literals[i].literal);
    }
}


/* positions in a line, and lines that have a match */

static void
test_lines(void **state)
{
    char              error[128];
    size_t            from, to;
    agent_pattern_t  *p;

    p = agent_pattern_lines("^B+$", 4, 1, error, sizeof(error));
    assert_non_null(p);

    assert_true(agent_pattern_any(p, "a\nbb\nc\n", 7));
    assert_false(agent_pattern_any(p, "a\nbc\nc\n", 7));
    assert_true(agent_pattern_find(p, "bBb", 3, 1, 1, &from, &to));
    assert_int_equal(from, 0);
    assert_int_equal(to, 3);
    assert_false(agent_pattern_find(p, "bBb", 3, 0, 1, &from, &to));
    assert_false(agent_pattern_find(p, "bBb", 3, 1, 0, &from, &to));

    agent_pattern_free(p);

    assert_null(agent_pattern_lines("(a", 2, 0, error, sizeof(error)));
    assert_true(error[0] != '\0');
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_matches),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_long),
        cmocka_unit_test(test_literals),
        cmocka_unit_test(test_lines)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
