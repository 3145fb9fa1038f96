
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/queue.h>
#include <unistd.h>
#include <uv.h>

#include "base/loop.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "run/command.h"
#include "run/output.h"


/*
 * Background processes left by a command may still write to its pipes.  The
 * output is read and discarded, or they would block on a full pipe or be
 * killed by SIGPIPE.  This is the maximum number of such pipes.
 */
#define AGENT_OUTPUT_DISCARD  256

/*
 * FIONREAD does not count all that the kernel holds of a terminal, which is
 * less than this; reading it to its end flushes the rest
 */
#define AGENT_OUTPUT_TTY      (256 * 1024)

/* at least so much is read at once of a terminal that has more */
#define AGENT_OUTPUT_PAGE     4095

/* the first bytes of a character */
#define AGENT_OUTPUT_HELD     3


struct agent_output_s {
    uv_poll_t         poll;
    int               fd;
    int               stream;
    int               left;            /* to read after the end */
    unsigned          polled:1;
    agent_command_t  *cmd;             /* NULL: output is discarded */

    char              held[AGENT_OUTPUT_HELD];
    size_t            nheld;
    uint64_t          until;           /* while nheld is not 0 */
    TAILQ_ENTRY(agent_output_s)  link;
};


TAILQ_HEAD(agent_outputs_s, agent_output_s);


static void agent_output_event(uv_poll_t *poll, int status, int events);
static ssize_t agent_output_pages(agent_output_t *out, ssize_t n,
    size_t max);
static void agent_output_write(agent_command_t *cmd, int stream,
    const char *buf, size_t len);
static void agent_output_hold(agent_output_t *out, const char *buf,
    size_t len);
static void agent_output_expired(uv_timer_t *timer);
static void agent_output_closed(uv_handle_t *handle);


static size_t  agent_output_discarded;
static char    agent_output_buf[AGENT_OUTPUT_HELD + AGENT_OUTPUT_READ];

/* outputs that hold bytes, in the order of their deadlines */
static struct agent_outputs_s  agent_output_holding =
    TAILQ_HEAD_INITIALIZER(agent_output_holding);
static uv_timer_t  agent_output_timer;


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


static void
agent_output_event(uv_poll_t *poll, int status, int events)
{
    agent_output_t   *out;
    agent_command_t  *cmd;

    out = poll->data;
    cmd = out->cmd;

    if (cmd && cmd->state == AGENT_COMMAND_DRAINING) {
        agent_command_drain(cmd);
        return;
    }

    (void) agent_output_read(out, AGENT_OUTPUT_READ);
}


void
agent_output_last(agent_output_t *out)
{
    if (out == NULL) {
        return;
    }

    if (out->cmd->tty) {
        out->left = AGENT_OUTPUT_TTY;

    } else if (ioctl(out->fd, FIONREAD, &out->left) == -1) {
        out->left = 0;
    }
}


size_t
agent_output_left(agent_output_t *out)
{
    return out && out->left > 0 ? (size_t) out->left : 0;
}


int
agent_output_read(agent_output_t *out, size_t max)
{
    size_t            len, held;
    ssize_t           n;
    agent_command_t  *cmd;

    cmd = out->cmd;

    if (max > AGENT_OUTPUT_READ) {
        max = AGENT_OUTPUT_READ;
    }

    max = agent_memory_piece(max);

    n = read(out->fd, agent_output_buf + out->nheld, max);

    if (n == -1 && (errno == EAGAIN || errno == EINTR)) {

        /* the command has exited, and another process has read the data */

        if (cmd && cmd->state == AGENT_COMMAND_DRAINING) {
            out->left = 0;
        }

        return 0;
    }

    if (n <= 0) {

        if (cmd) {
            cmd->out[out->stream - 1] = NULL;
            agent_output_flush(out);

        } else {
            agent_output_discarded--;
        }

        agent_output_close(out);
        return 0;
    }

    if (cmd == NULL) {
        return 1;
    }

    if (cmd->tty) {
        n = agent_output_pages(out, n, max);
    }

    if (cmd->state == AGENT_COMMAND_DRAINING) {
        out->left -= n;
    }

    memcpy(agent_output_buf, out->held, out->nheld);

    len = out->nheld + n;
    held = agent_utf8_incomplete(agent_output_buf, len);
    len -= held;

    agent_output_hold(out, agent_output_buf + len, held);

    if (len) {
        agent_output_write(cmd, out->stream, agent_output_buf, len);
    }

    return 1;
}


