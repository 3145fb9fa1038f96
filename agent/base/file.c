
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"


char *
agent_file_read(const char *path, size_t max, size_t *len)
{
    int           fd;
    char         *text;
    size_t        n;
    ssize_t       rc;
    struct stat   st;

    fd = open(path, O_RDONLY|O_CLOEXEC|O_NONBLOCK|O_NOCTTY);

    if (fd == -1) {
        return NULL;
    }

    text = NULL;

    if (fstat(fd, &st) == -1) {
        goto done;
    }

    if (!S_ISREG(st.st_mode) || (uint64_t) st.st_size > max) {
        errno = EFBIG;
        goto done;
    }

    text = malloc(st.st_size + 1);

    if (text == NULL) {
        goto done;
    }

    for (n = 0; n < (size_t) st.st_size; n += rc) {
        rc = read(fd, text + n, st.st_size - n);

        if (rc <= 0) {
            break;
        }
    }

    text[n] = '\0';
    *len = n;

done:

    close(fd);

    return text;
}
