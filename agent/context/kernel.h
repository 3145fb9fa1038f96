
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_CONTEXT_KERNEL_H_INCLUDED_
#define _AGENT_CONTEXT_KERNEL_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <uv.h>

#include "base/fault.h"
#include "context/kernel_channel.h"
#include "context/language.h"
#include "run/command.h"


/*
 * A kernel: the process that runs the cells of one context.  It is a command
 * whose stdout and stderr are those of user code; requests, results and errors
 * go over a channel of their own.  Nothing here blocks.
 */


typedef struct agent_kernel_s  agent_kernel_t;


/*
 * Each may free nothing but its own data.  Those of cells may be NULL as long
 * as none is executed.
 */

typedef struct {
    /* it can execute cells */
    void  (*ready)(agent_kernel_t *k);
    /* it has exited, and is freed afterwards */
    void  (*exit)(agent_kernel_t *k, const agent_exit_t *e);

    /* of cells: output of user code, stream 1 or 2 */
    void  (*output)(agent_kernel_t *k, int stream, const char *buf,
                    size_t len);
    /*
     * A part of an event: printable ASCII, compact JSON as a whole.  The last
     * event need not be shown before done().
     */
    void  (*event)(agent_kernel_t *k, const agent_kernel_packet_t *p);
    /* 1: no more until agent_kernel_resume() */
    int   (*full)(agent_kernel_t *k);
    /* the cell has ended; count: of the cells that it has executed */
    void  (*done)(agent_kernel_t *k, uint64_t count, int failed);
} agent_kernel_ops_t;


struct agent_kernel_s {
    /* set by the owner */

    const agent_kernel_ops_t  *ops;
    void                      *data;

    /* to be read by the owner */

    const agent_language_t    *language;
    agent_command_t           *cmd;
    unsigned                   ready:1;

    /* private to kernel.c */

    LIST_ENTRY(agent_kernel_s) link;
    agent_kernel_channel_t     channel;
    json_t                    *vars;   /* of the sandbox, at its start */
    json_t                    *changes;  /* to be made before the next cell */
    int                        writers[2];
    uint32_t                   number; /* of the execution */
    unsigned                   busy:1;
    unsigned                   told:1;     /* of its interrupt */
    unsigned                   paused:1;
    unsigned                   partial:1;  /* within an event */
};


/*
 * Starts a kernel.  env: as in agent_command_t, or NULL; cwd: NULL for the
 * workspace.  NULL on failure, with a fault.
 */
agent_kernel_t *agent_kernel_start(const agent_language_t *language,
    const char **env, const char *cwd, const agent_kernel_ops_t *ops,
    void *data, agent_fault_t *fault);

/*
 * Sends a cell, an object {"code", "cwd"?, "env"?}, to an idle kernel, and
 * adds the member "environ" to it if variables have changed.  0, or -1 if out
 * of memory.
 */
int agent_kernel_execute(agent_kernel_t *k, json_t *request);

/*
 * It was started before its owner was known: lets it have the variables that
 * the sandbox has now, from its next cell on.
 */
void agent_kernel_renew(agent_kernel_t *k);

/* interrupts the cell that runs */
void agent_kernel_interrupt(agent_kernel_t *k);

/* reads again, after full() */
void agent_kernel_resume(agent_kernel_t *k);

/*
 * Takes ownership of fd, a new connection of the kernel with that token.  0,
 * with the kernel's own writers of its stdout and stderr; -1: there is no such
 * kernel.
 */
int agent_kernel_adopt(const char *token, int fd, int *writers);

/* kills it with all that it has started; exit() follows */
void agent_kernel_kill(agent_kernel_t *k);


#endif /* _AGENT_CONTEXT_KERNEL_H_INCLUDED_ */
