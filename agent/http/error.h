
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_HTTP_ERROR_H_INCLUDED_
#define _AGENT_HTTP_ERROR_H_INCLUDED_


#include <jansson.h>

#include "base/fault.h"
#include "http/request.h"


/*
 * An error response {error, code, message, context, httpStatus, timestamp,
 * operation?, suggestion?}.  context may be NULL and is stolen; its member
 * "operation" is repeated outside of it.  format is as for printf().
 */
void agent_http_error(agent_request_t *r, int status, const char *code,
    json_t *context, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* the same for a fault, whose context is consumed */
void agent_http_error_fault(agent_request_t *r, agent_fault_t *fault);


#endif /* _AGENT_HTTP_ERROR_H_INCLUDED_ */
