
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "run/exit.h"
#include "run/signal.h"


void
agent_exit_json(json_t *json, const agent_exit_t *e)
{
    char  name[16];

    static const char *const  outcomes[] = {
        "exited", "signaled", "timed_out", "oom_killed", "lost"
    };

    json_object_set_new(json, "duration", json_integer(e->duration));
    json_object_set_new(json, "outcome", json_string(outcomes[e->outcome]));

    if (e->signal) {
        json_object_set_new(json, "signal",
                            json_string(agent_signal_name(e->signal, name)));
    }

    if (e->timed_out) {
        json_object_set_new(json, "timedOut", json_true());
    }

    if (e->cpu_ms >= 0) {
        json_object_set_new(json, "cpuTime", json_integer(e->cpu_ms));
    }

    if (e->peak >= 0) {
        json_object_set_new(json, "peakMemory", json_integer(e->peak));
    }
}
