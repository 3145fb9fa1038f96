
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_PORTS_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_PORTS_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"


/* exposed ports, as the API has them */


/* ngx_http_sandbox_ports.c */

#define NGX_HTTP_SANDBOX_PORTS_MAX   512           /* of one sandbox */

/* content handlers */
ngx_int_t ngx_http_sandbox_ports_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_sandbox_port_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_sandbox_links_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_sandbox_link_handler(ngx_http_request_t *r);


/* ngx_http_sandbox_ports_json.c */

/*
 * As callers see them, NULL when it fails: an exposed port with its URL, whole
 * with all of its policy; all ports of a sandbox; a link of a port, and all.
 */
cJSON *ngx_http_sandbox_port_json(ngx_http_request_t *r, ngx_str_t *id,
    sandbox_port_t *policy, ngx_uint_t whole);
cJSON *ngx_http_sandbox_ports_json(ngx_http_request_t *r, ngx_str_t *id);
cJSON *ngx_http_sandbox_link_json(ngx_http_request_t *r, ngx_str_t *id,
    sandbox_port_t *policy, sandbox_link_t *link);
cJSON *ngx_http_sandbox_links_json(ngx_http_request_t *r, ngx_str_t *id,
    sandbox_port_t *policy);
/* "active" or "expired", of the port */
const char *ngx_http_sandbox_port_status(sandbox_port_t *policy);
/* the configured domain of that name, or NULL */
ngx_http_sandbox_preview_t *ngx_http_sandbox_ports_preview(
    ngx_http_sandbox_main_conf_t *smcf, const char *host);
/* fills in ctx->failure: ctx->port is not exposed */
void ngx_http_sandbox_fail_unexposed(ngx_http_sandbox_ctx_t *ctx);


/* ngx_http_sandbox_expose.c */

#define NGX_HTTP_SANDBOX_EXPOSE      0
#define NGX_HTTP_SANDBOX_CHANGE      1             /* PATCH */
#define NGX_HTTP_SANDBOX_UNEXPOSE    2
#define NGX_HTTP_SANDBOX_LINK        3
#define NGX_HTTP_SANDBOX_UNLINK      4

typedef struct {
    ngx_http_request_t            *request;
    ngx_http_sandbox_ctx_t        *ctx;
    ngx_event_t                    timer;
    ngx_msec_t                     began;
    cJSON                         *json;               /* the answer */

    ngx_uint_t                     op;
    in_port_t                      port;               /* 0: all, to remove */
    cJSON                         *body;               /* of the request */
    ngx_http_sandbox_preview_t    *preview;            /* NULL: any */
    char                           link[SANDBOX_LINK_NAME_MAX + 1];

    /* of the removal of all, which takes several turns */
    uint16_t                      *ports;
    ngx_uint_t                     nports;
    ngx_uint_t                     next;
    ngx_uint_t                     removed;
} ngx_http_sandbox_expose_t;

/* NULL: out of memory; freed with the request, json and body too */
ngx_http_sandbox_expose_t *ngx_http_sandbox_expose_create(
    ngx_http_request_t *r);
/* does as asked, and answers; a content handler's result */
ngx_int_t ngx_http_sandbox_expose(ngx_http_sandbox_expose_t *e);
/* logs errno and fills in the failure; NGX_DECLINED */
ngx_int_t ngx_http_sandbox_expose_failed(ngx_http_sandbox_expose_t *e,
    in_port_t port, const char *what);


/* ngx_http_sandbox_command.c: wake, command and cwd of a port's policy */

#define NGX_HTTP_SANDBOX_COMMANDS_MAX  16          /* of one sandbox */

/* puts those of a body into the policy; NGX_DECLINED: failure says why not */
ngx_int_t ngx_http_sandbox_policy_wake(cJSON *json, sandbox_port_t *policy,
    ngx_http_sandbox_failure_t *failure);
/* 1: a sandbox that runs is to be told of the policy's command */
ngx_uint_t ngx_http_sandbox_policy_commands(cJSON *json, sandbox_port_t *old,
    sandbox_port_t *policy);
/* NGX_DECLINED: too many ports have one; ctx->failure says so */
ngx_int_t ngx_http_sandbox_command_check(ngx_http_sandbox_ctx_t *ctx,
    sandbox_port_t *policy);
/* adds them to what is shown of a port */
ngx_int_t ngx_http_sandbox_policy_wake_json(cJSON *json,
    sandbox_port_t *policy);
/*
 * The commands of these ports, at most ..._COMMANDS_MAX; returns their number
 * or NGX_ERROR.  Both arrays are to be freed, and may be NULL.
 */
ngx_int_t ngx_http_sandbox_port_commands(ngx_http_sandbox_node_t *node,
    uint16_t *ports, size_t n, sandbox_port_t **policies,
    ac_command_t **commands);
/* tells a sandbox that runs; "" : the port has no command any more */
void ngx_http_sandbox_command_tell(ngx_http_sandbox_node_t *node,
    in_port_t port, const char *command, const char *cwd);


/* ngx_http_sandbox_diagnose.c */

ngx_int_t ngx_http_sandbox_diagnose_handler(ngx_http_request_t *r);
/* of tether.c: AC_AGENT_DIAGNOSIS; its end */
void ngx_http_sandbox_diagnosed(ngx_http_sandbox_node_t *node,
    ac_agent_event_t *event);
void ngx_http_sandbox_diagnose_lost(ngx_http_sandbox_node_t *node);


/* ngx_http_sandbox_told.c: copies of what an agent said; NULL: no memory */

/* of a list of listeners; address becomes that of port, or "" */
cJSON *ngx_http_sandbox_diagnose_listening(cJSON *list, in_port_t port,
    char *address, size_t size);
/* of a port's command */
cJSON *ngx_http_sandbox_diagnose_command(cJSON *command);


#endif /* _NGX_HTTP_SANDBOX_PORTS_H_INCLUDED_ */
