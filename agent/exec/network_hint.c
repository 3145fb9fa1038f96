
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <ifaddrs.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "exec/network_hint.h"


static int agent_network_hint_isolated(void);


/* messages of the C library, curl, git, Node.js, Python, Go, apt and wget */

static const char *const  agent_network_hint_words[] = {
    "Could not resolve host",
    "could not resolve host",
    "Temporary failure in name resolution",
    "Temporary failure resolving",
    " EAI_AGAIN",
    "ENETUNREACH",
    "Network is unreachable",
    "network is unreachable",
    "Name or service not known",
    "unable to resolve host address",
    "bad address '",
    "No matching distribution found for ",
    NULL
};


static const char  agent_network_hint_text[] =
    "\nsandbox: this sandbox has no network: its class sets network=none\n";


void
agent_network_hint_output(agent_network_hint_t *hint, const char *buf,
    size_t len)
{
    size_t  keep;

    if (hint->recent == NULL) {
        hint->recent = malloc(AGENT_NETWORK_HINT_RECENT);

        /* if out of memory, there is no hint */

        if (hint->recent == NULL) {
            return;
        }
    }

    if (len >= AGENT_NETWORK_HINT_RECENT) {
        memcpy(hint->recent, buf + len - AGENT_NETWORK_HINT_RECENT,
               AGENT_NETWORK_HINT_RECENT);
        hint->len = AGENT_NETWORK_HINT_RECENT;
        return;
    }

    keep = AGENT_NETWORK_HINT_RECENT - len;

    if (hint->len > keep) {
        memmove(hint->recent, hint->recent + hint->len - keep, keep);
        hint->len = keep;
    }

    memcpy(hint->recent + hint->len, buf, len);
    hint->len += len;
}


const char *
agent_network_hint_line(agent_network_hint_t *hint)
{
    if (hint->len == 0
        || !agent_network_hint_known(hint->recent, hint->len)
        || !agent_network_hint_isolated())
    {
        return NULL;
    }

    return (hint->recent[hint->len - 1] == '\n') ? agent_network_hint_text + 1
                                               : agent_network_hint_text;
}


void
agent_network_hint_free(agent_network_hint_t *hint)
{
    free(hint->recent);

    hint->recent = NULL;
    hint->len = 0;
}


int
agent_network_hint_known(const char *text, size_t len)
{
    const char *const  *word;

    for (word = agent_network_hint_words; *word; word++) {

        if (memmem(text, len, *word, strlen(*word)) != NULL) {
            return 1;
        }
    }

    return 0;
}


/* tunnel devices that are down may exist in every namespace */

static int
agent_network_hint_isolated(void)
{
    int              isolated;
    struct ifaddrs  *list, *i;

    if (getifaddrs(&list) == -1) {
        return 0;
    }

    isolated = 1;

    for (i = list; i; i = i->ifa_next) {

        if ((i->ifa_flags & IFF_UP) && !(i->ifa_flags & IFF_LOOPBACK)) {
            isolated = 0;
        }
    }

    freeifaddrs(list);

    return isolated;
}
