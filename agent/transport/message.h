
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_TRANSPORT_MESSAGE_H_INCLUDED_
#define _AGENT_TRANSPORT_MESSAGE_H_INCLUDED_


#include <jansson.h>

#include "base/buffer.h"


/*
 * Appends the HTTP request (RFC 9112) that a message of the type "request"
 * asks for.  What is wrong with the message, or NULL; the buffer is then to be
 * freed by the caller in either case.
 */
const char *agent_transport_message(agent_buffer_t *b, json_t *json);


#endif /* _AGENT_TRANSPORT_MESSAGE_H_INCLUDED_ */
