
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SELFTEST_PROBER_SECRETS_H_INCLUDED_
#define _SELFTEST_PROBER_SECRETS_H_INCLUDED_


/*
 * Prints what a program of the tenant can read of environments, command lines,
 * mounts and small files, as lines "data NAME BASE64".  The host's side knows
 * what must not be among it.  Returns the exit status.
 */
int selftest_secrets(void);


#endif /* _SELFTEST_PROBER_SECRETS_H_INCLUDED_ */
