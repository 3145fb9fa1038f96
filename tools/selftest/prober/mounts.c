
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "prober/mounts.h"
#include "prober/verdict.h"


#define SELFTEST_MOUNTS_DIR    "/run/sandbox"
#define SELFTEST_MOUNTS_AGENT  "/run/sandbox-agent"


typedef struct {
    char  line[4096];
    char  *root;                       /* of the mount, in its file system */
    char  *point;
    char  *type;
} selftest_mount_t;


static int selftest_mounts_parse(selftest_mount_t *m);
static int selftest_mounts_expected(const selftest_mount_t *m);
static int selftest_mounts_volume(const char *root);
static void selftest_mounts_flag(const char *path);


/*
 * The kernel's own file systems show nothing of the host's files.  What is
 * mounted below /dev, /proc and /sys is the engine's choice, and the rows about
 * devices and settings try it.
 */

void
selftest_mounts_host(const selftest_facts_t *facts)
{
    FILE              *f;
    selftest_mount_t   m;

    (void) facts;

    f = fopen("/proc/self/mountinfo", "r");

    if (f == NULL) {
        selftest_verdict_fail("/proc/self/mountinfo cannot be read");
        return;
    }

    while (fgets(m.line, sizeof(m.line), f)) {

        if (selftest_mounts_parse(&m) == 0 && !selftest_mounts_expected(&m)) {
            selftest_verdict_fail("%.200s of a %.32s is mounted on %.200s",
                                  m.root, m.type, m.point);
        }
    }

    (void) fclose(f);
}


void
selftest_mounts_points(void (*each)(const char *point))
{
    FILE              *f;
    selftest_mount_t   m;

    f = fopen("/proc/self/mountinfo", "r");

    if (f == NULL) {
        return;
    }

    while (fgets(m.line, sizeof(m.line), f)) {

        if (selftest_mounts_parse(&m) == 0) {
            each(m.point);
        }
    }

    (void) fclose(f);
}


/* ID PARENT MAJOR:MINOR ROOT POINT OPTIONS... - TYPE SOURCE OPTIONS */

static int
selftest_mounts_parse(selftest_mount_t *m)
{
    int    i;
    char  *p, *word, *save;

    p = strstr(m->line, " - ");

    if (p == NULL) {
        return -1;
    }

    m->type = p + 3;
    m->type[strcspn(m->type, " \n")] = '\0';
    *p = '\0';

    m->root = NULL;
    m->point = NULL;

    for (i = 0, word = strtok_r(m->line, " ", &save);
         word;
         i++, word = strtok_r(NULL, " ", &save))
    {
        if (i == 3) {
            m->root = word;

        } else if (i == 4) {
            m->point = word;
        }
    }

    return m->point ? 0 : -1;
}


static int
selftest_mounts_expected(const selftest_mount_t *m)
{
    size_t  i;

    static const char  *points[] = {
        "/", SELFTEST_MOUNTS_DIR, SELFTEST_MOUNTS_AGENT, "/etc/hosts",
        "/etc/hostname", "/etc/resolv.conf",

        /* Podman's own mark of a container */
        "/run/.containerenv"
    };

    static const char  *kernel[] = { "/dev", "/proc", "/sys" };

    for (i = 0; i < sizeof(points) / sizeof(points[0]); i++) {

        if (strcmp(m->point, points[i]) == 0) {
            return 1;
        }
    }

    for (i = 0; i < sizeof(kernel) / sizeof(kernel[0]); i++) {

        if (strncmp(m->point, kernel[i], strlen(kernel[i])) == 0
            && (m->point[strlen(kernel[i])] == '/'
                || m->point[strlen(kernel[i])] == '\0'))
        {
            return 1;
        }
    }

    return selftest_mounts_volume(m->root);
}


/* an anonymous volume of the image, which belongs to this container alone */

static int
selftest_mounts_volume(const char *root)
{
    int          n;
    const char  *p;

    p = strstr(root, "/volumes/");

    if (p == NULL) {
        return 0;
    }

    p += sizeof("/volumes/") - 1;

    for (n = 0; isxdigit((unsigned char) p[n]); n++) { /* void */ }

    return n == 64 && strcmp(p + n, "/_data") == 0;
}


/* what would succeed is undone */

void
selftest_mounts_read_only(const selftest_facts_t *facts)
{
    int  fd;

    (void) facts;

    selftest_mounts_flag(SELFTEST_MOUNTS_DIR);
    selftest_mounts_flag(SELFTEST_MOUNTS_AGENT);

    fd = open(SELFTEST_MOUNTS_DIR "/selftest", O_CREAT|O_WRONLY|O_CLOEXEC,
              0600);

    if (!selftest_verdict_refused("a file in " SELFTEST_MOUNTS_DIR, fd)) {
        (void) close(fd);
        (void) unlink(SELFTEST_MOUNTS_DIR "/selftest");
    }

    if (!selftest_verdict_refused("a link in " SELFTEST_MOUNTS_DIR,
                                  symlink("/", SELFTEST_MOUNTS_DIR "/link")))
    {
        (void) unlink(SELFTEST_MOUNTS_DIR "/link");
    }

    if (!selftest_verdict_refused("a new name of a socket",
                                  rename(SELFTEST_MOUNTS_DIR "/agent.sock",
                                         SELFTEST_MOUNTS_DIR "/moved.sock")))
    {
        (void) rename(SELFTEST_MOUNTS_DIR "/moved.sock",
                      SELFTEST_MOUNTS_DIR "/agent.sock");
    }

    (void) selftest_verdict_refused("chmod() of " SELFTEST_MOUNTS_DIR,
                                    chmod(SELFTEST_MOUNTS_DIR, 0711));
    (void) selftest_verdict_refused("chmod() of " SELFTEST_MOUNTS_AGENT,
                                    chmod(SELFTEST_MOUNTS_AGENT, 0755));
    (void) selftest_verdict_refused("writing to " SELFTEST_MOUNTS_AGENT,
                                    access(SELFTEST_MOUNTS_AGENT, W_OK));
    (void) selftest_verdict_refused("remounting " SELFTEST_MOUNTS_DIR,
                                    mount(NULL, SELFTEST_MOUNTS_DIR, NULL,
                                          MS_REMOUNT|MS_BIND, NULL));
    (void) selftest_verdict_refused("a mount",
                                    mount("none", "/run", "tmpfs", 0, NULL));
    (void) selftest_verdict_refused("removing a mount",
                                    umount2(SELFTEST_MOUNTS_DIR, MNT_DETACH));
}


static void
selftest_mounts_flag(const char *path)
{
    struct statvfs  st;

    if (statvfs(path, &st) == -1) {
        selftest_verdict_fail("%s is missing", path);

    } else if ((st.f_flag & ST_RDONLY) == 0) {
        selftest_verdict_fail("%s is mounted writable", path);
    }
}
