
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdio.h>
#include <string.h>

#include "base/random.h"
#include "base/temporary.h"


#define AGENT_TEMPORARY_PREFIX    ".sandbox-"
#define AGENT_TEMPORARY_REPLACES  "-r"


void
agent_temporary_name(char name[AGENT_TEMPORARY_SIZE], const char *what,
    int replaces)
{
    char  random[17];

    agent_random_hex(random, sizeof(random));

    (void) snprintf(name, AGENT_TEMPORARY_SIZE,
                    AGENT_TEMPORARY_PREFIX "%.10s-%s%s", what, random,
                    replaces ? AGENT_TEMPORARY_REPLACES : "");
}


int
agent_temporary_is(const char *name)
{
    return strncmp(name, AGENT_TEMPORARY_PREFIX,
                   sizeof(AGENT_TEMPORARY_PREFIX) - 1)
           == 0;
}


int
agent_temporary_replaces(const char *name)
{
    size_t  len, end;

    len = strlen(name);
    end = sizeof(AGENT_TEMPORARY_REPLACES) - 1;

    return len > end
           && strcmp(name + len - end, AGENT_TEMPORARY_REPLACES) == 0;
}
