
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/literal.h"
#include "base/pattern.h"
#include "base/utf8.h"
#include "sys/beneath.h"
#include "files/grep.h"
#include "files/lines.h"
#include "files/param.h"
#include "files/search.h"
#include "files/search_param.h"
#include "files/search_result.h"


/* POST /api/grep: lines of files that have a text or match an expression */


/* bytes of a line in a result, and of those before the match */
#define AGENT_GREP_TEXT  1024
#define AGENT_GREP_LEAD  256


typedef struct {
    agent_search_t     search;         /* first */
    agent_lines_t      lines;
    uint64_t           each;           /* results of a file; 0: any number */

    /* of the thread while it works */

    int                fd;             /* of the file */
    unsigned           opened:1;
    uint64_t           found;          /* lines in it */
    uint64_t           searched;       /* files */
    uint64_t           binary;
} agent_grep_t;


static int agent_grep_params(agent_search_t *s, json_t *body,
    agent_fault_t *fault);
static int agent_grep_text_param(agent_grep_t *g, json_t *body,
    agent_fault_t *fault);
static int agent_grep_context_param(agent_grep_t *g, json_t *body,
    agent_fault_t *fault);
static int agent_grep_needle(agent_grep_t *g, const char *name, char *text,
    size_t len, agent_fault_t *fault);
static int agent_grep_entry(agent_search_t *s, uint64_t until);
static int agent_grep_open(agent_grep_t *g);
static void agent_grep_end(agent_grep_t *g);
static int agent_grep_buffers(agent_grep_t *g);
static int agent_grep_lines(agent_grep_t *g, uint64_t until);
static void agent_grep_result(agent_grep_t *g);
static void agent_grep_line(agent_grep_t *g, agent_json_writer_t *w);
static int agent_grep_context(agent_grep_t *g, agent_json_writer_t *w,
    const char *name, size_t context[][2], unsigned n);
static void agent_grep_summary(agent_search_t *s, agent_json_writer_t *w);
static void agent_grep_close(agent_search_t *s);
static void agent_grep_free(agent_search_t *s);


static const agent_search_kind_t  agent_grep_kind = {
    .operation = "file.grep",
    .list = "matches",
    .event = "match",
    .size = sizeof(agent_grep_t),
    .files = 1,
    .params = agent_grep_params,
    .entry = agent_grep_entry,
    .summary = agent_grep_summary,
    .close = agent_grep_close,
    .free = agent_grep_free
};


void
agent_files_grep(agent_request_t *r, json_t *body)
{
    agent_search(r, body, &agent_grep_kind);
}


static int
agent_grep_params(agent_search_t *s, json_t *body, agent_fault_t *fault)
{
    agent_grep_t  *g;

    g = (agent_grep_t *) s;

    g->lines.icase = s->icase;

    if (agent_search_param_patterns(body, "include", &s->include, fault) != 0
        || agent_json_integer(body, "limitPerFile", 1, AGENT_JSON_INTEGER_MAX,
                              &g->each, fault)
           != 0
        || agent_grep_context_param(g, body, fault) != 0)
    {
        return -1;
    }

    return agent_grep_text_param(g, body, fault);
}


/* "context" is for both "before" and "after" */

static int
agent_grep_context_param(agent_grep_t *g, json_t *body, agent_fault_t *fault)
{
    uint64_t  both, before, after;

    both = 0;

    if (agent_json_integer(body, "context", 0, AGENT_LINES_CONTEXT, &both,
                           fault)
        != 0)
    {
        return -1;
    }

    before = both;
    after = both;

    if (agent_json_integer(body, "before", 0, AGENT_LINES_CONTEXT, &before,
                           fault)
           != 0
        || agent_json_integer(body, "after", 0, AGENT_LINES_CONTEXT, &after,
                              fault)
           != 0)
    {
        return -1;
    }

    g->lines.before = before;
    g->lines.after = after;

    return 0;
}


/* "text" or "regex", in base64 if it is no UTF-8 */

