
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_BASE_LOG_H_INCLUDED_
#define _AGENT_BASE_LOG_H_INCLUDED_


/*
 * Log lines go to standard error, which is the container's log.  They never
 * contain secrets, values of environment variables, or text of commands.
 */

typedef enum {
    AGENT_LOG_ERROR = 0,       /* the agent cannot do what it should */
    AGENT_LOG_WARN,
    AGENT_LOG_INFO,            /* why the agent exits */
    AGENT_LOG_DEBUG            /* each request, command, signal and packet */
} agent_log_level_e;


#define AGENT_LOG_DEFAULT  AGENT_LOG_WARN


/* lines above this level are not written */
extern agent_log_level_e  agent_log_level;


/* the arguments are evaluated only if the line is written */

#define agent_log_error(...)  agent_log_at(AGENT_LOG_ERROR, __VA_ARGS__)
#define agent_log_warn(...)   agent_log_at(AGENT_LOG_WARN, __VA_ARGS__)
#define agent_log_info(...)   agent_log_at(AGENT_LOG_INFO, __VA_ARGS__)
#define agent_log_debug(...)  agent_log_at(AGENT_LOG_DEBUG, __VA_ARGS__)

#define agent_log_at(level, ...)                                              \
    do {                                                                      \
        if ((level) <= agent_log_level) {                                     \
            agent_log_write(level, __VA_ARGS__);                              \
        }                                                                     \
    } while (0)


void agent_log_write(agent_log_level_e level, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Reads the level from the file <dir>/log-level: "error", "warn", "info" or
 * "debug".  Without a valid file the level is AGENT_LOG_DEFAULT.  dir is kept;
 * NULL repeats the last call.
 */
void agent_log_configure(const char *dir);


#endif /* _AGENT_BASE_LOG_H_INCLUDED_ */
