
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent_box.h"


/* the container's part: namespaces, a root, and the agent in them as PID 1 */


static void box_root(box_t *box);
static void box_limits(box_t *box);
static void box_put(const char *path, const char *text);
static void box_caps(void);


/* the one that waits, in front of the namespaces' first process */

void
box_child(box_t *box, int ready)
{
    int             fd, status, null;
    char            dir[512], *argv[3];
    struct rlimit   limit;
    pid_t           pid;
    struct ifreq    ifr;

    prctl(PR_SET_PDEATHSIG, SIGKILL);

    if (unshare(CLONE_NEWPID|CLONE_NEWNS|CLONE_NEWNET|CLONE_NEWIPC) == -1) {
        box_die("unshare");
    }

    pid = fork();

    if (pid == -1) {
        box_die("fork");
    }

    if (pid) {

        if (write(ready, &pid, sizeof(pid_t)) != sizeof(pid_t)) {
            box_die("write");
        }

        close(ready);

        while (waitpid(pid, &status, 0) == -1 && errno == EINTR) { }

        if (WIFSIGNALED(status)) {
            _exit(128 + WTERMSIG(status));
        }

        _exit(WEXITSTATUS(status));
    }

    prctl(PR_SET_PDEATHSIG, SIGKILL);

    fd = socket(AF_INET, SOCK_DGRAM|SOCK_CLOEXEC, 0);
    memset(&ifr, 0, sizeof(struct ifreq));
    strcpy(ifr.ifr_name, "lo");
    ifr.ifr_flags = IFF_UP|IFF_RUNNING;
    ioctl(fd, SIOCSIFFLAGS, &ifr);
    close(fd);

    box_root(box);

    if (box->fake) {
        /* in the agent's own namespace: to be refused */
        box_listen(box->dir, "boot", SOCK_SEQPACKET);
    }

    if (box->instances || box->watches) {
        box_limits(box);
    }

    if (chroot(box->made) == -1 || chdir("/") == -1) {
        box_die("chroot");
    }

    if (box->workdir && chdir(box->workdir) == -1) {
        box_die(box->workdir);
    }

    box_caps();

    null = open("/dev/null", O_RDONLY);

    if (null != -1) {
        dup2(null, 0);
        close(null);
    }

    dup2(2, 1);

    strcpy(dir, "/run/sandbox");
    argv[0] = "/run/sandbox-agent";
    argv[1] = dir;
    argv[2] = NULL;

    if (box->nofile) {
        limit.rlim_cur = box->nofile;
        limit.rlim_max = box->nofile;

        if (setrlimit(RLIMIT_NOFILE, &limit) == -1) {
            box_die("setrlimit");
        }
    }

    if (box->sigpending) {
        limit.rlim_cur = box->sigpending;
        limit.rlim_max = box->sigpending;

        if (setrlimit(RLIMIT_SIGPENDING, &limit) == -1) {
            box_die("setrlimit");
        }
    }

    execve(argv[0], argv, box->env);
    box_die(argv[0]);
}


