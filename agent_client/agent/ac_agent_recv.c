
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

#include "ac_json.h"
#include "ac_text.h"
#include "agent/ac_agent.h"
#include "agent/ac_agent_recv.h"


/* SCM_MAX_FD of the kernel: no packet carries more descriptors */
#define AC_AGENT_RECV_FDS     253

/* a double holds all integers up to this one exactly */
#define AC_AGENT_RECV_NUMBER  (INT64_C(1) << 53)


static size_t ac_agent_recv_close_fds(struct msghdr *msg);
static int ac_agent_recv_object(const cJSON *object, ac_agent_event_t *event);
static int ac_agent_recv_event(const cJSON *object, const char *name,
    ac_agent_event_t *event);
static int ac_agent_recv_hello(const cJSON *object, ac_agent_event_t *event);
static int ac_agent_recv_port(const cJSON *object, ac_agent_event_t *event);
static int ac_agent_recv_log(const cJSON *object, ac_agent_event_t *event);
static int ac_agent_recv_diagnosis(const cJSON *object,
    ac_agent_event_t *event);
static int ac_agent_recv_booted(const cJSON *object, ac_agent_event_t *event);
static int ac_agent_recv_reply(const cJSON *object, ac_agent_event_t *event);
static int ac_agent_recv_known(const cJSON *object, const char *name,
    int64_t *value);
static int ac_agent_recv_version(const cJSON *object,
    ac_agent_event_t *event);
static int ac_agent_recv_number(const cJSON *object, const char *name,
    int64_t max, int64_t *value);
static int ac_agent_recv_ports(const cJSON *array, ac_agent_event_t *event);


/* unlike an absent member, null is an error */

#define ac_agent_recv_bad(rc)  ((rc) > AC_JSON_ABSENT)


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
        char            buf[CMSG_SPACE(AC_AGENT_RECV_FDS * sizeof(int))];
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

        /* the peer closed the socket with unread packets in it */

        return errno == ECONNRESET ? 0 : -1;
    }

    n = ac_agent_recv_close_fds(&msg);

    if (n || (msg.msg_flags & (MSG_TRUNC|MSG_CTRUNC))) {
        errno = EPROTO;
        return -1;
    }

    if (len == 0) {
        return 0;
    }

    if (ac_agent_recv_parse(buf, (size_t) len, event) == -1) {
        errno = EPROTO;
        return -1;
    }

    return 1;
}


static size_t
ac_agent_recv_close_fds(struct msghdr *msg)
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
ac_agent_recv_parse(const char *text, size_t len, ac_agent_event_t *event)
{
    int     rc;
    cJSON  *object;

    memset(event, 0, offsetof(ac_agent_event_t, text) + 1);
    event->type = AC_AGENT_OTHER;

    if (len > AC_AGENT_PACKET_MAX
        || ac_json_parse(text, len, &object) != AC_OK)
    {
        return -1;
    }

    rc = cJSON_IsObject(object) ? ac_agent_recv_object(object, event) : -1;

    cJSON_Delete(object);

    return rc;
}


static int
ac_agent_recv_object(const cJSON *object, ac_agent_event_t *event)
{
    char       name[32];
    int64_t    seq;
    ac_json_e  rc;

    rc = ac_json_string(object, "event", name, sizeof(name));

    if (rc == AC_JSON_FOUND) {
        return ac_agent_recv_event(object, name, event);
    }

    if (ac_agent_recv_bad(rc)) {
        return -1;
    }

    rc = ac_json_integer(object, "seq", 0, UINT32_MAX, &seq);

    if (rc == AC_JSON_FOUND) {
        event->seq = (uint32_t) seq;
        return ac_agent_recv_reply(object, event);
    }

    return ac_agent_recv_bad(rc) ? -1 : ac_agent_recv_booted(object, event);
}


static int
ac_agent_recv_event(const cJSON *object, const char *name,
    ac_agent_event_t *event)
{
    const cJSON  *ports;

    if (strcmp(name, "hello") == 0) {
        return ac_agent_recv_hello(object, event);
    }

    if (strcmp(name, "listening") == 0) {

        if (ac_json_array(object, "ports", &ports) != AC_JSON_FOUND) {
            return -1;
        }

        event->type = AC_AGENT_LISTENING;

        return ac_agent_recv_ports(ports, event);
    }

    if (strcmp(name, "port") == 0) {
        return ac_agent_recv_port(object, event);
    }

    if (strcmp(name, "log") == 0) {
        return ac_agent_recv_log(object, event);
    }

    if (strcmp(name, "diagnosis") == 0) {
        return ac_agent_recv_diagnosis(object, event);
    }

    if (strcmp(name, "going") == 0) {
        event->type = AC_AGENT_GOING;
    }

    return 0;
}


static int
ac_agent_recv_hello(const cJSON *object, ac_agent_event_t *event)
{
    const cJSON  *ports;

    if (ac_agent_recv_version(object, event) == -1
        || ac_agent_recv_known(object, "generation", &event->generation) == -1
        || ac_agent_recv_bad(ac_json_array(object, "listening", &ports)))
    {
        return -1;
    }

    event->type = AC_AGENT_HELLO;

    return ac_agent_recv_ports(ports, event);
}


