/*
 * Copyright (C) the ngx_sandbox authors
 */

/*
 * Background processes, their output, and waits.
 */

import { createError, ProcessNotFoundError, SandboxError }
    from './errors.js';
import { frames, parsed } from './sse.js';
import { fromBase64, variables } from './scope.js';

/* how much of each stream waitForLog() keeps to match an expression with */

const KEPT = 1 << 20;

const RESUMES = 10;


export class Process {
    #scope;

    constructor(scope, data) {
        this.#scope = scope;

        this.id = data.id;
        this.pid = data.pid;
        this.command = data.command;
        this.status = data.status;
        this.startTime = new Date(data.startTime);
        this.endTime = data.endTime ? new Date(data.endTime) : undefined;
        this.exitCode = data.exitCode;
        this.sessionId = data.sessionId;
    }


    kill(signal, options) {
        return killProcess(this.#scope, this.id, signal, options);
    }


    async getStatus(options) {
        const now = await getProcess(this.#scope, this.id, options);

        return now ? now.status : 'error';
    }


    async getLogs(options) {
        const { stdout, stderr } = await getProcessLogs(this.#scope, this.id,
            options);

        return { stdout, stderr };
    }


    /* writes to a process that was started with { stdin: true } */

    async write(data, { close, signal } = {}) {
        await this.#scope.json('POST', route(this.id, '/stdin'),
            { query: { close }, body: data, signal, timeout: 0 });
    }


    waitForLog(pattern, timeout, options) {
        return typeof pattern === 'string'
            ? waitForText(this.#scope, this, pattern, timeout, options)
            : waitForExpression(this.#scope, this, pattern, timeout, options);
    }


    async waitForPort(port, options = {}) {
        const { mode, path, status, timeout, interval, signal } = options;

        await this.#scope.json('POST', route(this.id, '/wait-for-port'), {
            json: { port, mode: mode ?? 'http', path, status, interval,
                timeoutMs: timeout },
            signal, safe: true, timeout: 0 });
    }


    async waitForExit(timeout, { signal } = {}) {
        const { exitCode } = await this.#scope.json('POST',
            route(this.id, '/wait-for-exit'),
            { json: { timeoutMs: timeout }, signal, safe: true, timeout: 0 });

        return { exitCode };
    }
}


function route(id, rest = '') {
    return `api/process/${encodeURIComponent(id)}${rest}`;
}


export async function startProcess(scope, command, options = {}) {
    const { processId, timeout, env, cwd, autoCleanup, stdin, signal,
        onStart, onOutput, onExit, onError } = options;

    try {
        const sessionId = scope.runsIn(options.sessionId);
        const answer = await scope.json('POST', 'api/process/start', {
            json: { command, processId, sessionId, timeoutMs: timeout,
                env: variables(env), cwd, autoCleanup, stdin },
            signal, timeout: 0 });

        const process = new Process(scope, { ...answer, id: answer.processId,
            status: 'running', startTime: answer.timestamp,
            sessionId: scope.shown(options.sessionId) });

        onStart?.(process);

        if (onOutput || onExit) {
            follow(scope, process.id, options)
                .catch((error) => onError?.(error));
        }

        return process;

    } catch (error) {
        onError?.(error);
        throw error;
    }
}


async function follow(scope, id, { onOutput, onExit }) {
    for await (const event of logEvents(scope, id)) {
        if (event.type === 'exit') {
            onExit?.(event.exitCode ?? null);
        } else if (event.type !== 'process_info') {
            onOutput?.(event.type, event.data);
        }
    }
}


export async function listProcesses(scope, { signal } = {}) {
    const { processes } = await scope.json('GET', 'api/process/list',
        { signal });

    return processes.map((data) => new Process(scope, data));
}


export async function getProcess(scope, id, { signal } = {}) {
    try {
        const { process } = await scope.json('GET', route(id), { signal });

        return new Process(scope, process);

    } catch (error) {
        if (error instanceof ProcessNotFoundError) {
            return null;
        }
        throw error;
    }
}


