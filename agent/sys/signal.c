
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "sys/signal.h"


#define AGENT_SIGNALS                                                         \
    (int) (sizeof(agent_signals) / sizeof(agent_signals[0]))


static const char  *const agent_signals[] = {
    "", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL",
    "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT",
    "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF",
    "WINCH", "IO", "PWR", "SYS"
};


const char *
agent_signal_name(int sig, char *buf)
{
    if (sig > 0 && sig < AGENT_SIGNALS) {
        snprintf(buf, 16, "SIG%s", agent_signals[sig]);

    } else {
        snprintf(buf, 16, "SIG%d", sig);
    }

    return buf;
}


int
agent_signal_number(const char *name)
{
    int      i;
    size_t   n;

    if (strncasecmp(name, "SIG", 3) == 0) {
        name += 3;
    }

    n = strspn(name, "0123456789");

    if (n && name[n] == '\0') {
        return n <= 2 && atoi(name) < _NSIG ? atoi(name) : 0;
    }

    for (i = 1; i < AGENT_SIGNALS; i++) {

        if (strcasecmp(agent_signals[i], name) == 0) {
            return i;
        }
    }

    return 0;
}
