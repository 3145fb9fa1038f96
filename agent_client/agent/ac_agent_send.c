
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cjson/cJSON.h>

#include "ac_json_writer.h"
#include "agent/ac_agent.h"
#include "agent/ac_agent_send.h"


static int ac_agent_send_boot_packet(int fd, const ac_boot_t *boot,
    const char **names, const int *fds, size_t n, size_t from, size_t to);
static void ac_agent_send_boot_options(ac_json_writer_t *w,
    const ac_boot_t *boot, const char **names, size_t n);
static int ac_agent_send_command_packet(int fd, const ac_command_t *command,
    int last);
static void ac_agent_send_command(ac_json_writer_t *w,
    const ac_command_t *command);
static int ac_agent_send_port_number(const char *name);
static int ac_agent_send_is_object(const char *text);
static int ac_agent_send_port(int fd, const char *op, uint32_t seq,
    uint16_t port, const int *port_fd);
static void ac_agent_send_op(ac_json_writer_t *w, const char *op,
    uint32_t seq);
static int ac_agent_send_packet(int fd, ac_json_writer_t *w, const int *fds,
    size_t n);
static int ac_agent_send_text(int fd, char *text, const int *fds, size_t n);
static int ac_agent_send_utf8(const char *text, size_t len);


int
ac_agent_send_boot(int fd, const ac_boot_t *boot, const char **names,
    const int *fds, size_t n)
{
    size_t  i, from, to;

    if (!ac_agent_send_is_object(boot->env)) {
        errno = EINVAL;
        return -1;
    }

    from = 0;

    do {
        to = n - from > AC_AGENT_FDS_MAX ? from + AC_AGENT_FDS_MAX : n;

        if (ac_agent_send_boot_packet(fd, boot, names, fds, n, from, to)
            == -1)
        {
            return -1;
        }

        from = to;

    } while (from < n);

    /* a packet holds one command of any length, but not several */

    for (i = 0; i < boot->ncommands; i++) {
        if (ac_agent_send_command_packet(fd, &boot->commands[i],
                                         i + 1 == boot->ncommands)
            == -1)
        {
            return -1;
        }
    }

    return 0;
}


static int
ac_agent_send_boot_packet(int fd, const ac_boot_t *boot, const char **names,
    const int *fds, size_t n, size_t from, size_t to)
{
    size_t            i;
    ac_json_writer_t  w;

    memset(&w, 0, sizeof(ac_json_writer_t));

    ac_json_writer_object(&w, NULL);

    if (from == 0) {
        ac_agent_send_boot_options(&w, boot, names, n);
    }

    ac_json_writer_array(&w, "sockets");

    for (i = from; i < to; i++) {
        ac_json_writer_string(&w, NULL, names[i]);
    }

    ac_json_writer_array_end(&w);
    ac_json_writer_bool(&w, "last", to == n && boot->ncommands == 0);

    return ac_agent_send_packet(fd, &w, fds ? fds + from : NULL, to - from);
}


static void
ac_agent_send_boot_options(ac_json_writer_t *w, const ac_boot_t *boot,
    const char **names, size_t n)
{
    int     port;
    size_t  i;

    ac_json_writer_integer(w, "v", AC_AGENT_VERSION);
    ac_json_writer_string(w, "id", boot->id);
    ac_json_writer_string(w, "user", boot->user ? boot->user : "");
    ac_json_writer_integer(w, "sleep_after_ms",
                           (int64_t) boot->sleep_after_ms);
    ac_json_writer_bool(w, "keep_alive", boot->keep_alive);
    ac_json_writer_integer(w, "generation", (int64_t) boot->generation);
    ac_json_writer_raw(w, "env", boot->env ? boot->env : "{}");

    ac_json_writer_object(w, "limits");

    if (boot->nofile) {
        ac_json_writer_integer(w, "nofile", boot->nofile);
    }

    ac_json_writer_object_end(w);

    if (boot->prewarm) {
        ac_json_writer_raw(w, "prewarm", boot->prewarm);
    }

    if (boot->preview_suffix) {
        ac_json_writer_string(w, "preview_suffix", boot->preview_suffix);
    }

    ac_json_writer_array(w, "ports");

    for (i = 0; i < n; i++) {
        port = ac_agent_send_port_number(names[i]);

        if (port) {
            ac_json_writer_object(w, NULL);
            ac_json_writer_integer(w, "port", port);
            ac_json_writer_object_end(w);
        }
    }

    ac_json_writer_array_end(w);
}


static int
ac_agent_send_command_packet(int fd, const ac_command_t *command, int last)
{
    ac_json_writer_t  w;

    memset(&w, 0, sizeof(ac_json_writer_t));

    ac_json_writer_object(&w, NULL);

    ac_json_writer_array(&w, "ports");
    ac_agent_send_command(&w, command);
    ac_json_writer_array_end(&w);

    ac_json_writer_array(&w, "sockets");
    ac_json_writer_array_end(&w);

    ac_json_writer_bool(&w, "last", last);

    return ac_agent_send_packet(fd, &w, NULL, 0);
}


static void
ac_agent_send_command(ac_json_writer_t *w, const ac_command_t *command)
{
    ac_json_writer_object(w, NULL);

    ac_json_writer_integer(w, "port", command->port);

    if (command->command[0]) {
        ac_json_writer_string(w, "command", command->command);
    }

    if (command->cwd[0]) {
        ac_json_writer_string(w, "cwd", command->cwd);
    }

    ac_json_writer_object_end(w);
}


