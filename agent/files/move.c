
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/temporary.h"
#include "files/copy.h"
#include "files/fault.h"
#include "files/move.h"
#include "files/op.h"
#include "files/param.h"
#include "http/request.h"
#include "sys/beneath.h"
#include "sys/remove.h"


/*
 * A copy is made under a temporary name beside its target, and then renamed:
 * nobody sees a part of it.  A move is a rename; between file systems, it is a
 * copy after which the source is removed.
 */


typedef enum {
    AGENT_MOVE_BEGIN = 0,
    AGENT_MOVE_COPY,
    AGENT_MOVE_COMMIT,
    AGENT_MOVE_REMOVE
} agent_move_state_e;


typedef struct {
    agent_move_state_e   state;
    agent_beneath_t      from;
    agent_beneath_t      to;
    agent_copy_t        *copy;
    agent_remove_t      *remove;
    char                 temp[AGENT_TEMPORARY_SIZE];  /* "": not made */
} agent_move_t;


static int agent_move_recursive(agent_files_op_t *op, json_t *body,
    agent_fault_t *fault);
static agent_move_t *agent_move_of(agent_files_op_t *op);
static int agent_move_delete_run(agent_files_op_t *op);
static int agent_move_delete_fault(agent_files_op_t *op,
    agent_fault_t *fault);
static int agent_move_run(agent_files_op_t *op);
static int agent_move_begin(agent_files_op_t *op, agent_move_t *m);
static int agent_move_source(agent_files_op_t *op, agent_move_t *m);
static int agent_move_target(agent_files_op_t *op, agent_move_t *m);
static int agent_move_into(agent_files_op_t *op, agent_move_t *m);
static int agent_move_start(agent_move_t *m, int exact);
static int agent_move_commit(agent_files_op_t *op, agent_move_t *m);
static void agent_move_end(agent_files_op_t *op);
static void agent_move_discard(agent_move_t *m);
static void agent_move_reply(agent_files_op_t *op, agent_json_writer_t *w);


static const agent_files_op_kind_t  agent_move_delete_kind = {
    .operation = "file.delete",
    .paths = { "path" },
    .parse = agent_move_recursive,
    .run = agent_move_delete_run,
    .end = agent_move_end,
    .fault = agent_move_delete_fault
};

static const agent_files_op_kind_t  agent_move_rename_kind = {
    .operation = "file.rename",
    .paths = { "oldPath", "newPath" },
    .run = agent_move_run,
    .end = agent_move_end,
    .reply = agent_move_reply
};

static const agent_files_op_kind_t  agent_move_kind = {
    .operation = "file.move",
    .paths = { "sourcePath", "destinationPath" },
    .run = agent_move_run,
    .end = agent_move_end,
    .reply = agent_move_reply
};

static const agent_files_op_kind_t  agent_move_copy_kind = {
    .operation = "file.copy",
    .paths = { "sourcePath", "destinationPath" },
    .parse = agent_move_recursive,
    .run = agent_move_run,
    .end = agent_move_end,
    .reply = agent_move_reply
};


void
agent_files_move_delete(agent_request_t *r, json_t *body)
{
    agent_files_op_start(r, body, &agent_move_delete_kind);
}


void
agent_files_move_rename(agent_request_t *r, json_t *body)
{
    agent_files_op_start(r, body, &agent_move_rename_kind);
}


void
agent_files_move(agent_request_t *r, json_t *body)
{
    agent_files_op_start(r, body, &agent_move_kind);
}


void
agent_files_move_copy(agent_request_t *r, json_t *body)
{
    agent_files_op_start(r, body, &agent_move_copy_kind);
}


static int
agent_move_recursive(agent_files_op_t *op, json_t *body, agent_fault_t *fault)
{
    int  recursive;

    if (agent_json_bool(body, "recursive", &recursive, fault) != 0) {
        return -1;
    }

    op->recursive = recursive;

    return 0;
}


/* the state of the operation, made when it is first asked for */

static agent_move_t *
agent_move_of(agent_files_op_t *op)
{
    agent_move_t  *m;

    if (op->work == NULL) {
        m = calloc(1, sizeof(agent_move_t));

        if (m == NULL) {
            return NULL;
        }

        m->from.dir = -1;
        m->to.dir = -1;

        op->work = m;
    }

    return op->work;
}


