
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "files/lines_buffer.h"


static void agent_lines_buffer_fold(agent_lines_t *l, size_t from);


int
agent_lines_buffer_fill(agent_lines_t *l, size_t keep)
{
    size_t   end, room;
    ssize_t  n;

    if (keep) {
        agent_lines_buffer_count(l, keep);

        memmove(l->buf, l->buf + keep, l->end - keep);

        if (l->fold) {
            memmove(l->fold, l->fold + keep, l->end - keep);
        }

        l->base += keep;
        l->end -= keep;
        l->pos -= keep;
        l->counted -= keep;
        l->known = 0;
        l->hot = l->hot > keep ? l->hot - keep : 0;

        if (l->found) {
            l->line -= keep;
            l->line_end -= keep;
            l->from -= keep;
            l->to -= keep;
        }
    }

    room = l->size - l->end;

    if (l->eof || room == 0) {
        return 0;
    }

    do {
        n = read(l->fd, l->buf + l->end, room);
    } while (n == -1 && errno == EINTR);

    if (n == -1) {
        return -1;
    }

    end = l->end;
    l->end += n;

    if (l->fold) {
        agent_lines_buffer_fold(l, end);
    }

    /* the end of most files is known without reading once more */

    if (n == 0 || ((size_t) n < room
                   && l->base + l->end == (uint64_t) l->length))
    {
        l->eof = 1;
    }

    return n != 0;
}


/* upper case becomes lower case, eight bytes at a time */

static void
agent_lines_buffer_fold(agent_lines_t *l, size_t from)
{
    char      c;
    size_t    i;
    uint64_t  v, low, upper;

    static const uint64_t  ones = 0x0101010101010101ULL;

    for (i = from; i + sizeof(v) <= l->end; i += sizeof(v)) {
        memcpy(&v, l->buf + i, sizeof(v));

        /* the high bit of each byte: from 'A' on, but not after 'Z' */

        low = v & (ones * 0x7f);
        upper = (low + ones * (0x80 - 'A')) & ~(low + ones * (0x7f - 'Z'))
                & ~v & (ones * 0x80);

        v |= upper >> 2;
        memcpy(l->fold + i, &v, sizeof(v));
    }

    for ( /* void */ ; i < l->end; i++) {
        c = l->buf[i];
        l->fold[i] = c >= 'A' && c <= 'Z' ? c | 0x20 : c;
    }
}


size_t
agent_lines_buffer_keep(const agent_lines_t *l, size_t pos)
{
    size_t    start, keep;
    unsigned  n;

    keep = pos;

    if (l->inside) {
        return keep;
    }

    for (n = 0; n < l->before && keep; n++) {
        start = agent_lines_buffer_start(l, keep - 1);

        if (pos - start > l->size / 4) {
            break;
        }

        keep = start;
    }

    return keep;
}


void
agent_lines_buffer_count(agent_lines_t *l, size_t pos)
{
    const char  *p, *end;

    if (pos <= l->counted) {
        return;
    }

    p = l->buf + l->counted;
    end = l->buf + pos;

    while ((p = memchr(p, '\n', end - p)) != NULL) {
        l->lines++;
        p++;
    }

    l->counted = pos;
}


size_t
agent_lines_buffer_end(const agent_lines_t *l, size_t pos, size_t last)
{
    char  *p;

    p = memchr(l->buf + pos, '\n', last - pos);

    return p ? (size_t) (p - l->buf) : last;
}


size_t
agent_lines_buffer_start(const agent_lines_t *l, size_t pos)
{
    char  *p;

    p = memrchr(l->buf, '\n', pos);

    return p ? (size_t) (p + 1 - l->buf) : 0;
}
