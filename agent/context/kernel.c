
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <jansson.h>

#include "base/log.h"
#include "base/loop.h"
#include "base/random.h"
#include "context/kernel.h"
#include "context/kernel_listen.h"
#include "run/child.h"
#include "run/output.h"


#define AGENT_KERNEL_HEADER   24
#define AGENT_KERNEL_CHUNK    (48 * 1024)
#define AGENT_KERNEL_PACKET   (AGENT_KERNEL_HEADER + AGENT_KERNEL_CHUNK)
#define AGENT_KERNEL_MORE     1
#define AGENT_KERNEL_ENV      4

/* packets read in a turn of the loop */
#define AGENT_KERNEL_BATCH    16
/* and after its exit */
#define AGENT_KERNEL_LAST     64


LIST_HEAD(agent_kernels_s, agent_kernel_s);


static int agent_kernel_spawn(agent_kernel_t *k, const char **env,
    const char *cwd, agent_fault_t *fault);
static const char **agent_kernel_env(const agent_language_t *language,
    const char **env);
static int agent_kernel_open(agent_kernel_t *k, int fd);
static int agent_kernel_send(agent_kernel_t *k, char type, const char *data,
    size_t len);
static void agent_kernel_packet(agent_kernel_t *k, char type, unsigned more,
    const char *data, size_t len);
static int agent_kernel_flush(agent_kernel_t *k);
static void agent_kernel_poll(agent_kernel_t *k);
static void agent_kernel_io(uv_poll_t *poll, int status, int events);
static int agent_kernel_read(agent_kernel_t *k);
static void agent_kernel_received(agent_kernel_t *k, char *packet,
    size_t len);
static void agent_kernel_printed(agent_kernel_t *k, int last);
static void agent_kernel_event(agent_kernel_t *k, const char *data,
    size_t len, int more);
static void agent_kernel_done(agent_kernel_t *k, const char *data,
    size_t len);
static void agent_kernel_lost(agent_kernel_t *k);
static void agent_kernel_close(agent_kernel_t *k);
static void agent_kernel_closed(uv_handle_t *handle);
static void agent_kernel_write(agent_command_t *cmd, int stream,
    const char *buf, size_t len);
static int agent_kernel_full(agent_command_t *cmd);
static void agent_kernel_exit(agent_command_t *cmd, const agent_exit_t *e);


static const agent_sink_t  agent_kernel_sink = {
    agent_kernel_write,
    agent_kernel_full,
    agent_kernel_exit
};


static struct agent_kernels_s  agent_kernel_list
    = LIST_HEAD_INITIALIZER(agent_kernel_list);


agent_kernel_t *
agent_kernel_start(const agent_language_t *language, const char **env,
    const char *cwd, const agent_kernel_ops_t *ops, void *data,
    agent_fault_t *fault)
{
    int              i;
    agent_kernel_t  *k;

    k = calloc(1, sizeof(agent_kernel_t));

    if (k == NULL) {
        (void) agent_fault_no_memory(fault);
        return NULL;
    }

    k->ops = ops;
    k->data = data;
    k->language = language;
    k->fd = -1;
    k->writers[0] = -1;
    k->writers[1] = -1;

    agent_random_hex(k->token, sizeof(k->token));

    if (agent_kernel_spawn(k, env, cwd, fault) != 0) {
        agent_kernel_close(k);
        free(k);
        return NULL;
    }

    /* user code may close every descriptor: the pipes keep a writer */

    for (i = 0; i < 2; i++) {
        k->writers[i] = agent_output_writer(k->cmd->out[i]);
    }

    LIST_INSERT_HEAD(&agent_kernel_list, k, link);

    return k;
}


