// Copyright (C) the ngx_sandbox authors

// The xterm addon of npm's @cloudflare/sandbox, with xterm.js itself and a
// strict client of WebSockets, against a terminal behind nginx: usage:
// terminal.mjs MODULES URL KEY.  URL is that of a sandbox.  A line of JSON for
// each check: {name, ok, got?}.

import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { isDeepStrictEqual } from 'node:util';

const [modules, url, key] = process.argv.slice(2);
const require = createRequire(`${modules}/`);
const { SandboxAddon } = await import(
    pathToFileURL(require.resolve('@cloudflare/sandbox/xterm')));
const { Terminal } = require('@xterm/headless');
const { WebSocket } = require('ws');

const sandbox = new URL(url);

// what the addon expects of a browser
globalThis.WebSocket = WebSocket;
globalThis.location = new URL('/', url);


function check(name, ok, got) {
    process.stdout.write(JSON.stringify(ok ? { name, ok: true }
        : { name, ok: false, got }) + '\n');
}

function is(name, got, expected) {
    check(name, isDeepStrictEqual(got, expected), { got, expected });
}

async function until(name, condition, timeout = 60000) {
    const end = Date.now() + timeout;

    while (Date.now() < end) {
        const value = condition();
        if (value) {
            return value;
        }
        await new Promise((done) => setTimeout(done, 10));
    }
    throw new Error(`${name}: not within ${timeout} ms`);
}


// a terminal with the addon, as a page would have it

function open(sessionId, more = {}) {
    const terminal = new Terminal({ cols: 90, rows: 30,
        allowProposedApi: true });
    const view = { terminal, errors: [], states: [] };

    // a headless terminal has nothing to focus
    terminal.focus = () => {};

    view.addon = new SandboxAddon({
        reconnect: false,
        getWebSocketUrl: ({ origin, sandboxId, sessionId: session }) =>
            `${origin}/v1/sandbox/${sandboxId}/pty?session=${session}`
            + `&authorization=Bearer%20${encodeURIComponent(key)}`,
        onStateChange(state, error) {
            view.states.push(state);
            if (error) {
                view.errors.push(error.message);
            }
        },
        ...more,
    });
    terminal.loadAddon(view.addon);
    view.addon.connect({ sandboxId: sandbox.pathname.split('/').at(-1),
        sessionId });

    view.text = () => {
        const buffer = terminal.buffer.active;
        const lines = [];
        for (let i = 0; i < buffer.length; i++) {
            lines.push(buffer.getLine(i).translateToString(true));
        }
        return lines.join('\n');
    };
    view.connected = () => until('connected',
        () => view.addon.state === 'connected');
    view.shows = (re) => until(String(re), () => view.text().match(re));
    view.type = (line) => terminal.input(`${line}\n`);

    return view;
}


async function addon() {
    const one = open('addon');
    await one.connected();
    is('its states', one.states, ['connecting', 'connected']);

    one.type('echo hello-$((20 + 3)); stty size');
    await one.shows(/^hello-23$/m);
    is('the size of the terminal is forwarded',
        (await one.shows(/^(\d+ \d+)$/m))[1], '30 90');

    one.terminal.resize(70, 20);
    one.type('clear; echo size: $(stty size)');
    is('and its changes', (await one.shows(/^size: (.*)$/m))[1], '20 70');

    const two = open('addon');
    await two.connected();
    await two.shows(/^size: 20 70$/m);
    check('a second terminal sees what was there', true);
    one.type('echo for-both');
    await Promise.all([one, two].map((v) => v.shows(/^for-both$/m)));
    check('and what comes', true);

    const other = open('another');
    await other.connected();
    other.type('echo "[$TERM]"');
    await other.shows(/^\[xterm-256color\]$/m);
    check('another session is another shell',
        !/for-both/.test(other.text()));
    other.addon.disconnect();
    two.addon.disconnect();

    one.type('exit 4');
    await until('the exit', () => one.errors.length);
    is('the exit is reported', one.errors, ['Session exited with code 4']);
    await until('the end', () => one.addon.state === 'disconnected');
    check('and the socket is closed', true);

    const lost = open('lost', { reconnect: true });
    await lost.connected();
    lost.type('X=kept; echo set');
    await lost.shows(/^set$/m);
    lost.addon.socket.terminate();
    await until('lost', () => lost.states.includes('disconnected'));
    await lost.connected();
    lost.type('echo "<$X>"');
    await lost.shows(/^<kept>$/m);
    check('a lost connection comes back to the same shell', true);
    lost.addon.dispose();
}


// as the package's terminal() and the clients of the bridge connect

function socket(path, headers = {}) {
    const address = new URL(url + path);
    address.protocol = 'ws:';

    const ws = new WebSocket(address, { headers: {
        Authorization: `Bearer ${key}`, ...headers } });
    const seen = { ws, out: '', events: [] };

    ws.on('message', (data, binary) => {
        if (binary) {
            seen.out += data;
        } else {
            seen.events.push(JSON.parse(data));
        }
    });
    ws.on('close', (code) => {
        seen.code = code;
    });
    ws.on('error', (error) => {
        seen.error = error.message;
    });
    ws.on('unexpected-response', (request, response) => {
        seen.status = response.statusCode;
        response.resume();
    });
    seen.ready = () => until('ready', () => seen.events.some((e) =>
        e.type === 'ready'));

    return seen;
}


async function sockets() {
    const tty = Array.from({ length: 8 }, () =>
        socket('/pty?cols=80&rows=24'));
    await Promise.all(tty.map((s) => s.ready()));
    tty.forEach((s, i) => s.ws.send(Buffer.from(`echo own-$((${i}+10)); exit\n`)));
    await Promise.all(tty.map((s) => until('the end', () => s.code)));
    is('a tty command in each socket',
        tty.map((s, i) => [s.out.includes(`own-${i + 10}\r\n`),
            s.events.at(-1).type, s.events.at(-1).code, s.code]),
        tty.map(() => [true, 'exit', 0, 1000]));

    const named = socket('/ws/pty?sessionId=sandbox-x&cols=100&rows=50&shell=sh');
    await named.ready();
    named.ws.send(Buffer.from('stty size; echo "$0"; kill -9 $$\n'));
    await until('the end', () => named.code);
    check('ws/pty with its arguments', /50 100\r\nsh\r\n/.test(named.out),
        named.out);
    is('killed', named.events.at(-1), { type: 'exit', code: 137,
        signal: 'SIGKILL' });

    const broken = socket('/pty?shell=/no/such');
    await until('the end', () => broken.code);
    is('a shell that is not there', [broken.events[0].type, broken.code],
        ['error', 1011]);

    const pinged = socket('/pty');
    await pinged.ready();
    let pong;
    pinged.ws.on('pong', (data) => {
        pong = String(data);
    });
    pinged.ws.ping('are-you-there');
    is('a ping', await until('the pong', () => pong), 'are-you-there');
    pinged.ws.close(4001, 'done');
    is('the code of a close is sent back',
        await until('the end', () => pinged.code), 4001);

    const refused = socket('/pty?cols=x');
    is('cols=x', await until('refused', () => refused.status), 400);
}


for (const part of [addon, sockets]) {
    try {
        await part();
    } catch (error) {
        check(`${part.name} comes to its end`, false, String(error.stack));
    }
}

process.exit(0);