static int
agent_grep_text_param(agent_grep_t *g, json_t *body, agent_fault_t *fault)
{
    int          rc;
    char        *text;
    size_t       i, len, n;
    json_t      *value;
    const char  *name;

    static const char *const  names[] = {
        "text", "textBase64", "regex", "regexBase64"
    };

    n = 0;
    name = NULL;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        value = json_object_get(body, names[i]);

        if (value && !json_is_null(value)) {
            name = names[i];
            n++;
        }
    }

    if (n != 1) {
        return agent_fault_invalid(fault, "text or regex: exactly one is "
                                   "required, as a string");
    }

    if (agent_json_bytes(body, name, strstr(name, "Base64") != NULL, &text,
                         &len, fault)
        != 0)
    {
        return -1;
    }

    rc = agent_grep_needle(g, name, text, len, fault);
    free(text);

    return rc;
}


static int
agent_grep_needle(agent_grep_t *g, const char *name, char *text, size_t len,
    agent_fault_t *fault)
{
    char            reason[128];
    size_t          i;
    agent_lines_t  *l;

    l = &g->lines;

    if (len == 0 || len > AGENT_PATTERN_MAX) {
        return agent_fault_invalid(fault, "%s: must be 1 to %d bytes", name,
                                   AGENT_PATTERN_MAX);
    }

    if (memchr(text, '\n', len) != NULL) {
        return agent_fault_invalid(fault, "%s: must not contain a line break: "
                                   "each line is searched by itself", name);
    }

    if (name[0] == 't') {
        memcpy(l->literal.text, text, len);
        l->literal.used = len;
        l->literal.len[0] = len;
        l->literal.n = 1;

    } else {
        l->pattern = agent_pattern_lines(text, len, l->icase, reason,
                                         sizeof(reason));

        if (l->pattern == NULL) {
            return agent_fault_invalid(fault, "%s: %s", name, reason);
        }

        agent_literal(text, len, &l->literal);
    }

    for (i = 0; l->icase && i < l->literal.used; i++) {
        if (l->literal.text[i] >= 'A' && l->literal.text[i] <= 'Z') {
            l->literal.text[i] |= 0x20;
        }
    }

    return 0;
}


static int
agent_grep_entry(agent_search_t *s, uint64_t until)
{
    int            rc;
    agent_grep_t  *g;

    g = (agent_grep_t *) s;

    if (!g->opened) {

        if (!S_ISREG(s->mode)
            || (s->include.n && s->walk
                && agent_ignore_match(&s->include, s->relative, s->len,
                                      s->name - s->relative, 0)
                   != 1))
        {
            return 0;
        }

        rc = agent_grep_open(g);

        if (rc != 1) {
            return rc;
        }
    }

    rc = agent_grep_lines(g, until);

    if (rc == 1) {
        return 1;
    }

    if (rc == -1) {
        agent_search_result_skip(s, s->relative, errno);
    }

    agent_grep_end(g);

    return 0;
}


/* 1: the file is to be searched, 0: it is not, or -1 with errno */

static int
agent_grep_open(agent_grep_t *g)
{
    int              rc;
    struct stat      st;
    agent_search_t  *s;

    s = &g->search;

    if (g->lines.buf == NULL && agent_grep_buffers(g) == -1) {
        return -1;
    }

    g->fd = agent_beneath_open_at(s->dir, s->name, O_RDONLY, &st);

    if (g->fd == -1) {

        /* it has gone, or is another kind of file now */

        if (errno != ENOENT && errno != EBUSY && errno != ENXIO
            && errno != EISDIR)
        {
            agent_search_result_skip(s, s->relative, errno);
        }

        return 0;
    }

    g->opened = 1;
    g->found = 0;

    rc = agent_lines_open(&g->lines, g->fd, st.st_size);

    if (rc == 0) {
        g->searched++;
        return 1;
    }

    if (rc == 1) {
        g->binary++;

    } else {
        agent_search_result_skip(s, s->relative, errno);
    }

    agent_grep_end(g);

    return 0;
}


static void
agent_grep_end(agent_grep_t *g)
{
    if (g->opened) {
        g->opened = 0;
        (void) close(g->fd);
    }
}


static int
agent_grep_buffers(agent_grep_t *g)
{
    agent_lines_t  *l;

    l = &g->lines;
    l->size = g->search.buffer;

    if (l->icase && l->literal.n) {
        l->size /= 2;
        l->fold = malloc(l->size);

        if (l->fold == NULL) {
            return -1;
        }
    }

    l->buf = malloc(l->size);

    return l->buf ? 0 : -1;
}


