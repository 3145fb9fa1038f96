
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>


/*
 * What running a program costs at least: posix_spawn() and waitpid(), again
 * and again.  usage: spawn COUNT PROGRAM [ARGUMENT]...  Prints the times in
 * nanoseconds, one a line, as probe does.
 */


static int64_t spawn_now(void);


extern char  **environ;


int
main(int argc, char **argv)
{
    int       err, status;
    long      i, count;
    pid_t     pid;
    int64_t   start, *times;

    if (argc < 3) {
        fprintf(stderr, "usage: spawn COUNT PROGRAM [ARGUMENT]...\n");
        return 2;
    }

    count = strtol(argv[1], NULL, 10);

    if (count < 1 || count > 1000000) {
        fprintf(stderr, "spawn: bad count\n");
        return 2;
    }

    times = malloc(count * sizeof(int64_t));

    if (times == NULL) {
        return 1;
    }

    for (i = 0; i < count; i++) {
        start = spawn_now();

        err = posix_spawn(&pid, argv[2], NULL, NULL, argv + 2, environ);

        if (err != 0) {
            fprintf(stderr, "posix_spawn: %s\n", strerror(err));
            return 1;
        }

        while (waitpid(pid, &status, 0) == -1) {
            if (errno != EINTR) {
                perror("waitpid");
                return 1;
            }
        }

        times[i] = spawn_now() - start;

        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
            fprintf(stderr, "spawn: %s failed\n", argv[2]);
            return 1;
        }
    }

    for (i = 0; i < count; i++) {
        printf("%lld\n", (long long) times[i]);
    }

    return 0;
}


static int64_t
spawn_now(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);

    return (int64_t) ts.tv_sec * 1000000000 + ts.tv_nsec;
}
