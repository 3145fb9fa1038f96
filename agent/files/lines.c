
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <ctype.h>
#include <string.h>

#include "base/time.h"
#include "base/utf8.h"
#include "files/lines.h"
#include "files/lines_buffer.h"


/* bytes of the longest word at which a line is not cut */
#define AGENT_LINES_WORD  256


static int agent_lines_search(agent_lines_t *l, size_t last, int open,
    uint64_t until);
static int agent_lines_text(agent_lines_t *l, size_t last);
static size_t agent_lines_literal(agent_lines_t *l, size_t last);
static int agent_lines_any(agent_lines_t *l, size_t last);
static int agent_lines_match(agent_lines_t *l, int open, uint64_t until);
static int agent_lines_found(agent_lines_t *l, int open);
static int agent_lines_ahead(agent_lines_t *l);
static void agent_lines_begin(agent_lines_t *l, size_t pos);
static void agent_lines_long(agent_lines_t *l, size_t from);
static size_t agent_lines_gap(const agent_lines_t *l, size_t pos);


int
agent_lines_open(agent_lines_t *l, int fd, int64_t length)
{
    size_t  n;

    l->fd = fd;
    l->length = length;
    l->base = 0;
    l->end = 0;
    l->known = 0;
    l->hot = 0;
    l->counted = 0;
    l->lines = 1;
    l->found = 0;
    l->skip = 0;
    l->eof = 0;

    agent_lines_begin(l, 0);

    if (agent_lines_buffer_fill(l, 0) == -1) {
        return -1;
    }

    n = l->end < AGENT_LINES_BINARY ? l->end : AGENT_LINES_BINARY;

    return memchr(l->buf, '\0', n) != NULL;
}


int
agent_lines_next(agent_lines_t *l, uint64_t until)
{
    int     rc, open;
    char   *p;
    size_t  pos, last;

    if (l->found) {
        l->found = 0;
        l->skip = !l->ends;

        agent_lines_begin(l, l->line_end
                             + (l->ends && l->line_end < l->end));
    }

    for ( ;; ) {

        if (l->skip) {
            pos = agent_lines_buffer_end(l, l->pos, l->end);
            l->skip = (pos == l->end);

            agent_lines_begin(l, pos + !l->skip);
        }

        /* whole lines; without one, what there is of a long one */

        open = 0;
        last = l->end;

        if (!l->eof) {
            p = memrchr(l->buf + l->pos, '\n', l->end - l->pos);

            if (p) {
                last = p + 1 - l->buf;

            } else if (l->end - l->pos >= l->size / 2) {
                open = 1;

            } else {
                last = l->pos;
            }
        }

        pos = l->pos;
        rc = agent_lines_search(l, last, open, until);

        if (rc != 0) {
            return rc;
        }

        if (l->eof) {
            return 0;
        }

        if (open) {
            agent_lines_long(l, pos);
        }

        rc = agent_lines_buffer_fill(l, agent_lines_buffer_keep(l, l->pos));

        if (rc == -1) {
            return -1;
        }

        if (agent_time_ms() >= until) {
            return 2;
        }
    }
}


/*
 * the lines from pos to last, or a part of one that is open: 1, 0, 2 or -1, as
 * agent_lines_next()
 */

static int
agent_lines_search(agent_lines_t *l, size_t last, int open, uint64_t until)
{
    int  rc;

    while (l->pos < last) {

        /* is there a line that is worth a closer look? */

        if (l->window == 0) {
            rc = l->literal.n ? agent_lines_text(l, last)
                              : open || agent_lines_any(l, last);

            if (rc == 0) {

                if (l->pos < last && agent_time_ms() >= until) {
                    return 2;
                }

                continue;
            }
        }

        if (l->pattern == NULL) {
            l->line_end = agent_lines_buffer_end(l, l->to, last);
            return agent_lines_found(l, open);
        }

        l->line_end = agent_lines_buffer_end(l, l->pos, last);

        rc = agent_lines_match(l, open, until);

        if (rc == 1) {
            return agent_lines_found(l, open);
        }

        if (rc == 2) {
            return 2;
        }

        if (open) {
            l->pos = last;
            return 0;
        }

        agent_lines_begin(l, l->line_end + (l->line_end < last));

        if (agent_time_ms() >= until) {
            return 2;
        }
    }

    return 0;
}


/* moves to the next line that has a text; 0: there is none */

static int
agent_lines_text(agent_lines_t *l, size_t last)
{
    size_t  start, found;

    found = agent_lines_literal(l, last);

    if (found == last) {

        if (memchr(l->buf + l->pos, '\n', last - l->pos) != NULL) {
            agent_lines_begin(l, last);

        } else {
            l->pos = last;
        }

        return 0;
    }

    l->from = found;
    l->to = found + l->literal.len[0];

    start = agent_lines_buffer_start(l, l->from);

    if (start > l->pos) {
        agent_lines_begin(l, start);
    }

    return 1;
}


/* the first literal from pos on, or last; each is searched for once */

static size_t
agent_lines_literal(agent_lines_t *l, size_t last)
{
    char                   *p, *text;
    size_t                  i, found;
    const agent_literal_t  *literal;

    literal = &l->literal;
    text = l->fold ? l->fold : l->buf;

    if (l->known != last) {
        l->known = last;
        memset(l->next, 0, sizeof(l->next));
    }

    found = last;

    for (i = 0; i < literal->n; i++) {

        if (l->next[i] <= l->pos) {
            p = memmem(text + l->pos, last - l->pos,
                       literal->text + literal->at[i], literal->len[i]);

            l->next[i] = (p ? (size_t) (p - text) : last) + 1;
        }

        if (l->next[i] - 1 < found) {
            found = l->next[i] - 1;
        }
    }

    return found;
}


