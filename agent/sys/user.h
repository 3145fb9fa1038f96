
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_SYS_USER_H_INCLUDED_
#define _AGENT_SYS_USER_H_INCLUDED_


#include <stddef.h>
#include <sys/types.h>


#define AGENT_USER_GROUPS  64


/* the user of the sandbox's commands and files, resolved at boot */
typedef struct {
    uid_t   uid;
    gid_t   gid;
    gid_t   groups[AGENT_USER_GROUPS];
    size_t  ngroups;
    char    name[64];              /* "" if /etc/passwd has none */
    char    home[1024];
} agent_user_t;


extern agent_user_t  agent_user;


/*
 * Resolves "", "name", "uid", "name:group" or "uid:gid" by reading /etc/passwd
 * and /etc/group directly: a static binary must not load NSS modules of the
 * image.  0, or -1 if a name is unknown.
 */
int agent_user_resolve(agent_user_t *user, const char *spec);

/*
 * The names of a user's id and of a group's, "" if there is none.  Both read a
 * file, so they run in a thread.
 */
#define AGENT_USER_NAME  64
void agent_user_name(uid_t uid, char *name);
void agent_user_group_name(gid_t gid, char *name);


#endif /* _AGENT_SYS_USER_H_INCLUDED_ */
