
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <unistd.h>

#include "context/language.h"


#define AGENT_LANGUAGE_BUNDLES  2


/*
 * The bundles are made by tools/bundle from agent/executors; that of node has
 * the parser acorn in it.
 */

#define agent_language_embed(symbol, file)                                    \
    __asm__(".section .rodata\n"                                              \
            ".balign 16\n"                                                    \
            #symbol ":\n"                                                     \
            ".incbin \"" AGENT_EXECUTORS "/" file "\"\n"                      \
            ".byte 0\n"                                                       \
            #symbol "_end:\n"                                                 \
            ".previous\n");                                                   \
    extern const char  symbol[], symbol ## _end[]

agent_language_embed(agent_language_python, "python");
agent_language_embed(agent_language_node, "node");
agent_language_embed(agent_language_boot, "boot");


static const char *const  agent_language_python_aliases[] = {
    "python3", "py", NULL
};

static const char *const  agent_language_javascript_aliases[] = {
    "js", "node", "nodejs", NULL
};

static const char *const  agent_language_typescript_aliases[] = {
    "ts", NULL
};

static const char *const  agent_language_python_programs[] = {
    "python3", "python", NULL
};

static const char *const  agent_language_node_programs[] = {
    "node", "nodejs", NULL
};

/* descriptor 4 is that of the sources */

static char *const  agent_language_python_argv[] = {
    "python3", "-u", "/proc/self/fd/4", NULL
};

/* an interrupt leaves async hooks in a state that node would abort on */

static char *const  agent_language_node_argv[] = {
    "node", "--no-force-async-hooks-checks", "-e",
    (char *) agent_language_boot, NULL
};


const agent_language_t  agent_language_list[AGENT_LANGUAGES] = {

    { "python", agent_language_python_aliases, "Python",
      agent_language_python_programs, agent_language_python_argv,
      0 },

    { "javascript", agent_language_javascript_aliases, "JavaScript",
      agent_language_node_programs, agent_language_node_argv,
      1 },

    { "typescript", agent_language_typescript_aliases, "TypeScript",
      agent_language_node_programs, agent_language_node_argv,
      1 }
};


const agent_language_t *
agent_language_find(const char *name)
{
    size_t                   i, j;
    const agent_language_t  *language;

    for (i = 0; i < AGENT_LANGUAGES; i++) {
        language = &agent_language_list[i];

        if (strcasecmp(name, language->name) == 0) {
            return language;
        }

        for (j = 0; language->aliases[j]; j++) {
            if (strcasecmp(name, language->aliases[j]) == 0) {
                return language;
            }
        }
    }

    return NULL;
}


const char *
agent_language_missing(const agent_language_t *language)
{
    const char  *code;

    code = language->bundle == 0 ? "PYTHON_NOT_AVAILABLE"
                                 : "JAVASCRIPT_NOT_AVAILABLE";

    return code;
}


size_t
agent_language_index(const agent_language_t *language)
{
    return language - agent_language_list;
}


int
agent_language_sources(const agent_language_t *language)
{
    int          fd;
    size_t       len;
    const char  *data;
    static int   fds[AGENT_LANGUAGE_BUNDLES];

    if (fds[language->bundle]) {
        return fds[language->bundle];
    }

    if (language->bundle == 0) {
        data = agent_language_python;
        len = agent_language_python_end - agent_language_python - 1;

    } else {
        data = agent_language_node;
        len = agent_language_node_end - agent_language_node - 1;
    }

    fd = memfd_create("kernel", MFD_CLOEXEC|MFD_ALLOW_SEALING);

    if (fd == -1) {
        return -1;
    }

    if (write(fd, data, len) != (ssize_t) len
        || fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE|F_SEAL_GROW|F_SEAL_SHRINK
                                  |F_SEAL_SEAL)
           == -1)
    {
        close(fd);
        return -1;
    }

    fds[language->bundle] = fd;

    return fd;
}
