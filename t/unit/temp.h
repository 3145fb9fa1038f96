
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _TEMP_H_INCLUDED_
#define _TEMP_H_INCLUDED_


/*
 * A directory of a test's own, for one that includes cmocka.h and defines
 * _XOPEN_SOURCE or more before everything.
 */


#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>


#define TEMP_TEMPLATE  "/tmp/sandbox-test-XXXXXX"


static inline void
temp_make(char path[sizeof(TEMP_TEMPLATE)])
{
    (void) snprintf(path, sizeof(TEMP_TEMPLATE), TEMP_TEMPLATE);
    assert_non_null(mkdtemp(path));
}


static inline int
temp_unlink(const char *path, const struct stat *st, int type,
    struct FTW *ftw)
{
    (void) st;
    (void) type;
    (void) ftw;

    return remove(path);
}


static inline void
temp_remove(const char *path)
{
    assert_int_equal(nftw(path, temp_unlink, 16, FTW_DEPTH|FTW_PHYS), 0);
}


#endif /* _TEMP_H_INCLUDED_ */
