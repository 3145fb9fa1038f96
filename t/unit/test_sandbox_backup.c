
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/sandbox_backup.h"
#include "lib/sandbox_store.h"
#include "lib/sandbox_store_backup.h"
#include "lib/sandbox_store_backup_sweep.h"
#include "store.h"


/* backups: their names, and the directories that they are in */


#define TEST_MAX  1000


static sandbox_backup_t  test_backup;


static void
test_describe(const char *id, int64_t expires_ms)
{
    memset(&test_backup, 0, sizeof(test_backup));
    (void) snprintf(test_backup.id, sizeof(test_backup.id), "%s", id);
    (void) strcpy(test_backup.dir, "/workspace");
    (void) strcpy(test_backup.sandbox, "app");
    test_backup.created_ms = 1;
    test_backup.expires_ms = expires_ms;
}


/* a backup of that many bytes; 0, or -1 with errno */

static int
test_make(const char *owner, const char *id, size_t len, int64_t expires_ms)
{
    int                      rc, err;
    char                    *buf;
    sandbox_store_backup_t   w;

    if (sandbox_store_backup_create(test_store, owner, id, TEST_MAX, &w)
        == -1)
    {
        return -1;
    }

    buf = calloc(1, len + 1);
    assert_non_null(buf);

    rc = sandbox_store_backup_write(&w, buf, len);

    if (rc == -1) {
        err = errno;
        sandbox_store_backup_abort(&w);
        errno = err;

    } else {
        test_describe(id, expires_ms);
        rc = sandbox_store_backup_commit(&w, &test_backup);
    }

    err = errno;
    free(buf);
    errno = err;

    return rc;
}


static int
test_ids(void *data, const sandbox_backup_t *b)
{
    unsigned  *n = data;

    (*n)++;

    return 0;
}


static unsigned
test_number(const char *owner)
{
    unsigned  n;

    n = 0;

    assert_int_equal(sandbox_store_backup_each(test_store, owner, test_ids,
                                               &n), 0);
    return n;
}


#define test_id(s)  sandbox_backup_id_valid(s, strlen(s))
#define test_dir(s) sandbox_backup_target_valid(s, strlen(s))


static void
test_grammar(void **state)
{
    char            text[200], uuid[SANDBOX_BACKUP_UUID_LEN + 1];
    unsigned        i;
    sandbox_text_t  id;

    static const char  *paths[] = {
        "", "x", "/var/backups", "/var/backups/", "/var/backups/.sqsh",
        "/var/backups/a/b.sqsh", "/var/backups/../x.sqsh",
        "/var/backups/a..b.sqsh", "/var/backups//a.sqsh",
        "/var/backup/a.sqsh", "/var/backups/.new-a.sqsh", NULL
    };

    assert_true(test_id("a"));
    assert_true(test_id("My_id-1.x"));
    assert_false(test_id(""));
    assert_false(test_id("."));
    assert_false(test_id(".new-x"));
    assert_false(test_id("a..b"));
    assert_false(test_id("a/b"));
    assert_false(test_id("a b"));

    memset(text, 'x', sizeof(text));
    assert_true(sandbox_backup_id_valid(text, 128));
    assert_false(sandbox_backup_id_valid(text, 129));

    assert_true(test_dir("/workspace"));
    assert_true(test_dir("/workspace/"));
    assert_true(test_dir("/var/tmp/a/..b/c"));
    assert_true(test_dir("/home/me"));
    assert_false(test_dir(""));
    assert_false(test_dir("/"));
    assert_false(test_dir("workspace"));
    assert_false(test_dir("/workspaces"));
    assert_false(test_dir("/var"));
    assert_false(test_dir("/etc"));
    assert_false(test_dir("/tmp/.."));
    assert_false(test_dir("/tmp/../etc"));

    for (i = 0; paths[i]; i++) {
        assert_int_equal(sandbox_backup_path_parse(paths[i], strlen(paths[i]),
                                                   &id), 0);
    }

    (void) strcpy(text, "/var/backups/1b2c.sqsh");
    assert_true(sandbox_backup_path_parse(text, strlen(text), &id));
    assert_int_equal(id.len, 4);
    assert_memory_equal(id.data, "1b2c", 4);

    assert_int_equal(sandbox_backup_uuid(uuid), 0);
    assert_int_equal(strlen(uuid), 36);
    assert_int_equal(uuid[14], '4');
    assert_true(test_id(uuid));
}


