
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdlib.h>
#include <stdint.h>
#include <string.h>

#include "base/file.h"
#include "sys/user.h"


/* the tenant can write these files: limit their size */
#define AGENT_PASSWD_MAX  (1024 * 1024)


static int agent_user_number(const char *s, uint32_t *number);
static char *agent_user_line(char **text, char *field[], size_t n);
static void agent_user_copy(char *dst, size_t size, const char *src);
static int agent_user_passwd(agent_user_t *user, const char *name);
static int agent_user_group(const char *name, gid_t *gid);
static void agent_user_groups(agent_user_t *user);
static void agent_user_find(const char *file, uint32_t id, char *name);


agent_user_t  agent_user;


int
agent_user_resolve(agent_user_t *user, const char *spec)
{
    char      name[128], *group;
    uint32_t  number;

    memset(user, 0, sizeof(agent_user_t));

    if (strlen(spec) >= sizeof(name)) {
        return -1;
    }

    strcpy(name, spec);

    group = strchr(name, ':');

    if (group) {
        *group++ = '\0';
    }

    if (name[0] == '\0') {
        strcpy(name, "0");
    }

    if (agent_user_passwd(user, name) != 0) {

        if (agent_user_number(name, &number) != 0) {
            return -1;
        }

        user->uid = number;
        user->gid = 0;
    }

    if (group && *group) {

        if (agent_user_group(group, &user->gid) != 0) {
            return -1;
        }

        /* like an engine does: a named group excludes supplementary groups */
        return 0;
    }

    if (user->name[0]) {
        agent_user_groups(user);
    }

    return 0;
}


static int
agent_user_number(const char *s, uint32_t *number)
{
    uint64_t  n;

    if (*s == '\0') {
        return -1;
    }

    for (n = 0; *s; s++) {

        if (*s < '0' || *s > '9') {
            return -1;
        }

        n = n * 10 + (*s - '0');

        /* the largest id means "unchanged" to the kernel */

        if (n >= UINT32_MAX) {
            return -1;
        }
    }

    *number = (uint32_t) n;

    return 0;
}


/* takes the next line with at least n fields from text */

static char *
agent_user_line(char **text, char *field[], size_t n)
{
    char    *line, *p;
    size_t   i;

    while (**text) {
        line = *text;
        p = strchr(line, '\n');

        if (p) {
            *p = '\0';
            *text = p + 1;

        } else {
            *text = line + strlen(line);
        }

        for (i = 0, p = line; i < n; i++) {
            field[i] = p;

            p = strchr(p, ':');

            if (p == NULL) {
                i++;
                break;
            }

            *p++ = '\0';
        }

        if (i == n) {
            return line;
        }
    }

    return NULL;
}


static void
agent_user_copy(char *dst, size_t size, const char *src)
{
    size_t  len;

    len = strlen(src);

    /* a truncated name would be a different one */

    if (len >= size) {
        len = 0;
    }

    memcpy(dst, src, len);
    dst[len] = '\0';
}


static int
agent_user_passwd(agent_user_t *user, const char *name)
{
    char      *text, *rest, *f[6];
    size_t     len;
    uint32_t   number, uid, gid;
    int        numeric;

    text = agent_file_read("/etc/passwd", AGENT_PASSWD_MAX, &len);

    if (text == NULL) {
        return -1;
    }

    number = 0;
    numeric = (agent_user_number(name, &number) == 0);

    rest = text;

    while (agent_user_line(&rest, f, 6)) {

        if (agent_user_number(f[2], &uid) != 0
            || agent_user_number(f[3], &gid) != 0)
        {
            continue;
        }

        if (strcmp(f[0], name) == 0 || (numeric && uid == number)) {
            user->uid = uid;
            user->gid = gid;

            agent_user_copy(user->name, sizeof(user->name), f[0]);
            agent_user_copy(user->home, sizeof(user->home), f[5]);

            free(text);
            return 0;
        }
    }

    free(text);

    return -1;
}


static int
agent_user_group(const char *name, gid_t *gid)
{
    char      *text, *rest, *f[3];
    size_t     len;
    uint32_t   number;

    text = agent_file_read("/etc/group", AGENT_PASSWD_MAX, &len);

    if (text) {
        rest = text;

        while (agent_user_line(&rest, f, 3)) {

            if (strcmp(f[0], name) == 0
                && agent_user_number(f[2], &number) == 0)
            {
                *gid = number;
                free(text);
                return 0;
            }
        }

        free(text);
    }

    if (agent_user_number(name, &number) != 0) {
        return -1;
    }

    *gid = number;

    return 0;
}


static void
agent_user_groups(agent_user_t *user)
{
    char      *text, *rest, *member, *next, *f[4];
    size_t     len;
    uint32_t   gid;

    text = agent_file_read("/etc/group", AGENT_PASSWD_MAX, &len);

    if (text == NULL) {
        return;
    }

    rest = text;

    while (user->ngroups < AGENT_USER_GROUPS
           && agent_user_line(&rest, f, 4))
    {
        if (agent_user_number(f[2], &gid) != 0) {
            continue;
        }

        for (member = f[3]; member; member = next) {
            next = strchr(member, ',');

            if (next) {
                *next++ = '\0';
            }

            if (strcmp(member, user->name) == 0) {
                user->groups[user->ngroups++] = gid;
                break;
            }
        }
    }

    free(text);
}


void
agent_user_name(uid_t uid, char *name)
{
    agent_user_find("/etc/passwd", uid, name);
}


void
agent_user_group_name(gid_t gid, char *name)
{
    agent_user_find("/etc/group", gid, name);
}


/* both files have the name first, and the id third */

static void
agent_user_find(const char *file, uint32_t id, char *name)
{
    char      *text, *rest, *f[3];
    size_t     len;
    uint32_t   number;

    name[0] = '\0';

    text = agent_file_read(file, AGENT_PASSWD_MAX, &len);

    if (text == NULL) {
        return;
    }

    rest = text;

    while (agent_user_line(&rest, f, 3)) {

        if (agent_user_number(f[2], &number) == 0 && number == id) {
            agent_user_copy(name, AGENT_USER_NAME, f[0]);
            break;
        }
    }

    free(text);
}
