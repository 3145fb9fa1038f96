
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <jansson.h>

#include "base/base64.h"
#include "git/auth.h"
#include "run/env.h"


/* a shorter one is in too many words */
#define AGENT_GIT_AUTH_SHORT   4

/* variables of configuration that the sandbox has already */
#define AGENT_GIT_AUTH_CONFIG  1000


static int agent_git_auth_header(agent_git_auth_t *auth, const char *value,
    const char **error);
static int agent_git_auth_basic(agent_git_auth_t *auth, const char *encoded);
static int agent_git_auth_url(agent_git_auth_t *auth,
    const agent_git_url_t *url);
static int agent_git_auth_secret(agent_git_auth_t *auth, const char *text);
static void agent_git_auth_env(agent_git_auth_t *auth);
static unsigned agent_git_auth_configured(void);


int
agent_git_auth_init(agent_git_auth_t *auth, const char *header,
    const agent_git_url_t *url, const char **error)
{
    int  len, user;

    memset(auth, 0, sizeof(agent_git_auth_t));

    user = (url->user[0] || url->password[0]);

    if (header && user) {
        *error = "repoUrl has credentials too: send only one of them";
        return -1;
    }

    if (header && url->origin[0] == '\0') {
        *error = "is only for http and https";
        return -1;
    }

    *error = "out of memory";

    if (header && agent_git_auth_header(auth, header, error) == -1) {
        return -1;
    }

    if (user && agent_git_auth_url(auth, url) == -1) {
        return -1;
    }

    if (auth->header) {
        len = strlen(url->origin) + sizeof("http..extraHeader");
        auth->key = malloc(len);

        if (auth->key == NULL) {
            return -1;
        }

        (void) snprintf(auth->key, len, "http.%s.extraHeader", url->origin);
    }

    agent_git_auth_env(auth);

    return 0;
}


void
agent_git_auth_free(agent_git_auth_t *auth)
{
    size_t  i;

    free(auth->header);
    free(auth->key);

    for (i = 0; i < AGENT_GIT_AUTH_SECRETS; i++) {
        free(auth->secrets[i]);
    }

    memset(auth, 0, sizeof(agent_git_auth_t));
}


/* a scheme, and its credentials */

static int
agent_git_auth_header(agent_git_auth_t *auth, const char *value,
    const char **error)
{
    size_t       len, scheme;
    const char  *p;

    len = strlen(value);
    scheme = strcspn(value, " ");

    if (len > AGENT_GIT_AUTH_MAX || scheme == 0 || value[scheme] == '\0'
        || value[scheme + 1] == '\0')
    {
        *error = "must be a scheme and its credentials, such as "
                 "\"Bearer <token>\"";
        return -1;
    }

    for (p = value; *p; p++) {

        if (*p < 0x20 || *p > 0x7e) {
            *error = "must be printable ASCII";
            return -1;
        }
    }

    auth->header = malloc(sizeof("Authorization: ") + len);

    if (auth->header == NULL) {
        return -1;
    }

    (void) sprintf(auth->header, "Authorization: %s", value);

    if (agent_git_auth_secret(auth, value + scheme + 1) == -1) {
        return -1;
    }

    return strncasecmp(value, "Basic ", scheme + 1) == 0
           ? agent_git_auth_basic(auth, value + scheme + 1) : 0;
}


/* a server may return the password as it is */

static int
agent_git_auth_basic(agent_git_auth_t *auth, const char *encoded)
{
    int       rc;
    char     *plain, *colon;
    size_t    len;
    ssize_t   n;

    len = strlen(encoded);
    plain = malloc(len + 1);

    if (plain == NULL) {
        return -1;
    }

    rc = 0;
    n = agent_base64_decode(plain, encoded, len);

    if (n > 0) {
        plain[n] = '\0';
        colon = strchr(plain, ':');

        if (colon) {
            rc = agent_git_auth_secret(auth, colon + 1);
        }
    }

    free(plain);

    return rc;
}


