// Copyright (C) the ngx_sandbox authors

// The worker thread that reads the connection to the agent. It passes cells on
// to the main thread, and ends a cell that keeps the main thread busy.
//
// The format of packets is described in ../python/channel.py.

'use strict';

const { readSync } = require('fs');
const { Session } = require('inspector');
const { parentPort, workerData } = require('worker_threads');

const HEADER = 24;
const MORE = 1;
const EXECUTE = 88, INTERRUPT = 73, ACK = 65;
const PATIENCE = 10;                            // ms until a cell is ended

const { fd, shared } = workerData;
const state = new Int32Array(shared);           // see kernel.js
const buffer = Buffer.alloc(65536);

let token = null;
let parts = [];


function interrupt(number) {

    // the event loop answers, unless the cell keeps it busy

    let session = null;

    for (let tries = 0; tries < 20; tries++) {

        if (Atomics.load(state, 0) !== number) {
            break;
        }

        Atomics.store(state, 1, 0);
        parentPort.postMessage({ type: 'interrupt', number });

        if (Atomics.wait(state, 1, 0, PATIENCE) !== 'timed-out') {
            break;
        }

        if (session === null) {
            session = new Session();
            session.connectToMainThread();
        }

        session.post('Runtime.terminateExecution');
    }

    session?.disconnect();
}


function packet(length) {
    const kind = buffer[16];

    if (kind === ACK && token !== null) {
        Atomics.store(state, 2, 1);
        Atomics.notify(state, 2);
        return;
    }

    const payload = Buffer.from(buffer.subarray(HEADER, length));

    if (token === null) {
        token = payload.subarray(0, 16);
        parentPort.postMessage({ type: 'hello', token });
        return;
    }

    if (!buffer.subarray(0, 16).equals(token)) {
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
        parentPort.postMessage({ type: 'execute', number, text });

    } else if (kind === INTERRUPT) {
        interrupt(number);
    }
}


for (;;) {
    const length = readSync(fd, buffer);

    if (length === 0) {
        process.exit(0);
    }

    if (length >= HEADER) {
        packet(length);
    }
}
