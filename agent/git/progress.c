
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <string.h>

#include "git/progress.h"


static const char *agent_git_progress_number(const char *p, const char *last,
    uint64_t *n);
static int agent_git_progress_word(char *dst, size_t size, const char *p,
    const char *last);


void
agent_git_progress_feed(agent_git_progress_lines_t *l, const char *buf,
    size_t len)
{
    size_t  i;

    for (i = 0; i < len; i++) {

        if (buf[i] == '\n' || buf[i] == '\r') {
            agent_git_progress_end(l);

        } else if (l->len < AGENT_GIT_PROGRESS_LINE) {
            l->line[l->len++] = buf[i];

        } else {
            l->cut = 1;
        }
    }
}


void
agent_git_progress_end(agent_git_progress_lines_t *l)
{
    size_t  len;

    len = l->len;
    l->len = 0;

    if (len) {
        l->on_line(l->data, l->line, len, l->cut);
    }

    l->cut = 0;
}


int
agent_git_progress_parse(agent_git_progress_t *p, const char *line,
    size_t len)
{
    uint64_t     percent;
    const char  *s, *last, *colon;

    static const char  remote[] = "remote: ";

    memset(p, 0, sizeof(agent_git_progress_t));

    last = line + len;

    if (len > sizeof(remote) - 1
        && memcmp(line, remote, sizeof(remote) - 1) == 0)
    {
        line += sizeof(remote) - 1;
    }

    colon = memchr(line, ':', last - line);

    if (colon == NULL
        || !agent_git_progress_word(p->phase, sizeof(p->phase), line, colon))
    {
        return 0;
    }

    for (s = colon + 1; s < last && *s == ' '; s++) {
        /* void */
    }

    s = agent_git_progress_number(s, last, &percent);

    if (s == NULL || percent > 100 || last - s < 3
        || memcmp(s, "% (", 3) != 0)
    {
        return 0;
    }

    p->percent = percent;

    s = agent_git_progress_number(s + 3, last, &p->current);

    if (s == NULL || s == last || *s != '/') {
        return 0;
    }

    s = agent_git_progress_number(s + 1, last, &p->total);

    if (s == NULL || s == last || *s != ')') {
        return 0;
    }

    if (last - s > 3 && memcmp(s, "), ", 3) == 0) {
        s += 3;

        while (last > s && last[-1] == ' ') {
            last--;
        }

        if (!agent_git_progress_word(p->detail, sizeof(p->detail), s, last)) {
            p->detail[0] = '\0';
        }
    }

    return 1;
}


static const char *
agent_git_progress_number(const char *p, const char *last, uint64_t *n)
{
    const char  *begin;

    *n = 0;

    for (begin = p; p < last && *p >= '0' && *p <= '9'; p++) {
        *n = *n * 10 + (*p - '0');

        if (*n >> 52) {
            return NULL;
        }
    }

    return p == begin ? NULL : p;
}


/* copies printable ASCII that fits */

static int
agent_git_progress_word(char *dst, size_t size, const char *p,
    const char *last)
{
    if (p == last || (size_t) (last - p) >= size) {
        return 0;
    }

    for ( /* void */ ; p < last; p++) {

        if (*p < 0x20 || *p > 0x7e) {
            return 0;
        }

        *dst++ = *p;
    }

    *dst = '\0';

    return 1;
}
