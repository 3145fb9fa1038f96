/*
 * Copyright (C) the ngx_sandbox authors
 */

/*
 * Commands: exec() to their end, and execStream() as they go.
 */

import { createError } from './errors.js';
import { parseSSEStream } from './sse.js';
import { variables } from './scope.js';


function requestOf(scope, command, { sessionId, timeout, env, cwd, stdin }) {
    return {
        command,
        sessionId: scope.runsIn(sessionId),
        timeoutMs: timeout,
        env: variables(env),
        cwd,
        stdin,
    };
}


export async function exec(scope, command, options = {}) {
    const { signal, stream, onOutput, onComplete, onError } = options;
    const started = Date.now();

    try {
        const answer = stream && onOutput
            ? await streamed(scope, command, options)
            : await scope.json('POST', 'api/execute', {
                json: requestOf(scope, command, options), signal, timeout: 0 });

        const result = {
            ...answer,
            command,
            duration: answer.duration ?? Date.now() - started,
            sessionId: scope.shown(options.sessionId),
        };

        onComplete?.(result);
        return result;

    } catch (error) {
        onError?.(error);
        throw error;
    }
}


async function streamed(scope, command, options) {
    const body = await execStream(scope, command, options);
    const output = { stdout: '', stderr: '' };

    for await (const event of parseSSEStream(body, options.signal)) {
        switch (event.type) {

        case 'stdout':
        case 'stderr':
            output[event.type] += event.data;
            options.onOutput(event.type, event.data);
            break;

        case 'complete': {
            const { type, ...rest } = event;
            return { success: event.exitCode === 0, ...rest, ...output };
        }

        case 'error':
            throw createError(event.code ?? 'COMMAND_EXECUTION_ERROR',
                event.message ?? event.error ?? event.data ?? 'exec failed',
                { httpStatus: event.httpStatus ?? 500,
                    context: { command, ...output, ...event.context } });
        }
    }

    throw createError('CONNECTION_FAILED', 'The output of the command broke '
        + 'off before its end; whether it ran to its end is unknown');
}


export function execStream(scope, command, options = {}) {
    return scope.events('POST', 'api/execute/stream', {
        json: requestOf(scope, command, options), signal: options.signal });
}
