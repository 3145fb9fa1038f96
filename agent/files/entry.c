
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/time.h"
#include "files/entry.h"
#include "files/op.h"
#include "files/param.h"
#include "http/request.h"
#include "sys/beneath.h"
#include "sys/user.h"


static int agent_files_entry_stat_parse(agent_files_op_t *op, json_t *body,
    agent_fault_t *fault);
static int agent_files_entry_stat_run(agent_files_op_t *op);
static void agent_files_entry_stat_reply(agent_files_op_t *op,
    agent_json_writer_t *w);
static int agent_files_entry_exists_run(agent_files_op_t *op);
static void agent_files_entry_exists_reply(agent_files_op_t *op,
    agent_json_writer_t *w);
static int agent_files_entry_chmod_parse(agent_files_op_t *op, json_t *body,
    agent_fault_t *fault);
static int agent_files_entry_chmod_run(agent_files_op_t *op);
static void agent_files_entry_chmod_reply(agent_files_op_t *op,
    agent_json_writer_t *w);
static int agent_files_entry_mkdir_parse(agent_files_op_t *op, json_t *body,
    agent_fault_t *fault);
static int agent_files_entry_mkdir_run(agent_files_op_t *op);
static void agent_files_entry_mkdir_reply(agent_files_op_t *op,
    agent_json_writer_t *w);
static void agent_files_entry_time(agent_json_writer_t *w, const char *name,
    const struct timespec *ts);


static const agent_files_op_kind_t  agent_files_entry_stat_kind = {
    .operation = "file.stat",
    .paths = { "path" },
    .parse = agent_files_entry_stat_parse,
    .run = agent_files_entry_stat_run,
    .reply = agent_files_entry_stat_reply
};

static const agent_files_op_kind_t  agent_files_entry_exists_kind = {
    .operation = "file.stat",
    .paths = { "path" },
    .run = agent_files_entry_exists_run,
    .reply = agent_files_entry_exists_reply
};

static const agent_files_op_kind_t  agent_files_entry_chmod_kind = {
    .operation = "file.chmod",
    .paths = { "path" },
    .parse = agent_files_entry_chmod_parse,
    .run = agent_files_entry_chmod_run,
    .reply = agent_files_entry_chmod_reply
};

static const agent_files_op_kind_t  agent_files_entry_mkdir_kind = {
    .operation = "directory.create",
    .paths = { "path" },
    .parse = agent_files_entry_mkdir_parse,
    .run = agent_files_entry_mkdir_run,
    .reply = agent_files_entry_mkdir_reply
};


void
agent_files_entry_stat(agent_request_t *r, json_t *body)
{
    agent_files_op_start(r, body, &agent_files_entry_stat_kind);
}


static int
agent_files_entry_stat_parse(agent_files_op_t *op, json_t *body,
    agent_fault_t *fault)
{
    int  follow;

    if (agent_json_bool(body, "follow", &follow, fault) != 0) {
        return -1;
    }

    op->follow = follow;

    return 0;
}


static int
agent_files_entry_stat_run(agent_files_op_t *op)
{
    int              rc;
    ssize_t          n;
    agent_beneath_t  b;

    rc = agent_beneath_resolve(&b, op->base, op->path[0],
                               op->follow ? AGENT_BENEATH_FOLLOW : 0);

    if (rc == 0 && !b.exists) {
        errno = ENOENT;
        rc = -1;
    }

    if (rc == 0 && S_ISLNK(b.st.st_mode)) {
        op->link = calloc(1, PATH_MAX);
        n = op->link ? readlinkat(b.dir, b.name, op->link, PATH_MAX - 1) : -1;
        rc = n == -1 ? -1 : 0;
    }

    agent_beneath_close(&b);

    if (rc == 0) {
        op->st = b.st;
        agent_user_name(b.st.st_uid, op->owner);
        agent_user_group_name(b.st.st_gid, op->group);
    }

    return rc;
}


static void
agent_files_entry_stat_reply(agent_files_op_t *op, agent_json_writer_t *w)
{
    char          octal[8];
    struct stat  *st;

    st = &op->st;

    agent_files_entry_json(w, st);

    (void) snprintf(octal, sizeof(octal), "%04o",
                    (unsigned) st->st_mode & 07777);
    agent_json_writer_word(w, "octal", octal);

    agent_json_writer_integer(w, "uid", st->st_uid);
    agent_json_writer_integer(w, "gid", st->st_gid);
    agent_files_param_text_json(w, "owner", op->owner, strlen(op->owner));
    agent_files_param_text_json(w, "group", op->group, strlen(op->group));

    agent_files_entry_time(w, "accessedAt", &st->st_atim);
    agent_files_entry_time(w, "changedAt", &st->st_ctim);
    agent_json_writer_integer(w, "links", st->st_nlink);

    if (op->link) {
        agent_files_param_text_json(w, "linkTarget", op->link,
                                    strlen(op->link));
    }
}


