
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <curl/curl.h>

#include "ac_test.h"
#include "docker/ac_docker_version.h"


/* the calls on a real engine, with a container of an image of its own */


#define ENGINE_SOCKET  "/var/run/docker.sock"
#define CALL_MS        60000


typedef struct {
    poll_loop_t       *loop;
    ac_docker_t       *docker;
    ac_endpoint_t     *ep;
} engine_t;


static char  instance[64];
static char  name[64];
static char  run[64];
static char  image[64];
static char  mount_dir[64];

static engine_t  engine;


/* a signal that the first process of a container does not catch is lost */

static void
wait_for_term(int pid)
{
    int                 i;
    char                path[64], line[256];
    FILE               *f;
    unsigned long long  caught;

    snprintf(path, sizeof(path), "/proc/%d/status", pid);

    for (i = 0; i < 6000; i++) {
        caught = 0;
        f = fopen(path, "r");
        assert_non_null(f);

        while (fgets(line, sizeof(line), f)) {
            (void) sscanf(line, "SigCgt: %llx", &caught);
        }

        fclose(f);

        if (caught & 1ULL << (SIGTERM - 1)) {
            return;
        }

        usleep(10000);
    }

    fail_msg("the program does not catch TERM");
}


static seen_t *
expect(ac_call_t *call, seen_t *seen)
{
    assert_non_null(call);
    assert_int_equal(seen->done, 0);
    assert_int_equal(poll_loop_run(engine.loop, &seen->done, CALL_MS * 2), 1);

    if (seen->reply.message[0]) {
        print_message("# %s\n", seen->reply.message);
    }

    assert_int_equal(seen->reply.error, AC_OK);

    return seen;
}


#define call(seen, what, ...)                                                 \
    memset(&(seen), 0, sizeof(seen_t));                                       \
    expect(what(engine.docker, engine.ep, __VA_ARGS__, CALL_MS, seen_reply,   \
                &(seen)), &(seen))


static int
setup(void **state)
{
    char                err[256], command[1024];
    ac_endpoint_conf_t  conf;

    curl_global_init(CURL_GLOBAL_DEFAULT);

    memset(&conf, 0, sizeof(conf));
    conf.url = "unix:" ENGINE_SOCKET;

    engine.loop = poll_loop_create();
    engine.docker = ac_docker_create(poll_loop_ac(engine.loop));
    engine.ep = ac_docker_endpoint_create(&conf, err, sizeof(err));

    if (engine.docker == NULL || engine.ep == NULL) {
        return -1;
    }

    (void) snprintf(instance, sizeof(instance), "unit-%d", (int) getpid());
    (void) snprintf(name, sizeof(name), "sandbox-unit-%d", (int) getpid());
    (void) snprintf(run, sizeof(run), "run%d", (int) getpid());
    (void) snprintf(image, sizeof(image), "sandbox-unit:%d", (int) getpid());
    (void) snprintf(mount_dir, sizeof(mount_dir), "/tmp/sandbox-unit-%d",
                    (int) getpid());

    if (mkdir(mount_dir, 0700) == -1) {
        return -1;
    }

    (void) snprintf(command, sizeof(command),
                    "tar -C %s -c prog_wait | docker import "
                    "-c 'USER 1000:1000' -c 'WORKDIR /work' - %s >/dev/null",
                    getenv("UNIT_DIR") ? getenv("UNIT_DIR") : "build/unit",
                    image);

    return system(command) == 0 ? 0 : -1;
}


static int
teardown(void **state)
{
    int   rc;
    char  command[256];

    ac_docker_destroy(engine.docker);
    ac_docker_endpoint_destroy(engine.ep);
    poll_loop_destroy(engine.loop);
    curl_global_cleanup();

    (void) snprintf(command, sizeof(command),
                    "docker rm -f %s >/dev/null 2>&1; "
                    "docker rmi %s >/dev/null", name, image);

    rc = system(command);

    return rmdir(mount_dir) == 0 && rc == 0 ? 0 : -1;
}


static void
test_info(void **state)
{
    seen_t  seen;

    memset(&seen, 0, sizeof(seen));
    expect(ac_docker_info(engine.docker, engine.ep, CALL_MS, seen_reply,
                          &seen), &seen);
    assert_int_equal(seen.info.ncpu, sysconf(_SC_NPROCESSORS_ONLN));
    assert_true(seen.info.mem_total > 1048576);
    assert_true(engine.ep->version >= AC_DOCKER_MIN_API);
}


