
/*
 * Copyright (C) the ngx_sandbox authors
 */


#define _GNU_SOURCE

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>

#include <cmocka.h>

#include "store.h"
#include "lib/sandbox_store_lifetime.h"
#include "lib/sandbox_store_owner.h"
#include "lib/sandbox_store_pool.h"


#define TEST_MADE  "0123456789,sha256:abc"


static sandbox_spec_t  test_warm;


/* a sandbox in the pool, test_warm */

static void
test_pool_make(void)
{
    memset(&test_warm, 0, sizeof(test_warm));
    (void) strcpy(test_warm.owner, "*");
    (void) strcpy(test_warm.class, "default");
    test_warm.sleep_after_ms = -1;
    test_warm.max_age_ms = -1;
    test_warm.keep_alive = 1;

    assert_int_equal(sandbox_store_create_warm(test_store, TEST_MADE,
                                               &test_warm),
                     0);
}


static void
test_claimer(sandbox_spec_t *spec)
{
    memset(spec, 0, sizeof(sandbox_spec_t));
    (void) strcpy(spec->owner, "alice");
    (void) strcpy(spec->class, "default");
    spec->sleep_after_ms = 5000;
    spec->max_age_ms = -1;
    spec->keep_alive = -1;
    spec->env = "{\"A\":\"b\"}";
}


static int
test_runs(void *data, const char *run)
{
    test_names_t *names = data;

    (void) strcpy(names->names[names->n++], run);

    return 0;
}


static int
test_is_run(void *data, const char *run)
{
    assert_string_equal(run, data);

    return 0;
}


static void
test_making(void **state)
{
    int             ended;
    char            id[SANDBOX_ID_MAX + 1], made[SANDBOX_STORE_POOL_TEXT + 1];
    test_names_t    names;
    sandbox_spec_t  read;

    test_pool_make();

    sandbox_store_pool_name(test_warm.run, id);
    assert_string_equal(test_warm.id, id);
    assert_true(sandbox_store_pool_is(id));
    assert_false(sandbox_store_pool_is("pool-a"));

    assert_int_equal(sandbox_store_pool_made(test_store, test_warm.run, made),
                     0);
    assert_string_equal(made, TEST_MADE);

    /* its name serves as an id, but it is no sandbox of anybody */

    assert_int_equal(sandbox_store_read(test_store, id, &read), 0);
    assert_string_equal(read.run, test_warm.run);
    assert_int_equal(read.generation, 1);
    sandbox_spec_free(&read);

    assert_true(sandbox_store_lifetime_changed(test_store, id, &ended) > 0);

    memset(&names, 0, sizeof(names));
    assert_int_equal(sandbox_store_each(test_store, test_collect, &names), 0);
    assert_int_equal(names.n, 0);

    test_create_as("a");
    assert_int_equal(sandbox_store_pool_each(test_store, test_runs, &names), 0);
    assert_int_equal(names.n, 1);
    assert_string_equal(names.names[0], test_warm.run);

    assert_fails(sandbox_store_pool_made(test_store,
                                         "aaaaaaaaaaaaaaaaaaaaaaaaaa", made),
                 ENOENT);

    assert_int_equal(unlinkat(sandbox_store_fd(test_store),
                              strcat(id, "/made"), 0),
                     0);
    assert_fails(sandbox_store_pool_made(test_store, test_warm.run, made),
                 EBADMSG);
}


