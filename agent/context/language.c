
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include "context/language.h"


#define AGENT_LANGUAGE_BUNDLES  2


/*
 * The bundles are made by tools/bundle from agent/executors, and compressed;
 * that of node has the parser acorn in it.
 */

#define agent_language_embed(symbol, file)                                    \
    __asm__(".section .rodata\n"                                              \
            ".balign 8\n"                                                     \
            #symbol "_len:\n"                                                 \
            ".quad 1f - " #symbol "\n"                                        \
            #symbol ":\n"                                                     \
            ".incbin \"" AGENT_EXECUTORS "/" file "\"\n"                      \
            "1:\n"                                                            \
            ".byte 0\n"                                                       \
            ".previous\n");                                                   \
    extern const char      symbol[];                                          \
    extern const uint64_t  symbol ## _len

agent_language_embed(agent_language_python, "python.gz");
agent_language_embed(agent_language_node, "node.gz");
agent_language_embed(agent_language_boot, "boot");


static int agent_language_inflate(int fd, const char *data, size_t len);


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
      1, 0, 0 },

    { "javascript", agent_language_javascript_aliases, "JavaScript",
      agent_language_node_programs, agent_language_node_argv,
      0, 1, 1 },

    { "typescript", agent_language_typescript_aliases, "TypeScript",
      agent_language_node_programs, agent_language_node_argv,
      0, 1, 1 }
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
    int         fd, rc;
    static int  fds[AGENT_LANGUAGE_BUNDLES];

    if (fds[language->bundle]) {
        return fds[language->bundle];
    }

    fd = memfd_create("kernel", MFD_CLOEXEC|MFD_ALLOW_SEALING);

    if (fd == -1) {
        return -1;
    }

    rc = language->bundle == 0
         ? agent_language_inflate(fd, agent_language_python,
                                  agent_language_python_len)
         : agent_language_inflate(fd, agent_language_node,
                                  agent_language_node_len);

    if (rc != 0
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


/* 0, or -1 */

static int
agent_language_inflate(int fd, const char *data, size_t len)
{
    int       rc;
    char      buf[16384];
    size_t    n;
    z_stream  z;

    memset(&z, 0, sizeof(z_stream));

    /* 16: with a header of gzip */

    if (inflateInit2(&z, 16 + MAX_WBITS) != Z_OK) {
        return -1;
    }

    z.next_in = (unsigned char *) data;
    z.avail_in = (unsigned) len;

    do {
        z.next_out = (unsigned char *) buf;
        z.avail_out = sizeof(buf);

        rc = inflate(&z, Z_NO_FLUSH);
        n = sizeof(buf) - z.avail_out;

        if ((rc != Z_OK && rc != Z_STREAM_END)
            || write(fd, buf, n) != (ssize_t) n)
        {
            inflateEnd(&z);
            return -1;
        }
    } while (rc != Z_STREAM_END);

    inflateEnd(&z);

    return 0;
}
