
/*
 * Copyright (C) the ngx_sandbox authors
 */


#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "poll_loop.h"


#define POLL_LOOP_MAX  512


struct ac_watch_s {
    ac_watch_t     *next;
    poll_loop_t    *loop;
    ac_watch_pt     handler;
    void           *data;
    int             fd;
    unsigned        events;
    unsigned long   born;       /* in this turn */
};


struct ac_timer_s {
    ac_timer_t     *next;
    poll_loop_t    *loop;
    ac_timer_pt     handler;
    void           *data;
    unsigned        flags;
    int             armed;
    long long       at;
    unsigned long   born;
};


struct poll_loop_s {
    ac_loop_t       ac;
    ac_watch_t     *watches;
    ac_timer_t     *timers;
    unsigned        fail;
    unsigned long   turn;
};


static ac_watch_t *poll_loop_watch(ac_loop_t *loop, int fd,
    ac_watch_pt handler, void *data);
static int poll_loop_events(ac_watch_t *w, unsigned events);
static void poll_loop_unwatch(ac_watch_t *w);
static ac_timer_t *poll_loop_timer(ac_loop_t *loop, unsigned flags,
    ac_timer_pt handler, void *data);
static void poll_loop_start(ac_timer_t *t, unsigned ms);
static void poll_loop_stop(ac_timer_t *t);
static void poll_loop_free_timer(ac_timer_t *t);
static void poll_loop_log(ac_loop_t *loop, int level, int err,
    const char *text);
static void poll_loop_turn(poll_loop_t *pl, int ms);
static long long poll_loop_now(void);
static void poll_loop_misused(const char *text);


poll_loop_t *
poll_loop_create(void)
{
    poll_loop_t  *pl;

    pl = calloc(1, sizeof(poll_loop_t));
    if (pl == NULL) {
        poll_loop_misused("out of memory");
    }

    pl->ac.data = pl;
    pl->ac.watch = poll_loop_watch;
    pl->ac.events = poll_loop_events;
    pl->ac.unwatch = poll_loop_unwatch;
    pl->ac.timer = poll_loop_timer;
    pl->ac.start = poll_loop_start;
    pl->ac.stop = poll_loop_stop;
    pl->ac.free_timer = poll_loop_free_timer;
    pl->ac.log = poll_loop_log;

    return pl;
}


void
poll_loop_destroy(poll_loop_t *pl)
{
    if (pl->watches) {
        poll_loop_misused("a watch is left");
    }

    if (pl->timers) {
        poll_loop_misused("a timer is left");
    }

    free(pl);
}


ac_loop_t *
poll_loop_ac(poll_loop_t *pl)
{
    return &pl->ac;
}


int
poll_loop_run(poll_loop_t *pl, const int *flag, unsigned ms)
{
    long long  now, end;

    end = poll_loop_now() + ms;

    while (flag == NULL || *flag == 0) {
        now = poll_loop_now();

        if (now >= end) {
            return 0;
        }

        poll_loop_turn(pl, (int) (end - now));
    }

    return 1;
}


void
poll_loop_fail_watches(poll_loop_t *pl, unsigned n)
{
    pl->fail = n;
}


unsigned
poll_loop_watches(poll_loop_t *pl)
{
    unsigned     n;
    ac_watch_t  *w;

    n = 0;

    for (w = pl->watches; w; w = w->next) {
        n++;
    }

    return n;
}


unsigned
poll_loop_timers(poll_loop_t *pl)
{
    unsigned     n;
    ac_timer_t  *t;

    n = 0;

    for (t = pl->timers; t; t = t->next) {
        n++;
    }

    return n;
}


unsigned
poll_loop_foreground(poll_loop_t *pl)
{
    unsigned     n;
    ac_timer_t  *t;

    n = 0;

    for (t = pl->timers; t; t = t->next) {
        n += t->armed && !(t->flags & AC_BACKGROUND);
    }

    return n;
}


unsigned long
poll_loop_turns(poll_loop_t *pl)
{
    return pl->turn;
}


