
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <string.h>

#include "base/utf8.h"
#include "exec/error.h"
#include "http/error.h"
#include "http/request.h"
#include "run/command.h"
#include "run/start_error.h"
#include "sys/spawn.h"


void
agent_exec_error(agent_request_t *r, agent_command_t *cmd, int err,
    int stream, const char *line)
{
    char     text[512];
    json_t  *context;

    if (cmd->stage == AGENT_SPAWN_EXEC && agent_start_error_code(cmd, err)) {
        agent_http_error(r, 501, "SHELL_NOT_AVAILABLE", NULL,
                         "the image has neither bash nor sh");
        return;
    }

    agent_start_error_text(cmd, err, "bash", text, sizeof(text));

    context = json_pack("{s:s}", "command", line);

    if (context) {
        json_object_set_new(context, "stderr",
                            agent_utf8_valid(text, strlen(text))
                            ? json_string(text) : json_string(""));
    }

    agent_http_error(r, 500, stream ? "STREAM_START_ERROR"
                                    : "COMMAND_EXECUTION_ERROR",
                     context, "%s", text);
}
