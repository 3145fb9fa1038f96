
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _STORE_H_INCLUDED_
#define _STORE_H_INCLUDED_


/*
 * A store in a directory of a test's own, for one that includes cmocka.h and
 * defines _GNU_SOURCE before everything.
 */


#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/sandbox_file.h"
#include "lib/sandbox_name.h"
#include "lib/sandbox_spec.h"
#include "lib/sandbox_store.h"
#include "lib/sandbox_store_create.h"
#include "lib/sandbox_store_lock.h"
#include "lib/sandbox_store_sweep.h"
#include "lib/sandbox_store_trash.h"
#include "temp.h"


#define assert_fails(call, code)                                              \
    do {                                                                      \
        errno = 0;                                                            \
        assert_int_equal((long) (call), -1);                                  \
        assert_int_equal(errno, code);                                        \
    } while (0)


#define test_in_store(test)                                                   \
    cmocka_unit_test_setup_teardown(test, test_setup, test_teardown)


typedef struct {
    unsigned  n;
    char      names[64][SANDBOX_ID_MAX + 1];
} test_names_t;


static char              test_path[sizeof(TEMP_TEMPLATE)];
static sandbox_store_t  *test_store;
static sandbox_spec_t    test_spec;


static inline int
test_setup(void **state)
{
    temp_make(test_path);

    test_store = sandbox_store_open(test_path);
    assert_non_null(test_store);

    return 0;
}


static inline int
test_teardown(void **state)
{
    sandbox_store_close(test_store);
    temp_remove(test_path);

    return 0;
}


static inline int
test_create(const char *id)
{
    memset(&test_spec, 0, sizeof(test_spec));
    (void) strcpy(test_spec.class, "default");
    test_spec.sleep_after_ms = -1;
    test_spec.keep_alive = -1;

    return sandbox_store_create(test_store, id, &test_spec);
}


static inline void
test_create_as(const char *id)
{
    assert_int_equal(test_create(id), 0);
}


static inline void
test_write(const char *name, const char *text)
{
    int  fd;

    fd = openat(sandbox_store_fd(test_store), name,
                O_WRONLY|O_CREAT|O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}


static inline int
test_exists(const char *name)
{
    return faccessat(sandbox_store_fd(test_store), name, F_OK, 0) == 0;
}


static inline unsigned
test_count(const char *name)
{
    DIR            *dir;
    unsigned        n;
    struct dirent  *entry;

    dir = sandbox_file_list(sandbox_store_fd(test_store), name);
    assert_non_null(dir);

    for (n = 0; sandbox_file_next(dir, &entry) == 1; n++) { /* void */ }

    closedir(dir);

    return n;
}


static inline int
test_collect(void *data, const char *name)
{
    test_names_t  *names;

    names = data;

    assert_true(names->n < 64);
    (void) snprintf(names->names[names->n++], SANDBOX_ID_MAX + 1, "%s", name);

    return 0;
}


static inline int
test_create_app(void)
{
    return test_create("app");
}


static inline void
test_destroy_app(void)
{
    int   fd;
    char  run[SANDBOX_RANDOM_LEN + 1];

    fd = sandbox_store_lock(test_store, "app");
    assert_true(fd >= 0);
    assert_int_equal(sandbox_store_run(test_store, "app", run), 0);
    assert_int_equal(sandbox_store_trash(test_store, "app", run), 0);
    assert_int_equal(sandbox_store_trash_delete(test_store, run), 0);
    close(fd);
}


static inline int
test_finish(void *data, const char *run)
{
    if (sandbox_store_trash_delete(test_store, run) == -1) {
        _exit(8);
    }

    return 0;
}


static inline int
test_sweep(void)
{
    char  unreadable[SANDBOX_ID_MAX + 1];

    return sandbox_store_sweep(test_store, test_finish, NULL, unreadable);
}


static inline int
test_check_id(void *data, const char *id)
{
    int             fd;
    char            path[100];
    unsigned       *ids;
    sandbox_spec_t  spec;

    ids = data;
    (*ids)++;

    assert_int_equal(sandbox_store_read(test_store, id, &spec), 0);
    sandbox_spec_free(&spec);

    (void) snprintf(path, sizeof(path), ".run/%s", spec.run);
    assert_int_equal(faccessat(sandbox_store_fd(test_store), path, F_OK, 0),
                     0);

    fd = sandbox_store_lock(test_store, id);
    assert_true(fd >= 0);
    close(fd);

    return 0;
}


/* after a sweep there are sandboxes, whole ones, with a run each */

static inline void
test_mended(void)
{
    unsigned  ids;

    assert_int_equal(test_sweep(), 0);

    ids = 0;

    assert_int_equal(sandbox_store_each(test_store, test_check_id, &ids), 0);
    assert_int_equal(test_count(".run"), ids);
    assert_int_equal(test_count("."), 3 + ids);
}


#endif /* _STORE_H_INCLUDED_ */
