
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_BASE_TEMPORARY_H_INCLUDED_
#define _AGENT_BASE_TEMPORARY_H_INCLUDED_


/*
 * Names of what the agent writes beside its place, until it is complete and is
 * renamed.  Watches do not report them, and report the rename as what it is
 * for others: a file that is created or modified.
 */


#define AGENT_TEMPORARY_SIZE  40


/* what: a word; replaces: there is a file in that place */
void agent_temporary_name(char name[AGENT_TEMPORARY_SIZE], const char *what,
    int replaces);

int agent_temporary_is(const char *name);

/* 1 if one of these names replaces a file */
int agent_temporary_replaces(const char *name);


#endif /* _AGENT_BASE_TEMPORARY_H_INCLUDED_ */
