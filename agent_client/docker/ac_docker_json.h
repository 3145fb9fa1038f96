
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AC_DOCKER_JSON_H_INCLUDED_
#define _AC_DOCKER_JSON_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>

#include "docker/ac_docker_types.h"


/*
 * Response bodies of the Docker Engine API, read into structs; no input or
 * output.  A reader returns AC_OK, AC_MALFORMED, AC_TOO_BIG or AC_NOMEM, and
 * ignores members that it does not need.
 */


#define AC_DOCKER_JSON_CONTAINERS  16384


/* the message of an error response, or "" */
void ac_docker_json_message(const char *text, size_t len, char *dst,
    size_t size);

ac_error_e ac_docker_json_created(const char *text, size_t len,
    ac_container_t *container);
ac_error_e ac_docker_json_inspected(const char *text, size_t len,
    ac_container_t *container);
/* *containers is to be freed by free(); NULL if the list is empty */
ac_error_e ac_docker_json_listed(const char *text, size_t len,
    ac_container_t **containers, size_t *n);
ac_error_e ac_docker_json_image(const char *text, size_t len,
    ac_image_t *image);
/* a limit that is not reported is not enforced */
ac_error_e ac_docker_json_info(const char *text, size_t len,
    ac_engine_info_t *info);
/* AC_OK with an empty action: an event of another object */
ac_error_e ac_docker_json_event(const char *text, size_t len,
    ac_event_t *event);


#endif /* _AC_DOCKER_JSON_H_INCLUDED_ */
