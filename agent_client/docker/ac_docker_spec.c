
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ac_json_writer.h"
#include "docker/ac_docker_spec.h"


/* of a whole processor; what the kernel accepts */
#define AC_DOCKER_SPEC_WEIGHT      1024
#define AC_DOCKER_SPEC_WEIGHT_MIN  2
#define AC_DOCKER_SPEC_WEIGHT_MAX  262144


static void ac_docker_spec_config(ac_json_writer_t *w,
    const ac_container_spec_t *spec);
static void ac_docker_spec_host(ac_json_writer_t *w,
    const ac_container_spec_t *spec);
static void ac_docker_spec_limits(ac_json_writer_t *w,
    const ac_container_spec_t *spec);
static int64_t ac_docker_spec_weight(int64_t nano_cpus);
static void ac_docker_spec_mounts(ac_json_writer_t *w,
    const ac_container_spec_t *spec);


static const char  *ac_docker_spec_empty[] = { NULL };


char *
ac_docker_spec_json(const ac_container_spec_t *spec)
{
    ac_json_writer_t  w;

    memset(&w, 0, sizeof(ac_json_writer_t));

    ac_json_writer_object(&w, NULL);

    ac_json_writer_object(&w, "HostConfig");
    ac_docker_spec_host(&w, spec);
    ac_docker_spec_mounts(&w, spec);
    ac_json_writer_object_end(&w);

    ac_docker_spec_config(&w, spec);

    ac_json_writer_object_end(&w);

    return ac_json_writer_finish(&w);
}


static void
ac_docker_spec_config(ac_json_writer_t *w, const ac_container_spec_t *spec)
{
    size_t  i;

    static const char  *none[] = { "NONE", NULL };

    static const char  *no[] = {
        "Tty", "OpenStdin", "StdinOnce", "AttachStdin", "AttachStdout",
        "AttachStderr", NULL
    };

    ac_json_writer_string(w, "Image", spec->image);
    ac_json_writer_strings(w, "Cmd", ac_docker_spec_empty);

    if (spec->entrypoint) {
        ac_json_writer_strings(w, "Entrypoint", spec->entrypoint);
    }

    if (spec->user) {
        ac_json_writer_string(w, "User", spec->user);
    }

    if (spec->hostname) {
        ac_json_writer_string(w, "Hostname", spec->hostname);
    }

    for (i = 0; no[i]; i++) {
        ac_json_writer_bool(w, no[i], 0);
    }

    /* the image may name a signal that the agent does not listen for */

    ac_json_writer_string(w, "StopSignal", "SIGTERM");

    ac_json_writer_object(w, "Labels");

    for (i = 0; i < spec->nlabels; i++) {
        ac_json_writer_string(w, spec->labels[i].key, spec->labels[i].value);
    }

    ac_json_writer_object_end(w);

    /* a health check of the image would run before the agent is up */

    ac_json_writer_object(w, "Healthcheck");
    ac_json_writer_strings(w, "Test", none);
    ac_json_writer_object_end(w);
}


