
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdint.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "sys/child.h"


#define AGENT_CHILD_HASH      256

/* a flood of orphans must not block the loop */
#define AGENT_CHILD_REAP_MAX  256


static agent_child_t  *agent_children[AGENT_CHILD_HASH];


void
agent_child_add(agent_child_t *child, pid_t pid)
{
    agent_child_t  **slot;

    slot = &agent_children[pid % AGENT_CHILD_HASH];

    child->pid = pid;
    child->next = *slot;
    *slot = child;
}


int
agent_child_adopt(agent_child_t *child, pid_t pid)
{
    agent_child_t  *other;

    if (pid <= 1) {
        return -1;
    }

    for (other = agent_children[pid % AGENT_CHILD_HASH];
         other;
         other = other->next)
    {
        if (other->pid == pid) {
            return -1;
        }
    }

    agent_child_add(child, pid);

    return 0;
}


void
agent_child_forget(agent_child_t *child)
{
    agent_child_t  **slot;

    for (slot = &agent_children[child->pid % AGENT_CHILD_HASH];
         *slot;
         slot = &(*slot)->next)
    {
        if (*slot == child) {
            *slot = child->next;
            return;
        }
    }
}


int
agent_child_reap(void)
{
    int             i, status;
    pid_t           pid;
    agent_child_t  *child;
    struct rusage   ru;

    for (i = 0; i < AGENT_CHILD_REAP_MAX; i++) {

        pid = wait4(-1, &status, WNOHANG|__WALL, &ru);

        if (pid <= 0) {
            return 0;
        }

        for (child = agent_children[pid % AGENT_CHILD_HASH];
             child;
             child = child->next)
        {
            if (child->pid == pid) {
                agent_child_forget(child);

                child->cpu_ms = (ru.ru_utime.tv_sec + ru.ru_stime.tv_sec)
                                * 1000
                                + (ru.ru_utime.tv_usec + ru.ru_stime.tv_usec)
                                / 1000;
                child->peak = (int64_t) ru.ru_maxrss * 1024;

                child->on_exit(child, status);
                break;
            }
        }
    }

    return 1;
}
