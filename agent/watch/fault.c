
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>

#include "base/base.h"
#include "files/fault.h"
#include "watch/fault.h"
#include "watch/tree.h"


void
agent_watch_fault(agent_watch_t *w, int err, agent_fault_t *fault)
{
    const char  *sysctl, *what;

    sysctl = NULL;
    what = NULL;

    if (err == ENOSPC && w->scan.limit == ENOSPC) {
        sysctl = "fs.inotify.max_user_watches";
        what = "watches; exclude directories,";

    } else if (err == EMFILE && w->scan.limit == EMFILE) {
        sysctl = "fs.inotify.max_user_instances";
        what = "inotify instances; end other watchers,";
    }

    if (sysctl) {
        (void) agent_fault_set(fault, 500, "WATCH_START_ERROR",
                               json_pack("{s:s, s:s, s:s}",
                                         "operation", "watch.start",
                                         "path", w->params.path,
                                         "sysctl", sysctl),
                               "the kernel allows no more %s or raise %s on "
                               "the host", what, sysctl);
        return;
    }

    if (err == ETIMEDOUT) {
        (void) agent_fault_set(fault, 500, "WATCH_START_ERROR",
                               agent_files_fault_context("watch.start",
                                                         w->params.path),
                               "scanning the directory took longer than %d s: "
                               "watch a smaller one, or exclude directories",
                               AGENT_WATCH_SETUP / 1000);
        return;
    }

    if (err == EDQUOT) {
        (void) agent_watch_fault_limit(fault, "watches", AGENT_WATCH_MAX);
        return;
    }

    if (err == ENOBUFS) {
        (void) agent_watch_fault_limit(fault, "watched directories",
                                 AGENT_WATCH_TREE_MAX);
        return;
    }

    if (w->scan.outside) {
        (void) agent_fault_set(fault, 403, "PERMISSION_DENIED",
                               json_pack("{s:s, s:s, s:s*, s:s}",
                                         "operation", "watch.start",
                                         "path", w->params.path,
                                         "resolvedPath", w->scan.real,
                                         "workspaceRoot", AGENT_WORKSPACE),
                               "%.512s: not below " AGENT_WORKSPACE,
                               w->params.path);
        return;
    }

    (void) agent_files_fault_errno(fault, err, "watch.start", w->params.path);
}


int
agent_watch_fault_limit(agent_fault_t *fault, const char *what, size_t max)
{
    return agent_fault_set(fault, 429, "LIMIT_REACHED",
                           json_pack("{s:s, s:I}", "limit", what, "max",
                                     (json_int_t) max),
                           "limit of %zu %s reached: end some, or watch fewer "
                           "directories", max, what);
}
