
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/base.h"
#include "base/log.h"
#include "base/time.h"
#include "control/boot.h"
#include "control/options.h"
#include "control/packet.h"
#include "port/command.h"
#include "sys/peer.h"


#define AGENT_BOOT_WAIT  30000         /* ms */
#define AGENT_BOOT_STEP  2


static int agent_boot_connect(const char *dir);
static int agent_boot_receive(agent_boot_t *boot, int fd);
static int agent_boot_packet(agent_boot_t *boot, json_t *json, int first,
    int *fds, size_t nfds);
static int agent_boot_sockets(agent_boot_t *boot, json_t *names, int *fds,
    size_t nfds);
static int agent_boot_string(json_t *json, const char *name);
static int agent_boot_ports(agent_boot_t *boot, json_t *ports);
static void agent_boot_reset(agent_boot_t *boot);
static void agent_boot_discard(agent_boot_t *boot);


int
agent_boot(agent_boot_t *boot, const char *dir)
{
    int              fd;
    struct timespec  step;

    step.tv_sec = 0;
    step.tv_nsec = AGENT_BOOT_STEP * 1000000;

    do {
        agent_boot_reset(boot);

        fd = agent_boot_connect(dir);

        if (fd != -1) {

            if (agent_peer_user(fd, &boot->uid, &boot->gid) == 0
                && agent_boot_receive(boot, fd) == 0)
            {
                boot->fd = fd;
                return 0;
            }

            close(fd);
            agent_boot_discard(boot);
        }

        nanosleep(&step, NULL);

    } while (agent_time_ms() - agent_time_started < AGENT_BOOT_WAIT);

    return -1;
}


static void
agent_boot_reset(agent_boot_t *boot)
{
    memset(boot, 0, sizeof(agent_boot_t));

    boot->agent = -1;
    boot->control = -1;
    boot->fd = -1;
}


/* what came before the connection failed */

static void
agent_boot_discard(agent_boot_t *boot)
{
    while (boot->nports) {
        close(boot->port_fds[--boot->nports]);
    }

    while (boot->ncommands) {
        json_decref(boot->commands[--boot->ncommands]);
    }

    if (boot->agent != -1) {
        close(boot->agent);
    }

    if (boot->control != -1) {
        close(boot->control);
    }

    agent_options_free(&boot->options);
    json_decref(boot->prewarm);
    free(boot->preview_suffix);
}


static int
agent_boot_connect(const char *dir)
{
    int                 fd, n;
    struct sockaddr_un  sun;

    memset(&sun, 0, sizeof(struct sockaddr_un));

    sun.sun_family = AF_UNIX;
    n = snprintf(sun.sun_path, sizeof(sun.sun_path), "%s/boot.sock", dir);

    if (n < 0 || (size_t) n >= sizeof(sun.sun_path)) {
        return -1;
    }

    fd = socket(AF_UNIX, SOCK_SEQPACKET|SOCK_CLOEXEC|SOCK_NONBLOCK, 0);

    if (fd == -1) {
        return -1;
    }

    if (connect(fd, (struct sockaddr *) &sun, sizeof(struct sockaddr_un))
        == -1 || !agent_peer_outside(fd))
    {
        close(fd);
        return -1;
    }

    return fd;
}


static int
agent_boot_receive(agent_boot_t *boot, int fd)
{
    int             fds[AGENT_BOOT_FDS], first, rc;
    char           *buf;
    size_t          nfds;
    json_t         *json;
    ssize_t         n;
    int64_t         left;
    struct pollfd   pfd;

    buf = malloc(AGENT_PACKET_MAX + 1);

    if (buf == NULL) {
        return -1;
    }

    for (first = 1, rc = 0; rc == 0; first = 0) {

        left = AGENT_BOOT_WAIT
               - (int64_t) (agent_time_ms() - agent_time_started);

        pfd.fd = fd;
        pfd.events = POLLIN;

        if (left <= 0 || poll(&pfd, 1, (int) left) <= 0) {
            rc = -1;
            break;
        }

        n = agent_packet_recv(fd, buf, fds, AGENT_BOOT_FDS, &nfds);

        if (n <= 0) {
            rc = -1;
            break;
        }

        json = json_loadb(buf, n, 0, NULL);

        rc = agent_boot_packet(boot, json, first, fds, nfds);

        json_decref(json);

        if (rc == -1) {
            agent_log_error("invalid boot packet");
        }
    }

    free(buf);

    return rc == 1 ? 0 : -1;
}


