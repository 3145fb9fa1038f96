
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_BASE_JSON_TEXT_H_INCLUDED_
#define _AGENT_BASE_JSON_TEXT_H_INCLUDED_


#include <stddef.h>


/*
 * Escapes src as the inside of a JSON string; malformed bytes become U+FFFD.
 * dst must have room for AGENT_JSON_TEXT_ESCAPE * len bytes.  Returns the
 * number of bytes written.
 */
#define AGENT_JSON_TEXT_ESCAPE  6


size_t agent_json_text_escape(char *dst, const char *src, size_t len);

/*
 * how many of the first bytes are printable ASCII that needs no escape in a
 * JSON string
 */
size_t agent_json_text_plain(const char *src, size_t len);

/* the number of bytes agent_json_escape() would write */
size_t agent_json_text_len(const char *src, size_t len);


#endif /* _AGENT_BASE_JSON_TEXT_H_INCLUDED_ */
