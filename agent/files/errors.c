
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/utf8.h"
#include "files/errors.h"
#include "files/url_path.h"
#include "sys/user.h"


typedef struct {
    int          err;
    int          status;           /* when reading */
    int          write_status;
    const char  *code;
    const char  *text;
} agent_files_errno_t;


static int agent_files_groups(size_t n, const gid_t *groups);


/* a missing file is 404 to a reader; to a writer its directory is amiss */

static const agent_files_errno_t  agent_files_errnos[] = {
    { ENOENT, 404, 409, NULL, "no such file or directory" },
    { ENOTDIR, 404, 409, NULL, "a part of the path is not a directory" },
    { EISDIR, 400, 409, "invalid_request", "is a directory" },
    { ENOTEMPTY, 409, 409, "invalid_request", "is a directory" },
    { EEXIST, 409, 409, "invalid_request", "a part of the path is in the way" },
    { EACCES, 403, 403, "invalid_request", "permission denied" },
    { EPERM, 403, 403, "invalid_request", "operation not permitted" },
    { EROFS, 403, 403, "invalid_request", "read-only file system" },
    { ENXIO, 400, 400, "invalid_request", "not a regular file" },
    { ELOOP, 400, 400, "invalid_request", "too many symbolic links" },
    { ENAMETOOLONG, 400, 400, "invalid_request", "the name is too long" },
    { EINVAL, 400, 400, "invalid_request", "the name is not valid" },
    { EAGAIN, 409, 409, "invalid_request", "another process holds the file" },
    { ETXTBSY, 409, 409, "invalid_request", "the file is being executed" },
    { EBUSY, 409, 409, "invalid_request", "the file is in use" },
    { ENOSPC, 507, 507, "no_space", "no space left on the device" },
    { EDQUOT, 507, 507, "no_space", "the disk quota is used up" },
    { EFBIG, 413, 413, "payload_too_large", "the file is too large" },
    { ENOMEM, 503, 503, "capacity_exceeded", "no memory is left" },
    { EMFILE, 503, 503, "capacity_exceeded", "too many files are open" },
    { ENFILE, 503, 503, "capacity_exceeded", "too many files are open" },
    { 0, 0, 0, NULL, NULL }
};


char *
agent_files_path(agent_request_t *r, const char *encoded)
{
    char          path[AGENT_PATH_MAX + 2], *copy;
    agent_path_e  rc;

    rc = agent_path_decode(encoded, path);

    if (rc != AGENT_PATH_OK) {
        agent_http_error(r, rc == AGENT_PATH_OUTSIDE ? 403 : 400,
                         "invalid_request", NULL, "%s",
                         agent_path_strerror(rc));
        return NULL;
    }

    copy = strdup(path);

    if (copy == NULL) {
        agent_files_error(r, ENOMEM, 0, path);
    }

    return copy;
}


/*
 * The C library's setgroups() changes every thread of the process, the system
 * call this one; the others below are of this thread in either form.
 */

static int
agent_files_groups(size_t n, const gid_t *groups)
{
    return (int) syscall(SYS_setgroups, n, groups);
}


int
agent_files_assume(void)
{
    if (geteuid() != 0 || (agent_user.uid == 0 && agent_user.gid == 0)) {
        return 0;
    }

    if (agent_files_groups(agent_user.ngroups, agent_user.groups) == -1) {
        return -1;
    }

    (void) setfsgid(agent_user.gid);
    (void) setfsuid(agent_user.uid);

    /* these two tell of no error; asking for the impossible only reads */

    if ((gid_t) setfsgid(-1) != agent_user.gid
        || (uid_t) setfsuid(-1) != agent_user.uid)
    {
        agent_files_restore();
        errno = EPERM;
        return -1;
    }

    return 0;
}


void
agent_files_restore(void)
{
    int  err;

    if (geteuid() != 0 || (agent_user.uid == 0 && agent_user.gid == 0)) {
        return;
    }

    err = errno;

    (void) setfsuid(0);
    (void) setfsgid(0);
    (void) agent_files_groups(0, NULL);

    /* a change of user sets this to fs.suid_dumpable, which may be 1 */

    if (prctl(PR_GET_DUMPABLE) == 1) {
        (void) prctl(PR_SET_DUMPABLE, 0);
    }

    errno = err;
}


void
agent_files_error(agent_request_t *r, int err, int writing, const char *path)
{
    int                         status;
    json_t                     *context;
    const char                 *code, *text;
    const agent_files_errno_t  *e;

    for (e = agent_files_errnos; e->err != 0 && e->err != err; e++) {
        /* void */
    }

    if (e->err != 0) {
        status = writing ? e->write_status : e->status;
        code = e->code;
        text = e->text;

        if (code == NULL) {
            code = writing ? "invalid_request" : "workspace_read_not_found";
        }

    } else {
        status = 502;
        code = writing ? "workspace_archive_write_error"
                       : "exec_transport_error";
        text = strerror(err);
    }

    context = agent_utf8_valid(path, strlen(path))
              ? json_pack("{s:s}", "path", path) : NULL;

    agent_http_error(r, status, code, context, "%s: %s", path, text);
}


/* not gmtime_r(): it reads /etc/localtime, which a tenant may have replaced */

const char *
agent_files_date(char *buf, time_t t)
{
    int64_t      days, secs, year, month, day, era, doe, yoe, doy, mp;

    static const char  *week[] = {
        "Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"
    };

    static const char  *months[] = {
        "Jan", "Feb", "Mar", "Apr", "May", "Jun",
        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"
    };

    /* the header has four digits for the year, and a file's time any */

    if (t < 0) {
        t = 0;
    }

    if (t > 253402300799) {
        t = 253402300799;
    }

    days = t / 86400;
    secs = t % 86400;

    /* years that begin in March, in eras of 400 of them */

    era = (days + 719468) / 146097;
    doe = (days + 719468) % 146097;
    yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    mp = (5 * doy + 2) / 153;

    day = doy - (153 * mp + 2) / 5 + 1;
    month = (mp < 10) ? mp + 3 : mp - 9;
    year = yoe + era * 400 + (month <= 2);

    (void) snprintf(buf, 32, "%s, %02d %s %04d %02d:%02d:%02d GMT",
                    week[days % 7], (int) day, months[month - 1], (int) year,
                    (int) (secs / 3600), (int) (secs / 60 % 60),
                    (int) (secs % 60));

    return buf;
}
