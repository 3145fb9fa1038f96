
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <string.h>

#include "base/json_split.h"
#include "base/json_text.h"
#include "base/utf8.h"


#define AGENT_JSON_SPLIT_MEMBER  "content"
#define AGENT_JSON_SPLIT_PIECE   16384


static int agent_json_split_byte(agent_json_split_t *s, char c,
    agent_fault_t *fault);
static int agent_json_split_value(agent_json_split_t *s, char c,
    agent_fault_t *fault);
static int agent_json_split_list(agent_json_split_t *s, char c,
    agent_fault_t *fault);
static int agent_json_split_closed(agent_json_split_t *s,
    agent_fault_t *fault);
static void agent_json_split_name(agent_json_split_t *s);
static int agent_json_split_begin(agent_json_split_t *s,
    agent_fault_t *fault);
static agent_buffer_t *agent_json_split_buffer(agent_json_split_t *s);
static int agent_json_split_keep(agent_json_split_t *s, char c,
    agent_fault_t *fault);
static json_t *agent_json_split_parse(agent_buffer_t *b, const char *end,
    agent_fault_t *fault);
static int agent_json_split_bad(agent_fault_t *fault, const char *what);

static size_t agent_json_split_content(agent_json_split_t *s, const char *buf,
    size_t len, agent_fault_t *fault);
static size_t agent_json_split_wide(agent_json_split_t *s, const char *buf,
    size_t len, char *out, size_t *n);
static int agent_json_split_escape(agent_json_split_t *s, char c, char *out,
    size_t *n);
static int agent_json_split_code(agent_json_split_t *s, char *out, size_t *n);
static int agent_json_split_space(char c);


int
agent_json_split_feed(agent_json_split_t *s, const char *buf, size_t len,
    size_t *used, agent_fault_t *fault)
{
    size_t  i, n;

    if (!s->begun) {
        s->begun = 1;
        s->state = s->list ? AGENT_JSON_SPLIT_OUTER : AGENT_JSON_SPLIT_RECORD;
    }

    s->stop = 0;

    for (i = 0; i < len && !s->stop; /* void */ ) {

        if (s->state != AGENT_JSON_SPLIT_CONTENT) {

            if (agent_json_split_byte(s, buf[i++], fault) != 0) {
                return -1;
            }

            continue;
        }

        n = agent_json_split_content(s, buf + i, len - i, fault);

        if (n == 0) {
            return -1;
        }

        i += n;
    }

    *used = i;

    return 0;
}


static int
agent_json_split_byte(agent_json_split_t *s, char c, agent_fault_t *fault)
{
    agent_buffer_t  *b;

    if (s->quoted) {

        if (s->escaped) {
            s->escaped = 0;

        } else if (c == '\\') {
            s->escaped = 1;

        } else if (c == '"') {
            s->quoted = 0;
            agent_json_split_name(s);
        }

        return agent_json_split_keep(s, c, fault);
    }

    if (agent_json_split_space(c)) {

        if (s->state == AGENT_JSON_SPLIT_LIST
            || s->state == AGENT_JSON_SPLIT_END)
        {
            return 0;
        }

        /* "1 2" must not become 12 */

        b = agent_json_split_buffer(s);

        return b->len && b->data[b->len - 1] != ' '
               ? agent_json_split_keep(s, ' ', fault) : 0;
    }

    switch (s->state) {

    case AGENT_JSON_SPLIT_LIST:
        return agent_json_split_list(s, c, fault);

    case AGENT_JSON_SPLIT_END:
        return agent_json_split_bad(fault, "something follows its end");

    default:
        return agent_json_split_value(s, c, fault);
    }
}


/* a byte of the outermost object or of a record, outside of strings */

