
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/sandbox_name.h"
#include "lib/sandbox_route.h"


#define TEST_ID40  "a234567890123456789012345678901234567890"
#define TEST_ID128  TEST_ID40 TEST_ID40 TEST_ID40 "12345678"


typedef struct {
    const char       *path;
    sandbox_route_e   kind;
    const char       *id;
    const char       *tail;
    const char       *port;
} test_route_t;


static int test_parse(const char *path, sandbox_route_t *route);
static int test_is(const sandbox_text_t *text, const char *expected);


static int
test_parse(const char *path, sandbox_route_t *route)
{
    int     rc;
    char   *copy;
    size_t  len;

    /* without a byte behind it, for the sanitizers */

    len = strlen(path);
    copy = malloc(len ? len : 1);
    assert_non_null(copy);
    memcpy(copy, path, len);

    rc = sandbox_route_parse(copy, len, route);

    if (route->id.data) {
        route->id.data = path + (route->id.data - copy);
        route->tail.data = path + (route->tail.data - copy);
    }

    if (route->port.data) {
        route->port.data = path + (route->port.data - copy);
    }

    free(copy);

    return rc;
}


static int
test_is(const sandbox_text_t *text, const char *expected)
{
    return text->len == strlen(expected)
           && memcmp(text->len ? text->data : "", expected, text->len) == 0;
}


