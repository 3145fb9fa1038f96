
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SANDBOX_POLICY_MEMBER_H_INCLUDED_
#define _SANDBOX_POLICY_MEMBER_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "lib/sandbox_json_writer.h"
#include "lib/sandbox_policy.h"


/*
 * The members of a policy: one table for the API, the policy file and the
 * defaults of locations.  Pure functions that do not block.
 */


/* why a body is refused */

typedef struct {
    int          too_large;      /* valid syntax, but no room */
    char         text[640];
} sandbox_policy_fault_t;


typedef struct sandbox_policy_member_s  sandbox_policy_member_t;


/* the functions that return int give 0, or -1 if the value is invalid */

typedef struct {
    /* sets the member from a request body; item is not null */
    int        (*merge)(const sandbox_policy_member_t *m, const cJSON *item,
                   sandbox_policy_t *policy, int64_t now,
                   sandbox_policy_fault_t *fault);
    /* writes the member to a response */
    void       (*answer)(const sandbox_policy_member_t *m,
                   const sandbox_policy_t *policy, sandbox_json_writer_t *w);

    /* sets the member, which is zero, from the policy file */
    int        (*read)(const sandbox_policy_member_t *m, const cJSON *json,
                   sandbox_policy_t *policy);
    /* writes the member to the policy file, if it is set */
    void       (*write)(const sandbox_policy_member_t *m,
                   const sandbox_policy_t *policy, sandbox_json_writer_t *w);
} sandbox_policy_kind_t;


/* flags of a member */

#define SANDBOX_POLICY_ALWAYS    1   /* the file has it even if it is not set */
#define SANDBOX_POLICY_EMPTY     2   /* "" in a body is valid */
#define SANDBOX_POLICY_OMIT      4   /* responses omit it if it is not set */
#define SANDBOX_POLICY_SIZE      8   /* a size in the configuration */
#define SANDBOX_POLICY_RESPONSE  16  /* headers of responses */
#define SANDBOX_POLICY_APART     32  /* routes write it to responses */


struct sandbox_policy_member_s {
    const char                   *name;      /* in the API; NULL: not there */
    const char                   *group;     /* the object with it, or NULL */
    const char                   *file_name; /* in the policy file */
    const sandbox_policy_kind_t  *kind;
    size_t                        offset;    /* in sandbox_policy_t */
    size_t                        size;
    int64_t                       max;       /* largest number, or length */
    const char *const            *words;
    int                         (*valid)(const char *text);
    size_t                        setting;   /* in sandbox_policy_settings_t */
    int64_t                       initial;   /* value without any directive */
    unsigned                      flags;
    const char                   *message;   /* of the API; NULL: by kind */
};


/* setting, where no location has a default for the member */
#define SANDBOX_POLICY_NO_SETTING  ((size_t) -1)

#define sandbox_policy_member_text(policy, m)                                 \
    ((char *) (policy) + (m)->offset)
#define sandbox_policy_member_number(policy, m)                               \
    (*(int64_t *) ((char *) (policy) + (m)->offset))


/* terminated by a file_name of NULL; in the order of responses */
extern const sandbox_policy_member_t  sandbox_policy_member_table[];

/*
 * finds a member by its name in the API, in a group or NULL; NULL if unknown
 */
const sandbox_policy_member_t *sandbox_policy_member_find(const char *group,
    const char *name);
/* sets the fault of an invalid value; returns -1 */
int sandbox_policy_member_invalid(const sandbox_policy_member_t *m,
    sandbox_policy_fault_t *fault);


#endif /* _SANDBOX_POLICY_MEMBER_H_INCLUDED_ */
