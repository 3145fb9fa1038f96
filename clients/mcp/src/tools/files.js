/*
 * Copyright (C) the ngx_sandbox authors
 */

/*
 * read, write and list.
 */

import { z } from 'zod';

import { pictures, textResult } from '../result.js';

const PICTURES = ['image/png', 'image/jpeg', 'image/gif', 'image/webp'];

const path = z.string().min(1).describe('absolute, or below the directory of '
    + 'the shell, which begins in /workspace');


export const fileTools = [{
    name: 'read',
    title: 'Read a file',
    description: 'Returns the text of a file, or some of its lines; a picture '
        + 'as a picture.',
    input: {
        path,
        offset: z.number().int().min(1).optional()
            .describe('the first line, from 1'),
        limit: z.number().int().min(1).optional().describe('so many lines'),
    },
    hints: { readOnlyHint: true },
    run: read,
}, {
    name: 'write',
    title: 'Write a file',
    description: 'Writes a file, or appends to it. Directories that are '
        + 'missing are created.',
    input: {
        path,
        content: z.string(),
        encoding: z.enum(['utf-8', 'base64']).default('utf-8'),
        append: z.boolean().default(false),
    },
    hints: { destructiveHint: true },
    run: write,
}, {
    name: 'list',
    title: 'List a directory',
    description: 'Lists a directory or a tree: type, permissions, size and '
        + 'path of each entry.',
    input: {
        path: path.default('.'),
        recursive: z.boolean().default(false),
        includeHidden: z.boolean().default(false),
        limit: z.number().int().min(1).max(5000).default(500),
        after: z.string().optional()
            .describe('where the next page begins, as the last result says'),
    },
    hints: { readOnlyHint: true },
    run: list,
}];


async function read(sandbox, { path: name, offset, limit: count },
    { signal, limit })
{
    const file = await sandbox.readFile(name, { signal });
    const { content, mimeType } = file;

    if (file.encoding === 'base64' || file.isBinary) {
        if (!PICTURES.includes(mimeType)) {
            return textResult(`[${name} is binary, of type ${mimeType}, with `
                + `${file.size} bytes; read it with exec, for example with xxd `
                + 'or a program for its type]', limit);
        }

        const shown = pictures([{ data: content, mimeType }]);

        return { content: [...shown.content, ...shown.notes.map(
            (text) => ({ type: 'text', text }))] };
    }

    if (offset === undefined && count === undefined) {
        return textResult(content, limit);
    }

    const lines = content.split('\n');
    const first = (offset ?? 1) - 1;

    if (first >= lines.length) {
        throw new Error(`${name} has ${lines.length} lines, and none with the `
            + `number ${offset}.`);
    }

    return textResult(lines.slice(first, count === undefined ? undefined
        : first + count).join('\n'), limit);
}


async function write(sandbox, { path: name, content, encoding, append },
    { signal, limit })
{
    const method = append ? 'appendFile' : 'writeFile';

    await sandbox[method](name, content, { signal,
        ...(encoding === 'base64' && { encoding }) });

    const { path: written, size } = await sandbox.stat(name,
        { follow: true, signal });

    return textResult(`${written}: ${size} bytes`, limit);
}


async function list(sandbox, { path: name, ...options }, { signal, limit }) {
    const { files, count, next, skipped } = await sandbox.listFiles(name,
        { ...options, signal });

    const lines = files.map((file) => `${file.type[0]}${file.mode} `
        + `${String(file.size).padStart(9)} ${file.absolutePath}`);

    if (count === 0) {
        lines.push('[no entries]');
    }

    if (skipped) {
        lines.push(`[${skipped} directories could not be read]`);
    }

    if (next !== undefined) {
        lines.push(`[there are more: call again with "after": `
            + `${JSON.stringify(next)}]`);
    }

    return textResult(lines.join('\n'), limit);
}
