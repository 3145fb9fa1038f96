
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
#include "core/ngx_http_sandbox_error.h"
#include "core/ngx_http_sandbox_worker.h"
#include "sandbox/ngx_http_sandbox_node.h"
#include "limits/ngx_http_sandbox_instances_table.h"
#include "lifecycle/ngx_http_sandbox_engine.h"
#include "lifecycle/ngx_http_sandbox_exit_reason.h"
#include "lifecycle/ngx_http_sandbox_start.h"
#include "lifecycle/ngx_http_sandbox_start_container.h"
#include "lifecycle/ngx_http_sandbox_start_handover.h"


/*
 * The engine's part of a start: creates the container if missing, and repeats
 * the start until the engine confirms that this call has started it.
 */


#define NGX_HTTP_SANDBOX_START_POLL   50
/* how long a stopping container may be reported as "already started" */
#define NGX_HTTP_SANDBOX_START_DOUBT  1000


static void ngx_http_sandbox_container_create(ngx_http_sandbox_start_t *wake);
static void ngx_http_sandbox_container_info(ngx_http_sandbox_start_t *wake);
static void ngx_http_sandbox_container_info_handler(void *data,
    const ac_reply_t *reply);
static void ngx_http_sandbox_container_image_handler(void *data,
    const ac_reply_t *reply);
static void ngx_http_sandbox_container_create_handler(void *data,
    const ac_reply_t *reply);
static void ngx_http_sandbox_container_start(ngx_http_sandbox_start_t *wake);
static void ngx_http_sandbox_container_start_now(
    ngx_http_sandbox_start_t *wake);
static void ngx_http_sandbox_container_start_handler(void *data,
    const ac_reply_t *reply);
static void ngx_http_sandbox_container_again_handler(void *data,
    const ac_reply_t *reply);
static void ngx_http_sandbox_container_conflict(ngx_http_sandbox_start_t *wake);
static void ngx_http_sandbox_container_conflict_handler(void *data,
    const ac_reply_t *reply);
static void ngx_http_sandbox_container_made(ngx_http_sandbox_start_t *wake);


void
ngx_http_sandbox_start_container(ngx_http_sandbox_start_t *wake)
{
    ngx_http_sandbox_node_t    *node;
    ngx_http_sandbox_worker_t  *w;
    ngx_http_sandbox_failure_t  failure;

    w = ngx_http_sandbox_worker;
    node = wake->node;

    wake->class = ngx_http_sandbox_node_class(node);
    if (wake->class == NULL) {
        ngx_http_sandbox_error_set(&failure, NGX_HTTP_SERVICE_UNAVAILABLE,
                                   "CONTAINER_UNAVAILABLE",
                                   "The class \"%s\" of this sandbox is no "
                                   "longer configured. Restore its "
                                   "\"sandbox_class\" directive, or destroy "
                                   "the sandbox.", node->spec.class);
        ngx_http_sandbox_start_end(wake, &failure);
        return;
    }

    ngx_http_sandbox_engine_container_name(wake->name, node->spec.run);

    ngx_memcpy(wake->run, node->spec.run, sizeof(wake->run));

    if (sandbox_store_container_read(w->store, (char *) node->id,
                                     &wake->container)
        == 0)
    {
        wake->start = NGX_HTTP_SANDBOX_START_WAKE;
        ngx_http_sandbox_container_start(wake);
        return;
    }

    if (ngx_errno != NGX_ENOENT) {
        ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, ngx_errno,
                      "cannot read the container id of sandbox \"%s\", "
                      "looking the container up by name", node->id);
    }

    wake->start = NGX_HTTP_SANDBOX_START_CREATE;
    ngx_http_sandbox_container_create(wake);
}


static void
ngx_http_sandbox_container_create(ngx_http_sandbox_start_t *wake)
{
    ngx_http_sandbox_worker_t  *w;

    w = ngx_http_sandbox_worker;

    /* the agent runs as user 0, its children as the user of the image */

    ngx_http_sandbox_engine_call(wake);

    wake->call = ac_docker_image(w->docker, w->endpoint,
                                 (char *) wake->class->image.data,
                                 w->conf->engine_timeout,
                                 ngx_http_sandbox_container_image_handler,
                                 wake);
    if (wake->call == NULL) {
        ngx_http_sandbox_engine_failed(wake, "accept the request", NULL);
    }
}


