
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "archive/hydrate.h"
#include "archive/persist.h"
#include "base/file.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/random.h"
#include "base/time.h"
#include "control/control.h"
#include "exec/programs.h"
#include "files/get.h"
#include "files/put.h"
#include "git/target.h"
#include "http/connection.h"
#include "http/error.h"
#include "http/request.h"
#include "http/router.h"
#include "http/server.h"
#include "main/idle.h"
#include "main/routes.h"
#include "main/stop.h"
#include "net/relay.h"
#include "port/command.h"
#include "run/workspace.h"
#include "sys/child.h"
#include "sys/peer.h"
#include "sys/spawn.h"
#include "sys/thread_job.h"


/*
 * All of the agent but what touches the machine: its sockets, its loop, each
 * route with its body, and packets of a tether.  Nothing is run: a fork fails,
 * or the program is not there.  The first byte says what the rest is.
 */


#define FUZZ_CHECK(truth)  do { if (!(truth)) abort(); } while (0)

#define FUZZ_TURNS         64
#define FUZZ_PACKET        60000


typedef struct {
    const char  *method;
    const char  *path;
} fuzz_route_t;


int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int fuzz_connect(void);
static int fuzz_pair(void);
static void fuzz_packet(const uint8_t *data, size_t size);
static void fuzz_body(const fuzz_route_t *route, const uint8_t *data,
    size_t size);
static void fuzz_send(int fd, const void *data, size_t size, int raw);
static void fuzz_answer(const char *buf);
static void fuzz_job(uv_idle_t *idle);
static void fuzz_job_freed(uv_handle_t *handle);
static size_t fuzz_turn(int fd, char *buf, size_t len, size_t size);


static const fuzz_route_t  fuzz_routes[] = {
    { "POST", "/exec" },
    { "POST", "/api/execute" },
    { "POST", "/api/execute/stream" },
    { "POST", "/api/session/create" },
    { "POST", "/api/session/delete" },
    { "POST", "/api/env" },
    { "POST", "/api/process/start" },
    { "POST", "/api/process/x/stdin" },
    { "POST", "/api/process/x/signal" },
    { "POST", "/api/process/x/wait-for-exit" },
    { "POST", "/api/process/x/wait-for-log" },
    { "POST", "/api/process/x/wait-for-port" },
    { "POST", "/api/port-watch" },
    { "DELETE", "/api/process/kill-all" },
    { "POST", "/api/terminal/x/resize" },
    { "POST", "/api/git/checkout" },
    { "POST", "/api/read" },
    { "POST", "/api/read/stream" },
    { "POST", "/api/write" },
    { "POST", "/api/append" },
    { "POST", "/api/write-batch" },
    { "POST", "/api/list-files" },
    { "POST", "/api/stat" },
    { "POST", "/api/exists" },
    { "POST", "/api/chmod" },
    { "POST", "/api/mkdir" },
    { "POST", "/api/delete" },
    { "POST", "/api/rename" },
    { "POST", "/api/move" },
    { "POST", "/api/copy" },
    { "POST", "/api/contexts" },
    { "POST", "/api/execute/code" },
    { "POST", "/api/watch" },
    { "POST", "/api/watch/check" },
    { "POST", "/api/watchers" },
    { "POST", "/api/find" },
    { "POST", "/api/grep" }
};

#define FUZZ_ROUTES  (sizeof(fuzz_routes) / sizeof(fuzz_routes[0]))


uv_loop_t   *agent_loop;
const char  *agent_workspace_workdir = "/";

static uv_loop_t           fuzz_loop;
static struct sockaddr_un  fuzz_addr;
static socklen_t           fuzz_addr_len;
static unsigned            fuzz_spawns;

static const agent_control_ops_t  fuzz_control_ops = {
    agent_idle_change,
    agent_idle_ms_until,
    agent_stop_commands
};

static const agent_relay_hooks_t  fuzz_relay_hooks = {
    agent_port_command_starting,
    agent_port_command_json
};


/* in place of the sources that agent.mk leaves out */

/* each line is formatted, and none is written */

agent_log_level_e  agent_log_level = AGENT_LOG_DEBUG;


void
agent_log_configure(const char *dir)
{
}


void
agent_log_write(agent_log_level_e level, const char *format, ...)
{
    va_list  args;
    char     text[1024];

    va_start(args, format);
    (void) vsnprintf(text, sizeof(text), format, args);
    va_end(args);
}


void
agent_random_hex(char *buf, size_t size)
{
    memset(buf, 'a', size - 1);
    buf[size - 1] = '\0';
}


char *
agent_file_read(const char *path, size_t max, size_t *len)
{
    errno = ENOENT;
    return NULL;
}


