
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdio.h>
#include <string.h>

#include "lib/sandbox_backup.h"
#include "lib/sandbox_name.h"
#include "lib/sandbox_route.h"
#include "lib/sandbox_route_table.h"


/* of a process, a terminal, a context, a watcher or a session */
#define SANDBOX_ROUTE_NAME_MAX  128


#define sandbox_route_is_named(e)                                             \
    ((e)->kind == SANDBOX_ROUTE_PROCESS                                       \
     || (e)->kind == SANDBOX_ROUTE_TERMINAL                                   \
     || (e)->kind == SANDBOX_ROUTE_CONTEXT                                    \
     || (e)->kind == SANDBOX_ROUTE_WATCHER)


static const sandbox_route_entry_t *sandbox_route_find_below(
    const sandbox_text_t *prefix, const sandbox_route_entry_t *table,
    const char *tail, size_t len);
static const sandbox_route_entry_t *sandbox_route_other(const char *path,
    size_t len, sandbox_route_t *route);
static int sandbox_route_dots(const char *path, size_t len);
static const sandbox_route_entry_t *sandbox_route_find(const char *tail,
    size_t len);
static char *sandbox_route_list_table(char *p, char *last,
    const sandbox_route_entry_t *table);
static const sandbox_route_entry_t *sandbox_route_port(
    const sandbox_route_entry_t *e, sandbox_route_t *route);


static const char  sandbox_route_base[] = "/v1/sandbox";


int
sandbox_route_parse(const char *path, size_t len, sandbox_route_t *route)
{
    size_t                        base, n;
    const char                   *p;
    const sandbox_route_entry_t  *e;

    memset(route, 0, sizeof(sandbox_route_t));

    route->allow = "";
    route->pattern = "";

    if (len == 0 || path[0] != '/' || sandbox_route_dots(path, len)) {
        return SANDBOX_ROUTE_BAD_PATH;
    }

    base = sizeof(sandbox_route_base) - 1;
    e = sandbox_route_other(path, len, route);

    if (e == NULL && len >= base
        && memcmp(path, sandbox_route_base, base) == 0)
    {

        path += base;
        len -= base;

        if (len == 0) {
            e = &sandbox_route_table_sandboxes;

        } else if (path[0] == '/' && len > 1) {
            path++;
            len--;

            p = memchr(path, '/', len);
            n = p ? (size_t) (p - path) : len;

            if (!sandbox_name_id_valid(path, n)) {
                return SANDBOX_ROUTE_BAD_ID;
            }

            route->id.data = path;
            route->id.len = n;

            route->tail.data = path + n;
            route->tail.len = len - n;

            e = sandbox_route_find(route->tail.data, route->tail.len);
        }
    }

    if (e && e->kind == SANDBOX_ROUTE_PORT) {
        e = sandbox_route_port(e, route);
    }

    if (e && e->kind == SANDBOX_ROUTE_TUNNEL) {
        route->port.data = route->tail.data + e->tail.len;
        route->port.len = route->tail.len - e->tail.len;
    }

    if (e == NULL) {
        return SANDBOX_ROUTE_OK;
    }

    route->kind = e->kind;
    route->allow = e->allow;
    route->pattern = e->pattern;

    return SANDBOX_ROUTE_OK;
}


static const sandbox_route_entry_t *
sandbox_route_other(const char *path, size_t len, sandbox_route_t *route)
{
    const sandbox_route_entry_t  *e;

    for (e = sandbox_route_table_others; e->tail.data; e++) {

        if (len < e->tail.len || memcmp(path, e->tail.data, e->tail.len) != 0) {
            continue;
        }

        if (len == e->tail.len && !e->prefix) {
            return e;
        }

        if (e->prefix
            && sandbox_backup_id_valid(path + e->tail.len, len - e->tail.len))
        {
            route->backup.data = path + e->tail.len;
            route->backup.len = len - e->tail.len;

            return e;
        }
    }

    return NULL;
}


/* a route of a port; the number ends at a slash or the end of the path */

static const sandbox_route_entry_t *
sandbox_route_port(const sandbox_route_entry_t *e, sandbox_route_t *route)
{
    size_t       len, n;
    const char  *p, *slash;

    p = route->tail.data + e->tail.len;
    len = route->tail.len - e->tail.len;

    slash = memchr(p, '/', len);
    n = slash ? (size_t) (slash - p) : len;

    route->port.data = p;
    route->port.len = n;

    if (slash == NULL) {
        return e;
    }

    p += n;
    len -= n;

    for (e = sandbox_route_table_ports; e->tail.data; e++) {

        if (len < e->tail.len || memcmp(p, e->tail.data, e->tail.len) != 0) {
            continue;
        }

        if (len == e->tail.len && !e->prefix) {
            return e;
        }

        if (len > e->tail.len && e->prefix
            && memchr(p + e->tail.len, '/', len - e->tail.len) == NULL)
        {
            route->link.data = p + e->tail.len;
            route->link.len = len - e->tail.len;

            return e;
        }
    }

    /* not a route: only the id is set */

    route->port.data = NULL;
    route->port.len = 0;

    return NULL;
}


