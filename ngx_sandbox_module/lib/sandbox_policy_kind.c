
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdio.h>
#include <string.h>

#include "lib/sandbox_json.h"
#include "lib/sandbox_policy.h"
#include "lib/sandbox_policy_kind.h"
#include "lib/sandbox_policy_member.h"
#include "lib/sandbox_time.h"


/* policy members with a single value: in bodies, responses and files */


static void sandbox_name_words(const sandbox_policy_member_t *m,
    sandbox_policy_fault_t *fault);


/* a string */

static int
sandbox_text_merge(const sandbox_policy_member_t *m, const cJSON *item,
    sandbox_policy_t *policy, int64_t now, sandbox_policy_fault_t *fault)
{
    char    *field;
    size_t   len;

    if (!cJSON_IsString(item)) {
        return sandbox_policy_member_invalid(m, fault);
    }

    len = strlen(item->valuestring);

    if ((int64_t) len > m->max
        || !(len == 0 ? (m->flags & SANDBOX_POLICY_EMPTY) != 0
                      : m->valid(item->valuestring)))
    {
        return sandbox_policy_member_invalid(m, fault);
    }

    field = sandbox_policy_member_text(policy, m);

    memset(field, 0, m->size);
    memcpy(field, item->valuestring, len);

    return 0;
}


static void
sandbox_text_answer(const sandbox_policy_member_t *m,
    const sandbox_policy_t *policy, sandbox_json_writer_t *w)
{
    const char  *field;

    field = sandbox_policy_member_text(policy, m);

    if (field[0]) {
        sandbox_json_writer_string(w, m->name, field);

    } else if (!(m->flags & SANDBOX_POLICY_OMIT)) {
        sandbox_json_writer_null(w, m->name);
    }
}


static int
sandbox_text_read(const sandbox_policy_member_t *m, const cJSON *json,
    sandbox_policy_t *policy)
{
    char  *field;

    field = sandbox_policy_member_text(policy, m);

    if (sandbox_json_string(json, m->file_name, field, m->size)) {
        return -1;
    }

    return (field[0] == '\0' || m->valid == NULL || m->valid(field)) ? 0 : -1;
}


static void
sandbox_text_write(const sandbox_policy_member_t *m,
    const sandbox_policy_t *policy, sandbox_json_writer_t *w)
{
    const char  *field;

    field = sandbox_policy_member_text(policy, m);

    if (field[0] || (m->flags & SANDBOX_POLICY_ALWAYS)) {
        sandbox_json_writer_string(w, m->file_name, field);
    }
}


const sandbox_policy_kind_t  sandbox_policy_kind_text = {
    sandbox_text_merge,
    sandbox_text_answer,
    sandbox_text_read,
    sandbox_text_write
};


/* a number from 1 */

static int
sandbox_number_merge(const sandbox_policy_member_t *m, const cJSON *item,
    sandbox_policy_t *policy, int64_t now, sandbox_policy_fault_t *fault)
{
    double  n;

    n = item->valuedouble;

    if (!cJSON_IsNumber(item)
        || !(n >= 1 && n <= (double) m->max) || n != (double) (int64_t) n)
    {
        return sandbox_policy_member_invalid(m, fault);
    }

    sandbox_policy_member_number(policy, m) = (int64_t) n;

    return 0;
}


static void
sandbox_number_answer(const sandbox_policy_member_t *m,
    const sandbox_policy_t *policy, sandbox_json_writer_t *w)
{
    int64_t  value;

    value = sandbox_policy_member_number(policy, m);

    if (value) {
        sandbox_json_writer_number(w, m->name, (double) value);

    } else {
        sandbox_json_writer_null(w, m->name);
    }
}


static int
sandbox_number_read(const sandbox_policy_member_t *m, const cJSON *json,
    sandbox_policy_t *policy)
{
    int64_t  value;

    if (sandbox_json_integer(json, m->file_name, &value, 0)
        || (m->max && value > m->max))
    {
        return -1;
    }

    sandbox_policy_member_number(policy, m) = value;

    return 0;
}


