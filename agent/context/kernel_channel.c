
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/loop.h"
#include "base/random.h"
#include "context/kernel_channel.h"


/* packets read in a turn of the loop */
#define AGENT_KERNEL_CHANNEL_BATCH  16

/* bytes queued that only a kernel which does not read can have */
#define AGENT_KERNEL_CHANNEL_QUEUE  65536


static int agent_kernel_channel_flush(agent_kernel_channel_t *ch);
static void agent_kernel_channel_poll(agent_kernel_channel_t *ch);
static void agent_kernel_channel_io(uv_poll_t *poll, int status, int events);
static int agent_kernel_channel_recv(agent_kernel_channel_t *ch);
static int agent_kernel_channel_hung_up(agent_kernel_channel_t *ch);
static void agent_kernel_channel_lost(agent_kernel_channel_t *ch);
static void agent_kernel_channel_closed(uv_handle_t *handle);


void
agent_kernel_channel_init(agent_kernel_channel_t *ch,
    void (*packet)(agent_kernel_channel_t *ch, const agent_kernel_packet_t *p))
{
    memset(ch, 0, sizeof(agent_kernel_channel_t));

    ch->packet = packet;
    ch->fd = -1;

    agent_random_hex(ch->token, sizeof(ch->token));
}


int
agent_kernel_channel_open(agent_kernel_channel_t *ch, int fd)
{
    agent_kernel_channel_close(ch);

    ch->poll = calloc(1, sizeof(uv_poll_t));

    if (ch->poll == NULL || fcntl(fd, F_SETFL, O_NONBLOCK) == -1
        || uv_poll_init(agent_loop, ch->poll, fd) != 0)
    {
        free(ch->poll);
        ch->poll = NULL;
        close(fd);
        return -1;
    }

    ch->fd = fd;
    ch->poll->data = ch;

    agent_kernel_channel_poll(ch);

    return 0;
}


int
agent_kernel_channel_send(agent_kernel_channel_t *ch, char type,
    uint32_t number, const char *data, size_t len)
{
    uint32_t               size;
    agent_kernel_packet_t  p;

    if (ch->fd == -1) {
        return -1;
    }

    p.type = type;
    p.last = 0;
    p.number = number;

    do {
        p.data = data;
        p.len = len < AGENT_KERNEL_PACKET_PAYLOAD
                ? len : AGENT_KERNEL_PACKET_PAYLOAD;
        p.more = p.len < len;

        size = (uint32_t) (AGENT_KERNEL_PACKET_HEADER + p.len);

        agent_buffer_add(&ch->queue, &size, sizeof(size));
        agent_kernel_packet_header(&ch->queue, ch->token, &p);
        agent_buffer_add(&ch->queue, p.data, p.len);

        data += p.len;
        len -= p.len;
    } while (len);

    if (ch->queue.failed) {
        agent_buffer_free(&ch->queue);
        ch->sent = 0;
        return -1;
    }

    return agent_kernel_channel_flush(ch);
}


int
agent_kernel_channel_full(agent_kernel_channel_t *ch)
{
    return ch->queue.len > AGENT_KERNEL_CHANNEL_QUEUE;
}


static int
agent_kernel_channel_flush(agent_kernel_channel_t *ch)
{
    char      *packet;
    uint32_t   size;

    while (ch->sent < ch->queue.len) {
        packet = ch->queue.data + ch->sent;

        memcpy(&size, packet, sizeof(size));

        if (send(ch->fd, packet + sizeof(size), size,
                 MSG_DONTWAIT|MSG_NOSIGNAL)
            == -1)
        {
            if (errno == EAGAIN || errno == EINTR) {
                break;
            }

            agent_kernel_channel_lost(ch);
            return -1;
        }

        ch->sent += sizeof(size) + size;
    }

    if (ch->sent == ch->queue.len) {
        agent_buffer_free(&ch->queue);
        ch->sent = 0;
    }

    agent_kernel_channel_poll(ch);

    return 0;
}


static void
agent_kernel_channel_poll(agent_kernel_channel_t *ch)
{
    int  events;

    events = (ch->paused ? 0 : UV_READABLE)
             | (ch->queue.len ? UV_WRITABLE : 0);

    /* each start is a change of the poll set */

    if (events == ch->events) {
        return;
    }

    ch->events = events;

    if (events) {
        uv_poll_start(ch->poll, events, agent_kernel_channel_io);

    } else {
        uv_poll_stop(ch->poll);
    }
}


static void
agent_kernel_channel_io(uv_poll_t *poll, int status, int events)
{
    agent_kernel_channel_t  *ch;

    ch = poll->data;

    if (status < 0) {
        agent_kernel_channel_lost(ch);
        return;
    }

    if ((events & UV_WRITABLE) && agent_kernel_channel_flush(ch) != 0) {
        return;
    }

    if (events & UV_READABLE) {
        agent_kernel_channel_read(ch, AGENT_KERNEL_CHANNEL_BATCH);
    }
}


void
agent_kernel_channel_read(agent_kernel_channel_t *ch, int n)
{
    while (n-- && ch->fd != -1 && !ch->paused) {
        if (agent_kernel_channel_recv(ch) != 0) {
            return;
        }
    }
}


/* 0: there may be more */

static int
agent_kernel_channel_recv(agent_kernel_channel_t *ch)
{
    ssize_t                n;
    static char            buf[AGENT_KERNEL_PACKET_MAX + 1];
    agent_kernel_packet_t  p;

    n = recv(ch->fd, buf, sizeof(buf), MSG_DONTWAIT);

    if (n > 0) {

        if (agent_kernel_packet_parse(&p, ch->token, buf, n) == 0) {
            ch->packet(ch, &p);
        }

        return 0;
    }

    if (n == -1 && (errno == EAGAIN || errno == EINTR)) {
        return -1;
    }

    /* an empty packet of user code looks like the end */

    if (n == 0 && !agent_kernel_channel_hung_up(ch)) {
        return 0;
    }

    agent_kernel_channel_lost(ch);

    return -1;
}


static int
agent_kernel_channel_hung_up(agent_kernel_channel_t *ch)
{
    struct pollfd  p;

    p.fd = ch->fd;
    p.events = POLLIN|POLLRDHUP;

    return poll(&p, 1, 0) == 1 && (p.revents & (POLLRDHUP|POLLHUP|POLLERR));
}


/* the kernel has exited, or has lost its descriptor and connects again */

static void
agent_kernel_channel_lost(agent_kernel_channel_t *ch)
{
    ch->events = 0;
    uv_poll_stop(ch->poll);
}


void
agent_kernel_channel_pause(agent_kernel_channel_t *ch, int on)
{
    ch->paused = (on != 0);

    if (ch->poll) {
        agent_kernel_channel_poll(ch);
    }
}


void
agent_kernel_channel_shutdown(agent_kernel_channel_t *ch)
{
    (void) shutdown(ch->fd, SHUT_WR);
}


void
agent_kernel_channel_close(agent_kernel_channel_t *ch)
{
    if (ch->poll) {
        uv_poll_stop(ch->poll);
        uv_close((uv_handle_t *) ch->poll, agent_kernel_channel_closed);
        ch->poll = NULL;
        ch->events = 0;
    }

    if (ch->fd != -1) {
        close(ch->fd);
        ch->fd = -1;
    }

    agent_buffer_free(&ch->queue);
    ch->sent = 0;
}


static void
agent_kernel_channel_closed(uv_handle_t *handle)
{
    free(handle);
}
