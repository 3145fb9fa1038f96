
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/audit.h>
#include <linux/net.h>
#include <linux/seccomp.h>

#include "sys/filter.h"


/*
 * Without a user namespace, root in a container is root of the host.  The
 * kernel keeps some counters per real uid, such as descriptors in flight and
 * epoll watches: a process that takes the uid of nginx's workers could exhaust
 * theirs.
 *
 * The kernel caches which system calls are allowed regardless of arguments,
 * and does not run the filter for them.
 */


#if defined(__x86_64__)

#define AGENT_FILTER_ARCH       AUDIT_ARCH_X86_64
#define AGENT_FILTER_ARCH32     AUDIT_ARCH_I386
#define AGENT_FILTER_UNSHARE32  310
#define AGENT_FILTER_SOCKET32   359
#define AGENT_FILTER_X32        0x40000000

#elif defined(__aarch64__)

#define AGENT_FILTER_ARCH       AUDIT_ARCH_AARCH64
#define AGENT_FILTER_ARCH32     AUDIT_ARCH_ARM
#define AGENT_FILTER_UNSHARE32  337
#define AGENT_FILTER_SOCKET32   281

#else

#error "the seccomp filter has no table of this architecture's system calls"

#endif


/* images use uids and gids below this */
#define AGENT_FILTER_SYSTEM  65536

/* AF_ALG and AF_VSOCK, which an older C library does not name */
#define AGENT_FILTER_ALG    38
#define AGENT_FILTER_VSOCK  40

/* placeholders for jumps to the three results of an architecture's section */
#define AGENT_FILTER_ALLOW   253
#define AGENT_FILTER_EPERM   254
#define AGENT_FILTER_ENOSYS  255

#define agent_filter_field(name)                                              \
    ((uint32_t) offsetof(struct seccomp_data, name))

/* the lower half of an argument, which is all that the kernel uses here */
#define agent_filter_arg(i)                                                   \
    (agent_filter_field(args) + (i) * (uint32_t) sizeof(uint64_t))


typedef enum {
    AGENT_FILTER_REFUSED,          /* EPERM */
    AGENT_FILTER_UNKNOWN,          /* ENOSYS */
    AGENT_FILTER_FLAGS,            /* of clone() and unshare() */
    AGENT_FILTER_FAMILY,           /* of socket() */
    AGENT_FILTER_CALL,             /* of socketcall() */
    AGENT_FILTER_UID,
    AGENT_FILTER_GID,
    AGENT_FILTER_UID16,
    AGENT_FILTER_GID16
} agent_filter_check_e;


typedef struct {
    uint32_t               nr;
    agent_filter_check_e   check;
    unsigned               nargs;          /* arguments that are ids */
} agent_filter_rule_t;


typedef struct {
    struct sock_filter    *code;
    size_t                 n;
    uid_t                  uid;
    gid_t                  gid;
} agent_filter_t;


static void agent_filter_arch(agent_filter_t *f, uint32_t arch,
    const agent_filter_rule_t *rules, size_t n);
static void agent_filter_rule(agent_filter_t *f,
    const agent_filter_rule_t *rule);
static void agent_filter_id(agent_filter_t *f,
    const agent_filter_rule_t *rule);
static void agent_filter_emit(agent_filter_t *f, uint16_t code, uint32_t k,
    uint8_t jt, uint8_t jf);
static void agent_filter_return(agent_filter_t *f, int err);
static uid_t agent_filter_mapped(uid_t id);


static const agent_filter_rule_t  agent_filter_rules[] = {
    { __NR_clone, AGENT_FILTER_FLAGS, 0 },
    { __NR_socket, AGENT_FILTER_FAMILY, 0 },
    { __NR_clone3, AGENT_FILTER_UNKNOWN, 0 },
    { __NR_unshare, AGENT_FILTER_FLAGS, 0 },
    { __NR_setfsuid, AGENT_FILTER_UID, 1 },
    { __NR_setfsgid, AGENT_FILTER_GID, 1 },
    { __NR_setresuid, AGENT_FILTER_UID, 3 },
    { __NR_setresgid, AGENT_FILTER_GID, 3 },
    { __NR_setreuid, AGENT_FILTER_UID, 2 },
    { __NR_setregid, AGENT_FILTER_GID, 2 },
    { __NR_setuid, AGENT_FILTER_UID, 1 },
    { __NR_setgid, AGENT_FILTER_GID, 1 },
    { __NR_io_uring_setup, AGENT_FILTER_REFUSED, 0 },
    { __NR_io_uring_enter, AGENT_FILTER_REFUSED, 0 },
    { __NR_io_uring_register, AGENT_FILTER_REFUSED, 0 }
};


/* the headers name only the numbers of the native entry */

