
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SANDBOX_POLICY_H_INCLUDED_
#define _SANDBOX_POLICY_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/sandbox_name.h"


/*
 * The policy of an exposed port, and the grammar of its members.  All
 * functions are pure: nothing blocks, and only sandbox_policy_json_format()
 * allocates.
 *
 * Zero in any field means "not set": the default of the preview location
 * applies.  The structure contains no pointers and may be copied.
 */


#define SANDBOX_NAME_MAX          128    /* length of a port's name, bytes */
#define SANDBOX_KEY_MIN           16     /* length of a port's key */
#define SANDBOX_KEY_MAX           64
#define SANDBOX_LINKS_MAX         32     /* additional links of a port */
#define SANDBOX_LINK_NAME_MAX     32
#define SANDBOX_ORIGINS_MAX       1023   /* all origins together, bytes */
#define SANDBOX_ORIGINS_SIZE      (SANDBOX_ORIGINS_MAX + 1)
#define SANDBOX_HEADERS_SIZE      1024   /* all headers of a direction */
#define SANDBOX_HEADER_NAME_MAX   64
#define SANDBOX_COMMAND_MAX       2048   /* length of a port's command */
#define SANDBOX_CWD_MAX           512
#define SANDBOX_HOST_MAX          255    /* length of a preview domain */

#define SANDBOX_CONNECTIONS_MAX   65535
#define SANDBOX_RATE_MAX          100000         /* requests per second */
#define SANDBOX_BODY_MAX          1099511627776  /* bytes */

/* access: what a preview requires in addition to the host name */

#define SANDBOX_ACCESS_LINK       1
#define SANDBOX_ACCESS_KEY        2      /* the key as well */
#define SANDBOX_ACCESS_PUBLIC     3      /* any token */

/* app_host: the Host header sent to the app */

#define SANDBOX_HOST_LOCALHOST    1      /* localhost:<port> */
#define SANDBOX_HOST_PUBLIC       2      /* as seen by browser */

/* scheme: that of the connection to the app */

#define SANDBOX_SCHEME_HTTP       1
#define SANDBOX_SCHEME_HTTPS      2      /* its certificate is not verified */

/* cors: who sets CORS headers */

#define SANDBOX_CORS_APP          1      /* the app */
#define SANDBOX_CORS_OFF          2      /* removed */
#define SANDBOX_CORS_REFLECT      3      /* nginx, any origin */
#define SANDBOX_CORS_LIST         4      /* nginx, those listed */

/* cookies: those set by the app */

#define SANDBOX_COOKIES_HOST      1      /* only for the preview's host */
#define SANDBOX_COOKIES_OFF       2      /* removed in both directions */

/* strip: bits of headers not sent to the app */

#define SANDBOX_STRIP_GIVEN          1
#define SANDBOX_STRIP_AUTHORIZATION  2
#define SANDBOX_STRIP_COOKIE         4

/* wake: a preview of a sleeping sandbox */

#define SANDBOX_WAKE_OFF          1      /* 410 */
#define SANDBOX_WAKE_ON           2


/* compare with sandbox_store_stamp_equal() */
typedef struct {
    ino_t            ino;
    int64_t          ctime_ns;
    /*
     * mtime is set from the precise clock: ctime is coarse, inodes are reused
     */
    int64_t          mtime_ns;
} sandbox_stamp_t;


typedef struct {
    char             name[SANDBOX_LINK_NAME_MAX + 1];
    char             token[SANDBOX_TOKEN_MAX + 1];
    int64_t          expires_ms;         /* since the epoch; 0: never */
} sandbox_link_t;


/*
 * packed list of headers to set or remove; see sandbox_policy_headers_next()
 */

typedef struct {
    char             text[SANDBOX_HEADERS_SIZE];
} sandbox_headers_t;


typedef struct {
    const char      *name;               /* both NUL-terminated */
    const char      *value;              /* NULL: remove */
} sandbox_header_t;


/* a new member also needs a row in sandbox_policy_member.c */

typedef struct {
    uint16_t           port;
    char               token[SANDBOX_TOKEN_MAX + 1];
    char               name[SANDBOX_NAME_MAX + 1];
    char               host[SANDBOX_HOST_MAX + 1];   /* without "*." */
    char               run[SANDBOX_RANDOM_LEN + 1];  /* of whom; not JSON */
    int64_t            exposed_ms;
    sandbox_stamp_t    stamp;            /* of the file; not JSON */

    int64_t            expires_ms;       /* since the epoch; 0: never */
    int64_t            access;
    char               key[SANDBOX_KEY_MAX + 1];     /* "": none */
    int64_t            app_host;
    int64_t            scheme;
    int64_t            cors;
    char               origins[SANDBOX_ORIGINS_SIZE];   /* "a\0b\0\0" */
    int64_t            cookies;
    int64_t            strip;

    int64_t            connections;      /* at a time */
    int64_t            rate;             /* requests per second */
    int64_t            body;             /* request body, bytes */

    sandbox_headers_t  request;
    sandbox_headers_t  response;

    unsigned           nlinks;
    sandbox_link_t     links[SANDBOX_LINKS_MAX];

    int64_t            wake;
    char               command[SANDBOX_COMMAND_MAX + 1];  /* at each start */
    char               cwd[SANDBOX_CWD_MAX + 1];     /* "": the workspace */
} sandbox_policy_t;


/* names of these in the API, indexed by value; NULL-terminated */

extern const char *const  sandbox_policy_access_words[];
extern const char *const  sandbox_policy_host_words[];
extern const char *const  sandbox_policy_scheme_words[];
extern const char *const  sandbox_policy_cors_words[];
extern const char *const  sandbox_policy_cookies_words[];
/* indexed by bit */
extern const char *const  sandbox_policy_strip_words[];

/* adds an origin; -1: invalid, or no room */
int sandbox_policy_origin_add(char origins[SANDBOX_ORIGINS_SIZE],
    const char *text);
/* the next origin, starting with origins itself; "" at the end */
#define sandbox_policy_origin_next(origin)  ((origin) + strlen(origin) + 1)

/* the value of a name, or 0 */
int sandbox_policy_word(const char *const *words, const char *text);

int sandbox_policy_token_valid(const char *text);
int sandbox_policy_key_valid(const char *text);
/* no control characters */
int sandbox_policy_name_valid(const char *text);
/* a shell command: not blank, no control characters but tab and newline */
int sandbox_policy_command_valid(const char *text);
/* an absolute path without control characters */
int sandbox_policy_cwd_valid(const char *text);

/* the link of that name or token, or NULL */
sandbox_link_t *sandbox_policy_link_named(sandbox_policy_t *policy,
    const char *name);
sandbox_link_t *sandbox_policy_link_of(sandbox_policy_t *policy,
    const char *token, size_t len);

/* 1 if the port or link has expired; now in ms */
int sandbox_policy_expired(const sandbox_policy_t *policy, int64_t now);
/* 1 if the token of the port or a link is valid now; any token if open */
int sandbox_policy_opens(sandbox_policy_t *policy, const char *token,
    size_t len, int open, int64_t now);


#endif /* _SANDBOX_POLICY_H_INCLUDED_ */
