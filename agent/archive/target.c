
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/target.h"
#include "base/base.h"
#include "http/error.h"
#include "sys/beneath.h"


static int agent_archive_target_allowed(const char *path);


int
agent_archive_target(agent_archive_target_t *t, agent_request_t *r,
    int restores)
{
    char  *text;

    text = agent_request_arg(r, "backup");
    t->restores = (restores != 0);
    t->backup = (text != NULL);
    free(text);

    t->path = agent_request_arg(r, "dir");

    if (t->path == NULL || t->path[0] == '\0') {
        free(t->path);
        t->path = strdup(AGENT_WORKSPACE);
    }

    if (t->path == NULL) {
        agent_http_error(r, 503, "capacity_exceeded", NULL, "out of memory");
        return -1;
    }

    if (agent_archive_target_allowed(t->path)) {
        return 0;
    }

    free(t->path);
    t->path = NULL;

    agent_http_error(r, 400, t->backup ? "INVALID_BACKUP_CONFIG"
                                       : "invalid_request", NULL,
                     "dir: must be /workspace, /home, /tmp, /var/tmp, /app or "
                     "a directory below one of them, without \"..\"");
    return -1;
}


static int
agent_archive_target_allowed(const char *path)
{
    size_t              i, n;
    const char         *p;

    static const char  *roots[] = {
        AGENT_WORKSPACE, "/home", "/tmp", "/var/tmp", "/app", NULL
    };

    if (strlen(path) >= PATH_MAX) {
        return 0;
    }

    for (p = path; *p; p += n + (p[n] == '/')) {
        n = strcspn(p, "/");

        if (n == 2 && p[0] == '.' && p[1] == '.') {
            return 0;
        }
    }

    for (i = 0; roots[i]; i++) {
        n = strlen(roots[i]);

        if (strncmp(path, roots[i], n) == 0
            && (path[n] == '\0' || path[n] == '/'))
        {
            return 1;
        }
    }

    return 0;
}


int
agent_archive_target_open(const agent_archive_target_t *t, int make)
{
    int              fd, err;
    agent_beneath_t  b;

    fd = -1;

    if (agent_beneath_resolve(&b, -1, t->path, AGENT_BENEATH_FOLLOW
                                        | (make ? AGENT_BENEATH_PARENTS : 0))
        == -1)
    {
        goto done;
    }

    if (!b.exists && make) {

        if (agent_beneath_mkdir(b.dir, b.name, 0755) == 0 || errno == EEXIST) {
            fd = agent_beneath_open_directory_at(b.dir, b.name);
        }

        goto done;
    }

    fd = agent_beneath_open_directory(&b);

done:

    err = errno;
    agent_beneath_close(&b);
    errno = err;

    return fd;
}


void
agent_archive_target_fault(const agent_archive_target_t *t, int opened,
    agent_fault_t *f)
{
    if (!t->backup) {
        return;
    }

    if (f->context == NULL) {
        f->context = json_object();
    }

    (void) json_object_set_new(f->context, "operation",
                               json_string(t->restores ? "backup.restore"
                                                       : "backup.create"));

    if (f->status == 503 || f->status == 507) {
        return;
    }

    if (!opened) {
        f->status = 400;
        f->code = "INVALID_BACKUP_CONFIG";
        return;
    }

    f->status = 500;
    f->code = t->restores ? "BACKUP_RESTORE_FAILED" : "BACKUP_CREATE_FAILED";
}
