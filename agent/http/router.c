
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <string.h>

#include "base/base.h"
#include "base/time.h"
#include "exec/exec.h"
#include "exec/execute.h"
#include "exec/programs.h"
#include "files/get.h"
#include "files/put.h"
#include "http/error.h"
#include "http/request.h"
#include "http/response.h"
#include "http/router.h"
#include "port/ready_route.h"
#include "process/logs.h"
#include "process/routes.h"
#include "process/start.h"
#include "process/stdin.h"
#include "process/stream.h"
#include "process/wait.h"
#include "process/wait_log.h"
#include "session/env_routes.h"
#include "session/session_routes.h"


typedef struct {
    const char       *method;
    const char       *path;
    agent_route_pt    handler;
} agent_route_t;


static void agent_route_banner(agent_request_t *r);
static void agent_route_ping(agent_request_t *r);
static void agent_route_version(agent_request_t *r);
static int agent_route_match(const char *pattern, const char *path);
static int agent_route_file(agent_request_t *r);


static const agent_route_t  agent_routes[] = {
    { "POST", "/exec", agent_exec_rest },
    { "POST", "/api/execute", agent_exec_execute },
    { "POST", "/api/execute/stream", agent_exec_stream },
    { "POST", "/api/session/create", agent_session_create_route },
    { "GET", "/api/session/list", agent_session_list_route },
    { "POST", "/api/session/delete", agent_session_delete_route },
    { "GET", "/api/env", agent_env_get_route },
    { "POST", "/api/env", agent_env_post_route },
    { "POST", "/api/process/start", agent_process_post_start },
    { "GET", "/api/process/list", agent_process_get_list },
    { "DELETE", "/api/process/kill-all", agent_process_delete_all },
    { "GET", "/api/process/:process", agent_process_get },
    { "DELETE", "/api/process/:process", agent_process_delete },
    { "GET", "/api/process/:process/logs", agent_process_get_logs },
    { "GET", "/api/process/:process/stream", agent_process_get_stream },
    { "POST", "/api/process/:process/stdin", agent_process_post_stdin },
    { "POST", "/api/process/:process/signal", agent_process_post_signal },
    { "POST", "/api/process/:process/wait-for-exit",
      agent_process_post_wait_exit },
    { "POST", "/api/process/:process/wait-for-log",
      agent_process_post_wait_log },
    { "POST", "/api/process/:process/wait-for-port",
      agent_process_post_wait_port },
    { "POST", "/api/port-watch", agent_port_watch },
    { "GET", "/api/ping", agent_route_ping },
    { "GET", "/api/version", agent_route_version },
    { "GET", "/api/commands", agent_commands },
    { "GET", "/", agent_route_banner },
    { NULL, NULL, NULL }
};


void
agent_route(agent_request_t *r)
{
    const char           *method;
    const agent_route_t  *route;

    if (agent_route_file(r)) {
        return;
    }

    method = strcmp(r->method, "HEAD") == 0 ? "GET" : r->method;

    for (route = agent_routes; route->method; route++) {

        if (strcmp(route->method, method) == 0
            && agent_route_match(route->path, r->path))
        {
            route->handler(r);
            return;
        }
    }

    agent_http_error(r, 404, "UNKNOWN_ERROR", NULL,
                     "The requested endpoint was not found");
}


/* a segment that begins with a colon stands for any that is not empty */

static int
agent_route_match(const char *pattern, const char *path)
{
    size_t  n;

    while (*pattern && *path) {

        if (*pattern != ':') {

            if (*pattern++ != *path++) {
                return 0;
            }

            continue;
        }

        n = strcspn(path, "/");

        if (n == 0) {
            return 0;
        }

        path += n;
        pattern += strcspn(pattern, "/");
    }

    return *pattern == *path;
}


const char *
agent_route_code(agent_request_t *r)
{
    return strncmp(r->path, "/api/", 5) == 0 ? "VALIDATION_FAILED"
                                             : "invalid_request";
}


static int
agent_route_file(agent_request_t *r)
{
    const char  *path;

    if (strncmp(r->path, "/file", 5) != 0
        || (r->path[5] != '/' && r->path[5] != '\0'))
    {
        return 0;
    }

    path = r->path + 5 + (r->path[5] == '/');

    if (strcmp(r->method, "GET") == 0 || strcmp(r->method, "HEAD") == 0) {
        agent_files_get(r, path);
        return 1;
    }

    if (strcmp(r->method, "PUT") == 0) {
        agent_files_put(r, path);
        return 1;
    }

    return 0;
}


static void
agent_route_banner(agent_request_t *r)
{
    static const char  text[] = "ngx_sandbox agent " AGENT_BUILD "\n";

    static const agent_header_t  headers[] = {
        { "Content-Type", "text/plain; charset=utf-8" },
        { NULL, NULL }
    };

    agent_http_begin(r, 200, headers, sizeof(text) - 1);
    agent_http_write(r, text, sizeof(text) - 1);
    agent_http_end(r);
}


static void
agent_route_ping(agent_request_t *r)
{
    char  stamp[32];

    agent_http_json(r, 200, json_pack("{s:b, s:s, s:s, s:s}",
                                      "success", 1,
                                      "status", "healthy",
                                      "message", "healthy",
                                      "timestamp", agent_timestamp(stamp)));
}


static void
agent_route_version(agent_request_t *r)
{
    char  stamp[32];

    agent_http_json(r, 200, json_pack("{s:b, s:s, s:s}",
                                      "success", 1,
                                      "version", AGENT_BUILD,
                                      "timestamp", agent_timestamp(stamp)));
}