/* moves to the next lines of which one may match; 0: not yet */

static int
agent_lines_any(agent_lines_t *l, size_t last)
{
    char    *p;
    size_t   end;

    if (l->pos < l->hot || l->inside) {
        return 1;
    }

    end = last;

    if (last - l->pos > AGENT_PATTERN_WINDOW) {
        p = memrchr(l->buf + l->pos, '\n', AGENT_PATTERN_WINDOW);

        if (p == NULL) {
            return 1;
        }

        end = p + 1 - l->buf;
    }

    if (agent_pattern_any(l->pattern, l->buf + l->pos, end - l->pos)) {
        l->hot = end;
        return 1;
    }

    l->pos = end;

    return 0;
}


/*
 * matches the line from pos to line_end, a long one in windows that begin and
 * end between words; 1, 0, or 2: it takes longer
 */

static int
agent_lines_match(agent_lines_t *l, int open, uint64_t until)
{
    int     last;
    size_t  pos, end, from, to;

    pos = l->window ? l->window : l->pos;
    l->window = 0;

    for ( ;; ) {
        end = l->line_end;
        last = (end - pos <= AGENT_PATTERN_WINDOW);

        if (!last) {
            end = agent_lines_gap(l, pos + AGENT_PATTERN_WINDOW);

        } else if (open) {
            end = agent_lines_gap(l, end - 1);
        }

        if (agent_pattern_find(l->pattern, l->buf + pos, end - pos,
                               pos == l->pos && !l->inside, last && !open,
                               &from, &to))
        {
            l->from = pos + from;
            l->to = pos + to;
            return 1;
        }

        if (last) {
            return 0;
        }

        pos = agent_lines_gap(l, end - AGENT_PATTERN_WINDOW / 2 - 1) + 1;

        if (agent_time_ms() >= until) {
            l->window = pos;
            return 2;
        }
    }
}


static int
agent_lines_found(agent_lines_t *l, int open)
{
    l->found = 1;
    l->line = l->pos;
    l->begins = !l->inside;
    l->ends = !open;

    agent_lines_buffer_count(l, l->line);

    l->number = l->lines;
    l->offset = l->base + l->from;
    l->column = l->left + agent_lines_chars(l, l->line, l->from) + 1;

    return agent_lines_ahead(l) == -1 ? -1 : 1;
}


/* reads on until the context after the line is in the buffer */

static int
agent_lines_ahead(agent_lines_t *l)
{
    int     rc;
    size_t  context[AGENT_LINES_CONTEXT][2];

    if (l->after == 0 || !l->ends) {
        return 0;
    }

    /* the last one may not have been read to its end */

    while (!l->eof
           && (agent_lines_after(l, context) < l->after
               || context[l->after - 1][1] == l->end))
    {
        rc = agent_lines_buffer_fill(l, agent_lines_buffer_keep(l, l->line));

        if (rc != 1) {
            return rc;
        }
    }

    return 0;
}


unsigned
agent_lines_before(const agent_lines_t *l,
    size_t context[AGENT_LINES_CONTEXT][2])
{
    size_t    pos;
    unsigned  i, n;

    if (!l->begins) {
        return 0;
    }

    for (n = 0, pos = l->line; n < l->before && pos; n++) {
        pos = agent_lines_buffer_start(l, pos - 1);
    }

    for (i = 0; i < n; i++) {
        context[i][0] = pos;
        context[i][1] = agent_lines_buffer_end(l, pos, l->line);
        pos = context[i][1] + 1;
    }

    return n;
}


unsigned
agent_lines_after(const agent_lines_t *l,
    size_t context[AGENT_LINES_CONTEXT][2])
{
    size_t    pos;
    unsigned  n;

    if (!l->ends) {
        return 0;
    }

    for (n = 0, pos = l->line_end + 1; n < l->after && pos < l->end; n++) {
        context[n][0] = pos;
        context[n][1] = agent_lines_buffer_end(l, pos, l->end);
        pos = context[n][1] + 1;
    }

    return n;
}


/* a line begins at pos */

static void
agent_lines_begin(agent_lines_t *l, size_t pos)
{
    l->pos = pos;
    l->window = 0;
    l->inside = 0;
    l->left = 0;
}


/*
 * nothing is found in a part of a line, which began at from: the rest of the
 * line is searched with the end of this part
 */

static void
agent_lines_long(agent_lines_t *l, size_t from)
{
    size_t  pos;

    pos = agent_lines_gap(l, l->end - AGENT_LINES_OVERLAP - 1) + 1;
    pos -= agent_utf8_incomplete(l->buf + from, pos - from);

    l->left += agent_lines_chars(l, from, pos);
    l->pos = pos;
    l->inside = 1;
}


uint64_t
agent_lines_chars(const agent_lines_t *l, size_t from, size_t to)
{
    int       n;
    uint64_t  chars;

    for (chars = 0; from < to; chars++) {
        n = agent_utf8_char(l->buf + from, to - from);
        from += n > 0 ? n : 1;
    }

    return chars;
}


/* the last byte up to pos that is in no word, unless that is far away */

static size_t
agent_lines_gap(const agent_lines_t *l, size_t pos)
{
    size_t         i;
    unsigned char  c;

    for (i = pos; i > pos - AGENT_LINES_WORD; i--) {
        c = l->buf[i];

        if (c < 0x80 && !isalnum(c) && c != '_') {
            return i;
        }
    }

    return pos;
}
