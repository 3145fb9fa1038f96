
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stddef.h>

#include "session/name.h"


int
agent_session_name(const char *s)
{
    size_t  i;

    for (i = 0; s[i]; i++) {

        if (i == 128) {
            return 0;
        }

        if (!((s[i] >= 'a' && s[i] <= 'z') || (s[i] >= 'A' && s[i] <= 'Z')
              || (s[i] >= '0' && s[i] <= '9')
              || s[i] == '.' || s[i] == '_' || s[i] == '-'))
        {
            return 0;
        }

        if (s[i] == '.' && s[i + 1] == '.') {
            return 0;
        }
    }

    return i != 0;
}
