
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "base/json.h"
#include "git/auth.h"
#include "git/param.h"
#include "git/url.h"
#include "session/session.h"


#define AGENT_GIT_PARAM_TIMEOUT  600000
#define AGENT_GIT_PARAM_YEAR     (366ULL * 24 * 60 * 60 * 1000)


static int agent_git_param_url(agent_git_checkout_t *g, agent_request_t *r,
    json_t *body, agent_fault_t *fault);
static int agent_git_param_branch(agent_git_checkout_t *g, json_t *body,
    agent_fault_t *fault);
static int agent_git_param_valid(const char *branch);
static int agent_git_param_target(agent_git_checkout_t *g, json_t *body,
    agent_fault_t *fault);
static int agent_git_param_timeout(agent_git_checkout_t *g, json_t *body,
    agent_fault_t *fault);
static int agent_git_param_session(agent_git_checkout_t *g, json_t *body,
    agent_fault_t *fault);
static int agent_git_param_bad(agent_fault_t *fault, const char *field,
    const char *kind, const char *message);


int
agent_git_param(agent_git_checkout_t *g, agent_request_t *r, json_t *body,
    agent_fault_t *fault)
{
    int          streams;
    const char  *accept;

    if (agent_git_param_url(g, r, body, fault) != 0
        || agent_git_param_branch(g, body, fault) != 0
        || agent_git_param_target(g, body, fault) != 0
        || agent_git_param_timeout(g, body, fault) != 0
        || agent_git_param_session(g, body, fault) != 0
        || agent_json_integer(body, "depth", 1, INT32_MAX, &g->depth, fault)
           != 0
        || agent_json_bool(body, "stream", &streams, fault) != 0)
    {
        return -1;
    }

    accept = agent_request_header(r, "Accept");

    g->streams = streams
                 || (accept && strcasestr(accept, "text/event-stream"));

    return 0;
}


static int
agent_git_param_url(agent_git_checkout_t *g, agent_request_t *r, json_t *body,
    agent_fault_t *fault)
{
    char         message[160];
    const char  *text, *error;

    text = agent_json_string_of(json_object_get(body, "repoUrl"));

    if (text == NULL) {
        return agent_git_param_bad(fault, "repoUrl", "INVALID_GIT_URL",
                                   "repoUrl: a string is required");
    }

    if (agent_git_url_parse(&g->url, text, &error) == -1) {
        (void) snprintf(message, sizeof(message), "repoUrl: %s", error);
        return agent_git_param_bad(fault, "repoUrl", "INVALID_GIT_URL",
                                   message);
    }

    if (agent_git_auth_init(&g->auth,
                            agent_request_header(r, AGENT_GIT_AUTH_HEADER),
                            &g->url, &error)
        == -1)
    {
        return agent_fault_invalid(fault, AGENT_GIT_AUTH_HEADER ": %s", error);
    }

    return 0;
}


static int
agent_git_param_branch(agent_git_checkout_t *g, json_t *body,
    agent_fault_t *fault)
{
    const char  *branch;

    if (agent_json_string(body, "branch", &branch, fault) != 0) {
        return -1;
    }

    if (branch == NULL) {
        return 0;
    }

    if (!agent_git_param_valid(branch)) {
        return agent_git_param_bad(fault, "branch", "INVALID_BRANCH",
                                   "branch: is not a name of a branch or "
                                   "tag");
    }

    memcpy(g->branch, branch, strlen(branch) + 1);

    return 0;
}


/* the rules of git-check-ref-format(1) that matter here */

static int
agent_git_param_valid(const char *branch)
{
    size_t       len;
    const char  *p;

    len = strlen(branch);

    if (len == 0 || len > AGENT_GIT_CHECKOUT_BRANCH || branch[0] == '-'
        || branch[0] == '/' || branch[len - 1] == '/'
        || branch[len - 1] == '.' || strstr(branch, "..")
        || strstr(branch, "//") || strstr(branch, "@{"))
    {
        return 0;
    }

    for (p = branch; *p; p++) {

        if ((unsigned char) *p <= ' ' || strchr("~^:?*[\\\177", *p)) {
            return 0;
        }
    }

    return 1;
}


static int
agent_git_param_target(agent_git_checkout_t *g, json_t *body,
    agent_fault_t *fault)
{
    const char  *target;

    if (agent_json_string(body, "targetDir", &target, fault) != 0) {
        return -1;
    }

    if (target == NULL) {
        (void) snprintf(g->target, sizeof(g->target), AGENT_WORKSPACE "/%s",
                        g->url.name);
        return 0;
    }

    if (target[0] == '\0' || strlen(target) >= sizeof(g->target)) {
        return agent_git_param_bad(fault, "targetDir", "INVALID_PATH",
                                   "targetDir: must have 1 to 4095 bytes");
    }

    memcpy(g->target, target, strlen(target) + 1);

    return 0;
}


static int
agent_git_param_timeout(agent_git_checkout_t *g, json_t *body,
    agent_fault_t *fault)
{
    char    *text, message[160];
    double   n;
    json_t  *value;

    g->timeout = AGENT_GIT_PARAM_TIMEOUT;

    value = json_object_get(body, "timeoutMs");

    if (value == NULL || json_is_null(value)) {
        return 0;
    }

    n = json_number_value(value);

    if (n >= 1 && n <= AGENT_GIT_PARAM_YEAR && n == (double) (uint64_t) n) {
        g->timeout = n;
        return 0;
    }

    text = json_dumps(value, JSON_ENCODE_ANY|JSON_COMPACT);

    (void) snprintf(message, sizeof(message), "Invalid clone timeout: %.64s; "
                    "it must be a positive integer of milliseconds",
                    text ? text : "");
    free(text);

    return agent_git_param_bad(fault, "timeoutMs", "INVALID_TIMEOUT", message);
}


/* its directory is where a relative target begins */

static int
agent_git_param_session(agent_git_checkout_t *g, json_t *body,
    agent_fault_t *fault)
{
    const char  *name;

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

    g->session = agent_session_pid(name);

    return 0;
}


static int
agent_git_param_bad(agent_fault_t *fault, const char *field, const char *kind,
    const char *message)
{
    int  url;

    url = (strcmp(field, "repoUrl") == 0);

    return agent_fault_set(fault, 400,
                           url ? "INVALID_GIT_URL" : "VALIDATION_FAILED",
                           json_pack("{s:[{s:s, s:s, s:s}]}",
                                     "validationErrors",
                                     "field", field,
                                     "message", message,
                                     "code", kind),
                           "%s", message);
}
