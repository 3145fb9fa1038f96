// Copyright (C) the ngx_sandbox authors

// The package is written for a bundler and a Workers runtime: what it imports
// of the latter and never calls here, and file names without an extension.

const runtime = 'data:text/javascript,' + encodeURIComponent(`
    export class DurableObject {}
    export class WorkerEntrypoint {}
    export class RpcTarget {}
    export const tracing = { enterSpan: (name, f) => f({ setAttribute() {} }) };
    export const env = {};
    export const exports = {};
`);


export async function resolve(name, context, next) {
    if (name === 'cloudflare:workers') {
        return { url: runtime, shortCircuit: true };
    }

    try {
        return await next(name, context);
    } catch (error) {
        if (error.code === 'ERR_MODULE_NOT_FOUND' && /^\.{1,2}\//.test(name)) {
            return next(`${name}.js`, context);
        }
        throw error;
    }
}
