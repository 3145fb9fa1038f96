
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_BASE_LITERAL_H_INCLUDED_
#define _AGENT_BASE_LITERAL_H_INCLUDED_


#include <stddef.h>


/*
 * Finds the longest text that every match of a regular expression has, so that
 * lines without it need not be matched.  The expression is one that
 * agent_pattern_lines() accepts.  out has room for len bytes; returns how many
 * there are, 0 if no text is required.
 */
size_t agent_literal(const char *regex, size_t len, char *out);


#endif /* _AGENT_BASE_LITERAL_H_INCLUDED_ */
