
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_HTTP_PARSER_H_INCLUDED_
#define _AGENT_HTTP_PARSER_H_INCLUDED_


#include <stddef.h>

#include "http/connection.h"


#define AGENT_PARSER_HEADERS_MAX  32768    /* request line and headers */


/*
 * Parses len bytes and goes on with what is under way.  Returns how many
 * bytes were used.
 */
size_t agent_parser_process(agent_connection_t *c, char *buf, size_t len);

/* whether more bytes are of use now */
int agent_parser_wants(agent_connection_t *c);

/* what was queued went below AGENT_HTTP_LOW */
void agent_parser_drained(agent_connection_t *c);

/* the connection is closed: ends the request in progress */
void agent_parser_gone(agent_connection_t *c);


#endif /* _AGENT_HTTP_PARSER_H_INCLUDED_ */
