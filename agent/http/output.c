
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/memory.h"
#include "http/connection.h"
#include "http/http_int.h"
#include "http/output.h"
#include "http/response.h"


#define AGENT_HTTP_OUTPUT_BLOCK  16384


static int agent_http_output_queue(agent_connection_t *c,
    const struct iovec *iov, int n, size_t skip);
static void agent_http_output_free_block(agent_http_block_t *b);


void
agent_http_output_send(agent_connection_t *c, const struct iovec *iov, int n)
{
    int            i;
    size_t         sent, total;
    ssize_t        rc;
    struct msghdr  msg;

    if (c->broken || c->closed) {
        return;
    }

    for (i = 0, total = 0; i < n; i++) {
        total += iov[i].iov_len;
    }

    sent = 0;

    if (c->out == NULL && !c->corked) {
        memset(&msg, 0, sizeof(struct msghdr));

        msg.msg_iov = (struct iovec *) iov;
        msg.msg_iovlen = n;

        rc = sendmsg(c->fd, &msg, MSG_DONTWAIT|MSG_NOSIGNAL);

        if (rc == -1 && errno != EAGAIN && errno != EINTR
            && errno != ENOBUFS)
        {
            goto failed;
        }

        sent = rc > 0 ? (size_t) rc : 0;
    }

    if (sent == total) {
        return;
    }

    if (agent_http_output_queue(c, iov, n, sent) != 0) {
        goto failed;
    }

    if (c->corked) {
        agent_http_output_flush(c);

    } else {
        agent_connection_update(c);
    }

    return;

failed:

    c->broken = 1;
    agent_connection_defer(c);
}


void
agent_http_output_hold(agent_connection_t *c, const struct iovec *iov, int n)
{
    if (c->broken || c->closed) {
        return;
    }

    if (agent_http_output_queue(c, iov, n, 0) != 0) {
        c->broken = 1;
        agent_connection_defer(c);
        return;
    }

    c->corked = 1;
}


static int
agent_http_output_queue(agent_connection_t *c, const struct iovec *iov, int n,
    size_t skip)
{
    int                  i;
    size_t               len, size;
    const char          *p;
    agent_http_block_t  *b;

    for (i = 0; i < n; i++) {
        p = iov[i].iov_base;
        len = iov[i].iov_len;

        if (skip >= len) {
            skip -= len;
            continue;
        }

        p += skip;
        len -= skip;
        skip = 0;

        while (len) {
            b = c->out_last;

            if (b == NULL || b->end == b->size) {
                size = agent_memory_piece(AGENT_HTTP_OUTPUT_BLOCK);

                if (size < len) {
                    size = len;
                }

                b = malloc(sizeof(agent_http_block_t) + size);

                if (b == NULL) {
                    return -1;
                }

                b->next = NULL;
                b->start = 0;
                b->end = 0;
                b->size = size;
                agent_memory_use(size);

                if (c->out_last) {
                    c->out_last->next = b;

                } else {
                    c->out = b;
                }

                c->out_last = b;
            }

            size = b->size - b->end;

            if (size > len) {
                size = len;
            }

            memcpy(b->data + b->end, p, size);

            b->end += size;
            c->queued += size;
            p += size;
            len -= size;
        }
    }

    return 0;
}


void
agent_http_output_flush(agent_connection_t *c)
{
    int                  n;
    size_t               len;
    ssize_t              rc;
    struct iovec         iov[16];
    struct msghdr        msg;
    agent_http_block_t  *b;

    c->corked = 0;

    while (c->out && !c->broken) {

        for (b = c->out, n = 0; b && n < 16; b = b->next, n++) {
            iov[n].iov_base = b->data + b->start;
            iov[n].iov_len = b->end - b->start;
        }

        memset(&msg, 0, sizeof(struct msghdr));

        msg.msg_iov = iov;
        msg.msg_iovlen = n;

        rc = sendmsg(c->fd, &msg, MSG_DONTWAIT|MSG_NOSIGNAL);

        if (rc == -1) {

            if (errno == EINTR) {
                continue;
            }

            if (errno != EAGAIN && errno != ENOBUFS) {
                c->broken = 1;
                agent_connection_defer(c);
                return;
            }

            break;
        }

        c->queued -= rc;

        while (rc) {
            b = c->out;
            len = b->end - b->start;

            if ((size_t) rc < len) {
                b->start += rc;
                break;
            }

            rc -= len;
            c->out = b->next;
            agent_http_output_free_block(b);
        }

        if (c->out == NULL) {
            c->out_last = NULL;
        }
    }

    /* on_drain is always called from the loop, never from here */

    if (agent_http_output_drained(c)) {
        agent_connection_defer(c);
    }

    agent_connection_update(c);
}


void
agent_http_output_free(agent_connection_t *c)
{
    agent_http_block_t  *b;

    while ((b = c->out) != NULL) {
        c->out = b->next;
        agent_http_output_free_block(b);
    }
}


static void
agent_http_output_free_block(agent_http_block_t *b)
{
    agent_memory_release(b->size);
    free(b);
}


int
agent_http_output_drained(agent_connection_t *c)
{
    return c->want_drain && c->queued <= agent_memory_queue(AGENT_HTTP_LOW);
}
