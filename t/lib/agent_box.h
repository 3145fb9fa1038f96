
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AGENT_BOX_H_INCLUDED_
#define _AGENT_BOX_H_INCLUDED_


#include <sys/types.h>


#define BOX_SOCKETS  64


typedef struct {
    const char  *dir;
    const char  *agent;
    const char  *boot;
    const char  *root;
    const char  *workdir;
    char        *env[64];
    int          nenv;
    int          late;
    int          nofile;
    int          sigpending;
    const char  *instances;
    const char  *watches;
    uid_t        uid;
    gid_t        gid;
    int          half;
    int          split;
    int          fake;
    const char  *bad;
    const char  *names[BOX_SOCKETS];
    int          fds[BOX_SOCKETS];
    int          n;
    char         made[512];
} box_t;


/* agent_box.c */

/* a listening socket <dir>/<name>.sock; ends the process when it fails */
int box_listen(const char *dir, const char *name, int type);
/* says that and errno, and ends the process */
void box_die(const char *what);


/* agent_box_container.c */

/*
 * For a child, which it ends: starts the agent, writes its pid to ready, and
 * passes its status on.
 */
void box_child(box_t *box, int ready);


#endif /* _AGENT_BOX_H_INCLUDED_ */
