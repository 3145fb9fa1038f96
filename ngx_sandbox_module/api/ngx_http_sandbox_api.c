
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_json_writer.h"
#include "lib/sandbox_name.h"
#include "lib/sandbox_route.h"
#include "lib/sandbox_spec.h"
#include "lib/sandbox_terminal.h"
#include "core/ngx_http_sandbox_conf.h"
#include "core/ngx_http_sandbox_ctx.h"
#include "core/ngx_http_sandbox_error.h"
#include "core/ngx_http_sandbox_header.h"
#include "core/ngx_http_sandbox_response.h"
#include "core/ngx_http_sandbox_strip.h"
#include "sandbox/ngx_http_sandbox_node.h"
#include "limits/ngx_http_sandbox_connection_share.h"
#include "api/ngx_http_sandbox_api.h"
#include "api/ngx_http_sandbox_auth.h"
#include "api/ngx_http_sandbox_backup.h"
#include "api/ngx_http_sandbox_backup_list.h"
#include "api/ngx_http_sandbox_create.h"
#include "api/ngx_http_sandbox_diagnose.h"
#include "api/ngx_http_sandbox_lifecycle.h"
#include "api/ngx_http_sandbox_list.h"
#include "api/ngx_http_sandbox_lookup.h"
#include "api/ngx_http_sandbox_mount.h"
#include "api/ngx_http_sandbox_openapi.h"
#include "api/ngx_http_sandbox_origin.h"
#include "api/ngx_http_sandbox_patch.h"
#include "api/ngx_http_sandbox_pool_api.h"
#include "api/ngx_http_sandbox_ports.h"
#include "api/ngx_http_sandbox_show.h"
#include "api/ngx_http_sandbox_tunnel.h"

#include <cjson/cJSON.h>


/*
 * The API: selects the route, authenticates the caller and chooses the
 * handler.  Nothing is created or started before all checks have passed.
 */


static ngx_int_t ngx_http_sandbox_api_route(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, ngx_str_t *path, sandbox_route_t *route);
static ngx_int_t ngx_http_sandbox_api_unknown(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, sandbox_route_t *route);
static ngx_int_t ngx_http_sandbox_api_session(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, const char *name);
static ngx_int_t ngx_http_sandbox_api_websocket(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);
static ngx_int_t ngx_http_sandbox_api_class(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx);
static ngx_int_t ngx_http_sandbox_health_handler(ngx_http_request_t *r);