static void
test_routes(void **state)
{
    size_t           i;
    sandbox_route_t  route;

    static const test_route_t  routes[] = {
        { "/health", SANDBOX_ROUTE_HEALTH, "", "", "" },
        { "/v1/pool/stats", SANDBOX_ROUTE_POOL, "", "", "" },
        { "/v1/pool/prime", SANDBOX_ROUTE_POOL_PRIME, "", "", "" },
        { "/v1/pool", SANDBOX_ROUTE_NONE, "", "", "" },
        { "/v1/pool/stats/", SANDBOX_ROUTE_NONE, "", "", "" },
        { "/v1/backup", SANDBOX_ROUTE_BACKUPS, "", "", "" },
        { "/v1/backup/my_id-1.x", SANDBOX_ROUTE_BACKUP, "", "", "" },
        { "/v1/backup/", SANDBOX_ROUTE_NONE, "", "", "" },
        { "/v1/backup/.new-a", SANDBOX_ROUTE_NONE, "", "", "" },
        { "/v1/backup/a/b", SANDBOX_ROUTE_NONE, "", "", "" },
        { "/v1/backup/a%2fb", SANDBOX_ROUTE_NONE, "", "", "" },
        { "/v1/backups", SANDBOX_ROUTE_NONE, "", "", "" },
        { "/v1/sandbox/a/api/backup/create", SANDBOX_ROUTE_BACKUP_CREATE, "a",
          "/api/backup/create", "" },
        { "/v1/sandbox/a/api/backup/restore", SANDBOX_ROUTE_BACKUP_RESTORE,
          "a", "/api/backup/restore", "" },
        { "/v1/sandbox/a/api/backup", SANDBOX_ROUTE_NONE, "a", "/api/backup",
          "" },
        { "/v1/sandbox", SANDBOX_ROUTE_SANDBOXES, "", "", "" },
        { "/v1/sandbox/a/tunnel/8080", SANDBOX_ROUTE_TUNNEL, "a",
          "/tunnel/8080", "8080" },
        { "/v1/sandbox/a/tunnel/8080/", SANDBOX_ROUTE_TUNNEL, "a",
          "/tunnel/8080/", "8080/" },
        { "/v1/sandbox/a/tunnel/", SANDBOX_ROUTE_NONE, "a", "/tunnel/", "" },
        { "/v1/sandbox/a/tunnel", SANDBOX_ROUTE_NONE, "a", "/tunnel", "" },
        { "/v1/sandbox/a/ws", SANDBOX_ROUTE_WS, "a", "/ws", "" },
        { "/v1/sandbox/a/api/ws", SANDBOX_ROUTE_WS, "a", "/api/ws", "" },
        { "/v1/sandbox/a/mount", SANDBOX_ROUTE_MOUNT, "a", "/mount", "" },
        { "/v1/sandbox/a/session", SANDBOX_ROUTE_SESSION, "a", "/session",
          "" },
        { "/v1/sandbox/a/session/b.c", SANDBOX_ROUTE_SESSION, "a",
          "/session/b.c", "" },
        { "/v1/sandbox/a/session/b/c", SANDBOX_ROUTE_NONE, "a",
          "/session/b/c", "" },
        { "/v1/sandbox/a", SANDBOX_ROUTE_SANDBOX, "a", "", "" },
        { "/v1/sandbox/" TEST_ID40, SANDBOX_ROUTE_SANDBOX, TEST_ID40, "",
          "" },
        { "/v1/sandbox/a/running", SANDBOX_ROUTE_RUNNING, "a", "/running",
          "" },
        { "/v1/sandbox/a/sleep", SANDBOX_ROUTE_SLEEP, "a", "/sleep", "" },
        { "/v1/sandbox/a/wake", SANDBOX_ROUTE_WAKE, "a", "/wake", "" },
        { "/v1/sandbox/a/restart", SANDBOX_ROUTE_RESTART, "a", "/restart",
          "" },
        { "/v1/sandbox/a-b/ports", SANDBOX_ROUTE_PORTS, "a-b", "/ports", "" },
        { "/v1/sandbox/a/ports/8080", SANDBOX_ROUTE_PORT, "a", "/ports/8080",
          "8080" },
        { "/v1/sandbox/a/ports/x%20", SANDBOX_ROUTE_PORT, "a", "/ports/x%20",
          "x%20" },
        { "/v1/sandbox/a/exec", SANDBOX_ROUTE_EXEC, "a", "/exec", "" },
        { "/v1/sandbox/a/file", SANDBOX_ROUTE_FILE, "a", "/file", "" },
        { "/v1/sandbox/a/file/", SANDBOX_ROUTE_FILE, "a", "/file/", "" },
        { "/v1/sandbox/a/file/w/x%2Fy//z", SANDBOX_ROUTE_FILE, "a",
          "/file/w/x%2Fy//z", "" },
        { "/v1/sandbox/a/file/...", SANDBOX_ROUTE_FILE, "a", "/file/...",
          "" },
        { "/v1/sandbox/a/file/.x/..y/z.", SANDBOX_ROUTE_FILE, "a",
          "/file/.x/..y/z.", "" },
        { "/v1/sandbox/a/persist", SANDBOX_ROUTE_ARCHIVE, "a", "/persist",
          "" },
        { "/v1/sandbox/a/hydrate", SANDBOX_ROUTE_ARCHIVE, "a", "/hydrate",
          "" },
        { "/v1/sandbox/a/api/execute", SANDBOX_ROUTE_EXECUTE, "a",
          "/api/execute", "" },
        { "/v1/sandbox/a/api/execute/stream", SANDBOX_ROUTE_EXECUTE_STREAM,
          "a", "/api/execute/stream", "" },
        { "/v1/sandbox/a/api/session/create", SANDBOX_ROUTE_SESSIONS, "a",
          "/api/session/create", "" },
        { "/v1/sandbox/a/api/session/list", SANDBOX_ROUTE_SESSIONS, "a",
          "/api/session/list", "" },
        { "/v1/sandbox/a/api/session/delete", SANDBOX_ROUTE_SESSIONS, "a",
          "/api/session/delete", "" },
        { "/v1/sandbox/a/api/env", SANDBOX_ROUTE_ENV, "a", "/api/env", "" },
        { "/v1/sandbox/a/api/ping", SANDBOX_ROUTE_PING, "a", "/api/ping",
          "" },
        { "/v1/sandbox/a/api/version", SANDBOX_ROUTE_VERSION, "a",
          "/api/version", "" },
        { "/v1/sandbox/a/api/process/start",
          SANDBOX_ROUTE_PROCESSES, "a", "/api/process/start", "" },
        { "/v1/sandbox/a/api/process/list",
          SANDBOX_ROUTE_PROCESSES, "a", "/api/process/list", "" },
        { "/v1/sandbox/a/api/process/kill-all",
          SANDBOX_ROUTE_PROCESSES, "a", "/api/process/kill-all", "" },
        { "/v1/sandbox/a/api/port-watch",
          SANDBOX_ROUTE_PORT_WATCH, "a", "/api/port-watch", "" },
        { "/v1/sandbox/a/api/read/stream", SANDBOX_ROUTE_FILES, "a",
          "/api/read/stream", "" },
        { "/v1/sandbox/a/api/git/checkout", SANDBOX_ROUTE_GIT, "a",
          "/api/git/checkout", "" },
        { "/v1/sandbox/a/api/stat", SANDBOX_ROUTE_FILES, "a", "/api/stat",
          "" },
        { "/v1/sandbox/a/api/copy", SANDBOX_ROUTE_FILES, "a", "/api/copy",
          "" },
        { "/v1/sandbox/a/api/grep", SANDBOX_ROUTE_FILES, "a", "/api/grep",
          "" },
        { "/v1/sandbox/a/api/execute/code", SANDBOX_ROUTE_CODE, "a",
          "/api/execute/code", "" },
        { "/v1/sandbox/a/api/contexts", SANDBOX_ROUTE_CONTEXTS, "a",
          "/api/contexts", "" },
        { "/v1/sandbox/a/api/contexts/c-1", SANDBOX_ROUTE_CONTEXT, "a",
          "/api/contexts/c-1", "" },
        { "/v1/sandbox/a/api/contexts/c-1/restart", SANDBOX_ROUTE_CONTEXT,
          "a", "/api/contexts/c-1/restart", "" },
        { "/v1/sandbox/a/api/process/p",
          SANDBOX_ROUTE_PROCESS, "a", "/api/process/p", "" },
        { "/v1/sandbox/a/api/process/A.b_c-9",
          SANDBOX_ROUTE_PROCESS, "a", "/api/process/A.b_c-9", "" },
        { "/v1/sandbox/a/api/process/...",
          SANDBOX_ROUTE_PROCESS, "a", "/api/process/...", "" },
        { "/v1/sandbox/a/api/process/p/logs",
          SANDBOX_ROUTE_PROCESS, "a", "/api/process/p/logs", "" },
        { "/v1/sandbox/a/api/process/p/stream",
          SANDBOX_ROUTE_PROCESS, "a", "/api/process/p/stream", "" },
        { "/v1/sandbox/a/api/process/p/stdin",
          SANDBOX_ROUTE_PROCESS, "a", "/api/process/p/stdin", "" },
        { "/v1/sandbox/a/api/process/p/signal",
          SANDBOX_ROUTE_PROCESS, "a", "/api/process/p/signal", "" },
        { "/v1/sandbox/a/api/process/p/wait-for-exit",
          SANDBOX_ROUTE_PROCESS, "a", "/api/process/p/wait-for-exit", "" },
        { "/v1/sandbox/a/api/process/p/wait-for-log",
          SANDBOX_ROUTE_PROCESS, "a", "/api/process/p/wait-for-log", "" },
        { "/v1/sandbox/a/api/process/p/wait-for-port",
          SANDBOX_ROUTE_PROCESS, "a", "/api/process/p/wait-for-port", "" },
        { "/v1/sandbox/a/api/process/" TEST_ID128, SANDBOX_ROUTE_PROCESS,
          "a", "/api/process/" TEST_ID128, "" },
        { "/v1/sandbox/a/pty", SANDBOX_ROUTE_PTY, "a", "/pty", "" },
        { "/v1/sandbox/a/ws/pty", SANDBOX_ROUTE_PTY, "a", "/ws/pty", "" },
        { "/v1/sandbox/a/api/watch", SANDBOX_ROUTE_WATCH, "a",
          "/api/watch", "" },
        { "/v1/sandbox/a/api/watch/check", SANDBOX_ROUTE_WATCH, "a",
          "/api/watch/check", "" },
        { "/v1/sandbox/a/api/watchers", SANDBOX_ROUTE_WATCHERS, "a",
          "/api/watchers", "" },
        { "/v1/sandbox/a/api/watchers/w-1", SANDBOX_ROUTE_WATCHER, "a",
          "/api/watchers/w-1", "" },
        { "/v1/sandbox/a/api/watchers/w-1/events", SANDBOX_ROUTE_WATCHER,
          "a", "/api/watchers/w-1/events", "" },
        { "/v1/sandbox/a/api/terminal/list", SANDBOX_ROUTE_TERMINALS, "a",
          "/api/terminal/list", "" },
        { "/v1/sandbox/a/api/terminal/t.1", SANDBOX_ROUTE_TERMINAL, "a",
          "/api/terminal/t.1", "" },
        { "/v1/sandbox/a/api/terminal/t/resize", SANDBOX_ROUTE_TERMINAL, "a",
          "/api/terminal/t/resize", "" },
        { "/v1/sandbox/a/api/terminal/", SANDBOX_ROUTE_NONE, "a",
          "/api/terminal/", "" },
        { "/v1/sandbox/a/api/terminal/t/logs", SANDBOX_ROUTE_NONE, "a",
          "/api/terminal/t/logs", "" },
        { "/v1/sandbox/a/pty/", SANDBOX_ROUTE_NONE, "a", "/pty/", "" },
        { "/v1/sandbox/a/api/commands", SANDBOX_ROUTE_COMMANDS, "a",
          "/api/commands", "" },

        { "/", SANDBOX_ROUTE_NONE, "", "", "" },
        { "/health/", SANDBOX_ROUTE_NONE, "", "", "" },
        { "/Health", SANDBOX_ROUTE_NONE, "", "", "" },
        { "/v1", SANDBOX_ROUTE_NONE, "", "", "" },
        { "/v1/sandboxes", SANDBOX_ROUTE_NONE, "", "", "" },
        { "/v1/sandbox/", SANDBOX_ROUTE_NONE, "", "", "" },
        { "//v1/sandbox", SANDBOX_ROUTE_NONE, "", "", "" },
        { "/v1//sandbox", SANDBOX_ROUTE_NONE, "", "", "" },
        { "/v1/sandbox/a/sleep/", SANDBOX_ROUTE_NONE, "a", "/sleep/", "" },
        { "/v1/sandbox/a/wakes", SANDBOX_ROUTE_NONE, "a", "/wakes", "" },
        { "/v1/sandbox/a/Restart", SANDBOX_ROUTE_NONE, "a", "/Restart", "" },
        { "/v1/sandbox/a/", SANDBOX_ROUTE_NONE, "a", "/", "" },
        { "/v1/sandbox/a//exec", SANDBOX_ROUTE_NONE, "a", "//exec", "" },
        { "/v1/sandbox/a/exec/", SANDBOX_ROUTE_NONE, "a", "/exec/", "" },
        { "/v1/sandbox/a/exe%63", SANDBOX_ROUTE_NONE, "a", "/exe%63", "" },
        { "/v1/sandbox/a/files", SANDBOX_ROUTE_NONE, "a", "/files", "" },
        { "/v1/sandbox/a/file%2Fx", SANDBOX_ROUTE_NONE, "a", "/file%2Fx",
          "" },
        { "/v1/sandbox/a/ports/8080/links", SANDBOX_ROUTE_LINKS, "a",
          "/ports/8080/links", "8080" },
        { "/v1/sandbox/a/ports/8080/links/x.1", SANDBOX_ROUTE_LINK, "a",
          "/ports/8080/links/x.1", "8080" },
        { "/v1/sandbox/a/ports/8080/links/", SANDBOX_ROUTE_NONE, "a",
          "/ports/8080/links/", "" },
        { "/v1/sandbox/a/ports/8080/links/x/y", SANDBOX_ROUTE_NONE, "a",
          "/ports/8080/links/x/y", "" },
        { "/v1/sandbox/a/ports/8080/", SANDBOX_ROUTE_NONE, "a",
          "/ports/8080/", "" },
        { "/v1/sandbox/a/ports/", SANDBOX_ROUTE_NONE, "a", "/ports/", "" },
        { "/v1/sandbox/a/ports/1/2", SANDBOX_ROUTE_NONE, "a", "/ports/1/2",
          "" },
        { "/v1/sandbox/a/api", SANDBOX_ROUTE_NONE, "a", "/api", "" },
        { "/v1/sandbox/a/api/session", SANDBOX_ROUTE_NONE, "a",
          "/api/session", "" },
        { "/v1/sandbox/a/api/session/", SANDBOX_ROUTE_NONE, "a",
          "/api/session/", "" },
        { "/v1/sandbox/a/api/session/lists", SANDBOX_ROUTE_NONE, "a",
          "/api/session/lists", "" },
        { "/v1/sandbox/a/api/env/", SANDBOX_ROUTE_NONE, "a", "/api/env/",
          "" },
        { "/v1/sandbox/a/api/execute/", SANDBOX_ROUTE_NONE, "a",
          "/api/execute/", "" },
        { "/v1/sandbox/a/api/execute/streams", SANDBOX_ROUTE_NONE, "a",
          "/api/execute/streams", "" },
        { "/v1/sandbox/a/api/process", SANDBOX_ROUTE_NONE,
          "a", "/api/process", "" },
        { "/v1/sandbox/a/api/process/", SANDBOX_ROUTE_NONE,
          "a", "/api/process/", "" },
        { "/v1/sandbox/a/api/process//logs", SANDBOX_ROUTE_NONE,
          "a", "/api/process//logs", "" },
        { "/v1/sandbox/a/api/process/p/", SANDBOX_ROUTE_NONE,
          "a", "/api/process/p/", "" },
        { "/v1/sandbox/a/api/process/p/log", SANDBOX_ROUTE_NONE,
          "a", "/api/process/p/log", "" },
        { "/v1/sandbox/a/api/process/p/logs/", SANDBOX_ROUTE_NONE,
          "a", "/api/process/p/logs/", "" },
        { "/v1/sandbox/a/api/process/p%20", SANDBOX_ROUTE_NONE,
          "a", "/api/process/p%20", "" },
        { "/v1/sandbox/a/api/process/p%2Flogs", SANDBOX_ROUTE_NONE,
          "a", "/api/process/p%2Flogs", "" },
        { "/v1/sandbox/a/api/port-watches", SANDBOX_ROUTE_NONE,
          "a", "/api/port-watches", "" },
        { "/v1/sandbox/a/api/process/p/q/logs", SANDBOX_ROUTE_NONE,
          "a", "/api/process/p/q/logs", "" },
        { "/v1/sandbox/a/api/process/" TEST_ID128 "x", SANDBOX_ROUTE_NONE,
          "a", "/api/process/" TEST_ID128 "x", "" },
        { NULL, SANDBOX_ROUTE_NONE, NULL, NULL, NULL }
    };

    for (i = 0; routes[i].path; i++) {
        print_message("%s\n", routes[i].path);

        assert_int_equal(test_parse(routes[i].path, &route),
                         SANDBOX_ROUTE_OK);
        assert_int_equal(route.kind, routes[i].kind);
        assert_true(test_is(&route.id, routes[i].id));
        assert_true(test_is(&route.tail, routes[i].tail));
        assert_true(test_is(&route.port, routes[i].port));

        assert_int_equal(route.pattern[0] == '\0',
                         route.kind == SANDBOX_ROUTE_NONE);
    }
}


