
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/sandbox_name.h"
#include "lib/sandbox_route.h"


#define FUZZ_CHECK(truth)  do { if (!(truth)) abort(); } while (0)


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


/* a route's parts lie in its path, and add up to it */

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int              rc;
    const char      *path;
    sandbox_route_t  route;

    path = (const char *) data;

    rc = sandbox_route_parse(path, size, &route);

    FUZZ_CHECK(route.allow != NULL && route.pattern != NULL);

    (void) sandbox_route_method(&route, path, size);

    if (rc != SANDBOX_ROUTE_OK) {
        FUZZ_CHECK(route.kind == SANDBOX_ROUTE_NONE && route.id.len == 0);
        return 0;
    }

    FUZZ_CHECK(size && path[0] == '/');
    FUZZ_CHECK(!sandbox_route_method(&route, "", 0));

    if (route.id.len == 0) {
        FUZZ_CHECK(route.kind <= SANDBOX_ROUTE_SANDBOXES);
        return 0;
    }

    FUZZ_CHECK(sandbox_name_id_valid(route.id.data, route.id.len));
    FUZZ_CHECK(route.id.data == path + strlen("/v1/sandbox/"));
    FUZZ_CHECK(route.tail.data == route.id.data + route.id.len);
    FUZZ_CHECK(route.tail.data + route.tail.len == path + size);
    FUZZ_CHECK(route.tail.len == 0 || route.tail.data[0] == '/');

    if (sandbox_route_agent(route.kind)) {
        FUZZ_CHECK(route.tail.len > 1);
    }

    if (route.kind == SANDBOX_ROUTE_PORT) {
        FUZZ_CHECK(route.port.len > 0);
        FUZZ_CHECK(memchr(route.port.data, '/', route.port.len) == NULL);
        FUZZ_CHECK(route.port.data + route.port.len == path + size);
    }

    if (route.kind == SANDBOX_ROUTE_LINK) {
        FUZZ_CHECK(route.link.len > 0);
        FUZZ_CHECK(memchr(route.link.data, '/', route.link.len) == NULL);
        FUZZ_CHECK(route.link.data + route.link.len == path + size);
        FUZZ_CHECK(route.port.data + route.port.len < route.link.data);
    }

    return 0;
}