ngx_int_t
ngx_http_sandbox_api_access(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx)
{
    char                          owner[SANDBOX_OWNER_MAX + 1];
    u_char                       *query;
    ngx_int_t                     rc;
    ngx_str_t                     path;
    sandbox_route_t               route;
    ngx_http_sandbox_loc_conf_t  *slcf;

    slcf = ngx_http_get_module_loc_conf(r, ngx_http_sandbox_module);

    if (!r->valid_unparsed_uri) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "the URI was rewritten before \"sandbox_api\"");

        return ngx_http_sandbox_error_refuse(r, ctx,
                                             NGX_HTTP_INTERNAL_SERVER_ERROR,
                                             "INTERNAL_ERROR",
                                             "nginx is configured to rewrite "
                                             "API paths, which must reach the "
                                             "API unchanged. The "
                                             "administrator must remove the "
                                             "rewrite.");
    }

    path = r->unparsed_uri;

    query = ngx_strlchr(path.data, path.data + path.len, '?');

    if (query) {
        path.len = query - path.data;
    }

    rc = ngx_http_sandbox_api_route(r, ctx, &path, &route);

    if (rc != NGX_OK) {

        /* keep keys out of the access log here, too */

        if (ngx_http_sandbox_strip(r, 1) != NGX_OK) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        return rc;
    }

    ngx_log_debug3(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "sandbox api route: \"%s\", sandbox: \"%*s\"",
                   route.pattern, route.id.len, route.id.data);

    ctx->route = route.kind;
    ctx->id.data = (u_char *) route.id.data;
    ctx->id.len = route.id.len;
    ctx->class = slcf->class;

    if (route.kind == SANDBOX_ROUTE_HEALTH
        && sandbox_route_method(&route, (char *) r->method_name.data,
                                r->method_name.len))
    {
        r->content_handler = ngx_http_sandbox_health_handler;
        return NGX_DECLINED;
    }

    if (r->method == NGX_HTTP_OPTIONS && ngx_http_sandbox_origin_allowed(r)) {
        r->content_handler = ngx_http_sandbox_origin_preflight_handler;
        return NGX_DECLINED;
    }

    rc = ngx_http_sandbox_auth(r, ctx);

    if (ngx_http_sandbox_strip(r, 1) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (rc != NGX_OK) {
        return ngx_http_sandbox_error_refuse_set(r);
    }

    if (!sandbox_route_method(&route, (char *) r->method_name.data,
                              r->method_name.len))
    {
        return ngx_http_sandbox_api_unknown(r, ctx, &route);
    }

    if (ngx_http_sandbox_api_session(r, ctx, "Session-Id") != NGX_OK
        || ngx_http_sandbox_api_session(r, ctx, "X-Session-Id") != NGX_OK)
    {
        return ngx_http_sandbox_error_refuse_set(r);
    }

    switch (route.kind) {

    case SANDBOX_ROUTE_SANDBOXES:
        r->content_handler = (r->method == NGX_HTTP_POST)
                             ? ngx_http_sandbox_create_handler
                             : ngx_http_sandbox_list_handler;
        return NGX_DECLINED;

    case SANDBOX_ROUTE_SANDBOX:
        r->content_handler = (r->method == NGX_HTTP_DELETE)
                             ? ngx_http_sandbox_lifecycle_delete_handler
                             : (r->method == NGX_HTTP_PATCH)
                               ? ngx_http_sandbox_patch_handler
                               : ngx_http_sandbox_show_handler;
        return NGX_DECLINED;

    case SANDBOX_ROUTE_SLEEP:
    case SANDBOX_ROUTE_RESTART:
        r->content_handler = ngx_http_sandbox_lifecycle_stop_handler;
        return NGX_DECLINED;

    case SANDBOX_ROUTE_WAKE:
        r->content_handler = ngx_http_sandbox_lifecycle_wake_handler;
        return NGX_DECLINED;

    case SANDBOX_ROUTE_RUNNING:
        r->content_handler = ngx_http_sandbox_lifecycle_running_handler;
        return NGX_DECLINED;

    case SANDBOX_ROUTE_PORTS:
        r->content_handler = ngx_http_sandbox_ports_handler;
        return NGX_DECLINED;

    case SANDBOX_ROUTE_PORT:
    case SANDBOX_ROUTE_LINKS:
    case SANDBOX_ROUTE_LINK:
    case SANDBOX_ROUTE_DIAGNOSE:
        ctx->port = sandbox_name_port_parse(route.port.data, route.port.len);

        if (ctx->port == 0) {
            return ngx_http_sandbox_error_refuse(r, ctx, NGX_HTTP_BAD_REQUEST,
                                                 "INVALID_PORT",
                                                 "The path names an invalid "
                                                 "port: it must be a number "
                                                 "from %d to %d.",
                                                 SANDBOX_PORT_MIN,
                                                 SANDBOX_PORT_MAX);
        }

        ctx->link.data = (u_char *) route.link.data;
        ctx->link.len = route.link.len;

        r->content_handler = (route.kind == SANDBOX_ROUTE_PORT)
                             ? ngx_http_sandbox_ports_port_handler
                             : (route.kind == SANDBOX_ROUTE_LINKS)
                               ? ngx_http_sandbox_ports_links_handler
                               : (route.kind == SANDBOX_ROUTE_DIAGNOSE)
                                 ? ngx_http_sandbox_diagnose_handler
                                 : ngx_http_sandbox_ports_link_handler;
        return NGX_DECLINED;

    case SANDBOX_ROUTE_TUNNEL:
        ctx->port = sandbox_name_port_parse(route.port.data, route.port.len);
        r->content_handler = ngx_http_sandbox_tunnel_handler;
        return NGX_DECLINED;

    case SANDBOX_ROUTE_MOUNT:
    case SANDBOX_ROUTE_UNMOUNT:
        r->content_handler = ngx_http_sandbox_mount_handler;
        return NGX_DECLINED;

    case SANDBOX_ROUTE_OPENAPI:
        r->content_handler = ngx_http_sandbox_openapi_handler;
        return NGX_DECLINED;

    case SANDBOX_ROUTE_OPENAPI_PAGE:
        r->content_handler = ngx_http_sandbox_openapi_page_handler;
        return NGX_DECLINED;

    case SANDBOX_ROUTE_POOL:
        r->content_handler = ngx_http_sandbox_pool_api_stats_handler;
        return NGX_DECLINED;

    case SANDBOX_ROUTE_POOL_PRIME:
        r->content_handler = ngx_http_sandbox_pool_api_prime_handler;
        return NGX_DECLINED;

    case SANDBOX_ROUTE_POOL_DRAIN:
        r->content_handler = ngx_http_sandbox_pool_api_drain_handler;
        return NGX_DECLINED;

    case SANDBOX_ROUTE_BACKUPS:
        r->content_handler = ngx_http_sandbox_backup_list_handler;
        return NGX_DECLINED;

    case SANDBOX_ROUTE_BACKUP:
        ctx->link.data = (u_char *) route.backup.data;
        ctx->link.len = route.backup.len;

        r->content_handler = (r->method == NGX_HTTP_DELETE)
                             ? ngx_http_sandbox_backup_list_delete_handler
                             : ngx_http_sandbox_backup_list_show_handler;
        return NGX_DECLINED;

    case SANDBOX_ROUTE_PTY:
    case SANDBOX_ROUTE_WS:

        if (ngx_http_sandbox_api_websocket(r, ctx) != NGX_OK) {
            return ngx_http_sandbox_error_refuse_set(r);
        }

        break;

    default:
        break;
    }

    rc = ngx_http_sandbox_api_class(r, ctx);

    if (rc != NGX_OK) {
        return rc;
    }

    (void) ngx_snprintf((u_char *) owner, sizeof(owner), "%V%Z", &ctx->owner);

    rc = ngx_http_sandbox_connection_share(r, ctx, NULL, owner);

    if (rc != NGX_OK) {
        return rc;
    }

    /* these go to the agent when their body has been read */

    if (route.kind == SANDBOX_ROUTE_BACKUP_CREATE
        || route.kind == SANDBOX_ROUTE_BACKUP_RESTORE)
    {
        r->content_handler = ngx_http_sandbox_backup_handler;
        return NGX_DECLINED;
    }

    /* the query may have been copied, but the path before it is unchanged */

    r->unparsed_uri.len -= (u_char *) route.tail.data - path.data;
    r->unparsed_uri.data += (u_char *) route.tail.data - path.data;

    return NGX_OK;
}


