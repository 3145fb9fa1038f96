
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
 * Files and directories below an open directory, for the store: nothing
 * follows a symlink in the last place of a name, opens what could block, or
 * lives past exec.  Functions return 0 or -1 with errno unless they say
 * otherwise.
 */


/* a directory's descriptor; ENOTDIR also for a symlink */
int sandbox_file_dir(int at, const char *name);

/* a descriptor of a regular file, for reading; EBADMSG when it is none */
int sandbox_file_open(int at, const char *name, struct stat *st);

/*
 * The whole of a regular file of at most max bytes and a zero byte, to
 * free(); NULL with errno, EBADMSG when it is no regular file or too long.
 */
char *sandbox_file_read(int at, const char *name, size_t max, size_t *len,
    struct stat *st);

/* makes a new file, mode 0600, fsynced */
int sandbox_file_make(int at, const char *name, const char *text, size_t len);

/*
 * Writes .tmp-<random> and renames it to name, both fsynced; removes what
 * interrupted calls left.  st is the file's after the rename.
 */
int sandbox_file_replace(int at, const char *name, const char *text,
    size_t len, struct stat *st);

int sandbox_file_write(int fd, const char *text, size_t len);

/* 1 when name is what fd has open, else 0 */
int sandbox_file_same(int at, const char *name, int fd);

/* a walk through a directory of its own descriptor, to closedir() */
DIR *sandbox_file_list(int at, const char *name);

/* 1 with the next entry but "." and "..", 0 at the end, -1 */
int sandbox_file_next(DIR *dir, struct dirent **entry);

/* unlinks everything in a directory that is no directory itself */
int sandbox_file_empty(int at, const char *name);

/* removes a flat directory; ENOTEMPTY: directories in it stay, and so it */
int sandbox_file_rmdir(int at, const char *name);

/* closes fd; 1 when somebody else holds its lock, else 0, or -1 */
int sandbox_file_locked(int fd);

/* closes fd, keeps errno; -1 */
int sandbox_file_close_error(int fd);

int64_t sandbox_file_ns(const struct timespec *ts);


#endif /* _SANDBOX_FILE_H_INCLUDED_ */
