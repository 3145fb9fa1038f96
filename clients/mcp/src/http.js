/*
 * Copyright (C) the ngx_sandbox authors
 */

/*
 * Streamable HTTP: one path, a key, and sessions.
 *
 * A page of a browser can send requests to an address of this machine, also by
 * a name of its own that it points here (DNS rebinding).  So Host must be a
 * name of this server, and Origin, which browsers send, must be allowed.
 */

import { createHash, randomUUID, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import { isInitializeRequest } from '@modelcontextprotocol/sdk/types.js';
import { StreamableHTTPServerTransport }
    from '@modelcontextprotocol/sdk/server/streamableHttp.js';

import { Holder } from './holder.js';
import { serverOf } from './server.js';

const PATH = '/mcp';
const BODY_SIZE = 16 << 20;
const CONNECTIONS = 1024;
const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]'];


/* resolves with what ends it */

export async function serve(config) {
    const server = new HttpServer(config);

    console.error(`ngx-sandbox-mcp: listening on ${await server.listen()}`);

    return () => server.close();
}


class HttpServer {
    #config;
    #key;
    #hosts;
    #server;
    #sweeper;
    #sessions = new Map();      /* by id */
    #open = new Set();          /* those, and those that begin */
    #ending = new Set();        /* promises */

    constructor(config) {
        const { key, host, hosts } = config.http;

        this.#config = config;
        this.#key = digest(key);
        this.#hosts = [...LOOPBACK, host.includes(':') ? `[${host}]` : host,
            ...hosts];
        this.#server = createServer((req, res) => {
            this.#handle(req, res).catch((error) => {
                console.error(`ngx-sandbox-mcp: ${error.message}`);
                answer(res, 500, -32603, 'Internal error');
            });
        });
        this.#server.maxConnections = CONNECTIONS;
    }


    /* resolves with its URL */

    async listen() {
        const { host, port, idleMs } = this.#config.http;

        await new Promise((resolve, reject) => {
            this.#server.once('error', reject);
            this.#server.listen(port, host, resolve);
        });

        this.#sweeper = setInterval(() => this.#sweep(),
            Math.min(idleMs, 10000));

        const name = host.includes(':') ? `[${host}]` : host;

        return `http://${name}:${this.#server.address().port}${PATH}`;
    }


    async close() {
        clearInterval(this.#sweeper);
        this.#server.close();
        await Promise.all([...this.#open].map(({ mcp }) => mcp.close()));
        this.#server.closeAllConnections();
        await Promise.all(this.#ending);
    }


    async #handle(req, res) {
        const refused = this.#refusal(req);

        if (refused) {
            answer(res, ...refused);
            return;
        }

        const id = req.headers['mcp-session-id'];
        let session = this.#sessions.get(id);

        if (id !== undefined && session === undefined) {
            answer(res, 404, -32001, 'Session not found: it has ended; send an '
                + 'initialize request without Mcp-Session-Id');
            return;
        }

        /* it is not idle while a request is being read or answered */

        if (session !== undefined) {
            this.#uses(session, res);
        }

        let body;

        if (req.method === 'POST') {
            body = await bodyOf(req, res);

            if (body === undefined) {
                return;
            }
        }

        if (session === undefined) {
            if (!isInitializeRequest(body)) {
                answer(res, 400, -32000, 'Mcp-Session-Id is missing: send an '
                    + 'initialize request first');
                return;
            }

            if (this.#open.size >= this.#config.http.maxSessions) {
                res.setHeader('Retry-After', '10');
                answer(res, 503, -32000, 'Too many sessions: end one with '
                    + 'DELETE, or raise --max-sessions');
                return;
            }

            session = await this.#begin();
            this.#uses(session, res);
        }

        await session.transport.handleRequest(req, res, body);
    }


    /* the arguments of answer(), or null for a request to serve */

    #refusal({ method, url, headers }) {
        const { origins } = this.#config.http;
        const { host = '', origin, authorization = '' } = headers;

        if (!this.#hosts.includes(nameOf(host))) {
            return [403, -32000, 'Host is no name of this server: list it '
                + 'with --allow-host'];
        }

        if (origin !== undefined && !origins.includes(origin)) {
            return [403, -32000, 'Origin is not allowed: list it with '
                + '--allow-origin'];
        }

        if (url.split('?')[0] !== PATH) {
            return [404, -32000, `Not found: the path is ${PATH}`];
        }

        if (!timingSafeEqual(digest(/^Bearer +(.*)$/i.exec(authorization)?.[1]
            ?? ''), this.#key))
        {
            return [401, -32000, 'The key is missing or wrong: send it as '
                + '"Authorization: Bearer <key>"', { 'WWW-Authenticate':
                    'Bearer realm="ngx-sandbox-mcp"' }];
        }

        if (!['POST', 'GET', 'DELETE'].includes(method)) {
            return [405, -32000, 'Method not allowed',
                { Allow: 'GET, POST, DELETE' }];
        }

        return null;
    }


    async #begin() {
        const holder = new Holder(this.#config);
        const session = { holder, used: Date.now(), requests: 0,
            mcp: serverOf(holder, this.#config) };

        session.transport = new StreamableHTTPServerTransport({
            sessionIdGenerator: randomUUID,
            onsessioninitialized: (id) => {
                session.id = id;
                this.#sessions.set(id, session);
            },
        });

        session.mcp.server.onclose = () => this.#ended(session);
        this.#open.add(session);
        await session.mcp.connect(session.transport);

        return session;
    }


    #uses(session, res) {
        session.requests++;

        res.once('close', () => {
            session.requests--;
            session.used = Date.now();

            /* its first request was refused */

            if (session.id === undefined) {
                session.mcp.close();
            }
        });
    }


    #ended(session) {
        this.#sessions.delete(session.id);

        if (this.#open.delete(session)) {
            const ending = session.holder.end();

            this.#ending.add(ending);
            ending.finally(() => this.#ending.delete(ending));
        }
    }


    #sweep() {
        const before = Date.now() - this.#config.http.idleMs;

        for (const session of this.#open) {
            if (session.requests === 0 && session.used <= before) {
                session.mcp.close();
            }
        }
    }
}


/* of equal length, so that a comparison tells nothing of the key's */

function digest(text) {
    return createHash('sha256').update(text).digest();
}


/* Host without its port */

function nameOf(host) {
    return host.toLowerCase().replace(/:\d*$/, '');
}


/* its JSON; undefined if it was answered with an error */

async function bodyOf(req, res) {
    const chunks = [];
    let size = 0;

    try {
        /* its connection is needed for the answer */

        for await (const chunk of req.iterator({ destroyOnReturn: false })) {
            size += chunk.length;

            if (size > BODY_SIZE) {
                answer(res, 413, -32000, `The request has over ${BODY_SIZE} `
                    + 'bytes: write large files in parts, with "append"');
                return undefined;
            }

            chunks.push(chunk);
        }
    } catch {
        /* the client has left */
        res.destroy();
        return undefined;
    }

    try {
        return JSON.parse(Buffer.concat(chunks).toString());
    } catch {
        answer(res, 400, -32700, 'Parse error: the body is not JSON');
        return undefined;
    }
}


function answer(res, status, code, message, headers = {}) {
    if (res.headersSent) {
        res.destroy();
        return;
    }

    res.writeHead(status, { ...headers, 'Content-Type': 'application/json',
        'Connection': 'close' });
    res.end(JSON.stringify({ jsonrpc: '2.0', error: { code, message },
        id: null }));
}
