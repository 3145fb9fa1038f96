
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "archive/archive.h"
#include "base/memory.h"
#include "http/error.h"
#include "http/request.h"


#define AGENT_ARCHIVE_MAX     2

/* buffers of an archive; names and headers may take twice as much */
#define AGENT_ARCHIVE_MEMORY  (512 * 1024)


static unsigned  agent_archive_active;


int
agent_archive_enter(agent_request_t *r)
{
    if (agent_archive_active == AGENT_ARCHIVE_MAX) {
        agent_http_error(r, 503, "capacity_exceeded", NULL,
                         "%d archives of this sandbox are being transferred; "
                         "try again when one of them is complete",
                         AGENT_ARCHIVE_MAX);
        return -1;
    }

    agent_archive_active++;
    agent_memory_use(AGENT_ARCHIVE_MEMORY);

    return 0;
}


void
agent_archive_leave(void)
{
    agent_archive_active--;
    agent_memory_release(AGENT_ARCHIVE_MEMORY);
}
