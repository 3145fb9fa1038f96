
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
    const char        *method;
    const char        *path;
    agent_router_pt    handler;
} agent_router_route_t;


static void agent_router_banner(agent_request_t *r);
static void agent_router_ping(agent_request_t *r);
static void agent_router_version(agent_request_t *r);
static int agent_router_match(const char *pattern, const char *path);
static int agent_router_file(agent_request_t *r);


static const agent_router_route_t  agent_router_routes[] = {
    { "POST", "/exec", agent_exec_post },
    { "POST", "/api/execute", agent_execute_post },
    { "POST", "/api/execute/stream", agent_execute_post_stream },
    { "POST", "/api/session/create", agent_session_routes_create },
    { "GET", "/api/session/list", agent_session_routes_list },
    { "POST", "/api/session/delete", agent_session_routes_delete },
    { "GET", "/api/env", agent_env_routes_get },
    { "POST", "/api/env", agent_env_routes_post },
    { "POST", "/api/process/start", agent_process_start_post },
    { "GET", "/api/process/list", agent_process_routes_list },
    { "DELETE", "/api/process/kill-all", agent_process_routes_delete_all },
    { "GET", "/api/process/:process", agent_process_routes_get },
    { "DELETE", "/api/process/:process", agent_process_routes_delete },
    { "GET", "/api/process/:process/logs", agent_process_logs },
    { "GET", "/api/process/:process/stream", agent_process_stream },
    { "POST", "/api/process/:process/stdin", agent_process_stdin_post },
    { "POST", "/api/process/:process/signal", agent_process_routes_signal },
    { "POST", "/api/process/:process/wait-for-exit",
      agent_process_wait_exit },
    { "POST", "/api/process/:process/wait-for-log",
      agent_process_wait_log },
    { "POST", "/api/process/:process/wait-for-port",
      agent_process_wait_port },
    { "POST", "/api/port-watch", agent_ready_route },
    { "GET", "/api/ping", agent_router_ping },
    { "GET", "/api/version", agent_router_version },
    { "GET", "/api/commands", agent_programs },
    { "GET", "/", agent_router_banner },
    { NULL, NULL, NULL }
};


void
agent_router_handle(agent_request_t *r)
{
    const char                  *method;
    const agent_router_route_t  *route;

    if (agent_router_file(r)) {
        return;
    }

    method = strcmp(r->method, "HEAD") == 0 ? "GET" : r->method;

    for (route = agent_router_routes; route->method; route++) {

        if (strcmp(route->method, method) == 0
            && agent_router_match(route->path, r->path))
        {
            route->handler(r);
            return;
        }
    }

    agent_http_error(r, 404, "UNKNOWN_ERROR", NULL,
                     "The requested endpoint was not found");
}


/* a pattern segment that begins with ':' matches any non-empty segment */

static int
agent_router_match(const char *pattern, const char *path)
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
agent_router_code(agent_request_t *r)
{
    return strncmp(r->path, "/api/", 5) == 0 ? "VALIDATION_FAILED"
                                             : "invalid_request";
}


static int
agent_router_file(agent_request_t *r)
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
agent_router_banner(agent_request_t *r)
{
    static const char  text[] = "ngx_sandbox agent " AGENT_BUILD "\n";

    static const agent_response_header_t  headers[] = {
        { "Content-Type", "text/plain; charset=utf-8" },
        { NULL, NULL }
    };

    agent_response_begin(r, 200, headers, sizeof(text) - 1);
    agent_response_write(r, text, sizeof(text) - 1);
    agent_response_end(r);
}


static void
agent_router_ping(agent_request_t *r)
{
    char  stamp[32];

    agent_response_json(r, 200, json_pack("{s:b, s:s, s:s, s:s}",
                                          "success", 1,
                                          "status", "healthy",
                                          "message", "healthy",
                                          "timestamp", agent_time_iso(stamp)));
}


static void
agent_router_version(agent_request_t *r)
{
    char  stamp[32];

    agent_response_json(r, 200, json_pack("{s:b, s:s, s:s}",
                                          "success", 1,
                                          "version", AGENT_BUILD,
                                          "timestamp", agent_time_iso(stamp)));
}