static void
test_refused(void **state)
{
    size_t           i;
    sandbox_route_t  route;

    static const char  *paths[] = {
        "", "v1/sandbox", "*", "?",
        "/.", "/..", "/./health", "/v1/../health", "/v1/sandbox/a/..",
        "/v1/sandbox/a/../b", "/v1/sandbox/a/./exec",
        "/v1/sandbox/a/file/..", "/v1/sandbox/a/file/../x",
        "/v1/sandbox/a/file/%2e%2e/x", "/v1/sandbox/a/file/%2E./x",
        "/v1/sandbox/a/file/.%2e", "/v1/sandbox/a/file/%2e", NULL
    };

    static const char  *ids[] = {
        "/v1/sandbox//", "/v1/sandbox//exec", "/v1/sandbox/A",
        "/v1/sandbox/a_b", "/v1/sandbox/-a", "/v1/sandbox/a-/exec",
        "/v1/sandbox/%61", "/v1/sandbox/a%2Fb", "/v1/sandbox/api/exec",
        "/v1/sandbox/" TEST_ID40 "1", "/v1/sandbox/a b/nothing", NULL
    };

    for (i = 0; paths[i]; i++) {
        print_message("%s\n", paths[i]);
        assert_int_equal(test_parse(paths[i], &route),
                         SANDBOX_ROUTE_BAD_PATH);
        assert_int_equal(route.kind, SANDBOX_ROUTE_NONE);
    }

    for (i = 0; ids[i]; i++) {
        print_message("%s\n", ids[i]);
        assert_int_equal(test_parse(ids[i], &route), SANDBOX_ROUTE_BAD_ID);
        assert_int_equal(route.id.len, 0);
    }

    assert_int_equal(sandbox_route_parse("/v1/sandbox/a\0b", 15, &route),
                     SANDBOX_ROUTE_BAD_ID);
}


