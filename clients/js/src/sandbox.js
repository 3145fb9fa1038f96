/*
 * Copyright (C) the ngx_sandbox authors
 */

/*
 * The sandbox: its options and life, sessions and ports.
 */

import * as backup from './backup.js';
import * as ports from './ports.js';
import { createError, SandboxAlreadyExistsError, SandboxNotFoundError,
    SandboxSecurityError } from './errors.js';
import { DEFAULT_SESSION, NO_SESSION, Scope, variables } from './scope.js';
import { defineUnsupported } from './unsupported.js';
import { ExecutionSession, Operations } from './session.js';
import { Http } from './http.js';

const ID = /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/;
const RESERVED = ['www', 'api', 'admin', 'root', 'system', 'instance'];
const TRANSPORTS = ['http', 'websocket', 'rpc'];

/* options that the server keeps with the sandbox */

const KEPT = ['sleepAfter', 'keepAlive', 'labels', 'maxAge', 'env'];


/* no request is made before the first call */

export function getSandbox(target, id, options = {}) {
    return new Sandbox(new Http(target), id, options);
}


export class Sandbox extends Operations {
    #enabled;
    #options;
    #wanted;
    #pending = null;

    constructor(http, id, options = {}) {
        const name = nameOf(id, options.normalizeId);
        const { enableDefaultSession: enabled = true } = options;

        super(new Scope(http, name, enabled ? DEFAULT_SESSION : NO_SESSION,
            (signal) => this.#ready(signal)));

        this.id = name;
        this.#enabled = enabled;
        this.#options = wantedOf(options);
        this.#wanted = this.#options;

        checkTransport(options.transport);
        this.#setTimeouts(options.containerTimeouts);
    }


    /*
     * Sees to it that the options are in force before the first call.  Calls
     * at the same time share one request; one that failed is made again.
     */

    async #ready(signal) {
        if (this.#wanted !== null) {
            this.#pending ??= this.#configure(this.#wanted).then(() => {
                this.#wanted = null;
            }).finally(() => {
                this.#pending = null;
            });

            await this.#pending;
        }

