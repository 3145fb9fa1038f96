
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_BASE_JSON_ASCII_H_INCLUDED_
#define _AGENT_BASE_JSON_ASCII_H_INCLUDED_


#include <stddef.h>

#include "base/buffer.h"


/*
 * Appends the contents of a JSON string in ASCII: for streams of events, whose
 * clients decode each chunk of the network by itself.  Invalid UTF-8 becomes
 * U+FFFD.
 */
void agent_json_ascii(agent_buffer_t *b, const char *s, size_t len);


#endif /* _AGENT_BASE_JSON_ASCII_H_INCLUDED_ */