static int
agent_kernel_spawn(agent_kernel_t *k, const char **env, const char *cwd,
    agent_fault_t *fault)
{
    int               rc, code, fds[2], more[2];
    char              hello[AGENT_KERNEL_TOKEN + AGENT_KERNEL_LISTEN_NAME];
    char              text[512];
    size_t            len;
    const char      **all;
    agent_command_t  *cmd;

    all = agent_kernel_env(k->language, env);
    cmd = agent_command_create();
    more[1] = agent_language_sources(k->language);
    len = agent_kernel_listen(hello + AGENT_KERNEL_TOKEN);

    if (all == NULL || cmd == NULL || more[1] == -1 || len == 0
        || socketpair(AF_UNIX, SOCK_SEQPACKET|SOCK_CLOEXEC, 0, fds) == -1)
    {
        free(all);
        free(cmd);
        return agent_fault_set(fault, 500, "INTERNAL_ERROR", NULL,
                               "a kernel cannot be started: no memory or "
                               "descriptors are left");
    }

    more[0] = fds[1];

    cmd->programs = k->language->programs;
    cmd->argv = (char **) k->language->argv;
    cmd->env = all;
    cmd->cwd = cwd;
    cmd->untimed = 1;
    cmd->more = more;
    cmd->nmore = 2;
    cmd->sink = &agent_kernel_sink;
    cmd->data = k;

    rc = agent_kernel_open(k, fds[0]);

    if (rc == 0) {
        rc = agent_run_child_start(cmd);

    } else {
        cmd->error = ENOMEM;
        cmd->stage = AGENT_SPAWN_SETUP;
    }

    close(fds[1]);
    free(all);

    if (rc != 0) {
        agent_run_child_error_text(cmd, k->language->programs[0], text,
                                   sizeof(text));
        code = agent_run_child_error_code(cmd);
        agent_command_destroy(cmd);

        if (code) {
            return agent_fault_set(fault, 501,
                                   agent_language_missing(k->language), NULL,
                                   "%s interpreter not available: %s. Use an "
                                   "image that has it, such as one whose name "
                                   "ends with -python for Python.",
                                   k->language->title, text);
        }

        return agent_fault_set(fault, 500, "INTERNAL_ERROR", NULL, "%s",
                               text);
    }

    k->cmd = cmd;

    memcpy(hello, k->token, AGENT_KERNEL_TOKEN);

    if (agent_kernel_send(k, 'H', hello, AGENT_KERNEL_TOKEN + len) != 0) {
        agent_kernel_kill(k);
    }

    return 0;
}


static const char **
agent_kernel_env(const agent_language_t *language, const char **env)
{
    size_t        n;
    const char  **all;

    n = 0;

    while (env && env[n]) {
        n += 2;
    }

    all = malloc((n + 2 * AGENT_KERNEL_ENV) * sizeof(char *));

    if (all == NULL) {
        return NULL;
    }

    if (n) {
        memcpy(all, env, n * sizeof(char *));
    }

    all[n++] = "SANDBOX_KERNEL_FD";
    all[n++] = "3";
    all[n++] = "SANDBOX_SOURCE_FD";
    all[n++] = "4";
    all[n++] = "SANDBOX_KERNEL_LANGUAGE";
    all[n++] = language->name;
    all[n] = NULL;

    return all;
}


/* takes ownership of fd; 0, or -1 */

static int
agent_kernel_open(agent_kernel_t *k, int fd)
{
    k->fd = fd;
    k->poll = calloc(1, sizeof(uv_poll_t));

    if (k->poll == NULL || fcntl(fd, F_SETFL, O_NONBLOCK) == -1
        || uv_poll_init(agent_loop, k->poll, fd) != 0)
    {
        free(k->poll);
        k->poll = NULL;
        close(fd);
        k->fd = -1;
        return -1;
    }

    k->poll->data = k;

    agent_kernel_poll(k);

    return 0;
}


int
agent_kernel_adopt(const char *token, int fd, int *writers)
{
    agent_kernel_t  *k;

    for (k = LIST_FIRST(&agent_kernel_list); k; k = LIST_NEXT(k, link)) {

        if (memcmp(k->token, token, AGENT_KERNEL_TOKEN) != 0 || k->gone) {
            continue;
        }

        agent_log_debug("kernel %p: connected again", k);

        uv_poll_stop(k->poll);
        uv_close((uv_handle_t *) k->poll, agent_kernel_closed);
        close(k->fd);

        if (agent_kernel_open(k, fd) != 0) {
            agent_kernel_lost(k);
            return -1;
        }

        /* its first packet is the answer; what was queued is lost with it */

        agent_buffer_free(&k->queue);
        k->sent = 0;
        k->partial = 0;

        writers[0] = k->writers[0];
        writers[1] = k->writers[1];

        return 0;
    }

    close(fd);

    return -1;
}


int
agent_kernel_execute(agent_kernel_t *k, json_t *request)
{
    int    rc;
    char  *text;

    text = json_dumps(request, JSON_COMPACT|JSON_ENSURE_ASCII);

    if (text == NULL) {
        return -1;
    }

    k->number++;
    k->busy = 1;

    rc = agent_kernel_send(k, 'X', text, strlen(text));

    free(text);

    return rc;
}


void
agent_kernel_interrupt(agent_kernel_t *k)
{
    if (!k->busy || k->gone) {
        return;
    }

    /* the packet is there when the signal comes before the cell has begun */

    (void) agent_kernel_send(k, 'I', "", 0);
    kill(k->cmd->child.pid, SIGINT);
}


