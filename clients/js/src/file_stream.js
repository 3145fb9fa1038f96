/*
 * Copyright (C) the ngx_sandbox authors
 */

/*
 * Bytes of files: the events of readFileStream() as chunks, and streams.
 */

import { createError } from './errors.js';
import { fromBase64 } from './scope.js';
import { parseSSEStream } from './sse.js';


/* yields text or bytes; returns what the stream says of the file */

export async function* streamFile(stream, signal) {
    let metadata = null;

    for await (const event of parseSSEStream(stream, signal)) {
        switch (event.type) {

        case 'metadata': {
            const { mimeType, size, isBinary, encoding } = event;
            metadata = { mimeType, size, isBinary, encoding };
            break;
        }

        case 'chunk':
            if (metadata === null) {
                throw new Error('A chunk precedes the metadata of the file');
            }
            yield metadata.encoding === 'base64' ? fromBase64(event.data)
                : event.data;
            break;

        case 'complete':
            if (metadata === null) {
                throw new Error('The stream has no metadata of the file');
            }
            return metadata;

        case 'error':
            throw createError(event.code ?? 'FILESYSTEM_ERROR', event.error,
                { httpStatus: event.httpStatus ?? 500 });
        }
    }

    throw createError('CONNECTION_FAILED',
        'The file broke off before its end: read it again');
}


export async function collectFile(stream, signal) {
    const chunks = [];
    const iterator = streamFile(stream, signal);

    for (;;) {
        const { done, value } = await iterator.next();

        if (!done) {
            chunks.push(value);
            continue;
        }

        return { metadata: value, content: value.encoding === 'base64'
            ? joined(chunks) : chunks.join('') };
    }
}


function joined(chunks) {
    const all = new Uint8Array(chunks.reduce((n, c) => n + c.length, 0));
    let at = 0;

    for (const chunk of chunks) {
        all.set(chunk, at);
        at += chunk.length;
    }

    return all;
}


/* bytes, a Blob, or a stream of bytes: all of its bytes */

export async function collectBytes(content) {
    if (ArrayBuffer.isView(content)) {
        return new Uint8Array(content.buffer, content.byteOffset,
            content.byteLength);
    }

    if (content instanceof ArrayBuffer || content instanceof Blob
        || content instanceof ReadableStream)
    {
        return new Uint8Array(await new Response(content).arrayBuffer());
    }

    throw new TypeError('The content of a file is text, bytes, a Blob or a '
        + 'stream of bytes');
}


export function bytesOf(bytes) {
    return new ReadableStream({
        start(controller) {
            controller.enqueue(bytes);
            controller.close();
        },
    });
}