/* 1: the last packet; 0: more packets follow; -1: invalid */

static int
agent_boot_packet(agent_boot_t *boot, json_t *json, int first, int *fds,
    size_t nfds)
{
    json_t           *value;
    const char       *what;

    if (agent_boot_sockets(boot, json_object_get(json, "sockets"), fds, nfds)
        != 0 || agent_boot_ports(boot, json_object_get(json, "ports")) != 0)
    {
        return -1;
    }

    if (first) {
        value = json_object_get(json, "v");

        if (!json_is_integer(value)
            || json_integer_value(value) != AGENT_PROTOCOL
            || agent_boot_string(json, "id") != 0
            || agent_boot_string(json, "user") != 0)
        {
            return -1;
        }

        value = json_object_get(json, "user");

        if (value) {

            if (json_string_length(value) >= sizeof(boot->user)) {
                return -1;
            }

            strcpy(boot->user, json_string_value(value));
        }

        if (agent_options_parse(&boot->options, json, &what) != 0) {
            return -1;
        }

        boot->prewarm = json_incref(json_object_get(json, "prewarm"));

        value = json_object_get(json, "preview_suffix");

        if (json_is_string(value)) {
            boot->preview_suffix = strdup(json_string_value(value));
        }
    }

    value = json_object_get(json, "last");

    if (value && !json_is_boolean(value)) {
        return -1;
    }

    if (!json_is_true(value)) {
        return 0;
    }

    return boot->agent != -1 && boot->control != -1 ? 1 : -1;
}


/* the port commands are kept until commands can be run */

static int
agent_boot_ports(agent_boot_t *boot, json_t *ports)
{
    if (ports == NULL) {
        return 0;
    }

    if (!agent_port_command_valid(ports)
        || boot->ncommands == AGENT_BOOT_COMMANDS)
    {
        return -1;
    }

    boot->commands[boot->ncommands++] = json_incref(ports);

    return 0;
}


static int
agent_boot_string(json_t *json, const char *name)
{
    json_t  *value;

    value = json_object_get(json, name);

    return value == NULL || json_is_string(value) ? 0 : -1;
}


/* takes ownership of the descriptors and closes those it does not keep */

static int
agent_boot_sockets(agent_boot_t *boot, json_t *names, int *fds, size_t nfds)
{
    char        *end;
    size_t       i, j;
    json_t      *value;
    const char  *name;
    long         port;

    i = 0;

    if (!json_is_array(names) || json_array_size(names) != nfds) {
        goto failed;
    }

    for ( /* void */ ; i < nfds; i++) {
        value = json_array_get(names, i);

        if (!json_is_string(value)) {
            goto failed;
        }

        name = json_string_value(value);

        if (strcmp(name, "agent") == 0 && boot->agent == -1) {

            if (!agent_packet_socket_valid(fds[i], SOCK_STREAM)) {
                goto failed;
            }

            boot->agent = fds[i];
            continue;
        }

        if (strcmp(name, "control") == 0 && boot->control == -1) {

            if (!agent_packet_socket_valid(fds[i], SOCK_SEQPACKET)) {
                goto failed;
            }

            boot->control = fds[i];
            continue;
        }

        if (*name < '1' || *name > '9') {
            goto failed;
        }

        port = strtol(name, &end, 10);

        if (*end || port > 65535 || boot->nports == AGENT_BOOT_SOCKETS
            || !agent_packet_socket_valid(fds[i], SOCK_STREAM))
        {
            goto failed;
        }

        for (j = 0; j < boot->nports; j++) {

            if (boot->ports[j] == port) {
                goto failed;
            }
        }

        boot->ports[boot->nports] = (uint16_t) port;
        boot->port_fds[boot->nports++] = fds[i];
    }

    return 0;

failed:

    while (i < nfds) {
        close(fds[i++]);
    }

    return -1;
}


void
agent_boot_answer(agent_boot_t *boot)
{
    int   n;
    char  text[256];

    n = snprintf(text, sizeof(text),
                 "{\"v\":%d,\"build\":\"%s\",\"started_ms\":%llu}",
                 AGENT_PROTOCOL, AGENT_BUILD,
                 (unsigned long long) (agent_time_ms()
                                       - agent_time_started));

    if (send(boot->fd, text, n, MSG_NOSIGNAL) == -1) {
        agent_log_error("cannot send the boot reply: %s", strerror(errno));
    }

    close(boot->fd);
    boot->fd = -1;
}
