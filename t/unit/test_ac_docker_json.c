
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "docker/ac_docker_endpoint.h"
#include "docker/ac_docker_json.h"
#include "docker/ac_docker_spec.h"
#include "ac_test.h"


/* the bodies of the engine's API; the URLs of engines */


#define read_of(what, text, ...)                                              \
    ac_docker_json_##what(text, strlen(text), __VA_ARGS__)


static void
test_spec(void **state)
{
    char                 *text;
    ac_mount_t            mounts[2];
    ac_pair_t             labels[1];
    const char           *entrypoint[] = { "/a", "b \"c\"", NULL };
    const char           *caps[] = { "CHOWN", NULL };
    const char           *hosts[] = { "h:127.0.1.1", NULL };
    ac_container_spec_t   spec;

    memset(&spec, 0, sizeof(spec));
    spec.name = "n";
    spec.image = "i";

    text = ac_docker_spec_json(&spec);
    assert_string_equal(text,
        "{\"HostConfig\":{\"NetworkMode\":\"none\","
        "\"CgroupnsMode\":\"private\",\"CapDrop\":[\"ALL\"],"
        "\"CapAdd\":[],\"SecurityOpt\":[\"no-new-privileges\"],"
        "\"Init\":false,\"RestartPolicy\":{\"Name\":\"no\"},"
        "\"LogConfig\":{\"Type\":\"json-file\",\"Config\":{\"max-size\":\"1m\","
        "\"max-file\":\"1\"}},\"Mounts\":[]},"
        "\"Image\":\"i\",\"Cmd\":[],\"Tty\":false,\"OpenStdin\":false,"
        "\"StdinOnce\":false,\"AttachStdin\":false,\"AttachStdout\":false,"
        "\"AttachStderr\":false,\"StopSignal\":\"SIGTERM\",\"Labels\":{},"
        "\"Healthcheck\":{\"Test\":[\"NONE\"]}}");
    free(text);

    mounts[0].source = "/s";
    mounts[0].target = "/t";
    mounts[0].read_only = 1;
    mounts[1].source = "/x";
    mounts[1].target = "/y";
    mounts[1].read_only = 0;
    labels[0].key = "k";
    labels[0].value = "v";

    spec.entrypoint = entrypoint;
    spec.network = "net";
    spec.hostname = "h";
    spec.hosts = hosts;
    spec.user = "0";
    spec.labels = labels;
    spec.nlabels = 1;
    spec.mounts = mounts;
    spec.nmounts = 2;
    spec.cap_add = caps;
    spec.memory = INT64_C(9007199254740993);
    spec.nano_cpus = 62500000;
    spec.pids = 256;
    spec.shm = 67108864;
    spec.disk = "10G";

    text = ac_docker_spec_json(&spec);
    assert_string_equal(text,
        "{\"HostConfig\":{\"NetworkMode\":\"net\","
        "\"ExtraHosts\":[\"h:127.0.1.1\"],"
        "\"Memory\":9007199254740993,\"MemorySwap\":9007199254740993,"
        "\"NanoCpus\":62500000,\"CpuShares\":64,\"PidsLimit\":256,"
        "\"ShmSize\":67108864,"
        "\"CgroupnsMode\":\"private\",\"CapDrop\":[\"ALL\"],"
        "\"CapAdd\":[\"CHOWN\"],\"SecurityOpt\":[\"no-new-privileges\"],"
        "\"Init\":false,\"RestartPolicy\":{\"Name\":\"no\"},"
        "\"LogConfig\":{\"Type\":\"json-file\",\"Config\":{\"max-size\":\"1m\","
        "\"max-file\":\"1\"}},"
        "\"StorageOpt\":{\"size\":\"10G\"},"
        "\"Mounts\":[{\"Type\":\"bind\",\"Source\":\"/s\",\"Target\":\"/t\","
        "\"ReadOnly\":true},{\"Type\":\"bind\",\"Source\":\"/x\","
        "\"Target\":\"/y\",\"ReadOnly\":false}]},"
        "\"Image\":\"i\",\"Cmd\":[],\"Entrypoint\":[\"/a\",\"b \\\"c\\\"\"],"
        "\"User\":\"0\",\"Hostname\":\"h\",\"Tty\":false,"
        "\"OpenStdin\":false,\"StdinOnce\":false,\"AttachStdin\":false,"
        "\"AttachStdout\":false,\"AttachStderr\":false,"
        "\"StopSignal\":\"SIGTERM\","
        "\"Labels\":{\"k\":\"v\"},\"Healthcheck\":{\"Test\":[\"NONE\"]}}");
    free(text);

    text = ac_docker_spec_filters(AC_LABEL_INSTANCE, "a\"b", 1);
    assert_string_equal(text, "{\"label\":[\"nginx-sandbox.instance=a\\\"b\"]"
                              ",\"type\":[\"container\"]}");
    free(text);
}


