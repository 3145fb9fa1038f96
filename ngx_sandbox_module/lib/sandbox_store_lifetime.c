
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/sandbox_file.h"
#include "lib/sandbox_name.h"
#include "lib/sandbox_store.h"
#include "lib/sandbox_store_dir.h"
#include "lib/sandbox_store_lifetime.h"


/*
 * The last exit of a sandbox is stored as the target of a symlink,
 * "killed,137,<ms>": it is replaced atomically, without waiting for the disk.
 */


#define SANDBOX_EXIT_TEXT  64


static int sandbox_exit_parse(char *text, sandbox_exit_t *end);


int
sandbox_store_lifetime_read(sandbox_store_t *store, const char *id,
    sandbox_exit_t *end)
{
    char     path[SANDBOX_ID_MAX + sizeof("/ended")];
    char     text[SANDBOX_EXIT_TEXT];
    ssize_t  n;

    (void) snprintf(path, sizeof(path), "%s/ended", id);

    n = readlinkat(sandbox_store_fd(store), path, text, sizeof(text));

    if (n == -1) {
        errno = (errno == EINVAL) ? EBADMSG : errno;
        return -1;
    }

    if (n == sizeof(text)) {
        errno = EBADMSG;
        return -1;
    }

    text[n] = '\0';

    return sandbox_exit_parse(text, end);
}


static int
sandbox_exit_parse(char *text, sandbox_exit_t *end)
{
    int        n, code;
    char      *comma;
    long long  ms;

    n = 0;
    comma = strchr(text, ',');

    if (comma == NULL || comma == text
        || (size_t) (comma - text) > SANDBOX_EXIT_REASON_MAX
        || sscanf(comma, ",%d,%lld%n", &code, &ms, &n) != 2
        || comma[n] != '\0' || ms < 0)
    {
        errno = EBADMSG;
        return -1;
    }

    *comma = '\0';

    (void) strcpy(end->reason, text);
    end->exit_code = code;
    end->at_ms = ms;

    return 0;
}


int
sandbox_store_lifetime_write(sandbox_store_t *store, const char *id,
    const char *run, const sandbox_exit_t *end)
{
    int   dir, rc, err;
    char  has[SANDBOX_RANDOM_LEN + 1], text[SANDBOX_EXIT_TEXT];

    dir = sandbox_store_dir_open(sandbox_store_fd(store), id, has);
    if (dir == -1) {
        return -1;
    }

    if (strcmp(has, run) != 0) {
        errno = ENOENT;
        return sandbox_file_close_error(dir);
    }

    (void) snprintf(text, sizeof(text), "%s,%d,%lld", end->reason,
                    end->exit_code, (long long) end->at_ms);

    rc = -1;

    if (unlinkat(dir, ".ended", 0) == 0 || errno == ENOENT) {
        rc = symlinkat(text, dir, ".ended");
    }

    if (rc == 0) {
        rc = renameat(dir, ".ended", dir, "ended");
    }

    err = errno;
    close(dir);
    errno = err;

    return rc;
}


int64_t
sandbox_store_lifetime_changed(sandbox_store_t *store, const char *id,
    int *ended)
{
    char             path[SANDBOX_ID_MAX + sizeof("/lock")];
    struct stat      st;
    struct timespec  t;

    (void) snprintf(path, sizeof(path), "%s/lock", id);

    if (fstatat(sandbox_store_fd(store), path, &st, AT_SYMLINK_NOFOLLOW)
        == -1)
    {
        return -1;
    }

    t = st.st_mtim;

    *ended = (st.st_atim.tv_sec > t.tv_sec
              || (st.st_atim.tv_sec == t.tv_sec
                  && st.st_atim.tv_nsec >= t.tv_nsec));

    if (*ended) {
        t = st.st_atim;
    }

    return (int64_t) t.tv_sec * 1000 + t.tv_nsec / 1000000;
}


int
sandbox_store_lifetime_started(sandbox_store_t *store, const char *id)
{
    char             path[SANDBOX_ID_MAX + sizeof("/lock")];
    struct timespec  times[2];

    (void) snprintf(path, sizeof(path), "%s/lock", id);

    /* UTIME_NOW is coarse and could precede an exit recorded before */

    if (clock_gettime(CLOCK_REALTIME, &times[1]) == -1) {
        return -1;
    }

    times[0].tv_sec = 0;
    times[0].tv_nsec = 0;

    return utimensat(sandbox_store_fd(store), path, times,
                     AT_SYMLINK_NOFOLLOW);
}


int
sandbox_store_lifetime_ended(sandbox_store_t *store, const char *id, int64_t ms)
{
    char             path[SANDBOX_ID_MAX + sizeof("/lock")];
    struct stat      st;
    struct timespec  times[2];

    (void) snprintf(path, sizeof(path), "%s/lock", id);

    if (fstatat(sandbox_store_fd(store), path, &st, AT_SYMLINK_NOFOLLOW)
        == -1)
    {
        return -1;
    }

    times[0].tv_sec = ms / 1000;
    times[0].tv_nsec = (ms % 1000) * 1000000;
    times[1].tv_sec = 0;
    times[1].tv_nsec = UTIME_OMIT;

    if (times[0].tv_sec < st.st_mtim.tv_sec
        || (times[0].tv_sec == st.st_mtim.tv_sec
            && times[0].tv_nsec < st.st_mtim.tv_nsec))
    {
        times[0] = st.st_mtim;
    }

    return utimensat(sandbox_store_fd(store), path, times,
                     AT_SYMLINK_NOFOLLOW);
}