static int
ac_agent_recv_port(const cJSON *object, ac_agent_event_t *event)
{
    char     command[16];
    int64_t  port, code;

    if (ac_json_bool(object, "listening", &event->listening) != AC_JSON_FOUND
        || ac_agent_recv_number(object, "port", 65535, &port) == -1
        || ac_agent_recv_number(object, "code", 255, &code) == -1
        || ac_json_string(object, "command", command, sizeof(command))
           != AC_JSON_FOUND)
    {
        return -1;
    }

    event->type = AC_AGENT_PORT;
    event->port = (uint16_t) port;
    event->code = (int) code;

    if (strcmp(command, "running") == 0) {
        event->command = AC_AGENT_COMMAND_RUNNING;

    } else if (strcmp(command, "exited") == 0) {
        event->command = AC_AGENT_COMMAND_EXITED;
    }

    return 0;
}


static int
ac_agent_recv_log(const cJSON *object, ac_agent_event_t *event)
{
    char         *p, *last;
    int64_t       port, number;
    const char   *line, *end;
    const cJSON  *text;

    text = cJSON_GetObjectItemCaseSensitive(object, "text");

    if (!cJSON_IsString(text)
        || ac_agent_recv_number(object, "port", 65535, &port) == -1
        || ac_agent_recv_number(object, "line", AC_AGENT_RECV_NUMBER, &number)
           == -1)
    {
        return -1;
    }

    event->type = AC_AGENT_LOG;
    event->port = (uint16_t) port;
    event->line = (uint64_t) number;

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


/* the contents are passed on unparsed, to the requester */

static int
ac_agent_recv_diagnosis(const cJSON *object, ac_agent_event_t *event)
{
    int64_t  port, seq;

    if (ac_agent_recv_number(object, "port", 65535, &port) == -1
        || ac_agent_recv_number(object, "seq", UINT32_MAX, &seq) == -1
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
ac_agent_recv_booted(const cJSON *object, ac_agent_event_t *event)
{
    int64_t    ms;
    ac_json_e  rc;

    rc = ac_json_integer(object, "started_ms", 0, AC_AGENT_RECV_NUMBER, &ms);

    if (rc != AC_JSON_FOUND) {
        return ac_agent_recv_bad(rc) ? -1 : 0;
    }

    if (ac_agent_recv_version(object, event) == -1) {
        return -1;
    }

    event->type = AC_AGENT_BOOTED;
    event->started_ms = (uint64_t) ms;

    return 0;
}


static int
ac_agent_recv_reply(const cJSON *object, ac_agent_event_t *event)
{
    int        ok;
    ac_json_e  rc;

    ok = 0;

    if (ac_agent_recv_bad(ac_json_bool(object, "ok", &ok))) {
        return -1;
    }

    rc = ac_json_string(object, "error", event->error, sizeof(event->error));

    if (ac_agent_recv_bad(rc) || (rc == AC_JSON_ABSENT && !ok)) {
        return -1;
    }

    if (rc == AC_JSON_FOUND && event->error[0] == '\0') {
        (void) strcpy(event->error, "no reason given");
    }

    if (ac_agent_recv_known(object, "sleeps_in_ms", &event->sleeps_in_ms)
           == -1
        || ac_agent_recv_known(object, "memory", &event->memory) == -1
        || ac_agent_recv_known(object, "pids", &event->pids) == -1
        || ac_agent_recv_known(object, "cpu_ms", &event->cpu_ms) == -1)
    {
        return -1;
    }

    event->type = AC_AGENT_REPLY;

    return 0;
}


/* -1: not in the packet */

static int
ac_agent_recv_known(const cJSON *object, const char *name, int64_t *value)
{
    *value = -1;

    return ac_agent_recv_bad(ac_json_integer(object, name, 0,
                                             AC_AGENT_RECV_NUMBER, value))
           ? -1 : 0;
}


static int
ac_agent_recv_version(const cJSON *object, ac_agent_event_t *event)
{
    int64_t  v;

    if (ac_agent_recv_number(object, "v", 65535, &v) == -1
        || ac_agent_recv_bad(ac_json_string(object, "build", event->build,
                                            sizeof(event->build))))
    {
        return -1;
    }

    event->v = (int) v;

    return 0;
}


/* a required member */

static int
ac_agent_recv_number(const cJSON *object, const char *name, int64_t max,
    int64_t *value)
{
    return ac_json_integer(object, name, 0, max, value) == AC_JSON_FOUND
           ? 0 : -1;
}


static int
ac_agent_recv_ports(const cJSON *array, ac_agent_event_t *event)
{
    const cJSON  *item;

    cJSON_ArrayForEach(item, array) {

        if (!cJSON_IsNumber(item)
            || !(item->valuedouble >= 1 && item->valuedouble <= 65535)
            || item->valuedouble != (double) (int) item->valuedouble)
        {
            return -1;
        }

        /* ports beyond the size of the array are ignored */

        if (event->nports < AC_AGENT_PORTS_MAX) {
            event->ports[event->nports++] = (uint16_t) item->valuedouble;
        }
    }

    return 0;
}
