/*
 * Copyright (C) the ngx_sandbox authors
 */

/*
 * exec and run_code.
 */

import { parseSSEStream } from 'ngx-sandbox';
import { z } from 'zod';

import { pictures, streams, Text, textResult } from '../result.js';

const timeoutMs = z.number().int().min(1).max(3600000).default(120000)
    .describe('ends it after so many milliseconds');

/* of a value, the format that a model reads best */

const FORMATS = ['text', 'markdown', 'json', 'latex', 'html', 'svg',
    'javascript'];


export const codeTools = [{
    name: 'exec',
    title: 'Run a shell command',
    description: 'Runs a command in the shell of the sandbox and returns '
        + 'stdout, stderr and the exit code. The shell keeps its directory and '
        + 'variables between calls. Servers are started with processes.',
    input: {
        command: z.string().min(1).describe('for bash'),
        cwd: z.string().optional().describe('its directory, this time only'),
        stdin: z.string().optional().describe('what it reads'),
        timeoutMs,
    },
    hints: { destructiveHint: true, openWorldHint: true },
    run: exec,
}, {
    name: 'run_code',
    title: 'Run code',
    description: 'Runs code as a notebook does, and returns its output, the '
        + 'value of the last expression, and pictures such as figures of '
        + 'matplotlib. Variables last until the next call of the same '
        + 'language.',
    input: {
        code: z.string().min(1),
        language: z.enum(['python', 'javascript', 'typescript'])
            .default('python'),
        timeoutMs,
    },
    hints: { destructiveHint: true, openWorldHint: true },
    run: runCode,
}];


async function exec(sandbox, { command, cwd, stdin, timeoutMs: timeout },
    { signal, limit })
{
    /* execStream() would run it in a subshell, whose cd is lost */

    const result = await sandbox.exec(command, { cwd, stdin, timeout, signal });
    const output = outputs(limit);

    /* each by itself: much of one does not hide the other */

    output.stdout.add(result.stdout);
    output.stderr.add(result.stderr);

    return textResult([...streams(output), `[exit code ${result.exitCode}`
        + `${ended(result)}]`].join('\n'), 3 * limit);
}


function outputs(limit) {
    return { stdout: new Text(limit), stderr: new Text(limit) };
}


function ended({ outcome, signal }) {
    switch (outcome) {

    case 'oom_killed':
        return ': killed, the sandbox was out of memory';

    case 'signaled':
        return `: ended by ${signal ?? 'a signal'}`;

    case 'lost':
        return ': how it ended is unknown';

    default:
        return '';
    }
}


async function runCode(sandbox, { code, language, timeoutMs: timeout },
    { signal, limit })
{
    const output = outputs(limit);
    const values = new Text(limit);
    const images = [];
    const stream = await sandbox.runCodeStream(code, { language, timeout,
        signal });

    for await (const event of parseSSEStream(stream, signal)) {
        switch (event.type) {

        case 'stdout':
        case 'stderr':
            output[event.type].add(event.text);
            break;

        case 'result':
            value(event, values, images);
            break;

        case 'error':
            return executed(output, values, images, limit, traceback(event));

        case 'execution_complete':
            return executed(output, values, images, limit, []);
        }
    }

    throw new Error('The connection broke off before the end of the code; '
        + 'whether it ran to its end is unknown.');
}


function value(event, values, images) {
    for (const format of ['png', 'jpeg']) {
        if (event[format]) {
            images.push({ data: event[format], mimeType: `image/${format}` });
            return;
        }
    }

    const format = FORMATS.find((name) => event[name] !== undefined
        && event[name] !== null);

    if (format !== undefined) {
        values.add(typeof event[format] === 'string' ? event[format]
            : JSON.stringify(event[format]));
        values.add('\n');

    } else if (event.pdf) {
        values.add('[a PDF; write it to a file to keep it]\n');
    }
}


/* as a terminal shows it, without its colours */

function traceback({ ename, evalue, traceback: lines = [] }) {
    const text = lines.join('\n').replace(/\x1b\[[0-9;]*m/g, '').trimEnd();
    const error = `${ename}: ${evalue}`;

    return text.includes(error) ? ['[error]', text]
        : ['[error]', ...(text === '' ? [] : [text]), error];
}


function executed(output, values, images, limit, error) {
    const shown = pictures(images);
    const parts = streams(output);
    const result = values.toString().replace(/\n$/, '');

    if (result !== '') {
        parts.push(parts.length === 0 ? result : `[result]\n${result}`);
    }

    parts.push(...shown.notes, ...error);

    if (parts.length === 0 && shown.content.length === 0) {
        parts.push('[no output]');
    }

    return { content: [
        ...(parts.length === 0 ? []
            : textResult(parts.join('\n'), 4 * limit).content),
        ...shown.content] };
}
