// Copyright (C) the ngx_sandbox authors

// The main thread's side of the connection to the agent: what it sends. The
// format of packets is described in ../python/channel.py.

'use strict';

const { fstatSync, writevSync } = require('fs');
const { kill, pid } = require('process');
const { TextEncoder } = require('util');

const HEADER = 24;
const CHUNK = 48 * 1024;
const MORE = 1, LAST = 2;                       // flags

// members of the memory that is shared with control.js

const RUNNING = 0;                              // the number of the cell
const ANSWER = 1;                               // to an interrupt
const ACKS = 2;                                 // of events, so far
const SENDING = 3;                              // nothing may end that
const ENDED = 4;                                // the cell that was ended

const encoder = new TextEncoder();
const encode = encoder.encode.bind(encoder);


function ascii(text) {
    return text.replace(/[\u007f-\uffff]/g, (c) =>
        '\\u' + c.charCodeAt(0).toString(16).padStart(4, '0'));
}


class Channel {

    constructor(fd) {
        this.fd = fd;
        this.inode = fstatSync(fd).ino;
        this.state = new Int32Array(new SharedArrayBuffer(20));
        this.token = null;
        this.events = 0;
    }

    send(kind, number, payload, flags = 0) {
        const text = ascii(JSON.stringify(payload));

        Atomics.store(this.state, SENDING, 1);

        try {
            this.packets(kind.charCodeAt(0), number, encode(text), flags);
        } catch {
            kill(pid, 'SIGKILL');               // user code has closed it
        }

        Atomics.store(this.state, SENDING, 0);
    }

    packets(kind, number, data, flags) {
        let at = 0;

        if (fstatSync(this.fd).ino !== this.inode) {
            throw new Error('closed');
        }

        do {
            const size = Math.min(data.length - at, CHUNK);
            const part = new Uint8Array(data.buffer, data.byteOffset + at,
                                        size);
            const head = new Uint8Array(HEADER);

            at += size;

            head.set(this.token);
            head[16] = kind;
            head[17] = at < data.length ? flags | MORE : flags;
            new DataView(head.buffer).setUint32(20, number, true);

            writevSync(this.fd, [head, part]);
        } while (at < data.length);
    }

    // What is printed from now on comes after the event. Nothing is after the
    // last event of a cell, and the agent does not acknowledge it.

    event(number, event, isLast) {
        this.send('E', number, event, isLast ? LAST : 0);

        if (isLast) {
            return;
        }

        this.events++;

        for (;;) {
            const acks = Atomics.load(this.state, ACKS);

            if (acks >= this.events) {
                return;
            }

            Atomics.wait(this.state, ACKS, acks);
        }
    }
}


module.exports = { Channel, RUNNING, ANSWER, ENDED };
