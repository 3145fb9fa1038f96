
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stddef.h>

#include "lib/sandbox_name.h"
#include "lib/sandbox_route.h"
#include "lib/sandbox_route_table.h"


#define sandbox_route_text(s)  { s, sizeof(s) - 1 }


/* routes outside of "/v1/sandbox" */

const sandbox_route_entry_t  sandbox_route_table_others[] = {

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

    { sandbox_route_text("/v1/pool/prime"), SANDBOX_ROUTE_POOL_PRIME,
      "POST", "/v1/pool/prime", 0 },

    { sandbox_route_text("/v1/pool/shutdown-prewarmed"),
      SANDBOX_ROUTE_POOL_DRAIN,
      "POST", "/v1/pool/shutdown-prewarmed", 0 },

    { sandbox_route_text("/v1/backup"), SANDBOX_ROUTE_BACKUPS,
      "GET, HEAD", "/v1/backup", 0 },

    { sandbox_route_text("/v1/backup/"), SANDBOX_ROUTE_BACKUP,
      "GET, HEAD, DELETE", "/v1/backup/:backup", 1 },

    { { NULL, 0 }, SANDBOX_ROUTE_NONE, "", "", 0 }
};


const sandbox_route_entry_t  sandbox_route_table_sandboxes = {
    sandbox_route_text(""), SANDBOX_ROUTE_SANDBOXES,
    "GET, HEAD, POST", "/v1/sandbox", 0
};


/* routes below "/ports/:port" */

const sandbox_route_entry_t  sandbox_route_table_ports[] = {

    { sandbox_route_text("/links"), SANDBOX_ROUTE_LINKS,
      "GET, HEAD, POST", "/v1/sandbox/:id/ports/:port/links", 0 },

    { sandbox_route_text("/links/"), SANDBOX_ROUTE_LINK,
      "DELETE", "/v1/sandbox/:id/ports/:port/links/:name", 1 },

    { sandbox_route_text("/diagnose"), SANDBOX_ROUTE_DIAGNOSE,
      "GET, HEAD", "/v1/sandbox/:id/ports/:port/diagnose", 0 },

    { { NULL, 0 }, SANDBOX_ROUTE_NONE, "", "", 0 }
};


/* a route that ends with a slash is a prefix */

const sandbox_route_entry_t  sandbox_route_table[] = {

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


/* routes below the id of a process */

static const sandbox_route_entry_t  sandbox_route_table_process[] = {

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

static const sandbox_route_entry_t  sandbox_route_table_terminal[] = {

    { sandbox_route_text(""), SANDBOX_ROUTE_TERMINAL,
      "GET, HEAD, DELETE", "/v1/sandbox/:id/api/terminal/:terminal", 0 },

    { sandbox_route_text("/resize"), SANDBOX_ROUTE_TERMINAL,
      "POST", "/v1/sandbox/:id/api/terminal/:terminal/resize", 0 },

    { { NULL, 0 }, SANDBOX_ROUTE_NONE, "", "", 0 }
};


/* below "/session/": the session itself */

static const sandbox_route_entry_t  sandbox_route_table_session[] = {

    { sandbox_route_text(""), SANDBOX_ROUTE_SESSION,
      "DELETE", "/v1/sandbox/:id/session/:session", 0 },

    { { NULL, 0 }, SANDBOX_ROUTE_NONE, "", "", 0 }
};


/* routes below the id of a context */

static const sandbox_route_entry_t  sandbox_route_table_context[] = {

    { sandbox_route_text(""), SANDBOX_ROUTE_CONTEXT,
      "GET, HEAD, DELETE", "/v1/sandbox/:id/api/contexts/:context", 0 },

    { sandbox_route_text("/interrupt"), SANDBOX_ROUTE_CONTEXT,
      "POST", "/v1/sandbox/:id/api/contexts/:context/interrupt", 0 },

    { sandbox_route_text("/restart"), SANDBOX_ROUTE_CONTEXT,
      "POST", "/v1/sandbox/:id/api/contexts/:context/restart", 0 },

    { { NULL, 0 }, SANDBOX_ROUTE_NONE, "", "", 0 }
};


/* routes below the id of a watcher */

static const sandbox_route_entry_t  sandbox_route_table_watcher[] = {

    { sandbox_route_text(""), SANDBOX_ROUTE_WATCHER,
      "GET, HEAD, DELETE", "/v1/sandbox/:id/api/watchers/:watcher", 0 },

    { sandbox_route_text("/events"), SANDBOX_ROUTE_WATCHER,
      "GET, HEAD", "/v1/sandbox/:id/api/watchers/:watcher/events", 0 },

    { { NULL, 0 }, SANDBOX_ROUTE_NONE, "", "", 0 }
};


const sandbox_route_named_t  sandbox_route_table_named[] = {
    { sandbox_route_text("/api/process/"), sandbox_route_table_process },
    { sandbox_route_text("/api/terminal/"), sandbox_route_table_terminal },
    { sandbox_route_text("/api/contexts/"), sandbox_route_table_context },
    { sandbox_route_text("/api/watchers/"), sandbox_route_table_watcher },
    { sandbox_route_text("/session/"), sandbox_route_table_session },
    { { NULL, 0 }, NULL }
};
