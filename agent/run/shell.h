
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_SHELLS_H_INCLUDED_
#define _AGENT_SHELLS_H_INCLUDED_


/* where an image may have them */

#define AGENT_SHELLS_BASH                                                     \
    "/bin/bash", "/usr/bin/bash", "/usr/local/bin/bash"

#define AGENT_SHELLS_SH                                                       \
    "/bin/sh", "/usr/bin/sh", "/bin/ash", "/busybox/sh"


/* ended with NULL */
extern const char *const  agent_shells_bash[];
extern const char *const  agent_shells_sh[];


#endif /* _AGENT_SHELLS_H_INCLUDED_ */
