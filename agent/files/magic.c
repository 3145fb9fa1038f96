
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdlib.h>
#include <string.h>

#include "files/magic.h"
#include "files/mime.h"
#include "run/child.h"
#include "run/command.h"
#include "run/stdin.h"


/* "file" looks no further, and no image is expected to be this slow */
#define AGENT_MAGIC_BYTES    65536
#define AGENT_MAGIC_TIMEOUT  5000      /* ms */


struct agent_magic_s {
    agent_command_t  *cmd;
    void            (*done)(void *data, const char *type);
    void             *data;
    char              type[AGENT_MIME_MAX + 1];
    size_t            len;
};


static void agent_magic_write(agent_command_t *cmd, int stream,
    const char *buf, size_t len);
static void agent_magic_exit(agent_command_t *cmd, const agent_exit_t *e);


static const agent_sink_t  agent_magic_sink = {
    agent_magic_write,
    NULL,
    agent_magic_exit
};


agent_magic_t *
agent_magic_start(const char *buf, size_t len,
    void (*done)(void *data, const char *type), void *data)
{
    agent_magic_t    *m;
    agent_command_t  *cmd;

    static const char *const  programs[] = { "file", NULL };
    static char *const        argv[] = {
        "file", "--brief", "--mime-type", "-", NULL
    };

    m = calloc(1, sizeof(agent_magic_t));
    cmd = agent_command_create();

    if (m == NULL || cmd == NULL) {
        free(cmd);
        free(m);
        return NULL;
    }

    cmd->programs = programs;
    cmd->argv = (char **) argv;
    cmd->cwd = "/";
    cmd->timeout_ms = AGENT_MAGIC_TIMEOUT;
    cmd->stdin_pipe = 1;
    cmd->sink = &agent_magic_sink;
    cmd->data = m;

    m->cmd = cmd;
    m->done = done;
    m->data = data;

    if (agent_run_child_start(cmd) != 0) {
        agent_command_destroy(cmd);
        free(m);
        return NULL;
    }

    (void) agent_stdin_write(cmd, buf, len > AGENT_MAGIC_BYTES
                                       ? AGENT_MAGIC_BYTES : len);
    agent_stdin_end(cmd);

    return m;
}


static void
agent_magic_write(agent_command_t *cmd, int stream, const char *buf,
    size_t len)
{
    agent_magic_t  *m;

    m = cmd->data;

    if (stream != 1) {
        return;
    }

    if (len > AGENT_MIME_MAX - m->len) {
        len = AGENT_MIME_MAX - m->len;
    }

    memcpy(m->type + m->len, buf, len);
    m->len += len;
}


static void
agent_magic_exit(agent_command_t *cmd, const agent_exit_t *e)
{
    size_t          len;
    const char     *type;
    agent_magic_t  *m;

    m = cmd->data;

    len = m->len;

    while (len && (m->type[len - 1] == '\n' || m->type[len - 1] == ' ')) {
        len--;
    }

    m->type[len] = '\0';

    type = NULL;

    if (e->code == 0 && e->signal == 0 && agent_mime_valid(m->type, len)) {
        type = m->type;
    }

    m->done(m->data, type);

    free(m);
}


void
agent_magic_cancel(agent_magic_t *m)
{
    agent_command_abort(m->cmd);
    free(m);
}
