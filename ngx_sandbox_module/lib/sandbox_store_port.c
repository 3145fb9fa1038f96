
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
#include <sys/stat.h>
#include <unistd.h>

#include "lib/sandbox_file.h"
#include "lib/sandbox_name.h"
#include "lib/sandbox_policy.h"
#include "lib/sandbox_policy_json.h"
#include "lib/sandbox_spec.h"
#include "lib/sandbox_store.h"
#include "lib/sandbox_store_dir.h"
#include "lib/sandbox_store_port.h"


#define SANDBOX_PORT_NAME  sizeof("65535")


static void sandbox_port_name(uint16_t port, char *name);


int
sandbox_store_port_read(sandbox_store_t *store, const char *id,
    uint16_t port, sandbox_policy_t *policy)
{
    int          dir, ports, rc, err;
    char        *text, name[SANDBOX_PORT_NAME];
    char         run[SANDBOX_RANDOM_LEN + 1];
    size_t       len;
    struct stat  st;

    memset(policy, 0, sizeof(sandbox_policy_t));

    dir = sandbox_store_dir_open_run(store, id, "", run, &ports);
    if (dir == -1) {
        return -1;
    }

    rc = -1;

    sandbox_port_name(port, name);

    text = sandbox_file_read(ports, name, SANDBOX_SPEC_MAX, &len, &st);

    if (text) {
        rc = sandbox_policy_json_parse(text, len, policy);
    }

    if (rc == 0) {
        policy->port = port;
        memcpy(policy->run, run, sizeof(run));
        sandbox_store_dir_stamp(&policy->stamp, &st);
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
    char        *text, name[SANDBOX_PORT_NAME];
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

    dir = sandbox_store_dir_open_run(store, id, policy->run, run, &ports);

    if (dir != -1) {
        sandbox_port_name(policy->port, name);

        rc = sandbox_store_dir_write(store, id, dir, ports, name, text, &st);

        if (rc == 0) {
            sandbox_store_dir_stamp(&policy->stamp, &st);
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
    char  name[SANDBOX_PORT_NAME], own[SANDBOX_RANDOM_LEN + 1];

    dir = sandbox_store_dir_open_run(store, id, run ? run : "", own, &ports);
    if (dir == -1) {
        return -1;
    }

    sandbox_port_name(port, name);

    rc = unlinkat(ports, name, 0);

    /* a revoked port must not reappear after a power failure */

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
        if (errno == ENOTDIR) {
            errno = ENOENT;
        }

        return -1;
    }

    sandbox_store_dir_stamp(stamp, &st);

    return 0;
}


ssize_t
sandbox_store_port_list(sandbox_store_t *store, const char *id, uint16_t *ports,
    size_t max)
{
    int             dir, at, rc, err;
    DIR            *list;
    char            run[SANDBOX_RANDOM_LEN + 1];
    size_t          n;
    unsigned        port;
    uint8_t         seen[(SANDBOX_PORT_MAX + 1) / 8];
    struct dirent  *entry;

    dir = sandbox_store_dir_open_run(store, id, "", run, &at);
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


static void
sandbox_port_name(uint16_t port, char *name)
{
    (void) snprintf(name, SANDBOX_PORT_NAME, "%u", (unsigned) port);
}
