/*
 * Copyright (C) the ngx_sandbox authors
 */

/*
 * What a value is.
 */

import { SandboxError } from './errors.js';

const STATUSES = ['starting', 'running', 'completed', 'failed', 'killed',
    'error'];


export function isExecResult(value) {
    return typeof value?.success === 'boolean'
        && typeof value.exitCode === 'number'
        && typeof value.stdout === 'string'
        && typeof value.stderr === 'string';
}


export function isProcess(value) {
    return typeof value?.id === 'string' && typeof value.command === 'string'
        && isProcessStatus(value.status);
}


export function isProcessStatus(value) {
    return STATUSES.includes(value);
}


/* whether the same call may succeed soon */

export function isPlatformTransientError(error) {
    return error instanceof SandboxError
        && (error.code === 'CONNECTION_FAILED' || error.httpStatus === 503
            || error.retryAfterMs !== undefined);
}


/* there is no Durable Object whose code could be replaced */

export function isDurableObjectCodeUpdateReset() {
    return false;
}
