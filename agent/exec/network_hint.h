
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_EXEC_NETWORK_HINT_H_INCLUDED_
#define _AGENT_EXEC_NETWORK_HINT_H_INCLUDED_


#include <stddef.h>


/*
 * A sandbox without a network: pip, npm, git and curl fail there with words
 * that send people to look for a fault in their name server.  What a command
 * wrote to stderr at its end tells, and one line is added.
 */


#define AGENT_NETWORK_HINT_TAIL  4096


typedef struct {
    char    *tail;                     /* NULL: nothing yet */
    size_t   len;
} agent_network_hint_t;


/* stderr of the command, as it comes */
void agent_network_hint_output(agent_network_hint_t *hint, const char *buf,
    size_t len);

/*
 * The command has failed: the line to add to its stderr, or NULL.  It begins
 * with a line feed where the last line was not ended.
 */
const char *agent_network_hint_line(agent_network_hint_t *hint);

void agent_network_hint_free(agent_network_hint_t *hint);

/* 1: the text has words that a missing network is known by */
int agent_network_hint_known(const char *text, size_t len);


#endif /* _AGENT_EXEC_NETWORK_HINT_H_INCLUDED_ */
