
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

#include <curl/curl.h>

#include "ac_test.h"


static unsigned ac_test_entries(const char *dir);


int
ac_test_setup(void **state)
{
    return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? 0 : -1;
}


int
ac_test_teardown(void **state)
{
    curl_global_cleanup();

    return 0;
}


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

    if (reply->info) {
        seen->info = *reply->info;
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
        (void) setpgid(0, 0);
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
        (void) kill(-pid, SIGKILL);
        (void) waitpid(pid, NULL, 0);
    }
}


void
mock_start(mock_t *mock, const char *pings, int tcp)
{
    char                line[64], arg[128], url[128], err[256];
    ac_endpoint_conf_t  conf;

    memset(mock, 0, sizeof(mock_t));

    mock->fds = ac_test_fds();

    (void) strcpy(mock->dir, "/tmp/sandbox-unit-XXXXXX");
    assert_non_null(mkdtemp(mock->dir));

    (void) snprintf(arg, sizeof(arg), "%s%s%s", mock->dir, pings ? ":" : "",
                    pings ? pings : "");

    mock->pid = ac_test_spawn("mock_engine.pl", arg, line, sizeof(line));
    mock->port = (unsigned) atoi(line);
    assert_in_range(mock->port, 1, 65535);

    if (tcp) {
        (void) snprintf(url, sizeof(url), "http://127.0.0.1:%u", mock->port);

    } else {
        (void) snprintf(url, sizeof(url), "unix:%s/engine.sock", mock->dir);
    }

    memset(&conf, 0, sizeof(conf));
    conf.url = url;

    mock->loop = poll_loop_create();
    mock->docker = ac_docker_create(poll_loop_ac(mock->loop));
    assert_non_null(mock->docker);

    mock->ep = ac_docker_endpoint_create(&conf, err, sizeof(err));
    assert_non_null(mock->ep);
}


void
mock_stop(mock_t *mock)
{
    char  path[128];

    if (mock->docker) {
        ac_docker_destroy(mock->docker);
    }

    ac_docker_endpoint_destroy(mock->ep);

    /* fails when a watch or a timer is left */

    poll_loop_destroy(mock->loop);

    ac_test_end(mock->pid);

    assert_int_equal(ac_test_fds(), mock->fds);
    assert_int_equal(ac_test_threads(), ac_test_threads_at_start);

    (void) snprintf(path, sizeof(path), "%s/engine.sock", mock->dir);
    (void) unlink(path);
    (void) snprintf(path, sizeof(path), "%s/log", mock->dir);
    (void) unlink(path);
    (void) snprintf(path, sizeof(path), "%s/dns", mock->dir);
    (void) unlink(path);

    assert_int_equal(rmdir(mock->dir), 0);
}


int
mock_logged(mock_t *mock, const char *file, const char *text)
{
    int    n;
    char   path[128], line[8192];
    FILE  *log;

    (void) snprintf(path, sizeof(path), "%s/%s", mock->dir, file);

    log = fopen(path, "r");
    if (log == NULL) {
        return 0;
    }

    for (n = 0; fgets(line, sizeof(line), log); /* void */ ) {
        n += strstr(line, text) != NULL;
    }

    fclose(log);

    return n;
}


ac_call_t *
mock_call(mock_t *mock, int what, const char *mode, seen_t *seen)
{
    unsigned             ms;
    const char          *entrypoint[] = { "/a", NULL };
    ac_container_spec_t  spec;

    ms = strcmp(mode, "silent") == 0 || strcmp(mode, "stalled") == 0
         ? 150 : AC_TEST_MS;

    memset(seen, 0, sizeof(seen_t));

    switch (what) {

    case 0:
        return ac_docker_start(mock->docker, mock->ep, mode, ms, seen_reply,
                               seen);

    case 1:
        memset(&spec, 0, sizeof(spec));
        spec.name = mode;
        spec.image = "i:1";
        spec.entrypoint = entrypoint;
        spec.network = "none";

        return ac_docker_create_container(mock->docker, mock->ep, &spec, ms,
                                          seen_reply, seen);

    default:
        return ac_docker_list(mock->docker, mock->ep, mode, ms, seen_reply,
                              seen);
    }
}


void
mock_wait(mock_t *mock, ac_call_t *call, seen_t *seen)
{
    assert_non_null(call);

    /* never from inside the call */

    assert_int_equal(seen->done, 0);
    assert_int_equal(poll_loop_run(mock->loop, &seen->done, AC_TEST_MS), 1);

    /* and never again */

    (void) poll_loop_run(mock->loop, NULL, 1);
    assert_int_equal(seen->done, 1);
}
