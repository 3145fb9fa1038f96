/*
 * Copyright (C) the ngx_sandbox authors
 */

/*
 * Streamable HTTP: tools, who may call, sessions and their bounds, the end.
 */

import { request } from 'node:http';

import { cancelled } from './tools.mjs';

const KEY = 'k'.repeat(32);
const JSON_RPC = { 'Content-Type': 'application/json',
    'Accept': 'application/json, text/event-stream' };
const INITIALIZE = { jsonrpc: '2.0', id: 1, method: 'initialize', params: {
    protocolVersion: '2025-06-18', capabilities: {},
    clientInfo: { name: 'raw', version: '1' } } };


export async function httpTests(t) {
    const { is, like, throws, serve, http, call, sandboxes, settings } = t;
    const server = await serve({ MCP_KEY_FILE: `${settings.dir}/mcp.key` },
        ['--max-sessions', '2', '--allow-host', 'mcp.example.com',
            '--allow-origin', 'https://app.example.com']);
    const { url } = server;

    like('it listens on loopback', url, /^http:\/\/127\.0\.0\.1:\d+\/mcp$/);

    const one = await http(url, KEY);
    const two = await http(url, KEY);

    is('http: exec', await call(one.client, 'exec', { command: 'echo $((6*7))'
        + ' >mine; cat mine' }), '42\n[exit code 0]');
    like('http: another session has another sandbox', await call(two.client,
        'read', { path: 'mine' }), /^ERROR FILE_NOT_FOUND/);
    is('http: a picture', await call(one.client, 'run_code', { code:
        'import matplotlib.pyplot as plt\nplt.plot([1])\nplt.show()' }),
        '<image/png>');
    await cancelled(t, one.client);

    await access(t, url, one.transport.sessionId);

    await throws('a wrong key', http(url, 'l'.repeat(32)), /key is missing/);
    await throws('too many sessions', http(url, KEY), /Too many sessions/);

    is('a sandbox for each', (await sandboxes('mcp-')).length, 2);
    await two.transport.terminateSession();
    await two.client.close();

    const { status } = await send(url, { body: { jsonrpc: '2.0', id: 2,
        method: 'tools/list' }, headers: {
        'mcp-session-id': two.transport.sessionId ?? 'none' } });

    is('a session that has ended', status, 404);

    const three = await http(url, KEY);

    is('there is room again', await call(three.client, 'exec',
        { command: 'echo 3' }), '3\n[exit code 0]');

    is('it ends by a signal', await server.stop(), 0);
    is('and destroys its sandboxes', await sandboxes('mcp-'), []);
    is('without complaints, or a key', server.log()
        .replace(/^ngx-sandbox-mcp: listening on .*\n/, ''), '');

    await idle(t);
}


/* the same request with one thing changed */

async function access({ is, like }, url, session) {
    const { host, port } = new URL(url);
    const list = { jsonrpc: '2.0', id: 7, method: 'tools/list' };
    const has = { 'mcp-session-id': session };
    let r = await send(url, { body: list, headers: has });

    is('it answers', r.status, 200);
    like('with the tools', r.text, /"run_code"/);

    const cases = [
        ['no key', { Authorization: undefined }, 401],
        ['an empty key', { Authorization: 'Bearer ' }, 401],
        ['a key of another case', { Authorization: `Bearer ${'K'.repeat(32)}` },
            401],
        ['a longer key', { Authorization: `Bearer ${KEY}k` }, 401],
        ['another scheme', { Authorization: `Basic ${KEY}` }, 401],
        ['the name of another host', { Host: `evil.example.com:${port}` }, 403],
        ['an allowed name', { Host: 'mcp.example.com' }, 200],
        ['localhost', { Host: `localhost:${port}` }, 200],
        ['a page of an origin', { Origin: 'https://evil.example.com' }, 403],
        ['a page of this address', { Origin: `http://${host}` }, 403],
        ['a sandboxed page', { Origin: 'null' }, 403],
        ['an allowed page', { Origin: 'https://app.example.com' }, 200],
        ['no session', { 'mcp-session-id': undefined }, 400],
        ['another session', { 'mcp-session-id': 'none' }, 404],
        ['no JSON', { 'Content-Type': 'text/plain' }, 415],
    ];

    for (const [name, headers, status] of cases) {
        r = await send(url, { body: list, headers: { ...has, ...headers } });
        is(`access: ${name}`, [r.status, r.status < 400
            || JSON.parse(r.text).error.message.length > 10], [status, true]);
    }

    r = await send(url, { body: list, headers: { Authorization: undefined } });
    like('access: 401 says how', r.headers['www-authenticate'], /^Bearer /);
    r = await send(url.replace(/mcp$/, 'other'), { body: list, headers: has });
    is('access: another path', r.status, 404);
    r = await send(url, { method: 'PUT', body: list, headers: has });
    is('access: another method', r.status, 405);
    r = await send(url, { text: '{', headers: has });
    is('access: damaged JSON', r.status, 400);
    r = await send(url, { text: ' '.repeat((16 << 20) + 1), headers: has });
    is('access: a body that is too large', r.status, 413);
}


async function idle({ is, serve, call, http, sandboxes }) {
    const server = await serve({ MCP_KEY: KEY }, ['--idle-timeout', '1',
        '--max-sessions', '1']);
    const { text } = await send(server.url, { body: INITIALIZE, headers: {
        Accept: 'text/plain' } });

    is('a request that opens no session', JSON.parse(text).error.code, -32000);

    /* without a stream that would keep it */

    const first = await send(server.url, { body: INITIALIZE });
    const id = first.headers['mcp-session-id'];
    let ended = 0;

    is('a session', [first.status, id !== undefined], [200, true]);

    for (let i = 0; i < 100 && ended !== 404; i++) {
        await new Promise((resolve) => setTimeout(resolve, 1500));
        ended = (await send(server.url, { body: { jsonrpc: '2.0', id: 9,
            method: 'ping' }, headers: { 'mcp-session-id': id } })).status;
    }

    is('an idle session ends', ended, 404);

    const { client } = await http(server.url, KEY);

    is('and makes room', await call(client, 'exec', { command: 'echo 1' }),
        '1\n[exit code 0]');
    is('SIGINT ends it', await server.stop('SIGINT'), 0);
    is('and its sandbox', await sandboxes('mcp-'), []);
}


function send(url, { method = 'POST', body, text, headers = {} }) {
    const all = { ...JSON_RPC, Authorization: `Bearer ${KEY}`, ...headers };

    for (const name of Object.keys(all)) {
        if (all[name] === undefined) {
            delete all[name];
        }
    }

    return new Promise((resolve, reject) => {
        const req = request(url, { method, headers: all }, (res) => {
            let answer = '';

            res.setEncoding('utf8');
            res.on('data', (chunk) => {
                answer += chunk;
            });
            res.on('end', () => resolve({ status: res.statusCode,
                headers: res.headers, text: answer }));
        });

        req.once('error', reject);
        req.end(text ?? JSON.stringify(body));
    });
}
