
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SANDBOX_SPEC_H_INCLUDED_
#define _SANDBOX_SPEC_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>

#include "lib/sandbox_name.h"
#include "lib/sandbox_policy.h"


/* contents of spec.json and container, and their text */


#define SANDBOX_OWNER_MAX  64
#define SANDBOX_CLASS_MAX  32
#define SANDBOX_SPEC_MAX   65536      /* maximum size of a file of the store */


typedef struct {
    char             id[SANDBOX_ID_MAX + 1];         /* "": version 0.1 */
    char             owner[SANDBOX_OWNER_MAX + 1];   /* "": without a key */
    char             class[SANDBOX_CLASS_MAX + 1];
    char             run[SANDBOX_RANDOM_LEN + 1];
    char             nonce[65];          /* Idempotency-Key of create */
    uint64_t         generation;         /* incremented by each change */
    int64_t          created_ms;         /* since the epoch */
    int64_t          sleep_after_ms;     /* -1: that of the class */
    int64_t          max_age_ms;         /* -1: that of the class */
    int              keep_alive;         /* -1: that of the class */
    char            *env;                /* JSON object text, or NULL */
    char            *labels;             /* JSON object text, or NULL */
    sandbox_stamp_t  stamp;              /* of spec.json */
} sandbox_spec_t;


typedef struct {
    int64_t          created_ms;
    int64_t          memory;             /* bytes; limits at creation */
    int64_t          swap;               /* 0: none; it has no other limit */
    int64_t          nano_cpus;
    int64_t          pids;
    int64_t          disk;               /* bytes; 0: no limit */
    int64_t          cgroups;            /* of its own; 0: the host's */
    char             user[129];
    char             run[SANDBOX_RANDOM_LEN + 1];    /* see above; not JSON */
} sandbox_container_t;


void sandbox_spec_free(sandbox_spec_t *spec);

/*
 * Pure functions that parse and format the text of files; for port policies
 * see sandbox_policy.h.  Parsing sets all members, missing ones (run, port,
 * stamp) to zero; -1 with errno EBADMSG or ENOMEM leaves nothing to free.
 * Formatting returns text for free(), or NULL with errno EINVAL, EFBIG or
 * ENOMEM.
 */
int sandbox_spec_parse(const char *text, size_t len, sandbox_spec_t *spec);
char *sandbox_spec_format(const sandbox_spec_t *spec);
int sandbox_spec_parse_container(const char *text, size_t len,
    sandbox_container_t *c);
char *sandbox_spec_format_container(const sandbox_container_t *c);


#endif /* _SANDBOX_SPEC_H_INCLUDED_ */
