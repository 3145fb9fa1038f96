
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "core/ngx_http_sandbox_worker.h"

#include <curl/curl.h>


/* what a worker has, from its start to its end */


ngx_http_sandbox_worker_t  *ngx_http_sandbox_worker;
