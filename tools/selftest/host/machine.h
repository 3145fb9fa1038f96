
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SELFTEST_HOST_MACHINE_H_INCLUDED_
#define _SELFTEST_HOST_MACHINE_H_INCLUDED_


/*
 * The host, as the tests from inside need it: its namespaces, and listeners
 * on each of its addresses but loopback, on ports that the kernel chooses.
 * Nothing blocks.
 */


#define SELFTEST_MACHINE_LISTENERS  64


typedef struct {
    char  address[64];
    int   port;
    int   tcp;
    int   udp;
} selftest_listener_t;


typedef struct {
    char                  boot_id[64];
    char                  namespaces[5][64];
    selftest_listener_t   listeners[SELFTEST_MACHINE_LISTENERS];
    unsigned              nlisteners;
} selftest_machine_t;


/* names of the namespaces: mnt, pid, net, ipc, uts */
extern const char *const  selftest_machine_namespaces[5];


void selftest_machine_open(selftest_machine_t *machine);
void selftest_machine_close(selftest_machine_t *machine);

/* an address on which a datagram has come, or NULL; forgets it */
const char *selftest_machine_received(selftest_machine_t *machine);


#endif /* _SELFTEST_HOST_MACHINE_H_INCLUDED_ */
