
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SANDBOX_FAULT_H_INCLUDED_
#define _SANDBOX_FAULT_H_INCLUDED_


/*
 * A place between two steps, where a test of crashes can end or halt the
 * worker.  Only the build of these tests has any ("make fault").
 */


#if (SANDBOX_FAULT)

void sandbox_fault(const char *point);

#else

#define sandbox_fault(point)  ((void) 0)

#endif


#endif /* _SANDBOX_FAULT_H_INCLUDED_ */
