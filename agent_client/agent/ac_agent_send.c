
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "agent/ac_agent.h"


static int ac_agent_port_number(const char *name);
static int ac_agent_add_raw(cJSON *object, const char *name,
    const char *text);
static int ac_agent_boot_packet(int fd, const ac_boot_t *boot,
    const char **names, const int *fds, size_t n, size_t from, size_t to);
static int ac_agent_command_packet(int fd, const ac_command_t *command,
    int last);
static int ac_agent_add_command(cJSON *array, const ac_command_t *command);
static int ac_agent_send(int fd, cJSON *packet, const int *fds, size_t n);
static int ac_agent_send_port(int fd, const char *op, uint32_t seq,
    uint16_t port);
static int ac_agent_send_op(int fd, cJSON *packet, const int *fds, size_t n);
static cJSON *ac_agent_op(const char *op, uint32_t seq);
static int ac_agent_utf8(const char *text, size_t len);


int
ac_agent_send_boot(int fd, const ac_boot_t *boot, const char **names,
    const int *fds, size_t n)
{
    size_t  i, from, to;

    from = 0;

    do {
        to = n - from > AC_AGENT_FDS_MAX ? from + AC_AGENT_FDS_MAX : n;

        if (ac_agent_boot_packet(fd, boot, names, fds, n, from, to) == -1) {
            return -1;
        }

        from = to;

    } while (from < n);

    /* one would fit in beside the rest, and some would not */

    for (i = 0; i < boot->ncommands; i++) {
        if (ac_agent_command_packet(fd, &boot->commands[i],
                                    i + 1 == boot->ncommands)
            == -1)
        {
            return -1;
        }
    }

    return 0;
}


static int
ac_agent_command_packet(int fd, const ac_command_t *command, int last)
{
    cJSON  *packet, *array;

    packet = cJSON_CreateObject();

    if (packet == NULL
        || (array = cJSON_AddArrayToObject(packet, "ports")) == NULL
        || ac_agent_add_command(array, command) == -1
        || cJSON_AddArrayToObject(packet, "sockets") == NULL
        || cJSON_AddBoolToObject(packet, "last", last) == NULL)
    {
        cJSON_Delete(packet);
        packet = NULL;
    }

    return ac_agent_send_op(fd, packet, NULL, 0);
}


static int
ac_agent_add_command(cJSON *array, const ac_command_t *command)
{
    cJSON  *item;

    item = cJSON_CreateObject();

    if (item == NULL
        || cJSON_AddNumberToObject(item, "port", command->port) == NULL
        || (command->command[0]
            && cJSON_AddStringToObject(item, "command", command->command)
               == NULL)
        || (command->cwd[0]
            && cJSON_AddStringToObject(item, "cwd", command->cwd) == NULL)
        || !cJSON_AddItemToArray(array, item))
    {
        cJSON_Delete(item);
        return -1;
    }

    return 0;
}


static int
ac_agent_boot_packet(int fd, const ac_boot_t *boot, const char **names,
    const int *fds, size_t n, size_t from, size_t to)
{
    int     port;
    cJSON  *packet, *array, *item;
    size_t  i;

    packet = cJSON_CreateObject();
    if (packet == NULL) {
        goto nomem;
    }

    if (from == 0) {

        if (cJSON_AddNumberToObject(packet, "v", AC_AGENT_VERSION) == NULL
            || cJSON_AddStringToObject(packet, "id", boot->id) == NULL
            || cJSON_AddStringToObject(packet, "user",
                                       boot->user ? boot->user : "")
               == NULL
            || cJSON_AddNumberToObject(packet, "sleep_after_ms",
                                       (double) boot->sleep_after_ms)
               == NULL
            || cJSON_AddBoolToObject(packet, "keep_alive",
                                     boot->keep_alive ? 1 : 0)
               == NULL
            || cJSON_AddNumberToObject(packet, "generation",
                                       (double) boot->generation)
               == NULL)
        {
            goto nomem;
        }

        if (ac_agent_add_raw(packet, "env", boot->env) == -1
            || ac_agent_add_raw(packet, "limits", boot->limits) == -1)
        {
            goto failed;
        }

        if (boot->preview_suffix
            && cJSON_AddStringToObject(packet, "preview_suffix",
                                       boot->preview_suffix)
               == NULL)
        {
            goto nomem;
        }

        array = cJSON_AddArrayToObject(packet, "ports");
        if (array == NULL) {
            goto nomem;
        }

        for (i = 0; i < n; i++) {
            port = ac_agent_port_number(names[i]);

            if (port == 0) {
                continue;
            }

            item = cJSON_CreateObject();
            if (item == NULL) {
                goto nomem;
            }

            (void) cJSON_AddItemToArray(array, item);

            if (cJSON_AddNumberToObject(item, "port", port) == NULL) {
                goto nomem;
            }
        }
    }

    array = cJSON_AddArrayToObject(packet, "sockets");
    if (array == NULL) {
        goto nomem;
    }

    for (i = from; i < to; i++) {
        item = cJSON_CreateString(names[i]);
        if (item == NULL) {
            goto nomem;
        }

        (void) cJSON_AddItemToArray(array, item);
    }

    if (cJSON_AddBoolToObject(packet, "last",
                              to == n && boot->ncommands == 0)
        == NULL)
    {
        goto nomem;
    }

    return ac_agent_send_op(fd, packet, fds ? fds + from : NULL, to - from);

nomem:

    errno = ENOMEM;

failed:

    cJSON_Delete(packet);

    return -1;
}


