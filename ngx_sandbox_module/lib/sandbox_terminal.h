
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SANDBOX_TERMINAL_H_INCLUDED_
#define _SANDBOX_TERMINAL_H_INCLUDED_


#include <stddef.h>


#define SANDBOX_TERMINAL_SIZE_MAX  10000   /* columns or rows */


/*
 * Checks the arguments cols, rows, session and sessionId of a connection to a
 * terminal, as the agent does.  A pure function that neither allocates nor
 * blocks.  NULL, or what is wrong, as a static string.
 */
const char *sandbox_terminal_check(const char *args, size_t len);


#endif /* _SANDBOX_TERMINAL_H_INCLUDED_ */