static void
test_message(void **state)
{
    char  buf[16];

    read_of(message, "{\"message\":\"no\\u0001\\n such\"}", buf, sizeof(buf));
    assert_string_equal(buf, "no  such");

    read_of(message, "{\"message\":\"012345678901234567\"}", buf,
            sizeof(buf));
    assert_string_equal(buf, "012345678901234");

    read_of(message, "{\"message\":1}", buf, sizeof(buf));
    assert_string_equal(buf, "");

    read_of(message, "<html>", buf, sizeof(buf));
    assert_string_equal(buf, "");

    ac_docker_json_message(NULL, 0, buf, sizeof(buf));
    assert_string_equal(buf, "");
}


static void
test_containers(void **state)
{
    char             text[256];
    size_t           i, n;
    ac_container_t   c, *list;

    static const char  *bad[] = {
        "", "{", "[]", "1", "{}", "{\"Id\":1}", "{\"Id\":\"\"}",
        "{\"Id\":\"XYZ\"}", "{\"Id\":\"ab\"} {}", "{\"Id\":null}",
        "{\"Id\":\"ab\",\"State\":\"running\"}",
        "{\"Id\":\"ab\",\"State\":{\"Status\":1}}",
        "{\"Id\":\"ab\",\"State\":{\"Status\":\"x\",\"ExitCode\":\"1\"}}",
        "{\"Id\":\"ab\",\"State\":{\"Status\":\"x\",\"ExitCode\":-2147483649}}",
        "{\"Id\":\"ab\",\"State\":{\"Status\":\"x\",\"ExitCode\":1e300}}",
        "{\"Id\":\"ab\",\"State\":{\"Status\":\"x\",\"ExitCode\":1.5}}",
        "{\"Id\":\"ab\",\"State\":{\"Status\":\"x\",\"OOMKilled\":0}}",
        "{\"Id\":\"ab\",\"State\":{\"Status\":\"x\"},\"Config\":[]}",
        ("{\"Id\":\"ab\",\"State\":{\"Status\":\"x\"},"
         "\"Config\":{\"Labels\":[]}}"),
        "{\"Id\":\"ab\",\"State\":{\"Status\":\"x\"},\"Name\":{}}",
    };

    static const struct {
        const char            *text;
        ac_container_state_e   state;
    } states[] = {
        { "created", AC_CONTAINER_CREATED },
        { "running", AC_CONTAINER_RUNNING },
        { "paused", AC_CONTAINER_PAUSED },
        { "restarting", AC_CONTAINER_RESTARTING },
        { "stopping", AC_CONTAINER_STOPPING },
        { "stopped", AC_CONTAINER_STOPPED },
        { "exited", AC_CONTAINER_EXITED },
        { "dead", AC_CONTAINER_DEAD },
        { "", AC_CONTAINER_OTHER },
        { "Running", AC_CONTAINER_OTHER },
        { "exited0", AC_CONTAINER_OTHER },
        { "exit", AC_CONTAINER_OTHER },
        { "runningxxxxxxxxxxxxxxxxx", AC_CONTAINER_OTHER },
    };

    static const char  *bad_lists[] = {
        "", "{}", "null", "[1]", "[{}]", "[{\"Id\":\"ab\"}]",
        "[{\"Id\":\"ab\",\"State\":\"x\",\"Names\":{}}]",
        "[{\"Id\":\"ab\",\"State\":\"x\",\"Names\":[1]}]",
        "[{\"Id\":\"ab\",\"State\":\"x\",\"Labels\":\"\"}]",
        "[{\"Id\":\"ab\",\"State\":\"x\",\"Image\":[]}]",
        "[{\"Id\":\"ab\",\"State\":\"x\"},2]",
    };

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {

        if (read_of(inspected, bad[i], &c) != AC_MALFORMED) {
            fail_msg("accepted: %s", bad[i]);
        }
    }

    for (i = 0; i < sizeof(bad_lists) / sizeof(bad_lists[0]); i++) {

        if (read_of(listed, bad_lists[i], &list, &n) != AC_MALFORMED) {
            fail_msg("accepted: %s", bad_lists[i]);
        }

        assert_null(list);
        assert_int_equal(n, 0);
    }

    assert_int_equal(read_of(listed, "[]", &list, &n), AC_OK);
    assert_int_equal(n, 0);

    assert_int_equal(read_of(inspected, "{\"Id\":\"ab\",\"Name\":\"/x\","
                             "\"State\":{\"Status\":\"paused\","
                             "\"Paused\":true},\"Config\":null}", &c), AC_OK);
    assert_string_equal(c.name, "x");
    assert_string_equal(c.state_text, "paused");
    assert_int_equal(c.state, AC_CONTAINER_PAUSED);

    /* the mount of the sockets, among others */

    assert_int_equal(read_of(inspected, "{\"Id\":\"ab\",\"State\":{\"Status\""
                             ":\"x\"},\"Mounts\":[{\"Type\":\"bind\","
                             "\"Source\":\"/a\",\"Destination\":\"/b\"},"
                             "{\"Source\":\"/s/.run/r\",\"Destination\":\""
                             AC_MOUNT_TARGET "\"},7,{\"Source\":1}]}", &c),
                     AC_OK);
    assert_string_equal(c.mount, "/s/.run/r");
    assert_int_equal(read_of(inspected, "{\"Id\":\"ab\",\"State\":{\"Status\""
                             ":\"x\"},\"Mounts\":null}", &c), AC_OK);
    assert_string_equal(c.mount, "");
    assert_int_equal(read_of(inspected, "{\"Id\":\"ab\",\"State\":{\"Status\""
                             ":\"x\"},\"Mounts\":{}}", &c), AC_MALFORMED);

    for (i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
        (void) snprintf(text, sizeof(text), "{\"Id\":\"ab\",\"State\":"
                        "{\"Status\":\"%s\"}}", states[i].text);

        assert_int_equal(read_of(inspected, text, &c), AC_OK);
        assert_int_equal(c.state, states[i].state);

        (void) snprintf(text, sizeof(text),
                        "[{\"Id\":\"ab\",\"State\":\"%s\"}]",
                        states[i].text);

        assert_int_equal(read_of(listed, text, &list, &n), AC_OK);
        assert_int_equal(n, 1);
        assert_int_equal(list[0].state, states[i].state);
        free(list);
    }

    /* of a name no more than there is room for, with its slash or without */

    for (i = 0; i < 4; i++) {
        (void) snprintf(text, sizeof(text), "{\"Id\":\"ab\",\"Name\":\"%s%0*d"
                        "\",\"State\":{\"Status\":\"x\"}}",
                        i & 1 ? "/" : "", (int) (sizeof(c.name) - 1 + i / 2),
                        0);

        assert_int_equal(read_of(inspected, text, &c), AC_OK);
        assert_int_equal(strlen(c.name), sizeof(c.name) - 1);
        assert_string_equal(c.state_text, "x");
        assert_int_equal(c.state, AC_CONTAINER_OTHER);
    }

    /* a label that is too long is none of ours */

    assert_int_equal(read_of(inspected, "{\"Id\":\"ab\",\"State\":{\"Status\""
                             ":\"x\"},\"Config\":{\"Labels\":{\""
                             AC_LABEL_RUN "\":\"0123456789012345678901234567"
                             "890123456789012345678901234567890123456789\"}}}",
                             &c), AC_OK);
    assert_string_equal(c.label_run, "");

    assert_int_equal(read_of(created, "{\"Id\":\"ab\"}", &c), AC_OK);
    assert_int_equal(read_of(created, "{\"id\":\"ab\"}", &c), AC_MALFORMED);
}


