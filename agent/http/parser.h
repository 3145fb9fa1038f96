
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_HTTP_PARSER_H_INCLUDED_
#define _AGENT_HTTP_PARSER_H_INCLUDED_


#include <stddef.h>

#include "http/connection.h"


#define AGENT_PARSER_HEADERS_MAX  32768  /* maximum request line and headers */


/*
 * Parses len bytes and advances the current request.  Returns the number of
 * bytes consumed.
 */
size_t agent_parser_process(agent_connection_t *c, char *buf, size_t len);

/* 1 if more input can be consumed now */
int agent_parser_wants(agent_connection_t *c);

/* the output queue has drained below AGENT_HTTP_LOW */
void agent_parser_drained(agent_connection_t *c);

/* the connection was closed: ends the current request */
void agent_parser_gone(agent_connection_t *c);


#endif /* _AGENT_HTTP_PARSER_H_INCLUDED_ */
