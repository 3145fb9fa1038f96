// Copyright (C) the ngx_sandbox authors

// Keeps the runtime whole, whatever user code does: descriptors that are not
// its own do not exist for it, and it cannot end stdout and stderr.

'use strict';

const fs = require('fs');
const { syncBuiltinESMExports } = require('module');
const process = require('process');
const { setImmediate } = require('timers');

const NONE = 0x7fffffff;                        // a descriptor that is not open

const PAUSE = 1;                                // ms

const { readdirSync, fstatSync, writeSync } = fs;
const { from } = require('buffer').Buffer;
const { nextTick } = process;
const { isView } = ArrayBuffer;
const { apply } = Reflect;

const pause = new Int32Array(new SharedArrayBuffer(4));


function isOpen(fd) {
    try {
        fstatSync(fd);
        return true;
    } catch {
        return false;
    }
}


// All that are open now, but for stdin, stdout and stderr. Those for signals
// are there once one is listened to.

function descriptors() {
    const hidden = new Set();
    const listener = () => {};

    process.on('SIGWINCH', listener);
    process.removeListener('SIGWINCH', listener);

    for (const name of readdirSync('/proc/self/fd')) {
        const fd = Number(name);

        if (fd > 2 && isOpen(fd)) {
            hidden.add(fd);
        }
    }

    return hidden;
}


function wrap(object, name, make) {
    const original = object[name];
    const made = make(original);

    Object.defineProperties(made, Object.getOwnPropertyDescriptors(original));
    object[name] = made;
}


function guardDescriptors() {
    const hidden = descriptors();

    const map = (fd) => hidden.has(fd) ? NONE : fd;

    for (const name of ['read', 'readv', 'write', 'writev']) {
        for (const f of [name, `${name}Sync`]) {
            wrap(fs, f, (original) => (fd, ...rest) =>
                original(map(fd), ...rest));
        }
    }

    // a program that closes its stdout means well

    wrap(fs, 'closeSync', (original) => (fd) => {
        if (!(fd >= 0 && fd <= 2)) {
            original(map(fd));
        }
    });

    wrap(fs, 'close', (original) => (fd, done) => {
        if (!(fd >= 0 && fd <= 2)) {
            original(map(fd), done);
        } else if (typeof done === 'function') {
            setImmediate(() => done(null));
        }
    });

    syncBuiltinESMExports();
}


function bytes(chunk, encoding) {
    return typeof chunk === 'string'
        ? from(chunk, typeof encoding === 'string' ? encoding : 'utf8')
        : new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
}


// What waits for the agent to read waits here, and no memory fills up. Nothing
// is left of a write that an interrupt has ended, as a stream would have a
// state then.

function writeAll(fd, data) {
    for (let at = 0; at < data.length; /* void */) {
        try {
            at += writeSync(fd, data, at);
        } catch (e) {
            if (e.code !== 'EAGAIN') {
                return;
            }

            // a child has changed the mode of the pipe
            Atomics.wait(pause, 0, 0, PAUSE);
        }
    }
}


function guardStream(stream, fd) {
    const { write } = stream;

    stream.on('error', () => {});
    stream._handle?.setBlocking?.(true);

    stream.write = (chunk, ...rest) => {
        if (typeof chunk !== 'string' && !isView(chunk)) {
            return apply(write, stream, [chunk, ...rest]);
        }

        const done = rest.findLast((a) => typeof a === 'function');

        writeAll(fd, bytes(chunk, rest[0]));

        if (done) {
            nextTick(done);
        }

        return true;
    };

    stream.end = (...args) => {
        const done = args.findLast((a) => typeof a === 'function');

        if (args.length && args[0] !== done && args[0] != null) {
            stream.write(args[0], args[1]);
        }

        nextTick(() => {
            done?.();
            stream.emit('finish');              // pipeline() waits for it
        });

        return stream;
    };

    stream.destroy = () => stream;
}


// Events of the process. User code may remove all listeners, so these are none.
// uncaught: takes an error that user code does not handle; leave: is called
// before the process exits.

function guardProcess(uncaught, leave) {
    const { emit, reallyExit } = process;

    process.emit = function (name, ...args) {
        switch (name) {

        case 'uncaughtException':
        case 'unhandledRejection':
            if (process.listenerCount(name) === 0) {
                uncaught(args[0]);
                return true;
            }
            break;

        case 'exit':
            try {
                return apply(emit, this, [name, ...args]);
            } finally {
                leave();
            }
        }

        return apply(emit, this, [name, ...args]);
    };

    process.reallyExit = (code) => {
        leave();
        apply(reallyExit, process, [code]);
    };
}


module.exports = { guardDescriptors, guardStream, guardProcess };