static int
agent_move_delete_run(agent_files_op_t *op)
{
    agent_move_t  *m;

    m = agent_move_of(op);

    if (m == NULL) {
        return -1;
    }

    if (m->state == AGENT_MOVE_REMOVE) {
        return agent_remove_step(m->remove, op->until);
    }

    if (agent_move_source(op, m) == -1) {
        return -1;
    }

    if (!S_ISDIR(m->from.st.st_mode)) {
        return unlinkat(m->from.dir, m->from.name, 0);
    }

    if (!op->recursive) {
        errno = EISDIR;
        return -1;
    }

    m->remove = agent_remove_start(m->from.dir, m->from.name);

    if (m->remove == NULL) {
        return -1;
    }

    m->state = AGENT_MOVE_REMOVE;

    return agent_remove_step(m->remove, op->until);
}


static int
agent_move_delete_fault(agent_files_op_t *op, agent_fault_t *fault)
{
    if (op->err != EISDIR) {
        return 0;
    }

    return agent_fault_set(fault, 400, "IS_DIRECTORY",
                           agent_files_fault_context("file.delete",
                                                     op->path[0]),
                           "Cannot delete directory %.400s: deleteFile() and "
                           "this call without \"recursive\" delete files only",
                           op->path[0]);
}


static int
agent_move_run(agent_files_op_t *op)
{
    int            rc;
    agent_move_t  *m;

    m = agent_move_of(op);

    if (m == NULL) {
        return -1;
    }

    switch (m->state) {

    case AGENT_MOVE_BEGIN:
        return agent_move_begin(op, m);

    case AGENT_MOVE_COPY:
        rc = agent_copy_step(m->copy, op->until);

        if (rc != 0) {
            return rc;
        }

        m->state = AGENT_MOVE_COMMIT;

        /* fall through */

    case AGENT_MOVE_COMMIT:
        return agent_move_commit(op, m);

    default: /* AGENT_MOVE_REMOVE */
        return agent_remove_step(m->remove, op->until);
    }
}


static int
agent_move_begin(agent_files_op_t *op, agent_move_t *m)
{
    if (agent_move_source(op, m) == -1) {
        return -1;
    }

    op->failed = 1;

    if (agent_move_target(op, m) == -1) {
        return -1;
    }

    if (op->kind != &agent_move_copy_kind) {

        if (renameat(m->from.dir, m->from.name, m->to.dir, m->to.name) == 0) {
            return 0;
        }

        if (errno != EXDEV) {
            return -1;
        }

        return agent_move_start(m, 1);
    }

    if (m->to.exists && m->to.st.st_dev == m->from.st.st_dev
        && m->to.st.st_ino == m->from.st.st_ino)
    {
        errno = EINVAL;
        return -1;
    }

    return agent_move_start(m, 0);
}


static int
agent_move_source(agent_files_op_t *op, agent_move_t *m)
{
    int  copy;

    copy = (op->kind == &agent_move_copy_kind);

    if (agent_beneath_resolve(&m->from, op->base, op->path[0],
                              copy ? AGENT_BENEATH_FOLLOW : 0)
        == -1)
    {
        return -1;
    }

    if (!m->from.exists) {
        errno = ENOENT;
        return -1;
    }

    if (copy && S_ISDIR(m->from.st.st_mode) && !op->recursive) {
        errno = EISDIR;
        return -1;
    }

    if (!copy && strcmp(m->from.name, ".") == 0) {
        errno = EBUSY;
        return -1;
    }

    return 0;
}


static int
agent_move_target(agent_files_op_t *op, agent_move_t *m)
{
    int              follow;
    agent_beneath_t  b;

    if (agent_beneath_resolve(&m->to, op->base, op->path[1], 0) == -1) {
        return -1;
    }

    /*
     * a copy writes through a link, and a link to a directory means the
     * directory; any other link is what a move replaces
     */

    if (m->to.exists && S_ISLNK(m->to.st.st_mode)
        && op->kind != &agent_move_rename_kind)
    {
        follow = agent_beneath_resolve(&b, op->base, op->path[1],
                                       AGENT_BENEATH_FOLLOW);

        if (follow == 0 && (op->kind == &agent_move_copy_kind
                            || (b.exists && S_ISDIR(b.st.st_mode))))
        {
            agent_beneath_close(&m->to);
            m->to = b;

        } else {
            agent_beneath_close(&b);

            if (follow == -1 && op->kind == &agent_move_copy_kind) {
                return -1;
            }
        }
    }

    if (m->to.exists && S_ISDIR(m->to.st.st_mode)) {
        return agent_move_into(op, m);
    }

    if (m->to.slash && !S_ISDIR(m->from.st.st_mode)) {
        errno = ENOTDIR;
        return -1;
    }

    if (m->to.exists && S_ISDIR(m->from.st.st_mode)) {
        errno = EEXIST;
        return -1;
    }

    return 0;
}


/* the target is a directory: the source keeps its name in there */

