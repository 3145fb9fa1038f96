
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SANDBOX_ROUTE_TABLE_H_INCLUDED_
#define _SANDBOX_ROUTE_TABLE_H_INCLUDED_


#include "lib/sandbox_name.h"
#include "lib/sandbox_route.h"


/* the routes of the API, for sandbox_route.c; a table ends with an empty row */


typedef struct {
    sandbox_text_t    tail;      /* what follows the id, or the whole path */
    sandbox_route_e   kind;
    const char       *allow;
    const char       *pattern;
    int               prefix;    /* anything may follow */
} sandbox_route_entry_t;


typedef struct {
    sandbox_text_t                prefix;   /* a name follows */
    const sandbox_route_entry_t  *table;
} sandbox_route_named_t;


/* outside of "/v1/sandbox"; that itself; below "/v1/sandbox/:id" */
extern const sandbox_route_entry_t  sandbox_route_table_others[];
extern const sandbox_route_entry_t  sandbox_route_table_sandboxes;
extern const sandbox_route_entry_t  sandbox_route_table[];

/* below "/ports/:port"; below the name of a process and similar */
extern const sandbox_route_entry_t  sandbox_route_table_ports[];
extern const sandbox_route_named_t  sandbox_route_table_named[];


#endif /* _SANDBOX_ROUTE_TABLE_H_INCLUDED_ */
