
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/sandbox_file.h"
#include "lib/sandbox_name.h"
#include "lib/sandbox_policy.h"
#include "lib/sandbox_policy_json.h"
#include "lib/sandbox_spec.h"
#include "lib/sandbox_store.h"
#include "lib/sandbox_store_dir.h"
#include "lib/sandbox_store_files.h"


#define SANDBOX_POLICY_NAME  sizeof("65535")


static int sandbox_files_dir(sandbox_store_t *store, const char *id,
    const char *of, char *run, int *ports);
static int sandbox_files_write(sandbox_store_t *store, const char *id,
    int dir, int at, const char *name, const char *text, struct stat *st);
static void sandbox_files_name(uint16_t port, char *name);


int
sandbox_store_update(sandbox_store_t *store, const char *id,
    sandbox_spec_t *spec)
{
    int              dir, rc, err;
    char            *text, run[SANDBOX_RANDOM_LEN + 1];
    struct stat      st;
    sandbox_stamp_t  now;

    spec->generation++;

    text = sandbox_spec_format(spec);
    if (text == NULL) {
        spec->generation--;
        return -1;
    }

    rc = -1;

    dir = sandbox_files_dir(store, id, spec->run, run, NULL);

    if (dir == -1) {
        goto done;
    }

    if (flock(dir, LOCK_EX|LOCK_NB) == 0
        && fstatat(dir, "spec.json", &st, AT_SYMLINK_NOFOLLOW) == 0)
    {
        sandbox_store_stamp_set(&now, &st);

        if (sandbox_store_stamp_equal(&now, &spec->stamp)) {
            rc = sandbox_files_write(store, id, dir, dir, "spec.json", text,
                                     &st);

        } else {
            errno = ESTALE;
        }
    }

    if (rc == 0) {
        sandbox_store_stamp_set(&spec->stamp, &st);
    }

    err = errno;
    close(dir);
    errno = err;

done:

    if (rc == -1) {
        spec->generation--;
    }

    err = errno;
    free(text);
    errno = err;

    return rc;
}


int
sandbox_store_container_read(sandbox_store_t *store, const char *id,
    sandbox_container_t *c)
{
    int          dir, rc, err;
    char        *text, run[SANDBOX_RANDOM_LEN + 1];
    size_t       len;
    struct stat  st;

    memset(c, 0, sizeof(sandbox_container_t));

    dir = sandbox_store_dir_open(sandbox_store_fd(store), id, run);
    if (dir == -1) {
        return -1;
    }

    rc = -1;

    text = sandbox_file_read(dir, "container", SANDBOX_SPEC_MAX, &len, &st);

    if (text) {
        rc = sandbox_spec_parse_container(text, len, c);
        memcpy(c->run, run, sizeof(run));
    }

    err = errno;
    free(text);
    close(dir);
    errno = err;

    return rc;
}


int
sandbox_store_container_write(sandbox_store_t *store, const char *id,
    const sandbox_container_t *c)
{
    int          dir, rc, err;
    char        *text, run[SANDBOX_RANDOM_LEN + 1];
    struct stat  st;

    text = sandbox_spec_format_container(c);
    if (text == NULL) {
        return -1;
    }

    rc = -1;

    dir = sandbox_files_dir(store, id, c->run, run, NULL);

    if (dir != -1) {
        rc = sandbox_files_write(store, id, dir, dir, "container", text, &st);

        err = errno;
        close(dir);
        errno = err;
    }

    err = errno;
    free(text);
    errno = err;

    return rc;
}


int
sandbox_store_container_remove(sandbox_store_t *store, const char *id)
{
    char  path[SANDBOX_ID_MAX + sizeof("/container")];

    (void) snprintf(path, sizeof(path), "%s/container", id);

    return unlinkat(sandbox_store_fd(store), path, 0);
}


int
sandbox_store_port_read(sandbox_store_t *store, const char *id,
    uint16_t port, sandbox_policy_t *policy)
{
    int          dir, ports, rc, err;
    char        *text, name[SANDBOX_POLICY_NAME];
    char         run[SANDBOX_RANDOM_LEN + 1];
    size_t       len;
    struct stat  st;

    memset(policy, 0, sizeof(sandbox_policy_t));

    dir = sandbox_files_dir(store, id, "", run, &ports);
    if (dir == -1) {
        return -1;
    }

    rc = -1;

    sandbox_files_name(port, name);

    text = sandbox_file_read(ports, name, SANDBOX_SPEC_MAX, &len, &st);

    if (text) {
        rc = sandbox_policy_json_parse(text, len, policy);
    }

    if (rc == 0) {
        policy->port = port;
        memcpy(policy->run, run, sizeof(run));
        sandbox_store_stamp_set(&policy->stamp, &st);
    }

    err = errno;
    free(text);
    close(ports);
    close(dir);
    errno = err;

    return rc;
}