static int
agent_json_split_value(agent_json_split_t *s, char c, agent_fault_t *fault)
{
    int  sought;

    sought = (s->depth == 1 && s->named && s->value);

    switch (c) {

    case '"':

        if (sought && s->state == AGENT_JSON_SPLIT_RECORD) {
            return agent_json_split_begin(s, fault);
        }

        s->quoted = 1;

        if (s->depth == 1 && s->want_key) {
            s->key = agent_json_split_buffer(s)->len + 1;
        }

        break;

    case '[':

        if (sought && s->state == AGENT_JSON_SPLIT_OUTER) {
            s->state = AGENT_JSON_SPLIT_LIST;
            s->comma = 0;
            s->first = 1;
            s->named = 0;
            break;
        }

        s->depth++;
        break;

    case '{':
        s->depth++;
        s->want_key = (s->depth == 1);
        break;

    case ']':
    case '}':

        if (s->depth == 0) {
            return agent_json_split_bad(fault, "unexpected end of a value");
        }

        s->depth--;

        if (agent_json_split_keep(s, c, fault) != 0) {
            return -1;
        }

        return s->depth ? 0 : agent_json_split_closed(s, fault);

    case ',':

        if (s->depth == 1) {
            s->want_key = 1;
            s->named = 0;
            s->value = 0;
        }

        break;

    case ':':

        if (s->depth == 1) {
            s->want_key = 0;
            s->value = 1;
        }

        break;

    default:

        if (s->depth == 0) {
            return agent_json_split_bad(fault, "it is not an object");
        }
    }

    return agent_json_split_keep(s, c, fault);
}


/* between the records of the array */

static int
agent_json_split_list(agent_json_split_t *s, char c, agent_fault_t *fault)
{
    if (c == ']' && (s->comma || s->first)) {
        s->state = AGENT_JSON_SPLIT_OUTER;
        s->depth = 1;

        return agent_json_split_keep(s, c, fault);
    }

    if (c == ',' && s->comma) {
        s->comma = 0;
        s->first = 0;
        return 0;
    }

    if (c != '{' || s->comma) {
        return agent_json_split_bad(fault, "an element of the array is not an "
                                    "object");
    }

    s->state = AGENT_JSON_SPLIT_RECORD;
    s->depth = 1;
    s->want_key = 1;
    s->named = 0;
    s->value = 0;
    s->given = 0;
    s->record.len = 0;

    return agent_json_split_keep(s, c, fault);
}


/* a record or the outermost object is complete */

static int
agent_json_split_closed(agent_json_split_t *s, agent_fault_t *fault)
{
    int      rc;
    json_t  *record;

    if (s->state == AGENT_JSON_SPLIT_OUTER) {
        s->state = AGENT_JSON_SPLIT_END;
        return 0;
    }

    s->state = s->list ? AGENT_JSON_SPLIT_LIST : AGENT_JSON_SPLIT_END;
    s->comma = 1;
    s->stop = 1;

    record = agent_json_split_parse(&s->record, "", fault);

    if (record == NULL) {
        return -1;
    }

    rc = s->ops->record(s->data, record, fault);

    json_decref(record);

    return rc;
}


/* a string has ended; if it is a name, it may be that of the value sought */

static void
agent_json_split_name(agent_json_split_t *s)
{
    size_t           len;
    const char      *name;
    agent_buffer_t  *b;

    if (s->depth != 1 || !s->want_key) {
        return;
    }

    b = agent_json_split_buffer(s);
    len = b->len - s->key;

    name = s->state == AGENT_JSON_SPLIT_OUTER ? s->list
                                              : AGENT_JSON_SPLIT_MEMBER;

    s->named = (len == strlen(name)
                && memcmp(b->data + s->key, name, len) == 0);
}


