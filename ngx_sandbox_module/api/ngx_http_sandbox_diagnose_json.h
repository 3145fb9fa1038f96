
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_DIAGNOSE_JSON_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_DIAGNOSE_JSON_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"

#include <cjson/cJSON.h>


/* copies of JSON of an agent; NULL: out of memory */


/* a list of listeners; address is set to that of port, or "" */
cJSON *ngx_http_sandbox_diagnose_json_listening(cJSON *list, in_port_t port,
    char *address, size_t size);
/* the command of a port; text is that of its policy, or "" */
cJSON *ngx_http_sandbox_diagnose_json_command(cJSON *command,
    const char *text);


#endif /* _NGX_HTTP_SANDBOX_DIAGNOSE_JSON_H_INCLUDED_ */
