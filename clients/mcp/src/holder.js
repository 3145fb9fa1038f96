/*
 * Copyright (C) the ngx_sandbox authors
 */

/*
 * The sandbox of an MCP session: the configured one, which stays, or one of
 * the session's own, which is destroyed with it.
 */

import { getSandbox } from 'ngx-sandbox';
import { randomBytes } from 'node:crypto';

const DESTROY_TIMEOUT = 10000;


export class Holder {
    #config;
    #sandbox = null;

    constructor(config) {
        this.#config = config;
    }


    /* makes no request; the first call of the sandbox creates it */

    get() {
        const { url, apiKey, sandbox, class: name } = this.#config;

        this.#sandbox ??= getSandbox({ baseUrl: url, apiKey },
            sandbox ?? `mcp-${randomBytes(8).toString('hex')}`,
            name === undefined ? {} : { class: name });

        return this.#sandbox;
    }


    async end() {
        const sandbox = this.#sandbox;

        this.#sandbox = null;

        if (sandbox === null || this.#config.sandbox !== undefined) {
            return;
        }

        try {
            await sandbox.destroy(
                { signal: AbortSignal.timeout(DESTROY_TIMEOUT) });
        } catch (error) {
            console.error(`ngx-sandbox-mcp: sandbox ${sandbox.id} was not `
                + `destroyed: ${error.message}`);
        }
    }
}
