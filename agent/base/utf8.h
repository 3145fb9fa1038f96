
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_BASE_UTF8_H_INCLUDED_
#define _AGENT_BASE_UTF8_H_INCLUDED_


#include <stddef.h>


/*
 * The length of the first character of s: 1 to 4 for well-formed UTF-8, 0
 * where it is malformed, -1 where it is a good beginning cut short by len.
 */
int agent_utf8_char(const char *s, size_t len);

/* 1 when all of it is well-formed */
int agent_utf8_valid(const char *s, size_t len);

/* how many of the last bytes are the beginning of a character cut short */
size_t agent_utf8_incomplete(const char *s, size_t len);


#endif /* _AGENT_BASE_UTF8_H_INCLUDED_ */
