
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AC_ERROR_H_INCLUDED_
#define _AC_ERROR_H_INCLUDED_


/* how a call of agent_client that leaves this process has ended */
typedef enum {
    AC_OK = 0,             /* the engine answered; its status may be an error */
    AC_UNREACHABLE,        /* unknown host, no connection, TLS refused */
    AC_TIMEDOUT,           /* the call's deadline has passed */
    AC_BROKEN,             /* the connection was lost, or it is not HTTP */
    AC_MALFORMED,          /* the response does not have the API's form */
    AC_TOO_BIG,            /* the response exceeds its limit */
    AC_UNSUPPORTED,        /* no API version that both sides support */
    AC_BUSY,               /* too many calls are waiting */
    AC_NOMEM
} ac_error_e;


/* a phrase for a log line or a message; static, never NULL */
const char *ac_error_text(ac_error_e error);


#endif /* _AC_ERROR_H_INCLUDED_ */