static int
ac_agent_send_port_number(const char *name)
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


/* text that is sent as is must be one JSON object */

static int
ac_agent_send_is_object(const char *text)
{
    int     is_object;
    cJSON  *value;

    if (text == NULL) {
        return 1;
    }

    value = cJSON_ParseWithOpts(text, NULL, 1);
    is_object = cJSON_IsObject(value);
    cJSON_Delete(value);

    return is_object;
}


int
ac_agent_send_listen(int fd, uint32_t seq, uint16_t port, int port_fd)
{
    return ac_agent_send_port(fd, "listen", seq, port, &port_fd);
}


int
ac_agent_send_unlisten(int fd, uint32_t seq, uint16_t port)
{
    return ac_agent_send_port(fd, "unlisten", seq, port, NULL);
}


int
ac_agent_send_diagnose(int fd, uint32_t seq, uint16_t port, int tls)
{
    ac_json_writer_t  w;

    ac_agent_send_op(&w, "diagnose", seq);
    ac_json_writer_integer(&w, "port", port);

    if (tls) {
        ac_json_writer_bool(&w, "tls", 1);
    }

    return ac_agent_send_packet(fd, &w, NULL, 0);
}


int
ac_agent_send_watch(int fd, uint32_t seq, uint16_t port, int on)
{
    return ac_agent_send_port(fd, on ? "watch" : "unwatch", seq, port, NULL);
}


static int
ac_agent_send_port(int fd, const char *op, uint32_t seq, uint16_t port,
    const int *port_fd)
{
    ac_json_writer_t  w;

    ac_agent_send_op(&w, op, seq);
    ac_json_writer_integer(&w, "port", port);

    return ac_agent_send_packet(fd, &w, port_fd, port_fd ? 1 : 0);
}


int
ac_agent_send_commands(int fd, uint32_t seq, const ac_command_t *commands,
    size_t n)
{
    size_t            i;
    ac_json_writer_t  w;

    ac_agent_send_op(&w, "configure", seq);
    ac_json_writer_array(&w, "ports");

    for (i = 0; i < n; i++) {
        ac_agent_send_command(&w, &commands[i]);
    }

    ac_json_writer_array_end(&w);

    return ac_agent_send_packet(fd, &w, NULL, 0);
}


int
ac_agent_send_configure(int fd, uint32_t seq, const char *fields)
{
    char              *text;
    cJSON             *object;
    const cJSON       *item;
    ac_json_writer_t   w;

    object = cJSON_ParseWithOpts(fields, NULL, 1);

    if (!cJSON_IsObject(object)) {
        cJSON_Delete(object);
        errno = EINVAL;
        return -1;
    }

    ac_agent_send_op(&w, "configure", seq);

    cJSON_ArrayForEach(item, object) {

        /* of members with the same name, the first is sent */

        if (strcmp(item->string, "op") == 0
            || strcmp(item->string, "seq") == 0
            || cJSON_GetObjectItemCaseSensitive(object, item->string) != item)
        {
            continue;
        }

        text = cJSON_PrintUnformatted(item);
        ac_json_writer_raw(&w, item->string, text);
        cJSON_free(text);
    }

    cJSON_Delete(object);

    return ac_agent_send_packet(fd, &w, NULL, 0);
}


int
ac_agent_send_prepare(int fd, uint32_t seq, unsigned ms)
{
    ac_json_writer_t  w;

    ac_agent_send_op(&w, "prepare", seq);
    ac_json_writer_integer(&w, "ms", ms);

    return ac_agent_send_packet(fd, &w, NULL, 0);
}


int
ac_agent_send_status(int fd, uint32_t seq)
{
    ac_json_writer_t  w;

    ac_agent_send_op(&w, "status", seq);

    return ac_agent_send_packet(fd, &w, NULL, 0);
}


/* begins a packet, which ac_agent_send_packet() ends */

static void
ac_agent_send_op(ac_json_writer_t *w, const char *op, uint32_t seq)
{
    memset(w, 0, sizeof(ac_json_writer_t));

    ac_json_writer_object(w, NULL);
    ac_json_writer_string(w, "op", op);
    ac_json_writer_integer(w, "seq", seq);
}


static int
ac_agent_send_packet(int fd, ac_json_writer_t *w, const int *fds, size_t n)
{
    int    rc, err;
    char  *text;

    ac_json_writer_object_end(w);

    text = ac_json_writer_finish(w);
    if (text == NULL) {
        errno = ENOMEM;
        return -1;
    }

    rc = ac_agent_send_text(fd, text, fds, n);

    err = errno;
    free(text);
    errno = err;

    return rc;
}


static int
ac_agent_send_text(int fd, char *text, const int *fds, size_t n)
{
    size_t           len;
    ssize_t          sent;
    struct iovec     iov;
    struct msghdr    msg;
    struct cmsghdr  *cmsg;

    union {
        struct cmsghdr  align;
        char            buf[CMSG_SPACE(AC_AGENT_FDS_MAX * sizeof(int))];
    } control;

    len = strlen(text);

    if (len > AC_AGENT_PACKET_MAX) {
        errno = E2BIG;
        return -1;
    }

    if (!ac_agent_send_utf8(text, len)) {
        errno = EILSEQ;
        return -1;
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

    if (sent == -1) {
        return -1;
    }

    if (sent != (ssize_t) len) {
        errno = EPROTO;
        return -1;
    }

    return 0;
}


static int
ac_agent_send_utf8(const char *text, size_t len)
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