static void
ngx_http_sandbox_container_image_handler(void *data, const ac_reply_t *reply)
{
    ngx_http_sandbox_start_t  *wake = data;

    u_char                     *p;
    char                        run_dir[128], agent[128];
    char                        owner[NGX_HTTP_SANDBOX_MARK];
    const char                 *entrypoint[3], *caps[8];
    ac_pair_t                   labels[4];
    ac_mount_t                  mounts[2];
    ac_container_spec_t         spec;
    ngx_http_sandbox_class_t   *class;
    ngx_http_sandbox_worker_t  *w;
    ngx_http_sandbox_failure_t  failure;

    w = ngx_http_sandbox_worker;
    class = wake->class;
    wake->call = NULL;

    sandbox_fault("wake.image");

    if (reply->error == AC_OK && reply->status == NGX_HTTP_NOT_FOUND) {
        ngx_http_sandbox_count(w->conf, engine_errors);
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "the container engine has no image \"%V\" of sandbox "
                      "class \"%V\"",
                      &class->image, &class->name);
        ngx_http_sandbox_error_set(&failure, NGX_HTTP_INTERNAL_SERVER_ERROR,
                                   "INTERNAL_ERROR",
                                   "The container engine has no image \"%V\". "
                                   "Build or pull the image, then try again.",
                                   &class->image);
        ngx_http_sandbox_start_end(wake, &failure);
        return;
    }

    if (reply->error != AC_OK || reply->status != NGX_HTTP_OK
        || reply->image == NULL)
    {
        ngx_http_sandbox_engine_failed(wake, "inspect the image",
                                            reply);
        return;
    }

    if (class->user.len) {
        p = ngx_cpystrn((u_char *) wake->container.user, class->user.data,
                        sizeof(wake->container.user));

    } else {
        p = ngx_cpystrn((u_char *) wake->container.user,
                        (u_char *) reply->image->user,
                        sizeof(wake->container.user));
    }

    *p = '\0';

    (void) sandbox_store_run_path(w->store, wake->run, run_dir,
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

    ngx_http_sandbox_instances_table_mark(wake->node->spec.owner, owner);

    labels[0].key = AC_LABEL_INSTANCE;
    labels[0].value = sandbox_store_instance(w->store);
    labels[1].key = AC_LABEL_RUN;
    labels[1].value = wake->run;
    labels[2].key = AC_LABEL_CLASS;
    labels[2].value = (char *) wake->node->spec.class;
    labels[3].key = AC_LABEL_OWNER;
    labels[3].value = owner;

    mounts[0].source = run_dir;
    mounts[0].target = NGX_HTTP_SANDBOX_DIR;
    mounts[0].read_only = 1;
    mounts[1].source = agent;
    mounts[1].target = NGX_HTTP_SANDBOX_AGENT;
    mounts[1].read_only = 1;

    ngx_memzero(&spec, sizeof(ac_container_spec_t));

    spec.name = (char *) wake->name;
    spec.image = (char *) class->image.data;
    spec.entrypoint = entrypoint;
    spec.network = ngx_http_sandbox_engine_network(class);
    spec.hostname = "sandbox";
    spec.user = "0";
    spec.labels = labels;
    spec.nlabels = 4;
    spec.mounts = mounts;
    spec.nmounts = 2;
    spec.cap_add = caps;
    spec.memory = class->memory;
    spec.nano_cpus = ngx_http_sandbox_class_cpus(class);
    spec.pids = class->pids;
    spec.disk = class->disk.len ? (char *) class->disk.data : NULL;

    /* dev servers listen on "localhost", which may resolve to ::1 */

    spec.loopback6 = (access("/proc/sys/net/ipv6/conf/lo/disable_ipv6", F_OK)
                      == 0);

    ngx_http_sandbox_engine_call(wake);

    wake->call = ac_docker_create_container(
                     w->docker, w->endpoint, &spec, w->conf->engine_timeout,
                     ngx_http_sandbox_container_create_handler, wake);
    if (wake->call == NULL) {
        ngx_http_sandbox_engine_failed(wake, "accept the request", NULL);
    }
}


/* the engine refuses more CPUs than it has: ask for their number only then */

static void
ngx_http_sandbox_container_info(ngx_http_sandbox_start_t *wake)
{
    ngx_http_sandbox_worker_t  *w;

    w = ngx_http_sandbox_worker;

    ngx_http_sandbox_engine_call(wake);

    wake->call = ac_docker_info(w->docker, w->endpoint,
                                w->conf->engine_timeout,
                                ngx_http_sandbox_container_info_handler, wake);
    if (wake->call == NULL) {
        ngx_http_sandbox_engine_failed(wake, "accept the request", NULL);
    }
}


