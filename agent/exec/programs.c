
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/time.h"
#include "base/utf8.h"
#include "exec/programs.h"
#include "http/error.h"
#include "http/request.h"
#include "http/response.h"
#include "run/env.h"
#include "sys/identity.h"
#include "sys/thread_job.h"


/*
 * GET /api/commands: the names of the programs in the sandbox's PATH, without
 * duplicates; at most this many, in the order of the directories.
 */
#define AGENT_PROGRAMS_MAX  16384


typedef struct {
    agent_thread_job_t   job;          /* first; its owner is the request */
    char                *path;
    char               **names;
    size_t               n;
    int                  no_memory;
} agent_programs_t;


static void agent_programs_scan(agent_thread_job_t *job);
static void agent_programs_scan_dir(agent_programs_t *c, const char *dir);
static int agent_programs_compare(const void *one, const void *two);
static void agent_programs_done(agent_thread_job_t *job);
static json_t *agent_programs_json(agent_programs_t *c);
static void agent_programs_close(agent_request_t *r, int aborted);
static void agent_programs_free(agent_thread_job_t *job);


void
agent_programs(agent_request_t *r)
{
    char             **env;
    const char        *path;
    agent_programs_t  *c;

    c = calloc(1, sizeof(agent_programs_t));
    env = agent_env_build("", NULL, &path);

    if (c && env) {
        c->path = strdup(path);
    }

    free(env);

    if (c == NULL || c->path == NULL) {
        free(c);
        agent_http_error(r, 500, "INTERNAL_ERROR", NULL, "out of memory");
        return;
    }

    c->job.run = agent_programs_scan;
    c->job.done = agent_programs_done;
    c->job.free = agent_programs_free;
    c->job.owner = r;
    c->job.as_user = 1;

    r->data = c;
    r->on_close = agent_programs_close;

    /* directories may be slow to read */

    if (agent_thread_job_start(&c->job) != 0) {
        agent_http_error(r, 500, "INTERNAL_ERROR", NULL, "out of memory");
    }
}


static void
agent_programs_scan(agent_thread_job_t *job)
{
    char              *dir, *last;
    agent_programs_t  *c;

    c = (agent_programs_t *) job;

    for (dir = strtok_r(c->path, ":", &last);
         dir;
         dir = strtok_r(NULL, ":", &last))
    {
        /*
         * a relative directory depends on the working directory of each
         * command
         */

        if (dir[0] == '/') {
            agent_programs_scan_dir(c, dir);
        }
    }

    if (c->n) {
        qsort(c->names, c->n, sizeof(char *), agent_programs_compare);
    }
}


static void
agent_programs_scan_dir(agent_programs_t *c, const char *dir)
{
    DIR            *d;
    char          **names;
    struct stat     st;
    struct dirent  *e;

    d = opendir(dir);

    if (d == NULL) {
        return;
    }

    while (c->n < AGENT_PROGRAMS_MAX && (e = readdir(d)) != NULL) {

        if (fstatat(dirfd(d), e->d_name, &st, 0) == -1
            || !S_ISREG(st.st_mode)
            || !agent_identity_executable(dirfd(d), e->d_name, &st)
            || !agent_utf8_valid(e->d_name, strlen(e->d_name)))
        {
            continue;
        }

        if (c->n % 256 == 0) {
            names = realloc(c->names, (c->n + 256) * sizeof(char *));

            if (names == NULL) {
                c->no_memory = 1;
                break;
            }

            c->names = names;
        }

        c->names[c->n] = strdup(e->d_name);

        if (c->names[c->n] == NULL) {
            c->no_memory = 1;
            break;
        }

        c->n++;
    }

    (void) closedir(d);
}


static int
agent_programs_compare(const void *one, const void *two)
{
    return strcmp(*(char *const *) one, *(char *const *) two);
}


static void
agent_programs_done(agent_thread_job_t *job)
{
    agent_request_t   *r;
    agent_programs_t  *c;

    c = (agent_programs_t *) job;
    r = job->owner;

    if (c->no_memory) {
        agent_http_error(r, 500, "INTERNAL_ERROR", NULL, "out of memory");

    } else {
        agent_response_json(r, 200, agent_programs_json(c));
    }
}


static json_t *
agent_programs_json(agent_programs_t *c)
{
    char     stamp[32];
    size_t   i;
    json_t  *list;

    list = json_array();

    for (i = 0; i < c->n; i++) {

        /* a program is shadowed by the same name in an earlier directory */

        if (i == 0 || strcmp(c->names[i], c->names[i - 1]) != 0) {
            json_array_append_new(list, json_string(c->names[i]));
        }
    }

    return json_pack("{s:b, s:o, s:I, s:s}",
                     "success", 1,
                     "availableCommands", list,
                     "count", (json_int_t) json_array_size(list),
                     "timestamp", agent_time_iso(stamp));
}


static void
agent_programs_close(agent_request_t *r, int aborted)
{
    agent_programs_t  *c;

    c = r->data;

    agent_thread_job_detach(&c->job);
}


static void
agent_programs_free(agent_thread_job_t *job)
{
    size_t             i;
    agent_programs_t  *c;

    c = (agent_programs_t *) job;

    for (i = 0; i < c->n; i++) {
        free(c->names[i]);
    }

    free(c->names);
    free(c->path);
    free(c);
}
