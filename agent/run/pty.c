
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "run/child.h"
#include "run/command.h"
#include "run/pty.h"
#include "run/stdin.h"
#include "sys/identity.h"
#include "sys/spawn.h"


#ifndef TIOCGPTPEER
#define TIOCGPTPEER  _IO('T', 0x41)
#endif


static int agent_run_pty_open(int *master, int *slave);
static int agent_run_pty_pair(int *master, int *slave);
static int agent_run_pty_attach(agent_command_t *cmd, int master, int *fd);


int
agent_run_pty_start(agent_command_t *cmd, unsigned cols, unsigned rows,
    int *fd)
{
    int  master, slave, ends[2];

    *fd = -1;
    master = -1;
    slave = -1;

    cmd->tty = 1;
    cmd->stage = AGENT_SPAWN_SETUP;

    cmd->error = agent_run_pty_open(&master, &slave);

    if (cmd->error) {
        return -1;
    }

    agent_run_pty_resize(master, cols, rows);

    cmd->error = agent_run_pty_attach(cmd, master, fd);

    if (cmd->error == 0) {
        ends[0] = slave;
        ends[1] = slave;

        cmd->error = agent_run_child_spawn(cmd, slave, ends, 1);
    }

    close(slave);

    if (cmd->error) {
        agent_stdin_close(cmd);

        if (*fd != -1) {
            close(*fd);
            *fd = -1;
        }

        return -1;
    }

    agent_command_begin(cmd);

    return 0;
}


/*
 * The kernel makes the terminal the property of whoever opens it, so that no
 * capability is needed to give it to the user.  0, or an errno.
 */

static int
agent_run_pty_open(int *master, int *slave)
{
    int  err;

    if (agent_identity_assume() == -1) {
        return errno;
    }

    err = agent_run_pty_pair(master, slave);

    agent_identity_restore();

    return err;
}


static int
agent_run_pty_pair(int *master, int *slave)
{
    int       err, unlock;
    char      path[32];
    unsigned  number;

    *master = open("/dev/ptmx", O_RDWR|O_NOCTTY|O_NONBLOCK|O_CLOEXEC);

    if (*master == -1) {
        return errno;
    }

    unlock = 0;

    if (ioctl(*master, TIOCSPTLCK, &unlock) == -1) {
        goto failed;
    }

    *slave = ioctl(*master, TIOCGPTPEER, O_RDWR|O_NOCTTY|O_CLOEXEC);

    if (*slave != -1) {
        return 0;
    }

    /* before Linux 4.13, by name */

    if (ioctl(*master, TIOCGPTN, &number) == -1) {
        goto failed;
    }

    snprintf(path, sizeof(path), "/dev/pts/%u", number);

    *slave = open(path, O_RDWR|O_NOCTTY|O_CLOEXEC);

    if (*slave != -1) {
        return 0;
    }

failed:

    err = errno;
    close(*master);

    return err;
}


/* three descriptors of the master: to read, to write, and for the caller */

static int
agent_run_pty_attach(agent_command_t *cmd, int master, int *fd)
{
    int  err, in, fds[2];

    fds[0] = master;
    fds[1] = -1;

    in = fcntl(master, F_DUPFD_CLOEXEC, 3);
    *fd = fcntl(master, F_DUPFD_CLOEXEC, 3);

    if (in == -1 || *fd == -1) {
        err = errno;
        close(master);

        if (in != -1) {
            close(in);
        }

        return err;
    }

    err = agent_command_open(cmd, fds);

    if (err) {
        close(in);
        return err;
    }

    return agent_stdin_adopt(cmd, in) == 0 ? 0 : errno;
}


void
agent_run_pty_resize(int fd, unsigned cols, unsigned rows)
{
    struct winsize  size;

    memset(&size, 0, sizeof(struct winsize));

    size.ws_col = (unsigned short) cols;
    size.ws_row = (unsigned short) rows;

    (void) ioctl(fd, TIOCSWINSZ, &size);
}