static void
sandbox_number_write(const sandbox_policy_member_t *m,
    const sandbox_policy_t *policy, sandbox_json_writer_t *w)
{
    int64_t  value;

    value = sandbox_policy_member_number(policy, m);

    if (value || (m->flags & SANDBOX_POLICY_ALWAYS)) {
        sandbox_json_writer_number(w, m->file_name, (double) value);
    }
}


const sandbox_policy_kind_t  sandbox_policy_kind_number = {
    sandbox_number_merge,
    sandbox_number_answer,
    sandbox_number_read,
    sandbox_number_write
};


/* a time, in the file a number */

static int
sandbox_time_merge(const sandbox_policy_member_t *m, const cJSON *item,
    sandbox_policy_t *policy, int64_t now, sandbox_policy_fault_t *fault)
{
    int64_t  ms;

    ms = sandbox_time_duration(item);

    if (ms > 0) {
        ms += now;

    } else {
        ms = cJSON_IsString(item) ? sandbox_time_parse(item->valuestring) : -1;
    }

    if (ms <= now) {
        return sandbox_policy_member_invalid(m, fault);
    }

    sandbox_policy_member_number(policy, m) = ms;

    return 0;
}


static void
sandbox_time_answer(const sandbox_policy_member_t *m,
    const sandbox_policy_t *policy, sandbox_json_writer_t *w)
{
    int64_t  ms;

    ms = sandbox_policy_member_number(policy, m);

    if (ms) {
        sandbox_json_writer_time(w, m->name, ms);

    } else {
        sandbox_json_writer_null(w, m->name);
    }
}


const sandbox_policy_kind_t  sandbox_policy_kind_time = {
    sandbox_time_merge,
    sandbox_time_answer,
    sandbox_number_read,
    sandbox_number_write
};


/* one of some words */

static void
sandbox_name_words(const sandbox_policy_member_t *m,
    sandbox_policy_fault_t *fault)
{
    int     i;
    char   *p;
    size_t  size;

    p = fault->text;
    size = sizeof(fault->text);

    p += snprintf(p, size, "\"%s\" must be one of ", m->name);

    for (i = 1; m->words[i]; i++) {
        p += snprintf(p, size - (size_t) (p - fault->text), "\"%s\", ",
                      m->words[i]);
    }

    (void) snprintf(p, size - (size_t) (p - fault->text),
                    m->setting == SANDBOX_POLICY_NO_SETTING
                    ? "or null for the default."
                    : "or null for the default of the location.");
}


static int
sandbox_word_merge(const sandbox_policy_member_t *m, const cJSON *item,
    sandbox_policy_t *policy, int64_t now, sandbox_policy_fault_t *fault)
{
    int  n;

    n = cJSON_IsString(item) ? sandbox_policy_word(m->words, item->valuestring)
                             : 0;

    if (n == 0) {
        fault->too_large = 0;
        sandbox_name_words(m, fault);
        return -1;
    }

    sandbox_policy_member_number(policy, m) = n;

    return 0;
}


static void
sandbox_word_answer(const sandbox_policy_member_t *m,
    const sandbox_policy_t *policy, sandbox_json_writer_t *w)
{
    int64_t  value;

    value = sandbox_policy_member_number(policy, m);

    if (value) {
        sandbox_json_writer_string(w, m->name, m->words[value]);

    } else {
        sandbox_json_writer_null(w, m->name);
    }
}


static int
sandbox_word_read(const sandbox_policy_member_t *m, const cJSON *json,
    sandbox_policy_t *policy)
{
    int   n;
    char  buf[16];

    if (sandbox_json_string(json, m->file_name, buf, sizeof(buf))) {
        return -1;
    }

    n = sandbox_policy_word(m->words, buf);

    sandbox_policy_member_number(policy, m) = n;

    return (n || buf[0] == '\0') ? 0 : -1;
}


static void
sandbox_word_write(const sandbox_policy_member_t *m,
    const sandbox_policy_t *policy, sandbox_json_writer_t *w)
{
    int64_t  value;

    value = sandbox_policy_member_number(policy, m);

    if (value) {
        sandbox_json_writer_string(w, m->file_name, m->words[value]);
    }
}