static void
test_image(void **state)
{
    seen_t  seen;

    call(seen, ac_docker_image, image);
    assert_int_equal(seen.reply.status, 200);
    assert_int_equal(strncmp(seen.image.id, "sha256:", 7), 0);
    assert_string_equal(seen.image.user, "1000:1000");
    assert_string_equal(seen.image.workdir, "/work");

    call(seen, ac_docker_image, "no.such/image:1");
    assert_int_equal(seen.reply.status, 404);
    assert_non_null(strcasestr(seen.reply.message, "no such image"));
}


/* of docker inspect, until the next one */

static const char *
inspected_by_cli(const char *format)
{
    char         command[512];
    FILE        *file;

    static char  line[512];

    (void) snprintf(command, sizeof(command),
                    "docker inspect -f '%s' %s", format, name);

    file = popen(command, "r");
    assert_non_null(file);

    line[0] = '\0';
    assert_non_null(fgets(line, sizeof(line), file));
    line[strcspn(line, "\n")] = '\0';
    assert_int_equal(pclose(file), 0);

    return line;
}


static void
inspect_with_cli(const char *format, const char *expected)
{
    assert_string_equal(inspected_by_cli(format), expected);
}


static void
test_life(void **state)
{
    int                  i, pid;
    char                 id[65];
    seen_t               seen, events;
    ac_call_t           *stream;
    ac_mount_t           mounts[1];
    ac_pair_t            labels[3];
    const char          *entrypoint[] = { "/prog_wait", NULL };
    const char          *caps[] = { "CHOWN", "KILL", NULL };
    ac_container_spec_t  spec;

    memset(&events, 0, sizeof(events));
    stream = ac_docker_events(engine.docker, engine.ep, instance, seen_event,
                              &events);
    assert_non_null(stream);

    memset(&spec, 0, sizeof(spec));

    mounts[0].source = mount_dir;
    mounts[0].target = "/run/sandbox";
    mounts[0].read_only = 1;

    labels[0].key = AC_LABEL_INSTANCE;
    labels[0].value = instance;
    labels[1].key = AC_LABEL_RUN;
    labels[1].value = run;
    labels[2].key = AC_LABEL_CLASS;
    labels[2].value = "default";

    spec.name = name;
    spec.image = image;
    spec.entrypoint = entrypoint;
    spec.network = "none";
    spec.hostname = "sandbox";
    spec.user = "0";
    spec.labels = labels;
    spec.nlabels = 3;
    spec.mounts = mounts;
    spec.nmounts = 1;
    spec.cap_add = caps;
    spec.memory = 64 * 1048576;
    spec.nano_cpus = 500000000;
    spec.pids = 32;

    call(seen, ac_docker_create_container, &spec);
    assert_int_equal(seen.reply.status, 201);
    assert_int_equal(strlen(seen.containers[0].id), 64);
    (void) strcpy(id, seen.containers[0].id);

    /* the name is taken */

    call(seen, ac_docker_create_container, &spec);
    assert_int_equal(seen.reply.status, 409);

    inspect_with_cli("{{.HostConfig.Memory}} {{.HostConfig.MemorySwap}} "
                     "{{.HostConfig.NanoCpus}} {{.HostConfig.PidsLimit}}",
                     "67108864 67108864 500000000 32");
    inspect_with_cli("{{.HostConfig.CapDrop}} {{.HostConfig.CapAdd}} "
                     "{{.HostConfig.SecurityOpt}} {{.HostConfig.Init}} "
                     "{{.HostConfig.RestartPolicy.Name}}",
                     "[ALL] [CHOWN KILL] [no-new-privileges] false no");
    inspect_with_cli("{{.HostConfig.LogConfig.Type}} "
                     "{{.HostConfig.LogConfig.Config}} "
                     "{{.HostConfig.NetworkMode}}",
                     "json-file map[max-file:1 max-size:1m] none");
    inspect_with_cli("{{.Config.StopSignal}}", "SIGTERM");
    inspect_with_cli("{{.Config.User}} {{.Config.Hostname}} "
                     "{{.Config.Healthcheck.Test}} {{.Config.Entrypoint}}"
                     "{{.Config.Cmd}} {{.Config.WorkingDir}}",
                     "0 sandbox [NONE] [/prog_wait][] /work");
    inspect_with_cli("{{range .Mounts}}{{.Type}} {{.Source}} {{.Destination}}"
                     " {{.RW}}{{end}} {{.HostConfig.Binds}}",
                     strcat(strcat(strcpy((char [256]) { 0 }, "bind "),
                                   mount_dir),
                            " /run/sandbox false []"));

    call(seen, ac_docker_start, name);
    assert_int_equal(seen.reply.status, 204);

    call(seen, ac_docker_start, name);
    assert_int_equal(seen.reply.status, 304);

    call(seen, ac_docker_list, instance);
    assert_int_equal(seen.reply.ncontainers, 1);
    assert_string_equal(seen.containers[0].id, id);
    assert_string_equal(seen.containers[0].name, name);
    assert_string_equal(seen.containers[0].image, image);
    assert_int_equal(seen.containers[0].state, AC_CONTAINER_RUNNING);
    assert_string_equal(seen.containers[0].label_run, run);

    call(seen, ac_docker_list, "another");
    assert_int_equal(seen.reply.ncontainers, 0);

    call(seen, ac_docker_inspect, name);
    assert_string_equal(seen.containers[0].id, id);
    assert_string_equal(seen.containers[0].name, name);
    assert_int_equal(seen.containers[0].state, AC_CONTAINER_RUNNING);
    assert_string_equal(seen.containers[0].label_run, run);

    pid = atoi(inspected_by_cli("{{.State.Pid}}"));
    assert_true(pid > 1);
    assert_int_equal(kill(pid, 0), 0);

    /* TERM is heard, once the program has come to where it listens for it */

    wait_for_term(pid);

    memset(&seen, 0, sizeof(seen));
    expect(ac_docker_stop(engine.docker, engine.ep, name, 20, CALL_MS,
                          seen_reply, &seen), &seen);
    assert_int_equal(seen.reply.status, 204);

    call(seen, ac_docker_inspect, name);
    assert_int_equal(seen.containers[0].state, AC_CONTAINER_EXITED);
    assert_int_equal(seen.containers[0].exit_code, 7);
    inspect_with_cli("{{.State.Pid}}", "0");

    call(seen, ac_docker_kill, name);
    assert_int_equal(seen.reply.status, 409);
    assert_non_null(strstr(seen.reply.message, "is not running"));

    call(seen, ac_docker_start, name);
    assert_int_equal(seen.reply.status, 204);

    call(seen, ac_docker_kill, name);
    assert_int_equal(seen.reply.status, 204);

    call(seen, ac_docker_remove, name);
    assert_int_equal(seen.reply.status, 204);

    call(seen, ac_docker_remove, name);
    assert_int_equal(seen.reply.status, 404);

    call(seen, ac_docker_start, name);
    assert_int_equal(seen.reply.status, 404);
    assert_non_null(strcasestr(seen.reply.message, "no such container"));

    /* create, start, (kill, die, stop), start, (kill, die), destroy */

    for (i = 0; i < 200; i++) {

        if (events.nevents
            && strcmp(events.events[events.nevents - 1].action, "destroy")
               == 0)
        {
            break;
        }

        (void) poll_loop_run(engine.loop, NULL, 100);
    }

    assert_in_range(events.nevents, 6, AC_TEST_EVENTS - 1);
    assert_string_equal(events.events[0].action, "create");
    assert_string_equal(events.events[events.nevents - 1].action, "destroy");

    for (i = 0; i < events.nevents; i++) {
        assert_string_equal(events.events[i].id, id);
        assert_string_equal(events.events[i].label_run, run);

        if (strcmp(events.events[i].action, "die") == 0) {
            assert_int_equal(events.events[i].exit_code, 7);
            break;
        }
    }

    assert_int_equal(events.done, 0);

    ac_docker_cancel(stream);
}


