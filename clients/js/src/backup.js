/*
 * Copyright (C) the ngx_sandbox authors
 */

/*
 * Backups that the server keeps, and archives that the caller keeps.
 */

import { BackupNotFoundError, createError } from './errors.js';


/* other storage, parallel uploads and compression have no effect here */

export async function createBackup(scope, options) {
    const { dir, name, ttl, gitignore, excludes, compression, signal } =
        options;
    const { id, sizeBytes, expiresAt } = await scope.json('POST',
        'api/backup/create', { json: { dir, name, ttl, gitignore, excludes,
            compression }, signal, timeout: 0 });

    return { id, dir, sizeBytes, expiresAt };
}


export async function restoreBackup(scope, backup, { signal } = {}) {
    const { id, dir } = backup ?? {};

    if (typeof id !== 'string' || typeof dir !== 'string') {
        throw createError('INVALID_BACKUP_CONFIG', 'restoreBackup() takes the '
            + 'value that createBackup() returned: { id, dir }',
            { httpStatus: 400, context: { reason: 'no id or dir' } });
    }

    await scope.json('POST', 'api/backup/restore', { json: { id, dir }, signal,
        timeout: 0 });

    return { success: true, dir, id };
}


/* backups of all sandboxes of the key */

export async function listBackups(scope, { signal } = {}) {
    const { backups } = await scope.http.json('GET', '/backup', { signal });

    return backups;
}


/* one that is not there is no error */

export async function deleteBackup(scope, backup, { signal } = {}) {
    try {
        await scope.http.json('DELETE',
            `/backup/${encodeURIComponent(backup.id)}`,
            { signal, safe: true, timeout: 0 });
    } catch (error) {
        if (!(error instanceof BackupNotFoundError)) {
            throw error;
        }
    }
}


/* the workspace, or dir, as a stream of a tar archive */

export async function persist(scope, options = {}) {
    const { dir, excludes, gitignore, signal } = options;
    const response = await scope.response('POST', 'persist', {
        query: { dir, excludes: excludes?.join(',') || undefined,
            gitignore: gitignore ? 1 : undefined },
        signal, safe: true });

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