static void
test_methods(void **state)
{
    sandbox_route_t  route;

    assert_int_equal(test_parse("/v1/sandbox/a", &route), SANDBOX_ROUTE_OK);

    assert_int_equal(sandbox_route_method(&route, "GET", 3), 1);
    assert_int_equal(sandbox_route_method(&route, "HEAD", 4), 1);
    assert_int_equal(sandbox_route_method(&route, "DELETE", 6), 1);
    assert_int_equal(sandbox_route_method(&route, "POST", 4), 0);
    assert_int_equal(sandbox_route_method(&route, "get", 3), 0);
    assert_int_equal(sandbox_route_method(&route, "GE", 2), 0);
    assert_int_equal(sandbox_route_method(&route, "GETS", 4), 0);
    assert_int_equal(sandbox_route_method(&route, "", 0), 0);
    assert_int_equal(sandbox_route_method(&route, ", ", 2), 0);
    assert_int_equal(sandbox_route_method(&route, "GET, HEAD", 9), 0);

    assert_int_equal(test_parse("/v1/sandbox/a/exec", &route),
                     SANDBOX_ROUTE_OK);
    assert_int_equal(sandbox_route_method(&route, "POST", 4), 1);
    assert_int_equal(sandbox_route_method(&route, "GET", 3), 0);
    assert_true(sandbox_route_agent(route.kind));

    /* a word in the place of an id is no process */

    assert_int_equal(test_parse("/v1/sandbox/a/api/process/kill-all",
                                &route), SANDBOX_ROUTE_OK);
    assert_int_equal(sandbox_route_method(&route, "DELETE", 6), 1);
    assert_int_equal(sandbox_route_method(&route, "GET", 3), 0);
    assert_true(sandbox_route_agent(route.kind));

    assert_int_equal(test_parse("/v1/sandbox/a/api/process/p/logs", &route),
                     SANDBOX_ROUTE_OK);
    assert_int_equal(sandbox_route_method(&route, "GET", 3), 1);
    assert_int_equal(sandbox_route_method(&route, "DELETE", 6), 0);
    assert_string_equal(route.pattern,
                        "/v1/sandbox/:id/api/process/:process/logs");

    assert_int_equal(test_parse("/nothing", &route), SANDBOX_ROUTE_OK);
    assert_int_equal(sandbox_route_method(&route, "GET", 3), 0);
    assert_false(sandbox_route_agent(route.kind));
}


