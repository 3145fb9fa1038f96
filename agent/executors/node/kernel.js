// Copyright (C) the ngx_sandbox authors

// The kernel of a JavaScript or TypeScript context: runs cells that the agent
// sends. Started by boot.js, which provides require, sources and importModule.

'use strict';

/* global sources, importModule */

const { fstatSync, writeSync } = require('fs');
const { createRequire, isBuiltin } = require('module');
const path = require('path');
const { pathToFileURL } = require('url');
const vm = require('vm');
const { Worker } = require('worker_threads');

const { parse, stringify } = JSON;
const { stdout, stderr } = process;

const HEADER = 24;
const CHUNK = 48 * 1024;
const MORE = 1;
const READY = 82, EVENT = 69, DONE = 68, BYE = 66;

const ERROR_TEXT = 65536;
const FRAMES = 100;

const fd = Number(process.env.SANDBOX_KERNEL_FD);
const language = process.env.SANDBOX_KERNEL_LANGUAGE || 'javascript';

delete process.env.SANDBOX_KERNEL_FD;
delete process.env.SANDBOX_KERNEL_LANGUAGE;

// [0] the number of the cell that runs, [1] an answer to an interrupt,
// [2] the agent has acknowledged an event
const state = new Int32Array(new SharedArrayBuffer(12));
const inode = fstatSync(fd).ino;

let token = null;
let number = 0;
let count = 0;
let running = null;                             // the cell


function load(name) {
    const module = { exports: {} };

    vm.compileFunction(sources[name], ['require', 'module', 'exports'],
                       { filename: `sandbox-kernel-${name}.js` })(
                           require, module, module.exports);

    return module.exports;
}


const acorn = load('acorn');
const { transform } = load('transform');
const { result, makeDisplay } = load('display');
let typescript = null;


// messages

function send(kind, payload) {
    const text = stringify(payload).replace(/[\u007f-\uffff]/g, (c) =>
        '\\u' + c.charCodeAt(0).toString(16).padStart(4, '0'));

    const data = Buffer.from(text, 'latin1');

    if (fstatSync(fd).ino !== inode) {
        process.exit(70);                       // user code has closed it
    }

    let at = 0;

    Atomics.store(state, 2, 0);

    do {
        const part = data.subarray(at, at + CHUNK);
        const head = Buffer.alloc(HEADER);

        at += CHUNK;

        token.copy(head);
        head[16] = kind;
        head[17] = at < data.length ? MORE : 0;
        head.writeUInt32LE(number, 20);

        writeSync(fd, Buffer.concat([head, part]));
    } while (at < data.length);

    // what is printed from now on comes after the event

    if (kind === EVENT) {
        Atomics.wait(state, 2, 0);
    }
}


function report(event) {
    event.timestamp = new Date().toISOString();
    send(EVENT, event);
}


// what is shown while no cell runs is nobody's

function emit(event) {
    if (running) {
        report(event);
    }
}


// errors

function describe(error) {
    let name = 'Error', message, lines = [];

    try {
        if (error instanceof Error || (error && typeof error.stack === 'string'
                                       && typeof error.message === 'string'))
        {
            name = String(error.name);
            message = String(error.message);
            lines = stack(error);

        } else {
            name = 'UncaughtValue';
            message = typeof error === 'string' ? error
                : require('util').inspect(error);
        }
    } catch {
        message = 'the error cannot be shown';
    }

    return {
        type: 'error',
        ename: name.slice(0, ERROR_TEXT),
        evalue: message.slice(0, ERROR_TEXT),
        traceback: lines,
        execution_count: count,
    };
}


function stack(error) {
    const lines = [];

    for (const line of String(error.stack).split('\n')) {

        // the kernel's own frames, and node's

        if (/^\s+at .*(sandbox-kernel|node:)/.test(line)) {
            continue;
        }

        if (lines.length === FRAMES) {
            break;
        }

        lines.push(line.slice(0, ERROR_TEXT) + '\n');
    }

    return lines;
}


function syntaxError(error, code) {
    const message = error.message.replace(/ \(\d+:\d+\)$/, '');
    const made = new SyntaxError(message);
    const before = code.slice(0, error.pos ?? 0).split('\n');
    const line = code.split('\n')[before.length - 1] ?? '';

    made.stack = `<cell ${count}>:${before.length}\n${line}\n`
        + `${' '.repeat(before.at(-1).length)}^\nSyntaxError: ${message}`;

    return made;
}


// cells

// made: what transform() has made of it, if it was called before

function compile(code, made) {
    const options = { filename: `<cell ${count}>` };

    try {
        made ??= transform(acorn, code);

    } catch (e) {

        // the engine may know more of the language than the parser

        try {
            return { script: new vm.Script(code, options), valued: true };
        } catch {
            throw syntaxError(e, code);
        }
    }

    options.columnOffset = -made.offset;

    return { script: new vm.Script(made.code, options), valued: made.valued };
}


