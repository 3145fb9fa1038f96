
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <string.h>

#include "host/promises.h"


#define SELFTEST_CREATE                                                       \
    "something between nginx and the engine changes how containers are "      \
    "created, or the engine ignores it: look at \"docker inspect\" of a "     \
    "sandbox, at plugins and proxies of the engine, and at its daemon.json"

#define SELFTEST_FILTER                                                       \
    "the agent's filter is missing: check that sandbox_agent is the agent of "\
    "this version, and restart the sandboxes"

#define SELFTEST_AGENT                                                        \
    "check that sandbox_agent is the agent of this version, and that nothing "\
    "adds capabilities"

#define SELFTEST_RULES                                                        \
    "run \"nginx-sandbox-network check\", then \"nginx-sandbox-network "      \
    "install\"; see docs/network.md"

#define SELFTEST_ENGINE                                                       \
    "the engine does not enforce this limit: use one that does, such as "     \
    "Docker as root, or a rootless engine on cgroup v2 with this controller " \
    "delegated"


const selftest_promise_t  selftest_promises[] = {

    { "namespaces",
      "it has mount, PID, network, IPC and UTS namespaces of its own",
      SELFTEST_CREATE, NULL },

    { "capabilities",
      "it has no capabilities except CHOWN, DAC_OVERRIDE, FOWNER, FSETID, "
      "SETUID, SETGID and KILL",
      SELFTEST_CREATE, NULL },

    { "no-new-privileges",
      "no program in it can gain privileges",
      SELFTEST_CREATE, NULL },

    { "user",
      "if the class has user=, commands are not root and cannot become root",
      "check user= of the class, and that the image has no set-uid way around "
      "it", NULL },

    { "seccomp",
      "the engine's seccomp profile is in force",
      "remove \"seccomp-profile\": \"unconfined\" from the engine's "
      "configuration, and use a kernel and an engine with seccomp", NULL },

    { "devices",
      "it can neither create nor open devices of the host",
      SELFTEST_CREATE, NULL },

    { "kernel-settings",
      "it cannot change settings of the kernel or of control groups",
      SELFTEST_CREATE, NULL },

    { "host-paths",
      "no host path is mounted but the socket directory, the agent and the "
      "three files of the engine",
      SELFTEST_CREATE, NULL },

    { "read-only",
      "the socket directory and the agent are read-only: no socket can be "
      "replaced, added or renamed",
      SELFTEST_CREATE, NULL },

    { "engine-socket",
      "no socket of the engine, or of another process of the host, is in it",
      SELFTEST_CREATE, NULL },

    { "worker-uid",
      "no process in it can take the uid of nginx's workers, and use up what "
      "the kernel counts for it",
      SELFTEST_FILTER,
      "run the workers as a user of their own, not as root, and not as the "
      "user of a rootless engine" },

    { "user-namespaces",
      "it cannot create user namespaces",
      SELFTEST_FILTER, NULL },

    { "io-uring",
      "it cannot use io_uring",
      SELFTEST_FILTER, NULL },

    { "socket-families",
      "it has no sockets of AF_VSOCK and AF_ALG",
      SELFTEST_FILTER, NULL },

    { "foreign-abis",
      "it has no calls of the x32 ABI, and no socket by the 32-bit socketcall",
      SELFTEST_FILTER, NULL },

    { "agent-process",
      "it cannot trace or read the agent, or change its limits",
      SELFTEST_AGENT, NULL },

    { "agent-signals",
      "it cannot end or stop the agent by a signal",
      SELFTEST_AGENT, NULL },

    { "agent-sockets",
      "the agent serves nobody in it",
      SELFTEST_AGENT, NULL },

    { "secrets",
      "it has no API key, and no token or key of a port",
      "remove the secret from env= of the class and from the image, and "
      "replace it", NULL },

    { "network-none",
      "with network=none, it has no interface but loopback",
      SELFTEST_CREATE, NULL },

    { "raw-sockets",
      "it has no raw sockets",
      SELFTEST_CREATE, NULL },

    { "host-network",
      "it reaches no address of the host",
      SELFTEST_RULES, NULL },

    { "metadata-services",
      "it reaches no metadata service of a cloud",
      SELFTEST_RULES, NULL },

    { "private-networks",
      "it reaches no private or special addresses",
      SELFTEST_RULES, NULL },

    { "other-sandboxes",
      "it reaches no other sandbox",
      SELFTEST_RULES, NULL },

    { "message-queues",
      "it has no POSIX message queues",
      SELFTEST_AGENT, NULL },

    { "pending-signals",
      "it has at most half of the agent's pending signals",
      SELFTEST_AGENT, NULL },

    { "open-files",
      "a process in it has fewer open files than a worker",
      "set worker_rlimit_nofile higher, or nofile= of the class lower", NULL },

    { "kernel-limits",
      "what it uses up of kernel limits, others still have",
      "see docs/operating.md, \"Kernel limits\"",
      "run \"sysctl -p /etc/sysctl.d/60-nginx-sandbox.conf\"; \"make "
      "install\" installs that file" },

    { "disk",
      "if the class has disk=, no more can be written",
      "use a storage driver with quotas, see docs/operating.md, \"Classes\"",
      SELFTEST_ENGINE },

    { "cpus",
      "it gets no more processor time than its class has",
      SELFTEST_CREATE, SELFTEST_ENGINE },

    { "pids",
      "it has no more processes than its class has",
      SELFTEST_CREATE, SELFTEST_ENGINE },

    { "memory",
      "it uses no more memory than its class has, swap included",
      SELFTEST_CREATE,
      "if swap is not limited, boot with swapaccount=1, or switch swap off; "
      "otherwise " SELFTEST_ENGINE },

    { NULL, NULL, NULL, NULL }
};


int
selftest_promises_find(const char *name, size_t len)
{
    int  i;

    for (i = 0; selftest_promises[i].name; i++) {

        if (strlen(selftest_promises[i].name) == len
            && strncmp(selftest_promises[i].name, name, len) == 0)
        {
            return i;
        }
    }

    return -1;
}
