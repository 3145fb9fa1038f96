
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AC_AGENT_H_INCLUDED_
#define _AC_AGENT_H_INCLUDED_


/* the agent's control protocol; source: docs/wire.md */


#define AC_AGENT_VERSION     1

#define AC_AGENT_PACKET_MAX  65536     /* bytes */
#define AC_AGENT_FDS_MAX     200       /* of a boot packet */


#endif /* _AC_AGENT_H_INCLUDED_ */
