
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_BASE_LOG_H_INCLUDED_
#define _AGENT_BASE_LOG_H_INCLUDED_


/* writes one line to standard error, which is the container's log */
void agent_log(const char *format, ...) __attribute__((format(printf, 1, 2)));


#endif /* _AGENT_BASE_LOG_H_INCLUDED_ */
