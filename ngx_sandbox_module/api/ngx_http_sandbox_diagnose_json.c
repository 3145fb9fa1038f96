
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "sandbox/ngx_http_sandbox_port_watch.h"
#include "api/ngx_http_sandbox_diagnose_json.h"


/* copies validated parts of untrusted agent JSON */


#define NGX_HTTP_SANDBOX_DIAGNOSE_SHOWN  32         /* listeners */


cJSON *
ngx_http_sandbox_diagnose_json_listening(cJSON *list, in_port_t port,
    char *address, size_t size)
{
    cJSON       *copy, *item, *one, *at, *number;
    ngx_uint_t   n;

    address[0] = '\0';

    copy = cJSON_CreateArray();
    n = 0;

    cJSON_ArrayForEach(item, list) {
        number = cJSON_GetObjectItemCaseSensitive(item, "port");
        at = cJSON_GetObjectItemCaseSensitive(item, "address");

        if (!cJSON_IsNumber(number) || !cJSON_IsString(at)
            || n++ == NGX_HTTP_SANDBOX_DIAGNOSE_SHOWN)
        {
            break;
        }

        if (number->valuedouble == (double) port) {
            (void) ngx_snprintf((u_char *) address, size, "%s%Z",
                                at->valuestring);
            address[size - 1] = '\0';
        }

        one = cJSON_CreateObject();

        if (one == NULL || !cJSON_AddItemToArray(copy, one)) {
            cJSON_Delete(one);
            break;
        }

        (void) cJSON_AddNumberToObject(one, "port", number->valuedouble);
        (void) cJSON_AddStringToObject(one, "address", at->valuestring);
    }

    return copy;
}


cJSON *
ngx_http_sandbox_diagnose_json_command(cJSON *command)
{
    cJSON       *copy, *log, *state, *code, *item, *line;
    ngx_uint_t   n;

    state = cJSON_GetObjectItemCaseSensitive(command, "state");

    if (!cJSON_IsString(state)) {
        return cJSON_CreateNull();
    }

    copy = cJSON_CreateObject();
    log = copy ? cJSON_AddArrayToObject(copy, "log") : NULL;

    if (log == NULL) {
        cJSON_Delete(copy);
        return NULL;
    }

    (void) cJSON_AddStringToObject(copy, "state", state->valuestring);

    code = cJSON_GetObjectItemCaseSensitive(command, "exitCode");

    if (cJSON_IsNumber(code)) {
        (void) cJSON_AddNumberToObject(copy, "exitCode", code->valuedouble);
    }

    n = 0;

    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(command,
                                                              "log"))
    {
        if (!cJSON_IsString(item)
            || n++ == NGX_HTTP_SANDBOX_PORT_WATCH_SHOWN)
        {
            break;
        }

        line = cJSON_CreateString(item->valuestring);

        if (line == NULL || !cJSON_AddItemToArray(log, line)) {
            cJSON_Delete(line);
            break;
        }
    }

    return copy;
}
