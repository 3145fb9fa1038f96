
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "base/utf8.h"
#include "git/error.h"
#include "git/reply.h"
#include "http/error.h"
#include "http/response.h"
#include "http/sse.h"
#include "run/child.h"


static json_t *agent_git_reply_event(const char *type);
static json_t *agent_git_reply_text(const char *text, size_t len);
static void agent_git_reply_result(agent_git_checkout_t *g, json_t *json);
static json_t *agent_git_reply_context(agent_git_checkout_t *g,
    int exit_code);
static void agent_git_reply_error(agent_git_checkout_t *g);


void
agent_git_reply_begin(agent_git_checkout_t *g)
{
    json_t  *json;

    json = agent_git_reply_event("start");

    (void) json_object_set_new(json, "repoUrl", json_string(g->url.shown));
    (void) json_object_set_new(json, "targetDir",
                               agent_git_reply_text(g->target,
                                                    strlen(g->target)));

    if (g->branch[0]) {
        (void) json_object_set_new(json, "branch", json_string(g->branch));
    }

    agent_sse_json(g->sse, NULL, json);
}


void
agent_git_reply_progress(agent_git_checkout_t *g,
    const agent_git_progress_t *p)
{
    json_t  *json;

    /* a client that does not read misses some */

    if (g->sse == NULL || agent_sse_full(g->sse)) {
        return;
    }

    json = agent_git_reply_event("progress");

    (void) json_object_set_new(json, "phase", json_string(p->phase));
    (void) json_object_set_new(json, "percent", json_integer(p->percent));
    (void) json_object_set_new(json, "current", json_integer(p->current));
    (void) json_object_set_new(json, "total", json_integer(p->total));

    if (p->detail[0]) {
        (void) json_object_set_new(json, "detail", json_string(p->detail));
    }

    agent_sse_json(g->sse, NULL, json);
}


void
agent_git_reply_line(agent_git_checkout_t *g, const char *line, size_t len)
{
    size_t   drop;
    json_t  *json;

    if (g->sse && !agent_sse_full(g->sse)) {
        json = agent_git_reply_event("stderr");
        (void) json_object_set_new(json, "data",
                                   agent_git_reply_text(line, len));
        agent_sse_json(g->sse, NULL, json);
    }

    /* whole lines, the last ones */

    while (g->ntext + len + 1 > AGENT_GIT_CHECKOUT_STDERR) {
        drop = strcspn(g->text, "\n");
        drop += (g->text[drop] == '\n');

        if (drop == 0) {
            return;
        }

        g->ntext -= drop;
        memmove(g->text, g->text + drop, g->ntext + 1);
    }

    memcpy(g->text + g->ntext, line, len);
    g->ntext += len;
    g->text[g->ntext++] = '\n';
    g->text[g->ntext] = '\0';
}


static json_t *
agent_git_reply_event(const char *type)
{
    char  stamp[32];

    return json_pack("{s:s, s:s}", "type", type,
                     "timestamp", agent_time_iso(stamp));
}


/* what is no UTF-8, or a control character, becomes a question mark */

static json_t *
agent_git_reply_text(const char *text, size_t len)
{
    int      n;
    char    *copy;
    size_t   i;
    json_t  *json;

    copy = malloc(len + 1);

    if (copy == NULL) {
        return NULL;
    }

    for (i = 0; i < len; i += n) {
        n = agent_utf8_char(text + i, len - i);

        if (n > 0 && ((unsigned char) text[i] >= ' ' || text[i] == '\n')) {
            memcpy(copy + i, text + i, n);

        } else {
            copy[i] = '?';
            n = 1;
        }
    }

    json = json_stringn(copy, len);
    free(copy);

    return json;
}


void
agent_git_reply_errno(agent_git_checkout_t *g, int err)
{
    int          status;
    const char  *code, *text;

    text = strerror(err);

    switch (err) {

    case ENOTEMPTY:
        status = 500;
        code = "GIT_CLONE_FAILED";
        text = "already exists and is not an empty directory";
        break;

    case EACCES:
    case EPERM:
        status = 403;
        code = "PERMISSION_DENIED";
        break;

    case EROFS:
        status = 403;
        code = "READ_ONLY";
        break;

    case ENOTDIR:
    case ELOOP:
        status = 400;
        code = "NOT_DIRECTORY";
        break;

    case ENAMETOOLONG:
        status = 400;
        code = "NAME_TOO_LONG";
        break;

    case ENOSPC:
    case EDQUOT:
        status = 507;
        code = "NO_SPACE";
        break;

    default:
        status = 500;
        code = "FILESYSTEM_ERROR";
    }

    (void) agent_fault_set(&g->fault, status, code,
                           agent_git_reply_context(g, -1), "%.400s: %s",
                           g->target, text);
}


