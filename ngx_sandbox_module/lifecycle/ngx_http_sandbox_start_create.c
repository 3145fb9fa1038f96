
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include "core/ngx_http_sandbox_module.h"
#include "docker/ac_docker.h"
#include "lib/sandbox_fault.h"
#include "lib/sandbox_store.h"
#include "lib/sandbox_store_container.h"
#include "core/ngx_http_sandbox_class.h"
#include "core/ngx_http_sandbox_conf.h"
#include "core/ngx_http_sandbox_counters.h"
#include "core/ngx_http_sandbox_engine_info.h"
#include "core/ngx_http_sandbox_error.h"
#include "core/ngx_http_sandbox_worker.h"
#include "sandbox/ngx_http_sandbox_node.h"
#include "limits/ngx_http_sandbox_instances_table.h"
#include "lifecycle/ngx_http_sandbox_engine.h"
#include "lifecycle/ngx_http_sandbox_engine_check.h"
#include "lifecycle/ngx_http_sandbox_start.h"
#include "lifecycle/ngx_http_sandbox_start_create.h"


/* creates the container of a sandbox, as its class describes it */


/* interval of attempts while a container of that name is being removed */
#define NGX_HTTP_SANDBOX_CREATE_POLL  50

#define NGX_HTTP_SANDBOX_HOSTNAME     "sandbox"


static void ngx_http_sandbox_create_info(ngx_http_sandbox_start_t *start);
static void ngx_http_sandbox_create_info_handler(void *data,
    const ac_reply_t *reply);
static void ngx_http_sandbox_create_image(ngx_http_sandbox_start_t *start);
static void ngx_http_sandbox_create_image_handler(void *data,
    const ac_reply_t *reply);
static void ngx_http_sandbox_create_done_handler(void *data,
    const ac_reply_t *reply);
static void ngx_http_sandbox_create_conflict(ngx_http_sandbox_start_t *start);
static void ngx_http_sandbox_create_conflict_handler(void *data,
    const ac_reply_t *reply);
static void ngx_http_sandbox_create_made(ngx_http_sandbox_start_t *start);


void
ngx_http_sandbox_start_create(ngx_http_sandbox_start_t *start,
    void (*handler)(ngx_http_sandbox_start_t *start))
{
    ac_engine_info_t  info;

    start->created_handler = handler;

    if (ngx_http_sandbox_engine_info_get(&info)
        == NGX_HTTP_SANDBOX_ENGINE_UNKNOWN)
    {
        ngx_http_sandbox_create_info(start);
        return;
    }

    ngx_http_sandbox_create_image(start);
}


/* once for all workers, and again when the engine was away */

static void
ngx_http_sandbox_create_info(ngx_http_sandbox_start_t *start)
{
    ac_call_t                  *call;
    ngx_http_sandbox_worker_t  *w;

    w = ngx_http_sandbox_worker;

    ngx_http_sandbox_start_call(start);

    call = ac_docker_info(w->docker, w->endpoint,
                          w->conf->engine_timeout,
                          ngx_http_sandbox_create_info_handler, start);

    ngx_http_sandbox_start_called(start, call);
}


static void
ngx_http_sandbox_create_info_handler(void *data, const ac_reply_t *reply)
{
    ngx_http_sandbox_start_t  *start = data;

    start->call = NULL;

    if (ngx_http_sandbox_engine_check(reply, 0) != NGX_OK) {
        ngx_http_sandbox_start_engine_failed(start, "describe itself", reply);
        return;
    }

    ngx_http_sandbox_create_image(start);
}


static void
ngx_http_sandbox_create_image(ngx_http_sandbox_start_t *start)
{
    ac_call_t                  *call;
    ngx_http_sandbox_worker_t  *w;

    w = ngx_http_sandbox_worker;

    /* the agent runs as user 0, its children as the user of the image */

    ngx_http_sandbox_start_call(start);

    call = ac_docker_image(w->docker, w->endpoint,
                           (char *) start->class->image.data,
                           w->conf->engine_timeout,
                           ngx_http_sandbox_create_image_handler,
                           start);

    ngx_http_sandbox_start_called(start, call);
}


