
/*
 * Copyright (C) the ngx_sandbox authors
 */


/*
 * A tenant's program that is root in a sandbox and tries what it can.  One
 * line for each try: "<what> <0 or errno's name>".
 */


#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>


#define DIR_SOCKETS  "/run/sandbox"
#define AGENT        "/run/sandbox-agent"


static void
tell(const char *what, long rc)
{
    printf("%s %s\n", what, rc < 0 ? strerrorname_np(errno) : "0");
    fflush(stdout);
}


static int
unix_socket(const char *path, int type, int bound)
{
    int                 s;
    struct sockaddr_un  sun;

    memset(&sun, 0, sizeof(sun));
    sun.sun_family = AF_UNIX;
    snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", path);

    s = socket(AF_UNIX, type, 0);

    if (s == -1) {
        return -1;
    }

    if (bound) {
        if (bind(s, (struct sockaddr *) &sun, sizeof(sun)) == -1) {
            return -1;
        }

    } else if (connect(s, (struct sockaddr *) &sun, sizeof(sun)) == -1) {
        return -1;
    }

    return s;
}


/* the directory of sockets, and the agent's file */

static void
files(void)
{
    tell("create", open(DIR_SOCKETS "/x", O_CREAT|O_WRONLY, 0666));
    tell("mkdir", mkdir(DIR_SOCKETS "/d", 0777));
    tell("symlink", symlink("/etc/passwd", DIR_SOCKETS "/l"));
    tell("link", link(DIR_SOCKETS "/agent.sock", DIR_SOCKETS "/h"));
    tell("link-out", link(DIR_SOCKETS "/agent.sock", "/workspace/hard"));
    tell("unlink", unlink(DIR_SOCKETS "/agent.sock"));
    tell("rename", rename(DIR_SOCKETS "/agent.sock", DIR_SOCKETS "/a"));
    tell("rename-in", rename("/workspace/mine", DIR_SOCKETS "/8080.sock"));
    tell("chmod", chmod(DIR_SOCKETS "/agent.sock", 0777));
    tell("chmod-dir", chmod(DIR_SOCKETS, 0777));
    tell("chown", chown(DIR_SOCKETS "/agent.sock", 1, 1));
    tell("chown-dir", chown(DIR_SOCKETS, 1, 1));
    tell("utimes", utimes(DIR_SOCKETS "/agent.sock", NULL));
    tell("setxattr", setxattr(DIR_SOCKETS, "user.x", "y", 1, 0));
    tell("bind", unix_socket(DIR_SOCKETS "/9.sock", SOCK_STREAM, 1));
    tell("mknod", mknod(DIR_SOCKETS "/n", S_IFIFO|0666, 0));
    tell("agent-write", open(AGENT "/agent", O_WRONLY));
    tell("agent-write2", open(AGENT, O_WRONLY));
    tell("agent-unlink", unlink(AGENT));
    tell("agent-rename", rename(AGENT, "/run/other"));
    tell("agent-chmod", chmod(AGENT, 0));
    tell("agent-truncate", truncate(AGENT, 0));
    tell("remount", mount(NULL, DIR_SOCKETS, NULL, MS_REMOUNT|MS_BIND, NULL));
    tell("bind-mount", mount("/tmp", DIR_SOCKETS, NULL, MS_BIND, NULL));
    tell("umount", umount2(DIR_SOCKETS, MNT_DETACH));
    tell("umount-agent", umount2(AGENT, MNT_DETACH));
    tell("mount-proc", mount("proc", "/mnt", "proc", 0, NULL));
    tell("unshare-user", unshare(CLONE_NEWUSER));
    tell("unshare-mount", unshare(CLONE_NEWNS));
    tell("mknod-device", mknod("/workspace/dev", S_IFBLK|0666, 8 << 8));
    tell("chroot", chroot("/tmp"));
    tell("raw-socket", socket(AF_INET, SOCK_RAW, 1));
    tell("packet-socket", socket(AF_PACKET, SOCK_RAW, 0));
}


/* connects, asks, and says what comes back */

static void
knock(const char *path, int type)
{
    int          s;
    char         buf[4096];
    ssize_t      n;
    const char  *ask;

    ask = "GET /api/ping HTTP/1.1\r\nHost: localhost\r\n\r\n";

    if (type == SOCK_SEQPACKET) {
        ask = "{\"op\":\"prepare\",\"seq\":1,\"ms\":1}";
    }

    s = unix_socket(path, type, 0);

    if (s == -1) {
        printf("%s %s\n", path, strerrorname_np(errno));
        return;
    }

    (void) send(s, ask, strlen(ask), MSG_NOSIGNAL);
    alarm(30);
    n = recv(s, buf, sizeof(buf), 0);
    alarm(0);
    printf("%s %s\n", path, n > 0 ? "ANSWERED" : "closed");
    close(s);
}


