
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/loop.h"
#include "base/memory.h"
#include "run/command.h"
#include "run/stdin.h"


struct agent_stdin_s {
    uv_poll_t         poll;
    int               fd;
    agent_command_t  *cmd;
    agent_buffer_t    queue;
    size_t            start;           /* bytes not yet written */
    size_t            counted;         /* bytes of memory in use */
    unsigned          polled:1;
    unsigned          last:1;          /* close once all is written */
    unsigned          high:1;          /* a writer may be waiting */
};


static int agent_stdin_queue(agent_stdin_t *in, const char *buf, size_t len);
static void agent_stdin_count(agent_stdin_t *in);
static int agent_stdin_flush(agent_stdin_t *in);
static void agent_stdin_event(uv_poll_t *poll, int status, int events);
static void agent_stdin_closed(uv_handle_t *handle);


int
agent_stdin_open(agent_command_t *cmd)
{
    int  err, fds[2];

    if (pipe2(fds, O_CLOEXEC) == -1) {
        return -1;
    }

    if (agent_stdin_adopt(cmd, fds[1]) != 0) {
        err = errno;
        close(fds[0]);
        errno = err;
        return -1;
    }

    return fds[0];
}


int
agent_stdin_adopt(agent_command_t *cmd, int fd)
{
    agent_stdin_t  *in;

    in = calloc(1, sizeof(agent_stdin_t));

    if (in == NULL || fcntl(fd, F_SETFL, O_NONBLOCK) == -1
        || uv_poll_init(agent_loop, &in->poll, fd) != 0)
    {
        free(in);
        close(fd);
        errno = ENOMEM;
        return -1;
    }

    in->poll.data = in;
    in->fd = fd;
    in->cmd = cmd;

    cmd->in = in;

    return 0;
}


int
agent_stdin_write(agent_command_t *cmd, const char *buf, size_t len)
{
    int             err;
    agent_stdin_t  *in;

    in = cmd->in;

    if (in == NULL || in->last) {
        return EPIPE;
    }

    err = agent_stdin_queue(in, buf, len);

    if (err == 0 && !in->polled) {
        err = agent_stdin_flush(in);
    }

    if (err) {
        agent_stdin_close(cmd);
    }

    return err;
}


size_t
agent_stdin_queued(agent_command_t *cmd)
{
    return cmd->in ? cmd->in->queue.len - cmd->in->start : 0;
}


int
agent_stdin_full(agent_command_t *cmd)
{
    if (agent_stdin_queued(cmd) <= agent_memory_queue(AGENT_STDIN_HIGH)) {
        return 0;
    }

    cmd->in->high = 1;

    return 1;
}


void
agent_stdin_end(agent_command_t *cmd)
{
    if (cmd->in == NULL) {
        return;
    }

    cmd->in->last = 1;

    if (cmd->in->start == cmd->in->queue.len) {
        agent_stdin_close(cmd);
    }
}


void
agent_stdin_close(agent_command_t *cmd)
{
    agent_stdin_t  *in;

    in = cmd->in;

    if (in == NULL) {
        return;
    }

    cmd->in = NULL;

    uv_poll_stop(&in->poll);
    uv_close((uv_handle_t *) &in->poll, agent_stdin_closed);
    close(in->fd);
}


static int
agent_stdin_queue(agent_stdin_t *in, const char *buf, size_t len)
{
    if (len > in->queue.size - in->queue.len) {
        agent_buffer_shift(&in->queue, in->start);
        in->start = 0;
    }

    agent_buffer_add(&in->queue, buf, len);
    agent_stdin_count(in);

    return in->queue.failed ? ENOMEM : 0;
}


static void
agent_stdin_count(agent_stdin_t *in)
{
    agent_memory_release(in->counted);
    in->counted = in->queue.size;
    agent_memory_use(in->counted);
}


/* 0, or an errno */

static int
agent_stdin_flush(agent_stdin_t *in)
{
    ssize_t  n;

    while (in->start < in->queue.len) {
        n = write(in->fd, in->queue.data + in->start,
                  in->queue.len - in->start);

        if (n == -1) {

            if (errno == EINTR) {
                continue;
            }

            if (errno != EAGAIN) {
                return errno;
            }

            if (!in->polled) {
                in->polled = 1;
                uv_poll_start(&in->poll, UV_WRITABLE, agent_stdin_event);
            }

            return 0;
        }

        in->start += n;
    }

    agent_buffer_free(&in->queue);
    agent_stdin_count(in);
    in->start = 0;

    /* only a close by the reader matters now, and a write reports it */

    if (in->polled) {
        in->polled = 0;
        uv_poll_stop(&in->poll);
    }

    return 0;
}


static void
agent_stdin_event(uv_poll_t *poll, int status, int events)
{
    int               err;
    agent_stdin_t    *in;
    agent_command_t  *cmd;

    in = poll->data;
    cmd = in->cmd;

    err = status < 0 ? EPIPE : agent_stdin_flush(in);

    if (err || (in->last && in->start == in->queue.len)) {
        agent_stdin_close(cmd);

    } else if (!in->high
               || in->queue.len - in->start
                  > agent_memory_queue(AGENT_STDIN_LOW))
    {
        return;

    } else {
        in->high = 0;
    }

    if (cmd->on_stdin) {
        cmd->on_stdin(cmd);
    }
}


static void
agent_stdin_closed(uv_handle_t *handle)
{
    agent_stdin_t  *in;

    in = handle->data;

    agent_buffer_free(&in->queue);
    agent_stdin_count(in);
    free(in);
}
