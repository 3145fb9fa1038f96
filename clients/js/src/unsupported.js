/*
 * Copyright (C) the ngx_sandbox authors
 */

/*
 * What the reference SDK has for its own platform, and what to do instead.
 */

import { BucketMountError, notSupported } from './errors.js';


export function mountRefused(code) {
    return new BucketMountError('Buckets cannot be mounted: FUSE in a '
        + 'container needs a capability that gives the host away. Copy what '
        + 'is needed with hydrate() and persist(), or with the storage\'s '
        + 'command line client in the sandbox', code);
}


/* methods of a sandbox object that only its platform can have */

const FETCH = 'Expose the port with exposePort(), and fetch() its URL.';
const NETWORK = 'A sandbox has the network of its sandbox_class.';

const platformMethods = {
    fetch: FETCH,
    containerFetch: FETCH,
    wsConnect: 'Expose the port with exposePort(), and connect a WebSocket to '
        + 'its URL.',
    configure: 'Pass options to getSandbox(), or call setSleepAfter(), '
        + 'setKeepAlive() and setLabels().',
    startAndWaitForPorts: 'Call start(), and waitForPort() of a process.',
    waitForPort: 'Call waitForPort() of a process.',
    renewActivityTimeout: 'Each call renews it; see also setSleepAfter().',
    schedule: 'Call the sandbox from a scheduler of your own.',
    setOutboundHandler: NETWORK,
    setOutboundByHost: NETWORK,
    setOutboundByHosts: NETWORK,
    removeOutboundByHost: NETWORK,
    setAllowedHosts: NETWORK,
    setDeniedHosts: NETWORK,
    allowHost: NETWORK,
    denyHost: NETWORK,
    removeAllowedHost: NETWORK,
    removeDeniedHost: NETWORK,
};


export function defineUnsupported(prototype) {
    for (const [method, instead] of Object.entries(platformMethods)) {
        Object.defineProperty(prototype, method, {
            configurable: true,
            writable: true,
            value: async () => {
                throw notSupported(`${method}()`, instead);
            },
        });
    }
}


export async function proxyToSandbox() {
    throw notSupported('proxyToSandbox()', 'nginx itself serves the previews: '
        + 'delete the call.');
}


export async function proxyTerminal() {
    throw notSupported('proxyTerminal()', 'nginx itself serves terminals: give '
        + 'the browser the URL that terminalUrl() returns.');
}