/*
 * nginx selects locations by the normalized URI, but the agent gets the raw
 * one: both must yield the same route and id.
 */

static ngx_int_t
ngx_http_sandbox_api_route(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, ngx_str_t *path, sandbox_route_t *route)
{
    size_t           i;
    ngx_int_t        rc;
    sandbox_route_t  other;

    /* RFC 3986, 2: a URL consists of ASCII characters */

    for (i = 0; i < r->unparsed_uri.len; i++) {

        if (r->unparsed_uri.data[i] >= 0x80) {
            return ngx_http_sandbox_error_refuse(r, ctx, NGX_HTTP_BAD_REQUEST,
                                                 "invalid_request",
                                                 "Invalid URL: it contains "
                                                 "bytes that are not ASCII. "
                                                 "Percent-encode them.");
        }
    }

    rc = sandbox_route_parse((char *) path->data, path->len, route);

    /* nginx cuts its path at '#'; escaped, it is valid in a file name */

    if (ngx_strlchr(path->data, path->data + path->len, '#')) {
        rc = SANDBOX_ROUTE_BAD_PATH;
    }

    switch (rc) {

    case SANDBOX_ROUTE_OK:
        break;

    case SANDBOX_ROUTE_BAD_ID:
        return ngx_http_sandbox_error_refuse(r, ctx, NGX_HTTP_BAD_REQUEST,
                                             "invalid_request",
                                             "Invalid sandbox ID format: use "
                                             "1 to %d of the characters a-z, "
                                             "0-9 and \"-\", with no \"-\" at "
                                             "either end. The names www, api, "
                                             "admin, root, system and instance "
                                             "are reserved.",
                                             SANDBOX_ID_MAX);

    default:
        return ngx_http_sandbox_error_refuse(r, ctx, NGX_HTTP_BAD_REQUEST,
                                             "invalid_request",
                                             "Invalid path: it must begin "
                                             "with \"/\" and contain neither "
                                             "dot segments nor \"#\". Send it "
                                             "normalized.");
    }

    if (sandbox_route_parse((char *) r->uri.data, r->uri.len, &other)
        != SANDBOX_ROUTE_OK
        || other.kind != route->kind
        || other.id.len != route->id.len
        || (other.id.len
            && ngx_memcmp(other.id.data, route->id.data, other.id.len) != 0))
    {
        return ngx_http_sandbox_error_refuse(r, ctx, NGX_HTTP_BAD_REQUEST,
                                             "invalid_request",
                                             "The path changes when "
                                             "percent-escapes and double "
                                             "slashes are decoded. Send it "
                                             "normalized; only file paths may "
                                             "contain escapes.");
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_sandbox_api_unknown(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, sandbox_route_t *route)
{
    char       routes[SANDBOX_ROUTE_LIST_SIZE];
    ngx_str_t  method;

    method = r->method_name;
    method.len = ngx_min(method.len, 32);

    if (route->kind != SANDBOX_ROUTE_NONE) {
        return ngx_http_sandbox_error_refuse(r, ctx, NGX_HTTP_NOT_FOUND,
                                             "NOT_FOUND",
                                             "%V is not supported by %s. "
                                             "Supported methods: %s.",
                                             &method, route->pattern,
                                             route->allow);
    }

    if (route->id.len) {
        sandbox_route_list(routes);

        return ngx_http_sandbox_error_refuse(r, ctx, NGX_HTTP_NOT_FOUND,
                                             "NOT_FOUND",
                                             "There is no such route for %V "
                                             "below /v1/sandbox/:id. Routes: "
                                             "%s.", &method, routes);
    }

    return ngx_http_sandbox_error_refuse(r, ctx, NGX_HTTP_NOT_FOUND,
                                         "NOT_FOUND",
                                         "No such route for %V. Routes: "
                                         "/health, /v1/openapi.json, "
                                         "/v1/openapi.html, /v1/pool/stats, "
                                         "/v1/backup, /v1/sandbox and "
                                         "/v1/sandbox/:id.",
                                         &method);
}


static ngx_int_t
ngx_http_sandbox_api_session(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx, const char *name)
{
    ngx_uint_t        n;
    ngx_table_elt_t  *h;

    h = ngx_http_sandbox_header_in(r, name, &n);

    /* an empty one counts as absent */

    if (n == 0
        || (n == 1 && (h->value.len == 0
                       || sandbox_name_session_valid((char *) h->value.data,
                                                     h->value.len))))
    {
        return NGX_OK;
    }

    return ngx_http_sandbox_error_refuse(r, ctx, NGX_HTTP_BAD_REQUEST,
                                         "invalid_request",
                                         "Invalid session ID format: send "
                                         "the header %s once, with 1 to 128 "
                                         "of the characters A-Z, a-z, 0-9, "
                                         "\".\", \"_\" and \"-\", and without "
                                         "\"..\".", name);
}


/* the agent checks the same, but the sandbox would have been started */

static ngx_int_t
ngx_http_sandbox_api_websocket(ngx_http_request_t *r,
    ngx_http_sandbox_ctx_t *ctx)
{
    const char  *text;

    text = NULL;

    if (!ngx_http_sandbox_header_websocket(r)) {
        text = "WebSocket upgrade required: send \"Upgrade: websocket\" and "
               "\"Connection: Upgrade\" by HTTP/1.1.";

    } else if (ctx->route == SANDBOX_ROUTE_PTY) {
        text = sandbox_terminal_check((char *) r->args.data, r->args.len);
    }

    if (text == NULL) {
        return NGX_OK;
    }

    return ngx_http_sandbox_error_refuse(r, ctx, NGX_HTTP_BAD_REQUEST,
                                         "invalid_request", "%s", text);
}


/* if the sandbox is absent, it would be created: check the key's classes */

static ngx_int_t
ngx_http_sandbox_api_class(ngx_http_request_t *r, ngx_http_sandbox_ctx_t *ctx)
{
    ngx_http_sandbox_lookup_e  found;

    if (ctx->class && ngx_http_sandbox_auth_may_class(ctx, &ctx->class->name)) {
        return NGX_OK;
    }

    found = ngx_http_sandbox_lookup(r, ctx);

    /* the caller takes its own reference to the node */

    ngx_http_sandbox_node_detach(ctx);

    switch (found) {

    case NGX_HTTP_SANDBOX_LOOKUP_OWN:
        return NGX_OK;

    case NGX_HTTP_SANDBOX_LOOKUP_ABSENT:
        return ngx_http_sandbox_error_refuse(r, ctx, NGX_HTTP_FORBIDDEN,
                                             "PERMISSION_DENIED",
                                             "Sandbox not found, and your key "
                                             "may not create sandboxes of the "
                                             "default class. Create it with "
                                             "POST /v1/sandbox and a class "
                                             "that your key may use.");

    case NGX_HTTP_SANDBOX_LOOKUP_FOREIGN:
        return ngx_http_sandbox_error_refuse_absent(r, ctx);

    default:
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
}


static ngx_int_t
ngx_http_sandbox_health_handler(ngx_http_request_t *r)
{
    sandbox_json_writer_t  w;

    sandbox_json_writer_start(&w);
    sandbox_json_writer_bool(&w, "ok", 1);

    return ngx_http_sandbox_response_json(r, NGX_HTTP_OK,
                                          sandbox_json_writer_finish(&w));
}
