/*
 * Copyright (C) the ngx_sandbox authors
 */

/*
 * search: a tree for names, or its files for lines.
 */

import { z } from 'zod';

import { textResult } from '../result.js';

const patterns = z.union([z.string(), z.array(z.string())]);


export const searchTools = [{
    name: 'search',
    title: 'Search files',
    description: 'Finds files by name, or lines of files by text or by a POSIX '
        + 'extended regular expression. Patterns are those of gitignore, such '
        + 'as "*.{c,h}" or "src/**".',
    input: {
        path: z.string().min(1).default('.').describe('where to begin'),
        name: patterns.optional().describe('patterns of names to find'),
        text: z.string().min(1).optional().describe('a text to find in files'),
        regex: z.string().min(1).optional()
            .describe('an expression to find in files'),
        include: patterns.optional()
            .describe('patterns of the files that are searched'),
        exclude: patterns.optional().describe('patterns of what is left out'),
        ignoreCase: z.boolean().default(false),
        includeHidden: z.boolean().default(false),
        gitignore: z.boolean().default(true)
            .describe('leave out what .gitignore files say'),
        context: z.number().int().min(0).max(10).default(0)
            .describe('lines before and after each match'),
        limit: z.number().int().min(1).max(5000).default(200),
    },
    hints: { readOnlyHint: true },
    run: search,
}];


async function search(sandbox, args, { signal, limit }) {
    const { path, name, text, regex, include, context, ...options } = args;

    if ([name, text, regex].filter((what) => what !== undefined).length !== 1) {
        throw new Error('Pass one of "name", "text" and "regex". To search '
            + 'only some files for a text, name them with "include".');
    }

    const answer = name !== undefined
        ? await sandbox.find(path, { ...options, pattern: name, signal })
        : await sandbox.grep(path, { ...options, text, regex, include, signal,
            ...(context > 0 && { context }) });

    const lines = name !== undefined
        ? answer.files.map((file) => file.absolutePath
            + (file.type === 'directory' ? '/' : ''))
        : answer.matches.flatMap((match) => around(match, context > 0));

    if (answer.count === 0) {
        lines.push('[nothing found]');
    }

    if (answer.truncated) {
        lines.push(`[the search ended early, by its ${answer.reason}: narrow `
            + 'it down, or raise "limit"]');
    }

    if (answer.skipped) {
        lines.push(`[${answer.skipped} files or directories could not be `
            + 'read]');
    }

    return textResult(lines.join('\n'), limit);
}


/* a match as grep prints it: "path:line:text", "path-line-text" around it */

function around({ absolutePath, line, text, before = [], after = [] },
    apart)
{
    return [
        ...before.map((s, i) =>
            `${absolutePath}-${line - before.length + i}-${s}`),
        `${absolutePath}:${line}:${text}`,
        ...after.map((s, i) => `${absolutePath}-${line + 1 + i}-${s}`),
        ...(apart ? ['--'] : []),
    ];
}
