
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_CONTROL_OPTIONS_H_INCLUDED_
#define _AGENT_CONTROL_OPTIONS_H_INCLUDED_


#include <stdint.h>
#include <jansson.h>


/* the members that boot and configure have in common */

typedef struct {
    char      **env;                   /* "K=V" strings; NULL: not given */
    int64_t     sleep_after_ms;        /* -1: not given */
    int         keep_alive;            /* -1: not given */
    int64_t     generation;            /* -1: not given */
    int64_t     nofile;                /* 0: not given */
} agent_options_t;


/* 0, or -1 with *what set to the name of an invalid member */
int agent_options_parse(agent_options_t *options, json_t *json,
    const char **what);

/* sets what applies to commands: env, which is consumed, and nofile */
void agent_options_apply(agent_options_t *options);

void agent_options_free(agent_options_t *options);


#endif /* _AGENT_CONTROL_OPTIONS_H_INCLUDED_ */
