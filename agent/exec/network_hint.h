
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_EXEC_NETWORK_HINT_H_INCLUDED_
#define _AGENT_EXEC_NETWORK_HINT_H_INCLUDED_


#include <stddef.h>


/*
 * In a sandbox without a network, pip, npm, git and curl fail with messages
 * that suggest a DNS problem.  If the end of a failed command's stderr
 * contains such a message, a line that explains the cause is added.
 */


#define AGENT_NETWORK_HINT_RECENT  4096


typedef struct {
    char    *recent;                   /* NULL: nothing yet */
    size_t   len;
} agent_network_hint_t;


/* feeds stderr of the command */
void agent_network_hint_output(agent_network_hint_t *hint, const char *buf,
    size_t len);

/*
 * To be called if the command has failed.  Returns the line to add to its
 * stderr, or NULL.  It begins with a line feed if the last line is
 * unterminated.
 */
const char *agent_network_hint_line(agent_network_hint_t *hint);

void agent_network_hint_free(agent_network_hint_t *hint);

/* 1 if the text contains a message typical of a missing network */
int agent_network_hint_known(const char *text, size_t len);


#endif /* _AGENT_EXEC_NETWORK_HINT_H_INCLUDED_ */
