
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SANDBOX_ROUTE_H_INCLUDED_
#define _SANDBOX_ROUTE_H_INCLUDED_


#include <stddef.h>

#include "lib/sandbox_name.h"


/*
 * The routes of the API, and matching of paths.  Pure functions that neither
 * allocate nor block; no nginx headers.
 */


typedef enum {
    SANDBOX_ROUTE_NONE = 0,
    SANDBOX_ROUTE_HEALTH,         /* /health */
    SANDBOX_ROUTE_OPENAPI,        /* /v1/openapi.json */
    SANDBOX_ROUTE_OPENAPI_PAGE,   /* /v1/openapi.html, /v1/openapi */
    SANDBOX_ROUTE_POOL,           /* /v1/pool/stats */
    SANDBOX_ROUTE_POOL_PRIME,     /* /v1/pool/prime */
    SANDBOX_ROUTE_POOL_DRAIN,     /* /v1/pool/shutdown-prewarmed */
    SANDBOX_ROUTE_BACKUPS,        /* /v1/backup */
    SANDBOX_ROUTE_BACKUP,         /* /v1/backup/:backup */
    SANDBOX_ROUTE_SANDBOXES,      /* /v1/sandbox */
    SANDBOX_ROUTE_SANDBOX,        /* /v1/sandbox/:id and below */
    SANDBOX_ROUTE_RUNNING,
    SANDBOX_ROUTE_SLEEP,
    SANDBOX_ROUTE_WAKE,
    SANDBOX_ROUTE_RESTART,
    SANDBOX_ROUTE_PORTS,
    SANDBOX_ROUTE_PORT,
    SANDBOX_ROUTE_LINKS,
    SANDBOX_ROUTE_LINK,
    SANDBOX_ROUTE_DIAGNOSE,
    SANDBOX_ROUTE_TUNNEL,         /* /tunnel/:port */
    SANDBOX_ROUTE_MOUNT,
    SANDBOX_ROUTE_UNMOUNT,
    SANDBOX_ROUTE_BACKUP_CREATE,  /* /api/backup/create */
    SANDBOX_ROUTE_BACKUP_RESTORE,
    SANDBOX_ROUTE_EXEC,           /* from here on: handled by the agent */
    SANDBOX_ROUTE_FILE,
    SANDBOX_ROUTE_ARCHIVE,        /* /persist, /hydrate */
    SANDBOX_ROUTE_EXECUTE,
    SANDBOX_ROUTE_EXECUTE_STREAM,
    SANDBOX_ROUTE_SESSIONS,       /* /api/session/list and similar */
    SANDBOX_ROUTE_SESSION,        /* /session, /session/:session */
    SANDBOX_ROUTE_ENV,
    SANDBOX_ROUTE_PROCESSES,      /* /api/process/list and similar */
    SANDBOX_ROUTE_PROCESS,        /* /api/process/:process, and below it */
    SANDBOX_ROUTE_FILES,          /* /api/stat and similar */
    SANDBOX_ROUTE_WATCH,          /* /api/watch, /api/watch/check */
    SANDBOX_ROUTE_WATCHERS,       /* /api/watchers */
    SANDBOX_ROUTE_WATCHER,        /* /api/watchers/:watcher, and below it */
    SANDBOX_ROUTE_PTY,            /* /pty, /ws/pty */
    SANDBOX_ROUTE_WS,             /* /ws, /api/ws */
    SANDBOX_ROUTE_TERMINALS,      /* /api/terminal/list */
    SANDBOX_ROUTE_TERMINAL,       /* /api/terminal/:terminal, and below it */
    SANDBOX_ROUTE_GIT,            /* /api/git/checkout */
    SANDBOX_ROUTE_CODE,           /* /api/execute/code */
    SANDBOX_ROUTE_CONTEXTS,       /* /api/contexts */
    SANDBOX_ROUTE_CONTEXT,        /* /api/contexts/:context, and below it */
    SANDBOX_ROUTE_PORT_WATCH,
    SANDBOX_ROUTE_PING,
    SANDBOX_ROUTE_VERSION,
    SANDBOX_ROUTE_COMMANDS
} sandbox_route_e;


#define sandbox_route_agent(kind)  ((kind) >= SANDBOX_ROUTE_EXEC)


typedef struct {
    sandbox_route_e   kind;
    const char       *allow;      /* "GET, HEAD, DELETE"; NONE: "" */
    const char       *pattern;    /* "/v1/sandbox/:id"; NONE: "" */
    /* positions in the path; empty if not part of the route */
    sandbox_text_t    id;
    sandbox_text_t    tail;       /* the rest after the id, with its slash */
    sandbox_text_t    port;
    sandbox_text_t    link;       /* its name as in the path */
    sandbox_text_t    backup;
} sandbox_route_t;


#define SANDBOX_ROUTE_OK        0
#define SANDBOX_ROUTE_BAD_PATH  1      /* dot segments, or no leading slash */
#define SANDBOX_ROUTE_BAD_ID    2

/*
 * Parses a path without its query.  Escapes are not decoded, so an escaped
 * letter in a fixed segment does not match, but escaped dots count as dots.
 * The id is validated in every path that has one, whether it is a route or
 * not.  If the path is refused, route is not set.
 */
int sandbox_route_parse(const char *path, size_t len, sandbox_route_t *route);

/* 1 if the route supports the method */
int sandbox_route_method(const sandbox_route_t *route, const char *method,
    size_t len);

/*
 * The routes below /v1/sandbox/:id, separated by ", "; those of a process by
 * one entry.  buf is NUL-terminated, and holds as many as there is room for.
 */
#define SANDBOX_ROUTE_LIST_SIZE  1024
void sandbox_route_list(char buf[SANDBOX_ROUTE_LIST_SIZE]);


#endif /* _SANDBOX_ROUTE_H_INCLUDED_ */
