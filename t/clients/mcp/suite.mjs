/*
 * Copyright (C) the ngx_sandbox authors
 */

/*
 * clients/mcp by the SDK's own client: suite.mjs SETTINGS, a file of JSON with
 * modules, where the packages are; bin, the program; dir, a directory; url and
 * key of the API; closed, a port on which nothing listens.  Prints a line of
 * JSON for each check.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';

import { httpTests } from './http.mjs';
import { toolTests } from './tools.mjs';

const settings = JSON.parse(readFileSync(process.argv[2]));
const sdk = `file://${settings.modules}/node_modules/@modelcontextprotocol/sdk`
    + '/dist/esm';
const { Client } = await import(`${sdk}/client/index.js`);
const { StdioClientTransport } = await import(`${sdk}/client/stdio.js`);
const { StreamableHTTPClientTransport }
    = await import(`${sdk}/client/streamableHttp.js`);

const env = { PATH: process.env.PATH, SANDBOX_URL: settings.url,
    SANDBOX_KEY: settings.key };


function is(name, got, wanted) {
    console.log(JSON.stringify({ name,
        ok: JSON.stringify(got) === JSON.stringify(wanted), got }));
}


function like(name, got, pattern) {
    console.log(JSON.stringify({ name, ok: pattern.test(got), got }));
}


async function throws(name, promise, pattern) {
    try {
        await promise;
        is(name, 'no exception', '');
    } catch (error) {
        like(name, `${error.name}: ${error.message}`, pattern);
    }
}


/* a client of the program on its stdin and stdout */

async function stdio(more = {}, args = []) {
    const transport = new StdioClientTransport({ command: settings.bin, args,
        env: { ...env, ...more }, stderr: 'inherit' });
    const client = new Client({ name: 'test', version: '1' });

    await client.connect(transport);
    return client;
}


/* the program as a server: its URL, and how to end it */

async function serve(more = {}, args = []) {
    const child = spawn(settings.bin, ['--http', '0', ...args],
        { env: { ...env, ...more }, stdio: ['ignore', 'inherit', 'pipe'] });
    let log = '';
    const url = await new Promise((resolve, reject) => {
        child.stderr.on('data', (chunk) => {
            log += chunk;

            const found = /listening on (\S+)/.exec(log);

            if (found) {
                resolve(found[1]);
            }
        });
        child.once('exit', () => reject(new Error(`it ended: ${log}`)));
    });

    return { url, log: () => log, async stop(signal = 'SIGTERM') {
        const ended = once(child, 'exit');

        child.kill(signal);
        return (await ended)[0];
    } };
}


async function http(url, key) {
    const transport = new StreamableHTTPClientTransport(new URL(url), {
        requestInit: { headers: { Authorization: `Bearer ${key}` } } });
    const client = new Client({ name: 'test', version: '1' });

    await client.connect(transport);
    return { client, transport };
}


/* the program with arguments that it refuses */

async function refused(args, more = {}) {
    const child = spawn(settings.bin, args,
        { env: { PATH: env.PATH, ...more },
            stdio: ['ignore', 'pipe', 'pipe'] });
    let log = '';

    child.stdout.on('data', (chunk) => {
        log += `stdout: ${chunk}`;
    });
    child.stderr.on('data', (chunk) => {
        log += chunk;
    });

    const [code] = await once(child, 'close');

    return `${code} ${log}`;
}


/* whether the API has a sandbox of this id, or of one that begins so */

async function sandboxes(prefix) {
    const response = await fetch(`${settings.url}/v1/sandbox`,
        { headers: { Authorization: `Bearer ${settings.key}` } });
    const { sandboxes: list } = await response.json();

    return list.map(({ id }) => id).filter((id) => id.startsWith(prefix));
}


/* the text of a result, with a mark for an error */

async function call(client, name, args, options) {
    const result = await client.callTool({ name, arguments: args }, undefined,
        options);

    return (result.isError ? 'ERROR ' : '') + result.content
        .map((item) => item.type === 'text' ? item.text : `<${item.mimeType}>`)
        .join('\n');
}


/* all at the same time */

async function configTests() {
    const http = ['--url', 'http://a', '--http', '0'];

    await Promise.all([
        ['no URL', [], /^2 ngx-sandbox-mcp: No URL .*--url/],
        ['a URL that is none', ['--url', 'ftp://a'],
            /^2 .*"ftp:\/\/a" is no URL of http: or https:/],
        ['a key as an argument', ['--key', 'secret-of-mine'],
            /^2 (?!.*secret-of-mine).*--key-file/],
        ['a flag that is none', ['--nonsense'], /^2 .*--nonsense.*--help/s],
        ['a file that is missing', ['--url', 'http://a', '--key-file',
            '/none'], /^2 .*ENOENT/],
        ['HTTP without a key', http,
            /^2 .*HTTP needs a key of at least 16 .*MCP_KEY_FILE/],
        ['HTTP with a short key', http, /^2 .*HTTP needs a key/,
            { MCP_KEY: 'short' }],
        ['a number out of range', ['--url', 'http://a', '--max-output', '1'],
            /^2 .*--max-output "1"/],
        ['help', ['--help'], /^0 stdout: Usage: .*--http/s],
        ['version', ['--version'], /^0 stdout: \d+\.\d+\.\d+\n$/],
    ].map(async ([name, args, pattern, more]) =>
        like(name, await refused(args, more), pattern)));
}


const t = { settings, is, like, throws, stdio, serve, http, call, sandboxes };

writeFileSync(`${settings.dir}/api.key`, `${settings.key}\n`);
writeFileSync(`${settings.dir}/mcp.key`, `${'k'.repeat(32)}\n`);

await configTests();
await toolTests(t);
await httpTests(t);

process.exit(0);
