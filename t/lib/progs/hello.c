
/*
 * Copyright (C) the ngx_sandbox authors
 */


/* a single static program: tells its arguments, or serves one page */


#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>


static int
serve(int port)
{
    int                 s, c, one;
    char                buf[4096];
    struct sockaddr_in  sin;

    static const char   page[] =
        "HTTP/1.1 200 OK\r\nContent-Length: 12\r\nConnection: close\r\n\r\n"
        "static page\n";

    one = 1;
    s = socket(AF_INET, SOCK_STREAM, 0);
    (void) setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));

    memset(&sin, 0, sizeof(sin));
    sin.sin_family = AF_INET;
    sin.sin_port = htons(port);
    sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);

    if (bind(s, (struct sockaddr *) &sin, sizeof(sin)) == -1
        || listen(s, 16) == -1)
    {
        perror("listen");
        return 1;
    }

    puts("listening");
    fflush(stdout);

    for ( ;; ) {
        c = accept(s, NULL, NULL);
        if (c == -1) {
            continue;
        }

        if (read(c, buf, sizeof(buf)) > 0
            && write(c, page, sizeof(page) - 1) == -1)
        {
            perror("write");
        }

        close(c);
    }
}


int
main(int argc, char **argv)
{
    int  i;

    if (argc > 2 && strcmp(argv[1], "serve") == 0) {
        return serve(atoi(argv[2]));
    }

    printf("hello");

    for (i = 1; i < argc; i++) {
        printf(" %s", argv[i]);
    }

    printf(", uid %d\n", (int) getuid());

    return argc > 1 ? atoi(argv[1]) : 0;
}
