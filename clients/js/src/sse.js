/*
 * Copyright (C) the ngx_sandbox authors
 */

/*
 * Server-sent events: https://html.spec.whatwg.org/#server-sent-events
 */

const END = /\r\n|\n|\r/g;


/*
 * The events of a stream as { event, id, data }, data as text.  A comment or an
 * unknown field is skipped.  Ends with the stream; when its consumer stops
 * earlier, the stream is cancelled.
 */

export async function* frames(stream, signal) {
    let frame = fresh();

    for await (const line of lines(stream, signal)) {
        if (line !== '') {
            field(frame, line);
            continue;
        }

        if (frame.data.length) {
            yield finished(frame);
        }
        frame = fresh();
    }

    /* the last event of a stream that lacks its blank line */

    if (frame.data.length) {
        yield finished(frame);
    }
}


async function* lines(stream, signal) {
    const reader = stream.getReader();
    const decoder = new TextDecoder();

    /* pieces of a line whose end has not come: it may be many megabytes long */
    let pieces = [];

    /* the text before ended with a CR, which may be half of a CRLF */
    let cr = false;

    const abort = () => {
        reader.cancel(signal.reason).catch(() => {});
    };

    signal?.addEventListener('abort', abort);

    try {
        signal?.throwIfAborted();

        for (;;) {
            const { done, value } = await reader.read();

            signal?.throwIfAborted();

            if (done) {
                break;
            }

            const text = decoder.decode(value, { stream: true });
            let from = cr && text.startsWith('\n') ? 1 : 0;

            cr = text === '' ? cr : text.endsWith('\r');

            for (const end of text.matchAll(END)) {
                if (end.index < from) {
                    continue;
                }

                pieces.push(text.slice(from, end.index));
                from = end.index + end[0].length;

                const line = pieces.join('');
                pieces = [];
                yield line;
            }

            pieces.push(text.slice(from));
        }

        const line = pieces.join('') + decoder.decode();

        if (line !== '') {
            yield line;
        }

    } finally {
        signal?.removeEventListener('abort', abort);
        reader.cancel().catch(() => {});
        reader.releaseLock();
    }
}


function fresh() {
    return { event: 'message', id: undefined, data: [] };
}


function field(frame, line) {
    const colon = line.indexOf(':');
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');

    if (name === 'data') {
        frame.data.push(value);
    } else if (name === 'event') {
        frame.event = value;
    } else if (name === 'id') {
        frame.id = value;
    }
}


function finished({ event, id, data }) {
    return { event, id, data: data.join('\n') };
}


/* the JSON of an event; undefined for what is none, such as "[DONE]" */

export function parsed(data) {
    try {
        return JSON.parse(data);
    } catch {
        return undefined;
    }
}


export async function* parseSSEStream(stream, signal) {
    for await (const { data } of frames(stream, signal)) {
        const event = parsed(data);

        if (event !== undefined) {
            yield event;
        }
    }
}


export async function* responseToAsyncIterable(response, signal) {
    if (!response.ok) {
        throw new Error(`Response not ok: ${response.status} `
            + response.statusText);
    }

    if (!response.body) {
        throw new Error('No response body');
    }

    yield* parseSSEStream(response.body, signal);
}


export function asyncIterableToSSEStream(events, options = {}) {
    const { signal, serialize = JSON.stringify } = options;
    const encoder = new TextEncoder();
    const iterator = events[Symbol.asyncIterator]();

    return new ReadableStream({
        async pull(controller) {
            try {
                signal?.throwIfAborted();
                const { done, value } = await iterator.next();

                if (done) {
                    controller.close();
                    return;
                }

                controller.enqueue(
                    encoder.encode(`data: ${serialize(value)}\n\n`));
            } catch (error) {
                controller.error(error);
            }
        },

        async cancel() {
            await iterator.return?.();
        },
    });
}


/*
 * Reads the first event of a stream; returns it, and a stream that still has
 * all events.
 */

export async function peekEvent(stream, signal) {
    const [ahead, rest] = stream.tee();

    for await (const event of parseSSEStream(ahead, signal)) {
        return { event, stream: rest };
    }

    return { event: undefined, stream: rest };
}