static void
test_labels(void **state)
{
    ac_event_t      event;
    ac_container_t  c;

    assert_int_equal(read_of(inspected, "{\"Id\":\"ab\",\"State\":{\"Status\""
                             ":\"x\"},\"Config\":{\"Labels\":{\""
                             AC_LABEL_RUN "\":\"r\",\"" AC_LABEL_CLASS
                             "\":\"c\",\"" AC_LABEL_OWNER "\":\"\"}}}", &c),
                     AC_OK);
    assert_string_equal(c.label_run, "r");
    assert_string_equal(c.label_class, "c");
    assert_string_equal(c.label_owner, "");

#define die_of(attributes, more)                                              \
    "{\"Type\":\"container\",\"Action\":\"die\"" more                         \
    ",\"Actor\":{\"ID\":\"ab\",\"Attributes\":" attributes "}}"

    assert_int_equal(read_of(event,
                             die_of("{\"" AC_LABEL_RUN "\":\"r\",\""
                                    AC_LABEL_OWNER "\":\"o\"}",
                                    ",\"timeNano\":1795401600123456789"),
                             &event), AC_OK);
    assert_string_equal(event.action, "die");
    assert_string_equal(event.label_run, "r");
    assert_string_equal(event.label_class, "");
    assert_string_equal(event.label_owner, "o");
    assert_true(event.time_ms == INT64_C(1795401600123));

    assert_int_equal(read_of(event, die_of("null", ""), &event), AC_OK);
    assert_true(event.time_ms == 0);

    assert_int_equal(read_of(event, die_of("{}", ",\"timeNano\":\"1\""),
                             &event), AC_MALFORMED);
    assert_int_equal(read_of(event, die_of("{}", ",\"timeNano\":-1"), &event),
                     AC_MALFORMED);
    assert_int_equal(read_of(event, die_of("{}", ",\"timeNano\":1e300"),
                             &event), AC_MALFORMED);
    assert_int_equal(read_of(event, die_of("{\"" AC_LABEL_OWNER "\":1}", ""),
                             &event), AC_MALFORMED);
}