static int
ac_agent_port_number(const char *name)
{
    int          port;
    const char  *p;

    port = 0;

    for (p = name; *p; p++) {

        if (*p < '0' || *p > '9' || port > 6553) {
            return 0;
        }

        port = port * 10 + (*p - '0');
    }

    return port > 65535 ? 0 : port;
}


static int
ac_agent_add_raw(cJSON *object, const char *name, const char *text)
{
    int     is_object;
    cJSON  *value;

    if (text == NULL) {
        text = "{}";
    }

    /* sent as it is written, once it is known to be one whole object */

    value = cJSON_ParseWithOpts(text, NULL, 1);
    is_object = cJSON_IsObject(value);
    cJSON_Delete(value);

    if (!is_object) {
        errno = EINVAL;
        return -1;
    }

    if (cJSON_AddRawToObject(object, name, text) == NULL) {
        errno = ENOMEM;
        return -1;
    }

    return 0;
}


int
ac_agent_send_listen(int fd, uint32_t seq, uint16_t port, int port_fd)
{
    cJSON  *packet;

    packet = ac_agent_op("listen", seq);

    if (packet && cJSON_AddNumberToObject(packet, "port", port) == NULL) {
        cJSON_Delete(packet);
        packet = NULL;
    }

    return ac_agent_send_op(fd, packet, &port_fd, 1);
}


int
ac_agent_send_unlisten(int fd, uint32_t seq, uint16_t port)
{
    return ac_agent_send_port(fd, "unlisten", seq, port);
}


int
ac_agent_send_diagnose(int fd, uint32_t seq, uint16_t port)
{
    return ac_agent_send_port(fd, "diagnose", seq, port);
}


int
ac_agent_send_watch(int fd, uint32_t seq, uint16_t port, int on)
{
    return ac_agent_send_port(fd, on ? "watch" : "unwatch", seq, port);
}


static int
ac_agent_send_port(int fd, const char *op, uint32_t seq, uint16_t port)
{
    cJSON  *packet;

    packet = ac_agent_op(op, seq);

    if (packet && cJSON_AddNumberToObject(packet, "port", port) == NULL) {
        cJSON_Delete(packet);
        packet = NULL;
    }

    return ac_agent_send_op(fd, packet, NULL, 0);
}


int
ac_agent_send_commands(int fd, uint32_t seq, const ac_command_t *commands,
    size_t n)
{
    cJSON   *packet, *array;
    size_t   i;

    packet = ac_agent_op("configure", seq);
    array = packet ? cJSON_AddArrayToObject(packet, "ports") : NULL;

    if (array == NULL) {
        goto failed;
    }

    for (i = 0; i < n; i++) {
        if (ac_agent_add_command(array, &commands[i]) == -1) {
            goto failed;
        }
    }

    return ac_agent_send_op(fd, packet, NULL, 0);

failed:

    cJSON_Delete(packet);
    errno = ENOMEM;

    return -1;
}


int
ac_agent_send_configure(int fd, uint32_t seq, const char *fields)
{
    cJSON  *packet, *object, *item;

    object = cJSON_ParseWithOpts(fields, NULL, 1);

    if (!cJSON_IsObject(object)) {
        cJSON_Delete(object);
        errno = EINVAL;
        return -1;
    }

    packet = ac_agent_op("configure", seq);

    while (packet && object->child) {
        item = cJSON_DetachItemViaPointer(object, object->child);

        if (cJSON_GetObjectItemCaseSensitive(packet, item->string)) {
            cJSON_Delete(item);
            continue;
        }

        if (!cJSON_AddItemToObject(packet, item->string, item)) {
            cJSON_Delete(item);
            cJSON_Delete(packet);
            packet = NULL;
        }
    }

    cJSON_Delete(object);

    return ac_agent_send_op(fd, packet, NULL, 0);
}