async function javascript(code) {
    let made = null;

    try {
        made = transform(acorn, code);
    } catch {
        // it has types, or a mistake
    }

    typescript ??= load('typescript');

    const stripped = await typescript.strip(code, made !== null);

    return [stripped, stripped === code ? made : null];
}


async function run(code) {
    const source = language === 'typescript' ? await javascript(code) : [code];
    const { script, valued } = compile(...source);
    const value = await script.runInThisContext();

    if (valued && value !== undefined) {
        globalThis._ = value;
        emit(await result(value));
    }
}


class Place {

    // the working directory and environment of one call

    constructor({ cwd, env }) {
        this.env = env ?? {};
        this.saved = {};
        this.back = process.cwd();
        this.cwd = cwd;

        if (cwd) {
            process.chdir(cwd);
            this.cwd = process.cwd();
        }

        for (const [name, value] of Object.entries(this.env)) {
            this.saved[name] = process.env[name];
            put(name, value);
        }
    }

    leave() {
        for (const [name, value] of Object.entries(this.saved)) {
            if (process.env[name] === (this.env[name] ?? undefined)) {
                put(name, value);
            }
        }

        if (this.cwd && process.cwd() === this.cwd) {
            process.chdir(this.back);
        }
    }
}


function put(name, value) {
    if (value === undefined || value === null) {
        delete process.env[name];
    } else {
        process.env[name] = value;
    }
}


// Each cell is finished once: by its end, by an error that nobody handles, or
// by an interrupt, after which none of its functions may ever return.

function execute(message) {
    number = message.number;
    count++;

    const cell = { number, place: null };

    running = cell;
    Atomics.store(state, 0, number);

    start(cell, message.text).then(() => finish(cell, null),
                                   (e) => finish(cell, describe(e)));
}


async function start(cell, text) {
    const request = parse(text);

    cell.place = new Place(request);

    await run(request.code);

    // an error that is nobody's is told once the cell's turn is over

    await new Promise(setImmediate);
}


function finish(cell, error) {
    if (running !== cell) {
        return;
    }

    running = null;
    Atomics.store(state, 0, 0);

    try {
        cell.place?.leave();
    } catch {
        // the directory is gone
    }

    if (error) {
        report(error);
    }

    send(DONE, { count, failed: error !== null });
}


function uncaught(error) {
    if (running) {
        finish(running, describe(error));
        return;
    }

    stderr.write(`${describe(error).traceback.join('') || error}\n`);
}


function interrupted(message) {
    Atomics.store(state, 1, 1);
    Atomics.notify(state, 1);

    if (running && message.number === running.number) {
        const error = new Error('the execution was interrupted');
        error.name = 'InterruptedError';
        error.stack = `${error.name}: ${error.message}`;
        finish(running, describe(error));
    }
}


// what user code finds

async function sandboxImport(specifier) {
    specifier = String(specifier);

    if (isBuiltin(specifier) || /^[a-z]+:/.test(specifier)) {
        return importModule(specifier);
    }

    if (/^\.{0,2}\//.test(specifier)) {
        return importModule(pathToFileURL(path.resolve(specifier)).href);
    }

    // boot.js, which import() resolves from, is in the first directory

    const { resolve } = createRequire(path.join(process.cwd(), 'cell.js'));

    try {
        return await importModule(specifier);
    } catch (e) {
        if (e.code !== 'ERR_MODULE_NOT_FOUND') {
            throw e;
        }
    }

    return importModule(pathToFileURL(resolve(specifier)).href);
}


function userRequire(specifier) {
    return createRequire(path.join(process.cwd(), 'cell.js'))(specifier);
}

userRequire.resolve = (...args) =>
    createRequire(path.join(process.cwd(), 'cell.js')).resolve(...args);
userRequire.cache = require.cache;

for (const [name, value] of Object.entries({
    require: userRequire,
    module: { exports: {} },
    exports: {},
    display: makeDisplay(emit),
    sandboxImport,
})) {
    Object.defineProperty(globalThis, name, {
        value, writable: true, configurable: true, enumerable: false,
    });
}

Object.defineProperty(globalThis, '__dirname', {
    get: () => process.cwd(), configurable: true,
});

process.on('uncaughtException', uncaught);
process.on('unhandledRejection', uncaught);
process.on('exit', () => send(BYE, {}));        // control.js stops reading
process.on('SIGINT', () => {});                 // control.js interrupts

for (const stream of [stdout, stderr]) {
    stream.on('error', () => {});               // user code has closed it
    stream._handle?.setBlocking?.(true);        // no output piles up in memory
}

const control = new Worker(sources.control, {
    eval: true, workerData: { fd, shared: state.buffer },
});

control.on('message', (message) => {
    switch (message.type) {

    case 'hello':
        token = Buffer.from(message.token);
        send(READY, { language, version: process.versions.node });
        break;

    case 'execute':
        execute(message);
        break;

    case 'interrupt':
        interrupted(message);
    }
});

control.on('exit', () => process.exit(0));
