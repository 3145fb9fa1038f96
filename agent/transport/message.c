
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <jansson.h>

#include "base/buffer.h"
#include "base/json.h"
#include "transport/message.h"


#define AGENT_TRANSPORT_PATH     8192
#define AGENT_TRANSPORT_HEADERS  32


static const char *agent_transport_message_headers(agent_buffer_t *b,
    json_t *headers);
static int agent_transport_message_own(const char *name);


const char *
agent_transport_message(agent_buffer_t *b, json_t *json)
{
    int          body;
    char        *text;
    size_t       i;
    const char  *method, *path, *error;

    static const char *const  methods[] = {
        "GET", "DELETE", "POST", "PUT", "PATCH"
    };

    method = agent_json_string_of(json_object_get(json, "method"));
    path = agent_json_string_of(json_object_get(json, "path"));

    for (i = 0; i < 5; i++) {

        if (method && strcmp(method, methods[i]) == 0) {
            break;
        }
    }

    if (i == 5) {
        return "\"method\" must be GET, POST, PUT, PATCH or DELETE";
    }

    body = (i >= 2);

    if (path == NULL || path[0] != '/') {
        return "\"path\" must begin with \"/\"";
    }

    for (i = 0; path[i]; i++) {

        if (path[i] <= ' ' || path[i] > '~' || path[i] == '#'
            || i == AGENT_TRANSPORT_PATH)
        {
            return "\"path\" must be at most 8192 printable characters, "
                   "percent-encoded";
        }
    }

    agent_buffer_printf(b, "%s %s HTTP/1.1\r\nHost: localhost\r\n"
                        "Connection: close\r\n", method, path);

    error = agent_transport_message_headers(b, json_object_get(json,
                                                               "headers"));

    if (error) {
        return error;
    }

    json = json_object_get(json, "body");

    if (!body || json == NULL) {
        agent_buffer_adds(b, "\r\n");
        return NULL;
    }

    text = json_dumps(json, JSON_ENCODE_ANY|JSON_COMPACT);

    if (text == NULL) {
        b->failed = 1;
        return NULL;
    }

    agent_buffer_printf(b, "Content-Type: application/json\r\n"
                        "Content-Length: %zu\r\n\r\n", strlen(text));
    agent_buffer_add(b, text, strlen(text));

    free(text);

    return NULL;
}


/* RFC 9110, 5.1 and 5.5 */

static const char *
agent_transport_message_headers(agent_buffer_t *b, json_t *headers)
{
    size_t       i;
    json_t      *item;
    const char  *name, *value;

    if (headers == NULL || json_is_null(headers)) {
        return NULL;
    }

    if (!json_is_object(headers)
        || json_object_size(headers) > AGENT_TRANSPORT_HEADERS)
    {
        return "\"headers\" must be an object of at most 32 texts";
    }

    json_object_foreach(headers, name, item) {
        value = agent_json_string_of(item);

        if (value == NULL || name[0] == '\0') {
            return "\"headers\" must be an object of at most 32 texts";
        }

        for (i = 0; name[i]; i++) {

            if (!isalnum((unsigned char) name[i])
                && strchr("!#$%&'*+-.^_`|~", name[i]) == NULL)
            {
                return "\"headers\" has an invalid name";
            }
        }

        for (i = 0; value[i]; i++) {

            if (((unsigned char) value[i] < ' ' && value[i] != '\t')
                || value[i] == 0x7f)
            {
                return "\"headers\" has an invalid value";
            }
        }

        if (!agent_transport_message_own(name)) {
            agent_buffer_printf(b, "%s: %s\r\n", name, value);
        }
    }

    return NULL;
}


/* set here, or about the connection */

static int
agent_transport_message_own(const char *name)
{
    size_t  i;

    static const char *const  names[] = {
        "Host", "Connection", "Content-Type", "Content-Length",
        "Transfer-Encoding", "TE", "Trailer", "Upgrade", "Expect",
        "Keep-Alive", "Proxy-Connection"
    };

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {

        if (strcasecmp(name, names[i]) == 0) {
            return 1;
        }
    }

    return strncasecmp(name, "Sec-", 4) == 0;
}
