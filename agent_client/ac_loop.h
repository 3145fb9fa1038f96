
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AC_LOOP_H_INCLUDED_
#define _AC_LOOP_H_INCLUDED_


/*
 * What agent_client asks of an event loop.  Whoever owns the loop fills the
 * structure in; the library calls it from the loop's own thread only.
 *
 * Watches are level-triggered.  A handler may free its own watch or timer,
 * or any other one; the loop must not touch a freed one afterwards.
 */


#define AC_READ        0x01
#define AC_WRITE       0x02

/* the timer must not hold off a graceful exit of the process */
#define AC_BACKGROUND  0x01

#define AC_LOG_ERR     0
#define AC_LOG_WARN    1
#define AC_LOG_INFO    2
#define AC_LOG_DEBUG   3


typedef struct ac_loop_s   ac_loop_t;
typedef struct ac_watch_s  ac_watch_t;
typedef struct ac_timer_s  ac_timer_t;

typedef void (*ac_watch_pt)(void *data, int fd, unsigned events);
typedef void (*ac_timer_pt)(void *data);


struct ac_loop_s {
    void          *data;

    /* starts with no interest; NULL when out of memory or of connections */
    ac_watch_t  *(*watch)(ac_loop_t *loop, int fd, ac_watch_pt handler,
                      void *data);
    /* replaces the interest by AC_READ|AC_WRITE bits; 0 or -1 */
    int          (*events)(ac_watch_t *w, unsigned events);
    /* before the descriptor is closed; does not close it */
    void         (*unwatch)(ac_watch_t *w);

    /* flags: AC_BACKGROUND; NULL when out of memory */
    ac_timer_t  *(*timer)(ac_loop_t *loop, unsigned flags,
                      ac_timer_pt handler, void *data);
    /* once, in ms milliseconds from now; an armed timer is re-armed */
    void         (*start)(ac_timer_t *t, unsigned ms);
    void         (*stop)(ac_timer_t *t);
    /* stops it too */
    void         (*free_timer)(ac_timer_t *t);

    /* err is an errno, or 0 */
    void         (*log)(ac_loop_t *loop, int level, int err,
                      const char *text);
};


#endif /* _AC_LOOP_H_INCLUDED_ */