static int
agent_json_split_begin(agent_json_split_t *s, agent_fault_t *fault)
{
    int      rc;
    json_t  *head;

    if (s->given) {
        return agent_fault_invalid(fault, AGENT_JSON_SPLIT_MEMBER
                                   ": is given twice");
    }

    s->given = 1;

    agent_buffer_adds(&s->record, "\"\"");

    head = agent_json_split_parse(&s->record, "}", fault);

    if (head == NULL) {
        return -1;
    }

    rc = s->ops->begin(s->data, head, fault);

    json_decref(head);

    s->state = AGENT_JSON_SPLIT_CONTENT;
    s->escape = 0;
    s->high = 0;
    s->nrest = 0;

    return rc;
}


static agent_buffer_t *
agent_json_split_buffer(agent_json_split_t *s)
{
    return s->state == AGENT_JSON_SPLIT_RECORD ? &s->record : &s->outer;
}


static int
agent_json_split_keep(agent_json_split_t *s, char c, agent_fault_t *fault)
{
    agent_buffer_t  *b;

    b = agent_json_split_buffer(s);

    if (b->len >= AGENT_JSON_SPLIT_MAX) {
        return agent_fault_set(fault, 413, "VALIDATION_FAILED", NULL,
                               "the members besides " AGENT_JSON_SPLIT_MEMBER
                               " exceed %d bytes", AGENT_JSON_SPLIT_MAX);
    }

    agent_buffer_add(b, &c, 1);

    return b->failed ? agent_fault_no_memory(fault) : 0;
}


/* parses the bytes of b followed by end, and leaves b as it was */

static json_t *
agent_json_split_parse(agent_buffer_t *b, const char *end,
    agent_fault_t *fault)
{
    size_t         len;
    json_t        *json;
    json_error_t   error;

    len = b->len;

    agent_buffer_add(b, end, strlen(end));

    if (b->failed) {
        (void) agent_fault_no_memory(fault);
        return NULL;
    }

    json = json_loadb(b->data, b->len, JSON_ALLOW_NUL, &error);
    b->len = len;

    if (json == NULL) {
        (void) agent_json_split_bad(fault, error.text);
        return NULL;
    }

    if (!json_is_object(json)) {
        json_decref(json);
        (void) agent_json_split_bad(fault, "it is not an object");
        return NULL;
    }

    return json;
}


static int
agent_json_split_bad(agent_fault_t *fault, const char *what)
{
    return agent_fault_invalid(fault, "the request body is not valid JSON: %s",
                               what);
}


int
agent_json_split_end(agent_json_split_t *s, json_t **outer,
    agent_fault_t *fault)
{
    *outer = NULL;

    if (s->state != AGENT_JSON_SPLIT_END) {
        return agent_json_split_bad(fault, "it is not complete");
    }

    *outer = agent_json_split_parse(s->list ? &s->outer : &s->record, "",
                                    fault);

    return *outer ? 0 : -1;
}


json_t *
agent_json_split_head(agent_json_split_t *s)
{
    agent_fault_t  fault;

    /* the array is open, and so is the outermost object */

    return agent_json_split_parse(&s->outer, "]}", &fault);
}


void
agent_json_split_free(agent_json_split_t *s)
{
    agent_buffer_free(&s->outer);
    agent_buffer_free(&s->record);
}


/* returns the number of bytes used, 0 with a fault */

