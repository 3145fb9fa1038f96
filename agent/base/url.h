
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_BASE_URL_H_INCLUDED_
#define _AGENT_BASE_URL_H_INCLUDED_


#include <stddef.h>


/* the byte of an escape "%xx" at the beginning of p, or -1 if it is not one */
int agent_url_escape(const char *p, size_t len);


#endif /* _AGENT_BASE_URL_H_INCLUDED_ */
