/*
 * Copyright (C) the ngx_sandbox authors
 */

/* A preview and the API by HTTP/3. */

import { args, main } from './browser.mjs';

const { app, api, hosts, key } = args;

/* by which protocol the page came, and what its own requests get */

const protocol = () =>
    performance.getEntriesByType('navigation')[0].nextHopProtocol;

await main(async (browser) => {
    const result = {};
    const page = await (await browser.newContext()).newPage();
    page.setDefaultTimeout(60000);

    result.status = (await page.goto(app)).status();
    result.protocol = await page.evaluate(protocol);
    result.headers = await page.evaluate(async () =>
        (await (await fetch('/headers')).json()).headers);
    result.echo = await page.evaluate(async () =>
        (await (await fetch('/echo', { method: 'POST',
            body: 'x'.repeat(1000000) })).text()).length);

    result.page = (await page.goto(api + '/v1/openapi.html')).status();
    result.apiProtocol = await page.evaluate(protocol);
    result.executed = await page.evaluate(async () => {
        const response = await fetch('/v1/sandbox/h3/api/execute', {
            method: 'POST', headers: { 'Content-Type': 'application/json' },
            body: JSON.stringify({ command: 'echo by HTTP/3' }) });
        return response.text();
    });

    return result;
}, ['--enable-quic', '--host-resolver-rules=MAP *.localhost 127.0.0.1',
    '--origin-to-force-quic-on=' + hosts.join(','),
    '--ignore-certificate-errors-spki-list=' + key]);
