
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/fault.h"
#include "base/time.h"
#include "base/utf8.h"
#include "http/error.h"
#include "http/request.h"
#include "http/response.h"


typedef struct {
    const char  *code;
    const char  *suggestion;
} agent_suggestion_t;


static const char *agent_error_suggestion(const char *code);


static const agent_suggestion_t  agent_suggestions[] = {

    { "VALIDATION_FAILED",
      "Fix the request fields that the message names" },

    { "OUTPUT_TOO_LARGE",
      "Use POST /api/execute/stream, which has no output limit, or write the "
      "output to a file and read the file" },

    { "SHELL_NOT_AVAILABLE",
      "Use POST /exec, which needs no shell, or use an image with a shell" },

    { "PROCESS_NOT_FOUND",
      "List the processes, or start the process first" },

    { "COMMAND_NOT_FOUND",
      "Get the process: it has already exited" },

    { "PROCESS_ALREADY_EXISTS",
      "Stop the running process, or choose another processId" },

    { "RESOURCE_BUSY",
      "Try again in a moment" },

    { "FILE_NOT_FOUND",
      "Check the path, or create the file or directory first" },

    { "FILE_EXISTS",
      "Choose another path, or delete what is there" },

    { "IS_DIRECTORY",
      "Give the path of a file, or set \"recursive\" where the route has it" },

    { "NOT_DIRECTORY",
      "Give the path of a directory" },

    { "PERMISSION_DENIED",
      "Use a path that the sandbox's user may access" },

    { "READ_ONLY",
      "Use a path on a writable file system" },

    { "NO_SPACE",
      "Remove files" },

    { "FILE_TOO_LARGE",
      "Use POST /api/read/stream or GET /file/<path>, which have no limit" },

    { "STDIN_CLOSED",
      "Start the process with \"stdin\": true" },

    { NULL, NULL }
};


void
agent_http_error(agent_request_t *r, int status, const char *code,
    json_t *context, const char *format, ...)
{
    int          n, l;
    char         text[1024], clean[sizeof(text) * 3], stamp[32];
    json_t      *json, *operation;
    size_t       len;
    va_list      args;
    const char  *s, *suggestion;

    va_start(args, format);
    n = vsnprintf(text, sizeof(text), format, args);
    va_end(args);

    len = n < 0 ? 0 : (size_t) n < sizeof(text) ? (size_t) n
                                                : sizeof(text) - 1;

    /* a name in the message may be invalid UTF-8 or truncated */

    len -= agent_utf8_incomplete(text, len);

    for (s = text, n = 0; s < text + len; s++) {

        l = agent_utf8_char(s, text + len - s);

        if (l > 0) {
            memcpy(clean + n, s, l);
            n += l;
            s += l - 1;

        } else {
            memcpy(clean + n, "\xef\xbf\xbd", 3);
            n += 3;
        }
    }

    clean[n] = '\0';

    suggestion = agent_error_suggestion(code);

    json = json_pack("{s:s, s:s, s:s, s:o, s:i, s:s}",
                     "error", clean,
                     "code", code,
                     "message", clean,
                     "context", context ? context : json_object(),
                     "httpStatus", status,
                     "timestamp", agent_time_iso(stamp));

    operation = json_object_get(context, "operation");

    if (json && operation) {
        json_object_set(json, "operation", operation);
    }

    if (json && suggestion) {
        json_object_set_new(json, "suggestion", json_string(suggestion));
    }

    agent_response_json(r, status, json);
}


void
agent_http_error_fault(agent_request_t *r, agent_fault_t *fault)
{
    agent_http_error(r, fault->status, fault->code, fault->context, "%s",
                     fault->message);

    fault->context = NULL;
}


static const char *
agent_error_suggestion(const char *code)
{
    const agent_suggestion_t  *s;

    for (s = agent_suggestions; s->code; s++) {

        if (strcmp(s->code, code) == 0) {
            return s->suggestion;
        }
    }

    return NULL;
}
