
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SELFTEST_HOST_PROMISES_H_INCLUDED_
#define _SELFTEST_HOST_PROMISES_H_INCLUDED_


#include <stddef.h>


/*
 * The rows, as SECURITY.md has them in its table, and what to do where one
 * does not hold.
 */


typedef struct {
    const char  *name;
    const char  *promise;
    const char  *fail;                 /* what to do */
    const char  *low;                  /* likewise, where it is not enforced */
} selftest_promise_t;


#define SELFTEST_PROMISES_MAX  64


/* ended by one without a name */
extern const selftest_promise_t  selftest_promises[];

/* the index of a row; -1: there is none */
int selftest_promises_find(const char *name, size_t len);


#endif /* _SELFTEST_HOST_PROMISES_H_INCLUDED_ */
