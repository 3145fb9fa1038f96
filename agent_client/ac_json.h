
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AC_DOCKER_FIELD_H_INCLUDED_
#define _AC_DOCKER_FIELD_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "docker/ac_docker.h"


/* members of the engine's objects, for ac_docker_json.c alone */


/*
 * These return 1: present, 0: absent or null, -1: of the wrong type.  Text
 * that is too long for its field is cut; an id is not.
 */
int ac_docker_field_string(const cJSON *object, const char *name,
    char *dst, size_t size);
int ac_docker_field_id(const cJSON *object, const char *name, char *dst,
    size_t size);
int ac_docker_field_bool(const cJSON *object, const char *name,
    int *value);
int ac_docker_field_integer(const cJSON *object, const char *name,
    int64_t min, int64_t max, int64_t *value);
int ac_docker_field_object(const cJSON *object, const char *name,
    const cJSON **value);
/* those of AC_LABEL_ */
int ac_docker_field_labels(const cJSON *object, const char *name,
    ac_container_t *container);
/*
 * A time of RFC 3339 as ms since the epoch; the engine's year 1 is "never", and
 * 0.  0, or -1 when it is none.
 */
int ac_docker_field_time(const cJSON *json, const char *name,
    int64_t *ms);


#endif /* _AC_DOCKER_FIELD_H_INCLUDED_ */