static void
ngx_http_sandbox_create_image_handler(void *data, const ac_reply_t *reply)
{
    ngx_http_sandbox_start_t  *start = data;

    u_char                     *p;
    char                        run_dir[128], agent[128];
    char                        owner[NGX_HTTP_SANDBOX_MARK];
    const char                 *entrypoint[3], *caps[8], *hosts[2];
    ac_call_t                  *call;
    ac_pair_t                   labels[4];
    ac_mount_t                  mounts[2];
    ac_container_spec_t         spec;
    ngx_http_sandbox_class_t   *class;
    ngx_http_sandbox_worker_t  *w;

    w = ngx_http_sandbox_worker;
    class = start->class;
    start->call = NULL;

    sandbox_fault("wake.image");

    if (reply->error == AC_OK && reply->status == NGX_HTTP_NOT_FOUND) {
        ngx_http_sandbox_count(w->conf, engine_errors);
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "the container engine has no image \"%V\" of sandbox "
                      "class \"%V\"",
                      &class->image, &class->name);
        ngx_http_sandbox_error_set(&start->failure,
                                   NGX_HTTP_INTERNAL_SERVER_ERROR,
                                   "INTERNAL_ERROR",
                                   "The container engine has no image \"%V\". "
                                   "Build or pull the image, then try again.",
                                   &class->image);
        ngx_http_sandbox_start_result(start, NGX_ERROR);
        return;
    }

    if (reply->error != AC_OK || reply->status != NGX_HTTP_OK
        || reply->image == NULL)
    {
        ngx_http_sandbox_start_engine_failed(start, "inspect the image", reply);
        return;
    }

    if (class->user.len) {
        p = ngx_cpystrn((u_char *) start->container.user, class->user.data,
                        sizeof(start->container.user));

    } else {
        p = ngx_cpystrn((u_char *) start->container.user,
                        (u_char *) reply->image->user,
                        sizeof(start->container.user));
    }

    *p = '\0';

    (void) sandbox_store_run_path(w->store, start->run, run_dir,
                                  sizeof(run_dir));
    (void) ngx_snprintf((u_char *) agent, sizeof(agent), "%s/.agent/agent%Z",
                        sandbox_store_path(w->store));

    entrypoint[0] = NGX_HTTP_SANDBOX_AGENT;
    entrypoint[1] = NGX_HTTP_SANDBOX_DIR;
    entrypoint[2] = NULL;

    caps[0] = "CHOWN";
    caps[1] = "DAC_OVERRIDE";
    caps[2] = "FOWNER";
    caps[3] = "FSETID";
    caps[4] = "SETUID";
    caps[5] = "SETGID";
    caps[6] = "KILL";
    caps[7] = NULL;

    ngx_http_sandbox_instances_table_mark(start->node->spec.owner, owner);

    labels[0].key = AC_LABEL_INSTANCE;
    labels[0].value = sandbox_store_instance(w->store);
    labels[1].key = AC_LABEL_RUN;
    labels[1].value = start->run;
    labels[2].key = AC_LABEL_CLASS;
    labels[2].value = (char *) start->node->spec.class;
    labels[3].key = AC_LABEL_OWNER;
    labels[3].value = owner;

    mounts[0].source = run_dir;
    mounts[0].target = NGX_HTTP_SANDBOX_DIR;
    mounts[0].read_only = 1;
    mounts[1].source = agent;
    mounts[1].target = NGX_HTTP_SANDBOX_AGENT;
    mounts[1].read_only = 1;

    ngx_memzero(&spec, sizeof(ac_container_spec_t));

    spec.name = (char *) start->name;
    spec.image = (char *) class->image.data;
    spec.entrypoint = entrypoint;
    spec.network = ngx_http_sandbox_engine_network(class);
    spec.hostname = NGX_HTTP_SANDBOX_HOSTNAME;

    if (ngx_strcmp(spec.network, "none") == 0) {

        /* the engine adds the name to /etc/hosts only with an address */

        hosts[0] = NGX_HTTP_SANDBOX_HOSTNAME ":127.0.1.1";
        hosts[1] = NULL;

        spec.hosts = hosts;
    }

    spec.user = "0";
    spec.labels = labels;
    spec.nlabels = 4;
    spec.mounts = mounts;
    spec.nmounts = 2;
    spec.cap_add = caps;
    spec.memory = class->memory;
    spec.nano_cpus = ngx_http_sandbox_class_cpus(class);
    spec.pids = class->pids;
    spec.shm = class->shm;
    spec.disk = class->disk.len ? (char *) class->disk.data : NULL;

    /* dev servers listen on "localhost", which may resolve to ::1 */

    spec.loopback6 = (access("/proc/sys/net/ipv6/conf/lo/disable_ipv6", F_OK)
                      == 0);

    ngx_http_sandbox_start_call(start);

    call = ac_docker_create_container(
               w->docker, w->endpoint, &spec, w->conf->engine_timeout,
               ngx_http_sandbox_create_done_handler, start);

    ngx_http_sandbox_start_called(start, call);
}


