/*
 * Copyright (C) the ngx_sandbox authors
 */

/*
 * Requests to the API: the key, deadlines, aborts, and errors as exceptions.
 *
 * What is sent again by itself is what certainly did not run: a 503 or 429 with
 * Retry-After, and a connection that was refused.  A request that may be
 * repeated without harm is also sent again when its connection broke off, or a
 * proxy answered 502 or 504.
 */

import { createError, errorOfResponse, SandboxError } from './errors.js';

const REQUEST_TIMEOUT = 120000;
const RETRY_TIMEOUT = 120000;
const REPEATS = 3;

/* Node.js' name of the dispatcher that its fetch() uses */

const DISPATCHER = Symbol.for('undici.globalDispatcher.1');


export class Http {
    constructor(target) {
        const options = typeof target === 'string' || target instanceof URL
            ? { baseUrl: target } : target;

        this.base = baseOf(options);
        this.key = options.apiKey;
        this.headers = options.headers ?? {};
        this.WebSocket = options.WebSocket ?? globalThis.WebSocket;
        this.timeout = options.requestTimeoutMs ?? REQUEST_TIMEOUT;
        this.retryTimeout = options.retryTimeoutMs ?? RETRY_TIMEOUT;

        /* a window's fetch() takes no other "this" */
        this.fetch = options.fetch ?? ((url, init) =>
            globalThis.fetch(url, { ...init, ...patience() }));
    }


    url(path, query = {}) {
        const url = new URL(`${this.base}${path}`);

        for (const [name, value] of Object.entries(query)) {
            if (value !== undefined && value !== null) {
                url.searchParams.append(name, String(value));
            }
        }

        return url;
    }


    /*
     * The answer's JSON, or null without a body.  Options:
     *
     *   json, body   what is sent; body as it is, with once if it is a stream
     *   query        arguments, those that are undefined left out
     *   headers      further ones
     *   signal       ends the request
     *   safe         it may be repeated without harm
     *   timeout      milliseconds for the whole answer, 0: no limit
     */

    json(method, path, options) {
        return this.#repeat(method, path, options, async (response) => {
            const text = await response.text();

            try {
                return text === '' ? null : JSON.parse(text);
            } catch {
                throw createError('INVALID_JSON_RESPONSE',
                    `${method} ${path}: the answer is not JSON; is `
                    + `${this.base} the base URL of ngx_sandbox?`,
                    { httpStatus: response.status });
            }
        });
    }


    /* the answer itself, whose body takes as long as it takes */

    response(method, path, options) {
        return this.#repeat(method, path, { ...options, timeout: 0 },
            async (response) => response);
    }


    async #repeat(method, path, options = {}, read) {
        const until = Date.now() + this.retryTimeout;

        for (let repeats = 0; ; repeats++) {
            try {
                return await this.#once(method, path, options, read);

            } catch (error) {
                const delay = delayOf(error, method, options, repeats);

                if (delay === null || Date.now() + delay > until) {
                    throw error;
                }

                await pause(delay, options.signal);
            }
        }
    }


    async #once(method, path, options, read) {
        const { json, query, signal } = options;
        const timeout = options.timeout ?? this.timeout;
        const limit = deadline(signal, timeout,
            () => createError('REQUEST_TIMEOUT',
                `${method} ${path}: no answer within ${timeout} ms. Whether `
                + 'it took effect is unknown', { httpStatus: 408 }));

        try {
            limit.signal?.throwIfAborted();

            const response = await this.fetch(this.url(path, query).href, {
                method,
                headers: this.#headers(options),
                body: json === undefined ? options.body : JSON.stringify(json),
                signal: limit.signal,
                ...(options.once && { duplex: 'half' }),
            });

            if (!response.ok) {
                throw await errorOfResponse(response, `${method} ${path}`);
            }

            return await read(response);

        } catch (error) {
            limit.signal?.throwIfAborted();

            if (error instanceof SandboxError) {
                throw error;
            }

            throw createError('CONNECTION_FAILED',
                `${method} ${this.base}${path}: ${reasonOf(error)}`,
                { suggestion: 'Check the base URL, and that nginx runs. In a '
                    + 'browser, sandbox_api_cors must list the page\'s '
                    + 'origin.' },
                { cause: error });
        } finally {
            limit.end();
        }
    }


    #headers({ json, headers, accept }) {
        const all = new Headers(this.headers);

        if (this.key) {
            all.set('Authorization', `Bearer ${this.key}`);
        }

        if (json !== undefined) {
            all.set('Content-Type', 'application/json');
        }

        if (accept) {
            all.set('Accept', accept);
        }

        for (const [name, value] of Object.entries(headers ?? {})) {
            if (value !== undefined) {
                all.set(name, value);
            }
        }

        return all;
    }
}


