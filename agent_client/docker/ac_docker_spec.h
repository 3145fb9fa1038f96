
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AC_DOCKER_SPEC_H_INCLUDED_
#define _AC_DOCKER_SPEC_H_INCLUDED_


#include "docker/ac_docker_types.h"


/*
 * What is sent to the Docker Engine API as JSON.  The texts are to be freed by
 * free(); NULL when out of memory.
 */


/* the body of a create */
char *ac_docker_spec_json(const ac_container_spec_t *spec);
/*
 * the value of the "filters" argument: containers with that label; events: of
 * containers only
 */
char *ac_docker_spec_filters(const char *key, const char *value, int events);


#endif /* _AC_DOCKER_SPEC_H_INCLUDED_ */
