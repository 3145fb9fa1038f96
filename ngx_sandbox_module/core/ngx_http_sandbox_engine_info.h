
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_ENGINE_INFO_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_ENGINE_INFO_H_INCLUDED_


#include "core/ngx_http_sandbox_module.h"
#include "docker/ac_docker_types.h"


/* what all workers know of the container engine, in the shared zone */


typedef enum {
    NGX_HTTP_SANDBOX_ENGINE_UNKNOWN = 0,   /* not asked since it is there */
    NGX_HTTP_SANDBOX_ENGINE_SILENT,        /* it refused to answer */
    NGX_HTTP_SANDBOX_ENGINE_KNOWN
} ngx_http_sandbox_engine_info_e;


/* info is set, all zero if not known; without mem_total and rootless */
ngx_http_sandbox_engine_info_e ngx_http_sandbox_engine_info_get(
    ac_engine_info_t *info);
/* info NULL: the engine refused to answer */
void ngx_http_sandbox_engine_info_set(const ac_engine_info_t *info);
/* it may be another engine now */
void ngx_http_sandbox_engine_info_forget(void);


#endif /* _NGX_HTTP_SANDBOX_ENGINE_INFO_H_INCLUDED_ */
