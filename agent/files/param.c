
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base.h"
#include "base/fault.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "base/utf8.h"
#include "files/fault.h"
#include "files/param.h"
#include "session/session.h"


#define AGENT_FILES_PARAM_MODE                                                \
    "%s: must be an octal number in a string, such as \"0644\""


static int agent_files_param_bad(agent_fault_t *fault, const char *name,
    const char *text);


int
agent_files_param_path(json_t *body, const char *name, int required,
    char **path, agent_fault_t *fault)
{
    int      base64;
    char     encoded[40];
    size_t   len;
    json_t  *value;

    (void) snprintf(encoded, sizeof(encoded), "%sBase64", name);

    value = json_object_get(body, encoded);
    base64 = (value != NULL && !json_is_null(value));

    if (!base64) {
        value = json_object_get(body, name);

        if ((value == NULL || json_is_null(value)) && !required) {
            return 0;
        }

        if (!json_is_string(value)) {
            return agent_files_param_bad(fault, name, "a string is required");
        }
    }

    if (agent_json_bytes(body, base64 ? encoded : name, base64, path, &len,
                         fault)
        != 0)
    {
        return -1;
    }

    (*path)[len] = '\0';

    if (len == 0) {
        return agent_files_param_bad(fault, name, "must not be empty");
    }

    if (strlen(*path) != len) {
        return agent_files_param_bad(fault, name, "must not contain NUL");
    }

    if (len >= PATH_MAX) {
        return agent_files_param_bad(fault, name,
                                     "must not exceed 4095 bytes");
    }

    return 0;
}


static int
agent_files_param_bad(agent_fault_t *fault, const char *name,
    const char *text)
{
    char  message[128];

    (void) snprintf(message, sizeof(message), "%s: %s", name, text);

    return agent_files_fault_invalid(fault, name, "INVALID_PATH", message);
}


void
agent_files_param_text_json(agent_json_writer_t *w, const char *name,
    const char *text, size_t len)
{
    char  encoded[40];

    agent_json_writer_text(w, name, text, len);

    if (!agent_utf8_valid(text, len)) {
        (void) snprintf(encoded, sizeof(encoded), "%sBase64", name);
        agent_json_writer_base64(w, encoded, text, len);
    }
}


int
agent_files_param_session(json_t *body, pid_t *pid, agent_fault_t *fault)
{
    const char  *name;

    *pid = 0;

    if (agent_json_string(body, "sessionId", &name, fault) != 0) {
        return -1;
    }

    if (name == NULL || name[0] == '\0') {
        return 0;
    }

    if (!agent_session_name_valid(name)) {
        return agent_fault_invalid(fault,
                                   "sessionId: " AGENT_SESSION_NAME_RULE);
    }

    *pid = agent_session_pid(name);

    return 0;
}


int
agent_files_param_mode(json_t *body, const char *name, mode_t *mode,
    agent_fault_t *fault)
{
    char           *end;
    const char     *s;
    unsigned long   n;

    if (agent_json_string(body, name, &s, fault) != 0) {
        return agent_fault_invalid(fault, AGENT_FILES_PARAM_MODE, name);
    }

    if (s == NULL) {
        return 0;
    }

    n = strtoul(s, &end, 8);

    if (s[strspn(s, "01234567")] != '\0' || *end != '\0' || end == s
        || n > 07777)
    {
        return agent_fault_invalid(fault, AGENT_FILES_PARAM_MODE, name);
    }

    *mode = (mode_t) n;

    return 0;
}


int
agent_files_param_base(pid_t pid)
{
    int   fd;
    char  path[64];

    if (pid != 0) {
        (void) snprintf(path, sizeof(path), "/proc/%d/cwd", (int) pid);

        fd = open(path, O_PATH|O_DIRECTORY|O_CLOEXEC);

        if (fd != -1) {
            return fd;
        }
    }

    return open(AGENT_WORKSPACE, O_PATH|O_DIRECTORY|O_CLOEXEC);
}


int
agent_files_param_absolute(const char *path, int fd, char *absolute)
{
    char     link[64];
    ssize_t  n;

    if (path[0] == '/') {
        (void) snprintf(absolute, PATH_MAX, "%s", path);
        n = strlen(absolute);

    } else {
        (void) snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
        n = readlink(link, absolute, PATH_MAX - 1);

        if (n == -1) {
            return -1;
        }
    }

    while (n && absolute[n - 1] == '/') {
        n--;
    }

    absolute[n] = '\0';

    return 0;
}
