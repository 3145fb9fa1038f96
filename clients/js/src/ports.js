/*
 * Copyright (C) the ngx_sandbox authors
 */

/*
 * Exposed ports and their preview URLs.
 */

import { PortNotExposedError, SandboxNotFoundError } from './errors.js';


/*
 * Members of a port's policy go along: access, expires, command, wake and
 * others.
 */

export async function exposePort(scope, port, options = {}) {
    const { signal, ...policy } = options;
    const { success, timestamp, ...exposed } = await scope.json('POST',
        'ports', { json: { ...policy, port }, signal, safe: true });

    return { ...exposed, name: exposed.name || undefined };
}


export async function unexposePort(scope, port, { signal } = {}) {
    await orMissing(scope.json('DELETE', `ports/${number(port)}`,
        { signal, safe: true }));
}


/* the reference needs a host name; here each port has its own */

export async function getExposedPorts(scope, hostname, { signal } = {}) {
    const answer = await orMissing(scope.json('GET', 'ports', { signal }));

    return (answer?.ports ?? [])
        .filter((p) => p.status === 'active' && p.url !== null
            && within(p.hostname, hostname))
        .map(({ url, port, status, name, token }) => (
            { url, port, status, name: name || undefined, token }));
}


/* whether a preview's host is below a domain, with or without a port */

function within(host, domain) {
    if (typeof domain !== 'string' || domain === '') {
        return true;
    }

    const suffix = domain.replace(/^\*\./, '').replace(/:\d+$/, '')
        .toLowerCase();

    return host.replace(/:\d+$/, '').endsWith(`.${suffix}`);
}


export async function isPortExposed(scope, port, { signal } = {}) {
    return await find(scope, port, signal) !== null;
}


/* whether a token opens the port now: its own, or one of its links */

export async function validatePortToken(scope, port, token, { signal } = {}) {
    const found = await find(scope, port, signal);

    return found !== null && found.status === 'active'
        && (found.token === token
            || (found.links ?? []).some((link) => link.token === token
                && link.status !== 'expired'));
}


async function find(scope, port, signal) {
    return orMissing(scope.json('GET', `ports/${number(port)}`, { signal }));
}


async function orMissing(promise) {
    try {
        return await promise;
    } catch (error) {
        if (error instanceof PortNotExposedError
            || error instanceof SandboxNotFoundError)
        {
            return null;
        }
        throw error;
    }
}


function number(port) {
    return encodeURIComponent(String(port));
}


/* further links of an exposed port, each revoked by its name */

export async function createPortLink(scope, port, options = {}) {
    const { name, token, expires, signal } = options;
    const { success, ...link } = await scope.json('POST',
        `ports/${number(port)}/links`, { json: { name, token, expires },
            signal });

    return link;
}


export async function listPortLinks(scope, port, { signal } = {}) {
    const { links } = await scope.json('GET', `ports/${number(port)}/links`,
        { signal });

    return links;
}


export async function deletePortLink(scope, port, name, { signal } = {}) {
    await scope.json('DELETE',
        `ports/${number(port)}/links/${encodeURIComponent(name)}`,
        { signal });
}


/* the hops to the app, up to the first one that fails */

export function diagnosePort(scope, port, { signal } = {}) {
    return scope.json('GET', `ports/${number(port)}/diagnose`, { signal });
}


/* tunnels of the reference: exposed ports by another name */

export function tunnels(scope) {
    return {
        async get(port, { name, signal } = {}) {
            return scope.json('POST', `tunnel/${number(port)}`,
                { json: { name }, signal, safe: true });
        },

        async list({ signal } = {}) {
            const answer = await orMissing(scope.json('GET', 'ports',
                { signal }));

            return (answer?.ports ?? []).filter((p) => p.url !== null).map(
                ({ port, url, hostname, name }) => ({
                    id: `${scope.id}-${port}`, port, url, hostname,
                    ...(name && { name }) }));
        },

        async destroy(portOrInfo, { signal } = {}) {
            await scope.json('DELETE',
                `tunnel/${number(portOrInfo?.port ?? portOrInfo)}`,
                { signal, safe: true });
        },
    };
}
