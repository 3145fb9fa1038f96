
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_CONTROL_OPTIONS_H_INCLUDED_
#define _AGENT_CONTROL_OPTIONS_H_INCLUDED_


#include <stdint.h>
#include <jansson.h>


/*
 * Checks the members that boot and configure have in common: 0, or -1 with
 * *what set to the name of a member of the wrong type.
 */
typedef struct {
    char      **env;                   /* "K=V" strings; NULL: not given */
    int64_t     sleep_after_ms;        /* -1: not given */
    int         keep_alive;            /* -1: not given */
    int64_t     generation;            /* -1: not given */
    int64_t     nofile;                /* 0: not given */
} agent_options_t;


int agent_options_parse(agent_options_t *s, json_t *json,
    const char **what);
void agent_options_free(agent_options_t *s);


#endif /* _AGENT_CONTROL_OPTIONS_H_INCLUDED_ */
