
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "ac_error.h"


const char *
ac_error_text(ac_error_e error)
{
    switch (error) {

    case AC_OK:
        return "the engine answered";

    case AC_UNREACHABLE:
        return "the engine cannot be reached";

    case AC_TIMEDOUT:
        return "the engine did not answer in time";

    case AC_BROKEN:
        return "the connection to the engine was lost";

    case AC_MALFORMED:
        return "the engine sent an invalid response";

    case AC_TOO_BIG:
        return "the engine's response is too large";

    case AC_UNSUPPORTED:
        return "the engine's API version is not supported";

    case AC_BUSY:
        return "too many calls are waiting for the engine";

    case AC_NOMEM:
        return "out of memory";
    }

    return "unknown error";
}