static const agent_filter_rule_t  agent_filter_rules32[] = {
    { 120 /* clone */, AGENT_FILTER_FLAGS, 0 },
    { AGENT_FILTER_SOCKET32, AGENT_FILTER_FAMILY, 0 },
    { 102 /* socketcall */, AGENT_FILTER_CALL, 0 },
    { 435 /* clone3 */, AGENT_FILTER_UNKNOWN, 0 },
    { AGENT_FILTER_UNSHARE32, AGENT_FILTER_FLAGS, 0 },
    { 23 /* setuid */, AGENT_FILTER_UID16, 1 },
    { 46 /* setgid */, AGENT_FILTER_GID16, 1 },
    { 70 /* setreuid */, AGENT_FILTER_UID16, 2 },
    { 71 /* setregid */, AGENT_FILTER_GID16, 2 },
    { 138 /* setfsuid */, AGENT_FILTER_UID16, 1 },
    { 139 /* setfsgid */, AGENT_FILTER_GID16, 1 },
    { 164 /* setresuid */, AGENT_FILTER_UID16, 3 },
    { 170 /* setresgid */, AGENT_FILTER_GID16, 3 },
    { 203 /* setreuid32 */, AGENT_FILTER_UID, 2 },
    { 204 /* setregid32 */, AGENT_FILTER_GID, 2 },
    { 208 /* setresuid32 */, AGENT_FILTER_UID, 3 },
    { 210 /* setresgid32 */, AGENT_FILTER_GID, 3 },
    { 213 /* setuid32 */, AGENT_FILTER_UID, 1 },
    { 214 /* setgid32 */, AGENT_FILTER_GID, 1 },
    { 215 /* setfsuid32 */, AGENT_FILTER_UID, 1 },
    { 216 /* setfsgid32 */, AGENT_FILTER_GID, 1 },
    { 425 /* io_uring_setup */, AGENT_FILTER_REFUSED, 0 },
    { 426 /* io_uring_enter */, AGENT_FILTER_REFUSED, 0 },
    { 427 /* io_uring_register */, AGENT_FILTER_REFUSED, 0 }
};


int
agent_filter_install(uid_t uid, gid_t gid)
{
    struct sock_fprog   prog;
    struct sock_filter  code[AGENT_FILTER_MAX];

    uid = agent_filter_mapped(uid);
    gid = agent_filter_mapped(gid);

    /*
     * There are no per-group counters, so a gid that images may use, such as
     * that of the host's group "docker", is not refused.
     */

    if (gid < AGENT_FILTER_SYSTEM) {
        gid = AGENT_FILTER_NONE;
    }

    prog.filter = code;
    prog.len = agent_filter_program(code, uid, gid);

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1) {
        return -1;
    }

    /* keep the speculation mitigations set by the engine's profile */

    return (int) syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                         SECCOMP_FILTER_FLAG_SPEC_ALLOW, &prog);
}


/* 65534 stands for every id that this user namespace does not map */

static uid_t
agent_filter_mapped(uid_t id)
{
    return id == 0 || id == 65534 ? AGENT_FILTER_NONE : id;
}


size_t
agent_filter_program(struct sock_filter *code, uid_t uid, gid_t gid)
{
    agent_filter_t  f;

    f.code = code;
    f.n = 0;
    f.uid = uid;
    f.gid = gid;

    agent_filter_emit(&f, BPF_LD|BPF_W|BPF_ABS, agent_filter_field(arch), 0,
                      0);

    agent_filter_arch(&f, AGENT_FILTER_ARCH, agent_filter_rules,
                      sizeof(agent_filter_rules)
                      / sizeof(agent_filter_rules[0]));
    agent_filter_arch(&f, AGENT_FILTER_ARCH32, agent_filter_rules32,
                      sizeof(agent_filter_rules32)
                      / sizeof(agent_filter_rules32[0]));

    agent_filter_return(&f, ENOSYS);

    return f.n;
}


static void
agent_filter_arch(agent_filter_t *f, uint32_t arch,
    const agent_filter_rule_t *rules, size_t n)
{
    size_t   i, first;
    uint8_t  ends[3];

    first = f->n;

    agent_filter_emit(f, BPF_JMP|BPF_JEQ|BPF_K, arch, 0, 0);
    agent_filter_emit(f, BPF_LD|BPF_W|BPF_ABS, agent_filter_field(nr), 0, 0);

#ifdef AGENT_FILTER_X32
    if (arch == AGENT_FILTER_ARCH) {
        agent_filter_emit(f, BPF_JMP|BPF_JGE|BPF_K, AGENT_FILTER_X32,
                          AGENT_FILTER_ENOSYS, 0);
    }
#endif

    for (i = 0; i < n; i++) {
        agent_filter_rule(f, &rules[i]);
    }

    n = f->n;

    agent_filter_return(f, 0);
    agent_filter_return(f, EPERM);
    agent_filter_return(f, ENOSYS);

    f->code[first].jf = (uint8_t) (f->n - first - 1);

    /* sections are short enough for the 8-bit offset of a jump */

    for (i = first + 1; i < n; i++) {

        if (BPF_CLASS(f->code[i].code) != BPF_JMP) {
            continue;
        }

        ends[0] = (uint8_t) (n - i - 1);
        ends[1] = ends[0] + 1;
        ends[2] = ends[0] + 2;

        if (f->code[i].jt >= AGENT_FILTER_ALLOW) {
            f->code[i].jt = ends[f->code[i].jt - AGENT_FILTER_ALLOW];
        }

        if (f->code[i].jf >= AGENT_FILTER_ALLOW) {
            f->code[i].jf = ends[f->code[i].jf - AGENT_FILTER_ALLOW];
        }
    }
}


