/*
 * Copyright (C) the ngx_sandbox authors
 */

/*
 * Backups that the server keeps, and archives that the caller keeps.
 */

import { createError } from './errors.js';


/* where the API names a backup's archive; the server decides where it lies */

function archiveOf(id) {
    return `/var/backups/${id}.sqsh`;
}


export async function createBackup(scope, options) {
    const { dir, name, ttl, gitignore, excludes, compression, sessionId,
        signal } = options;
    const id = Array.from(crypto.getRandomValues(new Uint8Array(16)),
        (byte) => byte.toString(16).padStart(2, '0')).join('');

    await scope.json('POST', 'api/backup/create', {
        json: { dir, archivePath: archiveOf(id), name, ttl, gitignore,
            excludes, compression, sessionId },
        signal, timeout: 0 });

    return { id, dir };
}


export async function restoreBackup(scope, backup, { signal } = {}) {
    const { id, dir } = backup ?? {};

    if (typeof id !== 'string' || typeof dir !== 'string') {
        throw createError('INVALID_BACKUP_CONFIG', 'restoreBackup() takes the '
            + 'value that createBackup() returned: { id, dir }',
            { httpStatus: 400, context: { reason: 'no id or dir' } });
    }

    await scope.json('POST', 'api/backup/restore', {
        json: { dir, archivePath: archiveOf(id) }, signal, timeout: 0 });

    return { success: true, dir, id };
}


/* the workspace, or dir, as a stream of a tar archive */

export async function persist(scope, options = {}) {
    const { dir, excludes, signal } = options;
    const response = await scope.response('POST', 'persist', {
        query: { dir, excludes: excludes?.join(',') || undefined }, signal,
        safe: true });

    return response.body;
}


/* extracts a tar archive, gzipped or not, over the workspace, or dir */

export async function hydrate(scope, archive, options = {}) {
    const { dir, contents, signal } = options;
    const stream = archive instanceof ReadableStream;
    const body = stream && globalThis.document !== undefined
        ? await new Response(archive).blob() : archive;

    await scope.json('POST', 'hydrate', { query: { dir, contents },
        body, signal, timeout: 0,
        safe: !stream, once: body instanceof ReadableStream,
        headers: { 'Content-Type': 'application/x-tar' } });
}
