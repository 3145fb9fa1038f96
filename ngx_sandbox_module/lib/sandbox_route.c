
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdio.h>
#include <string.h>

#include "lib/sandbox_backup.h"
#include "lib/sandbox_name.h"
#include "lib/sandbox_route.h"


typedef struct {
    sandbox_text_t    tail;
    sandbox_route_e   kind;
    const char       *allow;
    const char       *pattern;
    int               prefix;
} sandbox_route_entry_t;


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


#define sandbox_route_text(s)  { s, sizeof(s) - 1 }

#define sandbox_route_is_named(e)                                             \
    ((e)->kind == SANDBOX_ROUTE_PROCESS                                       \
     || (e)->kind == SANDBOX_ROUTE_TERMINAL                                   \
     || (e)->kind == SANDBOX_ROUTE_CONTEXT                                    \
     || (e)->kind == SANDBOX_ROUTE_WATCHER)


static const char  sandbox_route_base[] = "/v1/sandbox";


/* routes outside of "/v1/sandbox" */

static const sandbox_route_entry_t  sandbox_route_others[] = {

    { sandbox_route_text("/health"), SANDBOX_ROUTE_HEALTH,
      "GET, HEAD", "/health", 0 },

    { sandbox_route_text("/v1/openapi.json"), SANDBOX_ROUTE_OPENAPI,
      "GET, HEAD", "/v1/openapi.json", 0 },

    { sandbox_route_text("/v1/openapi.html"), SANDBOX_ROUTE_OPENAPI_PAGE,
      "GET, HEAD", "/v1/openapi.html", 0 },

    { sandbox_route_text("/v1/openapi"), SANDBOX_ROUTE_OPENAPI_PAGE,
      "GET, HEAD", "/v1/openapi", 0 },

    { sandbox_route_text("/v1/pool/stats"), SANDBOX_ROUTE_POOL,
      "GET, HEAD", "/v1/pool/stats", 0 },

    { sandbox_route_text("/v1/pool/prime"), SANDBOX_ROUTE_POOL_CHANGE,
      "POST", "/v1/pool/prime", 0 },

    { sandbox_route_text("/v1/pool/shutdown-prewarmed"),
      SANDBOX_ROUTE_POOL_CHANGE,
      "POST", "/v1/pool/shutdown-prewarmed", 0 },

    { sandbox_route_text("/v1/backup"), SANDBOX_ROUTE_BACKUPS,
      "GET, HEAD", "/v1/backup", 0 },

    { sandbox_route_text("/v1/backup/"), SANDBOX_ROUTE_BACKUP,
      "GET, HEAD, DELETE", "/v1/backup/:backup", 1 },

    { { NULL, 0 }, SANDBOX_ROUTE_NONE, "", "", 0 }
};


static const sandbox_route_entry_t  sandbox_route_sandboxes = {
    sandbox_route_text(""), SANDBOX_ROUTE_SANDBOXES,
    "GET, HEAD, POST", "/v1/sandbox", 0
};


/* routes below "/ports/:port" */

static const sandbox_route_entry_t  sandbox_route_ports[] = {

    { sandbox_route_text("/links"), SANDBOX_ROUTE_LINKS,
      "GET, HEAD, POST", "/v1/sandbox/:id/ports/:port/links", 0 },

    { sandbox_route_text("/links/"), SANDBOX_ROUTE_LINK,
      "DELETE", "/v1/sandbox/:id/ports/:port/links/:name", 1 },

    { sandbox_route_text("/diagnose"), SANDBOX_ROUTE_DIAGNOSE,
      "GET, HEAD", "/v1/sandbox/:id/ports/:port/diagnose", 0 },

    { { NULL, 0 }, SANDBOX_ROUTE_NONE, "", "", 0 }
};


/* a route that ends with a slash is a prefix */

