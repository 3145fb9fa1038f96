
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <sys/syscall.h>
#include <unistd.h>

#include "sys/dirent.h"


ssize_t
agent_dirent_read(int fd, char *buf, size_t size)
{
    return syscall(SYS_getdents64, fd, buf, size);
}


int
agent_dirent_dots(const char *name)
{
    return name[0] == '.'
           && (name[1] == '\0' || (name[1] == '.' && name[2] == '\0'));
}