/*
 * The kernel gives a page of a terminal at a time: fill the buffer, so that the
 * client gets fewer messages.  n bytes have been read; returns how many there
 * are.  An error is reported by the next read.
 */

static ssize_t
agent_output_pages(agent_output_t *out, ssize_t n, size_t max)
{
    ssize_t  rc;

    rc = n;

    while (rc >= AGENT_OUTPUT_PAGE && n + AGENT_OUTPUT_PAGE < (ssize_t) max) {

        rc = read(out->fd, agent_output_buf + out->nheld + n, max - n);

        if (rc > 0) {
            n += rc;
        }
    }

    return n;
}


/* the sink may end the command, and with it the output */

static void
agent_output_write(agent_command_t *cmd, int stream, const char *buf,
    size_t len)
{
    cmd->sink->write(cmd, stream, buf, len);

    if (cmd->sink->full && cmd->state != AGENT_COMMAND_OVER
        && cmd->sink->full(cmd))
    {
        agent_command_pause(cmd);
    }
}


int
agent_output_writer(agent_output_t *out)
{
    char  path[32];

    if (out == NULL) {
        return -1;
    }

    /* it has a reader, so that the open does not block */

    snprintf(path, sizeof(path), "/proc/self/fd/%d", out->fd);

    return open(path, O_WRONLY|O_CLOEXEC);
}


void
agent_output_flush(agent_output_t *out)
{
    char    held[AGENT_OUTPUT_HELD];
    size_t  n;

    if (out == NULL || out->nheld == 0) {
        return;
    }

    n = out->nheld;
    memcpy(held, out->held, n);

    agent_output_hold(out, NULL, 0);
    agent_output_write(out->cmd, out->stream, held, n);
}


/* replaces the bytes held */

static void
agent_output_hold(agent_output_t *out, const char *buf, size_t len)
{
    if (out->nheld) {
        TAILQ_REMOVE(&agent_output_holding, out, link);
    }

    out->nheld = len;

    if (len == 0) {
        return;
    }

    memmove(out->held, buf, len);

    out->until = uv_now(agent_loop) + AGENT_OUTPUT_HOLD;
    TAILQ_INSERT_TAIL(&agent_output_holding, out, link);

    if (agent_output_timer.data == NULL) {
        uv_timer_init(agent_loop, &agent_output_timer);
        agent_output_timer.data = &agent_output_timer;
    }

    if (!uv_is_active((uv_handle_t *) &agent_output_timer)) {
        uv_timer_start(&agent_output_timer, agent_output_expired,
                       AGENT_OUTPUT_HOLD, 0);
    }
}


static void
agent_output_expired(uv_timer_t *timer)
{
    uint64_t         now;
    agent_output_t  *out;

    now = uv_now(agent_loop);

    while ((out = TAILQ_FIRST(&agent_output_holding)) != NULL
           && out->until <= now)
    {
        /* the rest may have arrived, or may wait for a slow reader */

        if (out->cmd->paused || out->cmd->state != AGENT_COMMAND_RUNNING) {
            agent_output_hold(out, out->held, out->nheld);

        } else if (!agent_output_read(out, AGENT_OUTPUT_READ)) {
            agent_output_flush(out);
        }
    }

    if (out) {
        uv_timer_start(timer, agent_output_expired, out->until - now, 0);
    }
}


void
agent_output_close(agent_output_t *out)
{
    if (out == NULL) {
        return;
    }

    agent_output_hold(out, NULL, 0);
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
agent_output_discard(agent_output_t *out)
{
    if (out == NULL) {
        return;
    }

    if (agent_output_discarded >= AGENT_OUTPUT_DISCARD) {
        agent_output_close(out);
        return;
    }

    agent_output_discarded++;

    agent_output_hold(out, NULL, 0);
    out->cmd = NULL;

    agent_output_poll(out, 1);
}