static void
ngx_http_sandbox_create_done_handler(void *data, const ac_reply_t *reply)
{
    ngx_http_sandbox_start_t  *start = data;

    start->call = NULL;

    if (ngx_http_sandbox_engine_network_missing(start->node, start->class,
                                                reply, &start->failure))
    {
        ngx_http_sandbox_start_result(start, NGX_ERROR);
        return;
    }

    if (reply->error == AC_OK && reply->status == NGX_HTTP_CONFLICT) {
        ngx_http_sandbox_create_conflict(start);
        return;
    }

    if (reply->error != AC_OK || reply->status != NGX_HTTP_CREATED) {
        ngx_http_sandbox_start_engine_failed(start, "create the container",
                                             reply);
        return;
    }

    ngx_http_sandbox_create_made(start);
}


/* 409: created by a worker that has died, or a foreign container */

static void
ngx_http_sandbox_create_conflict(ngx_http_sandbox_start_t *start)
{
    ac_call_t                  *call;
    ngx_http_sandbox_worker_t  *w;

    w = ngx_http_sandbox_worker;

    ngx_http_sandbox_start_call(start);

    call = ac_docker_inspect(w->docker, w->endpoint,
                             (char *) start->name,
                             w->conf->engine_timeout,
                             ngx_http_sandbox_create_conflict_handler,
                             start);

    ngx_http_sandbox_start_called(start, call);
}


static void
ngx_http_sandbox_create_conflict_handler(void *data, const ac_reply_t *reply)
{
    ngx_http_sandbox_start_t  *start = data;


    start->call = NULL;

    if (reply->error == AC_OK && reply->status == NGX_HTTP_NOT_FOUND) {

        /* it was just being removed: retry until the deadline of the start */

        ngx_http_sandbox_start_later(start, ngx_http_sandbox_create_image,
                                     NGX_HTTP_SANDBOX_CREATE_POLL);
        return;
    }

    if (reply->error != AC_OK || reply->status != NGX_HTTP_OK
        || reply->ncontainers != 1)
    {
        ngx_http_sandbox_start_engine_failed(start, "inspect the container",
                                             reply);
        return;
    }

    if (ngx_strcmp(reply->containers[0].label_run, start->run) == 0) {
        ngx_http_sandbox_create_made(start);
        return;
    }

    ngx_http_sandbox_count(ngx_http_sandbox_worker->conf, engine_errors);

    ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                  "sandbox \"%s\": container name \"%s\" is used by a foreign "
                  "container", start->node->id, start->name);

    ngx_http_sandbox_error_set(&start->failure, NGX_HTTP_INTERNAL_SERVER_ERROR,
                               "INTERNAL_ERROR",
                               "The name \"%s\" is used by a container that "
                               "does not belong to this sandbox: remove or "
                               "rename that container, then try again.",
                               start->name);
    ngx_http_sandbox_start_result(start, NGX_ERROR);
}


static void
ngx_http_sandbox_create_made(ngx_http_sandbox_start_t *start)
{
    ngx_http_sandbox_worker_t  *w;

    w = ngx_http_sandbox_worker;

    sandbox_fault("wake.created");

    start->container.created_ms = (int64_t) ngx_time() * 1000;
    ngx_http_sandbox_class_limits(start->class, &start->container);
    ngx_memcpy(start->container.run, start->run, sizeof(start->run));

    if (sandbox_store_container_write(w->store, (char *) start->node->id,
                                      &start->container)
        == -1)
    {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, ngx_errno,
                      "cannot record the container id of sandbox \"%s\"",
                      start->node->id);
    }

    sandbox_fault("wake.recorded");

    start->created_handler(start);
}