static void
ac_docker_spec_host(ac_json_writer_t *w, const ac_container_spec_t *spec)
{
    static const char  *all[] = { "ALL", NULL };
    static const char  *security[] = { "no-new-privileges", NULL };

    ac_json_writer_string(w, "NetworkMode",
                          spec->network ? spec->network : "none");

    if (spec->hosts) {
        ac_json_writer_strings(w, "ExtraHosts", spec->hosts);
    }

    ac_docker_spec_limits(w, spec);

    /* so that it sees its own control group, and no other */

    ac_json_writer_string(w, "CgroupnsMode", "private");

    ac_json_writer_strings(w, "CapDrop", all);
    ac_json_writer_strings(w, "CapAdd", spec->cap_add ? spec->cap_add
                                                      : ac_docker_spec_empty);
    ac_json_writer_strings(w, "SecurityOpt", security);
    ac_json_writer_bool(w, "Init", 0);

    ac_json_writer_object(w, "RestartPolicy");
    ac_json_writer_string(w, "Name", "no");
    ac_json_writer_object_end(w);

    ac_json_writer_object(w, "LogConfig");
    ac_json_writer_string(w, "Type", "json-file");
    ac_json_writer_object(w, "Config");
    ac_json_writer_string(w, "max-size", "1m");
    ac_json_writer_string(w, "max-file", "1");
    ac_json_writer_object_end(w);
    ac_json_writer_object_end(w);

    if (spec->loopback6) {

        /* the engine disables IPv6 where a network has no IPv6 */

        ac_json_writer_object(w, "Sysctls");
        ac_json_writer_string(w, "net.ipv6.conf.lo.disable_ipv6", "0");
        ac_json_writer_object_end(w);
    }

    if (spec->disk) {
        ac_json_writer_object(w, "StorageOpt");
        ac_json_writer_string(w, "size", spec->disk);
        ac_json_writer_object_end(w);
    }
}


static void
ac_docker_spec_limits(ac_json_writer_t *w, const ac_container_spec_t *spec)
{
    if (spec->memory) {

        /* the sum of memory and swap: no swap */

        ac_json_writer_integer(w, "Memory", spec->memory);
        ac_json_writer_integer(w, "MemorySwap", spec->memory);
    }

    if (spec->nano_cpus) {
        ac_json_writer_integer(w, "NanoCpus", spec->nano_cpus);
        ac_json_writer_integer(w, "CpuShares",
                               ac_docker_spec_weight(spec->nano_cpus));
    }

    if (spec->pids) {
        ac_json_writer_integer(w, "PidsLimit", spec->pids);
    }

    if (spec->shm) {
        ac_json_writer_integer(w, "ShmSize", spec->shm);
    }
}


/* a share of the processors where they are short, as cpus= is where not */

static int64_t
ac_docker_spec_weight(int64_t nano_cpus)
{
    int64_t  weight;

    weight = nano_cpus * AC_DOCKER_SPEC_WEIGHT / 1000000000;

    if (weight < AC_DOCKER_SPEC_WEIGHT_MIN) {
        return AC_DOCKER_SPEC_WEIGHT_MIN;
    }

    return weight < AC_DOCKER_SPEC_WEIGHT_MAX ? weight
                                              : AC_DOCKER_SPEC_WEIGHT_MAX;
}


static void
ac_docker_spec_mounts(ac_json_writer_t *w, const ac_container_spec_t *spec)
{
    size_t  i;

    ac_json_writer_array(w, "Mounts");

    for (i = 0; i < spec->nmounts; i++) {
        ac_json_writer_object(w, NULL);
        ac_json_writer_string(w, "Type", "bind");
        ac_json_writer_string(w, "Source", spec->mounts[i].source);
        ac_json_writer_string(w, "Target", spec->mounts[i].target);
        ac_json_writer_bool(w, "ReadOnly", spec->mounts[i].read_only);
        ac_json_writer_object_end(w);
    }

    ac_json_writer_array_end(w);
}


char *
ac_docker_spec_filters(const char *key, const char *value, int events)
{
    char              *label;
    size_t             size;
    const char        *labels[2];
    ac_json_writer_t   w;

    static const char  *type[] = { "container", NULL };

    size = strlen(key) + strlen(value) + 2;

    label = malloc(size);
    if (label == NULL) {
        return NULL;
    }

    (void) snprintf(label, size, "%s=%s", key, value);

    labels[0] = label;
    labels[1] = NULL;

    memset(&w, 0, sizeof(ac_json_writer_t));

    ac_json_writer_object(&w, NULL);
    ac_json_writer_strings(&w, "label", labels);

    if (events) {
        ac_json_writer_strings(&w, "type", type);
    }

    ac_json_writer_object_end(&w);

    free(label);

    return ac_json_writer_finish(&w);
}
