
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "control/control.h"
#include "control/diagnose.h"
#include "control/tether.h"
#include "net/http_get.h"
#include "net/listeners.h"
#include "port/command.h"


/*
 * Reports the state of a port, and whether its app responds to a single GET /
 * like that of a browser.  If the port's scheme is https, or the app sends no
 * HTTP, a ClientHello shows whether the app speaks TLS.
 */


#define AGENT_DIAGNOSE_MAX    16       /* maximum in progress */
#define AGENT_DIAGNOSE_WAIT   5000     /* ms */
#define AGENT_DIAGNOSE_SHOWN  32       /* maximum listeners in a reply */


typedef struct agent_diagnose_s  agent_diagnose_t;


struct agent_diagnose_s {
    LIST_ENTRY(agent_diagnose_s)  link;

    agent_tether_t    *tether;
    uint32_t           seq;
    uint16_t           port;
    agent_http_get_t  *get;

    agent_listeners_addr_t   addr;
    agent_http_get_result_t  plain;    /* of the GET before a ClientHello */
};


LIST_HEAD(agent_diagnose_list_s, agent_diagnose_s);


static void agent_diagnose_plain(void *data,
    const agent_http_get_result_t *result);
static void agent_diagnose_tls(void *data,
    const agent_http_get_result_t *result);
static void agent_diagnose_done(void *data,
    const agent_http_get_result_t *result);
static json_t *agent_diagnose_app(const agent_http_get_result_t *result);
static void agent_diagnose_free(agent_diagnose_t *d);


static struct agent_diagnose_list_s  agent_diagnoses;
static size_t                        agent_ndiagnoses;


const char *
agent_diagnose(agent_tether_t *t, uint32_t seq, uint16_t port, int tls)
{
    agent_diagnose_t         *d;
    agent_http_get_result_t   refused;

    if (agent_ndiagnoses == AGENT_DIAGNOSE_MAX) {
        return "diagnose: too many requests in progress";
    }

    d = calloc(1, sizeof(agent_diagnose_t));

    if (d == NULL) {
        return "diagnose: out of memory";
    }

    d->tether = t;
    d->seq = seq;
    d->port = port;

    LIST_INSERT_HEAD(&agent_diagnoses, d, link);
    agent_ndiagnoses++;

    if (agent_listeners_find(port, &d->addr)) {

        if (tls) {
            d->get = agent_http_get_tls(&d->addr, AGENT_DIAGNOSE_WAIT,
                                        agent_diagnose_done, d);

        } else {
            d->get = agent_http_get(&d->addr, "/", "nginx-sandbox-diagnose",
                                    AGENT_DIAGNOSE_WAIT, agent_diagnose_plain,
                                    d);
        }
    }

    if (d->get == NULL) {
        memset(&refused, 0, sizeof(agent_http_get_result_t));
        refused.outcome = AGENT_HTTP_GET_REFUSED;

        agent_diagnose_done(d, &refused);
    }

    return NULL;
}


static void
agent_diagnose_plain(void *data, const agent_http_get_result_t *result)
{
    agent_diagnose_t  *d;

    d = data;

    if (result->outcome == AGENT_HTTP_GET_CLOSED
        || result->outcome == AGENT_HTTP_GET_INVALID)
    {
        d->plain = *result;
        d->get = agent_http_get_tls(&d->addr, AGENT_DIAGNOSE_WAIT,
                                    agent_diagnose_tls, d);
        if (d->get) {
            return;
        }
    }

    agent_diagnose_done(d, result);
}


static void
agent_diagnose_tls(void *data, const agent_http_get_result_t *result)
{
    agent_diagnose_t  *d;

    d = data;

    if (result->outcome == AGENT_HTTP_GET_TLS) {
        d->plain.outcome = AGENT_HTTP_GET_TLS;
    }

    agent_diagnose_done(d, &d->plain);
}


static void
agent_diagnose_done(void *data, const agent_http_get_result_t *result)
{
    char                    *text;
    size_t                   i, n;
    json_t                  *json, *list;
    agent_tether_t          *t;
    agent_diagnose_t        *d;
    agent_listeners_port_t   ports[AGENT_DIAGNOSE_SHOWN];

    d = data;

    list = json_array();
    n = agent_listeners(ports, AGENT_DIAGNOSE_SHOWN);

    for (i = 0; i < n; i++) {
        (void) json_array_append_new(list,
                                json_pack("{s:i, s:s}",
                                          "port", (int) ports[i].port,
                                          "address", ports[i].address));
    }

    json = json_pack("{s:s, s:I, s:i, s:o, s:o, s:o}",
                     "event", "diagnosis",
                     "seq", (json_int_t) d->seq, "port", (int) d->port,
                     "listening", list,
                     "command", agent_port_command_json(d->port),
                     "app", agent_diagnose_app(result));

    text = json ? json_dumps(json, JSON_COMPACT) : NULL;

    json_decref(json);

    t = d->tether;
    d->get = NULL;
    agent_diagnose_free(d);

    if (text) {
        (void) agent_control_send(t, text, strlen(text));
        free(text);
    }
}


static json_t *
agent_diagnose_app(const agent_http_get_result_t *result)
{
    json_t  *app;

    static const char  *const errors[] = {
        NULL, "refused", "timeout", "closed", "invalid", "silent", "tls"
    };

    app = json_pack("{s:I, s:I}",
                    "connect_ms", (json_int_t) result->connect_ms,
                    "answer_ms", (json_int_t) result->answer_ms);

    if (result->outcome == AGENT_HTTP_GET_OK) {
        (void) json_object_set_new(app, "status",
                                   json_integer(result->status));

    } else {
        (void) json_object_set_new(app, "error",
                                   json_string(errors[result->outcome]));
    }

    return app;
}


void
agent_diagnose_drop(agent_tether_t *t)
{
    agent_diagnose_t  *d, *next;

    for (d = LIST_FIRST(&agent_diagnoses); d; d = next) {
        next = LIST_NEXT(d, link);

        if (d->tether == t) {
            agent_diagnose_free(d);
        }
    }
}


static void
agent_diagnose_free(agent_diagnose_t *d)
{
    LIST_REMOVE(d, link);
    agent_ndiagnoses--;

    agent_http_get_cancel(d->get);
    free(d);
}
