/*
 * Copyright (C) the ngx_sandbox authors
 */

/*
 * Ports, options and the life of real sandboxes.
 */


export async function ports(t) {
    const { lib, is, check, fails } = t;
    const sandbox = t.sandbox('one');

    const server = await sandbox.startProcess(
        'exec python3 -u -m http.server 8200 --directory /etc');
    await server.waitForPort(8200, { timeout: 30000, path: '/hostname' });

    let r = await sandbox.exposePort(8200, { name: 'web', token: 'abc_1',
        cors: 'reflect' });
    is('exposePort', [r.port, r.name, r.token, /^http:\/\/8200-/.test(r.url)],
        [8200, 'web', 'abc_1', true]);
    const { url } = r;
    r = await sandbox.exposePort(8201, { hostname: 'localhost' });
    is('exposePort: no name', [r.port, r.name], [8201, undefined]);
    await fails('exposePort: another domain', sandbox.exposePort(8201,
        { hostname: 'example.com' }), lib.CustomDomainRequiredError);
    await fails('exposePort: no port', sandbox.exposePort(80),
        lib.InvalidPortError, { httpStatus: 400 });

    is('getExposedPorts', (await sandbox.getExposedPorts('localhost'))
        .map((p) => [p.port, p.status, p.url === url]),
        [[8200, 'active', true], [8201, 'active', false]]);
    is('getExposedPorts: of another domain',
        await sandbox.getExposedPorts('example.com'), []);
    is('isPortExposed', [await sandbox.isPortExposed(8200),
        await sandbox.isPortExposed(8999)], [true, false]);
    is('validatePortToken', [await sandbox.validatePortToken(8200, 'abc_1'),
        await sandbox.validatePortToken(8200, 'abc_2'),
        await sandbox.validatePortToken(8999, 'abc_1')],
        [true, false, false]);

    /* only a browser resolves *.localhost everywhere */

    if (globalThis.document) {
        r = await fetch(new URL('hostname', url));
        is('its URL', [r.status, (await r.text()).length > 1], [200, true]);
    }

    r = await sandbox.createPortLink(8200, { name: 'anna' });
    is('createPortLink', [r.name, /^http:\/\/8200-/.test(r.url),
        r.url !== url], ['anna', true, true]);
    is('createPortLink: its token',
        await sandbox.validatePortToken(8200, r.token), true);
    is('listPortLinks', (await sandbox.listPortLinks(8200))
        .map((l) => [l.name, l.token === r.token]), [['anna', true]]);
    await sandbox.deletePortLink(8200, 'anna');
    is('deletePortLink', [await sandbox.listPortLinks(8200),
        await sandbox.validatePortToken(8200, r.token)], [[], false]);
    r = await sandbox.diagnosePort(8200);
    is('diagnosePort', [r.ok, r.hops.map((h) => h.hop)],
        [true, ['nginx', 'container', 'agent', 'port', 'app']]);
    is('diagnosePort: not exposed', (await sandbox.diagnosePort(8999)).hops
        .map((h) => h.ok), [false]);

    await sandbox.unexposePort(8200);
    await sandbox.unexposePort(8200);
    is('unexposePort', await sandbox.isPortExposed(8200), false);
    await server.kill();

    await sandbox.sleep();
    is('getExposedPorts: of a sandbox that sleeps', [
        (await sandbox.getExposedPorts()).map((p) => p.port),
        (await sandbox.info()).state], [[8201], 'asleep']);

    r = await sandbox.tunnels.get(8202, { name: 'app' });
    is('tunnels.get', [r.port, r.name, new URL(r.url).host.startsWith('8202-'),
        Number.isNaN(Date.parse(r.createdAt))], [8202, 'app', true, false]);
    is('tunnels.list', (await sandbox.tunnels.list()).map((p) => [p.port,
        p.name, p.url === r.url]), [[8201, undefined, false],
        [8202, 'app', true]]);
    await sandbox.tunnels.destroy(r);
    await sandbox.tunnels.destroy(8202);
    is('tunnels.destroy', await sandbox.isPortExposed(8202), false);

    const none = t.sandbox('none');
    await none.unexposePort(8200);
    await none.stop();
    is('of no sandbox', [await none.getExposedPorts(),
        await none.isPortExposed(8200), await none.info()],
        [[], false, null]);
}


export async function life(t) {
    const { lib, is, check, fails } = t;
    const options = { sleepAfter: '5m', keepAlive: true,
        labels: { team: 'blue' }, env: { FROM_OPTIONS: 'yes' } };
    const sandbox = t.sandbox('three', options);

    is('info: none yet', await sandbox.info(), null);
    is('getState: none yet', (await sandbox.getState()).status, 'stopped');

    /* calls at the same time create it once */

    const both = await Promise.all([sandbox.exec('echo $FROM_OPTIONS'),
        sandbox.exec('echo $FROM_OPTIONS')]);
    is('options: env', both.map((b) => b.stdout), ['yes', 'yes']);
    let r = await sandbox.info();
    is('options', [r.sleepAfter, r.keepAlive, r.labels, r.env, r.state],
        [null, true, { team: 'blue' }, ['FROM_OPTIONS'], 'running']);
    is('getState', (await sandbox.getState()).status, 'healthy');
    is('ping', await sandbox.ping(), 'healthy');

    const again = t.sandbox('three', { sleepAfter: 30 });
    await again.ping();
    await again.setKeepAlive(false);
    await again.setLabels({ team: null, of: 'two' });
    r = await sandbox.info();
    is('options of one that exists', [r.sleepAfter, r.keepAlive, r.labels],
        [30, false, { of: 'two' }]);
    await again.setSleepAfter('1h');
    is('setSleepAfter', (await sandbox.info()).sleepAfter, 3600);
    await sandbox.setContainerTimeouts({ instanceGetTimeoutMS: 5000 });
    await sandbox.setTransport('rpc');
    is('getContainerPlacementId', await sandbox.getContainerPlacementId(),
        null);

    await sandbox.writeFile('/workspace/kept', 'yes');
    is('sleep', (await sandbox.sleep()).state, 'asleep');
    is('getState: asleep', (await sandbox.getState()).status, 'stopped');
    is('wake', (await sandbox.wake()).state, 'running');
    is('its files', (await sandbox.readFile('/workspace/kept')).content,
        'yes');
    is('restart', (await sandbox.restart()).state, 'running');
    await sandbox.stop();
    await sandbox.start();
    is('stop and start', (await sandbox.getState()).status, 'healthy');

    await sandbox.destroy();
    is('destroy', await sandbox.info(), null);
    await sandbox.destroy();
    is('destroy: its options live on', [(await sandbox.exec('echo '
        + '$FROM_OPTIONS')).stdout, (await sandbox.info()).keepAlive],
        ['yes', true]);
    await sandbox.destroy();

    await fails('a bad option', t.sandbox('four', { sleepAfter: 'soon' })
        .exec('true'), lib.SandboxError, { code: 'invalid_request' });
    await fails('sleep: none', t.sandbox('four').sleep(),
        lib.SandboxNotFoundError);
    check('nothing was created', await t.sandbox('four').info() === null);
}
