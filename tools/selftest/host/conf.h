
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _SELFTEST_HOST_CONF_H_INCLUDED_
#define _SELFTEST_HOST_CONF_H_INCLUDED_


#include <stdint.h>


#define SELFTEST_CONF_CLASSES  256


typedef struct {
    char        name[33];
    char        network[16];           /* empty: not known */
    int         user;                  /* it has "user=" */
    int         disk;                  /* it has "disk=" */
    uint64_t    nofile;                /* 0: not set */
} selftest_class_t;


typedef struct {
    selftest_class_t  classes[SELFTEST_CONF_CLASSES];
    unsigned          nclasses;
    uint64_t          worker_nofile;   /* 0: not set */
} selftest_conf_t;


/*
 * Reads what "nginx -T" prints, which contains included files too.  file may
 * be NULL, for nginx's own.  0, or -1 with an error to be freed.  Waits for
 * nginx.
 */
int selftest_conf_read(selftest_conf_t *conf, const char *nginx,
    const char *file, char **error);

/* the class, or NULL */
selftest_class_t *selftest_conf_class(selftest_conf_t *conf,
    const char *name);
/* adds one of which nothing is known; NULL: too many */
selftest_class_t *selftest_conf_add(selftest_conf_t *conf, const char *name);


#endif /* _SELFTEST_HOST_CONF_H_INCLUDED_ */
