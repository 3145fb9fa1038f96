
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_PORT_COMMAND_H_INCLUDED_
#define _AGENT_PORT_COMMAND_H_INCLUDED_


#include <stdint.h>
#include <jansson.h>

#include "base/last_lines.h"


/*
 * Commands of exposed ports.  Each is run at every start as process
 * port-<port> (process.h), so that its app is restarted with the sandbox.
 */


#define AGENT_PORT_COMMAND_MAX     64  /* commands */
#define AGENT_PORT_COMMAND_SIZE    8192  /* maximum length of a command */
#define AGENT_PORT_COMMAND_CWD     4096
#define AGENT_PORT_COMMAND_SHOWN   20  /* lines of its output in a response */


typedef enum {
    AGENT_PORT_COMMAND_NONE = 0,       /* the port has no command */
    AGENT_PORT_COMMAND_RUNNING,
    AGENT_PORT_COMMAND_EXITED
} agent_port_command_state_e;


typedef struct {
    /* the port's command has started, exited, or been removed */
    void  (*on_change)(uint16_t port);
    /* it has written a line */
    void  (*on_line)(uint16_t port);
} agent_port_command_observer_t;


/* sets the only observer; must precede ..._set() */
void agent_port_command_observe(const agent_port_command_observer_t *observer);

/*
 * The member "ports" of boot and configure, [{"port","command"?,"cwd"?}].  1
 * if it is valid; ..._set() starts its commands.  If a port has no command, a
 * previous one is forgotten, but its process keeps running.
 */
int agent_port_command_valid(json_t *ports);
void agent_port_command_set(json_t *ports);

/* code: the exit code, 128+n for a signal */
agent_port_command_state_e agent_port_command_state(uint16_t port, int *code);

/* its last lines of output; NULL: the port has no command */
agent_last_lines_t *agent_port_command_lines(uint16_t port);

/* 1 if it has been running for less than ms */
int agent_port_command_starting(uint16_t port, uint64_t ms);

/* {"state","log","exitCode"?} or null; NULL: out of memory */
json_t *agent_port_command_json(uint16_t port);


#endif /* _AGENT_PORT_COMMAND_H_INCLUDED_ */
