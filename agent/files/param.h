
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_FILES_PARAM_H_INCLUDED_
#define _AGENT_FILES_PARAM_H_INCLUDED_


#include <jansson.h>
#include <sys/types.h>

#include "base/fault.h"
#include "base/json_writer.h"


/* members of a request body that the /api routes of files have in common */

/* limit of these bodies, but those with a file's content */
#define AGENT_FILES_PARAM_JSON_MAX  65536


/*
 * Reads the path in the member name, or in <name>Base64 if it is not UTF-8,
 * into *path, to be freed by the caller, on failure too.  0, or -1 with a
 * fault; a path that is missing is one, if required.
 */
int agent_files_param_path(json_t *body, const char *name, int required,
    char **path, agent_fault_t *fault);

/* a name or path of the file system; if it is not UTF-8, in base64 as well */
void agent_files_param_text_json(agent_json_writer_t *w, const char *name,
    const char *text, size_t len);

/*
 * "sessionId": the process whose directory relative paths begin in; 0: the
 * workspace
 */
int agent_files_param_session(json_t *body, pid_t *pid, agent_fault_t *fault);

/* an octal string, "0644"; absent: unchanged */
int agent_files_param_mode(json_t *body, const char *name, mode_t *mode,
    agent_fault_t *fault);

/*
 * Opens the directory in which relative paths begin.  It is called in a thread
 * with the user's identity.  -1 with errno.
 */
int agent_files_param_base(pid_t pid);

/*
 * The path of an open directory in PATH_MAX bytes, without a slash at its end:
 * as it was sent, if that is absolute.  0, or -1 with errno.
 */
int agent_files_param_absolute(const char *path, int fd, char *absolute);


#endif /* _AGENT_FILES_PARAM_H_INCLUDED_ */