static void
test_times(void **state)
{
    size_t          i;
    char            text[256];
    ac_container_t  c;

    static const struct {
        const char  *text;
        int64_t      ms;
    } times[] = {
        { "1970-01-01T00:00:00Z", 0 },
        { "1970-01-01T00:00:01Z", 1000 },
        { "2026-11-23T02:40:00Z", 1795401600000 },
        { "2026-11-23T02:40:00.5Z", 1795401600500 },
        { "2026-11-23T02:40:00.123456789Z", 1795401600123 },
        { "2026-11-23T02:40:00.Z", 1795401600000 },
        { "2026-11-23T03:40:00.25+01:00", 1795401600250 },
        { "2026-11-22T21:10:00-05:30", 1795401600000 },
        { "2026-11-23T02:10:00-00:30", 1795401600000 },
        { "2024-02-29T23:59:60Z", 1709251200000 },
        { "9999-12-31T23:59:59Z", 253402300799000 },
        { "0001-01-01T00:00:00Z", 0 },
        { "0001-01-01T00:00:00-05:00", 0 },
        { "", 0 },
    };

    static const char  *garbage[] = {
        "x", "2026", "2026-11-23", "2026-11-23T02:40:00",
        "2026-11-23T02:40:00.5", "2026-11-23 02:40:00Z",
        "2026-11-23T02:40:00+1", "2026-11-23T02:40:00+01:00x",
        "2026-11-23T02:40:00Zx", "2026-11-23T02:40:00UTC",
        "2026-13-23T02:40:00Z", "2026-00-23T02:40:00Z",
        "2026-11-32T02:40:00Z", "2026-11-23T24:40:00Z",
        "2026-11-23T02:60:00Z", "2026-11-23T02:40:61Z",
        "2026-11-23T02:40:00+99:00", "2026-11-23T02:40:00+01:-1",
        "2026-11-23T02:40:-1Z",
    };

    for (i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        (void) snprintf(text, sizeof(text), "{\"Id\":\"ab\",\"State\":{"
                        "\"Status\":\"x\",\"FinishedAt\":\"%s\"}}",
                        times[i].text);
        assert_int_equal(read_of(inspected, text, &c), AC_OK);

        if (c.finished_ms != times[i].ms) {
            fail_msg("%s: %lld", times[i].text, (long long) c.finished_ms);
        }
    }

    for (i = 0; i < sizeof(garbage) / sizeof(garbage[0]); i++) {
        (void) snprintf(text, sizeof(text), "{\"Id\":\"ab\",\"State\":{"
                        "\"Status\":\"x\",\"FinishedAt\":\"%s\"}}",
                        garbage[i]);

        if (read_of(inspected, text, &c) != AC_MALFORMED) {
            fail_msg("accepted: %s", garbage[i]);
        }
    }

    assert_int_equal(read_of(inspected, "{\"Id\":\"ab\",\"State\":{"
                             "\"Status\":\"x\",\"FinishedAt\":1}}", &c),
                     AC_MALFORMED);
}


