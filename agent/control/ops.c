
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/loop.h"
#include "control/control.h"
#include "control/diagnose.h"
#include "control/ops.h"
#include "control/options.h"
#include "control/packet.h"
#include "control/port_events.h"
#include "control/tether.h"
#include "net/relay.h"
#include "port/command.h"
#include "sys/cgroup.h"


/* the requests that nginx sends on a tether, and their replies */


static const char *agent_control_op(agent_tether_t *t, const char *op,
    json_t *json, int *fds, size_t nfds, int *taken);
static const char *agent_control_configure(json_t *json);
static int agent_control_status(char *buf, size_t size, int64_t seq);


static int64_t                     agent_ops_current;
static const agent_control_ops_t  *agent_ops;


void
agent_ops_init(int64_t generation, const agent_control_ops_t *ops)
{
    agent_ops_current = generation;
    agent_ops = ops;
}


int64_t
agent_ops_generation(void)
{
    return agent_ops_current;
}


void
agent_ops_packet(agent_tether_t *t, json_t *json, int *fds, size_t nfds)
{
    int          n, taken;
    char         text[512];
    json_t      *op, *seq;
    size_t       i;
    const char  *error;

    taken = 0;

    op = json_object_get(json, "op");
    seq = json_object_get(json, "seq");

    if (!json_is_string(op) || !json_is_integer(seq)) {
        agent_control_close(t);
        goto done;
    }

    if (strcmp(json_string_value(op), "status") == 0) {
        agent_log_debug("control: status, seq %lld",
                        (long long) json_integer_value(seq));

        n = agent_control_status(text, sizeof(text),
                                 json_integer_value(seq));

        (void) agent_control_send(t, text, n);
        goto done;
    }

    error = agent_control_op(t, json_string_value(op), json, fds, nfds,
                             &taken);

    agent_log_debug("control: %s, seq %lld, port %lld: %s",
                    json_string_value(op),
                    (long long) json_integer_value(seq),
                    (long long) json_integer_value(json_object_get(json,
                                                                   "port")),
                    error ? error : "ok");

    if (error) {
        n = snprintf(text, sizeof(text), "{\"seq\":%lld,\"error\":\"%s\"}",
                     (long long) json_integer_value(seq), error);

    } else {
        n = snprintf(text, sizeof(text), "{\"seq\":%lld,\"ok\":true}",
                     (long long) json_integer_value(seq));
    }

    (void) agent_control_send(t, text, n);

done:

    for (i = taken; i < nfds; i++) {
        close(fds[i]);
    }
}


/* an error message, or NULL */

static const char *
agent_control_op(agent_tether_t *t, const char *op, json_t *json, int *fds,
    size_t nfds, int *taken)
{
    int       rc;
    json_t   *value;
    int64_t   port;

    port = 0;

    if (strcmp(op, "listen") == 0 || strcmp(op, "unlisten") == 0
        || strcmp(op, "watch") == 0 || strcmp(op, "unwatch") == 0
        || strcmp(op, "diagnose") == 0)
    {
        value = json_object_get(json, "port");
        port = json_is_integer(value) ? json_integer_value(value) : 0;

        if (port < 1 || port > 65535) {
            return "port: must be an integer from 1 to 65535";
        }
    }

    if (strcmp(op, "listen") == 0) {

        if (nfds != 1 || !agent_packet_socket_valid(fds[0], SOCK_STREAM)) {
            return "listen: exactly one listening stream socket is required";
        }

        *taken = 1;
        rc = agent_relay_listen(agent_loop, (uint16_t) port, fds[0]);

        if (rc != 0) {
            return uv_err_name(rc);
        }

        agent_control_port((uint16_t) port, 1);

        return NULL;
    }

    if (strcmp(op, "unlisten") == 0) {

        /*
         * the request may be a repetition: a worker may have died after the
         * first
         */

        (void) agent_relay_unlisten((uint16_t) port);
        agent_control_port((uint16_t) port, 0);

        return NULL;
    }

    if (strcmp(op, "watch") == 0) {
        return agent_port_events_add(t, (uint16_t) port);
    }

    if (strcmp(op, "unwatch") == 0) {
        return agent_port_events_remove(t, (uint16_t) port);
    }

    if (strcmp(op, "diagnose") == 0) {
        return agent_diagnose(t, (uint32_t) json_integer_value(
                                     json_object_get(json, "seq")),
                              (uint16_t) port,
                              json_is_true(json_object_get(json, "tls")));
    }

    if (strcmp(op, "configure") == 0) {
        return agent_control_configure(json);
    }

    if (strcmp(op, "prepare") == 0) {
        value = json_object_get(json, "ms");

        if (!json_is_integer(value) || json_integer_value(value) < 0
            || json_integer_value(value) > 3600000)
        {
            return "ms: must be an integer from 0 to 3600000";
        }

        agent_ops->stop_commands((unsigned) json_integer_value(value));

        return NULL;
    }

    return "op: unknown operation";
}


static const char *
agent_control_configure(json_t *json)
{
    json_t           *ports;
    const char       *what;
    agent_options_t   options;

    static char  text[64];

    ports = json_object_get(json, "ports");

    if (ports && !agent_port_command_valid(ports)) {
        return "ports: invalid";
    }

    if (agent_options_parse(&options, json, &what) != 0) {
        snprintf(text, sizeof(text), "%s: wrong type", what);
        return text;
    }

    /* changes sent by two workers may arrive in reverse order */

    if (options.generation != -1) {

        if (options.generation < agent_ops_current) {
            agent_options_free(&options);
            return NULL;
        }

        agent_ops_current = options.generation;
    }

    agent_options_apply(&options);
    agent_ops->idle(options.sleep_after_ms, options.keep_alive);

    if (ports) {
        agent_port_command_set(ports);
    }

    return NULL;
}


/* omit unknown values */

static int
agent_control_status(char *buf, size_t size, int64_t seq)
{
    int                    n;
    size_t                 i;
    agent_cgroup_usage_t   usage;

    struct {
        const char  *name;
        int64_t      value;
    } members[4];

    agent_cgroup_usage(&usage, "/sys/fs/cgroup");

    members[0].name = "sleeps_in_ms";
    members[0].value = agent_ops->ms_until_idle();
    members[1].name = "memory";
    members[1].value = usage.memory;
    members[2].name = "pids";
    members[2].value = usage.pids;
    members[3].name = "cpu_ms";
    members[3].value = usage.cpu_ms;

    n = snprintf(buf, size, "{\"seq\":%lld,\"ok\":true", (long long) seq);

    for (i = 0; i < 4; i++) {

        if (members[i].value != -1) {
            n += snprintf(buf + n, size - n, ",\"%s\":%lld",
                          members[i].name, (long long) members[i].value);
        }
    }

    n += snprintf(buf + n, size - n, "}");

    return n;
}
