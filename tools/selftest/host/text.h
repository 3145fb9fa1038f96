
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SELFTEST_HOST_TEXT_H_INCLUDED_
#define _SELFTEST_HOST_TEXT_H_INCLUDED_


#include <stddef.h>


/* a growable string; zeroed before use, freed by selftest_text_free() */

typedef struct {
    char    *data;                     /* NUL-terminated, or NULL */
    size_t   len;
    size_t   size;
} selftest_text_t;


/* 0, or -1: out of memory, or more than max bytes, if that is not 0 */
int selftest_text_append(selftest_text_t *text, const void *data, size_t len,
    size_t max);
void selftest_text_free(selftest_text_t *text);

/* base64, in place; the length of what it stands for, -1: it is none */
long selftest_text_decode(char *data);

/* as printf(), newly allocated; ends the program if there is no memory */
char *selftest_text_format(const char *fmt, ...)
    __attribute__((format(printf, 1, 2)));


#endif /* _SELFTEST_HOST_TEXT_H_INCLUDED_ */
