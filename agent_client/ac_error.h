
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AC_ERROR_H_INCLUDED_
#define _AC_ERROR_H_INCLUDED_


/* the outcome of a call to the engine */
typedef enum {
    AC_OK = 0,             /* the engine answered, maybe with an error */
    AC_UNREACHABLE,        /* host not found, connection or TLS failed */
    AC_TIMEDOUT,           /* the call's deadline has passed */
    AC_BROKEN,             /* connection lost, or not HTTP */
    AC_MALFORMED,          /* the response does not conform to the API */
    AC_TOO_BIG,            /* the response exceeds its size limit */
    AC_UNSUPPORTED,        /* no common API version */
    AC_BUSY,               /* the queue is full, or waiting timed out */
    AC_NOMEM
} ac_error_e;


/* a phrase for a log line or a message; static, never NULL */
const char *ac_error_text(ac_error_e error);


#endif /* _AC_ERROR_H_INCLUDED_ */
