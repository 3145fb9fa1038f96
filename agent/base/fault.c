
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdarg.h>
#include <stdio.h>

#include "base/fault.h"


int
agent_fault_set(agent_fault_t *fault, int status, const char *code,
    json_t *context, const char *format, ...)
{
    va_list  args;

    fault->status = status;
    fault->code = code;
    fault->context = context;

    va_start(args, format);
    (void) vsnprintf(fault->message, sizeof(fault->message), format, args);
    va_end(args);

    return -1;
}


int
agent_fault_no_memory(agent_fault_t *fault)
{
    return agent_fault_set(fault, 500, "INTERNAL_ERROR", NULL,
                           "out of memory");
}


void
agent_fault_clear(agent_fault_t *fault)
{
    json_decref(fault->context);
    fault->context = NULL;
}