static void
test_record(void **state)
{
    char              *text;
    unsigned           i;
    sandbox_backup_t   b;

    static const char  *bad[] = {
        "", "{}", "[]", "{\"v\":1,\"id\":\"a\"}",
        "{\"v\":1,\"id\":\"../a\",\"dir\":\"/tmp\",\"size\":1,"
            "\"created_ms\":1,\"expires_ms\":1}",
        "{\"v\":1,\"id\":\"a\",\"dir\":\"/etc\",\"size\":1,"
            "\"created_ms\":1,\"expires_ms\":1}",
        "{\"v\":1,\"id\":\"a\",\"dir\":\"/tmp\",\"size\":-1,"
            "\"created_ms\":1,\"expires_ms\":1}",
        "{\"v\":1,\"id\":\"a\",\"dir\":\"/tmp\",\"size\":1,"
            "\"created_ms\":1}",
        "{\"v\":2,\"id\":\"a\",\"dir\":\"/tmp\",\"size\":1,"
            "\"created_ms\":1,\"expires_ms\":1}",
        NULL
    };

    test_describe("a", 12345);
    (void) strcpy(test_backup.name, "a \"name\"");
    test_backup.size = 7;

    text = sandbox_backup_format(&test_backup);
    assert_non_null(text);
    assert_int_equal(sandbox_backup_parse(text, strlen(text), &b), 0);
    assert_memory_equal(&b, &test_backup, sizeof(b));
    free(text);

    for (i = 0; bad[i]; i++) {
        assert_fails(sandbox_backup_parse(bad[i], strlen(bad[i]), &b), EBADMSG);
    }
}


static void
test_writing(void **state)
{
    int                      fd;
    char                     buf[16];
    struct stat              st;
    sandbox_backup_t         b;
    sandbox_store_backup_t   w;

    assert_int_equal(test_number("me"), 0);
    assert_fails(sandbox_store_backup_open(test_store, "me", "a", &b, &fd),
                 ENOENT);
    assert_fails(sandbox_store_backup_delete(test_store, "me", "a"), ENOENT);

    assert_int_equal(sandbox_store_backup_create(test_store, "me", "a",
                                                 TEST_MAX, &w), 0);
    assert_int_equal(sandbox_store_backup_write(&w, "first ", 6), 0);

    /* not before it is whole */

    assert_int_equal(test_number("me"), 0);
    assert_int_equal(test_count(".backup/by-me"), 1);

    assert_int_equal(sandbox_store_backup_write(&w, "second", 6), 0);
    test_describe("a", 100);
    assert_int_equal(sandbox_store_backup_commit(&w, &test_backup), 0);
    assert_int_equal(test_backup.size, 12);

    assert_int_equal(test_number("me"), 1);
    assert_int_equal(sandbox_store_backup_open(test_store, "me", "a", &b, &fd),
                     0);
    assert_memory_equal(&b, &test_backup, sizeof(b));
    assert_int_equal(read(fd, buf, sizeof(buf)), 12);
    assert_memory_equal(buf, "first second", 12);

    assert_int_equal(fstatat(sandbox_store_fd(test_store), ".backup", &st, 0),
                     0);
    assert_int_equal(st.st_mode & 07777, 0700);

    /* of that owner only */

    assert_fails(sandbox_store_backup_open(test_store, "", "a", &b, NULL),
                 ENOENT);
    assert_int_equal(test_number(""), 0);
    assert_int_equal(test_make("", "a", 1, 100), 0);
    assert_int_equal(test_make("..", "a", 1, 100), 0);
    assert_int_equal(test_count(".backup"), 3);

    /* an id is given once, also if both began before either was complete */

    assert_fails(test_make("me", "a", 1, 100), EEXIST);
    assert_int_equal(sandbox_store_backup_create(test_store, "me", "b",
                                                 TEST_MAX, &w), 0);
    assert_int_equal(test_make("me", "b", 1, 100), 0);
    test_describe("b", 100);
    assert_fails(sandbox_store_backup_commit(&w, &test_backup), EEXIST);
    assert_int_equal(test_count(".backup/by-me"), 2);

    /* what is being read is there until it is closed */

    assert_int_equal(sandbox_store_backup_delete(test_store, "me", "a"), 0);
    assert_int_equal(test_number("me"), 1);
    assert_int_equal(pread(fd, buf, 5, 0), 5);
    close(fd);
}


