
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "docker/ac_docker_json.h"


/* every reader of the engine's answers, on the same text */


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static void
check_container(const ac_container_t *c)
{
    if (c->id[0] == '\0' || strlen(c->id) >= sizeof(c->id)
        || strlen(c->name) >= sizeof(c->name)
        || strlen(c->state_text) >= sizeof(c->state_text)
        || c->state > AC_CONTAINER_DEAD
        || strlen(c->label_run) >= sizeof(c->label_run))
    {
        abort();
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char               message[64];
    size_t             i, n;
    ac_event_t         event;
    ac_image_t         image;
    const char        *text;
    ac_container_t     c, *list;
    ac_engine_info_t   info;

    text = (const char *) data;

    ac_docker_json_message(text, size, message, sizeof(message));

    if (memchr(message, '\0', sizeof(message)) == NULL) {
        abort();
    }

    if (ac_docker_json_created(text, size, &c) == AC_OK) {
        check_container(&c);
    }

    if (ac_docker_json_inspected(text, size, &c) == AC_OK) {
        check_container(&c);
    }

    if (ac_docker_json_listed(text, size, &list, &n) == AC_OK) {

        for (i = 0; i < n; i++) {
            check_container(&list[i]);
        }

        free(list);

    } else if (list || n) {
        abort();
    }

    if (ac_docker_json_image(text, size, &image) == AC_OK
        && image.id[0] == '\0')
    {
        abort();
    }

    if (ac_docker_json_info(text, size, &info) == AC_OK
        && (info.ncpu < 0 || info.mem_total < 0))
    {
        abort();
    }

    if (ac_docker_json_event(text, size, &event) == AC_OK) {

        if (event.action[0] && event.id[0] == '\0') {
            abort();
        }

    } else if (event.action[0]) {
        abort();
    }

    return 0;
}
