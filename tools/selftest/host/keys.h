
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SELFTEST_HOST_KEYS_H_INCLUDED_
#define _SELFTEST_HOST_KEYS_H_INCLUDED_


/*
 * API keys: a file as that of sandbox_api_key_file, or one that has a single
 * key and nothing else.
 */


#define SELFTEST_KEYS_MAX  1024


typedef struct {
    char      *keys[SELFTEST_KEYS_MAX];
    unsigned   n;
    char      *chosen;                 /* one of keys */
} selftest_keys_t;


/*
 * Chooses the key of that name; without a name, the first that is marked as
 * admin, or else the first.  0, or -1 with an error to be freed.
 */
int selftest_keys_read(selftest_keys_t *keys, const char *file,
    const char *name, char **error);


#endif /* _SELFTEST_HOST_KEYS_H_INCLUDED_ */
