/*
 * Copyright (C) the ngx_sandbox authors
 */

/*
 * Changes of files, as they happen and since a version.
 */

import { createError } from './errors.js';
import { peekEvent } from './sse.js';


function requestOf(scope, path, options) {
    const { recursive, include, exclude, events, since, sessionId } = options;

    return { path, recursive, include, exclude, events, since,
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
    return scope.json('POST', 'api/watch/check',
        { json: requestOf(scope, path, options), signal: options.signal,
            safe: true });
}
