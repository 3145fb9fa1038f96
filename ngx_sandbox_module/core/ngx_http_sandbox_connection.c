
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "core/ngx_http_sandbox_connection.h"


/* descriptors opened outside of nginx as connections of its event loop */


ngx_connection_t *
ngx_http_sandbox_connection(int fd, void *data, ngx_event_handler_pt read,
    ngx_event_handler_pt write, ngx_log_t *log)
{
    ngx_connection_t  *c;

    c = ngx_get_connection(fd, log);
    if (c == NULL) {
        return NULL;
    }

    c->data = data;
    c->read->log = log;
    c->write->log = log;
    c->read->handler = read;
    c->write->handler = write;

    return c;
}
