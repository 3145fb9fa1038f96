
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <elf.h>
#include <link.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

#include "main/crash.h"


#define AGENT_CRASH_STACK  16384       /* bytes */


typedef struct {
    char    text[256];
    size_t  len;
} agent_crash_line_t;


static int agent_crash_find_build(struct dl_phdr_info *info, size_t size,
    void *data);
static int agent_crash_foreign(int sig, const siginfo_t *info);
static void agent_crash_handler(int sig, siginfo_t *info, void *context);
static uintptr_t agent_crash_pc(const ucontext_t *context);
static void agent_crash_add(agent_crash_line_t *line, const char *text);
static void agent_crash_number(agent_crash_line_t *line, uintptr_t n,
    unsigned base);


static char  agent_crash_stack[AGENT_CRASH_STACK];
static char  agent_crash_build[2 * 20 + 1];

static const struct {
    int          sig;
    const char  *name;
} agent_crash_signals[] = {
    { SIGSEGV, "SIGSEGV" },
    { SIGBUS, "SIGBUS" },
    { SIGFPE, "SIGFPE" },
    { SIGILL, "SIGILL" },
    { SIGABRT, "SIGABRT" },
    { 0, NULL }
};


void
agent_crash_init(void)
{
    int               i;
    stack_t           stack;
    struct sigaction  action;

    (void) dl_iterate_phdr(agent_crash_find_build, NULL);

    /* the stack itself may have overflowed */

    memset(&stack, 0, sizeof(stack_t));

    stack.ss_sp = agent_crash_stack;
    stack.ss_size = sizeof(agent_crash_stack);

    (void) sigaltstack(&stack, NULL);

    memset(&action, 0, sizeof(struct sigaction));

    action.sa_sigaction = agent_crash_handler;
    action.sa_flags = SA_SIGINFO|SA_ONSTACK|SA_RESTART;

    for (i = 0; agent_crash_signals[i].sig; i++) {
        (void) sigaction(agent_crash_signals[i].sig, &action, NULL);
    }
}


/* called for the program, then for each library: the first is enough */

static int
agent_crash_find_build(struct dl_phdr_info *info, size_t size, void *data)
{
    size_t             i, j;
    const char        *p, *end;
    const uint8_t     *id;
    const ElfW(Nhdr)  *note;

    static const char  hex[] = "0123456789abcdef";

    for (i = 0; i < info->dlpi_phnum; i++) {

        if (info->dlpi_phdr[i].p_type != PT_NOTE) {
            continue;
        }

        p = (const char *) (info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
        end = p + info->dlpi_phdr[i].p_memsz;

        while ((size_t) (end - p) > sizeof(ElfW(Nhdr))) {
            note = (const ElfW(Nhdr) *) p;
            id = (const uint8_t *) (note + 1) + (note->n_namesz + 3) / 4 * 4;

            if (note->n_type == NT_GNU_BUILD_ID && note->n_namesz == 4
                && note->n_descsz * 2 < sizeof(agent_crash_build))
            {
                for (j = 0; j < note->n_descsz; j++) {
                    agent_crash_build[2 * j] = hex[id[j] >> 4];
                    agent_crash_build[2 * j + 1] = hex[id[j] & 15];
                }

                return 1;
            }

            p = (const char *) id + (note->n_descsz + 3) / 4 * 4;
        }
    }

    return 1;
}


/*
 * Processes of the container can send these signals, too, which the kernel
 * would drop if there were no handler, as we are PID 1.  A fault has a positive
 * code; so has a descriptor's signal (F_SETSIG), but only where the signal has
 * no codes of its own, as SIGABRT.  Signals from outside have no sender, and
 * those of abort() have our own pid.
 */

static int
agent_crash_foreign(int sig, const siginfo_t *info)
{
    if (info->si_code > 0) {
        return sig == SIGABRT;
    }

    return info->si_pid != 0 && info->si_pid != getpid();
}


static void
agent_crash_handler(int sig, siginfo_t *info, void *context)
{
    int                  i;
    agent_crash_line_t   line;

    if (agent_crash_foreign(sig, info)) {
        return;
    }

    for (i = 0; agent_crash_signals[i].sig != sig; i++) { /* void */ }

    line.len = 0;

    agent_crash_add(&line, "sandbox agent: [error] crashed on ");
    agent_crash_add(&line, agent_crash_signals[i].name);
    agent_crash_add(&line, ", code ");

    if (info->si_code < 0) {
        agent_crash_add(&line, "-");
    }

    agent_crash_number(&line, info->si_code < 0 ? -(uintptr_t) info->si_code
                                                : (uintptr_t) info->si_code,
                       10);

    agent_crash_add(&line, ", address 0x");
    agent_crash_number(&line, info->si_code > 0 ? (uintptr_t) info->si_addr
                                                : 0, 16);
    agent_crash_add(&line, ", pc 0x");
    agent_crash_number(&line, agent_crash_pc(context), 16);
    agent_crash_add(&line, ", build id ");
    agent_crash_add(&line, agent_crash_build[0] ? agent_crash_build
                                                : "unknown");
    agent_crash_add(&line, "\n");

    if (write(STDERR_FILENO, line.text, line.len) == -1) {
        /* the log is full */
    }

    _exit(128 + sig);
}


static uintptr_t
agent_crash_pc(const ucontext_t *context)
{
#if defined(__x86_64__)
    return (uintptr_t) context->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
    return (uintptr_t) context->uc_mcontext.pc;
#else
    return 0;
#endif
}


static void
agent_crash_add(agent_crash_line_t *line, const char *text)
{
    while (*text && line->len < sizeof(line->text)) {
        line->text[line->len++] = *text++;
    }
}


static void
agent_crash_number(agent_crash_line_t *line, uintptr_t n, unsigned base)
{
    char    text[24];
    size_t  i;

    i = sizeof(text) - 1;
    text[i] = '\0';

    do {
        text[--i] = "0123456789abcdef"[n % base];
        n /= base;
    } while (n);

    agent_crash_add(line, text + i);
}
