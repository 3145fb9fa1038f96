
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/memory.h"
#include "base/time.h"
#include "net/listeners.h"
#include "net/relay_copy.h"
#include "net/relay_error.h"
#include "net/relay_int.h"


#define AGENT_RELAY_SHOWN  32      /* maximum listeners in a reply */
#define AGENT_RELAY_TLS    22      /* first byte of a TLS handshake */


static size_t agent_relay_head_end(agent_relay_conn_t *c, size_t from);
static void agent_relay_answer(agent_relay_conn_t *c);
static char *agent_relay_answer_body(agent_relay_conn_t *c, int status);


void
agent_relay_error(agent_relay_conn_t *c, int timed_out)
{
    c->state = AGENT_RELAY_HEAD;
    c->timed_out = timed_out;

    c->head = malloc(AGENT_RELAY_HEAD_MAX);
    if (c->head == NULL) {
        agent_relay_close(c);
        return;
    }

    agent_memory_use(AGENT_RELAY_HEAD_MAX);

    agent_relay_deadline(c, AGENT_RELAY_DRAIN);
    agent_relay_error_event(c);
}


void
agent_relay_error_free(agent_relay_conn_t *c)
{
    if (c->head) {
        free(c->head);
        c->head = NULL;
        agent_memory_release(AGENT_RELAY_HEAD_MAX);
    }
}


void
agent_relay_error_event(agent_relay_conn_t *c)
{
    size_t   end, from;
    ssize_t  n;

    if (c->state == AGENT_RELAY_HEAD) {

        n = recv(c->client.fd, c->head + c->head_len,
                 AGENT_RELAY_HEAD_MAX - c->head_len, 0);

        if (n == 0 || (n == -1 && c->client.failed)) {
            agent_relay_close(c);
            return;
        }

        if (n == -1) {
            goto wait;
        }

        agent_relay_received += n;

        /* nginx speaks TLS to this app; it asks for the reason by itself */

        if (c->head_len == 0 && c->head[0] == AGENT_RELAY_TLS) {
            agent_relay_close(c);
            return;
        }

        from = (c->head_len > 3) ? c->head_len - 3 : 0;
        c->head_len += n;

        end = agent_relay_head_end(c, from);

        if (end == 0) {
            if (c->head_len == AGENT_RELAY_HEAD_MAX) {
                agent_relay_answer(c);
                return;
            }

            goto wait;
        }

        /*
         * Do not wait for a body of unknown length: it is discarded while the
         * response is being sent.
         */

        c->body = agent_relay_error_body(c->head, end);

        if (c->body != -1) {
            c->body -= c->head_len - end;
        }

        c->head_len = end;
        c->state = AGENT_RELAY_BODY;
    }

    if (c->body > 0) {
        c->body -= agent_relay_copy_drop(c, &c->client);
    }

    if (c->body <= 0 || c->client.eof) {
        agent_relay_answer(c);
        return;
    }

wait:

    if (agent_relay_wait(c, UV_READABLE, 0) == -1) {
        agent_relay_close(c);
    }
}


void
agent_relay_error_expired(agent_relay_conn_t *c)
{
    if (c->state == AGENT_RELAY_BODY) {
        agent_relay_answer(c);

    } else {
        agent_relay_close(c);
    }
}


static size_t
agent_relay_head_end(agent_relay_conn_t *c, size_t from)
{
    char  *p;

    p = memmem(c->head + from, c->head_len - from, "\r\n\r\n", 4);

    return (p != NULL) ? (size_t) (p - c->head) + 4 : 0;
}


int64_t
agent_relay_error_body(const char *head, size_t len)
{
    int64_t      length;
    const char  *p, *last, *end;

    length = 0;
    last = head + len;

    for (p = head; p < last; p = end + 1) {
        end = memchr(p, '\n', last - p);

        if (end == NULL) {
            break;
        }

        if (end - p > 18
            && strncasecmp(p, "Transfer-Encoding:", 18) == 0)
        {
            return -1;
        }

        if (end - p <= 15 || strncasecmp(p, "Content-Length:", 15) != 0) {
            continue;
        }

        for (p += 15; p < end && (*p == ' ' || *p == '\t'); p++) {
            /* void */
        }

        for (length = 0; p < end && *p >= '0' && *p <= '9'; p++) {
            if (length > INT64_MAX / 10 - 1) {
                return -1;
            }

            length = length * 10 + (*p - '0');
        }
    }

    return length;
}


