/*
 * Copyright (C) the ngx_sandbox authors
 */

/*
 * Code contexts, and code that runs in them.
 */

import { createError } from './errors.js';
import { parseSSEStream } from './sse.js';
import { variables } from './scope.js';

const FORMATS = ['text', 'html', 'png', 'jpeg', 'svg', 'latex', 'markdown',
    'javascript', 'json', 'chart', 'data', 'pdf'];


export class Result {
    constructor(event) {
        for (const format of [...FORMATS, 'extra']) {
            if (event[format] !== undefined && event[format] !== null) {
                this[format] = event[format];
            }
        }
    }

    /* the formats that this result has */

    formats() {
        return FORMATS.filter((format) => this[format] !== undefined);
    }
}


export class Execution {
    constructor(code, context) {
        this.code = code;
        this.context = context;
        this.results = [];
        this.logs = { stdout: [], stderr: [] };
        this.error = undefined;
        this.executionCount = undefined;
    }

    toJSON() {
        const { code, logs, error, executionCount } = this;

        return { code, logs, error, executionCount,
            results: this.results.map((result) => ({ ...result })) };
    }
}


function contextOf({ id, contextId, language, cwd, createdAt, lastUsed,
    timestamp })
{
    const created = new Date(createdAt ?? timestamp ?? Date.now());

    return { id: id ?? contextId, language, cwd, createdAt: created,
        lastUsed: lastUsed ? new Date(lastUsed) : created };
}


export async function createCodeContext(scope, options = {}) {
    const { language, cwd, envVars, timeout, signal } = options;

    return contextOf(await scope.json('POST', 'api/contexts', {
        json: { language, cwd, env_vars: variables(envVars),
            timeout_ms: timeout },
        signal, timeout: 0 }));
}


export async function listCodeContexts(scope, { signal } = {}) {
    const { contexts } = await scope.json('GET', 'api/contexts', { signal });

    return contexts.map(contextOf);
}


export async function deleteCodeContext(scope, id, { signal } = {}) {
    await scope.json('DELETE', route(id), { signal });
}


/* ends what runs in it, and keeps its state */

export async function interruptCodeContext(scope, id, { signal } = {}) {
    await scope.json('POST', route(id, '/interrupt'), { signal });
}


/* gives it a fresh interpreter, without the state */

export async function restartCodeContext(scope, id, { signal } = {}) {
    await scope.json('POST', route(id, '/restart'), { signal, timeout: 0 });
}


function route(id, rest = '') {
    return `api/contexts/${encodeURIComponent(id)}${rest}`;
}


/* without a context: the sandbox's own one of the language */

export function runCodeStream(scope, code, options = {}) {
    const { context, language, cwd, envVars, timeout, signal } = options;

    return scope.events('POST', 'api/execute/code', {
        json: { code, context_id: context?.id,
            language: context?.language ?? language, cwd,
            env_vars: variables(envVars), timeout_ms: timeout },
        signal });
}


/*
 * Code that fails is no exception: its error is in the execution.  An
 * exception says that the code did not run, or that its end is unknown.
 */

export async function runCode(scope, code, options = {}) {
    const { context, onStdout, onStderr, onResult, onError, signal } = options;
    const execution = new Execution(code, context);
    const stream = await runCodeStream(scope, code, options);

    for await (const event of parseSSEStream(stream, signal)) {
        const timestamp = event.timestamp ? Date.parse(event.timestamp)
            : Date.now();

        switch (event.type) {

        case 'stdout':
            execution.logs.stdout.push(event.text);
            await onStdout?.({ text: event.text, timestamp });
            break;

        case 'stderr':
            execution.logs.stderr.push(event.text);
            await onStderr?.({ text: event.text, timestamp });
            break;

        case 'result': {
            const result = new Result(event);
            execution.results.push(result);
            await onResult?.(result);
            break;
        }

        case 'error':
            execution.error = { name: event.ename, message: event.evalue,
                traceback: event.traceback ?? [],
                ...(event.reason && { reason: event.reason }),
                ...(event.restarted && { restarted: true }),
                ...(event.lineNumber && { lineNumber: event.lineNumber }) };
            await onError?.(execution.error);
            return execution;

        case 'execution_complete':
            execution.executionCount = event.execution_count;
            return execution;
        }
    }

    throw createError('CONNECTION_FAILED', 'The events of the code broke off '
        + 'before its end; whether it ran to its end is unknown');
}
