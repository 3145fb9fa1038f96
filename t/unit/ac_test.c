
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ac_test.h"


static unsigned ac_test_entries(const char *dir);


void
seen_reply(void *data, const ac_reply_t *reply)
{
    size_t   i;
    seen_t  *seen;

    static int  order;

    seen = data;

    seen->done++;
    seen->order = ++order;
    seen->reply = *reply;

    for (i = 0; i < reply->ncontainers && i < 16; i++) {
        seen->containers[i] = reply->containers[i];
    }

    if (reply->image) {
        seen->has_image = 1;
        seen->image = *reply->image;
    }
}


void
seen_event(void *data, const ac_event_t *event, const ac_reply_t *reply)
{
    seen_t  *seen;

    seen = data;

    if (event == NULL) {
        seen_reply(data, reply);
        return;
    }

    if (seen->nevents < AC_TEST_EVENTS) {
        seen->events[seen->nevents] = *event;
    }

    seen->nevents++;
}


unsigned
ac_test_fds(void)
{
    return ac_test_entries("/proc/self/fd");
}


unsigned
ac_test_threads(void)
{
    return ac_test_entries("/proc/self/task");
}


static unsigned
ac_test_entries(const char *name)
{
    DIR       *dir;
    unsigned   n;

    dir = opendir(name);
    assert_non_null(dir);

    for (n = 0; readdir(dir); n++) { /* void */ }

    closedir(dir);

    return n;
}


const char *
ac_test_dir(void)
{
    const char  *dir;

    dir = getenv("TEST_DIR");

    return dir ? dir : "t";
}


pid_t
ac_test_spawn(const char *script, const char *arg, char *line, size_t size)
{
    int     pipes[2];
    char    path[4096];
    FILE   *file;
    pid_t   pid;

    (void) snprintf(path, sizeof(path), "%s/lib/%s", ac_test_dir(), script);

    assert_int_equal(pipe(pipes), 0);

    pid = fork();
    assert_int_not_equal(pid, -1);

    if (pid == 0) {
        (void) prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void) dup2(pipes[1], 1);
        (void) close(pipes[0]);
        (void) close(pipes[1]);
        execl("/usr/bin/perl", "perl", path, arg, (char *) NULL);
        _exit(127);
    }

    (void) close(pipes[1]);

    file = fdopen(pipes[0], "r");
    assert_non_null(file);

    line[0] = '\0';
    assert_non_null(fgets(line, (int) size, file));
    line[strcspn(line, "\n")] = '\0';

    fclose(file);

    return pid;
}


void
ac_test_end(pid_t pid)
{
    if (pid > 0) {
        (void) kill(pid, SIGKILL);
        (void) waitpid(pid, NULL, 0);
    }
}
