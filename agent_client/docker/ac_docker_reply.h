
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AC_DOCKER_REPLY_H_INCLUDED_
#define _AC_DOCKER_REPLY_H_INCLUDED_


#include "docker/ac_docker_types.h"
#include "http/ac_http.h"


/* the reply to a call, read from an HTTP response.  Internal to docker/ */


typedef enum {
    AC_DOCKER_INFO = 0,
    AC_DOCKER_IMAGE,
    AC_DOCKER_CREATE,
    AC_DOCKER_INSPECT,
    AC_DOCKER_LIST,
    AC_DOCKER_ACTION,          /* the response has no body of interest */
    AC_DOCKER_EVENTS
} ac_docker_kind_e;


/* a reply, and what it points to */
typedef struct {
    ac_reply_t        reply;
    ac_image_t        image;
    ac_engine_info_t  info;
    ac_container_t    container;
    ac_container_t   *list;
} ac_docker_reply_t;


/* from a complete response; ac_docker_reply_free() must follow */
void ac_docker_reply_read(ac_docker_reply_t *rep, ac_docker_kind_e kind,
    const ac_http_result_t *res);
void ac_docker_reply_free(ac_docker_reply_t *rep);

void ac_docker_reply_error(ac_reply_t *reply, ac_error_e error,
    const char *message);


#endif /* _AC_DOCKER_REPLY_H_INCLUDED_ */