static void
test_image_and_info(void **state)
{
    ac_image_t        image;
    ac_engine_info_t  info;

    assert_int_equal(read_of(image, "{\"Id\":\"sha256:1\"}", &image), AC_OK);
    assert_string_equal(image.user, "");

    assert_int_equal(read_of(image, "{\"Id\":\"\"}", &image), AC_MALFORMED);
    assert_int_equal(read_of(image, "{\"Id\":\"x\",\"Config\":{\"User\":1}}",
                             &image), AC_MALFORMED);
    assert_int_equal(read_of(image, "{\"Id\":\"x\",\"Config\":1}", &image),
                     AC_MALFORMED);

    assert_int_equal(read_of(info, "{\"NCPU\":2}", &info), AC_MALFORMED);
    assert_int_equal(read_of(info, "{\"NCPU\":\"2\",\"MemTotal\":1}", &info),
                     AC_MALFORMED);
    assert_int_equal(read_of(info, "{\"NCPU\":2,\"MemTotal\":-1}", &info),
                     AC_MALFORMED);

    /* what is not said is not enforced */

    assert_int_equal(read_of(info, "{\"NCPU\":2,\"MemTotal\":1,"
                             "\"PidsLimit\":null,\"SwapLimit\":1,"
                             "\"SecurityOptions\":[1,\"rootless\"]}", &info),
                     AC_OK);
    assert_int_equal(info.ncpu, 2);
    assert_int_equal(info.mem_total, 1);
    assert_int_equal(info.memory, 0);
    assert_int_equal(info.pids, 0);
    assert_int_equal(info.swap, 0);
    assert_int_equal(info.cpus, 0);
    assert_int_equal(info.cgroups, 0);
    assert_int_equal(info.rootless, 0);

    assert_int_equal(read_of(info, "{\"NCPU\":2,\"MemTotal\":1,"
                             "\"MemoryLimit\":true,\"PidsLimit\":true,"
                             "\"SwapLimit\":true,\"CpuCfsQuota\":true,"
                             "\"CgroupDriver\":\"systemd\",\"SecurityOptions\":"
                             "[\"name=seccomp\",\"name=rootless\"]}", &info),
                     AC_OK);
    assert_int_equal(info.memory, 1);
    assert_int_equal(info.pids, 1);
    assert_int_equal(info.swap, 1);
    assert_int_equal(info.cpus, 1);
    assert_int_equal(info.cgroups, 1);
    assert_int_equal(info.rootless, 1);

    assert_int_equal(read_of(info, "{\"NCPU\":2,\"MemTotal\":1,"
                             "\"CgroupDriver\":\"none\"}", &info), AC_OK);
    assert_int_equal(info.cgroups, 0);
}