/* the socket's path is no name: the calls go to the engine by name only */

static void
test_hostile_names(void **state)
{
    seen_t  seen;

    call(seen, ac_docker_inspect, "a/b/json");
    assert_int_equal(seen.reply.status, 404);

    call(seen, ac_docker_start, "x?y=1#z");
    assert_int_equal(seen.reply.status, 404);

    memset(&seen, 0, sizeof(seen));
    assert_non_null(ac_docker_remove(engine.docker, engine.ep, "", CALL_MS,
                                     seen_reply, &seen));
    assert_int_equal(seen.done, 0);
    assert_int_equal(poll_loop_run(engine.loop, &seen.done, CALL_MS), 1);
    assert_int_equal(seen.reply.error, AC_MALFORMED);
}


static void
test_image_that_is_not(void **state)
{
    seen_t               seen;
    ac_container_spec_t  spec;

    memset(&spec, 0, sizeof(spec));

    spec.name = name;
    spec.image = "no.such/image:1";
    spec.network = "none";

    call(seen, ac_docker_create_container, &spec);
    assert_int_equal(seen.reply.status, 404);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_info),
        cmocka_unit_test(test_image),
        cmocka_unit_test(test_life),
        cmocka_unit_test(test_hostile_names),
        cmocka_unit_test(test_image_that_is_not),
    };

    if (system("docker version >/dev/null 2>&1") != 0) {
        printf("1..0 # SKIP no engine answers on " ENGINE_SOCKET "\n");
        return 0;
    }

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("ac_engine", tests, setup, teardown);
}
