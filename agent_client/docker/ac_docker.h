
/*
 * Copyright (C) the ngx_sandbox authors
 */


#ifndef _AC_DOCKER_H_INCLUDED_
#define _AC_DOCKER_H_INCLUDED_


#include "ac_loop.h"
#include "docker/ac_docker_types.h"


/*
 * A client of the Docker Engine API, as far as a sandbox needs it; engines are
 * described by ac_docker_endpoint.h.
 *
 * Nothing here blocks.  A call returns NULL only when out of memory; otherwise
 * its handler runs exactly once, from a later turn of the loop and never from
 * inside the call, unless the call is cancelled first.  What a reply points to
 * lives until the handler returns.  Arguments are copied.
 */


ac_docker_t *ac_docker_create(ac_loop_t *loop);
/* cancels all calls, without running their handlers */
void ac_docker_destroy(ac_docker_t *d);
/*
 * Name servers, "addr[:port][,…]", instead of those of /etc/resolv.conf;
 * before the first call.  0, or -1 when out of memory.
 */
int ac_docker_name_servers(ac_docker_t *d, const char *servers);


/*
 * Limits the number of calls that the engine works on at a time, and of those
 * that wait in each lane.  A call waits for at most its deadline, which starts
 * anew when the call is sent.  Each lane has one place that the other cannot
 * take.  Within a lane, owners take turns and the calls of an owner keep their
 * order; calls that continue a begun operation go first.  When a lane is full,
 * a call of the owner with the most calls fails with AC_BUSY.  calls 0: no
 * limit.  Event streams are not counted.
 */
void ac_docker_limit(ac_docker_t *d, unsigned calls, unsigned waiting);
/* applies to the next call only; default: AC_LANE_OTHERS, owner 0 */
void ac_docker_turn(ac_docker_t *d, ac_lane_e lane, uint32_t owner,
    int begun);
/* the handler runs when a call is queued, sent, or done */
void ac_docker_gauge(ac_docker_t *d, ac_gauge_pt handler, void *data);

/*
 * Monitors one engine.  An engine that cannot be reached, or does not answer a
 * ping, is away: it is pinged, one ping at a time, at intervals that grow to a
 * few seconds.  Until it is back, calls fail with the result of the last ping
 * or, if connections fail at once, of the next one, moments later.  The
 * handler runs when the engine goes away and when it is back; it must not
 * cancel calls or destroy anything.  0, or -1 when out of memory.
 */
int ac_docker_monitor(ac_docker_t *d, ac_endpoint_t *ep, ac_health_pt handler,
    void *data);
int ac_docker_away(const ac_docker_t *d);
/* pings the monitored engine now, as somebody has waited for it in vain */
void ac_docker_doubt(ac_docker_t *d, ac_endpoint_t *ep);


/*
 * Each call takes the engine and a deadline in milliseconds.  The API version
 * is negotiated by the first call to an engine, within its deadline, and again
 * after the engine was unreachable.
 */
ac_call_t *ac_docker_info(ac_docker_t *d, ac_endpoint_t *ep, unsigned ms,
    ac_reply_pt handler, void *data);
ac_call_t *ac_docker_image(ac_docker_t *d, ac_endpoint_t *ep,
    const char *image, unsigned ms, ac_reply_pt handler, void *data);
ac_call_t *ac_docker_create_container(ac_docker_t *d, ac_endpoint_t *ep,
    const ac_container_spec_t *spec, unsigned ms, ac_reply_pt handler,
    void *data);
/* 204 started, 304 already running, 404, 409, 500 */
ac_call_t *ac_docker_start(ac_docker_t *d, ac_endpoint_t *ep,
    const char *name, unsigned ms, ac_reply_pt handler, void *data);
/* grace: seconds until SIGKILL */
ac_call_t *ac_docker_stop(ac_docker_t *d, ac_endpoint_t *ep,
    const char *name, unsigned grace, unsigned ms, ac_reply_pt handler,
    void *data);
ac_call_t *ac_docker_kill(ac_docker_t *d, ac_endpoint_t *ep,
    const char *name, unsigned ms, ac_reply_pt handler, void *data);
/* by force, with its anonymous volumes */
ac_call_t *ac_docker_remove(ac_docker_t *d, ac_endpoint_t *ep,
    const char *name, unsigned ms, ac_reply_pt handler, void *data);
ac_call_t *ac_docker_inspect(ac_docker_t *d, ac_endpoint_t *ep,
    const char *name, unsigned ms, ac_reply_pt handler, void *data);
/* all containers, running or not, with AC_LABEL_INSTANCE=instance */
ac_call_t *ac_docker_list(ac_docker_t *d, ac_endpoint_t *ep,
    const char *instance, unsigned ms, ac_reply_pt handler, void *data);
/* the same of those with AC_LABEL_RUN=run */
ac_call_t *ac_docker_list_run(ac_docker_t *d, ac_endpoint_t *ep,
    const char *run, unsigned ms, ac_reply_pt handler, void *data);
/* a background stream of the container events of the instance; no deadline */
ac_call_t *ac_docker_events(ac_docker_t *d, ac_endpoint_t *ep,
    const char *instance, ac_event_pt handler, void *data);

/*
 * Ends a call; its handler will not run.  No effect from inside the call's
 * last handler; after that has returned, the call must not be used.
 */
void ac_docker_cancel(ac_call_t *call);
/* 1 while the call is queued, and for a second after it was sent */
int ac_docker_waits(const ac_call_t *call);


#endif /* _AC_DOCKER_H_INCLUDED_ */