static void
test_claiming(void **state)
{
    char                        id[SANDBOX_ID_MAX + 1];
    char                        made[SANDBOX_STORE_POOL_TEXT + 1];
    sandbox_spec_t              spec, read;
    sandbox_store_owner_list_t  list;

    test_pool_make();
    test_claimer(&spec);

    sandbox_store_pool_name(test_warm.run, id);

    assert_int_equal(sandbox_store_pool_claim(test_store, test_warm.run, "app",
                                              &spec),
                     0);
    assert_string_equal(spec.run, test_warm.run);

    assert_int_equal(sandbox_store_read(test_store, "app", &read), 0);
    assert_string_equal(read.owner, "alice");
    assert_string_equal(read.run, test_warm.run);
    assert_string_equal(read.env, spec.env);
    assert_string_equal(read.id, "app");
    assert_int_equal(read.generation, 2);
    assert_int_equal(read.sleep_after_ms, 5000);
    assert_int_equal(read.keep_alive, -1);
    assert_true(read.created_ms >= test_warm.created_ms);
    sandbox_spec_free(&read);

    assert_false(test_exists(id));
    assert_false(test_exists("app/made"));
    assert_fails(sandbox_store_pool_made(test_store, test_warm.run, made),
                 ENOENT);

    /* it is nobody else's any longer */

    assert_fails(sandbox_store_pool_claim(test_store, test_warm.run, "b",
                                          &spec),
                 ENOENT);
    assert_string_equal(spec.run, "");
    assert_fails(sandbox_store_pool_discard(test_store, test_warm.run), ENOENT);

    /* and its container is no orphan */

    memset(&list, 0, sizeof(list));
    assert_int_equal(sandbox_store_owner_add(&list, test_warm.run), 0);
    assert_int_equal(sandbox_store_owner_strike(test_store, &list), 0);
    assert_int_equal(list.n, 0);
    sandbox_store_owner_free(&list);
}


static void
test_refusing(void **state)
{
    char            id[SANDBOX_ID_MAX + 1], trash[64];
    sandbox_spec_t  spec;

    test_pool_make();
    test_create_as("app");
    test_claimer(&spec);

    sandbox_store_pool_name(test_warm.run, id);

    /* a name that is taken costs nothing */

    assert_fails(sandbox_store_pool_claim(test_store, test_warm.run, "app",
                                          &spec),
                 EEXIST);
    assert_string_equal(spec.run, "");
    assert_true(test_exists(id));

    /* after any other failure it is used up */

    spec.env = "[1]";
    assert_fails(sandbox_store_pool_claim(test_store, test_warm.run, "new",
                                          &spec),
                 EINVAL);
    assert_string_equal(spec.run, test_warm.run);
    assert_false(test_exists(id));
    assert_false(test_exists("new"));

    (void) snprintf(trash, sizeof(trash), ".trash-%s", test_warm.run);
    assert_true(test_exists(trash));
}


static void
test_abandoned(void **state)
{
    char  id[SANDBOX_ID_MAX + 1], claim[64], trash[64];
    char  unreadable[SANDBOX_ID_MAX + 1];
    int   dir, fd;

    test_pool_make();

    fd = sandbox_store_fd(test_store);

    sandbox_store_pool_name(test_warm.run, id);
    (void) snprintf(claim, sizeof(claim), ".claim-%s", test_warm.run);
    (void) snprintf(trash, sizeof(trash), ".trash-%s", test_warm.run);

    assert_int_equal(renameat(fd, id, fd, claim), 0);

    /* its process is alive */

    dir = openat(fd, claim, O_RDONLY|O_DIRECTORY);
    assert_int_equal(flock(dir, LOCK_EX|LOCK_NB), 0);
    assert_int_equal(sandbox_store_pool_abandoned(test_store, claim), 0);
    assert_int_equal(sandbox_store_sweep(test_store, test_is_run,
                                         test_warm.run, unreadable),
                     0);
    assert_true(test_exists(claim));
    close(dir);

    /* it has died */

    assert_int_equal(sandbox_store_sweep(test_store, test_is_run,
                                         test_warm.run, unreadable),
                     0);
    assert_false(test_exists(claim));
    assert_true(test_exists(trash));
    assert_int_equal(sandbox_store_pool_abandoned(test_store, claim), 0);
}


static void
test_discarding(void **state)
{
    char  id[SANDBOX_ID_MAX + 1];

    test_pool_make();

    sandbox_store_pool_name(test_warm.run, id);

    assert_int_equal(sandbox_store_pool_discard(test_store, test_warm.run), 0);
    assert_false(test_exists(id));
    assert_int_equal(sandbox_store_trash_delete(test_store, test_warm.run), 0);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        test_in_store(test_making),
        test_in_store(test_claiming),
        test_in_store(test_refusing),
        test_in_store(test_abandoned),
        test_in_store(test_discarding),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