static void
test_limits(void **state)
{
    char                     id[20], path[100];
    unsigned                 i;
    sandbox_store_backup_t   w[SANDBOX_STORE_BACKUP_WRITING], more;

    /* bytes: of one, and of all together */

    assert_fails(test_make("me", "a", TEST_MAX + 1, 100), EDQUOT);
    assert_int_equal(test_count(".backup/by-me"), 0);
    assert_int_equal(test_make("me", "a", TEST_MAX - 10, 100), 0);
    assert_fails(test_make("me", "b", 11, 100), EDQUOT);
    assert_int_equal(test_make("other", "b", 11, 100), 0);
    assert_int_equal(test_make("me", "b", 10, 100), 0);
    assert_fails(test_make("me", "c", 1, 100), EDQUOT);
    assert_int_equal(test_number("me"), 2);
    assert_int_equal(sandbox_store_backup_delete(test_store, "me", "a"), 0);
    assert_int_equal(sandbox_store_backup_delete(test_store, "me", "b"), 0);

    /* two that are too large together: the second one to be complete loses */

    assert_int_equal(sandbox_store_backup_create(test_store, "me", "a",
                                                 TEST_MAX, &w[0]), 0);
    assert_int_equal(test_make("me", "b", 600, 100), 0);
    memset(path, 0, sizeof(path));

    for (i = 0; i < 6; i++) {
        assert_int_equal(sandbox_store_backup_write(&w[0], path, 100), 0);
    }

    test_describe("a", 100);
    assert_fails(sandbox_store_backup_commit(&w[0], &test_backup), EDQUOT);
    assert_int_equal(test_count(".backup/by-me"), 1);

    /* being written at a time */

    for (i = 0; i < SANDBOX_STORE_BACKUP_WRITING; i++) {
        (void) snprintf(id, sizeof(id), "w%u", i);
        assert_int_equal(sandbox_store_backup_create(test_store, "me", id,
                                                     TEST_MAX, &w[i]), 0);
    }

    assert_fails(sandbox_store_backup_create(test_store, "me", "more", TEST_MAX,
                                             &more), EBUSY);

    while (i--) {
        sandbox_store_backup_abort(&w[i]);
    }

    assert_int_equal(test_count(".backup/by-me"), 1);

    /* their number */

    for (i = 0; i < SANDBOX_STORE_BACKUP_MAX - 1; i++) {
        (void) snprintf(path, sizeof(path), ".backup/by-me/n%u", i);
        assert_int_equal(mkdirat(sandbox_store_fd(test_store), path, 0700), 0);
    }

    assert_fails(test_make("me", "more", 1, 100), EMLINK);

    /* these are none */

    assert_int_equal(test_number("me"), 1);
}