export async function killProcess(scope, id, signal, options = {}) {
    await scope.json('DELETE', route(id),
        { query: { signal }, signal: options.signal, timeout: 0 });
}


export async function killAllProcesses(scope, { signal } = {}) {
    const { cleanedCount } = await scope.json('DELETE', 'api/process/kill-all',
        { signal, timeout: 0 });

    return cleanedCount;
}


export async function getProcessLogs(scope, id, { signal } = {}) {
    const { stdout, stderr, processId } = await scope.json('GET',
        route(id, '/logs'), { signal, timeout: 0 });

    return { stdout, stderr, processId };
}


export function streamProcessLogs(scope, id, { signal, offset } = {}) {
    return scope.events('GET', route(id, '/stream'),
        { query: { offset }, signal });
}


/*
 * The events of a process up to its exit.  Where a stream breaks off, the next
 * one resumes at its last byte.
 */

async function* logEvents(scope, id, { signal } = {}) {
    let offset;

    for (let lost = 0; lost < RESUMES; lost++) {
        const stream = await streamProcessLogs(scope, id, { signal, offset });

        try {
            for await (const frame of frames(stream, signal)) {
                const event = parsed(frame.data);

                offset = frame.id ?? offset;

                if (event?.type === 'exit') {
                    yield event;
                    return;
                }

                if (event?.type === 'stdout' || event?.type === 'stderr') {
                    lost = 0;
                    yield event;
                }
            }
        } catch (error) {
            signal?.throwIfAborted();

            if (error instanceof SandboxError) {
                throw error;
            }
        }
    }

    throw createError('CONNECTION_FAILED',
        `The output of process ${id} broke off ${RESUMES} times in a row`);
}


async function waitForText(scope, process, text, timeout, { signal } = {}) {
    const { line, lineBase64 } = await scope.json('POST',
        route(process.id, '/wait-for-log'),
        { json: { text, timeoutMs: timeout }, signal, safe: true, timeout: 0 });

    return { line: line ?? new TextDecoder().decode(fromBase64(lineBase64)) };
}


/* the route takes POSIX expressions: one of JavaScript is matched here */

async function waitForExpression(scope, process, pattern, timeout, options) {
    const condition = pattern.toString();
    const context = { processId: process.id, command: process.command,
        condition };
    const expression = new RegExp(pattern.source,
        pattern.flags.replace(/[gy]/g, ''));
    const output = { stdout: '', stderr: '' };
    const limit = new AbortController();
    const stop = () => limit.abort(options.signal.reason);
    const timer = timeout === undefined ? undefined : setTimeout(() => {
        limit.abort(createError('PROCESS_READY_TIMEOUT',
            `Process ${process.id}: timed out waiting for ${condition} after `
            + `${timeout} ms`,
            { httpStatus: 408, context: { ...context, timeout } }));
    }, timeout);

    options?.signal?.addEventListener('abort', stop);

    try {
        options?.signal?.throwIfAborted();

        for await (const event of logEvents(scope, process.id,
            { signal: limit.signal }))
        {
            if (event.type === 'exit') {
                throw createError('PROCESS_EXITED_BEFORE_READY',
                    `Process ${process.id} exited with code ${event.exitCode} `
                    + `before ${condition}`,
                    { httpStatus: 500,
                        context: { ...context, exitCode: event.exitCode } });
            }

            const text = output[event.type] + event.data;
            const found = expression.exec(text);

            if (found) {
                return matched(text, found, expression);
            }

            output[event.type] = text.length <= KEPT ? text
                : text.slice(text.indexOf('\n', text.length - KEPT) + 1);
        }
    } finally {
        clearTimeout(timer);
        options?.signal?.removeEventListener('abort', stop);
    }
}


/* the line of a match, or the match itself where it spans lines */

function matched(text, found, expression) {
    for (const line of text.split('\n')) {
        const match = expression.exec(line);

        if (match) {
            return { line, match };
        }
    }

    return { line: found[0], match: found };
}
