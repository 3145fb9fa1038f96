
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AC_DOCKER_REQUEST_H_INCLUDED_
#define _AC_DOCKER_REQUEST_H_INCLUDED_


#include "docker/ac_docker_endpoint.h"


/* one HTTP request to an engine.  Internal to docker/ */


typedef struct {
    const char       *method;
    const char       *path;            /* after "/v1.41"; NULL: a ping */
    const char       *body;            /* JSON text, or NULL */
    size_t            body_max;        /* bytes of the response */
    unsigned          tried;           /* how many addresses have failed */
    unsigned          stream:1;
} ac_docker_request_t;


/* NULL when out of memory; for handler see ac_http.h */
ac_http_request_t *ac_docker_request_start(ac_http_t *http,
    const ac_endpoint_t *ep, const ac_docker_request_t *req,
    ac_http_pt handler, void *data);

/* one line on why a request has failed */
void ac_docker_request_explain(const ac_endpoint_t *ep,
    const ac_http_result_t *res, char *dst, size_t size);


#endif /* _AC_DOCKER_REQUEST_H_INCLUDED_ */