static const sandbox_route_entry_t  sandbox_routes[] = {

    { sandbox_route_text(""), SANDBOX_ROUTE_SANDBOX,
      "GET, HEAD, PATCH, DELETE", "/v1/sandbox/:id", 0 },

    { sandbox_route_text("/running"), SANDBOX_ROUTE_RUNNING,
      "GET, HEAD", "/v1/sandbox/:id/running", 0 },

    { sandbox_route_text("/sleep"), SANDBOX_ROUTE_SLEEP,
      "POST", "/v1/sandbox/:id/sleep", 0 },

    { sandbox_route_text("/wake"), SANDBOX_ROUTE_WAKE,
      "POST", "/v1/sandbox/:id/wake", 0 },

    { sandbox_route_text("/restart"), SANDBOX_ROUTE_RESTART,
      "POST", "/v1/sandbox/:id/restart", 0 },

    { sandbox_route_text("/ports"), SANDBOX_ROUTE_PORTS,
      "GET, HEAD, POST, DELETE", "/v1/sandbox/:id/ports", 0 },

    { sandbox_route_text("/ports/"), SANDBOX_ROUTE_PORT,
      "GET, HEAD, POST, PATCH, DELETE", "/v1/sandbox/:id/ports/:port", 1 },

    { sandbox_route_text("/tunnel/"), SANDBOX_ROUTE_TUNNEL,
      "POST, DELETE", "/v1/sandbox/:id/tunnel/:port", 1 },

    { sandbox_route_text("/mount"), SANDBOX_ROUTE_MOUNT,
      "POST", "/v1/sandbox/:id/mount", 0 },

    { sandbox_route_text("/unmount"), SANDBOX_ROUTE_UNMOUNT,
      "POST", "/v1/sandbox/:id/unmount", 0 },

    { sandbox_route_text("/api/backup/create"), SANDBOX_ROUTE_BACKUP_CREATE,
      "POST", "/v1/sandbox/:id/api/backup/create", 0 },

    { sandbox_route_text("/api/backup/restore"), SANDBOX_ROUTE_BACKUP_RESTORE,
      "POST", "/v1/sandbox/:id/api/backup/restore", 0 },

    { sandbox_route_text("/exec"), SANDBOX_ROUTE_EXEC,
      "POST", "/v1/sandbox/:id/exec", 0 },

    { sandbox_route_text("/file"), SANDBOX_ROUTE_FILE,
      "GET, HEAD, PUT", "/v1/sandbox/:id/file/<path>", 0 },

    { sandbox_route_text("/file/"), SANDBOX_ROUTE_FILE,
      "GET, HEAD, PUT", "/v1/sandbox/:id/file/<path>", 1 },

    { sandbox_route_text("/persist"), SANDBOX_ROUTE_ARCHIVE,
      "POST", "/v1/sandbox/:id/persist", 0 },

    { sandbox_route_text("/hydrate"), SANDBOX_ROUTE_ARCHIVE,
      "POST", "/v1/sandbox/:id/hydrate", 0 },

    { sandbox_route_text("/session"), SANDBOX_ROUTE_SESSION,
      "POST", "/v1/sandbox/:id/session", 0 },

    { sandbox_route_text("/pty"), SANDBOX_ROUTE_PTY,
      "GET, HEAD", "/v1/sandbox/:id/pty", 0 },

    { sandbox_route_text("/ws/pty"), SANDBOX_ROUTE_PTY,
      "GET, HEAD", "/v1/sandbox/:id/ws/pty", 0 },

    { sandbox_route_text("/ws"), SANDBOX_ROUTE_WS,
      "GET, HEAD", "/v1/sandbox/:id/ws", 0 },

    { sandbox_route_text("/api/ws"), SANDBOX_ROUTE_WS,
      "GET, HEAD", "/v1/sandbox/:id/api/ws", 0 },

    { sandbox_route_text("/api/execute"), SANDBOX_ROUTE_EXECUTE,
      "POST", "/v1/sandbox/:id/api/execute", 0 },

    { sandbox_route_text("/api/execute/stream"),
      SANDBOX_ROUTE_EXECUTE_STREAM,
      "POST", "/v1/sandbox/:id/api/execute/stream", 0 },

    { sandbox_route_text("/api/session/create"), SANDBOX_ROUTE_SESSIONS,
      "POST", "/v1/sandbox/:id/api/session/create", 0 },

    { sandbox_route_text("/api/session/list"), SANDBOX_ROUTE_SESSIONS,
      "GET, HEAD", "/v1/sandbox/:id/api/session/list", 0 },

    { sandbox_route_text("/api/session/delete"), SANDBOX_ROUTE_SESSIONS,
      "POST", "/v1/sandbox/:id/api/session/delete", 0 },

    { sandbox_route_text("/api/env"), SANDBOX_ROUTE_ENV,
      "GET, HEAD, POST", "/v1/sandbox/:id/api/env", 0 },

    { sandbox_route_text("/api/process/start"), SANDBOX_ROUTE_PROCESSES,
      "POST", "/v1/sandbox/:id/api/process/start", 0 },

    { sandbox_route_text("/api/process/list"), SANDBOX_ROUTE_PROCESSES,
      "GET, HEAD", "/v1/sandbox/:id/api/process/list", 0 },

    { sandbox_route_text("/api/process/kill-all"), SANDBOX_ROUTE_PROCESSES,
      "DELETE", "/v1/sandbox/:id/api/process/kill-all", 0 },

    { sandbox_route_text("/api/terminal/list"), SANDBOX_ROUTE_TERMINALS,
      "GET, HEAD", "/v1/sandbox/:id/api/terminal/list", 0 },

    { sandbox_route_text("/api/read"), SANDBOX_ROUTE_FILES,
      "POST", "/v1/sandbox/:id/api/read", 0 },

    { sandbox_route_text("/api/read/stream"), SANDBOX_ROUTE_FILES,
      "POST", "/v1/sandbox/:id/api/read/stream", 0 },

    { sandbox_route_text("/api/write"), SANDBOX_ROUTE_FILES,
      "POST", "/v1/sandbox/:id/api/write", 0 },

    { sandbox_route_text("/api/append"), SANDBOX_ROUTE_FILES,
      "POST", "/v1/sandbox/:id/api/append", 0 },

    { sandbox_route_text("/api/write-batch"), SANDBOX_ROUTE_FILES,
      "POST", "/v1/sandbox/:id/api/write-batch", 0 },

    { sandbox_route_text("/api/list-files"), SANDBOX_ROUTE_FILES,
      "POST", "/v1/sandbox/:id/api/list-files", 0 },

    { sandbox_route_text("/api/find"), SANDBOX_ROUTE_FILES,
      "POST", "/v1/sandbox/:id/api/find", 0 },

    { sandbox_route_text("/api/grep"), SANDBOX_ROUTE_FILES,
      "POST", "/v1/sandbox/:id/api/grep", 0 },

    { sandbox_route_text("/api/stat"), SANDBOX_ROUTE_FILES,
      "POST", "/v1/sandbox/:id/api/stat", 0 },

    { sandbox_route_text("/api/exists"), SANDBOX_ROUTE_FILES,
      "POST", "/v1/sandbox/:id/api/exists", 0 },

    { sandbox_route_text("/api/chmod"), SANDBOX_ROUTE_FILES,
      "POST", "/v1/sandbox/:id/api/chmod", 0 },

    { sandbox_route_text("/api/mkdir"), SANDBOX_ROUTE_FILES,
      "POST", "/v1/sandbox/:id/api/mkdir", 0 },

    { sandbox_route_text("/api/delete"), SANDBOX_ROUTE_FILES,
      "POST", "/v1/sandbox/:id/api/delete", 0 },

    { sandbox_route_text("/api/rename"), SANDBOX_ROUTE_FILES,
      "POST", "/v1/sandbox/:id/api/rename", 0 },

    { sandbox_route_text("/api/move"), SANDBOX_ROUTE_FILES,
      "POST", "/v1/sandbox/:id/api/move", 0 },

    { sandbox_route_text("/api/copy"), SANDBOX_ROUTE_FILES,
      "POST", "/v1/sandbox/:id/api/copy", 0 },

    { sandbox_route_text("/api/watch"), SANDBOX_ROUTE_WATCH,
      "POST", "/v1/sandbox/:id/api/watch", 0 },

    { sandbox_route_text("/api/watch/check"), SANDBOX_ROUTE_WATCH,
      "POST", "/v1/sandbox/:id/api/watch/check", 0 },

    { sandbox_route_text("/api/watchers"), SANDBOX_ROUTE_WATCHERS,
      "GET, HEAD, POST", "/v1/sandbox/:id/api/watchers", 0 },

    { sandbox_route_text("/api/git/checkout"), SANDBOX_ROUTE_GIT,
      "POST", "/v1/sandbox/:id/api/git/checkout", 0 },

    { sandbox_route_text("/api/execute/code"), SANDBOX_ROUTE_CODE,
      "POST", "/v1/sandbox/:id/api/execute/code", 0 },

    { sandbox_route_text("/api/contexts"), SANDBOX_ROUTE_CONTEXTS,
      "GET, HEAD, POST", "/v1/sandbox/:id/api/contexts", 0 },

    { sandbox_route_text("/api/interpreter/health"), SANDBOX_ROUTE_CONTEXTS,
      "GET, HEAD", "/v1/sandbox/:id/api/interpreter/health", 0 },

    { sandbox_route_text("/api/port-watch"), SANDBOX_ROUTE_PORT_WATCH,
      "POST", "/v1/sandbox/:id/api/port-watch", 0 },

    { sandbox_route_text("/api/ping"), SANDBOX_ROUTE_PING,
      "GET, HEAD", "/v1/sandbox/:id/api/ping", 0 },

    { sandbox_route_text("/api/version"), SANDBOX_ROUTE_VERSION,
      "GET, HEAD", "/v1/sandbox/:id/api/version", 0 },

    { sandbox_route_text("/api/commands"), SANDBOX_ROUTE_COMMANDS,
      "GET, HEAD", "/v1/sandbox/:id/api/commands", 0 },

    { { NULL, 0 }, SANDBOX_ROUTE_NONE, "", "", 0 }
};