static size_t
agent_json_split_content(agent_json_split_t *s, const char *buf, size_t len,
    agent_fault_t *fault)
{
    size_t       i, n, used;
    static char  out[AGENT_JSON_SPLIT_PIECE];

    n = 0;

    for (i = 0; i < len; /* void */ ) {

        if (n > sizeof(out) - 8) {
            break;
        }

        if (s->escape) {

            if (agent_json_split_escape(s, buf[i++], out, &n) == -1) {
                (void) agent_json_split_bad(fault, "invalid escape");
                return 0;
            }

            continue;
        }

        if (s->nrest || (unsigned char) buf[i] >= 0x80) {
            used = agent_json_split_wide(s, buf + i, len - i, out, &n);

            if (used == 0 || s->high) {
                (void) agent_json_split_bad(fault, "invalid UTF-8");
                return 0;
            }

            i += used;
            continue;
        }

        if (buf[i] == '\\') {
            s->escape = 1;
            i++;
            continue;
        }

        if (s->high || (unsigned char) buf[i] < 0x20) {
            (void) agent_json_split_bad(fault, s->high ? "invalid escape"
                                               : "control character");
            return 0;
        }

        if (buf[i] == '"') {
            i++;
            s->state = AGENT_JSON_SPLIT_RECORD;
            s->named = 0;
            break;
        }

        used = len - i;

        if (used > sizeof(out) - n) {
            used = sizeof(out) - n;
        }

        used = agent_json_text_plain(buf + i, used);

        memcpy(out + n, buf + i, used);
        n += used;
        i += used;
    }

    if (n) {
        s->ops->text(s->data, out, n);
    }

    return i;
}


/* a character of several bytes, of which some may have come before */

static size_t
agent_json_split_wide(agent_json_split_t *s, const char *buf, size_t len,
    char *out, size_t *n)
{
    int     rc;
    size_t  used;

    used = 0;

    do {

        if (used == len) {
            return used;
        }

        s->rest[s->nrest++] = buf[used++];
        rc = agent_utf8_char(s->rest, s->nrest);

    } while (rc == -1);

    if (rc == 0) {
        return 0;
    }

    memcpy(out + *n, s->rest, s->nrest);
    *n += s->nrest;
    s->nrest = 0;

    return used;
}


/* a byte after a backslash */

static int
agent_json_split_escape(agent_json_split_t *s, char c, char *out, size_t *n)
{
    unsigned     digit;
    const char  *p;

    static const char  names[] = "\"\\/bfnrt";
    static const char  bytes[] = "\"\\/\b\f\n\r\t";

    if (s->escape == 1) {

        if (c == 'u') {
            s->escape = 2;
            s->code = 0;
            return 0;
        }

        p = c ? strchr(names, c) : NULL;

        if (p == NULL || s->high) {
            return -1;
        }

        out[(*n)++] = bytes[p - names];
        s->escape = 0;

        return 0;
    }

    if (c >= '0' && c <= '9') {
        digit = c - '0';

    } else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f') {
        digit = (c | 0x20) - 'a' + 10;

    } else {
        return -1;
    }

    s->code = s->code << 4 | digit;

    if (++s->escape < 6) {
        return 0;
    }

    s->escape = 0;

    return agent_json_split_code(s, out, n);
}


static int
agent_json_split_code(agent_json_split_t *s, char *out, size_t *n)
{
    unsigned  c;
    char     *p;

    c = s->code;
    p = out + *n;

    if (s->high) {

        if (c < 0xdc00 || c > 0xdfff) {
            return -1;
        }

        c = 0x10000 + ((s->high - 0xd800) << 10) + (c - 0xdc00);
        s->high = 0;

    } else if (c >= 0xd800 && c <= 0xdbff) {
        s->high = c;
        return 0;

    } else if (c >= 0xdc00 && c <= 0xdfff) {
        return -1;
    }

    if (c < 0x80) {
        *p++ = (char) c;

    } else if (c < 0x800) {
        *p++ = (char) (0xc0 | c >> 6);
        *p++ = (char) (0x80 | (c & 0x3f));

    } else if (c < 0x10000) {
        *p++ = (char) (0xe0 | c >> 12);
        *p++ = (char) (0x80 | (c >> 6 & 0x3f));
        *p++ = (char) (0x80 | (c & 0x3f));

    } else {
        *p++ = (char) (0xf0 | c >> 18);
        *p++ = (char) (0x80 | (c >> 12 & 0x3f));
        *p++ = (char) (0x80 | (c >> 6 & 0x3f));
        *p++ = (char) (0x80 | (c & 0x3f));
    }

    *n = p - out;

    return 0;
}


static int
agent_json_split_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}
