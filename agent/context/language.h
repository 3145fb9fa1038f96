
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_CONTEXT_LANGUAGE_H_INCLUDED_
#define _AGENT_CONTEXT_LANGUAGE_H_INCLUDED_


#include <stddef.h>


/* the languages of code contexts, and their kernels, embedded in the agent */


typedef struct {
    const char         *name;
    const char  *const *aliases;       /* ended by NULL */
    const char         *title;         /* for messages */
    const char  *const *programs;      /* as in agent_spawn_t */
    char        *const *argv;
    unsigned            interrupted_by_signal;  /* SIGINT, beside a packet */
    unsigned            patience;      /* seconds; of a receive, 0: no limit */
    size_t              bundle;        /* private to language.c */
} agent_language_t;


/* all, in the order of agent_language_index() */
#define AGENT_LANGUAGES  3

extern const agent_language_t  agent_language_list[AGENT_LANGUAGES];

/* the language of that name or alias, of any case; NULL: unknown */
const agent_language_t *agent_language_find(const char *name);

/* the error code of an image that has no interpreter of the language */
const char *agent_language_missing(const agent_language_t *language);

size_t agent_language_index(const agent_language_t *language);

/*
 * A descriptor of the kernel's sources, which stays the language's own; -1 on
 * failure.
 */
int agent_language_sources(const agent_language_t *language);


#endif /* _AGENT_CONTEXT_LANGUAGE_H_INCLUDED_ */