static void
poll_loop_turn(poll_loop_t *pl, int ms)
{
    int             i, n, fds[POLL_LOOP_MAX];
    unsigned        events;
    long long       now;
    ac_watch_t     *w;
    ac_timer_t     *t;
    struct pollfd   pfds[POLL_LOOP_MAX];

    pl->turn++;

    now = poll_loop_now();

    for (t = pl->timers; t; t = t->next) {

        if (t->armed && t->at - now < ms) {
            ms = t->at > now ? (int) (t->at - now) : 0;
        }
    }

    n = 0;

    for (w = pl->watches; w; w = w->next) {

        if (n == POLL_LOOP_MAX) {
            poll_loop_misused("too many watches");
        }

        fds[n] = w->fd;
        pfds[n].fd = w->fd;
        pfds[n].events = (short) (((w->events & AC_READ) ? POLLIN : 0)
                                  | ((w->events & AC_WRITE) ? POLLOUT : 0));
        pfds[n].revents = 0;
        n++;
    }

    if (poll(pfds, (nfds_t) n, ms) == -1 && errno != EINTR) {
        poll_loop_misused("poll() failed");
    }

    for (i = 0; i < n; i++) {

        if (pfds[i].revents & POLLNVAL) {
            poll_loop_misused("a watched descriptor was closed");
        }

        if (pfds[i].revents == 0) {
            continue;
        }

        /* any handler may have freed any watch, and made new ones */

        for (w = pl->watches; w; w = w->next) {

            if (w->fd == fds[i] && w->born != pl->turn) {
                break;
            }
        }

        if (w == NULL || w->events == 0) {
            continue;
        }

        events = 0;

        if (pfds[i].revents & (POLLIN|POLLHUP|POLLERR)) {
            events |= AC_READ;
        }

        if (pfds[i].revents & (POLLOUT|POLLERR)) {
            events |= AC_WRITE;
        }

        events &= w->events;

        if (events == 0) {
            events = w->events;
        }

        w->handler(w->data, w->fd, events);
    }

    now = poll_loop_now();

again:

    for (t = pl->timers; t; t = t->next) {

        if (t->armed && t->at <= now && t->born != pl->turn) {
            t->armed = 0;
            t->handler(t->data);
            goto again;
        }
    }
}


static ac_watch_t *
poll_loop_watch(ac_loop_t *loop, int fd, ac_watch_pt handler, void *data)
{
    ac_watch_t   *w;
    poll_loop_t  *pl;

    pl = loop->data;

    if (fcntl(fd, F_GETFD) == -1) {
        poll_loop_misused("the descriptor to watch is not open");
    }

    for (w = pl->watches; w; w = w->next) {

        if (w->fd == fd) {
            poll_loop_misused("a descriptor is watched twice");
        }
    }

    if (pl->fail) {
        pl->fail--;
        return NULL;
    }

    w = calloc(1, sizeof(ac_watch_t));
    if (w == NULL) {
        return NULL;
    }

    w->loop = pl;
    w->fd = fd;
    w->handler = handler;
    w->data = data;
    w->born = pl->turn;

    w->next = pl->watches;
    pl->watches = w;

    return w;
}


static int
poll_loop_events(ac_watch_t *w, unsigned events)
{
    w->events = events;

    return 0;
}


static void
poll_loop_unwatch(ac_watch_t *w)
{
    ac_watch_t  **p;

    if (fcntl(w->fd, F_GETFD) == -1) {
        poll_loop_misused("a descriptor was closed before its watch");
    }

    for (p = &w->loop->watches; *p; p = &(*p)->next) {

        if (*p == w) {
            *p = w->next;
            free(w);
            return;
        }
    }

    poll_loop_misused("an unknown watch");
}


static ac_timer_t *
poll_loop_timer(ac_loop_t *loop, unsigned flags, ac_timer_pt handler,
    void *data)
{
    ac_timer_t   *t;
    poll_loop_t  *pl;

    pl = loop->data;

    t = calloc(1, sizeof(ac_timer_t));
    if (t == NULL) {
        return NULL;
    }

    t->loop = pl;
    t->flags = flags;
    t->handler = handler;
    t->data = data;

    t->next = pl->timers;
    pl->timers = t;

    return t;
}


static void
poll_loop_start(ac_timer_t *t, unsigned ms)
{
    t->armed = 1;
    t->at = poll_loop_now() + ms;
    t->born = t->loop->turn;
}


static void
poll_loop_stop(ac_timer_t *t)
{
    t->armed = 0;
}


static void
poll_loop_free_timer(ac_timer_t *t)
{
    ac_timer_t  **p;

    for (p = &t->loop->timers; *p; p = &(*p)->next) {

        if (*p == t) {
            *p = t->next;
            free(t);
            return;
        }
    }

    poll_loop_misused("an unknown timer");
}


static void
poll_loop_log(ac_loop_t *loop, int level, int err, const char *text)
{
    printf("# log %d (%d): %s\n", level, err, text);
}


static long long
poll_loop_now(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return (long long) ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}


static void
poll_loop_misused(const char *text)
{
    fprintf(stderr, "poll_loop: %s\n", text);
    abort();
}
