
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SANDBOX_FAULT_H_INCLUDED_
#define _SANDBOX_FAULT_H_INCLUDED_


/*
 * A point between two steps where a crash test can kill or stop the worker.
 * Compiled only into the test build ("make fault").
 */


#if (SANDBOX_FAULT)

void sandbox_fault(const char *point);

#else

#define sandbox_fault(point)  ((void) 0)

#endif


#endif /* _SANDBOX_FAULT_H_INCLUDED_ */
