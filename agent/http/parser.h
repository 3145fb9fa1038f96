
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_HTTP_PARSER_H_INCLUDED_
#define _AGENT_HTTP_PARSER_H_INCLUDED_


#include <stddef.h>

#include "http/connection.h"


/*
 * Parses len bytes and goes on with what is under way.  Returns how many
 * bytes were used.
 */
size_t agent_http_process(agent_conn_t *c, char *buf, size_t len);

/* whether more bytes are of use now */
int agent_http_wants(agent_conn_t *c);

/* what was queued went below AGENT_HTTP_LOW */
void agent_http_drained(agent_conn_t *c);

/* the connection is closed: ends the request in progress */
void agent_http_gone(agent_conn_t *c);


/*
 * One HTTP/1.1 exchange on agent.sock, as its handler sees it.  Everything
 * runs on the one libuv loop; nothing here blocks.
 *
 * A request lives from the call of its route's handler until both the
 * response was ended with agent_http_end() and the body was read or dropped,
 * or until on_close ran because the client went away first.  on_close runs
 * exactly once in either case, last; the handler frees its own data there and
 * does not touch the request afterwards.
 */


#define AGENT_HTTP_HEADERS_MAX   32768     /* request line and headers */


#endif /* _AGENT_HTTP_PARSER_H_INCLUDED_ */
