
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/url.h"
#include "git/url.h"


typedef struct {
    const char  *prefix;
    int          http;
} agent_git_url_scheme_t;


static int agent_git_url_scheme(agent_git_url_t *url, const char *text,
    const agent_git_url_scheme_t *scheme, const char **error);
static int agent_git_url_user(agent_git_url_t *url, const char *text,
    size_t len, const char **error);
static int agent_git_url_decode(char *dst, const char *text, size_t len);
static int agent_git_url_scp(const char *text);
static void agent_git_url_name(agent_git_url_t *url);


static const agent_git_url_scheme_t  agent_git_url_schemes[] = {
    { "https://", 1 },
    { "http://", 1 },
    { "git://", 0 },
    { "ssh://", 0 },
    { "file://", 0 },
    { NULL, 0 }
};


int
agent_git_url_parse(agent_git_url_t *url, const char *text,
    const char **error)
{
    size_t                         len;
    const char                    *p;
    const agent_git_url_scheme_t  *s;

    memset(url, 0, sizeof(agent_git_url_t));

    len = strlen(text);

    if (len == 0) {
        *error = "must not be empty";
        return -1;
    }

    if (len > AGENT_GIT_URL_MAX) {
        *error = "must not exceed 4096 bytes";
        return -1;
    }

    for (p = text; *p; p++) {

        if ((unsigned char) *p < 0x20 || *p == 0x7f) {
            *error = "must not contain control characters";
            return -1;
        }
    }

    for (s = agent_git_url_schemes; s->prefix; s++) {

        if (strncasecmp(text, s->prefix, strlen(s->prefix)) == 0) {
            break;
        }
    }

    if (s->prefix) {

        if (agent_git_url_scheme(url, text, s, error) == -1) {
            return -1;
        }

    } else if (text[0] == '/' || agent_git_url_scp(text)) {
        memcpy(url->clean, text, len + 1);

    } else {
        *error = "must be a URL of http, https, git, ssh or file, "
                 "\"user@host:path\", or an absolute path";
        return -1;
    }

    memcpy(url->shown, url->clean, strlen(url->clean) + 1);

    if (url->origin[0]) {
        url->shown[strcspn(url->shown, "?#")] = '\0';
    }

    agent_git_url_name(url);

    return 0;
}


static int
agent_git_url_scheme(agent_git_url_t *url, const char *text,
    const agent_git_url_scheme_t *scheme, const char **error)
{
    size_t       len, user;
    const char  *host, *p;

    host = text + strlen(scheme->prefix);
    len = strcspn(host, "/?#");
    user = 0;

    for (p = host; p < host + len; p++) {

        if (*p == '@') {
            user = p + 1 - host;
        }
    }

    if ((len == user && scheme->prefix[0] != 'f') || host[user] == '-') {
        *error = "has no valid host";
        return -1;
    }

    if (!scheme->http) {

        /* ssh knows its users, and takes no password from a URL */

        if (user && memchr(host, ':', user)) {
            *error = "must not contain a password";
            return -1;
        }

        memcpy(url->clean, text, strlen(text) + 1);
        return 0;
    }

    if (user && agent_git_url_user(url, host, user - 1, error) == -1) {
        return -1;
    }

    (void) snprintf(url->clean, sizeof(url->clean), "%s%s", scheme->prefix,
                    host + user);
    (void) snprintf(url->origin, sizeof(url->origin), "%s%.*s/",
                    scheme->prefix, (int) (len - user), host + user);

    return 0;
}


/* "user:password" */

static int
agent_git_url_user(agent_git_url_t *url, const char *text, size_t len,
    const char **error)
{
    size_t       user;
    const char  *colon;

    colon = memchr(text, ':', len);
    user = colon ? (size_t) (colon - text) : len;

    if (agent_git_url_decode(url->user, text, user) == -1
        || (colon && agent_git_url_decode(url->password, colon + 1,
                                          len - user - 1)
                     == -1)
        || strchr(url->user, ':'))
    {
        *error = "has an invalid user or password";
        return -1;
    }

    return 0;
}


static int
agent_git_url_decode(char *dst, const char *text, size_t len)
{
    int     c;
    size_t  i;

    for (i = 0; i < len; i++) {
        c = (unsigned char) text[i];

        if (c == '%') {
            c = agent_url_escape(text + i, len - i);
            i += 2;
        }

        if (c < 0x20 || c == 0x7f) {
            return -1;
        }

        *dst++ = (char) c;
    }

    *dst = '\0';

    return 0;
}


/* "host:path" or "user@host:path"; "helper::address" is not one */

static int
agent_git_url_scp(const char *text)
{
    size_t  len;

    len = strcspn(text, ":/");

    return len != 0 && text[0] != '-' && text[len] == ':'
           && text[len + 1] != ':' && text[len + 1] != '\0'
           && strncmp(text + len, "://", 3) != 0;
}


/* the last component, without ".git" */

static void
agent_git_url_name(agent_git_url_t *url)
{
    size_t       len;
    const char  *p, *begin, *end;

    begin = strstr(url->shown, "://");
    begin = begin ? begin + 3 : url->shown;

    /* the host is no name */

    p = strpbrk(begin, url->shown == begin ? ":/" : "/");
    begin = p ? p + 1 : begin + strlen(begin);

    end = begin + strlen(begin);

    while (end > begin && end[-1] == '/') {
        end--;
    }

    for (p = end; p > begin && p[-1] != '/'; p--) {
        /* void */
    }

    len = end - p;

    if (len > 4 && strncmp(end - 4, ".git", 4) == 0) {
        len -= 4;
    }

    if (len == 0 || len > AGENT_GIT_URL_NAME
        || (p[0] == '.' && (len == 1 || (len == 2 && p[1] == '.')))
        || (len == 4 && memcmp(p, ".git", 4) == 0))
    {
        p = "repository";
        len = strlen(p);
    }

    memcpy(url->name, p, len);
    url->name[len] = '\0';
}