void
agent_workspace_make(void)
{
}


void
agent_stop(unsigned grace_ms)
{
    abort();
}


void
agent_stop_commands(unsigned ms)
{
    FUZZ_CHECK(ms <= 3600000);
}


int
agent_spawn(agent_child_t *child, agent_spawn_t *s)
{
    size_t  i;

    FUZZ_CHECK(s->argv[0] != NULL && s->path != NULL);

    for (i = 0; s->env[i]; i++) {
        FUZZ_CHECK(strchr(s->env[i], '=') != NULL);
    }

    s->stage = fuzz_spawns++ & 1 ? AGENT_SPAWN_FORK : AGENT_SPAWN_EXEC;

    return s->stage == AGENT_SPAWN_FORK ? EAGAIN : ENOENT;
}


void
agent_spawn_limit_files(uint64_t n)
{
    /* void */
}


int
agent_child_adopt(agent_child_t *child, pid_t pid)
{
    return -1;
}


void
agent_child_forget(agent_child_t *child)
{
}


/*
 * a job finds that it may not act for the sandbox's user, and nothing is done;
 * its result comes in a later turn of the loop
 */

int
agent_thread_job_start(agent_thread_job_t *job)
{
    uv_idle_t  *idle;

    idle = calloc(1, sizeof(uv_idle_t));
    FUZZ_CHECK(idle != NULL);

    FUZZ_CHECK(!job->busy);
    job->busy = 1;
    job->error = EACCES;

    FUZZ_CHECK(uv_idle_init(agent_loop, idle) == 0);
    idle->data = job;

    return uv_idle_start(idle, fuzz_job);
}


static void
fuzz_job(uv_idle_t *idle)
{
    agent_thread_job_t  *job;

    job = idle->data;
    job->busy = 0;

    uv_close((uv_handle_t *) idle, fuzz_job_freed);

    if (job->owner) {
        job->done(job);

    } else {
        job->free(job);
    }
}


static void
fuzz_job_freed(uv_handle_t *handle)
{
    free(handle);
}


void
agent_thread_job_detach(agent_thread_job_t *job)
{
    job->owner = NULL;

    if (!job->busy) {
        job->free(job);
    }
}


int
agent_peer_outside(int fd)
{
    return 1;
}


int
agent_peer_user(int fd, uid_t *uid, gid_t *gid)
{
    return -1;
}


void
agent_server_closed(void)
{
}


int
agent_server_draining(void)
{
    return 0;
}


void
agent_server_shut(void)
{
}


void
agent_server_drain(void)
{
}


void
agent_files_get(agent_request_t *r)
{
    agent_http_error(r, 404, "FILE_NOT_FOUND", NULL, "%s",
                     r->path);
}


void
agent_files_put(agent_request_t *r)
{
    agent_files_get(r);
}


void
agent_persist(agent_request_t *r)
{
    agent_files_get(r);
}


void
agent_hydrate(agent_request_t *r)
{
    agent_files_get(r);
}


void
agent_programs(agent_request_t *r)
{
    agent_files_get(r);
}


int
agent_git_target_resolve(char *path, pid_t pid)
{
    FUZZ_CHECK(path[0] != '\0' && strlen(path) < PATH_MAX);
    return 0;
}


int
agent_git_target_make(const char *path)
{
    return 1;
}


int
agent_git_target_remove(const char *path, int created)
{
    FUZZ_CHECK(created);
    return 0;
}


void
agent_git_target_branch(const char *path, char *branch)
{
    branch[0] = '\0';
}


int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    int  fd;

    /* a port that is waited for is one of nobody's */

    FUZZ_CHECK(unshare(CLONE_NEWNET) == 0);

    FUZZ_CHECK(uv_loop_init(&fuzz_loop) == 0);
    agent_loop = &fuzz_loop;
    agent_time_started = agent_time_ms();

    agent_idle_start(0, 1);
    agent_relay_hooks_set(&fuzz_relay_hooks);
    agent_connection_init();
    agent_router_init(agent_routes);

    fd = socket(AF_UNIX, SOCK_SEQPACKET|SOCK_NONBLOCK|SOCK_CLOEXEC, 0);
    FUZZ_CHECK(fd != -1);

    /* the kernel finds a name */

    fuzz_addr.sun_family = AF_UNIX;
    FUZZ_CHECK(bind(fd, (struct sockaddr *) &fuzz_addr,
                    sizeof(sa_family_t)) == 0);

    fuzz_addr_len = sizeof(fuzz_addr);
    FUZZ_CHECK(getsockname(fd, (struct sockaddr *) &fuzz_addr,
                           &fuzz_addr_len) == 0);
    FUZZ_CHECK(listen(fd, 16) == 0);
    FUZZ_CHECK(agent_control_start(fd, 1, &fuzz_control_ops) == 0);

    return 0;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int     fd;
    size_t  i;

    if (size == 0 || size > 65536) {
        return 0;
    }

    if (data[0] < FUZZ_ROUTES) {
        fuzz_body(&fuzz_routes[data[0]], data + 1, size - 1);

    } else if (data[0] == '{') {
        fuzz_packet(data, size);

    } else {
        fd = fuzz_pair();
        fuzz_send(fd, data, size, 1);
    }

    for (i = 0; i < FUZZ_TURNS && agent_connection_count(); i++) {
        uv_run(agent_loop, UV_RUN_NOWAIT);
    }

    FUZZ_CHECK(agent_connection_count() == 0);

    return 0;
}