/* 1: there is more, 0: it has ended, or -1 with errno */

static int
agent_grep_lines(agent_grep_t *g, uint64_t until)
{
    int              rc;
    agent_search_t  *s;

    s = &g->search;

    for ( ;; ) {
        rc = agent_lines_next(&g->lines, until);

        if (rc == 2) {
            return 1;
        }

        if (rc != 1) {
            return rc;
        }

        agent_grep_result(g);

        if (s->count == s->limit || ++g->found == g->each) {
            return 0;
        }

        if (s->text.len >= s->piece) {
            return 1;
        }
    }
}


static void
agent_grep_result(agent_grep_t *g)
{
    int                   cut;
    size_t                context[AGENT_LINES_CONTEXT][2];
    agent_lines_t        *l;
    agent_json_writer_t   w;

    l = &g->lines;

    agent_search_result_begin(&g->search, &w);

    agent_json_writer_integer(&w, "line", l->number);
    agent_json_writer_integer(&w, "column", l->column);
    agent_json_writer_integer(&w, "offset", l->offset);
    agent_json_writer_integer(&w, "length", l->to - l->from);

    agent_grep_line(g, &w);

    cut = 0;

    if (l->before) {
        cut |= agent_grep_context(g, &w, "before", context,
                                  agent_lines_before(l, context));
    }

    if (l->after) {
        cut |= agent_grep_context(g, &w, "after", context,
                                  agent_lines_after(l, context));
    }

    if (cut) {
        agent_json_writer_bool(&w, "contextCut", 1);
    }

    agent_search_result_end(&g->search, &w);
}


/* of a long line, the part that has the match */

static void
agent_grep_line(agent_grep_t *g, agent_json_writer_t *w)
{
    size_t          from, to;
    agent_lines_t  *l;

    l = &g->lines;

    from = l->line;
    to = l->line_end;

    if (to - from > AGENT_GREP_TEXT) {

        if (l->from - from > AGENT_GREP_LEAD) {
            from = l->from - AGENT_GREP_LEAD;

            /* not in a character */

            from -= agent_utf8_incomplete(l->buf + l->line, from - l->line);
        }

        if (to - from > AGENT_GREP_TEXT) {
            to = from + AGENT_GREP_TEXT;
            to -= agent_utf8_incomplete(l->buf + from, to - from);
        }
    }

    agent_files_param_text_json(w, "text", l->buf + from, to - from);

    if (from != l->line || to != l->line_end || !l->begins || !l->ends) {
        agent_json_writer_bool(w, "cut", 1);
        agent_json_writer_integer(w, "textColumn",
                                  l->column - agent_lines_chars(l, from,
                                                                l->from));
    }
}


/* 1: a line was cut */

static int
agent_grep_context(agent_grep_t *g, agent_json_writer_t *w, const char *name,
    size_t context[][2], unsigned n)
{
    int             cut;
    size_t          len;
    unsigned        i;
    const char     *text;
    agent_buffer_t *b;

    b = w->buf;
    cut = 0;

    agent_buffer_printf(b, ",\"%s\":[", name);
    w->comma = 0;

    for (i = 0; i < n; i++) {
        text = g->lines.buf + context[i][0];
        len = context[i][1] - context[i][0];

        if (len > AGENT_GREP_TEXT) {
            len = AGENT_GREP_TEXT;
            len -= agent_utf8_incomplete(text, len);
            cut = 1;
        }

        agent_json_writer_text(w, NULL, text, len);
    }

    agent_buffer_adds(b, "]");
    w->comma = 1;

    return cut;
}


static void
agent_grep_summary(agent_search_t *s, agent_json_writer_t *w)
{
    agent_grep_t  *g;

    g = (agent_grep_t *) s;

    agent_json_writer_integer(w, "searched", g->searched);
    agent_json_writer_integer(w, "binary", g->binary);
}


static void
agent_grep_close(agent_search_t *s)
{
    agent_grep_t  *g;

    g = (agent_grep_t *) s;

    agent_grep_end(g);

    free(g->lines.buf);
    free(g->lines.fold);

    g->lines.buf = NULL;
    g->lines.fold = NULL;
}


static void
agent_grep_free(agent_search_t *s)
{
    agent_grep_t  *g;

    g = (agent_grep_t *) s;

    agent_pattern_free(g->lines.pattern);
}
