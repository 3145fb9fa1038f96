
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_RUN_EXIT_H_INCLUDED_
#define _AGENT_RUN_EXIT_H_INCLUDED_


#include <stdint.h>
#include <jansson.h>


typedef enum {
    AGENT_EXIT_EXITED = 0,
    AGENT_EXIT_SIGNALED,
    AGENT_EXIT_TIMED_OUT,
    AGENT_EXIT_OOM_KILLED,            /* killed by the kernel, out of memory */
    AGENT_EXIT_LOST                   /* it could not be killed */
} agent_exit_outcome_e;


typedef struct {
    int                   code;        /* 128+n for a signal, 124: timed out */
    int                   signal;      /* 0: none */
    agent_exit_outcome_e  outcome;
    uint64_t              duration;    /* ms */
    int64_t               cpu_ms;      /* user and system; -1: not known */
    int64_t               peak;        /* bytes of memory; -1: not known */
    unsigned              timed_out:1;
    unsigned              terminated:1;  /* its session's shell has exited */
    unsigned              destroyed:1;  /* its session was deleted */
} agent_exit_t;


/* adds the members that describe an exit */
void agent_exit_json(json_t *json, const agent_exit_t *e);


#endif /* _AGENT_RUN_EXIT_H_INCLUDED_ */
