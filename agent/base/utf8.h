
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_BASE_UTF8_H_INCLUDED_
#define _AGENT_BASE_UTF8_H_INCLUDED_


#include <stddef.h>


/*
 * The length of the first character of s: 1 to 4 if well-formed UTF-8, 0 if
 * malformed, -1 if it is a valid prefix truncated by len.
 */
int agent_utf8_char(const char *s, size_t len);

/* 1 if all of s is well-formed UTF-8 */
int agent_utf8_valid(const char *s, size_t len);

/* the number of trailing bytes that form a truncated character */
size_t agent_utf8_incomplete(const char *s, size_t len);


#endif /* _AGENT_BASE_UTF8_H_INCLUDED_ */