static int
agent_move_into(agent_files_op_t *op, agent_move_t *m)
{
    int  fd;

    if (op->kind == &agent_move_rename_kind
        || strcmp(m->from.name, ".") == 0)
    {
        errno = EEXIST;
        return -1;
    }

    fd = openat(m->to.dir, m->to.name,
                O_PATH|O_DIRECTORY|O_NOFOLLOW|O_CLOEXEC);

    if (fd == -1) {
        return -1;
    }

    agent_beneath_close(&m->to);
    m->to.dir = fd;
    m->to.exists = 0;

    strcpy(m->to.name, m->from.name);

    op->into = strdup(m->from.name);

    if (op->into == NULL) {
        return -1;
    }

    if (fstatat(fd, m->to.name, &m->to.st, AT_SYMLINK_NOFOLLOW) == 0) {
        m->to.exists = 1;

    } else if (errno != ENOENT) {
        return -1;
    }

    if (m->to.exists && S_ISDIR(m->to.st.st_mode)) {
        errno = EEXIST;
        return -1;
    }

    return 0;
}


static int
agent_move_start(agent_move_t *m, int exact)
{
    agent_temporary_name(m->temp, "copy", m->to.exists);

    m->copy = agent_copy_start(m->from.dir, m->from.name, &m->from.st,
                               m->to.dir, m->temp, exact);

    if (m->copy == NULL) {
        return -1;
    }

    m->state = AGENT_MOVE_COPY;

    return 1;
}


static int
agent_move_commit(agent_files_op_t *op, agent_move_t *m)
{
    op->skipped = agent_copy_skipped(m->copy);

    /* a file that is replaced lends the copy its mode and owner */

    if (op->kind == &agent_move_copy_kind && m->to.exists
        && S_ISREG(m->to.st.st_mode) && S_ISREG(m->from.st.st_mode))
    {
        if (fchownat(m->to.dir, m->temp, m->to.st.st_uid, m->to.st.st_gid,
                     AT_SYMLINK_NOFOLLOW)
            == -1 && errno != EPERM && errno != EINVAL)
        {
            return -1;
        }

        if (agent_beneath_chmod(m->to.dir, m->temp, m->to.st.st_mode & 0777)
            == -1)
        {
            return -1;
        }
    }

    if (op->skipped && !S_ISDIR(m->from.st.st_mode)) {
        errno = ENXIO;
        return -1;
    }

    if (renameat(m->to.dir, m->temp, m->to.dir, m->to.name) == -1) {
        return -1;
    }

    m->temp[0] = '\0';

    if (op->kind == &agent_move_copy_kind) {
        return 0;
    }

    op->failed = 0;

    if (!S_ISDIR(m->from.st.st_mode)) {
        return unlinkat(m->from.dir, m->from.name, 0);
    }

    m->remove = agent_remove_start(m->from.dir, m->from.name);

    if (m->remove == NULL) {
        return -1;
    }

    m->state = AGENT_MOVE_REMOVE;

    return 1;
}


static void
agent_move_end(agent_files_op_t *op)
{
    agent_move_t  *m;

    m = op->work;

    if (m == NULL) {
        return;
    }

    if (m->copy) {
        agent_copy_free(m->copy);
    }

    if (m->remove) {
        agent_remove_free(m->remove);
    }

    if (m->temp[0]) {
        agent_move_discard(m);
    }

    agent_beneath_close(&m->from);
    agent_beneath_close(&m->to);

    free(m);
    op->work = NULL;
}


/* removes an incomplete copy */

static void
agent_move_discard(agent_move_t *m)
{
    agent_remove_t  *t;

    if (unlinkat(m->to.dir, m->temp, 0) == 0) {
        return;
    }

    t = agent_remove_start(m->to.dir, m->temp);

    if (t == NULL) {
        return;
    }

    while (agent_remove_step(t, UINT64_MAX) == 1) { /* void */ }

    agent_remove_free(t);
}


static void
agent_move_reply(agent_files_op_t *op, agent_json_writer_t *w)
{
    char    *path;
    size_t   len, n;

    len = strlen(op->path[1]);
    path = op->path[1];

    if (op->into) {
        path = malloc(len + strlen(op->into) + 2);

        if (path == NULL) {
            w->buf->failed = 1;
            return;
        }

        n = sprintf(path, "%s%s%s", op->path[1],
                    op->path[1][len - 1] == '/' ? "" : "/", op->into);
        len = n;
    }

    agent_files_param_text_json(w, "newPath", path, len);

    if (op->kind == &agent_move_copy_kind) {
        agent_json_writer_integer(w, "skipped", op->skipped);
    }

    if (op->into) {
        free(path);
    }
}