static int
agent_git_auth_url(agent_git_auth_t *auth, const agent_git_url_t *url)
{
    char    *plain, *p;
    size_t   len;

    len = strlen(url->user) + 1 + strlen(url->password);

    plain = malloc(len + 1);
    auth->header = malloc(sizeof("Authorization: Basic ")
                          + agent_base64_len(len));

    if (plain == NULL || auth->header == NULL) {
        free(plain);
        return -1;
    }

    (void) sprintf(plain, "%s:%s", url->user, url->password);

    p = stpcpy(auth->header, "Authorization: Basic ");
    p[agent_base64(p, plain, len)] = '\0';

    free(plain);

    /* a token may be in the place of a user */

    if (agent_git_auth_secret(auth, p) == -1) {
        return -1;
    }

    return agent_git_auth_secret(auth, url->password[0] ? url->password
                                                        : url->user);
}


static int
agent_git_auth_secret(agent_git_auth_t *auth, const char *text)
{
    size_t  i, len;

    len = strlen(text);

    if (len < AGENT_GIT_AUTH_SHORT) {
        return 0;
    }

    for (i = 0; auth->secrets[i]; i++) {
        /* void */
    }

    auth->secrets[i] = strdup(text);

    if (len > auth->longest) {
        auth->longest = len;
    }

    return auth->secrets[i] ? 0 : -1;
}


static void
agent_git_auth_env(agent_git_auth_t *auth)
{
    unsigned      i, n;
    const char  **env;

    static const char *const  fixed[] = {

        /* nobody is there to answer */

        "GIT_TERMINAL_PROMPT", "0",
        "GIT_ASKPASS", "",
        "SSH_ASKPASS", "",

        /* messages that are understood; none with credentials */

        "LC_ALL", "C.UTF-8",
        "LANGUAGE", NULL,
        "GIT_TRACE", NULL,
        "GIT_TRACE_CURL", NULL,
        "GIT_TRACE_PACKET", NULL,
        "GIT_TRACE_SETUP", NULL,
        "GIT_CURL_VERBOSE", NULL,
    };

    env = auth->env;

    for (i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
        *env++ = fixed[i];
    }

    if (auth->header) {
        n = agent_git_auth_configured();

        (void) snprintf(auth->count, sizeof(auth->count), "%u", n + 1);
        (void) snprintf(auth->names[0], sizeof(auth->names[0]),
                        "GIT_CONFIG_KEY_%u", n);
        (void) snprintf(auth->names[1], sizeof(auth->names[1]),
                        "GIT_CONFIG_VALUE_%u", n);

        *env++ = "GIT_CONFIG_COUNT";
        *env++ = auth->count;
        *env++ = auth->names[0];
        *env++ = auth->key;
        *env++ = auth->names[1];
        *env++ = auth->header;
    }

    *env = NULL;
}


/* the sandbox may configure git in the same way */

static unsigned
agent_git_auth_configured(void)
{
    json_t         *value;
    unsigned        n;
    const char     *text;

    value = json_object_get(agent_env_vars(), "GIT_CONFIG_COUNT");
    text = value ? json_string_value(value)
                 : agent_env_image("GIT_CONFIG_COUNT");

    for (n = 0; text && *text >= '0' && *text <= '9'; text++) {
        n = n * 10 + (*text - '0');

        if (n > AGENT_GIT_AUTH_CONFIG) {
            return 0;
        }
    }

    return n;
}


size_t
agent_git_auth_redact(const agent_git_auth_t *auth, char *text, size_t len)
{
    char    *p;
    size_t   i, n;

    static const char  stars[] = "******";

    for (i = 0; i < AGENT_GIT_AUTH_SECRETS && auth->secrets[i]; i++) {
        n = strlen(auth->secrets[i]);

        for (p = text;
             (p = memmem(p, text + len - p, auth->secrets[i], n)) != NULL;
             p++)
        {
            /* at least four bytes, of which as many are asterisks */

            memmove(p + AGENT_GIT_AUTH_SHORT, p + n, text + len - p - n);
            memcpy(p, stars, AGENT_GIT_AUTH_SHORT);
            len -= n - AGENT_GIT_AUTH_SHORT;
            p += AGENT_GIT_AUTH_SHORT - 1;
        }
    }

    return len;
}
