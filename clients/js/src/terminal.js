/*
 * Copyright (C) the ngx_sandbox authors
 */

/*
 * Terminals over a WebSocket: binary messages are output and input, text ones
 * are control messages.
 */

import { createError, notSupported } from './errors.js';


/*
 * The URL of a terminal, with the key in it: browsers set no header.  nginx
 * takes it out before anything reaches the sandbox.
 */

export function terminalUrl(scope, options = {}) {
    const { cols, rows, shell, cwd, env, since, id } = options;
    const { http } = scope;
    const url = http.url(scope.path('pty'), { cols, rows, shell, cwd, since,
        id, session: scope.pathsIn(options.sessionId),
        authorization: http.key && `Bearer ${http.key}` });

    for (const [name, value] of Object.entries(env ?? {})) {
        url.searchParams.append('env', `${name}=${value}`);
    }

    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    return url.href;
}


export async function openTerminal(scope, options = {}) {
    if (typeof Request !== 'undefined' && options instanceof Request) {
        throw notSupported('terminal(request)', 'A browser connects to nginx '
            + 'itself: give it terminalUrl(), or call terminal({ cols, rows }) '
            + 'for a terminal of this program.');
    }

    const WebSocket = options.WebSocket ?? scope.http.WebSocket;

    if (WebSocket === undefined) {
        throw notSupported('terminal()', 'This runtime has no WebSocket: use '
            + 'Node.js 22 or later, or pass one, such as that of the package '
            + 'ws: getSandbox({ baseUrl, WebSocket }, id).');
    }

    await scope.ready(options.signal);
    options.signal?.throwIfAborted();

    const socket = new WebSocket(terminalUrl(scope, options));
    const terminal = new Terminal(socket, options.signal);

    try {
        await terminal.opened;
    } catch (error) {
        socket.close();
        options.signal?.throwIfAborted();
        throw await refusal(scope, error);
    }

    return terminal;
}


/*
 * No WebSocket says why its handshake failed: the same request without it does.
 */

async function refusal(scope, error) {
    try {
        await scope.json('GET', 'pty');
    } catch (answer) {
        if (answer.httpStatus !== 400) {
            return answer;
        }
    }

    return error;
}


export async function listTerminals(scope, { signal } = {}) {
    const { terminals } = await scope.json('GET', 'api/terminal/list',
        { signal });

    return terminals;
}


export async function deleteTerminal(scope, id, { signal } = {}) {
    const { terminal } = await scope.json('DELETE',
        `api/terminal/${encodeURIComponent(id)}`, { signal, timeout: 0 });

    return terminal;
}


export class Terminal {
    #controller;
    #finish;

    constructor(socket, signal) {
        this.socket = socket;
        this.id = undefined;
        this.offset = 0;
        this.cols = undefined;
        this.rows = undefined;

        socket.binaryType = 'arraybuffer';

        /* all output, replay included; ends with the connection */

        this.output = new ReadableStream({
            start: (controller) => {
                this.#controller = controller;
            },
            cancel: () => this.close(),
        });

        /* { code, signal } of the shell; null: the connection ended first */

        this.exited = new Promise((resolve) => {
            this.#finish = resolve;
        });

        this.opened = new Promise((resolve, reject) => {
            socket.addEventListener('message', ({ data }) => {
                if (typeof data !== 'string') {
                    this.#received(new Uint8Array(data));
                    return;
                }

                const message = JSON.parse(data);

                if (message.type === 'ready') {
                    const { id, offset, cols, rows } = message;
                    Object.assign(this, { id, offset, cols, rows });
                    resolve();
                } else if (message.type === 'exit') {
                    const { code, signal: name } = message;
                    this.#finish({ code, signal: name });
                } else if (message.type === 'error') {
                    reject(failure(message.message));
                    this.onerror?.(failure(message.message));
                }
            });

            socket.addEventListener('error', () => {
                reject(failure('The connection of the terminal failed'));
            });

            socket.addEventListener('close', ({ code, reason }) => {
                reject(failure(`The terminal was closed with code ${code}`
                    + (reason ? `: ${reason}` : '')));
                this.#end();
            });
        });

        this.opened.catch(() => {});

        if (signal) {
            const stop = () => this.close();
            signal.addEventListener('abort', stop);
            socket.addEventListener('close',
                () => signal.removeEventListener('abort', stop));
        }
    }


    #received(bytes) {
        if (this.id !== undefined) {
            this.offset += bytes.length;
        }

        this.#controller?.enqueue(bytes);
    }


    #end() {
        this.#finish(null);

        try {
            this.#controller?.close();
        } catch {
            /* it was cancelled */
        }
        this.#controller = undefined;
    }


    /* text or bytes, as if they were typed */

    write(data) {
        this.socket.send(typeof data === 'string'
            ? new TextEncoder().encode(data) : data);
    }


    resize(cols, rows) {
        this.socket.send(JSON.stringify({ type: 'resize', cols, rows }));
    }


    close() {
        this.socket.close(1000);
    }
}


function failure(message) {
    return createError('CONNECTION_FAILED', message,
        { suggestion: 'Connect again; a terminal with a session goes on.' });
}
