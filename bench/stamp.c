
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>


/*
 * Writes the time of each write: a line of nanoseconds since the epoch.
 * usage: stamp COUNT MILLISECONDS-BETWEEN
 */


int
main(int argc, char **argv)
{
    int              n;
    long             i, count, ms;
    char             line[32];
    struct timespec  ts, between;

    if (argc != 3) {
        fprintf(stderr, "usage: stamp COUNT MILLISECONDS-BETWEEN\n");
        return 2;
    }

    count = strtol(argv[1], NULL, 10);
    ms = strtol(argv[2], NULL, 10);

    between.tv_sec = ms / 1000;
    between.tv_nsec = ms % 1000 * 1000000;

    for (i = 0; i < count; i++) {
        nanosleep(&between, NULL);

        clock_gettime(CLOCK_REALTIME, &ts);

        n = snprintf(line, sizeof(line), "%lld%09ld\n",
                     (long long) ts.tv_sec, ts.tv_nsec);

        if (write(STDOUT_FILENO, line, n) != n) {
            return 1;
        }
    }

    return 0;
}
