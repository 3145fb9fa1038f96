
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SANDBOX_FILE_H_INCLUDED_
#define _SANDBOX_FILE_H_INCLUDED_


#include <dirent.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>


/*
 * Files and directories below an open directory, for the store.  Nothing
 * follows a symlink in the last component, opens a file that could block, or
 * survives exec().  Functions return 0, or -1 with errno, unless stated
 * otherwise.
 */


/* opens a directory; ENOTDIR also for a symlink */
int sandbox_file_dir(int at, const char *name);

/* opens a regular file for reading; EBADMSG if it is not regular */
int sandbox_file_open(int at, const char *name, struct stat *st);

/*
 * Reads a regular file of at most max bytes into a NUL-terminated buffer, to
 * be freed with free().  NULL with errno: EBADMSG if it is not regular or too
 * long.
 */
char *sandbox_file_read(int at, const char *name, size_t max, size_t *len,
    struct stat *st);

/* creates a new file with mode 0600 and calls fsync() */
int sandbox_file_make(int at, const char *name, const char *text, size_t len);

/*
 * Writes .tmp-<random> and renames it to name, with fsync() of both; removes
 * leftovers of interrupted calls.  st is that of the file after the rename.
 */
int sandbox_file_replace(int at, const char *name, const char *text,
    size_t len, struct stat *st);

int sandbox_file_write(int fd, const char *text, size_t len);

/* 1 if name refers to the file that fd has open, else 0 */
int sandbox_file_same(int at, const char *name, int fd);

/* opens a directory for iteration with its own descriptor, for closedir() */
DIR *sandbox_file_list(int at, const char *name);

/* 1 with the next entry except "." and "..", 0 at the end, or -1 */
int sandbox_file_next(DIR *dir, struct dirent **entry);

/* unlinks all entries of a directory that are not directories */
int sandbox_file_empty(int at, const char *name);

/* removes a flat directory; ENOTEMPTY: it has subdirectories and is kept */
int sandbox_file_rmdir(int at, const char *name);

/* closes fd; 1 if another process holds its lock, else 0, or -1 */
int sandbox_file_locked(int fd);

/* closes fd, keeps errno; -1 */
int sandbox_file_close_error(int fd);

int64_t sandbox_file_ns(const struct timespec *ts);


#endif /* _SANDBOX_FILE_H_INCLUDED_ */
