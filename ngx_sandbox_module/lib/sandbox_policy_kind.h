
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SANDBOX_POLICY_KIND_H_INCLUDED_
#define _SANDBOX_POLICY_KIND_H_INCLUDED_


#include "lib/sandbox_policy_member.h"


/* policy members with a single value: see sandbox_policy_member.h */


extern const sandbox_policy_kind_t  sandbox_policy_kind_text;
extern const sandbox_policy_kind_t  sandbox_policy_kind_number;
/* in a body, also a duration from now on */
extern const sandbox_policy_kind_t  sandbox_policy_kind_time;
extern const sandbox_policy_kind_t  sandbox_policy_kind_word;
/* true or false: SANDBOX_WAKE_ON or SANDBOX_WAKE_OFF */
extern const sandbox_policy_kind_t  sandbox_policy_kind_flag;
/* a list of words; bit 0 is set by any list, bit n by word n */
extern const sandbox_policy_kind_t  sandbox_policy_kind_bits;


#endif /* _SANDBOX_POLICY_KIND_H_INCLUDED_ */