static void
ngx_http_sandbox_container_info_handler(void *data, const ac_reply_t *reply)
{
    ngx_http_sandbox_start_t  *wake = data;

    wake->call = NULL;

    /* without a reply, the error of the second attempt is final */

    if (reply->error == AC_OK && reply->status == NGX_HTTP_OK
        && reply->ncpu > 0)
    {
        ngx_http_sandbox_worker->ncpu = reply->ncpu;

    } else {
        ngx_http_sandbox_worker->ncpu = (int) NGX_MAX_INT32_VALUE;
    }

    ngx_http_sandbox_container_create(wake);
}


static void
ngx_http_sandbox_container_create_handler(void *data, const ac_reply_t *reply)
{
    ngx_http_sandbox_start_t  *wake = data;

    ngx_http_sandbox_worker_t  *w;

    w = ngx_http_sandbox_worker;
    wake->call = NULL;

    if (ngx_http_sandbox_engine_network_missing(wake, reply)) {
        return;
    }

    if (reply->error == AC_OK && reply->status == NGX_HTTP_BAD_REQUEST
        && w->ncpu == 0)
    {
        ngx_http_sandbox_container_info(wake);
        return;
    }

    if (reply->error == AC_OK && reply->status == NGX_HTTP_CONFLICT) {
        ngx_http_sandbox_container_conflict(wake);
        return;
    }

    if (reply->error != AC_OK || reply->status != NGX_HTTP_CREATED) {
        ngx_http_sandbox_engine_failed(wake, "create the container",
                                            reply);
        return;
    }

    ngx_http_sandbox_container_made(wake);
}


/* 409: created by a worker that has died, or a foreign container */

static void
ngx_http_sandbox_container_conflict(ngx_http_sandbox_start_t *wake)
{
    ngx_http_sandbox_worker_t  *w;

    w = ngx_http_sandbox_worker;

    ngx_http_sandbox_engine_call(wake);

    wake->call = ac_docker_inspect(w->docker, w->endpoint,
                                   (char *) wake->name,
                                   w->conf->engine_timeout,
                                   ngx_http_sandbox_container_conflict_handler,
                                   wake);
    if (wake->call == NULL) {
        ngx_http_sandbox_engine_failed(wake, "accept the request", NULL);
    }
}


static void
ngx_http_sandbox_container_conflict_handler(void *data, const ac_reply_t *reply)
{
    ngx_http_sandbox_start_t  *wake = data;

    ngx_http_sandbox_failure_t  failure;

    wake->call = NULL;

    if (reply->error == AC_OK && reply->status == NGX_HTTP_NOT_FOUND) {

        /* it was just being removed: retry until the deadline of the start */

        ngx_http_sandbox_start_later(wake, ngx_http_sandbox_container_create,
                                     NGX_HTTP_SANDBOX_START_POLL);
        return;
    }

    if (reply->error != AC_OK || reply->status != NGX_HTTP_OK
        || reply->ncontainers != 1)
    {
        ngx_http_sandbox_engine_failed(wake, "inspect the container", reply);
        return;
    }

    if (ngx_strcmp(reply->containers[0].label_run, wake->run) == 0) {
        ngx_http_sandbox_container_made(wake);
        return;
    }

    ngx_http_sandbox_count(ngx_http_sandbox_worker->conf, engine_errors);

    ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                  "sandbox \"%s\": container name \"%s\" is used by a foreign "
                  "container", wake->node->id, wake->name);

    ngx_http_sandbox_error_set(&failure, NGX_HTTP_INTERNAL_SERVER_ERROR,
                               "INTERNAL_ERROR",
                               "The name \"%s\" is used by a container that "
                               "does not belong to this sandbox: remove or "
                               "rename that container, then try again.",
                               wake->name);
    ngx_http_sandbox_start_end(wake, &failure);
}


static void
ngx_http_sandbox_container_made(ngx_http_sandbox_start_t *wake)
{
    ngx_http_sandbox_worker_t  *w;

    w = ngx_http_sandbox_worker;

    sandbox_fault("wake.created");

    wake->container.created_ms = (int64_t) ngx_time() * 1000;
    ngx_http_sandbox_class_limits(wake->class, &wake->container);
    ngx_memcpy(wake->container.run, wake->run, sizeof(wake->run));

    if (sandbox_store_container_write(w->store, (char *) wake->node->id,
                                      &wake->container)
        == -1)
    {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, ngx_errno,
                      "cannot record the container id of sandbox \"%s\"",
                      wake->node->id);
    }

    sandbox_fault("wake.recorded");

    ngx_http_sandbox_container_start(wake);
}


