
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <string.h>

#include "lib/sandbox_name.h"
#include "lib/sandbox_policy.h"
#include "lib/sandbox_policy_grammar.h"


/* policies of ports: access by token, and expiry */


const char *const  sandbox_policy_access_words[] = {
    "", "link", "key", "public", NULL
};

const char *const  sandbox_policy_host_words[] = {
    "", "localhost", "public", NULL
};

const char *const  sandbox_policy_scheme_words[] = {
    "", "http", "https", NULL
};

const char *const  sandbox_policy_cors_words[] = {
    "", "app", "off", "reflect", "list", NULL
};

const char *const  sandbox_policy_cookies_words[] = {
    "", "host", "off", NULL
};

const char *const  sandbox_policy_strip_words[] = {
    "", "authorization", "cookie", NULL
};


int
sandbox_policy_command_valid(const char *text)
{
    if (text[strspn(text, " \t\n")] == '\0') {
        return 0;
    }

    for ( /* void */ ; *text; text++) {

        if (((unsigned char) *text < 0x20 && *text != '\t' && *text != '\n')
            || *text == 0x7f)
        {
            return 0;
        }
    }

    return 1;
}


int
sandbox_policy_cwd_valid(const char *text)
{
    return text[0] == '/' && sandbox_policy_name_valid(text);
}


int
sandbox_policy_name_valid(const char *text)
{
    const unsigned char  *p;

    for (p = (const unsigned char *) text; *p; p++) {

        if (*p < 0x20 || *p == 0x7f
            || (*p == 0xc2 && p[1] >= 0x80 && p[1] <= 0x9f))
        {
            return 0;
        }
    }

    return 1;
}


int
sandbox_policy_token_valid(const char *text)
{
    return sandbox_name_token_valid(text, strlen(text));
}


int
sandbox_policy_key_valid(const char *text)
{
    return sandbox_policy_grammar_key(text, strlen(text));
}


int
sandbox_policy_word(const char *const *words, const char *text)
{
    int  i;

    for (i = 1; words[i]; i++) {
        if (strcmp(words[i], text) == 0) {
            return i;
        }
    }

    return 0;
}


sandbox_link_t *
sandbox_policy_link_named(sandbox_policy_t *policy, const char *name)
{
    unsigned  i;

    for (i = 0; i < policy->nlinks; i++) {
        if (strcmp(policy->links[i].name, name) == 0) {
            return &policy->links[i];
        }
    }

    return NULL;
}


/* compare with all, so that the time does not reveal which one matches */

sandbox_link_t *
sandbox_policy_link_of(sandbox_policy_t *policy, const char *token, size_t len)
{
    unsigned         i;
    sandbox_link_t  *link;

    link = NULL;

    for (i = 0; i < policy->nlinks; i++) {
        if (sandbox_name_equal(policy->links[i].token,
                               strlen(policy->links[i].token), token, len))
        {
            link = &policy->links[i];
        }
    }

    return link;
}


int
sandbox_policy_expired(const sandbox_policy_t *policy, int64_t now)
{
    unsigned  i;

    if (policy->expires_ms && policy->expires_ms <= now) {
        return 1;
    }

    for (i = 0; i < policy->nlinks; i++) {
        if (policy->links[i].expires_ms
            && policy->links[i].expires_ms <= now)
        {
            return 1;
        }
    }

    return 0;
}


int
sandbox_policy_opens(sandbox_policy_t *policy, const char *token, size_t len,
    int open, int64_t now)
{
    sandbox_link_t  *link;

    if (policy->expires_ms && policy->expires_ms <= now) {
        return 0;
    }

    if (open
        || sandbox_name_equal(policy->token, strlen(policy->token), token, len))
    {
        return 1;
    }

    link = sandbox_policy_link_of(policy, token, len);

    return link && (link->expires_ms == 0 || link->expires_ms > now);
}


int
sandbox_policy_origin_add(char origins[SANDBOX_ORIGINS_SIZE], const char *text)
{
    char    *p;
    size_t   len;

    len = strlen(text);

    if (!sandbox_policy_grammar_origin(text, len)) {
        return -1;
    }

    for (p = origins; *p; p = sandbox_policy_origin_next(p)) {
        if (strcmp(p, text) == 0) {
            return 0;
        }
    }

    /* an empty origin terminates the list */

    if ((size_t) (origins + SANDBOX_ORIGINS_SIZE - p) < len + 2) {
        return -1;
    }

    memcpy(p, text, len + 1);
    p[len + 1] = '\0';

    return 0;
}
