// Copyright (C) the ngx_sandbox authors

// The worker thread that reads the connection to the agent. It passes cells on
// to the main thread, and ends a cell that keeps the main thread busy.
//
// The format of packets is described in ../python/channel.py.

'use strict';

const { readdirSync, readFileSync, readSync } = require('fs');
const { Session } = require('inspector');
const { parentPort, workerData } = require('worker_threads');

const HEADER = 24;
const MORE = 1;
const EXECUTE = 88, INTERRUPT = 73, ACK = 65;

const PATIENCE = 10;                            // ms until a cell is ended
const TRIES = 100;
const CHILD = 5;                                // tries before its child is

const STATE = 0, START = 19;                    // of stat()
const TICKS = 100;                              // a second
const TOLERANCE = 0.1;                          // seconds

// members of the memory that is shared: see channel.js
const RUNNING = 0, ANSWER = 1, ACKS = 2, SENDING = 3, ENDED = 4;

const { fd, state } = workerData;
const buffer = Buffer.alloc(65536);

let token = null;
let parts = [];
let began = 0;                                  // the cell: uptime, seconds


function interrupt(number) {

    // the event loop answers, unless the cell keeps it busy

    const session = new Session();
    let connected = false;

    for (let tries = 0; tries < TRIES; tries++) {

        if (Atomics.load(state, RUNNING) !== number) {
            break;
        }

        Atomics.store(state, ANSWER, 0);
        parentPort.postMessage({ type: 'interrupt', number });

        if (Atomics.wait(state, ANSWER, 0, PATIENCE) !== 'timed-out') {
            break;
        }

        if (Atomics.load(state, SENDING)
            || Atomics.load(state, RUNNING) !== number)
        {
            continue;
        }

        if (!connected) {
            session.connectToMainThread();
            connected = true;
        }

        Atomics.store(state, ENDED, number);
        session.post('Runtime.terminateExecution');

        if (tries >= CHILD) {
            endChild(tries < TRIES / 2 ? 'SIGINT' : 'SIGKILL');
        }
    }

    session.disconnect();
}


// the fields of a process or thread in proc(5) from its state on

function stat(place) {
    const text = readFileSync(`/proc/${place}/stat`, 'latin1');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
}


function children(pid, out = []) {
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
        const list = readFileSync(`/proc/${pid}/task/${thread}/children`,
                                  'latin1');

        for (const child of list.trim().split(' ').filter(Boolean)) {
            out.push(Number(child));
        }
    }

    return out;
}


function killTree(pid, signal) {
    for (const child of children(pid)) {
        killTree(child, signal);
    }

    process.kill(pid, signal);
}


// In execSync() and the like, the main thread sleeps until its youngest child
// exits. One that is older than the cell is another's.

function endChild(signal) {
    try {
        const pid = children('self').at(-1);

        if (pid && stat('self')[STATE] === 'S'
            && (stat(pid)[START] - stat('self')[START]) / TICKS
               > began - TOLERANCE)
        {
            killTree(pid, signal);
        }
    } catch {
        // it has exited
    }
}


function packet(length) {
    const kind = buffer[16];

    if (token !== null && !buffer.subarray(0, 16).equals(token)) {
        return;
    }

    if (kind === ACK) {
        Atomics.add(state, ACKS, 1);
        Atomics.notify(state, ACKS);
        return;
    }

    const payload = Buffer.from(buffer.subarray(HEADER, length));

    if (token === null) {
        token = payload.subarray(0, 16);
        parentPort.postMessage({ type: 'hello', token });
        return;
    }

    parts.push(payload);

    if (buffer[17] & MORE) {
        return;
    }

    const number = buffer.readUInt32LE(20);
    const text = Buffer.concat(parts).toString();

    parts = [];

    if (kind === EXECUTE) {
        began = process.uptime();
        parentPort.postMessage({ type: 'execute', number, text });

    } else if (kind === INTERRUPT) {
        interrupt(number);
    }
}


// The socket has a timeout: node exits only once this thread has, which cannot
// while it waits.

for (;;) {
    let length = 0;

    try {
        length = readSync(fd, buffer);
    } catch (e) {
        if (e.code === 'EAGAIN') {
            continue;
        }
    }

    if (length === 0) {
        process.exit(0);
    }

    if (length >= HEADER) {
        packet(length);
    }
}
