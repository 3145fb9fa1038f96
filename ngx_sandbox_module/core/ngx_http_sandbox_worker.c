
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "core/ngx_http_sandbox_worker.h"

#include <curl/curl.h>


/* init and exit of a worker */


ngx_http_sandbox_worker_t  *ngx_http_sandbox_worker;