static void
agent_relay_answer(agent_relay_conn_t *c)
{
    int         len, status, rc, head;
    char       *body, line[512];
    const char *reason, *mark;

    if (c->timed_out) {
        status = 504;
        reason = "Gateway Timeout";
        mark = "timeout";

    } else {
        status = 502;
        reason = "Bad Gateway";
        mark = "refused";
    }

    head = (c->head_len > 5 && memcmp(c->head, "HEAD ", 5) == 0);

    agent_relay_error_free(c);

    body = agent_relay_answer_body(c, status);

    if (body == NULL || c->client.gone) {
        free(body);
        agent_relay_close(c);
        return;
    }

    len = snprintf(line, sizeof(line),
                   "HTTP/1.1 %d %s\r\n"
                   "Content-Type: application/json\r\n"
                   "Content-Length: %zu\r\n"
                   "Cache-Control: no-store\r\n"
                   "X-Sandbox-Agent: %s\r\n"
                   "Connection: close\r\n"
                   "\r\n",
                   status, reason, strlen(body), mark);

    /* head and body are sent as one buffer */

    if (agent_relay_copy_alloc(&c->client, len + strlen(body)) == -1) {
        free(body);
        agent_relay_close(c);
        return;
    }

    memcpy(c->client.out, line, len);
    c->client.last = len;

    if (!head) {
        rc = strlen(body);
        memcpy(c->client.out + len, body, rc);
        c->client.last += rc;
    }

    free(body);

    agent_relay_copy_flush(&c->client);
    agent_relay_copy_discard(c);
}


static char *
agent_relay_answer_body(agent_relay_conn_t *c, int status)
{
    int                      port, len;
    char                     text[1024], *body, stamp[32];
    size_t                   i, n, shown;
    json_t                  *list, *json, *item, *command, *exited;
    const char              *code, *hint;
    agent_listeners_port_t   ports[AGENT_RELAY_SHOWN];

    port = c->relay->port;
    list = json_array();
    n = agent_listeners(ports, AGENT_RELAY_SHOWN);

    if (c->timed_out) {
        code = "PORT_TIMEOUT";
        hint = "Check the app: it must accept connections on this port.";
        len = snprintf(text, sizeof(text),
                       "The app on port %d of this sandbox did not accept "
                       "the connection in time.", port);

    } else {
        code = "PORT_NOT_LISTENING";
        hint = "Start the app on this port, or expose the port on which it "
               "listens.";
        len = snprintf(text, sizeof(text),
                       "Nothing listens on port %d of this sandbox.", port);
    }

    command = agent_relay_hooks->describe((uint16_t) port);
    exited = json_object_get(command, "exitCode");

    if (!c->timed_out && exited) {
        len += snprintf(text + len, sizeof(text) - len,
                        " Its command exited with code %d.",
                        (int) json_integer_value(exited));
    }

    if (!c->timed_out && n == 0) {
        len += snprintf(text + len, sizeof(text) - len,
                        " No other port has a listener either.");
    }

    shown = 0;

    for (i = 0; i < n; i++) {
        item = json_pack("{s:i, s:s}", "port", (int) ports[i].port,
                         "address", ports[i].address);

        if (json_array_append_new(list, item) == -1) {
            break;
        }

        if (!c->timed_out && shown < 8) {
            len += snprintf(text + len, sizeof(text) - len, "%s%d (%s)",
                            shown == 0 ? " Listening: " : ", ",
                            (int) ports[i].port, ports[i].address);
            shown++;
        }
    }

    if (shown != 0) {
        (void) snprintf(text + len, sizeof(text) - len, ".");
    }

    json = json_pack("{s:s, s:s, s:s, s:{s:i, s:o, s:o}, s:i, s:s, s:s}",
                     "error", text, "code", code, "message", text,
                     "context", "port", port, "listening", list,
                     "command", command,
                     "httpStatus", status,
                     "timestamp", agent_time_iso(stamp),
                     "suggestion", hint);

    body = (json != NULL) ? json_dumps(json, JSON_COMPACT) : NULL;

    json_decref(json);

    return body;
}