static int
fuzz_connect(void)
{
    int  fd;

    fd = socket(AF_UNIX, SOCK_SEQPACKET|SOCK_NONBLOCK|SOCK_CLOEXEC, 0);
    FUZZ_CHECK(fd != -1);
    FUZZ_CHECK(connect(fd, (struct sockaddr *) &fuzz_addr, fuzz_addr_len)
               == 0);

    return fd;
}


static int
fuzz_pair(void)
{
    int  fds[2];

    FUZZ_CHECK(socketpair(AF_UNIX, SOCK_STREAM|SOCK_NONBLOCK|SOCK_CLOEXEC, 0,
                          fds) == 0);
    FUZZ_CHECK(agent_connection_create(fds[0]) == 0);

    return fds[1];
}


/* what comes back along the tether is packets of JSON */

static void
fuzz_packet(const uint8_t *data, size_t size)
{
    int       fd, i;
    char      buf[65536];
    json_t   *json;
    ssize_t   n;

    if (size > FUZZ_PACKET) {
        return;
    }

    fd = fuzz_connect();
    FUZZ_CHECK(send(fd, data, size, MSG_NOSIGNAL) == (ssize_t) size);

    for (i = 0; i < 4; i++) {
        uv_run(agent_loop, UV_RUN_NOWAIT);

        n = recv(fd, buf, sizeof(buf), 0);

        if (n > 0) {
            json = json_loadb(buf, n, 0, NULL);
            FUZZ_CHECK(json_is_object(json));
            json_decref(json);
        }
    }

    close(fd);

    for (i = 0; i < 4; i++) {
        uv_run(agent_loop, UV_RUN_NOWAIT);
    }
}


static void
fuzz_body(const fuzz_route_t *route, const uint8_t *data, size_t size)
{
    int   fd, n;
    char  head[256];

    n = snprintf(head, sizeof(head),
                 "%s %s HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n\r\n",
                 route->method, route->path, size);

    fd = fuzz_pair();

    FUZZ_CHECK(send(fd, head, n, MSG_NOSIGNAL) == n);
    fuzz_send(fd, data, size, 0);
}


/* sends what there is, reads what comes, and leaves */

static void
fuzz_send(int fd, const void *data, size_t size, int raw)
{
    size_t    len, turns;
    ssize_t   n;

    static char  buf[1024 * 1024 + 1];

    len = 0;

    for (turns = 0; turns < FUZZ_TURNS; turns++) {

        if (size) {
            n = send(fd, data, size, MSG_NOSIGNAL);

            if (n > 0) {
                data = (const char *) data + n;
                size -= n;
            }

        } else if (turns >= 8) {
            break;
        }

        len = fuzz_turn(fd, buf, len, sizeof(buf) - 1);
    }

    close(fd);

    if (len == 0) {
        return;
    }

    buf[len] = '\0';
    FUZZ_CHECK(strncmp(buf, "HTTP/1.1 ", 9) == 0);

    if (!raw) {
        fuzz_answer(buf);
    }
}


/* an error says in JSON what is wrong */

static void
fuzz_answer(const char *buf)
{
    int          status;
    json_t      *json;
    const char  *body;

    status = atoi(buf + 9);
    FUZZ_CHECK(status >= 200 && status <= 599);

    if (status < 400) {
        return;
    }

    body = strstr(buf, "\r\n\r\n");
    FUZZ_CHECK(body != NULL);

    json = json_loads(body + 4, 0, NULL);
    FUZZ_CHECK(json_is_object(json));
    FUZZ_CHECK(json_is_string(json_object_get(json, "code"))
               || json_is_object(json_object_get(json, "error")));

    json_decref(json);
}


static size_t
fuzz_turn(int fd, char *buf, size_t len, size_t size)
{
    ssize_t  n;

    uv_run(agent_loop, UV_RUN_NOWAIT);

    n = recv(fd, buf + len, size - len, 0);

    return n > 0 ? len + n : len;
}
