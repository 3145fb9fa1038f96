
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdlib.h>
#include <string.h>

#include "base/json_text.h"
#include "base/last_lines.h"
#include "base/utf8.h"


typedef enum {
    AGENT_LAST_LINES_PLAIN = 0,
    AGENT_LAST_LINES_RETURN,     /* after a carriage return */
    AGENT_LAST_LINES_ESCAPE,
    AGENT_LAST_LINES_CONTROL,    /* ESC [ ... */
    AGENT_LAST_LINES_STRING,     /* ESC ] ... BEL */
    AGENT_LAST_LINES_STRING_ESCAPE
} agent_last_lines_state_e;


static void agent_last_lines_byte(agent_last_lines_t *t,
    agent_last_lines_part_t *p, unsigned char c);
static void agent_last_lines_plain(agent_last_lines_t *t,
    agent_last_lines_part_t *p, unsigned char c);
static void agent_last_lines_line(agent_last_lines_t *t, const char *text,
    size_t len);


void
agent_last_lines_add(agent_last_lines_t *t, int stream, const char *buf,
    size_t len)
{
    size_t                    i;
    agent_last_lines_part_t  *p;

    p = &t->part[stream == 2];

    for (i = 0; i < len; i++) {
        agent_last_lines_byte(t, p, (unsigned char) buf[i]);
    }
}


static void
agent_last_lines_byte(agent_last_lines_t *t, agent_last_lines_part_t *p,
    unsigned char c)
{
    switch (p->state) {

    case AGENT_LAST_LINES_ESCAPE:
        p->state = (c == '[') ? AGENT_LAST_LINES_CONTROL
                   : (c == ']' || c == 'P' || c == '_' || c == '^')
                   ? AGENT_LAST_LINES_STRING : AGENT_LAST_LINES_PLAIN;
        return;

    case AGENT_LAST_LINES_CONTROL:

        if (c >= 0x40 && c <= 0x7e) {
            p->state = AGENT_LAST_LINES_PLAIN;
            return;
        }

        /* a truncated escape sequence must not swallow the next line */

        if (c == '\n') {
            break;
        }

        return;

    case AGENT_LAST_LINES_STRING:

        if (c == '\n') {
            break;
        }

        if (c == 0x07) {
            p->state = AGENT_LAST_LINES_PLAIN;

        } else if (c == 0x1b) {
            p->state = AGENT_LAST_LINES_STRING_ESCAPE;
        }

        return;

    case AGENT_LAST_LINES_STRING_ESCAPE:
        p->state = (c == '\\') ? AGENT_LAST_LINES_PLAIN
                               : AGENT_LAST_LINES_STRING;

        if (c == '\n') {
            break;
        }

        return;

    case AGENT_LAST_LINES_RETURN:

        if (c != '\n' && c != '\r') {
            p->len = 0;
            p->state = AGENT_LAST_LINES_PLAIN;
        }

        break;

    default:
        break;
    }

    agent_last_lines_plain(t, p, c);
}


static void
agent_last_lines_plain(agent_last_lines_t *t, agent_last_lines_part_t *p,
    unsigned char c)
{
    switch (c) {

    case '\n':
        agent_last_lines_line(t, p->text, p->len);
        p->len = 0;
        p->state = AGENT_LAST_LINES_PLAIN;
        return;

    case '\r':
        p->state = AGENT_LAST_LINES_RETURN;
        return;

    case 0x1b:
        p->state = AGENT_LAST_LINES_ESCAPE;
        return;

    default:
        break;
    }

    if ((c < 0x20 && c != '\t') || c == 0x7f
        || p->len == AGENT_LAST_LINES_SIZE)
    {
        return;
    }

    p->text[p->len++] = (char) c;
}


void
agent_last_lines_end(agent_last_lines_t *t)
{
    size_t                    i;
    agent_last_lines_part_t  *p;

    for (i = 0; i < 2; i++) {
        p = &t->part[i];

        if (p->len) {
            agent_last_lines_line(t, p->text, p->len);
        }

        p->len = 0;
        p->state = AGENT_LAST_LINES_PLAIN;
    }
}


void
agent_last_lines_say(agent_last_lines_t *t, const char *text)
{
    agent_last_lines_end(t);

    agent_last_lines_add(t, 1, text, strlen(text));
    agent_last_lines_end(t);
}


static void
agent_last_lines_line(agent_last_lines_t *t, const char *text, size_t len)
{
    char  *line, **slot;

    if (len == AGENT_LAST_LINES_SIZE) {
        len -= agent_utf8_incomplete(text, len);
    }

    line = malloc(len + 1);

    if (line == NULL) {
        return;
    }

    memcpy(line, text, len);
    line[len] = '\0';

    slot = &t->lines[t->next++ % AGENT_LAST_LINES_MAX];

    free(*slot);
    *slot = line;
}


uint64_t
agent_last_lines_first(agent_last_lines_t *t)
{
    return t->next > AGENT_LAST_LINES_MAX ? t->next - AGENT_LAST_LINES_MAX : 0;
}


size_t
agent_last_lines_text(agent_last_lines_t *t, uint64_t *from, uint64_t *to,
    char *buf, size_t size)
{
    size_t       n, len, need;
    uint64_t     i, first;
    const char  *line;

    first = agent_last_lines_first(t);

    if (*from < first) {
        *from = first;
    }

    n = 0;

    for (i = *from; i < t->next; i++) {
        line = t->lines[i % AGENT_LAST_LINES_MAX];
        len = strlen(line);
        need = agent_json_text_len(line, len) + (i > *from ? 2 : 0);

        if (need > size - n) {
            break;
        }

        if (i > *from) {
            buf[n++] = '\\';
            buf[n++] = 'n';
        }

        n += agent_json_text_escape(buf + n, line, len);
    }

    *to = i;

    return n;
}


json_t *
agent_last_lines_json(agent_last_lines_t *t, size_t n)
{
    char         text[AGENT_LAST_LINES_SIZE * 3];
    size_t       i, len, at;
    json_t      *list;
    uint64_t     from;
    const char  *line;
    int          c;

    list = json_array();
    from = agent_last_lines_first(t);

    if (t->next - from > n) {
        from = t->next - n;
    }

    for ( /* void */ ; list && from < t->next; from++) {
        line = t->lines[from % AGENT_LAST_LINES_MAX];
        len = strlen(line);
        at = 0;

        /* jansson accepts only valid UTF-8 */

        for (i = 0; i < len; i += (c > 0 ? c : 1)) {
            c = agent_utf8_char(line + i, len - i);

            if (c > 0) {
                memcpy(text + at, line + i, c);
                at += c;

            } else {
                memcpy(text + at, "\xef\xbf\xbd", 3);
                at += 3;
            }
        }

        if (json_array_append_new(list, json_stringn(text, at)) == -1) {
            json_decref(list);
            list = NULL;
        }
    }

    return list;
}


void
agent_last_lines_free(agent_last_lines_t *t)
{
    size_t  i;

    for (i = 0; i < AGENT_LAST_LINES_MAX; i++) {
        free(t->lines[i]);
        t->lines[i] = NULL;
    }

    memset(t, 0, sizeof(agent_last_lines_t));
}