static void
box_root(box_t *box)
{
    int          i, fd;
    char         from[600], to[600];
    struct stat  st;

    static const char  *dirs[] = {
        "usr", "bin", "sbin", "lib", "lib64", "dev", NULL
    };

    if (mount(NULL, "/", NULL, MS_REC|MS_PRIVATE, NULL) == -1) {
        box_die("mount");
    }

    if (box->root) {
        snprintf(box->made, sizeof(box->made), "%s", box->root);

    } else {
        snprintf(box->made, sizeof(box->made), "%s/../root", box->dir);
        mkdir(box->made, 0755);

        if (mount("root", box->made, "tmpfs", 0, "mode=755") == -1) {
            box_die("tmpfs");
        }

        for (i = 0; dirs[i]; i++) {
            snprintf(from, sizeof(from), "/%s", dirs[i]);
            snprintf(to, sizeof(to), "%s/%s", box->made, dirs[i]);

            if (stat(from, &st) == -1) {
                continue;
            }

            mkdir(to, 0755);

            if (mount(from, to, NULL, MS_BIND|MS_REC, NULL) == -1) {
                box_die(from);
            }
        }

        /* the host's is not for what is tried out here */

        snprintf(to, sizeof(to), "%s/dev/shm", box->made);

        if (mount("shm", to, "tmpfs", MS_NOSUID|MS_NODEV|MS_NOEXEC,
                  "mode=1777") == -1)
        {
            box_die(to);
        }

        snprintf(to, sizeof(to), "%s/tmp", box->made);
        mkdir(to, 0777);
        chmod(to, 01777);

        snprintf(to, sizeof(to), "%s/etc", box->made);
        mkdir(to, 0755);

        snprintf(to, sizeof(to), "%s/etc/passwd", box->made);
        fd = open(to, O_WRONLY|O_CREAT|O_CLOEXEC, 0644);
        dprintf(fd, "root:x:0:0:root:/root:/bin/bash\n"
                    "nonsense\n"
                    "web:x:1000:1000:Web:/home/web:/bin/sh\n"
                    "toor:x:0:0:other:/other:/bin/sh\n");
        close(fd);

        snprintf(to, sizeof(to), "%s/etc/group", box->made);
        fd = open(to, O_WRONLY|O_CREAT|O_CLOEXEC, 0644);
        dprintf(fd, "root:x:0:\nweb:x:1000:\nmedia:x:44:www,web\n"
                    "audio:x:29:web\nother:x:77:root\n");
        close(fd);

        snprintf(to, sizeof(to), "%s/root", box->made);
        mkdir(to, 0700);
    }

    snprintf(to, sizeof(to), "%s/proc", box->made);
    mkdir(to, 0555);

    if (mount("proc", to, "proc", MS_NOSUID|MS_NODEV|MS_NOEXEC, NULL)
        == -1)
    {
        box_die("proc");
    }

    snprintf(to, sizeof(to), "%s/run", box->made);
    mkdir(to, 0755);
    snprintf(to, sizeof(to), "%s/run/sandbox", box->made);
    mkdir(to, 0755);

    if (mount(box->dir, to, NULL, MS_BIND, NULL) == -1
        || mount(NULL, to, NULL, MS_BIND|MS_REMOUNT|MS_RDONLY, NULL) == -1)
    {
        box_die(to);
    }

    snprintf(to, sizeof(to), "%s/run/sandbox-agent", box->made);
    close(open(to, O_WRONLY|O_CREAT|O_CLOEXEC, 0755));

    if (mount(box->agent, to, NULL, MS_BIND, NULL) == -1
        || mount(NULL, to, NULL, MS_BIND|MS_REMOUNT|MS_RDONLY, NULL) == -1)
    {
        box_die(to);
    }
}


/* the kernel has them for each user namespace; root is its only user */

static void
box_limits(box_t *box)
{
    char  path[600];

    if (unshare(CLONE_NEWUSER) == -1) {
        box_die("unshare");
    }

    box_put("/proc/self/uid_map", "0 0 1");
    box_put("/proc/self/setgroups", "deny");
    box_put("/proc/self/gid_map", "0 0 1");

    if (box->instances) {
        snprintf(path, sizeof(path), "%s/proc/sys/user/max_inotify_instances",
                 box->made);
        box_put(path, box->instances);
    }

    if (box->watches) {
        snprintf(path, sizeof(path), "%s/proc/sys/user/max_inotify_watches",
                 box->made);
        box_put(path, box->watches);
    }
}


static void
box_put(const char *path, const char *text)
{
    int  fd;

    fd = open(path, O_WRONLY|O_CLOEXEC);

    if (fd == -1 || write(fd, text, strlen(text)) != (ssize_t) strlen(text)) {
        box_die(path);
    }

    close(fd);
}


/* what a container is created with: these seven, and no new ones */

static void
box_caps(void)
{
    int  cap;

    for (cap = 0; cap <= 63; cap++) {

        /* CHOWN DAC_OVERRIDE FOWNER FSETID KILL SETGID SETUID */

        if (cap == 0 || cap == 1 || cap == 3 || cap == 4 || cap == 5
            || cap == 6 || cap == 7)
        {
            continue;
        }

        prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
    }

    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}