static const sandbox_route_entry_t *
sandbox_route_find(const char *tail, size_t len)
{
    const sandbox_route_entry_t  *e;
    const sandbox_route_named_t  *named;

    for (e = sandbox_route_table; e->tail.data; e++) {

        if (len < e->tail.len || memcmp(tail, e->tail.data, e->tail.len) != 0) {
            continue;
        }

        if (len == e->tail.len) {

            if (e->kind == SANDBOX_ROUTE_PORT
                || e->kind == SANDBOX_ROUTE_TUNNEL)
            {
                continue;
            }

            return e;
        }

        if (!e->prefix) {
            continue;
        }

        return e;
    }

    for (named = sandbox_route_table_named; named->table; named++) {

        e = sandbox_route_find_below(&named->prefix, named->table, tail, len);

        if (e) {
            return e;
        }
    }

    return NULL;
}


/* the prefix, a name of [A-Za-z0-9._-]{1,128}, and a route of the table */

static const sandbox_route_entry_t *
sandbox_route_find_below(const sandbox_text_t *prefix,
    const sandbox_route_entry_t *table, const char *tail, size_t len)
{
    size_t                        n;
    const char                   *rest, *slash;
    const sandbox_route_entry_t  *e;

    if (len <= prefix->len || memcmp(tail, prefix->data, prefix->len) != 0) {
        return NULL;
    }

    rest = tail + prefix->len;
    len -= prefix->len;

    slash = memchr(rest, '/', len);
    n = slash ? (size_t) (slash - rest) : len;

    if (!sandbox_name_chars(rest, n, 1, SANDBOX_ROUTE_NAME_MAX, "._-")) {
        return NULL;
    }

    for (e = table; e->tail.data; e++) {

        if (e->tail.len == len - n
            && memcmp(rest + n, e->tail.data, e->tail.len) == 0)
        {
            return e;
        }
    }

    return NULL;
}


static int
sandbox_route_dots(const char *path, size_t len)
{
    size_t  i, dots, other;

    dots = 0;
    other = 0;

    for (i = 0; i < len; i++) {

        if (path[i] == '/') {

            if (!other && (dots == 1 || dots == 2)) {
                return 1;
            }

            dots = 0;
            other = 0;

        } else if (path[i] == '.') {
            dots++;

        } else if (len - i > 2 && path[i] == '%' && path[i + 1] == '2'
                   && (path[i + 2] == 'e' || path[i + 2] == 'E'))
        {
            dots++;
            i += 2;

        } else {
            other = 1;
        }
    }

    return !other && (dots == 1 || dots == 2);
}


int
sandbox_route_method(const sandbox_route_t *route, const char *method,
    size_t len)
{
    size_t       n;
    const char  *p;

    for (p = route->allow; *p; p += n) {

        n = strcspn(p, ", ");

        if (n == len && memcmp(p, method, n) == 0) {
            return len != 0;
        }

        n += strspn(p + n, ", ");
    }

    return 0;
}


void
sandbox_route_list(char buf[SANDBOX_ROUTE_LIST_SIZE])
{
    char                         *p, *last;
    const sandbox_route_named_t  *named;

    last = buf + SANDBOX_ROUTE_LIST_SIZE;

    p = sandbox_route_list_table(buf, last, sandbox_route_table);
    p = sandbox_route_list_table(p, last, sandbox_route_table_ports);

    for (named = sandbox_route_table_named; named->table; named++) {
        p = sandbox_route_list_table(p, last, named->table);
    }
}


static char *
sandbox_route_list_table(char *p, char *last,
    const sandbox_route_entry_t *table)
{
    int                           n;
    const char                   *name, *before;
    const sandbox_route_entry_t  *e;

    /* each pattern is the base, the place of the id, and the name */

    before = "";

    for (e = table; e->tail.data; e++) {

        name = e->pattern + sizeof("/v1/sandbox/:id") - 1;

        if (*name == '\0' || strcmp(e->pattern, before) == 0) {
            continue;
        }

        before = e->pattern;

        /* there are many of files: "api/stat|exists|mkdir" */

        if (e->kind == SANDBOX_ROUTE_FILES && e[-1].kind == e->kind) {
            n = snprintf(p, (size_t) (last - p), "|%s",
                         name + sizeof("/api/") - 1);

        } else {
            n = snprintf(p, (size_t) (last - p), "%s%s%s",
                         e == sandbox_route_table + 1 ? "" : ", ", name + 1,
                         sandbox_route_is_named(e) ? ", and below it" : "");
        }

        if (n >= last - p) {
            *p = '\0';
            break;
        }

        p += n;

        if (sandbox_route_is_named(e)) {
            break;
        }
    }

    return p;
}
