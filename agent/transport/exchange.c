
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/loop.h"
#include "base/memory.h"
#include "http/connection.h"
#include "transport/exchange.h"


#define AGENT_EXCHANGE_READ  16384


static void agent_exchange_event(uv_poll_t *poll, int status, int events);
static int agent_exchange_write(agent_exchange_t *x);
static int agent_exchange_read(agent_exchange_t *x);
static void agent_exchange_update(agent_exchange_t *x);
static void agent_exchange_close(agent_exchange_t *x);
static void agent_exchange_closed(uv_handle_t *handle);
static int agent_exchange_field(llhttp_t *parser, const char *buf,
    size_t len);
static int agent_exchange_field_end(llhttp_t *parser);
static int agent_exchange_value(llhttp_t *parser, const char *buf,
    size_t len);
static int agent_exchange_value_end(llhttp_t *parser);
static void agent_exchange_append(char *dst, size_t size, size_t *n,
    const char *buf, size_t len);
static int agent_exchange_head(llhttp_t *parser);
static int agent_exchange_body(llhttp_t *parser, const char *buf, size_t len);
static int agent_exchange_complete(llhttp_t *parser);


static char  agent_exchange_buf[AGENT_EXCHANGE_READ];


static const llhttp_settings_t  agent_exchange_settings = {
    .on_header_field = agent_exchange_field,
    .on_header_field_complete = agent_exchange_field_end,
    .on_header_value = agent_exchange_value,
    .on_header_value_complete = agent_exchange_value_end,
    .on_headers_complete = agent_exchange_head,
    .on_body = agent_exchange_body,
    .on_message_complete = agent_exchange_complete
};


agent_exchange_t *
agent_exchange_create(agent_buffer_t *request)
{
    int                fds[2];
    agent_exchange_t  *x;

    x = calloc(1, sizeof(agent_exchange_t));

    if (x == NULL) {
        return NULL;
    }

    if (socketpair(AF_UNIX, SOCK_STREAM|SOCK_NONBLOCK|SOCK_CLOEXEC, 0, fds)
        == -1)
    {
        free(x);
        return NULL;
    }

    if (uv_poll_init(agent_loop, &x->poll, fds[0]) != 0) {
        goto failed;
    }

    if (agent_connection_create(fds[1]) != 0) {

        /* from here on, the handle must be closed by the loop */

        x->over = 1;
        x->fd = fds[0];
        x->poll.data = x;
        close(fds[1]);
        uv_close((uv_handle_t *) &x->poll, agent_exchange_closed);
        errno = ENOMEM;
        return NULL;
    }

    x->fd = fds[0];
    x->poll.data = x;

    llhttp_init(&x->parser, HTTP_RESPONSE,
                (llhttp_settings_t *) &agent_exchange_settings);
    x->parser.data = x;

    x->out = *request;
    memset(request, 0, sizeof(agent_buffer_t));
    agent_memory_use(x->out.size);

    agent_exchange_update(x);

    return x;

failed:

    close(fds[0]);
    close(fds[1]);
    free(x);
    errno = ENOMEM;

    return NULL;
}


void
agent_exchange_pause(agent_exchange_t *x)
{
    x->paused = 1;
    agent_exchange_update(x);
}


void
agent_exchange_resume(agent_exchange_t *x)
{
    x->paused = 0;
    agent_exchange_update(x);
}


void
agent_exchange_abort(agent_exchange_t *x)
{
    x->on_end = NULL;
    agent_exchange_close(x);
}


static void
agent_exchange_update(agent_exchange_t *x)
{
    int  events;

    if (x->over) {
        return;
    }

    events = 0;

    if (!x->paused) {
        events |= UV_READABLE|UV_DISCONNECT;
    }

    if (x->sent < x->out.len) {
        events |= UV_WRITABLE;
    }

    if (events) {
        uv_poll_start(&x->poll, events, agent_exchange_event);

    } else {
        uv_poll_stop(&x->poll);
    }
}


static void
agent_exchange_event(uv_poll_t *poll, int status, int events)
{
    agent_exchange_t  *x;

    x = poll->data;

    if (status < 0
        || ((events & UV_WRITABLE) && agent_exchange_write(x) != 0)
        || (!x->paused && (events & (UV_READABLE|UV_DISCONNECT))
            && agent_exchange_read(x) != 0))
    {
        agent_exchange_close(x);
        return;
    }

    agent_exchange_update(x);
}


