
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AC_TEST_H_INCLUDED_
#define _AC_TEST_H_INCLUDED_


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <cmocka.h>

#include "docker/ac_docker.h"
#include "docker/ac_docker_endpoint.h"
#include "poll_loop.h"


/* what the tests of agent_client share */


/* far above anything that a working test takes */
#define AC_TEST_MS      20000

#define AC_TEST_EVENTS  64


/* what a handler has been told */
typedef struct {
    int              done;               /* how many times */
    int              order;              /* 1: the first of all */
    ac_reply_t       reply;
    ac_container_t   containers[16];
    ac_image_t       image;
    int              has_image;
    ac_engine_info_t info;

    int              nevents;
    ac_event_t       events[AC_TEST_EVENTS];
} seen_t;


/* of a group: libcurl's */
int ac_test_setup(void **state);
int ac_test_teardown(void **state);


void seen_reply(void *data, const ac_reply_t *reply);
void seen_event(void *data, const ac_event_t *event, const ac_reply_t *reply);


/* open descriptors and threads of this process */
unsigned ac_test_fds(void);
unsigned ac_test_threads(void);

/* the directory of the sources' t/ */
const char *ac_test_dir(void);

/*
 * Starts t/lib/<script> with an argument; the script prints a line when it
 * serves, which is stored into line.
 */
pid_t ac_test_spawn(const char *script, const char *arg, char *line,
    size_t size);
void ac_test_end(pid_t pid);


/* a misbehaving engine (t/lib/mock_engine.pl), and a client of it */
typedef struct {
    poll_loop_t     *loop;
    ac_docker_t     *docker;
    ac_endpoint_t   *ep;
    pid_t            pid;
    unsigned         port;
    unsigned         fds;                /* before it was started */
    char             dir[64];
} mock_t;


/* 1 and "." and ".." */
#define ac_test_threads_at_start  3


void mock_start(mock_t *mock, const char *pings, int tcp);
/* fails when a descriptor, a thread, a watch or a timer is left */
void mock_stop(mock_t *mock);
/* how many lines of its log have this text */
int mock_logged(mock_t *mock, const char *file, const char *text);
/* 0: a start, 1: a create, 2: a list; the engine answers as mode says */
ac_call_t *mock_call(mock_t *mock, int what, const char *mode, seen_t *seen);
/* until the call is answered, once */
void mock_wait(mock_t *mock, ac_call_t *call, seen_t *seen);


#endif /* _AC_TEST_H_INCLUDED_ */