/* the text of a 404 names every route below an id */

static void
test_list(void **state)
{
    size_t           i;
    char             list[SANDBOX_ROUTE_LIST_SIZE];
    sandbox_route_t  route;

    static const char  *paths[] = {
        "running", "sleep", "wake", "restart", "ports", "ports/:port",
        "ports/:port/links", "ports/:port/links/:name",
        "ports/:port/diagnose", "exec", "file/<path>", "api/execute",
        "api/execute/stream", "api/session/create", "api/session/list",
        "api/session/delete", "api/env", "api/process/start",
        "api/process/list", "api/process/kill-all",
        "api/process/:process", "api/read|read/stream|write|",
        "|list-files|find|grep|stat|exists|",
        "api/port-watch", "api/ping",
        "api/version", "api/commands"
    };

    sandbox_route_list(list);
    print_message("%s\n", list);

    assert_true(strncmp(list, "running, sleep, ", 16) == 0);
    assert_non_null(strstr(list, "api/process/:process, and below it"));
    assert_null(strstr(list, ", , "));
    assert_true(strlen(list) < SANDBOX_ROUTE_LIST_SIZE - 1);

    for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        print_message("%s\n", paths[i]);
        assert_non_null(strstr(list, paths[i]));
    }

    assert_int_equal(test_parse("/v1/sandbox/a/none", &route),
                     SANDBOX_ROUTE_OK);
    assert_int_equal(route.kind, SANDBOX_ROUTE_NONE);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_routes),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_methods),
        cmocka_unit_test(test_list)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