/* of a process, a terminal, a context, a watcher or a session */
#define SANDBOX_ROUTE_NAME_MAX  128


/* routes below the id of a process */

static const sandbox_route_entry_t  sandbox_process_routes[] = {

    { sandbox_route_text(""), SANDBOX_ROUTE_PROCESS,
      "GET, HEAD, DELETE", "/v1/sandbox/:id/api/process/:process", 0 },

    { sandbox_route_text("/logs"), SANDBOX_ROUTE_PROCESS,
      "GET, HEAD", "/v1/sandbox/:id/api/process/:process/logs", 0 },

    { sandbox_route_text("/stream"), SANDBOX_ROUTE_PROCESS,
      "GET, HEAD", "/v1/sandbox/:id/api/process/:process/stream", 0 },

    { sandbox_route_text("/stdin"), SANDBOX_ROUTE_PROCESS,
      "POST", "/v1/sandbox/:id/api/process/:process/stdin", 0 },

    { sandbox_route_text("/signal"), SANDBOX_ROUTE_PROCESS,
      "POST", "/v1/sandbox/:id/api/process/:process/signal", 0 },

    { sandbox_route_text("/wait-for-exit"), SANDBOX_ROUTE_PROCESS,
      "POST", "/v1/sandbox/:id/api/process/:process/wait-for-exit", 0 },

    { sandbox_route_text("/wait-for-log"), SANDBOX_ROUTE_PROCESS,
      "POST", "/v1/sandbox/:id/api/process/:process/wait-for-log", 0 },

    { sandbox_route_text("/wait-for-port"), SANDBOX_ROUTE_PROCESS,
      "POST", "/v1/sandbox/:id/api/process/:process/wait-for-port", 0 },

    { { NULL, 0 }, SANDBOX_ROUTE_NONE, "", "", 0 }
};