        signal?.throwIfAborted();
    }


    /* creates the sandbox with these options, or changes those that it has */

    async #configure(options, signal) {
        const { http, id } = this.scope;

        for (let tries = 0; ; tries++) {
            try {
                return await http.json('POST', '/sandbox',
                    { json: { ...options, id }, signal });
            } catch (error) {
                if (!(error instanceof SandboxAlreadyExistsError)) {
                    throw error;
                }
            }

            const { class: fixed, ...changes } = options;

            try {
                return await http.json('PATCH', this.scope.path(''),
                    { json: changes, signal, safe: true });
            } catch (error) {
                if (!(error instanceof SandboxNotFoundError) || tries > 0) {
                    throw error;
                }
            }
        }
    }


    async setSleepAfter(sleepAfter, { signal } = {}) {
        await this.#configure({ sleepAfter }, signal);
    }

    async setKeepAlive(keepAlive, { signal } = {}) {
        await this.#configure({ keepAlive }, signal);
    }

    /* a label that is null is removed */

    async setLabels(labels, { signal } = {}) {
        await this.#configure({ labels }, signal);
    }

    async setContainerTimeouts(timeouts) {
        this.#setTimeouts(timeouts);
    }

    /* how long a call waits for a sandbox that cannot start at once */

    #setTimeouts(timeouts) {
        const { instanceGetTimeoutMS: instance, portReadyTimeoutMS: port } =
            timeouts ?? {};

        if (instance !== undefined || port !== undefined) {
            this.scope.http.retryTimeout = (instance ?? 30000)
                + (port ?? 90000);
        }
    }

    /* everything goes over HTTP, whose connections the runtime keeps */

    async setTransport(transport) {
        checkTransport(transport);
    }


    /*
     * Variables of all commands from now on, in sessions too unless they have
     * set one themselves; until the sandbox sleeps.
     */

    async setEnvVars(envVars, { signal } = {}) {
        const env = Object.fromEntries(Object.entries(variables(envVars) ?? {})
            .map(([name, value]) => [name, value ?? null]));

        await this.scope.json('POST', 'api/env', { json: { env }, signal,
            safe: true });
    }


    async createSession(options = {}) {
        const { id = `session-${Date.now()}`, env, cwd, commandTimeoutMs,
            signal } = options;

        await this.scope.json('POST', 'api/session/create', {
            json: { id, env: variables(env), cwd, commandTimeoutMs }, signal });

        return this.#session(id);
    }

    /* no request: a session that is not there is created by its first use */

    async getSession(id) {
        return this.#session(id);
    }

    #session(id) {
        return new ExecutionSession(this.scope.within(id));
    }

    async deleteSession(sessionId, { signal } = {}) {
        if (this.#enabled && sessionId === DEFAULT_SESSION) {
            throw createError('VALIDATION_FAILED',
                `Cannot delete default session '${sessionId}'. Use `
                + 'sandbox.destroy() to terminate the sandbox.',
                { httpStatus: 400 });
        }

        const { success, timestamp } = await this.scope.json('POST',
            'api/session/delete', { json: { sessionId }, signal, timeout: 0 });

        return { success, sessionId, timestamp };
    }

    async listSessions({ signal } = {}) {
        const { data } = await this.scope.json('GET', 'api/session/list',
            { signal });

        return data;
    }


    exposePort(port, options) {
        return ports.exposePort(this.scope, port, options);
    }

    unexposePort(port, options) {
        return ports.unexposePort(this.scope, port, options);
    }

    getExposedPorts(hostname, options) {
        return ports.getExposedPorts(this.scope, hostname, options);
    }

    isPortExposed(port, options) {
        return ports.isPortExposed(this.scope, port, options);
    }

    validatePortToken(port, token, options) {
        return ports.validatePortToken(this.scope, port, token, options);
    }

    createPortLink(port, options) {
        return ports.createPortLink(this.scope, port, options);
    }

    listPortLinks(port, options) {
        return ports.listPortLinks(this.scope, port, options);
    }

    deletePortLink(port, name, options) {
        return ports.deletePortLink(this.scope, port, name, options);
    }

    diagnosePort(port, options) {
        return ports.diagnosePort(this.scope, port, options);
    }

    get tunnels() {
        return ports.tunnels(this.scope);
    }


    persist(options) {
        return backup.persist(this.scope, options);
    }

    hydrate(archive, options) {
        return backup.hydrate(this.scope, archive, options);
    }


    /* the sandbox as GET shows it; null: there is none */

    async info({ signal } = {}) {
        const { http } = this.scope;

        try {
            return await http.json('GET', this.scope.path(''), { signal });
        } catch (error) {
            if (error instanceof SandboxNotFoundError) {
                return null;
            }
            throw error;
        }
    }

    async getState(options) {
        const info = await this.info(options);
        const exitCode = info?.ended?.exitCode;
        const stopped = exitCode ? 'stopped_with_code' : 'stopped';

        return {
            status: { running: 'healthy', starting: 'running',
                paused: 'running', asleep: stopped }[info?.state] ?? 'stopped',
            lastChange: Date.parse(info?.since ?? '') || 0,
            ...(info?.state === 'asleep' && exitCode && { exitCode }),
        };
    }

    async start({ signal } = {}) {
        await this.scope.json('GET', 'api/ping', { signal, timeout: 0 });
    }

    /* ends what runs in it; files stay, and the next call wakes it */

    async stop(options) {
        try {
            await this.sleep(typeof options === 'object' ? options : {});
        } catch (error) {
            if (!(error instanceof SandboxNotFoundError)) {
                throw error;
            }
        }
    }

    sleep({ signal } = {}) {
        return this.#turn('sleep', signal);
    }

    wake({ signal } = {}) {
        return this.#turn('wake', signal);
    }

    restart({ signal } = {}) {
        return this.#turn('restart', signal);
    }

    #turn(route, signal) {
        return this.scope.http.json('POST', this.scope.path(route),
            { signal, timeout: 0 });
    }

    /* its container, files, ports and sessions; also if there is none */

    async destroy({ signal } = {}) {
        await this.scope.http.json('DELETE', this.scope.path(''),
            { signal, safe: true, timeout: 0 });

        /* one that is created anew has them too */

        this.#wanted = this.#options;
    }


    async getContainerPlacementId() {
        return null;
    }

    async ping({ signal } = {}) {
        const { status } = await this.scope.json('GET', 'api/ping',
            { signal, timeout: 0 });

        return status;
    }
}

defineUnsupported(Sandbox.prototype);


function nameOf(id, normalize) {
    if (typeof id !== 'string' || id === '') {
        throw new SandboxSecurityError('The id of a sandbox is text of 1 to 40 '
            + 'characters', 'INVALID_SANDBOX_ID_LENGTH');
    }

    const name = normalize ? id.toLowerCase() : id;

    if (RESERVED.includes(name.toLowerCase())) {
        throw new SandboxSecurityError(`The sandbox id "${id}" is reserved`,
            'RESERVED_SANDBOX_ID');
    }

    if (!ID.test(name)) {
        throw new SandboxSecurityError(`"${id}" is no id of a sandbox: it is `
            + 'part of host names, and has 1 to 40 of a-z, 0-9 and "-", the '
            + 'hyphen neither first nor last'
            + (ID.test(name.toLowerCase()) ? '; pass { normalizeId: true } to '
                + 'have it in lower case' : ''), 'INVALID_SANDBOX_ID');
    }

    return name;
}


function wantedOf(options) {
    const wanted = {};

    for (const name of [...KEPT, 'class']) {
        if (options[name] !== undefined) {
            wanted[name] = options[name];
        }
    }

    return Object.keys(wanted).length ? wanted : null;
}


function checkTransport(transport) {
    if (transport !== undefined && !TRANSPORTS.includes(transport)) {
        throw new TypeError(`transport: "${transport}" is none of `
            + TRANSPORTS.join(', '));
    }
}
