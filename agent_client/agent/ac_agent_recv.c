
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
#include "ac_text.h"


/* SCM_MAX_FD of the kernel: no packet carries more */
#define AC_AGENT_SCM_MAX  253

/* of a number in a reply: the largest that JSON carries unharmed */
#define AC_AGENT_NUMBER   (UINT64_C(1) << 53)


static size_t ac_agent_close_fds(struct msghdr *msg);
static int ac_agent_uint(const cJSON *object, const char *name,
    uint64_t max, uint64_t *value);
static int ac_agent_told(const cJSON *object, const char *name,
    int64_t *value);
static int ac_agent_string(const cJSON *object, const char *name,
    char *dst, size_t size);
static int ac_agent_ports(const cJSON *object, const char *name,
    ac_agent_event_t *event);
static int ac_agent_parse_event(const cJSON *object, const char *name,
    ac_agent_event_t *event);
static int ac_agent_parse_port(const cJSON *object, ac_agent_event_t *event);
static int ac_agent_parse_log(const cJSON *object, ac_agent_event_t *event);
static int ac_agent_parse_diagnosis(const cJSON *object,
    ac_agent_event_t *event);
static int ac_agent_parse_reply(const cJSON *object,
    ac_agent_event_t *event);


int
ac_agent_recv(int fd, ac_agent_event_t *event)
{
    char           buf[AC_AGENT_PACKET_MAX];
    size_t         n;
    ssize_t        len;
    struct iovec   iov;
    struct msghdr  msg;

    union {
        struct cmsghdr  align;
        char            buf[CMSG_SPACE(AC_AGENT_SCM_MAX * sizeof(int))];
    } control;

    iov.iov_base = buf;
    iov.iov_len = sizeof(buf);

    memset(&msg, 0, sizeof(struct msghdr));

    msg.msg_iov = &iov;
    msg.msg_iovlen = 1;
    msg.msg_control = control.buf;
    msg.msg_controllen = sizeof(control.buf);

    do {
        len = recvmsg(fd, &msg, MSG_DONTWAIT|MSG_CMSG_CLOEXEC);
    } while (len == -1 && errno == EINTR);

    if (len == -1) {

        if (errno == EAGAIN || errno == EWOULDBLOCK) {
            errno = EAGAIN;
            return -1;
        }

        /* the peer went with packets of ours unread */

        return errno == ECONNRESET ? 0 : -1;
    }

    n = ac_agent_close_fds(&msg);

    if (n || (msg.msg_flags & (MSG_TRUNC|MSG_CTRUNC))) {
        errno = EPROTO;
        return -1;
    }

    if (len == 0) {
        return 0;
    }

    if (ac_agent_parse(buf, (size_t) len, event) == -1) {
        errno = EPROTO;
        return -1;
    }

    return 1;
}


static size_t
ac_agent_close_fds(struct msghdr *msg)
{
    int              fd;
    size_t           i, n, total;
    struct cmsghdr  *cmsg;

    total = 0;

    for (cmsg = CMSG_FIRSTHDR(msg); cmsg; cmsg = CMSG_NXTHDR(msg, cmsg)) {

        if (cmsg->cmsg_level != SOL_SOCKET || cmsg->cmsg_type != SCM_RIGHTS) {
            continue;
        }

        n = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);

        for (i = 0; i < n; i++) {
            memcpy(&fd, CMSG_DATA(cmsg) + i * sizeof(int), sizeof(int));
            (void) close(fd);
        }

        total += n;
    }

    return total;
}


int
ac_agent_parse(const char *text, size_t len, ac_agent_event_t *event)
{
    int          rc;
    char         name[32];
    cJSON       *object;
    const char  *end;

    memset(event, 0, offsetof(ac_agent_event_t, text) + 1);
    event->type = AC_AGENT_OTHER;

    if (len == 0 || len > AC_AGENT_PACKET_MAX) {
        return -1;
    }

    end = NULL;

    object = cJSON_ParseWithLengthOpts(text, len, &end, 0);
    if (object == NULL) {
        return -1;
    }

    rc = -1;

    if (!cJSON_IsObject(object)) {
        goto done;
    }

    while (end < text + len
           && (*end == ' ' || *end == '\t' || *end == '\r' || *end == '\n'))
    {
        end++;
    }

    if (end != text + len) {
        goto done;
    }

    switch (ac_agent_string(object, "event", name, sizeof(name))) {

    case 1:
        rc = ac_agent_parse_event(object, name, event);
        break;

    case 0:
        rc = ac_agent_parse_reply(object, event);
        break;
    }

done:

    cJSON_Delete(object);

    return rc;
}


