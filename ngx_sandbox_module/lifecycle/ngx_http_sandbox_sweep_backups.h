
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _NGX_HTTP_SANDBOX_SWEEP_BACKUPS_H_INCLUDED_
#define _NGX_HTTP_SANDBOX_SWEEP_BACKUPS_H_INCLUDED_


/* deletes expired backups in a thread, unless it does already */
void ngx_http_sandbox_sweep_backups(void);


#endif /* _NGX_HTTP_SANDBOX_SWEEP_BACKUPS_H_INCLUDED_ */
