/*
 * Copyright (C) the ngx_sandbox authors
 */

/*
 * processes: servers and whatever else runs on in the background.
 */

import { z } from 'zod';

import { failure, shortened, streams, textResult } from '../result.js';


export const processTools = [{
    name: 'processes',
    title: 'Background processes',
    description: 'Starts, lists and kills background processes, such as '
        + 'servers, and returns their output. start takes "command"; logs and '
        + 'kill take "id".',
    input: {
        action: z.enum(['start', 'list', 'logs', 'kill']),
        command: z.string().min(1).optional().describe('for start'),
        id: z.string().min(1).optional().describe('the process; for start, '
            + 'the id that it gets'),
        cwd: z.string().optional().describe('for start'),
        port: z.number().int().min(1).max(65535).optional()
            .describe('for start: wait until it listens on this port'),
        timeoutMs: z.number().int().min(1).max(600000).default(60000)
            .describe('for start: how long to wait for the port'),
        signal: z.string().optional()
            .describe('for kill: SIGTERM by default, and SIGKILL 5 seconds '
                + 'later'),
    },
    hints: { destructiveHint: true, openWorldHint: true },
    run: (sandbox, args, call) => ACTIONS[args.action](sandbox, args, call),
}];

const ACTIONS = { start, list, logs, kill };


function need(args, name) {
    if (args[name] === undefined) {
        throw new Error(`"${args.action}" needs "${name}"`
            + (name === 'id' ? '; "list" shows the ids.' : '.'));
    }
}


async function start(sandbox, args, { signal, limit }) {
    const { command, id, cwd, port, timeoutMs } = args;

    need(args, 'command');

    const process = await sandbox.startProcess(command, { processId: id, cwd,
        signal });

    if (port === undefined) {
        return textResult(`${process.id}: started, pid ${process.pid}`, limit);
    }

    try {
        await process.waitForPort(port, { mode: 'tcp', timeout: timeoutMs,
            signal });
    } catch (error) {
        signal.throwIfAborted();

        /* its output says why, and it may still run */

        const { content: [{ text }] } = failure(error, limit);
        const output = await logsOf(sandbox, process.id, signal, limit);

        return textResult([text, ...output].join('\n'), 3 * limit,
            { isError: true });
    }

    return textResult(`${process.id}: started, pid ${process.pid}, listens on `
        + `port ${port}`, limit);
}


async function list(sandbox, args, { signal, limit }) {
    const processes = await sandbox.listProcesses({ signal });

    return textResult(processes.map(line).join('\n') || '[no processes]',
        limit);
}


async function logs(sandbox, args, { signal, limit }) {
    need(args, 'id');

    return textResult((await logsOf(sandbox, args.id, signal, limit))
        .join('\n'), 3 * limit);
}


async function logsOf(sandbox, id, signal, limit) {
    const { stdout, stderr } = await sandbox.getProcessLogs(id, { signal });
    const process = await sandbox.getProcess(id, { signal });

    return [...streams({ stdout: shortened(stdout, limit),
        stderr: shortened(stderr, limit) }),
        ...(process === null ? [] : [`[${line(process)}]`])];
}


async function kill(sandbox, args, { signal, limit }) {
    need(args, 'id');
    await sandbox.killProcess(args.id, args.signal, { signal });

    return textResult(`${args.id}: ${args.signal ?? 'SIGTERM'} sent`, limit);
}


function line({ id, pid, status, exitCode, command }) {
    return `${id}: ${status}`
        + (exitCode === undefined || exitCode === null ? ''
            : `, exit code ${exitCode}`)
        + (status === 'running' && pid ? `, pid ${pid}` : '')
        + `: ${shortened(command, 200)}`;
}