const sandbox_policy_kind_t  sandbox_policy_kind_word = {
    sandbox_word_merge,
    sandbox_word_answer,
    sandbox_word_read,
    sandbox_word_write
};


/* true or false */

static int
sandbox_flag_merge(const sandbox_policy_member_t *m, const cJSON *item,
    sandbox_policy_t *policy, int64_t now, sandbox_policy_fault_t *fault)
{
    if (!cJSON_IsBool(item)) {
        return sandbox_policy_member_invalid(m, fault);
    }

    sandbox_policy_member_number(policy, m) = cJSON_IsTrue(item)
                                              ? SANDBOX_WAKE_ON
                                              : SANDBOX_WAKE_OFF;

    return 0;
}


static void
sandbox_flag_answer(const sandbox_policy_member_t *m,
    const sandbox_policy_t *policy, sandbox_json_writer_t *w)
{
    int64_t  value;

    value = sandbox_policy_member_number(policy, m);

    if (value) {
        sandbox_json_writer_bool(w, m->name, value == SANDBOX_WAKE_ON);

    } else {
        sandbox_json_writer_null(w, m->name);
    }
}


static int
sandbox_flag_read(const sandbox_policy_member_t *m, const cJSON *json,
    sandbox_policy_t *policy)
{
    const cJSON             *item;
    sandbox_policy_fault_t   fault;

    item = cJSON_GetObjectItemCaseSensitive(json, m->file_name);

    return item ? sandbox_flag_merge(m, item, policy, 0, &fault) : 0;
}


static void
sandbox_flag_write(const sandbox_policy_member_t *m,
    const sandbox_policy_t *policy, sandbox_json_writer_t *w)
{
    int64_t  value;

    value = sandbox_policy_member_number(policy, m);

    if (value) {
        sandbox_json_writer_bool(w, m->file_name, value == SANDBOX_WAKE_ON);
    }
}


const sandbox_policy_kind_t  sandbox_policy_kind_flag = {
    sandbox_flag_merge,
    sandbox_flag_answer,
    sandbox_flag_read,
    sandbox_flag_write
};


/* a list of words, in the file a number */

static int
sandbox_bits_merge(const sandbox_policy_member_t *m, const cJSON *item,
    sandbox_policy_t *policy, int64_t now, sandbox_policy_fault_t *fault)
{
    int           n;
    int64_t       bits;
    const cJSON  *word;

    if (!cJSON_IsArray(item)) {
        return sandbox_policy_member_invalid(m, fault);
    }

    bits = 1;

    cJSON_ArrayForEach(word, item) {

        n = cJSON_IsString(word)
            ? sandbox_policy_word(m->words, word->valuestring) : 0;

        if (n == 0) {
            return sandbox_policy_member_invalid(m, fault);
        }

        bits |= 1 << n;
    }

    sandbox_policy_member_number(policy, m) = bits;

    return 0;
}


static void
sandbox_bits_answer(const sandbox_policy_member_t *m,
    const sandbox_policy_t *policy, sandbox_json_writer_t *w)
{
    int      i;
    int64_t  bits;

    bits = sandbox_policy_member_number(policy, m);

    if (bits == 0) {
        sandbox_json_writer_null(w, m->name);
        return;
    }

    sandbox_json_writer_array(w, m->name);

    for (i = 1; m->words[i]; i++) {
        if (bits & (1 << i)) {
            sandbox_json_writer_string(w, NULL, m->words[i]);
        }
    }

    sandbox_json_writer_close(w);
}


static int
sandbox_bits_read(const sandbox_policy_member_t *m, const cJSON *json,
    sandbox_policy_t *policy)
{
    int      n;
    int64_t  bits;

    for (n = 1; m->words[n]; n++) { /* void */ }

    if (sandbox_json_integer(json, m->file_name, &bits, 0) || bits >= 1 << n) {
        return -1;
    }

    sandbox_policy_member_number(policy, m) = bits;

    return 0;
}


const sandbox_policy_kind_t  sandbox_policy_kind_bits = {
    sandbox_bits_merge,
    sandbox_bits_answer,
    sandbox_bits_read,
    sandbox_number_write
};
