
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "files/fault.h"
#include "files/param.h"
#include "files/search_result.h"


static void agent_search_result_event(agent_search_t *s,
    agent_json_writer_t *w, const char *type);


void
agent_search_result_head(agent_search_t *s)
{
    agent_json_writer_t  w;

    if (s->streams) {
        return;
    }

    agent_json_writer_init(&w, &s->text);
    agent_json_writer_object(&w, NULL);
    agent_json_writer_bool(&w, "success", 1);
    agent_files_param_text_json(&w, "path", s->path, strlen(s->path));
    agent_buffer_printf(&s->text, ",\"%s\":[", s->kind->list);
}


void
agent_search_result_begin(agent_search_t *s, agent_json_writer_t *w)
{
    size_t  len;
    char    path[PATH_MAX * 2];

    agent_json_writer_init(w, &s->text);

    if (s->streams) {
        agent_search_result_event(s, w, s->kind->event);
        agent_json_writer_object(w, s->kind->event);

    } else {
        w->comma = (s->count != 0);
        agent_json_writer_object(w, NULL);
    }

    len = snprintf(path, sizeof(path), "%s/%s", s->base, s->relative);

    agent_files_param_text_json(w, "absolutePath", path, len);
    agent_files_param_text_json(w, "relativePath", s->relative, s->len);
}


void
agent_search_result_end(agent_search_t *s, agent_json_writer_t *w)
{
    agent_json_writer_object_end(w);

    if (s->streams) {
        agent_json_writer_object_end(w);
        agent_buffer_adds(&s->text, "\n\n");
    }

    s->count++;
}


void
agent_search_result_skip(agent_search_t *s, const char *path, int err)
{
    agent_fault_t  fault;

    if (s->skipped++ >= AGENT_SEARCH_SKIPPED) {
        return;
    }

    (void) agent_files_fault_errno(&fault, err, s->kind->operation, "");

    agent_json_writer_object(&s->errors_json, NULL);
    agent_files_param_text_json(&s->errors_json, "relativePath", path,
                                strlen(path));
    agent_json_writer_word(&s->errors_json, "code", fault.code);
    agent_json_writer_object_end(&s->errors_json);

    agent_fault_clear(&fault);
}


void
agent_search_result_summary(agent_search_t *s)
{
    char                  stamp[32];
    agent_json_writer_t   w;

    agent_json_writer_init(&w, &s->text);

    if (s->streams) {
        agent_search_result_event(s, &w, "complete");

    } else {
        agent_buffer_adds(&s->text, "]");
        w.comma = 1;
    }

    agent_json_writer_integer(&w, "count", s->count);
    agent_json_writer_bool(&w, "truncated", s->reason != NULL);

    if (s->reason) {
        agent_json_writer_word(&w, "reason", s->reason);
    }

    if (s->kind->summary) {
        s->kind->summary(s, &w);
    }

    if (s->skipped) {
        agent_json_writer_integer(&w, "skipped", s->skipped);
        agent_buffer_adds(&s->text, ",\"errors\":[");
        agent_buffer_add(&s->text, s->errors.data, s->errors.len);
        agent_buffer_adds(&s->text, "]");
    }

    agent_json_writer_word(&w, "timestamp", agent_time_iso(stamp));
    agent_json_writer_object_end(&w);

    if (s->streams) {
        agent_buffer_adds(&s->text, "\n\n");
    }
}


void
agent_search_result_timeout(agent_search_t *s)
{
    if (s->state == AGENT_SEARCH_NEW) {
        agent_search_result_head(s);
    }

    s->state = AGENT_SEARCH_ENDED;
    s->reason = "timeout";

    agent_search_result_summary(s);
}


void
agent_search_result_fault(agent_search_t *s, const agent_fault_t *fault)
{
    agent_json_writer_t  w;

    s->text.len = 0;
    agent_json_writer_init(&w, &s->text);

    agent_search_result_event(s, &w, "error");
    agent_json_writer_text(&w, "error", fault->message,
                           strlen(fault->message));
    agent_json_writer_word(&w, "code", fault->code);
    agent_json_writer_integer(&w, "httpStatus", fault->status);
    agent_json_writer_object_end(&w);
    agent_buffer_adds(&s->text, "\n\n");
}


static void
agent_search_result_event(agent_search_t *s, agent_json_writer_t *w,
    const char *type)
{
    agent_buffer_adds(&s->text, "data: ");

    agent_json_writer_object(w, NULL);
    agent_json_writer_word(w, "type", type);
}
