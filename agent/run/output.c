
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/loop.h"
#include "run/command.h"
#include "run/command_int.h"
#include "run/output.h"


/*
 * Background processes left by a command may still write to its pipes.  The
 * output is read and discarded, or they would block on a full pipe or be
 * killed by SIGPIPE.  This is the maximum number of such pipes.
 */
#define AGENT_OUTPUT_LINGER  256


static void agent_output_event(uv_poll_t *poll, int status, int events);
static void agent_output_closed(uv_handle_t *handle);


static size_t  agent_output_lingering;
static char    agent_output_buf[AGENT_COMMAND_READ];


agent_output_t *
agent_output_create(agent_command_t *cmd, int fd, int stream)
{
    agent_output_t  *out;

    out = calloc(1, sizeof(agent_output_t));

    if (out == NULL) {
        return NULL;
    }

    if (uv_poll_init(agent_loop, &out->poll, fd) != 0) {
        free(out);
        return NULL;
    }

    out->poll.data = out;
    out->fd = fd;
    out->stream = stream;
    out->cmd = cmd;

    return out;
}


static void
agent_output_event(uv_poll_t *poll, int status, int events)
{
    size_t            max;
    agent_output_t   *out;
    agent_command_t  *cmd;

    out = poll->data;
    cmd = out->cmd;

    max = AGENT_COMMAND_READ;

    if (cmd && cmd->settling && (size_t) out->remain < max) {
        max = out->remain;
    }

    if (max) {
        (void) agent_output_read(out, max);
    }

    if (cmd && cmd->settling) {
        agent_command_drain(cmd);
    }
}


int
agent_output_read(agent_output_t *out, size_t max)
{
    ssize_t           n;
    agent_command_t  *cmd;

    cmd = out->cmd;

    n = read(out->fd, agent_output_buf, max);

    if (n == -1 && (errno == EAGAIN || errno == EINTR)) {
        return 0;
    }

    if (n <= 0) {

        if (cmd) {
            cmd->out[out->stream - 1] = NULL;

        } else {
            agent_output_lingering--;
        }

        agent_output_close(out);
        return 0;
    }

    if (cmd) {
        out->remain -= cmd->settling ? n : 0;
        cmd->spoke = 1;
        cmd->on_output(cmd, out->stream, agent_output_buf, n);
    }

    return 1;
}


void
agent_output_poll(agent_output_t *out, int on)
{
    if (out == NULL || (int) out->polled == on) {
        return;
    }

    out->polled = on;

    if (on) {
        uv_poll_start(&out->poll, UV_READABLE, agent_output_event);

    } else {
        uv_poll_stop(&out->poll);
    }
}


void
agent_output_close(agent_output_t *out)
{
    if (out == NULL) {
        return;
    }

    out->cmd = NULL;

    uv_poll_stop(&out->poll);
    uv_close((uv_handle_t *) &out->poll, agent_output_closed);
    close(out->fd);
}


static void
agent_output_closed(uv_handle_t *handle)
{
    free(handle->data);
}


void
agent_output_release(agent_output_t *out)
{
    if (out == NULL) {
        return;
    }

    if (agent_output_lingering >= AGENT_OUTPUT_LINGER) {
        agent_output_close(out);
        return;
    }

    agent_output_lingering++;
    out->cmd = NULL;
    agent_output_poll(out, 1);
}
