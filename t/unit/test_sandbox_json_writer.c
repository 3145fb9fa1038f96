
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/sandbox_json_writer.h"
#include "lib/sandbox_time.h"


/* JSON in the order it is written, and errors that stick; times */


static void
test_write(void **state)
{
    char                   *text;
    cJSON                  *json;
    sandbox_json_writer_t   w;

    sandbox_json_writer_start(&w);
    sandbox_json_writer_string(&w, "a", "\"x\"");
    sandbox_json_writer_object(&w, "o");
    sandbox_json_writer_array(&w, "l");
    sandbox_json_writer_number(&w, NULL, 1);
    sandbox_json_writer_text(&w, NULL, "two!", 3);
    sandbox_json_writer_close(&w);
    sandbox_json_writer_bool(&w, "t", 1);
    sandbox_json_writer_close(&w);
    sandbox_json_writer_null(&w, "n");
    sandbox_json_writer_time(&w, "e", 1000);
    sandbox_json_writer_item(&w, "i", cJSON_CreateArray());

    json = sandbox_json_writer_finish(&w);
    assert_non_null(json);

    text = cJSON_PrintUnformatted(json);
    assert_string_equal(text, "{\"a\":\"\\\"x\\\"\",\"o\":{\"l\":[1,\"two\"],"
                        "\"t\":true},\"n\":null,"
                        "\"e\":\"1970-01-01T00:00:01.000Z\",\"i\":[]}");
    free(text);
    cJSON_Delete(json);

    /* the result is the caller's: dropping the writer frees nothing of it */

    sandbox_json_writer_start_array(&w);
    json = sandbox_json_writer_finish(&w);
    sandbox_json_writer_drop(&w);
    assert_true(cJSON_IsArray(json));
    cJSON_Delete(json);
}


static void
test_failed(void **state)
{
    unsigned               i;
    sandbox_json_writer_t  w;

    /* an item that could not be made */

    sandbox_json_writer_start(&w);
    sandbox_json_writer_item(&w, "a", NULL);
    sandbox_json_writer_object(&w, "b");
    sandbox_json_writer_string(&w, "c", "d");
    sandbox_json_writer_close(&w);
    assert_null(sandbox_json_writer_finish(&w));
    assert_null(sandbox_json_writer_finish(&w));

    /* nesting */

    sandbox_json_writer_start(&w);
    sandbox_json_writer_close(&w);
    assert_null(sandbox_json_writer_finish(&w));

    sandbox_json_writer_start(&w);
    sandbox_json_writer_object(&w, "open");
    assert_null(sandbox_json_writer_finish(&w));

    sandbox_json_writer_start_array(&w);

    for (i = 0; i < SANDBOX_JSON_WRITER_DEPTH; i++) {
        sandbox_json_writer_array(&w, NULL);
    }

    for (i = 0; i < SANDBOX_JSON_WRITER_DEPTH; i++) {
        sandbox_json_writer_close(&w);
    }

    assert_null(sandbox_json_writer_finish(&w));

    sandbox_json_writer_start(&w);
    sandbox_json_writer_drop(&w);
    sandbox_json_writer_string(&w, "a", "b");
    assert_null(sandbox_json_writer_finish(&w));
}


static void
test_time(void **state)
{
    char    buf[SANDBOX_TIME_LEN];
    size_t  i;
    cJSON  *item;

    static const struct {
        const char  *text;
        int64_t      ms;
    } times[] = {
        { "1970-01-01T00:00:00Z", 0 },
        { "2030-01-31T12:00:00.5Z", 1896091200500 },
        { "2030-01-31T12:00:00.1239Z", 1896091200123 },
        { "2030-01-31T13:30:00+01:30", 1896091200000 },
        { "2030-01-31T12:00:00", -1 },
        { "2030-01-31T12:00Z", -1 },
        { "2030-13-31T12:00:00Z", -1 },
        { "2030-01-31 12:00:00Z", -1 },
        { "2030-01-31T12:00:00+0100", -1 },
        { "", -1 }
    };

    static const struct {
        const char  *json;
        int64_t      ms;
    } durations[] = {
        { "1", 1000 }, { "1.5", 1500 }, { "0.9", -1 }, { "-1", -1 },
        { "31622400", 31622400000 }, { "31622401", -1 }, { "1e300", -1 },
        { "\"30m\"", 1800000 }, { "\"8h\"", 28800000 },
        { "\"366d\"", 31622400000 }, { "\"367d\"", -1 }, { "\"0s\"", -1 },
        { "\"m\"", -1 }, { "\"1\"", -1 }, { "\"1ms\"", -1 },
        { "\"+1s\"", -1 }, { "\" 1s\"", -1 },
        { "\"99999999999999999999s\"", -1 }, { "true", -1 }
    };

    for (i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        print_message("%s\n", times[i].text);
        assert_int_equal(sandbox_time_parse(times[i].text), times[i].ms);
    }

    for (i = 0; i < sizeof(durations) / sizeof(durations[0]); i++) {
        print_message("%s\n", durations[i].json);
        item = cJSON_Parse(durations[i].json);
        assert_int_equal(sandbox_time_duration(item), durations[i].ms);
        cJSON_Delete(item);
    }

    sandbox_time_format(1896091200123, buf);
    assert_string_equal(buf, "2030-01-31T12:00:00.123Z");
    sandbox_time_format(INT64_MAX, buf);
    assert_int_equal(strlen(buf), SANDBOX_TIME_LEN - 1);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_write),
        cmocka_unit_test(test_failed),
        cmocka_unit_test(test_time)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
