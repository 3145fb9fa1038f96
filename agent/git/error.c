
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stddef.h>
#include <string.h>

#include "git/error.h"


typedef struct {
    const char        *words;
    agent_git_error_t  error;
} agent_git_error_words_t;


#define AGENT_GIT_ERROR_BRANCH                                                \
    { 404, "GIT_BRANCH_NOT_FOUND", "the branch was not found" }
#define AGENT_GIT_ERROR_AUTH                                                  \
    { 401, "GIT_AUTH_FAILED", "the repository requires credentials, or "      \
      "refuses those that were sent" }
#define AGENT_GIT_ERROR_SPACE                                                 \
    { 507, "NO_SPACE", "no space left on the device" }
#define AGENT_GIT_ERROR_REPOSITORY                                            \
    { 404, "GIT_REPOSITORY_NOT_FOUND", "the repository was not found" }
#define AGENT_GIT_ERROR_NETWORK                                               \
    { 502, "GIT_NETWORK_ERROR", "the repository's server cannot be reached, " \
      "or the connection broke off" }


/* the first that is there counts; messages of git, curl and ssh */

static const agent_git_error_words_t  agent_git_error_words[] = {
    { "No space left on device", AGENT_GIT_ERROR_SPACE },
    { "Disk quota exceeded", AGENT_GIT_ERROR_SPACE },
    { "Remote branch ", AGENT_GIT_ERROR_BRANCH },
    { "did not match any", AGENT_GIT_ERROR_BRANCH },
    /* "access denied or repository not exported" */

    { "repository not exported", AGENT_GIT_ERROR_REPOSITORY },

    { "Authentication failed", AGENT_GIT_ERROR_AUTH },
    { "could not read Username", AGENT_GIT_ERROR_AUTH },
    { "could not read Password", AGENT_GIT_ERROR_AUTH },
    { "terminal prompts disabled", AGENT_GIT_ERROR_AUTH },
    { "requested URL returned error: 401", AGENT_GIT_ERROR_AUTH },
    { "requested URL returned error: 403", AGENT_GIT_ERROR_AUTH },
    { "ermission denied (", AGENT_GIT_ERROR_AUTH },
    { "ccess denied", AGENT_GIT_ERROR_AUTH },
    { "Host key verification failed", AGENT_GIT_ERROR_AUTH },
    { "' not found", AGENT_GIT_ERROR_REPOSITORY },
    { "epository not found", AGENT_GIT_ERROR_REPOSITORY },
    { "' does not exist", AGENT_GIT_ERROR_REPOSITORY },
    { "does not appear to be a git repository", AGENT_GIT_ERROR_REPOSITORY },
    { "requested URL returned error: 404", AGENT_GIT_ERROR_REPOSITORY },
    { "Could not resolve host", AGENT_GIT_ERROR_NETWORK },
    { "ould not resolve hostname", AGENT_GIT_ERROR_NETWORK },
    { "unable to look up ", AGENT_GIT_ERROR_NETWORK },
    { "unable to connect to ", AGENT_GIT_ERROR_NETWORK },
    { "Failed to connect", AGENT_GIT_ERROR_NETWORK },
    { "Connection refused", AGENT_GIT_ERROR_NETWORK },
    { "Connection timed out", AGENT_GIT_ERROR_NETWORK },
    { "Connection reset", AGENT_GIT_ERROR_NETWORK },
    { "Network is unreachable", AGENT_GIT_ERROR_NETWORK },
    { "Operation too slow", AGENT_GIT_ERROR_NETWORK },
    { "Operation timed out", AGENT_GIT_ERROR_NETWORK },
    { "hung up", AGENT_GIT_ERROR_NETWORK },
    { "early EOF", AGENT_GIT_ERROR_NETWORK },
    { "RPC failed", AGENT_GIT_ERROR_NETWORK },
    { "SSL", AGENT_GIT_ERROR_NETWORK },
    { "certificate", AGENT_GIT_ERROR_NETWORK },
    { "requested URL returned error: 5", AGENT_GIT_ERROR_NETWORK },
    { "requested URL returned error: 429", AGENT_GIT_ERROR_NETWORK },
    { "already exists and is not an empty directory",
      { 500, "GIT_CLONE_FAILED", "the target already exists and is not an "
        "empty directory" } },
    { NULL, { 0, NULL, NULL } }
};


const agent_git_error_t *
agent_git_error(const char *text, int exit_code)
{
    const agent_git_error_words_t  *w;

    static const agent_git_error_t  operation = {
        500, "GIT_OPERATION_FAILED", "git failed"
    };

    static const agent_git_error_t  clone = {
        500, "GIT_CLONE_FAILED", "git failed"
    };

    for (w = agent_git_error_words; w->words; w++) {

        if (strstr(text, w->words)) {
            return &w->error;
        }
    }

    return exit_code == 128 ? &operation : &clone;
}
