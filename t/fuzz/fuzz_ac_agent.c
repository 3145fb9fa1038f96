
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "agent/ac_agent_recv.h"


/* a packet of the agent, which a tenant may have written */


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t  i;

    static ac_agent_event_t  e;

    if (ac_agent_recv_parse((const char *) data, size, &e) == -1) {
        return 0;
    }

    if (e.nports > AC_AGENT_PORTS_MAX
        || memchr(e.build, '\0', sizeof(e.build)) == NULL
        || memchr(e.error, '\0', sizeof(e.error)) == NULL
        || (e.type != AC_AGENT_REPLY && e.error[0]))
    {
        abort();
    }

    for (i = 0; i < e.nports; i++) {

        if (e.ports[i] == 0) {
            abort();
        }
    }

    for (i = 0; e.build[i]; i++) {

        if ((unsigned char) e.build[i] < 0x20) {
            abort();
        }
    }

    return 0;
}
