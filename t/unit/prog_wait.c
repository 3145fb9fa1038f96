
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <signal.h>
#include <unistd.h>


/* the only program of a test's image: waits, and leaves with 7 on SIGTERM */


static void
on_term(int signo)
{
    _exit(7);
}


int
main(int argc, char *argv[])
{
    (void) signal(SIGTERM, on_term);

    for ( ;; ) {
        (void) pause();
    }
}