static void
agent_process(void)
{
    int             i, fd, err;
    char            buf[4096], path[64];
    struct iovec    local, remote;
    struct rlimit   limit;
    struct dirent  *e;
    DIR            *d;

    for (i = 1; i <= 64; i++) {
        if (i != 32 && i != 33) {
            (void) kill(1, i);
            (void) syscall(SYS_tgkill, 1, 1, i);
        }
    }

    tell("kill", kill(1, SIGKILL));
    tell("ptrace-attach", ptrace(PTRACE_ATTACH, 1, NULL, NULL));
    tell("ptrace-seize", ptrace(PTRACE_SEIZE, 1, NULL, NULL));

    local.iov_base = buf;
    local.iov_len = 16;
    remote.iov_base = (void *) 0x400000;
    remote.iov_len = 16;
    tell("vm-read", process_vm_readv(1, &local, 1, &remote, 1, 0));
    tell("vm-write", process_vm_writev(1, &local, 1, &remote, 1, 0));

    tell("mem", open("/proc/1/mem", O_RDONLY));
    tell("mem-write", open("/proc/1/mem", O_WRONLY));
    fd = open("/proc/1/environ", O_RDONLY);
    tell("environ", fd == -1 ? -1 : read(fd, buf, sizeof(buf)));
    fd = open("/proc/1/maps", O_RDONLY);
    tell("maps", fd == -1 ? -1 : read(fd, buf, sizeof(buf)));
    tell("exe", readlink("/proc/1/exe", buf, sizeof(buf)));
    tell("exe-open", open("/proc/1/exe", O_RDONLY));
    tell("root", open("/proc/1/root/etc", O_RDONLY));
    tell("cwd", readlink("/proc/1/cwd", buf, sizeof(buf)));

    d = opendir("/proc/1/fd");
    if (d == NULL) {
        tell("fd", -1);

    } else {
        /* one may be closed between the look and the try */
        err = 0;
        while ((e = readdir(d)) != NULL) {
            if (e->d_name[0] == '.') {
                continue;
            }
            snprintf(path, sizeof(path), "/proc/1/fd/%.20s", e->d_name);
            if (open(path, O_RDWR) != -1) {
                tell("fd", 0);
            } else if (errno != ENOENT) {
                err = errno;
            }
        }
        errno = err ? err : EACCES;
        tell("fd", -1);
    }

    fd = syscall(SYS_pidfd_open, 1, 0);
    tell("pidfd-getfd", syscall(SYS_pidfd_getfd, fd, 3, 0));
    fd = syscall(SYS_pidfd_open, 1, 0);
    tell("pidfd-kill", syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0));

    limit.rlim_cur = 0;
    limit.rlim_max = 0;
    tell("prlimit-files", prlimit(1, RLIMIT_NOFILE, &limit, NULL));
    tell("prlimit-memory", prlimit(1, RLIMIT_AS, &limit, NULL));
    tell("prlimit-cpu", prlimit(1, RLIMIT_CPU, &limit, NULL));
    tell("prlimit-file-size", prlimit(1, RLIMIT_FSIZE, &limit, NULL));

}


static void
flood(const char *path, int type)
{
    int  i, s[256];

    for ( ;; ) {
        for (i = 0; i < 256; i++) {
            s[i] = unix_socket(path, type, 0);
            if (s[i] != -1) {
                (void) send(s[i], "GET / HTTP/1.1\r\n", 16,
                            MSG_NOSIGNAL|MSG_DONTWAIT);
            }
        }

        for (i = 0; i < 256; i++) {
            if (s[i] != -1) {
                close(s[i]);
            }
        }
    }
}


/* knocks at boot.sock and agent.sock without a pause, with a forged request */

static void
spin(void)
{
    int          s;
    const char  *forged;

    forged = "PUT /file/workspace/forged HTTP/1.1\r\nHost: localhost\r\n"
             "Content-Length: 2\r\n\r\nhi";

    for ( ;; ) {
        s = unix_socket(DIR_SOCKETS "/agent.sock", SOCK_STREAM, 0);
        if (s != -1) {
            (void) send(s, forged, strlen(forged), MSG_NOSIGNAL|MSG_DONTWAIT);
            close(s);
        }

        s = unix_socket(DIR_SOCKETS "/boot.sock", SOCK_SEQPACKET, 0);
        if (s != -1) {
            (void) send(s, "{\"v\":1,\"build\":\"forged\"}", 24,
                        MSG_NOSIGNAL|MSG_DONTWAIT);
            close(s);
        }
    }
}


int
main(int argc, char **argv)
{
    int          i, n;
    const char  *what;

    what = argc > 1 ? argv[1] : "";
    n = argc > 2 ? atoi(argv[2]) : 1;

    signal(SIGPIPE, SIG_IGN);

    if (strcmp(what, "files") == 0) {
        files();
        return 0;
    }

    if (strcmp(what, "knock") == 0) {
        knock(DIR_SOCKETS "/agent.sock", SOCK_STREAM);
        knock(DIR_SOCKETS "/control.sock", SOCK_SEQPACKET);
        knock(DIR_SOCKETS "/8080.sock", SOCK_STREAM);
        knock(DIR_SOCKETS "/boot.sock", SOCK_SEQPACKET);
        return 0;
    }

    if (strcmp(what, "agent") == 0) {
        agent_process();
        return 0;
    }

    if (strcmp(what, "fill") == 0) {
        for (i = 0; i < 100000; i++) {
            char  name[64];

            snprintf(name, sizeof(name), DIR_SOCKETS "/f%d", i);
            if (open(name, O_CREAT|O_WRONLY, 0666) != -1) {
                puts("FILLED");
                return 0;
            }
        }
        puts("closed");
        return 0;
    }

    for (i = 0; i < n; i++) {
        if (fork() == 0) {
            if (strcmp(what, "spin") == 0) {
                spin();

            } else if (strcmp(what, "flood-agent") == 0) {
                flood(DIR_SOCKETS "/agent.sock", SOCK_STREAM);

            } else if (strcmp(what, "flood-control") == 0) {
                flood(DIR_SOCKETS "/control.sock", SOCK_SEQPACKET);

            } else if (strcmp(what, "flood-port") == 0) {
                flood(DIR_SOCKETS "/8080.sock", SOCK_STREAM);

            } else if (strcmp(what, "busy") == 0) {
                for ( ;; ) { /* void */ }
            }
            return 1;
        }
    }

    puts("begun");
    fflush(stdout);

    while (wait(NULL) > 0) { /* void */ }

    return 0;
}