void
agent_git_reply_unstarted(agent_git_checkout_t *g, agent_command_t *cmd)
{
    char  text[512];

    agent_run_child_error_text(cmd, "git", text, sizeof(text));

    (void) agent_fault_set(&g->fault, 500, "GIT_OPERATION_FAILED",
                           agent_git_reply_context(g, -1), "%s", text);
}


void
agent_git_reply_failed(agent_git_checkout_t *g, const agent_exit_t *e)
{
    json_t                   *context;
    const agent_git_error_t  *error;

    context = agent_git_reply_context(g, e->code);

    if (e->timed_out) {
        (void) agent_fault_set(&g->fault, 502, "GIT_NETWORK_ERROR", context,
                               "%.400s: the clone timed out after %llu ms",
                               g->url.shown,
                               (unsigned long long) g->timeout);
        return;
    }

    error = agent_git_error(g->text, e->code);

    if (strcmp(error->code, "GIT_BRANCH_NOT_FOUND") == 0) {
        (void) agent_fault_set(&g->fault, error->status, error->code, context,
                               "%.300s: %s: %.255s", g->url.shown,
                               error->text, g->branch);
        return;
    }

    (void) agent_fault_set(&g->fault, error->status, error->code, context,
                           "%.400s: %s", g->url.shown, error->text);
}


static json_t *
agent_git_reply_context(agent_git_checkout_t *g, int exit_code)
{
    json_t  *json;

    json = json_pack("{s:s, s:s, s:o}",
                     "operation", "git.clone",
                     "repository", g->url.shown,
                     "targetDir", agent_git_reply_text(g->target,
                                                       strlen(g->target)));

    if (g->branch[0]) {
        (void) json_object_set_new(json, "branch", json_string(g->branch));
    }

    if (exit_code != -1) {
        (void) json_object_set_new(json, "exitCode", json_integer(exit_code));
        (void) json_object_set_new(json, "stderr",
                                   agent_git_reply_text(g->text, g->ntext));
    }

    return json;
}


void
agent_git_reply(agent_git_checkout_t *g)
{
    json_t  *json;

    if (g->failed) {
        agent_git_reply_error(g);
        return;
    }

    json = agent_git_reply_event("complete");
    (void) json_object_set_new(json, "success", json_true());
    agent_git_reply_result(g, json);

    if (g->sse) {
        agent_sse_json(g->sse, NULL, json);
        agent_sse_end(g->sse);
        return;
    }

    (void) json_object_del(json, "type");
    agent_response_json(g->r, 200, json);
}


static void
agent_git_reply_result(agent_git_checkout_t *g, json_t *json)
{
    const char  *branch;

    /* a tag is checked out without a branch */

    branch = g->current[0] ? g->current
                           : g->branch[0] ? g->branch : "unknown";

    (void) json_object_set_new(json, "repoUrl", json_string(g->url.shown));
    (void) json_object_set_new(json, "branch",
                               agent_git_reply_text(branch, strlen(branch)));
    (void) json_object_set_new(json, "targetDir",
                               agent_git_reply_text(g->target,
                                                    strlen(g->target)));
}


static void
agent_git_reply_error(agent_git_checkout_t *g)
{
    json_t         *json;
    agent_fault_t  *f;

    f = &g->fault;

    if (f->code == NULL) {
        (void) agent_fault_no_memory(f);
    }

    if (g->sse == NULL) {
        agent_http_error_fault(g->r, f);
        return;
    }

    json = agent_git_reply_event("error");

    (void) json_object_set_new(json, "code", json_string(f->code));
    (void) json_object_set_new(json, "message",
                               agent_git_reply_text(f->message,
                                                    strlen(f->message)));
    (void) json_object_set_new(json, "error",
                               agent_git_reply_text(f->message,
                                                    strlen(f->message)));
    (void) json_object_set_new(json, "httpStatus", json_integer(f->status));
    (void) json_object_set_new(json, "context",
                               f->context ? f->context : json_object());
    f->context = NULL;

    agent_sse_json(g->sse, NULL, json);
    agent_sse_end(g->sse);
}