int
sandbox_store_port_write(sandbox_store_t *store, const char *id,
    sandbox_policy_t *policy)
{
    int          dir, ports, rc, err;
    char        *text, name[SANDBOX_POLICY_NAME];
    char         run[SANDBOX_RANDOM_LEN + 1];
    struct stat  st;

    if (policy->port < SANDBOX_PORT_MIN) {
        errno = EINVAL;
        return -1;
    }

    text = sandbox_policy_json_format(policy);
    if (text == NULL) {
        return -1;
    }

    rc = -1;

    dir = sandbox_files_dir(store, id, policy->run, run, &ports);

    if (dir != -1) {
        sandbox_files_name(policy->port, name);

        rc = sandbox_files_write(store, id, dir, ports, name, text, &st);

        if (rc == 0) {
            sandbox_store_stamp_set(&policy->stamp, &st);
        }

        err = errno;
        close(ports);
        close(dir);
        errno = err;
    }

    err = errno;
    free(text);
    errno = err;

    return rc;
}


int
sandbox_store_port_remove(sandbox_store_t *store, const char *id,
    const char *run, uint16_t port)
{
    int   dir, ports, rc, err;
    char  name[SANDBOX_POLICY_NAME], own[SANDBOX_RANDOM_LEN + 1];

    dir = sandbox_files_dir(store, id, run ? run : "", own, &ports);
    if (dir == -1) {
        return -1;
    }

    sandbox_files_name(port, name);

    rc = unlinkat(ports, name, 0);

    /* what was revoked must not come back after a loss of power */

    if (rc == 0) {
        rc = fsync(ports);
    }

    err = errno;
    close(ports);
    close(dir);
    errno = err;

    return rc;
}


int
sandbox_store_port_stamp(sandbox_store_t *store, const char *id,
    uint16_t port, sandbox_stamp_t *stamp)
{
    char         path[SANDBOX_ID_MAX + sizeof("/ports/65535")];
    struct stat  st;

    (void) snprintf(path, sizeof(path), "%s/ports/%u", id, (unsigned) port);

    if (fstatat(sandbox_store_fd(store), path, &st, AT_SYMLINK_NOFOLLOW)
        == -1)
    {
        return -1;
    }

    sandbox_store_stamp_set(stamp, &st);

    return 0;
}


ssize_t
sandbox_store_ports(sandbox_store_t *store, const char *id, uint16_t *ports,
    size_t max)
{
    int             dir, at, rc, err;
    DIR            *list;
    char            run[SANDBOX_RANDOM_LEN + 1];
    size_t          n;
    unsigned        port;
    uint8_t         seen[(SANDBOX_PORT_MAX + 1) / 8];
    struct dirent  *entry;

    dir = sandbox_files_dir(store, id, "", run, &at);
    if (dir == -1) {
        return -1;
    }

    rc = -1;

    list = sandbox_file_list(at, ".");

    if (list) {
        memset(seen, 0, sizeof(seen));

        while ((rc = sandbox_file_next(list, &entry)) == 1) {
            port = sandbox_name_port_parse(entry->d_name,
                                           strlen(entry->d_name));

            if (port
                && (entry->d_type == DT_REG || entry->d_type == DT_UNKNOWN))
            {
                seen[port / 8] |= (uint8_t) (1 << port % 8);
            }
        }

        err = errno;
        closedir(list);
        errno = err;
    }

    err = errno;
    close(at);
    close(dir);
    errno = err;

    if (rc == -1) {
        return -1;
    }

    n = 0;

    for (port = SANDBOX_PORT_MIN; port <= SANDBOX_PORT_MAX && n < max; port++)
    {
        if (seen[port / 8] == 0) {
            port |= 7;

        } else if (seen[port / 8] & 1 << port % 8) {
            ports[n++] = (uint16_t) port;
        }
    }

    return (ssize_t) n;
}


/*
 * The sandbox's directory, and its ports if asked for; ENOENT when of, unless
 * it is empty, is another run than the id's
 */

static int
sandbox_files_dir(sandbox_store_t *store, const char *id, const char *of,
    char *run, int *ports)
{
    int  dir;

    dir = sandbox_store_dir_open(sandbox_store_fd(store), id, run);
    if (dir == -1) {
        return -1;
    }

    if (of[0] && strcmp(of, run) != 0) {
        errno = ENOENT;
        return sandbox_file_close_error(dir);
    }

    if (ports == NULL) {
        return dir;
    }

    *ports = sandbox_file_dir(dir, "ports");
    if (*ports != -1) {
        return dir;
    }

    /* without it the sandbox is being deleted, or damaged */

    if (errno == ENOTDIR
        || (errno == ENOENT
            && sandbox_store_dir_has(sandbox_store_fd(store), id, dir)))
    {
        errno = EBADMSG;
    }

    return sandbox_file_close_error(dir);
}


static int
sandbox_files_write(sandbox_store_t *store, const char *id, int dir, int at,
    const char *name, const char *text, struct stat *st)
{
    if (sandbox_file_replace(at, name, text, strlen(text), st) == -1) {
        return -1;
    }

    if (sandbox_store_dir_has(sandbox_store_fd(store), id, dir)) {
        return 0;
    }

    /* it went to .trash-* meanwhile, and is perhaps being deleted now */

    (void) unlinkat(at, name, 0);

    errno = ENOENT;

    return -1;
}


static void
sandbox_files_name(uint16_t port, char *name)
{
    (void) snprintf(name, SANDBOX_POLICY_NAME, "%u", (unsigned) port);
}