static int
ac_agent_parse_event(const cJSON *object, const char *name,
    ac_agent_event_t *event)
{
    uint64_t  v;

    if (strcmp(name, "hello") == 0) {

        if (ac_agent_uint(object, "v", 65535, &v) != 1
            || ac_agent_string(object, "build", event->build,
                               sizeof(event->build))
               == -1
            || ac_agent_ports(object, "listening", event) == -1)
        {
            return -1;
        }

        event->type = AC_AGENT_HELLO;
        event->v = (int) v;

        return 0;
    }

    if (strcmp(name, "listening") == 0) {

        if (ac_agent_ports(object, "ports", event) != 1) {
            return -1;
        }

        event->type = AC_AGENT_LISTENING;

        return 0;
    }

    if (strcmp(name, "port") == 0) {
        return ac_agent_parse_port(object, event);
    }

    if (strcmp(name, "log") == 0) {
        return ac_agent_parse_log(object, event);
    }

    if (strcmp(name, "diagnosis") == 0) {
        return ac_agent_parse_diagnosis(object, event);
    }

    if (strcmp(name, "going") == 0) {
        event->type = AC_AGENT_GOING;
    }

    return 0;
}


static int
ac_agent_parse_port(const cJSON *object, ac_agent_event_t *event)
{
    char          command[16];
    uint64_t      port, code;
    const cJSON  *listening;

    listening = cJSON_GetObjectItemCaseSensitive(object, "listening");

    if (!cJSON_IsBool(listening)
        || ac_agent_uint(object, "port", 65535, &port) != 1
        || ac_agent_uint(object, "code", 255, &code) != 1
        || ac_agent_string(object, "command", command, sizeof(command)) != 1)
    {
        return -1;
    }

    event->type = AC_AGENT_PORT;
    event->port = (uint16_t) port;
    event->listening = cJSON_IsTrue(listening) ? 1 : 0;
    event->code = (int) code;

    if (strcmp(command, "running") == 0) {
        event->command = AC_AGENT_COMMAND_RUNNING;

    } else if (strcmp(command, "exited") == 0) {
        event->command = AC_AGENT_COMMAND_EXITED;
    }

    return 0;
}


static int
ac_agent_parse_log(const cJSON *object, ac_agent_event_t *event)
{
    char          *p, *last;
    uint64_t       port;
    const char    *line, *end;
    const cJSON   *text;

    text = cJSON_GetObjectItemCaseSensitive(object, "text");

    if (!cJSON_IsString(text)
        || ac_agent_uint(object, "port", 65535, &port) != 1
        || ac_agent_uint(object, "line", UINT64_C(1) << 53, &event->line) != 1)
    {
        return -1;
    }

    event->type = AC_AGENT_LOG;
    event->port = (uint16_t) port;

    p = event->text;
    last = event->text + sizeof(event->text);

    for (line = text->valuestring; /* void */ ; line = end + 1) {
        end = strchr(line, '\n');

        ac_text_copy(p, last - p, line,
                     end ? (size_t) (end - line) : strlen(line));
        p += strlen(p);

        if (end == NULL || last - p < 2) {
            break;
        }

        *p++ = '\n';
        *p = '\0';
    }

    return 0;
}


/* its parts are for who asked to look at */

static int
ac_agent_parse_diagnosis(const cJSON *object, ac_agent_event_t *event)
{
    uint64_t  port, seq;

    if (ac_agent_uint(object, "port", 65535, &port) != 1
        || ac_agent_uint(object, "seq", UINT32_MAX, &seq) != 1
        || !cJSON_PrintPreallocated((cJSON *) object, event->text,
                                    sizeof(event->text), 0))
    {
        return -1;
    }

    event->type = AC_AGENT_DIAGNOSIS;
    event->port = (uint16_t) port;
    event->seq = (uint32_t) seq;

    return 0;
}