/* before each attempt: the container may exit in between */

static void
ngx_http_sandbox_container_start(ngx_http_sandbox_start_t *wake)
{
    if (wake->start == NGX_HTTP_SANDBOX_START_WAKE) {
        ngx_http_sandbox_exit_reason_note(wake,
                                          ngx_http_sandbox_container_start_now);
        return;
    }

    ngx_http_sandbox_container_start_now(wake);
}


static void
ngx_http_sandbox_container_start_now(ngx_http_sandbox_start_t *wake)
{
    ngx_http_sandbox_worker_t  *w;

    w = ngx_http_sandbox_worker;

    ngx_http_sandbox_engine_call(wake);

    wake->asked = 1;

    wake->call = ac_docker_start(w->docker, w->endpoint, (char *) wake->name,
                                 w->conf->engine_timeout,
                                 ngx_http_sandbox_container_start_handler,
                                 wake);
    if (wake->call == NULL) {
        ngx_http_sandbox_engine_failed(wake, "accept the request", NULL);
    }
}


static void
ngx_http_sandbox_container_start_handler(void *data, const ac_reply_t *reply)
{
    ngx_http_sandbox_start_t  *wake = data;

    ngx_http_sandbox_worker_t  *w;

    w = ngx_http_sandbox_worker;
    wake->call = NULL;

    if (reply->error != AC_OK) {
        ngx_http_sandbox_engine_failed(wake, "start the container",
                                            reply);
        return;
    }

    switch (reply->status) {

    case NGX_HTTP_NO_CONTENT:
        sandbox_fault("wake.started");
        ngx_http_sandbox_start_handover(wake);
        return;

    case NGX_HTTP_NOT_MODIFIED:

        /*
         * It is still stopping, or its agent is alive without its sockets.
         * Time starts with the first such reply.
         */

        if (wake->doubt == 0) {
            wake->doubt = ngx_current_msec ? ngx_current_msec : 1;
        }

        if (ngx_current_msec - wake->doubt < NGX_HTTP_SANDBOX_START_DOUBT) {
            ngx_http_sandbox_start_later(wake, ngx_http_sandbox_container_start,
                                         NGX_HTTP_SANDBOX_START_POLL);
            return;
        }

        wake->doubt = 0;

        ngx_http_sandbox_engine_call(wake);

        wake->call = ac_docker_kill(w->docker, w->endpoint,
                                    (char *) wake->name,
                                    w->conf->engine_timeout,
                                    ngx_http_sandbox_container_again_handler,
                                    wake);
        break;

    case NGX_HTTP_NOT_FOUND:

        if (ngx_http_sandbox_engine_network_missing(wake, reply)) {
            return;
        }

        if (wake->created) {
            ngx_http_sandbox_engine_failed(wake, "start the container",
                                                reply);
            return;
        }

        ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                      "the container of sandbox \"%s\" no longer exists, "
                      "creating a new one", wake->node->id);

        /*
         * if this worker dies, the new container must not be taken for the old
         * one
         */

        (void) sandbox_store_container_remove(w->store,
                                              (char *) wake->node->id);

        sandbox_fault("wake.lost");

        wake->created = 1;
        wake->start = NGX_HTTP_SANDBOX_START_LOST;
        ngx_http_sandbox_container_create(wake);
        return;

    case NGX_HTTP_CONFLICT:

        if (wake->unpaused) {
            ngx_http_sandbox_engine_failed(wake, "start the container",
                                                reply);
            return;
        }

        wake->unpaused = 1;

        ngx_http_sandbox_engine_call(wake);

        wake->call = ac_docker_unpause(w->docker, w->endpoint,
                                       (char *) wake->name,
                                       w->conf->engine_timeout,
                                       ngx_http_sandbox_container_again_handler,
                                       wake);
        break;

    default:
        ngx_http_sandbox_engine_failed(wake, "start the container",
                                            reply);
        return;
    }

    if (wake->call == NULL) {
        ngx_http_sandbox_engine_failed(wake, "accept the request", NULL);
    }
}


static void
ngx_http_sandbox_container_again_handler(void *data, const ac_reply_t *reply)
{
    ngx_http_sandbox_start_t  *wake = data;

    wake->call = NULL;

    sandbox_fault("wake.killed");

    if (reply->error != AC_OK) {
        ngx_http_sandbox_engine_failed(wake, "stop the container", reply);
        return;
    }

    /* ignore the result: the next start will show it */

    ngx_http_sandbox_start_later(wake, ngx_http_sandbox_container_start, 10);
}
