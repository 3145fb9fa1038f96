
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base.h"
#include "base/log.h"
#include "run/workspace.h"
#include "sys/user.h"


const char  *agent_workspace_workdir;
static char        agent_workspace_buf[4096];


void
agent_workspace_init(void)
{
    agent_workspace_workdir = getcwd(agent_workspace_buf,
                                     sizeof(agent_workspace_buf));

    if (agent_workspace_workdir == NULL || agent_workspace_workdir[0] != '/') {
        agent_workspace_workdir = "/";
    }
}


void
agent_workspace_make(void)
{
    if (mkdir(AGENT_WORKSPACE, 0755) == 0
        && lchown(AGENT_WORKSPACE, agent_user.uid, agent_user.gid) == -1)
    {
        agent_log_warn("chown " AGENT_WORKSPACE ": %s", strerror(errno));
    }
}


/* the image's value is for root, but the class may set another user */

void
agent_workspace_own(void)
{
    int          fd;
    struct stat  st;

    if (agent_user.uid == 0) {
        return;
    }

    fd = open(AGENT_WORKSPACE, O_RDONLY|O_DIRECTORY|O_NOFOLLOW|O_CLOEXEC);

    if (fd == -1) {
        return;
    }

    if (fstat(fd, &st) == 0 && st.st_uid == 0
        && fchown(fd, agent_user.uid, agent_user.gid) == -1)
    {
        agent_log_warn("chown " AGENT_WORKSPACE ": %s", strerror(errno));
    }

    close(fd);
}
