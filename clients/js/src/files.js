/*
 * Copyright (C) the ngx_sandbox authors
 */

/*
 * Files: each call is one request.  A path is absolute, or begins in the
 * directory of the session.
 */

import { bytesOf, collectBytes } from './file_stream.js';
import { createError } from './errors.js';
import { fromBase64, toBase64 } from './scope.js';
import { parseSSEStream } from './sse.js';

const WORKSPACE = /^\/workspace\/+[^/]/;
const SEARCH = { safe: true, accept: 'application/json' };


/* a request that a route of paths takes */

function call(scope, route, json, { sessionId, signal } = {}, more = {}) {
    return scope.json('POST', `api/${route}`, {
        json: { sessionId: scope.pathsIn(sessionId), ...json },
        signal, timeout: 0, ...more });
}


/* the route of raw bytes, which has only what is below /workspace */

function raw(path) {
    if (!WORKSPACE.test(path) || path.split('/').includes('..')) {
        return null;
    }

    return 'file' + path.replace(/\/{2,}|\/\.(?=\/)/g, '/').split('/')
        .map(encodeURIComponent).join('/');
}


/*
 * content is text, base64 with that encoding, bytes, a Blob, or a stream of
 * bytes.
 */

export async function writeFile(scope, path, content, options = {}) {
    const { encoding, mode, signal } = options;

    if (typeof content === 'string') {
        return call(scope, 'write', { path, encoding, mode, content }, options,
            { safe: true });
    }

    const route = mode === undefined ? raw(path) : null;

    if (route !== null) {
        const stream = content instanceof ReadableStream;

        /* a browser streams no request over HTTP/1.1 */

        const body = stream && globalThis.document !== undefined
            ? await collectBytes(content) : content;

        await scope.json('PUT', route, { body, signal, timeout: 0,
            headers: { 'Content-Type': 'application/octet-stream' },
            safe: !stream, once: body instanceof ReadableStream });

        return { success: true, path, timestamp: new Date().toISOString() };
    }

    return call(scope, 'write', { path, encoding: 'base64', mode,
        content: toBase64(await collectBytes(content)) }, options,
        { safe: true });
}


export function appendFile(scope, path, content, options = {}) {
    return typeof content === 'string'
        ? call(scope, 'append', { path, encoding: options.encoding, content },
            options)
        : collectBytes(content).then((bytes) => call(scope, 'append',
            { path, encoding: 'base64', content: toBase64(bytes) }, options));
}


export function writeFiles(scope, files, options = {}) {
    return call(scope, 'write-batch', { files }, options, { safe: true });
}


export async function readFile(scope, path, options = {}) {
    if (options.encoding === 'none') {
        return readBytes(scope, path, options);
    }

    return call(scope, 'read', { path, encoding: options.encoding }, options,
        { safe: true });
}


/* the bytes as a stream: content of a result without an encoding */

async function readBytes(scope, path, options) {
    const route = raw(path);
    const result = { success: true, path,
        timestamp: new Date().toISOString() };

    if (route !== null) {
        const { size, mimeType } = await metadataOf(scope, path, options);
        const response = await scope.response('GET', route,
            { signal: options.signal });

        return { ...result, content: response.body, size, mimeType };
    }

    const { content, size, mimeType } = await readFile(scope, path,
        { ...options, encoding: 'base64' });

    return { ...result, size, mimeType,
        content: bytesOf(fromBase64(content)) };
}


export function readFileStream(scope, path, options = {}) {
    return scope.events('POST', 'api/read/stream', {
        json: { path, sessionId: scope.pathsIn(options.sessionId) },
        signal: options.signal, safe: true });
}


/* what the stream of a file says first */

async function metadataOf(scope, path, options) {
    const { signal } = options;
    const stream = await readFileStream(scope, path, options);

    for await (const event of parseSSEStream(stream, signal)) {
        if (event.type === 'metadata') {
            return event;
        }

        throw createError(event.code ?? 'FILESYSTEM_ERROR', event.error,
            { httpStatus: event.httpStatus ?? 500, context: { path } });
    }

    throw createError('CONNECTION_FAILED', `${path}: the file broke off`);
}


export function mkdir(scope, path, options = {}) {
    const { recursive, mode } = options;

    return call(scope, 'mkdir', { path, recursive, mode }, options,
        { safe: recursive });
}


export function deleteFile(scope, path, options = {}) {
    return call(scope, 'delete', { path, recursive: options.recursive },
        options);
}


export function renameFile(scope, oldPath, newPath, options) {
    return call(scope, 'rename', { oldPath, newPath }, options);
}


export function moveFile(scope, sourcePath, destinationPath, options) {
    return call(scope, 'move', { sourcePath, destinationPath }, options);
}


export function copyFile(scope, sourcePath, destinationPath, options = {}) {
    return call(scope, 'copy', { sourcePath, destinationPath,
        recursive: options.recursive }, options);
}


export function chmod(scope, path, mode, options) {
    return call(scope, 'chmod', { path, mode }, options, { safe: true });
}


export function stat(scope, path, options = {}) {
    return call(scope, 'stat', { path, follow: options.follow }, options,
        { safe: true });
}


export function exists(scope, path, options) {
    return call(scope, 'exists', { path }, options, { safe: true });
}


export function listFiles(scope, path, options = {}) {
    const { recursive, includeHidden, depth, limit, after } = options;

    return call(scope, 'list-files', { path,
        options: { recursive, includeHidden, depth, limit, after } }, options,
        { safe: true });
}


/* entries of a tree by their names */

export function find(scope, path, options = {}) {
    const { sessionId, signal, timeout, ...more } = options;

    return call(scope, 'find', { path, ...more, timeoutMs: timeout }, options,
        SEARCH);
}


/* lines of files by a text, or by a POSIX expression */

export function grep(scope, path, options = {}) {
    const { sessionId, signal, timeout, ...more } = options;

    return call(scope, 'grep', { path, ...more, timeoutMs: timeout }, options,
        SEARCH);
}