static int
agent_kernel_send(agent_kernel_t *k, char type, const char *data, size_t len)
{
    size_t  n;

    if (k->gone) {
        return -1;
    }

    do {
        n = len < AGENT_KERNEL_CHUNK ? len : AGENT_KERNEL_CHUNK;

        agent_kernel_packet(k, type, n < len, data, n);

        data += n;
        len -= n;
    } while (len);

    if (k->queue.failed || agent_kernel_flush(k) != 0) {
        return -1;
    }

    return 0;
}


static void
agent_kernel_packet(agent_kernel_t *k, char type, unsigned more,
    const char *data, size_t len)
{
    char      header[AGENT_KERNEL_HEADER];
    uint32_t  size;

    memset(header, 0, AGENT_KERNEL_HEADER);
    memcpy(header, k->token, AGENT_KERNEL_TOKEN);

    header[16] = type;
    header[17] = more ? AGENT_KERNEL_MORE : 0;
    header[20] = (char) (k->number & 0xff);
    header[21] = (char) (k->number >> 8 & 0xff);
    header[22] = (char) (k->number >> 16 & 0xff);
    header[23] = (char) (k->number >> 24);

    size = (uint32_t) (AGENT_KERNEL_HEADER + len);

    agent_buffer_add(&k->queue, &size, sizeof(size));
    agent_buffer_add(&k->queue, header, AGENT_KERNEL_HEADER);
    agent_buffer_add(&k->queue, data, len);
}


static int
agent_kernel_flush(agent_kernel_t *k)
{
    char      *packet;
    uint32_t   size;

    while (k->sent < k->queue.len) {
        packet = k->queue.data + k->sent;

        memcpy(&size, packet, sizeof(size));

        if (send(k->fd, packet + sizeof(size), size,
                 MSG_DONTWAIT|MSG_NOSIGNAL)
            == -1)
        {
            if (errno == EAGAIN || errno == EINTR) {
                break;
            }

            agent_kernel_lost(k);
            return -1;
        }

        k->sent += sizeof(size) + size;
    }

    if (k->sent == k->queue.len) {
        agent_buffer_free(&k->queue);
        k->sent = 0;
    }

    agent_kernel_poll(k);

    return 0;
}


static void
agent_kernel_poll(agent_kernel_t *k)
{
    int  events;

    if (k->poll == NULL) {
        return;
    }

    events = (k->paused ? 0 : UV_READABLE) | (k->queue.len ? UV_WRITABLE : 0);

    if (events) {
        uv_poll_start(k->poll, events, agent_kernel_io);

    } else {
        uv_poll_stop(k->poll);
    }
}


static void
agent_kernel_io(uv_poll_t *poll, int status, int events)
{
    int              n;
    agent_kernel_t  *k;

    k = poll->data;

    if (status < 0) {
        agent_kernel_lost(k);
        return;
    }

    if ((events & UV_WRITABLE) && agent_kernel_flush(k) != 0) {
        return;
    }

    if (!(events & UV_READABLE)) {
        return;
    }

    for (n = 0; n < AGENT_KERNEL_BATCH; n++) {

        if (k->poll != poll || k->paused || agent_kernel_read(k) != 0) {
            return;
        }
    }
}


/* 0: a packet was read */

static int
agent_kernel_read(agent_kernel_t *k)
{
    ssize_t      n;
    static char  packet[AGENT_KERNEL_PACKET + 1];

    n = recv(k->fd, packet, sizeof(packet), MSG_DONTWAIT);

    if (n == -1) {

        if (errno == EAGAIN || errno == EINTR) {
            return -1;
        }

        n = 0;
    }

    if (n == 0) {

        /*
         * An empty packet of user code looks the same.  The kernel has exited,
         * or has lost its descriptor and connects again.
         */

        agent_kernel_lost(k);
        return -1;
    }

    if (n >= AGENT_KERNEL_HEADER && n <= AGENT_KERNEL_PACKET
        && memcmp(packet, k->token, AGENT_KERNEL_TOKEN) == 0)
    {
        agent_kernel_received(k, packet, n);
    }

    return 0;
}