/* routes below the name of a terminal */

static const sandbox_route_entry_t  sandbox_terminal_routes[] = {

    { sandbox_route_text(""), SANDBOX_ROUTE_TERMINAL,
      "GET, HEAD, DELETE", "/v1/sandbox/:id/api/terminal/:terminal", 0 },

    { sandbox_route_text("/resize"), SANDBOX_ROUTE_TERMINAL,
      "POST", "/v1/sandbox/:id/api/terminal/:terminal/resize", 0 },

    { { NULL, 0 }, SANDBOX_ROUTE_NONE, "", "", 0 }
};


/* below "/session/": the session itself */

static const sandbox_route_entry_t  sandbox_session_routes[] = {

    { sandbox_route_text(""), SANDBOX_ROUTE_SESSION,
      "DELETE", "/v1/sandbox/:id/session/:session", 0 },

    { { NULL, 0 }, SANDBOX_ROUTE_NONE, "", "", 0 }
};


/* routes below the id of a context */

static const sandbox_route_entry_t  sandbox_context_routes[] = {

    { sandbox_route_text(""), SANDBOX_ROUTE_CONTEXT,
      "GET, HEAD, DELETE", "/v1/sandbox/:id/api/contexts/:context", 0 },

    { sandbox_route_text("/interrupt"), SANDBOX_ROUTE_CONTEXT,
      "POST", "/v1/sandbox/:id/api/contexts/:context/interrupt", 0 },

    { sandbox_route_text("/restart"), SANDBOX_ROUTE_CONTEXT,
      "POST", "/v1/sandbox/:id/api/contexts/:context/restart", 0 },

    { { NULL, 0 }, SANDBOX_ROUTE_NONE, "", "", 0 }
};


