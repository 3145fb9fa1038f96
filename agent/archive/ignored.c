
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdlib.h>
#include <string.h>

#include "archive/ignored.h"
#include "base/buffer.h"
#include "run/child.h"
#include "run/command.h"


/* ms; a repository that takes longer is backed up as a whole */
#define AGENT_IGNORED_TIMEOUT  60000


struct agent_ignored_s {
    void               (*done)(void *data, char *paths, ptrdiff_t len);
    void                *data;
    agent_command_t     *cmd;
    agent_buffer_t       paths;
    int                  large;
};


static void agent_ignored_write(agent_command_t *cmd, int stream,
    const char *buf, size_t len);
static void agent_ignored_exit(agent_command_t *cmd, const agent_exit_t *e);


static const agent_sink_t  agent_ignored_sink = {
    agent_ignored_write, NULL, agent_ignored_exit
};


agent_ignored_t *
agent_ignored_start(const char *dir,
    void (*done)(void *data, char *paths, ptrdiff_t len), void *data)
{
    char             *argv[] = { "git", "ls-files", "--others", "--ignored",
                                 "--exclude-standard", "--directory", "-z",
                                 NULL };
    const char       *programs[] = { "git", NULL };
    const char       *env[] = { "GIT_OPTIONAL_LOCKS", "0", NULL };
    agent_command_t  *cmd;
    agent_ignored_t  *g;

    g = calloc(1, sizeof(agent_ignored_t));
    cmd = agent_command_create();

    if (g == NULL || cmd == NULL) {
        goto failed;
    }

    g->done = done;
    g->data = data;
    g->cmd = cmd;

    cmd->programs = programs;
    cmd->argv = argv;
    cmd->env = env;
    cmd->cwd = dir;
    cmd->timeout_ms = AGENT_IGNORED_TIMEOUT;
    cmd->sink = &agent_ignored_sink;
    cmd->data = g;

    if (agent_run_child_start(cmd) == 0) {
        return g;
    }

failed:

    if (cmd) {
        agent_command_destroy(cmd);
    }

    free(g);

    return NULL;
}


void
agent_ignored_cancel(agent_ignored_t *g)
{
    agent_command_abort(g->cmd);

    agent_buffer_free(&g->paths);
    free(g);
}


static void
agent_ignored_write(agent_command_t *cmd, int stream, const char *buf,
    size_t len)
{
    agent_ignored_t  *g;

    g = cmd->data;

    if (stream != 1 || g->large) {
        return;
    }

    if (len > AGENT_IGNORED_MAX - g->paths.len) {
        g->large = 1;
        agent_command_end(cmd);
        return;
    }

    agent_buffer_add(&g->paths, buf, len);
}


static void
agent_ignored_exit(agent_command_t *cmd, const agent_exit_t *e)
{
    char             *paths;
    ptrdiff_t         len;
    agent_ignored_t  *g;

    g = cmd->data;

    paths = NULL;
    len = g->large ? -1 : 0;

    if (!g->large && e->code == 0 && g->paths.len) {
        len = g->paths.len;
        paths = agent_buffer_take(&g->paths);
        len = paths ? len : -1;
    }

    agent_buffer_free(&g->paths);

    g->done(g->data, paths, len);

    free(g);
}
