// Copyright (C) the ngx_sandbox authors

// A terminal of a sandbox in xterm.js.  The query of the page names the
// sandbox and a session, ?id=demo&session=main; a key comes after "#", which
// browsers do not send to any server.

import { Terminal } from './node_modules/@xterm/xterm/lib/xterm.mjs';
import { FitAddon } from './node_modules/@xterm/addon-fit/lib/addon-fit.mjs';

const page = new URLSearchParams(location.search);
const id = page.get('id') ?? 'demo';
const session = page.get('session') ?? 'main';
const key = decodeURIComponent(location.hash.slice(1));

const status = document.getElementById('status');
const encoder = new TextEncoder();
const terminal = new Terminal({ scrollback: 10000 });
const fit = new FitAddon();

terminal.loadAddon(fit);
terminal.open(document.getElementById('terminal'));
fit.fit();
terminal.focus();

let socket;
let shell = null;       // its id, once it is known
let offset = 0;         // bytes of its output that are on the screen
let delay = 500;


function send(message) {
    if (socket?.readyState === WebSocket.OPEN) {
        socket.send(message);
    }
}

function resize() {
    send(JSON.stringify({ type: 'resize', cols: terminal.cols,
        rows: terminal.rows }));
}

terminal.onData((text) => send(encoder.encode(text)));
terminal.onBinary((text) => send(Uint8Array.from(text,
    (c) => c.charCodeAt(0))));
terminal.onResize(resize);
new ResizeObserver(() => fit.fit()).observe(
    document.getElementById('terminal'));


const on = {
    // first message of a connection that resumes
    replay(message) {
        if (!message.resumed) {
            terminal.reset();
        }
        offset = message.offset;
    },

    ready(message) {
        shell = message.id;
        offset = message.offset;
        delay = 500;
        status.textContent = `${id}, session ${session}`;
        resize();
    },

    exit(message) {
        shell = null;
        status.textContent = `The shell has exited with code ${message.code}.`
            + ' Reload the page for another one.';
    },

    error(message) {
        status.textContent = message.message;
    },
};


function connect() {
    const url = new URL(`/v1/sandbox/${id}/pty`, location.href);
    url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';

    const query = url.searchParams;
    query.set('session', session);
    query.set('cols', terminal.cols);
    query.set('rows', terminal.rows);
    if (shell) {
        query.set('since', offset);
        query.set('id', shell);
    }
    if (key) {
        query.set('authorization', `Bearer ${key}`);
    }

    let ended = false;

    socket = new WebSocket(url);
    socket.binaryType = 'arraybuffer';

    socket.onmessage = ({ data }) => {
        if (data instanceof ArrayBuffer) {
            offset += data.byteLength;
            terminal.write(new Uint8Array(data));
        } else {
            const message = JSON.parse(data);
            ended ||= message.type === 'exit';
            on[message.type]?.(message);
        }
    };

    socket.onclose = ({ code }) => {
        if (ended || code === 1011) {
            return;
        }

        // the network, a reload of nginx, or a sandbox that sleeps: the next
        // connection wakes it
        status.textContent = 'connecting…';
        setTimeout(connect, delay);
        delay = Math.min(delay * 2, 10000);
    };
}

connect();

// for the browser's console
globalThis.terminal = terminal;
