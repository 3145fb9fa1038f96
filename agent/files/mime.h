
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_FILES_MIME_H_INCLUDED_
#define _AGENT_FILES_MIME_H_INCLUDED_


#include <stddef.h>


/* pure functions on names and bytes */

#define AGENT_MIME_MAX      128
#define AGENT_MIME_UNKNOWN  "application/octet-stream"


/* the type that the name of a file says, or NULL; static */
const char *agent_mime_of_name(const char *name);

/*
 * The type by the first bytes of a file: empty, text, or unknown.  whole: the
 * bytes are all of it.
 */
const char *agent_mime_of_bytes(const char *buf, size_t len, int whole);

/* 1 if text[0..len] looks like a type, as "file" prints it */
int agent_mime_valid(const char *text, size_t len);

/* 1 if a file of that type is text */
int agent_mime_text(const char *type);


#endif /* _AGENT_FILES_MIME_H_INCLUDED_ */
