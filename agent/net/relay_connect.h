
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_NET_RELAY_CONNECT_H_INCLUDED_
#define _AGENT_NET_RELAY_CONNECT_H_INCLUDED_


#include <uv.h>

#include "net/relay_int.h"


int agent_relay_connect_init(uv_loop_t *loop);

/* connects to the app, then calls agent_relay_copy() or _refuse() */
void agent_relay_connect(agent_relay_conn_t *c);


#endif /* _AGENT_NET_RELAY_CONNECT_H_INCLUDED_ */
