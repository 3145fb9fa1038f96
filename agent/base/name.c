
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "base/name.h"


int
agent_name_valid(const char *s, size_t max)
{
    size_t  i;

    for (i = 0; s[i]; i++) {

        if (i == max
            || !((s[i] >= 'a' && s[i] <= 'z') || (s[i] >= 'A' && s[i] <= 'Z')
                 || (s[i] >= '0' && s[i] <= '9')
                 || s[i] == '.' || s[i] == '_' || s[i] == '-'))
        {
            return 0;
        }
    }

    return i != 0;
}