/* the URL that "/sandbox/..." is appended to */

function baseOf(options) {
    if (typeof options?.idFromName === 'function') {
        throw createError('NOT_SUPPORTED', 'getSandbox() takes the URL of '
            + 'ngx_sandbox as its first argument, and no binding of a Durable '
            + 'Object: getSandbox("https://api.example.com", id), or { baseUrl,'
            + ' apiKey } in place of the URL', { httpStatus: 501 });
    }

    let url;

    try {
        url = new URL(options.baseUrl);
    } catch {
        throw new TypeError('getSandbox() takes the URL of ngx_sandbox, such '
            + 'as "https://api.example.com", or { baseUrl, apiKey }');
    }

    if (!/^https?:$/.test(url.protocol)) {
        throw new TypeError(`baseUrl: ${url.protocol} is neither http: nor `
            + 'https:');
    }

    return url.origin + url.pathname.replace(/\/+$/, '').replace(/\/v1$/, '')
        + '/v1';
}


/*
 * fetch() of Node.js and of Bun gives up after 5 minutes without an answer; a
 * command may take longer.
 */

function patience() {
    /* loads undici, which Node.js does late */
    void globalThis.Response;

    const dispatcher = globalThis[DISPATCHER];

    return {
        timeout: false,
        ...(dispatcher && { dispatcher: {
            dispatch: (options, handler) => globalThis[DISPATCHER].dispatch(
                { ...options, headersTimeout: 0, bodyTimeout: 0 }, handler),
        } }),
    };
}


/* how long to wait before the request is sent again; null: it is not */

function delayOf(error, method, { safe, once, signal }, repeats) {
    const { httpStatus, retryAfterMs, code } = error;

    if (!(error instanceof SandboxError) || once || signal?.aborted) {
        return null;
    }

    if ((httpStatus === 503 || httpStatus === 429)
        && retryAfterMs !== undefined)
    {
        return (retryAfterMs || 250) * (1 + Math.random() / 5);
    }

    if (repeats >= REPEATS) {
        return null;
    }

    if (code === 'CONNECTION_FAILED'
        ? safe || method === 'GET' || refused(error.cause)
        : (safe || method === 'GET')
          && (httpStatus === 502 || httpStatus === 504))
    {
        return 200 * 2 ** repeats;
    }

    return null;
}


function refused(error) {
    const codes = [error?.code, error?.cause?.code,
        ...(error?.cause?.errors ?? []).map((e) => e.code)];

    return codes.some((c) => c === 'ECONNREFUSED' || c === 'ConnectionRefused');
}


function reasonOf(error) {
    const cause = error?.cause?.message || error?.cause?.code;

    return `${error?.message ?? error}${cause ? `: ${cause}` : ''}`;
}


/* a signal that fires with another one, or after so many milliseconds */

function deadline(signal, timeout, error) {
    if (!timeout) {
        return { signal, end() {} };
    }

    const controller = new AbortController();
    const follow = () => controller.abort(signal.reason);
    const timer = setTimeout(() => controller.abort(error()), timeout);

    if (signal?.aborted) {
        follow();
    }
    signal?.addEventListener('abort', follow);

    return {
        signal: controller.signal,
        end() {
            clearTimeout(timer);
            signal?.removeEventListener('abort', follow);
        },
    };
}


function pause(delay, signal) {
    return new Promise((resolve, reject) => {
        const stop = () => {
            clearTimeout(timer);
            reject(signal.reason);
        };
        const timer = setTimeout(() => {
            signal?.removeEventListener('abort', stop);
            resolve();
        }, delay);

        signal?.addEventListener('abort', stop);
    });
}
