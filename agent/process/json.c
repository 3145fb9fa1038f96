
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "base/time.h"
#include "process/json.h"
#include "process/process.h"
#include "run/command.h"
#include "run/log.h"


static json_t *agent_process_json_log(agent_process_t *p);


const char *
agent_process_json_status(agent_process_status_e status)
{
    static const char  *const names[] = {
        "starting", "running", "completed", "failed", "killed"
    };

    return names[status];
}


json_t *
agent_process_json(agent_process_t *p)
{
    json_t  *json;

    json = json_pack("{s:s, s:s, s:s, s:s}",
                     "id", p->id,
                     "command", p->command,
                     "status", agent_process_json_status(p->status),
                     "startTime", p->start_time);

    if (json == NULL) {
        return NULL;
    }

    if (p->pid) {
        json_object_set_new(json, "pid", json_integer(p->pid));
    }

    if (p->session) {
        json_object_set_new(json, "sessionId", json_string(p->session));
    }

    if (p->shell) {
        json_object_set_new(json, "shell", json_string(p->shell));
    }

    json_object_set_new(json, "log", agent_process_json_log(p));

    agent_process_json_end(json, p);

    return json;
}


static json_t *
agent_process_json_log(agent_process_t *p)
{
    uint64_t  begin, end;

    begin = agent_run_log_begin(p->log);
    end = agent_run_log_end(p->log);

    return json_pack("{s:I, s:I, s:b}",
                     "start", (json_int_t) begin,
                     "end", (json_int_t) end,
                     "truncated", begin != 0);
}


void
agent_process_json_end(json_t *json, agent_process_t *p)
{
    if (json == NULL || !agent_process_ended(p)) {
        return;
    }

    json_object_set_new(json, "status",
                        json_string(agent_process_json_status(p->status)));
    json_object_set_new(json, "exitCode", json_integer(p->exit.code));
    json_object_set_new(json, "endTime", json_string(p->end_time));

    agent_command_exit_json(json, &p->exit);

    agent_process_reported(p);
}


json_t *
agent_process_json_reply(agent_process_t *p)
{
    char  stamp[32];

    return json_pack("{s:b, s:s, s:s}",
                     "success", 1,
                     "processId", p->id,
                     "timestamp", agent_time_iso(stamp));
}
