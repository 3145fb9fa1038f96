
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/keyctl.h>

#include "prober/privileges.h"
#include "prober/verdict.h"


/* CHOWN, DAC_OVERRIDE, FOWNER, FSETID, KILL, SETGID, SETUID */
#define SELFTEST_CAPABILITIES  0xfbULL

/* a personality that Docker's and Podman's profiles refuse */
#define SELFTEST_PERSONALITY   0x0040000UL


static int selftest_privileges_status(const char *pid, const char *name,
    char *value, size_t size);
static void selftest_privileges_set(const char *pid, const char *set);
static int selftest_privileges_eperm(long rc);
static void selftest_privileges_namespace(const char *name, const char *host);


static const char  *selftest_capabilities[] = {
    "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL",
    "SETGID", "SETUID", "SETPCAP", "LINUX_IMMUTABLE", "NET_BIND_SERVICE",
    "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER",
    "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT",
    "SYS_ADMIN", "SYS_BOOT", "SYS_NICE", "SYS_RESOURCE", "SYS_TIME",
    "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL",
    "SETFCAP", "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM",
    "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF", "CHECKPOINT_RESTORE"
};


void
selftest_privileges_namespaces(const selftest_facts_t *facts)
{
    char  name[64];

    if (facts->mnt == NULL) {
        selftest_verdict_none("the host's namespaces are not known");
        return;
    }

    selftest_privileges_namespace("mnt", facts->mnt);
    selftest_privileges_namespace("pid", facts->pid);
    selftest_privileges_namespace("net", facts->net);
    selftest_privileges_namespace("ipc", facts->ipc);
    selftest_privileges_namespace("uts", facts->uts);

    if (selftest_privileges_status("1", "Name", name, sizeof(name)) == -1
        || strcmp(name, "sandbox-agent") != 0)
    {
        selftest_verdict_fail("process 1 is not the agent");
    }
}


static void
selftest_privileges_namespace(const char *name, const char *host)
{
    char     path[64], link[64];
    ssize_t  n;

    snprintf(path, sizeof(path), "/proc/self/ns/%s", name);

    n = readlink(path, link, sizeof(link) - 1);

    if (n == -1) {
        selftest_verdict_fail("%s cannot be read", path);
        return;
    }

    link[n] = '\0';

    if (host && strcmp(link, host) == 0) {
        selftest_verdict_fail("the %s namespace is the host's", name);
    }
}


void
selftest_privileges_capabilities(const selftest_facts_t *facts)
{
    (void) facts;

    selftest_privileges_set("self", "CapEff");
    selftest_privileges_set("self", "CapPrm");
    selftest_privileges_set("self", "CapBnd");
    selftest_privileges_set("self", "CapInh");
    selftest_privileges_set("self", "CapAmb");
    selftest_privileges_set("1", "CapBnd");
}


static void
selftest_privileges_set(const char *pid, const char *set)
{
    char      text[64];
    uint64_t  caps;
    unsigned  i, n;

    if (selftest_privileges_status(pid, set, text, sizeof(text)) == -1) {
        selftest_verdict_fail("%s cannot be read", set);
        return;
    }

    caps = strtoull(text, NULL, 16) & ~SELFTEST_CAPABILITIES;
    n = sizeof(selftest_capabilities) / sizeof(selftest_capabilities[0]);

    for (i = 0; i < 64; i++) {

        if ((caps & (1ULL << i)) == 0) {
            continue;
        }

        if (i < n) {
            selftest_verdict_fail("%s has CAP_%s", set,
                                  selftest_capabilities[i]);
        } else {
            selftest_verdict_fail("%s has capability %u", set, i);
        }
    }
}


void
selftest_privileges_fixed(const selftest_facts_t *facts)
{
    char  value[16];

    (void) facts;

    if (selftest_privileges_status("self", "NoNewPrivs", value, sizeof(value))
        == -1
        || strcmp(value, "1") != 0)
    {
        selftest_verdict_fail("no_new_privs is not set");
    }
}


void
selftest_privileges_user(const selftest_facts_t *facts)
{
    char  caps[64];

    if (!facts->user) {
        selftest_verdict_none("the class has no \"user=\"");
        return;
    }

    if (geteuid() == 0 || getuid() == 0) {
        selftest_verdict_fail("commands run as root");
        return;
    }

    (void) selftest_verdict_refused("setuid(0)", syscall(SYS_setuid, 0));

    /* a uid that the image does not know has the group 0 */

    if (getegid() != 0) {
        (void) selftest_verdict_refused("setgid(0)", syscall(SYS_setgid, 0));
    }

    if (selftest_privileges_status("self", "CapEff", caps, sizeof(caps)) == 0
        && strtoull(caps, NULL, 16) != 0)
    {
        selftest_verdict_fail("commands have capabilities");
    }

    selftest_verdict_note("uid %u", (unsigned) getuid());
}


/*
 * The agent has a filter of its own, so that mode 2 alone says nothing about
 * the engine's.  These calls need no capability, and the profiles of engines
 * refuse them: Docker's with EPERM, Podman's the first one with ENOSYS.  The
 * kernel itself never refuses a personality, but may have no keys.
 */

void
selftest_privileges_seccomp(const selftest_facts_t *facts)
{
    char  mode[16];

    (void) facts;

    if (selftest_privileges_status("self", "Seccomp", mode, sizeof(mode)) == -1
        || strcmp(mode, "2") != 0)
    {
        selftest_verdict_fail("no seccomp filter is in force");
        return;
    }

    if (syscall(SYS_personality, SELFTEST_PERSONALITY) != -1
        && !selftest_privileges_eperm(syscall(SYS_keyctl,
                                              KEYCTL_GET_KEYRING_ID,
                                              KEY_SPEC_PROCESS_KEYRING, 0))
        && !selftest_privileges_eperm(syscall(SYS_get_mempolicy, NULL, NULL,
                                              0, NULL, 0)))
    {
        selftest_verdict_fail("personality(), keyctl() and get_mempolicy() "
                              "are not refused");
    }
}


static int
selftest_privileges_eperm(long rc)
{
    return rc == -1 && errno == EPERM;
}


/* the value of a line of /proc/PID/status; -1: there is none */

static int
selftest_privileges_status(const char *pid, const char *name, char *value,
    size_t size)
{
    int     rc;
    FILE   *f;
    char    path[64], line[256], *p;
    size_t  len;

    snprintf(path, sizeof(path), "/proc/%s/status", pid);

    f = fopen(path, "r");

    if (f == NULL) {
        return -1;
    }

    rc = -1;
    len = strlen(name);

    while (rc == -1 && fgets(line, sizeof(line), f)) {

        if (strncmp(line, name, len) != 0 || line[len] != ':') {
            continue;
        }

        p = line + len + 1;
        p += strspn(p, " \t");
        p[strcspn(p, "\n")] = '\0';

        snprintf(value, size, "%s", p);
        rc = 0;
    }

    (void) fclose(f);

    return rc;
}