static void
agent_filter_rule(agent_filter_t *f, const agent_filter_rule_t *rule)
{
    switch (rule->check) {

    case AGENT_FILTER_REFUSED:
        agent_filter_emit(f, BPF_JMP|BPF_JEQ|BPF_K, rule->nr,
                          AGENT_FILTER_EPERM, 0);
        break;

    case AGENT_FILTER_UNKNOWN:
        agent_filter_emit(f, BPF_JMP|BPF_JEQ|BPF_K, rule->nr,
                          AGENT_FILTER_ENOSYS, 0);
        break;

    case AGENT_FILTER_FLAGS:
        agent_filter_emit(f, BPF_JMP|BPF_JEQ|BPF_K, rule->nr, 0, 2);
        agent_filter_emit(f, BPF_LD|BPF_W|BPF_ABS, agent_filter_arg(0), 0, 0);
        agent_filter_emit(f, BPF_JMP|BPF_JSET|BPF_K, CLONE_NEWUSER,
                          AGENT_FILTER_EPERM, AGENT_FILTER_ALLOW);
        break;

    case AGENT_FILTER_FAMILY:
        agent_filter_emit(f, BPF_JMP|BPF_JEQ|BPF_K, rule->nr, 0, 3);
        agent_filter_emit(f, BPF_LD|BPF_W|BPF_ABS, agent_filter_arg(0), 0, 0);
        agent_filter_emit(f, BPF_JMP|BPF_JEQ|BPF_K, AGENT_FILTER_VSOCK,
                          AGENT_FILTER_EPERM, 0);
        agent_filter_emit(f, BPF_JMP|BPF_JEQ|BPF_K, AGENT_FILTER_ALG,
                          AGENT_FILTER_EPERM, AGENT_FILTER_ALLOW);
        break;

    case AGENT_FILTER_CALL:
        agent_filter_emit(f, BPF_JMP|BPF_JEQ|BPF_K, rule->nr, 0, 2);
        agent_filter_emit(f, BPF_LD|BPF_W|BPF_ABS, agent_filter_arg(0), 0, 0);
        agent_filter_emit(f, BPF_JMP|BPF_JEQ|BPF_K, SYS_SOCKET,
                          AGENT_FILTER_ENOSYS, AGENT_FILTER_ALLOW);
        break;

    default:
        agent_filter_id(f, rule);
        break;
    }
}


static void
agent_filter_id(agent_filter_t *f, const agent_filter_rule_t *rule)
{
    int       narrow;
    uint8_t   rest;
    uint32_t  id;
    unsigned  i;

    narrow = rule->check == AGENT_FILTER_UID16
             || rule->check == AGENT_FILTER_GID16;

    id = rule->check == AGENT_FILTER_UID || rule->check == AGENT_FILTER_UID16
         ? f->uid : f->gid;

    if (id == AGENT_FILTER_NONE || (narrow && id > 0xffff)) {
        return;
    }

    rest = (uint8_t) (rule->nargs * (narrow ? 3 : 2));

    agent_filter_emit(f, BPF_JMP|BPF_JEQ|BPF_K, rule->nr, 0, rest);

    for (i = 0; i < rule->nargs; i++) {
        agent_filter_emit(f, BPF_LD|BPF_W|BPF_ABS, agent_filter_arg(i), 0, 0);

        if (narrow) {
            agent_filter_emit(f, BPF_ALU|BPF_AND|BPF_K, 0xffff, 0, 0);
        }

        agent_filter_emit(f, BPF_JMP|BPF_JEQ|BPF_K, id, AGENT_FILTER_EPERM,
                          i + 1 < rule->nargs ? 0 : AGENT_FILTER_ALLOW);
    }
}


static void
agent_filter_emit(agent_filter_t *f, uint16_t code, uint32_t k, uint8_t jt,
    uint8_t jf)
{
    struct sock_filter  *insn;

    insn = &f->code[f->n++];

    insn->code = code;
    insn->k = k;
    insn->jt = jt;
    insn->jf = jf;
}


static void
agent_filter_return(agent_filter_t *f, int err)
{
    agent_filter_emit(f, BPF_RET|BPF_K,
                      err ? SECCOMP_RET_ERRNO | (uint32_t) err
                          : SECCOMP_RET_ALLOW,
                      0, 0);
}
