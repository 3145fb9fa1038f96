
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SELFTEST_HOST_API_H_INCLUDED_
#define _SELFTEST_HOST_API_H_INCLUDED_


#include <stddef.h>

#include <curl/curl.h>

#include "host/text.h"


/*
 * The API of nginx.  Calls wait for their answer, up to a limit of time, or
 * until selftest_api_interrupted is set.
 */


typedef struct {
    CURL                *curl;
    char                *url;              /* without a slash at its end */
    struct curl_slist   *headers;
    selftest_text_t      body;             /* of the last answer */
    char                *error;            /* of the last call that failed */
} selftest_api_t;


/* a line of a program's output, without the newline; may change it */
typedef void (*selftest_api_line_pt)(void *data, char *line);


/* by a handler of signals */
extern volatile int  selftest_api_interrupted;


/*
 * key may be NULL; so may ca, a file of certificates.  0, or -1: out of
 * memory.
 */
int selftest_api_init(selftest_api_t *api, const char *url, const char *key,
    const char *ca);
void selftest_api_free(selftest_api_t *api);

/*
 * json may be NULL.  The status, or -1; an error is set for -1, and for a
 * status above 399.
 */
long selftest_api_call(selftest_api_t *api, const char *method,
    const char *path, const char *json);
/* likewise: PUTs a file */
long selftest_api_put(selftest_api_t *api, const char *path, const void *data,
    size_t len);

/*
 * Runs a program by "exec", and calls line for each line of its standard
 * output as it comes.  Its exit code, or -1 with an error, also when the
 * stream breaks off.
 */
int selftest_api_exec(selftest_api_t *api, const char *id,
    const char *const *argv, selftest_api_line_pt line, void *data);


#endif /* _SELFTEST_HOST_API_H_INCLUDED_ */