void
agent_files_entry_json(agent_json_writer_t *w, const struct stat *st)
{
    int          i;
    char         mode[10];
    mode_t       m;
    const char  *type;

    static const char  rwx[] = "rwxrwxrwx";

    m = st->st_mode;

    type = S_ISREG(m) ? "file"
           : S_ISDIR(m) ? "directory"
           : S_ISLNK(m) ? "symlink" : "other";

    for (i = 0; i < 9; i++) {
        mode[i] = (m & (0400 >> i)) ? rwx[i] : '-';
    }

    mode[9] = '\0';

    agent_json_writer_word(w, "type", type);
    agent_json_writer_integer(w, "size", st->st_size);
    agent_files_entry_time(w, "modifiedAt", &st->st_mtim);
    agent_json_writer_word(w, "mode", mode);

    agent_json_writer_object(w, "permissions");
    agent_json_writer_bool(w, "readable", (m & S_IRUSR) != 0);
    agent_json_writer_bool(w, "writable", (m & S_IWUSR) != 0);
    agent_json_writer_bool(w, "executable", (m & S_IXUSR) != 0);
    agent_json_writer_object_end(w);
}


static void
agent_files_entry_time(agent_json_writer_t *w, const char *name,
    const struct timespec *ts)
{
    char  stamp[32];

    agent_json_writer_word(w, name, agent_time_file(stamp, ts));
}


void
agent_files_entry_exists(agent_request_t *r, json_t *body)
{
    agent_files_op_start(r, body, &agent_files_entry_exists_kind);
}


static int
agent_files_entry_exists_run(agent_files_op_t *op)
{
    int              rc;
    agent_beneath_t  b;

    rc = agent_beneath_resolve(&b, op->base, op->path[0],
                               AGENT_BENEATH_FOLLOW);

    agent_beneath_close(&b);

    op->exists = b.exists;

    /* these say that there is nothing; others, that it cannot be known */

    if (rc == -1 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP)) {
        return 0;
    }

    return rc;
}


static void
agent_files_entry_exists_reply(agent_files_op_t *op, agent_json_writer_t *w)
{
    agent_json_writer_bool(w, "exists", op->exists);
}


void
agent_files_entry_chmod(agent_request_t *r, json_t *body)
{
    agent_files_op_start(r, body, &agent_files_entry_chmod_kind);
}


static int
agent_files_entry_chmod_parse(agent_files_op_t *op, json_t *body,
    agent_fault_t *fault)
{
    op->mode = (mode_t) -1;

    if (agent_files_param_mode(body, "mode", &op->mode, fault) != 0) {
        return -1;
    }

    if (op->mode == (mode_t) -1) {
        return agent_fault_invalid(fault, "mode: a string is required, such "
                                   "as \"0644\"");
    }

    return 0;
}


static int
agent_files_entry_chmod_run(agent_files_op_t *op)
{
    int              rc;
    agent_beneath_t  b;

    rc = agent_beneath_resolve(&b, op->base, op->path[0],
                               AGENT_BENEATH_FOLLOW);

    if (rc == 0 && !b.exists) {
        errno = ENOENT;
        rc = -1;
    }

    if (rc == 0) {
        rc = agent_beneath_chmod(b.dir, b.name, op->mode);
    }

    agent_beneath_close(&b);

    return rc;
}


static void
agent_files_entry_chmod_reply(agent_files_op_t *op, agent_json_writer_t *w)
{
    char  octal[8];

    (void) snprintf(octal, sizeof(octal), "%04o", (unsigned) op->mode);
    agent_json_writer_word(w, "mode", octal);
}


void
agent_files_entry_mkdir(agent_request_t *r, json_t *body)
{
    agent_files_op_start(r, body, &agent_files_entry_mkdir_kind);
}


static int
agent_files_entry_mkdir_parse(agent_files_op_t *op, json_t *body,
    agent_fault_t *fault)
{
    int  recursive;

    op->mode = 0755;

    if (agent_json_bool(body, "recursive", &recursive, fault) != 0) {
        return -1;
    }

    op->recursive = recursive;

    return agent_files_param_mode(body, "mode", &op->mode, fault);
}


static int
agent_files_entry_mkdir_run(agent_files_op_t *op)
{
    int              rc;
    agent_beneath_t  b;

    /* a link to a directory is one, and one to nothing cannot be made one */

    rc = agent_beneath_resolve(&b, op->base, op->path[0],
                               op->recursive ? AGENT_BENEATH_PARENTS
                                               |AGENT_BENEATH_FOLLOW : 0);
    if (rc == 0) {
        rc = agent_beneath_mkdir(b.dir, b.name, op->mode);

        if (rc == -1 && errno == EEXIST && op->recursive
            && fstatat(b.dir, b.name, &b.st, AT_SYMLINK_NOFOLLOW) == 0)
        {
            errno = EEXIST;
            rc = S_ISDIR(b.st.st_mode) ? 0 : -1;
        }
    }

    agent_beneath_close(&b);

    return rc;
}


static void
agent_files_entry_mkdir_reply(agent_files_op_t *op, agent_json_writer_t *w)
{
    agent_json_writer_bool(w, "recursive", op->recursive);
}
