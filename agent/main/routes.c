
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stddef.h>

#include "archive/routes.h"
#include "base/base.h"
#include "base/time.h"
#include "context/routes.h"
#include "exec/routes.h"
#include "files/routes.h"
#include "git/routes.h"
#include "http/request.h"
#include "http/response.h"
#include "http/router.h"
#include "main/routes.h"
#include "port/routes.h"
#include "process/routes.h"
#include "session/session_routes.h"
#include "terminal/routes.h"
#include "transport/routes.h"
#include "watch/routes.h"


static void agent_routes_banner(agent_request_t *r);
static void agent_routes_ping(agent_request_t *r);
static void agent_routes_version(agent_request_t *r);


static const agent_route_t  agent_main_routes[] = {
    { "GET", "/api/ping", agent_routes_ping, NULL, 0 },
    { "GET", "/api/version", agent_routes_version, NULL, 0 },
    { "GET", "/", agent_routes_banner, NULL, 0 },
    { NULL, NULL, NULL, NULL, 0 }
};


const agent_route_t *const  agent_routes[] = {
    agent_files_routes,
    agent_watch_routes,
    agent_archive_routes,
    agent_exec_routes,
    agent_session_routes,
    agent_process_routes,
    agent_terminal_routes,
    agent_context_routes,
    agent_port_routes,
    agent_git_routes,
    agent_transport_routes,
    agent_main_routes,
    NULL
};


static void
agent_routes_banner(agent_request_t *r)
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
agent_routes_ping(agent_request_t *r)
{
    char  stamp[32];

    agent_response_json(r, 200, json_pack("{s:b, s:s, s:s, s:s}",
                                          "success", 1,
                                          "status", "healthy",
                                          "message", "healthy",
                                          "timestamp", agent_time_iso(stamp)));
}


static void
agent_routes_version(agent_request_t *r)
{
    char  stamp[32];

    agent_response_json(r, 200, json_pack("{s:b, s:s, s:s}",
                                          "success", 1,
                                          "version", AGENT_BUILD,
                                          "timestamp", agent_time_iso(stamp)));
}
