
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/listeners.h"
#include "net/listeners_proc.h"


#define AGENT_LISTENERS_LISTEN  0x0a

/* a tenant may open any number of sockets: about 25,000 are read */
#define AGENT_LISTENERS_MAX     (4 * 1024 * 1024)


static int agent_listeners_table(const char *path, int family,
    agent_listeners_pt handler, void *data);
static int agent_listeners_hex(const char **p, size_t digits, uint32_t *value);


void
agent_listeners_proc(agent_listeners_pt handler, void *data)
{
    if (agent_listeners_table("/proc/net/tcp", AF_INET, handler, data) == 0) {
        (void) agent_listeners_table("/proc/net/tcp6", AF_INET6, handler, data);
    }
}


static int
agent_listeners_table(const char *path, int family, agent_listeners_pt handler,
    void *data)
{
    int                      fd, rc;
    char                     buf[4096], *line, *end;
    size_t                   len, total;
    ssize_t                  n;
    agent_listeners_addr_t   entry;

    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd == -1) {
        return 0;
    }

    rc = 0;
    len = 0;
    total = 0;

    while (total < AGENT_LISTENERS_MAX) {
        n = read(fd, buf + len, sizeof(buf) - 1 - len);

        if (n == -1 && errno == EINTR) {
            continue;
        }

        if (n <= 0) {
            break;
        }

        len += n;
        total += n;
        buf[len] = '\0';

        for (line = buf; (end = strchr(line, '\n')) != NULL; line = end + 1) {
            *end = '\0';

            switch (agent_listeners_proc_parse(line, family, &entry)) {

            case 1:
                rc = handler(&entry, data);
                if (rc != 0) {
                    goto done;
                }

                break;

            case 0:
                /* the kernel lists listening sockets first */
                goto done;

            default:
                /* skip the header line */
                break;
            }
        }

        len -= line - buf;

        if (len == sizeof(buf) - 1) {
            break;
        }

        memmove(buf, line, len);
    }

done:

    (void) close(fd);

    return rc;
}


int
agent_listeners_proc_parse(const char *line, int family,
    agent_listeners_addr_t *entry)
{
    int         i, words;
    uint32_t    word[4], port, state;
    const char *p;

    /* "   0: 0100007F:1F90 00000000:0000 0A ..." */

    p = line;

    while (*p == ' ') {
        p++;
    }

    if (*p < '0' || *p > '9') {
        return -1;
    }

    while (*p >= '0' && *p <= '9') {
        p++;
    }

    if (*p++ != ':' || *p++ != ' ') {
        return -1;
    }

    words = (family == AF_INET6) ? 4 : 1;

    for (i = 0; i < words; i++) {
        if (agent_listeners_hex(&p, 8, &word[i]) == -1) {
            return -1;
        }
    }

    if (*p++ != ':' || agent_listeners_hex(&p, 4, &port) == -1 || *p++ != ' ') {
        return -1;
    }

    while (*p != '\0' && *p != ' ') {
        p++;
    }

    if (*p++ != ' ' || agent_listeners_hex(&p, 2, &state) == -1) {
        return -1;
    }

    if (state != AGENT_LISTENERS_LISTEN) {
        return 0;
    }

    memset(entry, 0, sizeof(agent_listeners_addr_t));
    entry->family = family;
    entry->port = (uint16_t) port;

    /*
     * words are printed in host byte order, so they can be stored as they are
     */
    memcpy(&entry->addr, word, words * sizeof(uint32_t));

    return 1;
}


static int
agent_listeners_hex(const char **p, size_t digits, uint32_t *value)
{
    char      c;
    uint32_t  v;

    for (v = 0; digits != 0; digits--) {
        c = *(*p)++;

        if (c >= '0' && c <= '9') {
            v = v * 16 + (c - '0');

        } else if (c >= 'A' && c <= 'F') {
            v = v * 16 + (c - 'A' + 10);

        } else {
            return -1;
        }
    }

    *value = v;

    return 0;
}
