
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <jansson.h>

#include "base/log.h"
#include "context/kernel.h"
#include "context/kernel_listen.h"
#include "run/child.h"
#include "run/env.h"
#include "run/output.h"


#define AGENT_KERNEL_ENV   4

/* reads of each pipe before an event, and packets after its exit */
#define AGENT_KERNEL_LAST  64


LIST_HEAD(agent_kernels_s, agent_kernel_s);


static int agent_kernel_spawn(agent_kernel_t *k, const char **env,
    const char *cwd, agent_fault_t *fault);
static const char **agent_kernel_env(const agent_language_t *language,
    const char **env);
static void agent_kernel_packet(agent_kernel_channel_t *ch,
    const agent_kernel_packet_t *p);
static void agent_kernel_event(agent_kernel_t *k,
    const agent_kernel_packet_t *p);
static void agent_kernel_done(agent_kernel_t *k,
    const agent_kernel_packet_t *p);
static void agent_kernel_printed(agent_kernel_t *k, int last);
static void agent_kernel_pause(agent_kernel_t *k);
static void agent_kernel_close(agent_kernel_t *k);
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
    k->writers[0] = -1;
    k->writers[1] = -1;

    k->vars = json_incref(agent_env_vars());

    agent_kernel_channel_init(&k->channel, agent_kernel_packet);

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
    int                   rc, code, fds[2], more[2];
    char                  hello[AGENT_KERNEL_TOKEN + AGENT_KERNEL_LISTEN_NAME];
    char                  text[512];
    size_t                len;
    const char          **all;
    struct timeval        patience;
    agent_command_t      *cmd;
    agent_spawn_stage_e   stage;

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

    /* a thread that receives for ever would keep node from exiting */

    if (k->language->patience) {
        patience.tv_sec = k->language->patience;
        patience.tv_usec = 0;

        (void) setsockopt(fds[1], SOL_SOCKET, SO_RCVTIMEO, &patience,
                          sizeof(patience));
    }

    cmd->programs = k->language->programs;
    cmd->argv = (char **) k->language->argv;
    cmd->env = all;
    cmd->cwd = cwd;
    cmd->untimed = 1;
    cmd->more = more;
    cmd->nmore = 2;
    cmd->sink = &agent_kernel_sink;
    cmd->data = k;

    rc = agent_kernel_channel_open(&k->channel, fds[0]);

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
        stage = cmd->stage;
        agent_command_destroy(cmd);

        if (stage == AGENT_SPAWN_CWD) {
            return agent_fault_set(fault, 400, "VALIDATION_FAILED", NULL, "%s",
                                   text);
        }

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

    memcpy(hello, k->channel.token, AGENT_KERNEL_TOKEN);

    if (agent_kernel_channel_send(&k->channel, AGENT_KERNEL_PACKET_HELLO, 0,
                                  hello, AGENT_KERNEL_TOKEN + len)
        != 0)
    {
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


int
agent_kernel_adopt(const char *token, int fd, int *writers)
{
    agent_kernel_t  *k;

    for (k = LIST_FIRST(&agent_kernel_list); k; k = LIST_NEXT(k, link)) {

        if (memcmp(k->channel.token, token, AGENT_KERNEL_TOKEN) == 0) {
            break;
        }
    }

    if (k == NULL) {
        close(fd);
        return -1;
    }

    agent_log_debug("kernel %p: connected again", k);

    if (agent_kernel_channel_open(&k->channel, fd) != 0) {
        return -1;
    }

    k->partial = 0;

    writers[0] = k->writers[0];
    writers[1] = k->writers[1];

    return 0;
}


void
agent_kernel_renew(agent_kernel_t *k)
{
    json_decref(k->changes);

    k->changes = agent_env_changes(k->vars);
}


int
agent_kernel_execute(agent_kernel_t *k, json_t *request)
{
    int    rc;
    char  *text;

    if (k->changes) {
        rc = json_object_set_new(request, "environ", k->changes);
        k->changes = NULL;

        if (rc != 0) {
            return -1;
        }
    }

    text = json_dumps(request, JSON_COMPACT|JSON_ENSURE_ASCII);

    if (text == NULL) {
        return -1;
    }

    k->number++;
    k->busy = 1;
    k->told = 0;

    rc = agent_kernel_channel_send(&k->channel, AGENT_KERNEL_PACKET_EXECUTE,
                                   k->number, text, strlen(text));
    free(text);

    return rc;
}


void
agent_kernel_interrupt(agent_kernel_t *k)
{
    if (!k->busy) {
        return;
    }

    /* the packet is there when the signal comes before the cell has begun */

    if (!k->told) {
        (void) agent_kernel_channel_send(&k->channel,
                                         AGENT_KERNEL_PACKET_INTERRUPT,
                                         k->number, "", 0);
    }

    if (k->language->interrupted_by_signal) {
        k->told = 1;
        kill(k->cmd->child.pid, SIGINT);
    }
}


static void
agent_kernel_packet(agent_kernel_channel_t *ch, const agent_kernel_packet_t *p)
{
    agent_kernel_t  *k;

    k = (agent_kernel_t *) ((char *) ch - offsetof(agent_kernel_t, channel));

    switch (p->type) {

    case AGENT_KERNEL_PACKET_READY:

        if (!k->ready) {
            k->ready = 1;
            k->ops->ready(k);
        }

        break;

    case AGENT_KERNEL_PACKET_EVENT:
        agent_kernel_event(k, p);

        /* it waits for the answer to one event before it sends the next */

        if (agent_kernel_channel_full(ch)) {
            agent_kernel_kill(k);

        } else if (!p->more && !p->last) {
            (void) agent_kernel_channel_send(ch, AGENT_KERNEL_PACKET_ACK,
                                             k->number, "", 0);
        }

        break;

    case AGENT_KERNEL_PACKET_DONE:
        agent_kernel_done(k, p);
        break;

    case AGENT_KERNEL_PACKET_BYE:

        /* it cannot exit before the thread of it that reads is awake */

        agent_kernel_channel_shutdown(ch);
    }
}


static void
agent_kernel_event(agent_kernel_t *k, const agent_kernel_packet_t *p)
{
    if (!k->busy || p->number != k->number
        || !agent_kernel_packet_printable(p))
    {
        return;
    }

    /* what was printed before is shown before */

    if (!k->partial) {
        agent_kernel_printed(k, 0);
    }

    k->partial = (p->more != 0);
    k->ops->event(k, p);

    if (k->ops->full(k)) {
        agent_kernel_pause(k);
        agent_command_pause(k->cmd);
    }
}


static void
agent_kernel_done(agent_kernel_t *k, const agent_kernel_packet_t *p)
{
    int       failed;
    uint64_t  count;

    if (!k->busy || p->number != k->number || k->partial
        || agent_kernel_packet_done(p, &count, &failed) != 0)
    {
        return;
    }

    agent_kernel_printed(k, 1);

    k->busy = 0;

    agent_command_oom_reset(k->cmd);

    k->ops->done(k, count, failed);
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
agent_kernel_pause(agent_kernel_t *k)
{
    k->paused = 1;
    agent_kernel_channel_pause(&k->channel, 1);
}


void
agent_kernel_resume(agent_kernel_t *k)
{
    if (k->paused) {
        k->paused = 0;

        agent_kernel_channel_pause(&k->channel, 0);
        agent_command_resume(k->cmd);
    }
}


void
agent_kernel_kill(agent_kernel_t *k)
{
    agent_kernel_resume(k);
    agent_command_stop(k->cmd, SIGKILL, 0);
}


static void
agent_kernel_close(agent_kernel_t *k)
{
    int  i;

    agent_kernel_channel_close(&k->channel);

    json_decref(k->vars);
    json_decref(k->changes);

    k->vars = NULL;
    k->changes = NULL;

    for (i = 0; i < 2; i++) {
        if (k->writers[i] != -1) {
            close(k->writers[i]);
            k->writers[i] = -1;
        }
    }
}


static void
agent_kernel_write(agent_command_t *cmd, int stream, const char *buf,
    size_t len)
{
    agent_kernel_t  *k;

    k = cmd->data;

    if (k->ops->output) {
        k->ops->output(k, stream, buf, len);
    }
}


static int
agent_kernel_full(agent_command_t *cmd)
{
    agent_kernel_t  *k;

    k = cmd->data;

    if (k->ops->full == NULL || !k->ops->full(k)) {
        return 0;
    }

    agent_kernel_pause(k);

    return 1;
}


static void
agent_kernel_exit(agent_command_t *cmd, const agent_exit_t *e)
{
    agent_kernel_t  *k;

    k = cmd->data;

    /* what it has sent before */

    agent_kernel_channel_read(&k->channel, AGENT_KERNEL_LAST);

    LIST_REMOVE(k, link);

    agent_kernel_close(k);

    k->ops->exit(k, e);

    free(k);
}
