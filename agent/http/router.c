
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <string.h>

#include "http/error.h"
#include "http/request.h"
#include "http/router.h"


static int agent_router_match(const char *pattern, const char *path,
    const char **rest);


static const agent_route_t *const  *agent_router_tables;


void
agent_router_init(const agent_route_t *const *tables)
{
    agent_router_tables = tables;
}


void
agent_router_handle(agent_request_t *r)
{
    const char                  *method;
    const agent_route_t         *route;
    const agent_route_t *const  *table;

    r->family = strncmp(r->path, "/api/", 5) == 0 ? AGENT_REQUEST_API
                                                  : AGENT_REQUEST_REST;

    method = strcmp(r->method, "HEAD") == 0 ? "GET" : r->method;

    for (table = agent_router_tables; *table; table++) {

        for (route = *table; route->method; route++) {

            if (strcmp(route->method, method) == 0
                && agent_router_match(route->path, r->path, &r->rest))
            {
                if (route->json) {
                    agent_request_json(r, route->json_max, route->json);

                } else {
                    route->handler(r);
                }

                return;
            }
        }
    }

    agent_http_error(r, 404, "UNKNOWN_ERROR", NULL,
                     "The requested endpoint was not found");
}


static int
agent_router_match(const char *pattern, const char *path, const char **rest)
{
    size_t  n, len;

    *rest = "";

    while (*pattern) {

        if (*pattern != ':') {

            if (*pattern++ != *path++) {
                return 0;
            }

            continue;
        }

        len = strcspn(pattern, "/");

        if (pattern[len - 1] == '*') {
            *rest = path;
            return 1;
        }

        n = strcspn(path, "/");

        if (n == 0) {
            return 0;
        }

        path += n;
        pattern += len;
    }

    return *path == '\0';
}