static int
ac_agent_parse_reply(const cJSON *object, ac_agent_event_t *event)
{
    int           seq, error;
    uint64_t      value;
    const cJSON  *ok;

    seq = ac_agent_uint(object, "seq", UINT32_MAX, &value);

    if (seq == -1) {
        return -1;
    }

    if (seq == 1) {
        event->seq = (uint32_t) value;

        ok = cJSON_GetObjectItemCaseSensitive(object, "ok");

        if (ok && !cJSON_IsBool(ok)) {
            return -1;
        }

        error = ac_agent_string(object, "error", event->error,
                                sizeof(event->error));

        if (error == -1 || (error == 0 && !cJSON_IsTrue(ok))) {
            return -1;
        }

        if (error == 1 && event->error[0] == '\0') {
            (void) strcpy(event->error, "no reason given");
        }

        if (ac_agent_told(object, "sleeps_in_ms", &event->sleeps_in_ms) == -1
            || ac_agent_told(object, "memory", &event->memory) == -1
            || ac_agent_told(object, "pids", &event->pids) == -1
            || ac_agent_told(object, "cpu_ms", &event->cpu_ms) == -1)
        {
            return -1;
        }

        event->type = AC_AGENT_REPLY;

        return 0;
    }

    switch (ac_agent_uint(object, "started_ms", AC_AGENT_NUMBER,
                          &event->started_ms))
    {
    case 0:
        return 0;

    case -1:
        return -1;
    }

    if (ac_agent_uint(object, "v", 65535, &value) != 1
        || ac_agent_string(object, "build", event->build,
                           sizeof(event->build))
           == -1)
    {
        return -1;
    }

    event->type = AC_AGENT_BOOTED;
    event->v = (int) value;

    return 0;
}


/* these return 1: present, 0: absent, -1: of the wrong type */

static int
ac_agent_uint(const cJSON *object, const char *name, uint64_t max,
    uint64_t *value)
{
    const cJSON  *item;

    item = cJSON_GetObjectItemCaseSensitive(object, name);
    if (item == NULL) {
        return 0;
    }

    if (!cJSON_IsNumber(item)
        || !(item->valuedouble >= 0 && item->valuedouble <= (double) max)
        || item->valuedouble != (double) (uint64_t) item->valuedouble)
    {
        return -1;
    }

    *value = (uint64_t) item->valuedouble;

    return 1;
}


static int
ac_agent_told(const cJSON *object, const char *name, int64_t *value)
{
    int       rc;
    uint64_t  n;

    rc = ac_agent_uint(object, name, AC_AGENT_NUMBER, &n);
    *value = (rc == 1) ? (int64_t) n : -1;

    return rc;
}


static int
ac_agent_string(const cJSON *object, const char *name, char *dst,
    size_t size)
{
    const cJSON  *item;

    item = cJSON_GetObjectItemCaseSensitive(object, name);
    if (item == NULL) {
        return 0;
    }

    if (!cJSON_IsString(item)) {
        return -1;
    }

    ac_text_copy(dst, size, item->valuestring, strlen(item->valuestring));

    return 1;
}


static int
ac_agent_ports(const cJSON *object, const char *name,
    ac_agent_event_t *event)
{
    const cJSON  *array, *item;

    array = cJSON_GetObjectItemCaseSensitive(object, name);
    if (array == NULL) {
        return 0;
    }

    if (!cJSON_IsArray(array)) {
        return -1;
    }

    cJSON_ArrayForEach(item, array) {

        if (!cJSON_IsNumber(item)
            || !(item->valuedouble >= 1 && item->valuedouble <= 65535)
            || item->valuedouble != (double) (int) item->valuedouble)
        {
            return -1;
        }

        /* an app may listen on more than there is room for */

        if (event->nports < AC_AGENT_PORTS_MAX) {
            event->ports[event->nports++] = (uint16_t) item->valuedouble;
        }
    }

    return 1;
}