static void
test_event(void **state)
{
    size_t      i;
    ac_event_t  e;

    static const char  *bad[] = {
        "", "[]", "{}", "{\"Type\":1}", "{\"Type\":\"container\"}",
        "{\"Type\":\"container\",\"Action\":\"die\"}",
        "{\"Type\":\"container\",\"Action\":\"die\",\"Actor\":[]}",
        "{\"Type\":\"container\",\"Action\":1,\"Actor\":{\"ID\":\"ab\"}}",
        "{\"Type\":\"container\",\"Actor\":{\"ID\":\"ab\"}}",
        "{\"Type\":\"container\",\"Action\":\"die\",\"Actor\":{\"ID\":\"ab\","
            "\"Attributes\":{\"exitCode\":137}}}",
        "{\"Type\":\"container\",\"Action\":\"die\",\"Actor\":{\"ID\":\"ab\","
            "\"Attributes\":{\"exitCode\":\"1x\"}}}",
        "{\"Type\":\"container\",\"Action\":\"die\",\"Actor\":{\"ID\":\"ab\","
            "\"Attributes\":{\"exitCode\":\"-1\"}}}",
    };

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {

        if (read_of(event, bad[i], &e) != AC_MALFORMED) {
            fail_msg("accepted: %s", bad[i]);
        }

        assert_string_equal(e.action, "");
    }

    assert_int_equal(read_of(event, "{\"Type\":\"network\",\"Action\":\"x\"}",
                             &e), AC_OK);
    assert_string_equal(e.action, "");

    assert_int_equal(read_of(event, "{\"Type\":\"container\",\"Action\":"
                             "\"oom\",\"Actor\":{\"ID\":\"ab\"}}", &e), AC_OK);
    assert_string_equal(e.action, "oom");
    assert_int_equal(e.exit_code, -1);
}


/* refused before anything is allocated for it */

static void
test_bombs(void **state)
{
    char            *text;
    size_t           n, size;
    ac_container_t  *list;

    size = 8 * 1048576;
    text = malloc(size);

    memset(text, '[', size);
    assert_int_equal(ac_docker_json_listed(text, size, &list, &n),
                     AC_MALFORMED);

    memset(text, ',', size);
    assert_int_equal(ac_docker_json_listed(text, size, &list, &n),
                     AC_TOO_BIG);

    memset(text, ']', size);
    assert_int_equal(ac_docker_json_listed(text, size, &list, &n),
                     AC_MALFORMED);

    memset(text, '"', size);
    assert_int_equal(ac_docker_json_listed(text, size, &list, &n),
                     AC_MALFORMED);

    memset(text, '\\', size);
    text[0] = '"';
    assert_int_equal(ac_docker_json_listed(text, size, &list, &n),
                     AC_MALFORMED);

    /* brackets within a string nest nothing */

    (void) strcpy(text, "{\"message\":\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
                        "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[\"}");
    ac_docker_json_message(text, strlen(text), text + 1000, 1000);
    assert_int_equal(strlen(text + 1000), 79);

    /* too many of them */

    for (n = 0, text[0] = '['; n <= AC_DOCKER_JSON_CONTAINERS; n++) {
        memcpy(text + 1 + n * 3, "{},", 3);
    }

    text[n * 3] = ']';
    assert_int_equal(ac_docker_json_listed(text, n * 3 + 1, &list, &n),
                     AC_TOO_BIG);

    free(text);
}