static void
agent_kernel_received(agent_kernel_t *k, char *packet, size_t len)
{
    int          more;
    size_t       i;
    uint32_t     number;
    const char  *data;

    data = packet + AGENT_KERNEL_HEADER;
    len -= AGENT_KERNEL_HEADER;

    more = packet[17] & AGENT_KERNEL_MORE;
    number = (unsigned char) packet[20]
             | (uint32_t) (unsigned char) packet[21] << 8
             | (uint32_t) (unsigned char) packet[22] << 16
             | (uint32_t) (unsigned char) packet[23] << 24;

    switch (packet[16]) {

    case 'R':

        if (!k->ready) {
            k->ready = 1;
            k->ops->ready(k);
        }

        break;

    case 'E':

        /* of the cell that runs; an event is a line, which nothing may end */

        for (i = 0; i < len; i++) {
            if (data[i] < ' ' || data[i] > '~') {
                break;
            }
        }

        if (k->busy && number == k->number && i == len) {
            agent_kernel_event(k, data, len, more);
        }

        if (!more) {
            (void) agent_kernel_send(k, 'A', "", 0);
        }

        break;

    case 'B':

        /* it exits, and cannot before the thread that reads is awake */

        (void) shutdown(k->fd, SHUT_WR);
        break;

    case 'D':

        if (k->busy && number == k->number && !k->partial) {
            agent_kernel_printed(k, 1);
            agent_kernel_done(k, data, len);
        }
    }
}


/* what is in the pipes; last: nothing follows that it would have to wait for */

static void
agent_kernel_printed(agent_kernel_t *k, int last)
{
    int               i, n;
    agent_command_t  *cmd;

    cmd = k->cmd;

    for (i = 0; i < 2; i++) {

        for (n = 0; n < AGENT_KERNEL_LAST && cmd->out[i] && !cmd->paused; n++) {
            if (!agent_output_read(cmd->out[i], AGENT_OUTPUT_READ)) {
                break;
            }
        }

        if (last) {
            agent_output_flush(cmd->out[i]);
        }
    }
}


static void
agent_kernel_event(agent_kernel_t *k, const char *data, size_t len, int more)
{
    /* what was printed before is shown before */

    if (!k->partial) {
        agent_kernel_printed(k, 0);
    }

    k->partial = (more != 0);
    k->ops->event(k, data, len, more);

    if (k->ops->full(k)) {
        k->paused = 1;
        agent_kernel_poll(k);
        agent_command_pause(k->cmd);
    }
}


static void
agent_kernel_done(agent_kernel_t *k, const char *data, size_t len)
{
    int      failed;
    json_t  *json;

    json = json_loadb(data, len, 0, NULL);

    if (json == NULL) {
        return;
    }

    failed = json_is_true(json_object_get(json, "failed"));
    k->busy = 0;

    k->ops->done(k, json_integer_value(json_object_get(json, "count")),
                 failed);

    json_decref(json);
}


void
agent_kernel_resume(agent_kernel_t *k)
{
    if (k->paused) {
        k->paused = 0;

        agent_kernel_poll(k);
        agent_command_resume(k->cmd);
    }
}


void
agent_kernel_kill(agent_kernel_t *k)
{
    agent_kernel_resume(k);
    agent_command_stop(k->cmd, SIGKILL, 0);
}


/* the socket is closed; the process may live, and connect again */

static void
agent_kernel_lost(agent_kernel_t *k)
{
    if (k->poll) {
        uv_poll_stop(k->poll);
    }

    k->paused = 0;
}


static void
agent_kernel_close(agent_kernel_t *k)
{
    int  i;

    if (k->poll) {
        uv_poll_stop(k->poll);
        uv_close((uv_handle_t *) k->poll, agent_kernel_closed);
        k->poll = NULL;
    }

    if (k->fd != -1) {
        close(k->fd);
        k->fd = -1;
    }

    for (i = 0; i < 2; i++) {
        if (k->writers[i] != -1) {
            close(k->writers[i]);
            k->writers[i] = -1;
        }
    }

    agent_buffer_free(&k->queue);
}


static void
agent_kernel_closed(uv_handle_t *handle)
{
    free(handle);
}


static void
agent_kernel_write(agent_command_t *cmd, int stream, const char *buf,
    size_t len)
{
    agent_kernel_t  *k;

    k = cmd->data;

    k->ops->output(k, stream, buf, len);
}


static int
agent_kernel_full(agent_command_t *cmd)
{
    agent_kernel_t  *k;

    k = cmd->data;

    if (!k->ops->full(k)) {
        return 0;
    }

    k->paused = 1;
    agent_kernel_poll(k);

    return 1;
}


static void
agent_kernel_exit(agent_command_t *cmd, const agent_exit_t *e)
{
    int              n;
    agent_kernel_t  *k;

    k = cmd->data;

    /* what it has sent before */

    for (n = 0; n < AGENT_KERNEL_LAST && !k->paused; n++) {
        if (k->fd == -1 || agent_kernel_read(k) != 0) {
            break;
        }
    }

    k->gone = 1;

    LIST_REMOVE(k, link);

    agent_kernel_close(k);

    k->ops->exit(k, e);

    free(k);
}