/* routes below the id of a watcher */

static const sandbox_route_entry_t  sandbox_watcher_routes[] = {

    { sandbox_route_text(""), SANDBOX_ROUTE_WATCHER,
      "GET, HEAD, DELETE", "/v1/sandbox/:id/api/watchers/:watcher", 0 },

    { sandbox_route_text("/events"), SANDBOX_ROUTE_WATCHER,
      "GET, HEAD", "/v1/sandbox/:id/api/watchers/:watcher/events", 0 },

    { { NULL, 0 }, SANDBOX_ROUTE_NONE, "", "", 0 }
};


typedef struct {
    sandbox_text_t                prefix;   /* a name follows */
    const sandbox_route_entry_t  *table;
} sandbox_route_named_t;


static const sandbox_route_named_t  sandbox_route_named[] = {
    { sandbox_route_text("/api/process/"), sandbox_process_routes },
    { sandbox_route_text("/api/terminal/"), sandbox_terminal_routes },
    { sandbox_route_text("/api/contexts/"), sandbox_context_routes },
    { sandbox_route_text("/api/watchers/"), sandbox_watcher_routes },
    { sandbox_route_text("/session/"), sandbox_session_routes },
    { { NULL, 0 }, NULL }
};


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
            e = &sandbox_route_sandboxes;

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

    for (e = sandbox_route_others; e->tail.data; e++) {

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

    for (e = sandbox_route_ports; e->tail.data; e++) {

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

    for (e = sandbox_routes; e->tail.data; e++) {

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

    for (named = sandbox_route_named; named->table; named++) {

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
    char  *p, *last;

    last = buf + SANDBOX_ROUTE_LIST_SIZE;

    p = sandbox_route_list_table(buf, last, sandbox_routes);
    p = sandbox_route_list_table(p, last, sandbox_route_ports);
    p = sandbox_route_list_table(p, last, sandbox_process_routes);
    p = sandbox_route_list_table(p, last, sandbox_terminal_routes);
    p = sandbox_route_list_table(p, last, sandbox_context_routes);
    p = sandbox_route_list_table(p, last, sandbox_watcher_routes);
    (void) sandbox_route_list_table(p, last, sandbox_session_routes);
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
                         e == sandbox_routes + 1 ? "" : ", ", name + 1,
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
