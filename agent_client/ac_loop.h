
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AC_LOOP_H_INCLUDED_
#define _AC_LOOP_H_INCLUDED_


/*
 * The event loop that agent_client runs on.  The owner of the loop fills in
 * the structure; the library calls it from the loop's own thread only.
 *
 * Watches are level-triggered.  A handler may free its own watch or timer, or
 * any other; the loop must not touch it afterwards.
 */


#define AC_READ        0x01
#define AC_WRITE       0x02

/* the timer must not delay a graceful exit of the process */
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

    /* no events at first; NULL: no memory, or no free connection */
    ac_watch_t  *(*watch)(ac_loop_t *loop, int fd, ac_watch_pt handler,
                      void *data);
    /* sets the events to wait for: AC_READ, AC_WRITE; 0 or -1 */
    int          (*events)(ac_watch_t *w, unsigned events);
    /* frees the watch; to be called before the descriptor is closed */
    void         (*unwatch)(ac_watch_t *w);

    /* flags: AC_BACKGROUND; NULL when out of memory */
    ac_timer_t  *(*timer)(ac_loop_t *loop, unsigned flags,
                      ac_timer_pt handler, void *data);
    /* arms the timer to fire once, ms milliseconds from now */
    void         (*start)(ac_timer_t *t, unsigned ms);
    void         (*stop)(ac_timer_t *t);
    /* stops and frees the timer */
    void         (*free_timer)(ac_timer_t *t);

    /* err is an errno, or 0 */
    void         (*log)(ac_loop_t *loop, int level, int err,
                      const char *text);
};


#endif /* _AC_LOOP_H_INCLUDED_ */