static void
test_endpoints(void **state)
{
    char                err[256], path[400];
    size_t              i;
    ac_endpoint_t      *ep;
    ac_endpoint_conf_t  conf;

    static const struct {
        const char  *url;
        const char  *base;
    } good[] = {
        { "unix:/var/run/docker.sock", "http://localhost" },
        { "unix:///var/run/docker.sock", "http://localhost" },
        { "http://127.0.0.1:2375", "http://127.0.0.1:2375" },
        { "http://docker-proxy:2375/", "http://docker-proxy:2375" },
        { "http://a.b_c.example", "http://a.b_c.example:80" },
        { "https://engine.example", "https://engine.example:443" },
        { "HTTPS://[::1]:2376", "https://[::1]:2376" },
    };

    static const char  *bad[] = {
        "", "docker", "tcp://a:1", "unix:", "unix:a", "unix:/", "http://",
        "http://:80", "http://a:0", "http://a:65536", "http://a:99999999999",
        "http://a:", "http://a:1x", "http://a/x", "http://a//", "http://a?x",
        "http://u@a", "http://a b", "http://[::1", "http://[::g]",
        "http://[]", "http://[::1]x", "http://1.2.3", "http://1.2.3.4.5",
        "http://017700000001", "http://a\r\nX: y", "http://a,b",
        ("unix:/0123456789012345678901234567890123456789012345678901234567890"
         "1234567890123456789012345678901234567890123456789"),
    };

    memset(&conf, 0, sizeof(conf));

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        conf.url = good[i].url;
        ep = ac_docker_endpoint_create(&conf, err, sizeof(err));

        if (ep == NULL) {
            fail_msg("%s: %s", good[i].url, err);
        }

        assert_string_equal(ep->base, good[i].base);
        assert_int_equal(ep->unix_path != NULL, i < 2);

        if (i < 2) {
            assert_string_equal(ep->unix_path, "/var/run/docker.sock");
        }

        ac_docker_endpoint_destroy(ep);
    }

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        conf.url = bad[i];
        err[0] = '\0';

        if (ac_docker_endpoint_create(&conf, err, sizeof(err)) != NULL) {
            fail_msg("accepted: %s", bad[i]);
        }

        assert_true(err[0]);
    }

    memset(path, 'a', sizeof(path));
    memcpy(path, "http://", 7);
    path[sizeof(path) - 1] = '\0';
    conf.url = path;
    assert_null(ac_docker_endpoint_create(&conf, err, sizeof(err)));

    conf.url = "https://a";
    conf.ca = "/nonexistent";
    assert_null(ac_docker_endpoint_create(&conf, err, sizeof(err)));
    assert_non_null(strstr(err, "/nonexistent"));

    conf.ca = "/dev/zero";
    assert_null(ac_docker_endpoint_create(&conf, err, sizeof(err)));

    conf.ca = NULL;
    conf.cert = "/etc/passwd";
    assert_null(ac_docker_endpoint_create(&conf, err, sizeof(err)));

    conf.key = "/etc/passwd";
    ep = ac_docker_endpoint_create(&conf, err, sizeof(err));
    assert_non_null(ep);
    assert_non_null(ep->key.data);
    ac_docker_endpoint_destroy(ep);

    conf.url = "http://a";
    assert_null(ac_docker_endpoint_create(&conf, err, sizeof(err)));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_spec),
        cmocka_unit_test(test_message),
        cmocka_unit_test(test_containers),
        cmocka_unit_test(test_labels),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_image_and_info),
        cmocka_unit_test(test_event),
        cmocka_unit_test(test_bombs),
        cmocka_unit_test(test_endpoints),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("ac_docker_json", tests, NULL, NULL);
}
