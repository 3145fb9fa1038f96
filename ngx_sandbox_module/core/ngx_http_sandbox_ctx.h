
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_CTX_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_CTX_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_name.h"
#include "core/ngx_http_sandbox_conf.h"
#include "core/ngx_http_sandbox_error.h"


/*
 * the context of a request; use ngx_http_sandbox_ctx_get(), as redirects zero
 * it
 */


/* handlers of the proxy module, called by interim.c */

typedef struct {
    ngx_int_t                     (*process_header)(ngx_http_request_t *r);
    ngx_int_t                     (*reinit_request)(ngx_http_request_t *r);
    ngx_uint_t                      n;             /* responses discarded */
} ngx_http_sandbox_ctx_interim_t;


/* why the response of an app cannot be passed on, if that is known */

#define NGX_HTTP_SANDBOX_FAULT_LOOP   1    /* redirects to the same URL */
#define NGX_HTTP_SANDBOX_FAULT_TLS    2    /* speaks TLS, expected plain */
#define NGX_HTTP_SANDBOX_FAULT_PLAIN  3    /* does not speak TLS, expected it */


struct ngx_http_sandbox_ctx_s {
    ngx_http_request_t             *request;
    ngx_http_sandbox_node_t        *node;             /* referenced, or NULL */

    ngx_str_t                       id;
    in_port_t                       port;              /* 0: the agent's API */
    ngx_str_t                       link;              /* name in the path */
    ngx_uint_t                      route;             /* of api.c */

    ngx_str_t                       owner;          /* of the API key, or "" */
    ngx_uint_t                      admin;
    ngx_http_sandbox_key_t         *key;            /* NULL: auth off */
    ngx_http_sandbox_class_t       *class;          /* for creation */

    ngx_http_sandbox_failure_t      failure;       /* error to respond with */
    void                           *body;          /* of the content handler */
    ngx_http_sandbox_backup_t      *backup;        /* or NULL */
    const char                     *content_policy;  /* of a page, or NULL */
    void                           *peer;          /* of upstream.c */

    const ngx_http_sandbox_error_renderer_t
                                   *renderer;          /* or NULL */
    ngx_http_sandbox_port_watcher_t
                                   *port_watcher;      /* or NULL */
    ngx_http_sandbox_ctx_interim_t  interim;
    ngx_uint_t                      http_version;      /* the client's */
    ngx_uint_t                      start;
    ngx_msec_t                      wait_start;
    ngx_msec_t                      wait_time;

    unsigned                        preview:1;
    unsigned                        trusted:1;   /* valid token */
    unsigned                        wakes:1;     /* may wake the sandbox */
    unsigned                        api:1;
    unsigned                        admitted:1;  /* may be proxied */
    unsigned                        waited:1;
    unsigned                        own:1;       /* nginx responds itself */
    unsigned                        copied:1;    /* see node.h */
    unsigned                        filtered:1;
    unsigned                        replaced:1;
    unsigned                        broken:1;    /* failure says why */
    unsigned                        collects:1;  /* collects JSON for a page */
    unsigned                        claims:1;    /* may take a warm sandbox */
    unsigned                        claimed:1;   /* has taken one */

    char                            nonce[SANDBOX_TOKEN_MAX + 1];
    ngx_str_t                       replacement;     /* of response_filter.c */
    ngx_buf_t                      *collected;       /* likewise */
    char                            run[SANDBOX_RANDOM_LEN + 1];

    /* of a preview */
    ngx_queue_t                     queue;     /* see preview_revoke.c */
    char                            token[SANDBOX_TOKEN_MAX + 1];
    ngx_str_t                       preview_key;      /* "": no key required */
    ngx_str_t                       public_host;       /* as seen by browser */
    ngx_str_t                       public_proto;
    ngx_str_t                       app_name;  /* Host of the app */
    ngx_str_t                       app_proto;  /* scheme of its own URL */
    ngx_table_elt_t                *origin;    /* last Origin */
    ngx_uint_t                      origins;   /* number of them */
#if (NGX_HTTP_CACHE)
    ngx_int_t                    (*create_key)(ngx_http_request_t *r);
#endif
    unsigned                        app_host:2;        /* SANDBOX_HOST_… */
    unsigned                        cors:3;    /* 0: unknown */
    unsigned                        cookies:2;
    unsigned                        strip:3;   /* SANDBOX_STRIP_… */
    unsigned                        open:1;    /* in the list of the node */
    unsigned                        cut:1;     /* to be closed: revoked */
    unsigned                        keyed:1;   /* by Sec-WebSocket-Protocol */
    unsigned                        tls:1;     /* to the app */
    unsigned                        fault:3;   /* NGX_HTTP_SANDBOX_FAULT_… */
};


ngx_http_sandbox_ctx_t *ngx_http_sandbox_ctx_get(ngx_http_request_t *r);
/* creates the context if needed; NULL: out of memory */
ngx_http_sandbox_ctx_t *ngx_http_sandbox_ctx_make(ngx_http_request_t *r);


#endif /* _NGX_HTTP_SANDBOX_CTX_H_INCLUDED_ */