static void
test_sweeping(void **state)
{
    sandbox_store_backup_t  w;

    assert_int_equal(sandbox_store_backup_sweep(test_store, 1), 0);

    assert_int_equal(test_make("me", "soon", 10, 100), 0);
    assert_int_equal(test_make("me", "later", 10, 200), 0);
    assert_int_equal(test_make("other", "soon", 10, 100), 0);

    assert_int_equal(sandbox_store_backup_sweep(test_store, 99), 0);
    assert_int_equal(test_number("me"), 2);
    assert_int_equal(sandbox_store_backup_sweep(test_store, 100), 0);
    assert_int_equal(test_number("me"), 1);
    assert_int_equal(test_number("other"), 0);

    /* what interrupted processes have left, and what is being written */

    assert_int_equal(mkdirat(sandbox_store_fd(test_store),
                             ".backup/by-me/.new-abcdefghijklmnopqrstuvwxyz",
                             0700), 0);
    test_write(".backup/by-me/.new-abcdefghijklmnopqrstuvwxyz/data", "x");
    assert_int_equal(mkdirat(sandbox_store_fd(test_store),
                             ".backup/by-me/.trash-abcdefghijklmnopqrstuvwxyz",
                             0700), 0);
    test_write(".backup/by-me/.trash-abcdefghijklmnopqrstuvwxyz/meta.json", "");
    test_write(".backup/mine", "kept");

    assert_int_equal(sandbox_store_backup_create(test_store, "me", "new",
                                                 TEST_MAX, &w), 0);
    assert_int_equal(sandbox_store_backup_sweep(test_store, 100), 0);
    assert_int_equal(test_count(".backup/by-me"), 2);
    test_describe("new", 300);
    assert_int_equal(sandbox_store_backup_commit(&w, &test_backup), 0);
    assert_int_equal(test_number("me"), 2);
    assert_int_equal(test_exists(".backup/mine"), 1);
}


static void
test_damage(void **state)
{
    int               fd;
    sandbox_backup_t  b;

    assert_int_equal(test_make("me", "cut", 10, 100), 0);
    assert_int_equal(test_make("me", "moved", 10, 100), 0);
    assert_int_equal(test_make("me", "text", 10, 100), 0);
    assert_int_equal(test_make("me", "good", 10, 100), 0);

    test_write(".backup/by-me/cut/data", "short");
    test_write(".backup/by-me/text/meta.json", "{");
    assert_int_equal(renameat(sandbox_store_fd(test_store),
                              ".backup/by-me/moved",
                              sandbox_store_fd(test_store),
                              ".backup/by-me/renamed"), 0);
    assert_int_equal(symlinkat("good", sandbox_store_fd(test_store),
                               ".backup/by-me/link"), 0);

    assert_fails(sandbox_store_backup_open(test_store, "me", "cut", &b, &fd),
                 EBADMSG);
    assert_fails(sandbox_store_backup_open(test_store, "me", "text", &b, &fd),
                 EBADMSG);
    assert_fails(sandbox_store_backup_open(test_store, "me", "renamed", &b,
                                           &fd), EBADMSG);
    assert_fails(sandbox_store_backup_open(test_store, "me", "link", &b, &fd),
                 ENOTDIR);

    /* of a cut one, the record is whole */

    assert_int_equal(test_number("me"), 2);

    /* one that cannot be read is kept, and the others are swept */

    assert_fails(sandbox_store_backup_sweep(test_store, 100), EBADMSG);
    assert_int_equal(test_exists(".backup/by-me/good"), 0);
    assert_int_equal(test_exists(".backup/by-me/text"), 1);

    /* but it can be deleted */

    assert_int_equal(sandbox_store_backup_delete(test_store, "me", "text"), 0);
    assert_int_equal(sandbox_store_backup_delete(test_store, "me", "renamed"),
                     0);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_grammar),
        cmocka_unit_test(test_record),
        test_in_store(test_writing),
        test_in_store(test_limits),
        test_in_store(test_sweeping),
        test_in_store(test_damage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