int
ac_agent_send_prepare(int fd, uint32_t seq, unsigned ms)
{
    cJSON  *packet;

    packet = ac_agent_op("prepare", seq);

    if (packet && cJSON_AddNumberToObject(packet, "ms", ms) == NULL) {
        cJSON_Delete(packet);
        packet = NULL;
    }

    return ac_agent_send_op(fd, packet, NULL, 0);
}


int
ac_agent_send_status(int fd, uint32_t seq)
{
    return ac_agent_send_op(fd, ac_agent_op("status", seq), NULL, 0);
}


static cJSON *
ac_agent_op(const char *op, uint32_t seq)
{
    cJSON  *packet;

    packet = cJSON_CreateObject();

    if (packet
        && (cJSON_AddStringToObject(packet, "op", op) == NULL
            || cJSON_AddNumberToObject(packet, "seq", seq) == NULL))
    {
        cJSON_Delete(packet);
        packet = NULL;
    }

    return packet;
}


/* frees the packet; NULL stands for one that could not be allocated */

static int
ac_agent_send_op(int fd, cJSON *packet, const int *fds, size_t n)
{
    int  rc, err;

    if (packet == NULL) {
        errno = ENOMEM;
        return -1;
    }

    rc = ac_agent_send(fd, packet, fds, n);

    err = errno;
    cJSON_Delete(packet);
    errno = err;

    return rc;
}


static int
ac_agent_send(int fd, cJSON *packet, const int *fds, size_t n)
{
    int              err;
    char            *text;
    size_t           len;
    ssize_t          sent;
    struct iovec     iov;
    struct msghdr    msg;
    struct cmsghdr  *cmsg;

    union {
        struct cmsghdr  align;
        char            buf[CMSG_SPACE(AC_AGENT_FDS_MAX * sizeof(int))];
    } control;

    text = cJSON_PrintUnformatted(packet);
    if (text == NULL) {
        errno = ENOMEM;
        return -1;
    }

    len = strlen(text);

    if (len > AC_AGENT_PACKET_MAX) {
        err = E2BIG;
        goto failed;
    }

    if (!ac_agent_utf8(text, len)) {
        err = EILSEQ;
        goto failed;
    }

    memset(&msg, 0, sizeof(struct msghdr));

    iov.iov_base = text;
    iov.iov_len = len;
    msg.msg_iov = &iov;
    msg.msg_iovlen = 1;

    if (n) {
        memset(&control, 0, sizeof(control));

        msg.msg_control = control.buf;
        msg.msg_controllen = CMSG_SPACE(n * sizeof(int));

        cmsg = CMSG_FIRSTHDR(&msg);
        cmsg->cmsg_level = SOL_SOCKET;
        cmsg->cmsg_type = SCM_RIGHTS;
        cmsg->cmsg_len = CMSG_LEN(n * sizeof(int));
        memcpy(CMSG_DATA(cmsg), fds, n * sizeof(int));
    }

    do {
        sent = sendmsg(fd, &msg, MSG_NOSIGNAL|MSG_DONTWAIT);
    } while (sent == -1 && errno == EINTR);

    if (sent != (ssize_t) len) {
        err = sent == -1 ? errno : EPROTO;
        goto failed;
    }

    cJSON_free(text);

    return 0;

failed:

    cJSON_free(text);
    errno = err;

    return -1;
}


static int
ac_agent_utf8(const char *text, size_t len)
{
    size_t                i, n;
    const unsigned char  *p;

    p = (const unsigned char *) text;

    for (i = 0; i < len; i += n) {

        if (p[i] < 0x80) {
            n = 1;
            continue;
        }

        n = p[i] >= 0xf0 ? 4 : p[i] >= 0xe0 ? 3 : 2;

        if (p[i] < 0xc2 || p[i] > 0xf4 || len - i < n
            || (p[i + 1] & 0xc0) != 0x80
            || (n > 2 && (p[i + 2] & 0xc0) != 0x80)
            || (n > 3 && (p[i + 3] & 0xc0) != 0x80))
        {
            return 0;
        }

        /* overlong forms, surrogates, above U+10FFFF */

        if ((p[i] == 0xe0 && p[i + 1] < 0xa0)
            || (p[i] == 0xed && p[i + 1] > 0x9f)
            || (p[i] == 0xf0 && p[i + 1] < 0x90)
            || (p[i] == 0xf4 && p[i + 1] > 0x8f))
        {
            return 0;
        }
    }

    return 1;
}
