
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "base/json_ascii.h"
#include "base/time.h"
#include "base/utf8.h"
#include "watch/report.h"


/* directories that could not be watched, told by name */
#define AGENT_WATCH_REPORT_SKIPPED  20


static int agent_watch_report_path(agent_watch_node_t *n, const char *name);
static void agent_watch_report_add(agent_watch_t *w, agent_watch_kind_e kind,
    const char *path, int is_directory, uint32_t cookie, const char *code);


/* the last path, relative to the watched directory */
static char  agent_watch_report_rel[PATH_MAX + NAME_MAX + 2];


int
agent_watch_report(agent_watch_t *w, agent_watch_kind_e kind,
    agent_watch_node_t *n, const char *name, int is_directory,
    uint32_t cookie)
{
    const char  *path;

    if (!w->ready) {
        return 0;
    }

    if (w->scan.only[0]
        && (name == NULL || strcmp(name, w->scan.only) != 0))
    {
        return 0;
    }

    if (agent_watch_report_path(n, name) == -1) {
        return -1;
    }

    path = agent_watch_report_rel;

    if (kind == AGENT_WATCH_MODIFY) {

        if ((w->params.events & (1U << AGENT_WATCH_MODIFY))
            && agent_watch_filter_pass(&w->params.filter, w->path, path))
        {
            agent_watch_hold_modify(&w->hold, path, agent_time_ms());
        }

        return 0;
    }

    if (kind != AGENT_WATCH_ATTRIB) {
        agent_watch_hold_forget(&w->hold, path);
    }

    if ((w->params.events & (1U << kind))
        && (name == NULL
            || agent_watch_filter_pass(&w->params.filter, w->path, path)))
    {
        agent_watch_report_add(w, kind, path, is_directory, cookie, NULL);
    }

    return 0;
}


static int
agent_watch_report_path(agent_watch_node_t *n, const char *name)
{
    int  len;

    len = agent_watch_tree_path(n, name, agent_watch_report_rel,
                                sizeof(agent_watch_report_rel));

    return len == -1 ? -1 : 0;
}


static void
agent_watch_report_add(agent_watch_t *w, agent_watch_kind_e kind,
    const char *path, int is_directory, uint32_t cookie, const char *code)
{
    int          len;
    static char  text[PATH_MAX * 2 + NAME_MAX + 2];

    /* a file that is watched by itself has the path that was asked for */

    len = snprintf(text, sizeof(text), "%s%s%s", w->path,
                   path[0] && !w->scan.only[0] ? "/" : "",
                   w->scan.only[0] ? "" : path);

    agent_watch_log_add(&w->log, kind, is_directory, cookie, code, text,
                        (size_t) len);
}


int
agent_watch_report_prune(agent_watch_t *w, agent_watch_node_t *n,
    const char *name)
{
    return agent_watch_report_path(n, name) == -1
           || agent_watch_filter_prune(&w->params.filter, w->path,
                                       agent_watch_report_rel);
}


void
agent_watch_report_modified(void *data, const char *path)
{
    agent_watch_report_add(data, AGENT_WATCH_MODIFY, path, 0, 0, NULL);
}


void
agent_watch_report_held(agent_watch_t *w)
{
    (void) agent_watch_hold_due(&w->hold, UINT64_MAX);
}


void
agent_watch_report_resync(agent_watch_t *w)
{
    agent_watch_report_held(w);
    agent_watch_report_add(w, AGENT_WATCH_RESYNC, "", 1, 0, "overflow");
}


void
agent_watch_report_skipped(agent_watch_t *w, agent_watch_node_t *n,
    const char *code)
{
    agent_buffer_t         *b;
    agent_watch_record_t   *rec;

    if (agent_watch_report_path(n, NULL) == -1) {
        return;
    }

    w->nskipped++;

    agent_watch_report_add(w, AGENT_WATCH_SKIPPED, agent_watch_report_rel, 1,
                           0, code);

    if (w->ready) {
        return;
    }

    /* the first event of a reader has them */

    rec = TAILQ_LAST(&w->log.records, agent_watch_records_s);
    b = &w->skipped;

    if (rec && w->nskipped <= AGENT_WATCH_REPORT_SKIPPED) {

        if (b->len) {
            agent_buffer_adds(b, ",");
        }

        agent_watch_log_json(b, rec, 0);
    }
}
