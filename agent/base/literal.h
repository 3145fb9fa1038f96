
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_BASE_LITERAL_H_INCLUDED_
#define _AGENT_BASE_LITERAL_H_INCLUDED_


#include <stddef.h>

#include "base/pattern.h"


/*
 * Texts of which every match of a regular expression has at least one, so that
 * lines without them need not be matched: "fo+ba[rz]" has "ba", and
 * "(ERROR|FATAL):" has ":", or rather "ERROR" and "FATAL".
 */

#define AGENT_LITERAL_MAX  8


typedef struct {
    size_t  n;                         /* 0: no text is required */
    size_t  len[AGENT_LITERAL_MAX];
    size_t  at[AGENT_LITERAL_MAX];     /* in text */
    size_t  used;
    char    text[AGENT_PATTERN_MAX];
} agent_literal_t;


/* the expression is one that agent_pattern_lines() accepts */
void agent_literal(const char *regex, size_t len, agent_literal_t *l);


#endif /* _AGENT_BASE_LITERAL_H_INCLUDED_ */
