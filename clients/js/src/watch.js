/*
 * Copyright (C) the ngx_sandbox authors
 */

/*
 * Changes of files: as they happen, since a version, and polled.
 */

import { createError } from './errors.js';
import { peekEvent } from './sse.js';


function requestOf(scope, path, options) {
    const { recursive, include, exclude, events, sessionId } = options;

    return { path, recursive, include, exclude, events,
        sessionId: scope.pathsIn(sessionId) };
}


/*
 * A stream of server-sent events, once the watch is established: no change
 * after that is missed.
 */

export async function watch(scope, path, options = {}) {
    const { signal } = options;
    const body = await scope.events('POST', 'api/watch',
        { json: requestOf(scope, path, options), signal, safe: true });
    const { event, stream } = await peekEvent(body, signal);

    if (event?.type === 'watching') {
        return stream;
    }

    await stream.cancel();

    throw createError(event?.code ?? 'WATCH_START_ERROR',
        event?.error ?? `${path}: the watch ended before it began`,
        { httpStatus: event?.httpStatus ?? 500, context: { path } });
}


export function checkChanges(scope, path, options = {}) {
    const { since, signal } = options;

    return scope.json('POST', 'api/watch/check',
        { json: { ...requestOf(scope, path, options), since }, signal,
            safe: true });
}


/*
 * A watcher, whose events are polled: for programs that cannot keep a stream
 * open.
 */

export function createWatcher(scope, path, options = {}) {
    const { expiresAfterMs, signal } = options;

    return scope.json('POST', 'api/watchers',
        { json: { ...requestOf(scope, path, options), expiresAfterMs },
            signal });
}


export async function listWatchers(scope, { signal } = {}) {
    const { watchers } = await scope.json('GET', 'api/watchers', { signal });

    return watchers;
}


export async function getWatcher(scope, id, { signal } = {}) {
    const { watcher } = await scope.json('GET', route(id), { signal });

    return watcher;
}


/*
 * The events after the cursor "since", which are then no longer kept up to it:
 * the same request can be repeated.
 */

export function getWatcherEvents(scope, id, options = {}) {
    const { since, limit, signal } = options;

    return scope.json('GET', `${route(id)}/events`,
        { query: { since, limit }, signal });
}


export async function deleteWatcher(scope, id, { signal } = {}) {
    await scope.json('DELETE', route(id), { signal });
}


function route(id) {
    return `api/watchers/${encodeURIComponent(id)}`;
}
