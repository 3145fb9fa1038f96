
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/random.h"
#include "session/pipes.h"
#include "session/script.h"
#include "session/shell.h"
#include "sys/child.h"
#include "sys/user.h"


/* the FIFOs of a session's shell and their directory */


#define AGENT_PIPES_NAME    16


static const char *agent_pipes_base(void);


/* its name cannot be guessed, and only its user can access it */

int
agent_pipes_directory(agent_shell_t *shell)
{
    char         name[AGENT_PIPES_NAME + 1];
    const char  *base;

    base = agent_pipes_base();

    if (base == NULL) {
        return ENOSPC;
    }

    agent_random_hex(name, sizeof(name));
    snprintf(shell->dir, sizeof(shell->dir), "%s/%s", base, name);

    if (mkdir(shell->dir, 0711) == -1) {
        shell->dir[0] = '\0';
        return errno;
    }

    return 0;
}


static const char *
agent_pipes_base(void)
{
    size_t       i;
    char         name[AGENT_PIPES_NAME + 1];
    struct stat  st;

    static char  base[AGENT_SHELL_DIR / 2];

    static const char  *const places[] = {
        "/dev/shm", "/run", "/tmp", "/var/tmp", NULL
    };

    /* the directory may have been removed */

    if (base[0] && stat(base, &st) == 0) {
        return base;
    }

    for (i = 0; places[i]; i++) {
        agent_random_hex(name, sizeof(name));
        snprintf(base, sizeof(base), "%s/.sandbox-%s", places[i], name);

        if (mkdir(base, 0711) == 0) {
            return base;
        }
    }

    base[0] = '\0';

    return NULL;
}


int
agent_pipes_fifo(agent_shell_t *shell, const char *name, int flags, int *fd)
{
    char    path[AGENT_SHELL_DIR + AGENT_CHILD_MARKER_SIZE];
    int     err;
    mode_t  mask;

    snprintf(path, sizeof(path), "%s/%s", shell->dir, name);

    mask = umask(0);
    err = mkfifo(path, 0666) == -1 ? errno : 0;

    if (err == EEXIST) {

        /* something else was created there */

        unlink(path);
        err = mkfifo(path, 0666) == -1 ? errno : 0;
    }

    umask(mask);

    if (err) {
        return err;
    }

    *fd = open(path, flags|O_NONBLOCK|O_CLOEXEC|O_NOFOLLOW);

    return *fd == -1 ? errno : 0;
}


int
agent_pipes_prepare(agent_shell_t *shell, int *fds)
{
    int  err;

    err = agent_pipes_fifo(shell, "o", O_RDONLY, &fds[0]);

    if (err) {
        return err;
    }

    err = agent_pipes_fifo(shell, "e", O_RDONLY, &fds[1]);

    if (err) {
        close(fds[0]);
        agent_pipes_remove(shell, "o");
        return err;
    }

    return 0;
}


/*
 * The gate of the previous subshell stays open, as that may still be opening
 * it; its pid is already known.
 */

int
agent_pipes_gate(agent_shell_t *shell, const char *marker)
{
    agent_pipes_gate_close(shell);

    snprintf(shell->gate, sizeof(shell->gate), "%s",
             agent_script_gate_name(marker));

    return agent_pipes_fifo(shell, shell->gate, O_RDWR, &shell->fd_gate);
}


void
agent_pipes_gate_close(agent_shell_t *shell)
{
    if (shell->fd_gate_prev != -1) {
        close(shell->fd_gate_prev);
    }

    shell->fd_gate_prev = shell->fd_gate;
    shell->fd_gate = -1;

    if (shell->gate[0]) {
        agent_pipes_remove(shell, shell->gate);
        shell->gate[0] = '\0';
    }
}


int
agent_pipes_file(agent_shell_t *shell, const char *name, int *fd)
{
    int   err;
    char  path[AGENT_SHELL_DIR + AGENT_CHILD_MARKER_SIZE];

    snprintf(path, sizeof(path), "%s/%s", shell->dir, name);

    unlink(path);

    *fd = open(path, O_WRONLY|O_CREAT|O_EXCL|O_CLOEXEC, 0600);

    if (*fd == -1) {
        return errno;
    }

    if (fchown(*fd, agent_user.uid, agent_user.gid) == 0) {
        return 0;
    }

    err = errno;
    close(*fd);

    return err;
}


int
agent_pipes_input(agent_shell_t *shell, const char *buf, size_t len)
{
    int      fd, err;
    size_t   n;
    ssize_t  rc;

    err = agent_pipes_file(shell, AGENT_PIPES_INPUT, &fd);

    if (err) {
        return err;
    }

    for (n = 0; err == 0 && n < len; n += rc) {
        rc = write(fd, buf + n, len - n);

        if (rc <= 0) {
            err = rc ? errno : ENOSPC;
            rc = 0;
        }
    }

    close(fd);

    shell->input = 1;

    if (err) {
        agent_pipes_input_done(shell);
    }

    return err;
}


int
agent_pipes_input_fifo(agent_shell_t *shell)
{
    /* open read-write, or the subshell would block until there is a writer */

    return agent_pipes_fifo(shell, AGENT_PIPES_INPUT, O_RDWR,
                            &shell->fd_input);
}


int
agent_pipes_input_take(agent_shell_t *shell)
{
    int   fd;
    char  path[AGENT_SHELL_DIR + 4];

    snprintf(path, sizeof(path), "%s/" AGENT_PIPES_INPUT, shell->dir);

    fd = open(path, O_WRONLY|O_NONBLOCK|O_CLOEXEC|O_NOFOLLOW);

    agent_pipes_input_done(shell);

    return fd;
}


void
agent_pipes_input_done(agent_shell_t *shell)
{
    if (shell->fd_input != -1) {
        close(shell->fd_input);
        shell->fd_input = -1;
        shell->input = 1;
    }

    if (shell->input) {
        shell->input = 0;
        agent_pipes_remove(shell, AGENT_PIPES_INPUT);
    }
}


void
agent_pipes_gate_open(agent_shell_t *shell)
{
    if (write(shell->fd_gate, "\n", 1) == -1) {
        agent_log_warn("cannot release the subshell: %s", strerror(errno));
    }
}


void
agent_pipes_remove(agent_shell_t *shell, const char *name)
{
    char  path[AGENT_SHELL_DIR + AGENT_CHILD_MARKER_SIZE];

    snprintf(path, sizeof(path), "%s/%s", shell->dir, name);
    unlink(path);
}
