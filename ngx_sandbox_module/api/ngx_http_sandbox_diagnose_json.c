
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "lib/sandbox_json_writer.h"
#include "sandbox/ngx_http_sandbox_port_watch.h"
#include "api/ngx_http_sandbox_diagnose_json.h"


/* copies validated parts of untrusted agent JSON */


#define NGX_HTTP_SANDBOX_DIAGNOSE_SHOWN  32         /* listeners */


cJSON *
ngx_http_sandbox_diagnose_json_listening(cJSON *list, in_port_t port,
    char *address, size_t size)
{
    cJSON                  *item, *at, *number;
    ngx_uint_t              n;
    sandbox_json_writer_t   w;

    address[0] = '\0';
    n = 0;

    sandbox_json_writer_start_array(&w);

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

        sandbox_json_writer_object(&w, NULL);
        sandbox_json_writer_number(&w, "port", number->valuedouble);
        sandbox_json_writer_string(&w, "address", at->valuestring);
        sandbox_json_writer_close(&w);
    }

    return sandbox_json_writer_finish(&w);
}


cJSON *
ngx_http_sandbox_diagnose_json_command(cJSON *command, const char *text)
{
    cJSON                  *state, *code, *item;
    ngx_uint_t              n;
    sandbox_json_writer_t   w;

    state = cJSON_GetObjectItemCaseSensitive(command, "state");

    if (!cJSON_IsString(state)) {
        return cJSON_CreateNull();
    }

    sandbox_json_writer_start(&w);
    sandbox_json_writer_array(&w, "log");

    n = 0;

    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(command,
                                                              "log"))
    {
        if (!cJSON_IsString(item)
            || n++ == NGX_HTTP_SANDBOX_PORT_WATCH_SHOWN)
        {
            break;
        }

        sandbox_json_writer_string(&w, NULL, item->valuestring);
    }

    sandbox_json_writer_close(&w);
    sandbox_json_writer_string(&w, "state", state->valuestring);

    code = cJSON_GetObjectItemCaseSensitive(command, "exitCode");

    if (cJSON_IsNumber(code)) {
        sandbox_json_writer_number(&w, "exitCode", code->valuedouble);
    }

    if (text[0]) {
        sandbox_json_writer_string(&w, "command", text);
    }

    return sandbox_json_writer_finish(&w);
}
