
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_TEXT_H_INCLUDED_
#define _AGENT_TEXT_H_INCLUDED_


#include <stddef.h>
#include <sys/types.h>


/* pure functions on bytes; none allocates */

#define agent_base64_len(n)  (((n) + 2) / 3 * 4)

/* writes agent_base64_len(len) bytes without a NUL; returns their number */
size_t agent_base64(char *dst, const void *src, size_t len);

/*
 * Decodes, with or without "=" at the end; dst takes up to len bytes.  Their
 * number, or -1 where src is no base64.
 */
ssize_t agent_base64_decode(char *dst, const char *src, size_t len);

/*
 * The length of the first character of s: 1 to 4 for well-formed UTF-8, 0
 * where it is malformed, -1 where it is a good beginning cut short by len.
 */
int agent_utf8_char(const char *s, size_t len);

/* 1 when all of it is well-formed */
int agent_utf8_valid(const char *s, size_t len);

/* how many of the last bytes are the beginning of a character cut short */
size_t agent_utf8_tail(const char *s, size_t len);

/*
 * The inside of a JSON string: malformed bytes become U+FFFD.  dst takes up
 * to AGENT_JSON_ESCAPE times len bytes; returns their number.
 */
#define AGENT_JSON_ESCAPE  6

size_t agent_json_escape(char *dst, const char *src, size_t len);

/* how many bytes that is */
size_t agent_json_escape_len(const char *src, size_t len);

/* an environment variable's name: [A-Za-z_][A-Za-z0-9_]* */
int agent_env_name(const char *s);

/* [A-Za-z0-9._-]{1,128} without ".." */
int agent_session_name(const char *s);

/*
 * Normalises path textually, a relative one from base, into dst.  0, or -1
 * where it does not fit.
 */
int agent_path_normalize(char *dst, size_t size, const char *base,
    const char *path);

/* /workspace or below it, for a normalised path */
int agent_path_in_workspace(const char *path);


#endif /* _AGENT_TEXT_H_INCLUDED_ */