static int
agent_exchange_write(agent_exchange_t *x)
{
    ssize_t  n;

    while (x->sent < x->out.len) {
        n = send(x->fd, x->out.data + x->sent, x->out.len - x->sent,
                 MSG_DONTWAIT|MSG_NOSIGNAL);

        if (n == -1) {

            /* it was refused before it was read: the response says why */

            if (errno == EPIPE) {
                break;
            }

            return (errno == EAGAIN || errno == EINTR || errno == ENOBUFS)
                   ? 0 : -1;
        }

        x->sent += n;
    }

    agent_memory_release(x->out.size);
    agent_buffer_free(&x->out);
    x->sent = 0;

    return 0;
}


/* -1: the response has ended, or is broken */

static int
agent_exchange_read(agent_exchange_t *x)
{
    ssize_t         n;
    llhttp_errno_t  err;

    n = recv(x->fd, agent_exchange_buf,
             agent_memory_piece(sizeof(agent_exchange_buf)), 0);

    if (n == -1) {
        return (errno == EAGAIN || errno == EINTR) ? 0 : -1;
    }

    err = n ? llhttp_execute(&x->parser, agent_exchange_buf, n)
            : llhttp_finish(&x->parser);

    return (n == 0 || err != HPE_OK || x->whole || x->over) ? -1 : 0;
}


static void
agent_exchange_close(agent_exchange_t *x)
{
    if (x->over) {
        return;
    }

    x->over = 1;

    agent_memory_release(x->out.size);
    agent_buffer_free(&x->out);

    if (x->on_end) {
        x->on_end(x, x->whole);
    }

    uv_close((uv_handle_t *) &x->poll, agent_exchange_closed);
}


static void
agent_exchange_closed(uv_handle_t *handle)
{
    agent_exchange_t  *x;

    x = handle->data;

    close(x->fd);
    free(x);
}


/* only Content-Type matters; longer names are cut, and equal none */

static int
agent_exchange_field(llhttp_t *parser, const char *buf, size_t len)
{
    agent_exchange_t  *x;

    x = parser->data;

    agent_exchange_append(x->name, sizeof(x->name), &x->nname, buf, len);

    return 0;
}


static int
agent_exchange_field_end(llhttp_t *parser)
{
    agent_exchange_t  *x;

    x = parser->data;

    if (x->nname == sizeof("content-type") - 1
        && strncasecmp(x->name, "content-type", x->nname) == 0)
    {
        x->ntype = 0;

    } else {
        x->nname = 0;
    }

    return 0;
}


static int
agent_exchange_value(llhttp_t *parser, const char *buf, size_t len)
{
    agent_exchange_t  *x;

    x = parser->data;

    if (x->nname) {
        agent_exchange_append(x->type, sizeof(x->type) - 1, &x->ntype, buf,
                              len);
    }

    return 0;
}


/* what exceeds the size is cut off */

static void
agent_exchange_append(char *dst, size_t size, size_t *n, const char *buf,
    size_t len)
{
    if (len > size - *n) {
        len = size - *n;
    }

    memcpy(dst + *n, buf, len);
    *n += len;
}


static int
agent_exchange_value_end(llhttp_t *parser)
{
    agent_exchange_t  *x;

    x = parser->data;
    x->nname = 0;

    return 0;
}


static int
agent_exchange_head(llhttp_t *parser)
{
    size_t             i;
    agent_exchange_t  *x;

    x = parser->data;

    for (i = 0; i < x->ntype && x->type[i] != ';' && x->type[i] != ' '; i++) {

        if (x->type[i] >= 'A' && x->type[i] <= 'Z') {
            x->type[i] |= 0x20;
        }
    }

    x->type[i] = '\0';

    x->on_head(x, parser->status_code, x->type);

    return 0;
}


static int
agent_exchange_body(llhttp_t *parser, const char *buf, size_t len)
{
    agent_exchange_t  *x;

    x = parser->data;

    x->on_body(x, buf, len);

    return 0;
}


static int
agent_exchange_complete(llhttp_t *parser)
{
    agent_exchange_t  *x;

    x = parser->data;
    x->whole = 1;

    return 0;
}
