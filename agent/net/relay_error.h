
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_NET_RELAY_ERROR_H_INCLUDED_
#define _AGENT_NET_RELAY_ERROR_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>

#include "net/relay_int.h"


/* no app: reads the request and sends an error response */
void agent_relay_error(agent_relay_conn_t *c, int timed_out);
void agent_relay_error_event(agent_relay_conn_t *c);
void agent_relay_error_expired(agent_relay_conn_t *c);

/* frees what was read of the request */
void agent_relay_error_free(agent_relay_conn_t *c);

/*
 * The length of a request body according to its head of len bytes; -1 if it
 * cannot be determined from the head.
 */
int64_t agent_relay_error_body(const char *head, size_t len);


#endif /* _AGENT_NET_RELAY_ERROR_H_INCLUDED_ */
