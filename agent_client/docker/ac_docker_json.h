
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AC_DOCKER_JSON_H_INCLUDED_
#define _AC_DOCKER_JSON_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>

#include "docker/ac_docker.h"


/*
 * The bodies of the Docker Engine API, to and from structs; nothing here does
 * any input or output.  A reader returns AC_OK, AC_MALFORMED, AC_TOO_BIG or
 * AC_NOMEM; members that it has no use for are not looked at.
 */


#define AC_DOCKER_JSON_DEPTH       64
#define AC_DOCKER_JSON_TOKENS      1000000
#define AC_DOCKER_JSON_CONTAINERS  16384


/* the body of create; to be freed by free(), NULL when out of memory */
char *ac_docker_json_spec(const ac_container_spec_t *spec);
/* the value of the filters parameter; events adds the type */
char *ac_docker_json_filters(const char *instance, int events);

/* the engine's own words on an error; "" when it has none */
void ac_docker_json_message(const char *text, size_t len, char *dst,
    size_t size);

ac_error_e ac_docker_json_created(const char *text, size_t len,
    ac_container_t *container);
ac_error_e ac_docker_json_inspected(const char *text, size_t len,
    ac_container_t *container);
/* *containers is to be freed by free(); NULL when there is none */
ac_error_e ac_docker_json_listed(const char *text, size_t len,
    ac_container_t **containers, size_t *n);
ac_error_e ac_docker_json_image(const char *text, size_t len,
    ac_image_t *image);
ac_error_e ac_docker_json_info(const char *text, size_t len, int *ncpu,
    int64_t *mem_total);
/* AC_OK with an empty action: not the event of a container */
ac_error_e ac_docker_json_event(const char *text, size_t len,
    ac_event_t *event);


#endif /* _AC_DOCKER_JSON_H_INCLUDED_ */
