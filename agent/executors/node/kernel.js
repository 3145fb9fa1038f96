// Copyright (C) the ngx_sandbox authors

// The kernel of a JavaScript or TypeScript context: runs cells that the agent
// sends. Started by boot.js, which provides require, sources, realm and
// importModule.

'use strict';

/* global sources, realm, importModule */

const { Buffer } = require('buffer');
const process = require('process');
const { setImmediate } = require('timers');
const { types } = require('util');
const vm = require('vm');
const { Worker } = require('worker_threads');

const { chdir, cwd, env, exit, stdout, stderr } = process;

const STRAY = 10000;

const fd = Number(env.SANDBOX_KERNEL_FD);
const language = env.SANDBOX_KERNEL_LANGUAGE || 'javascript';

delete env.SANDBOX_KERNEL_FD;
delete env.SANDBOX_KERNEL_LANGUAGE;


// a file of this folder

const loaded = {};

function load(name) {
    if (!Object.hasOwn(sources, name)) {
        return require(name);
    }

    if (!loaded[name]) {
        const module = { exports: {} };

        vm.compileFunction(sources[name], ['require', 'module', 'exports'], {
            filename: `sandbox-kernel-${name}.js`, parsingContext: realm,
        })(load, module, module.exports);

        loaded[name] = module.exports;
    }

    return loaded[name];
}


const { Channel, RUNNING, ANSWER, ENDED } = load('channel');
const channel = new Channel(fd);

// it starts while the rest is loaded
const control = new Worker(sources.control, {
    eval: true, workerData: { fd, state: channel.state },
});

const { show, makeDisplay } = load('display');
const { describe, mistake, excerpt, keepMap } = load('errors');
const { makeGlobals, release, remember } = load('globals');
const { guardDescriptors, guardStream, guardProcess } = load('guard');
const { transform } = load('transform');
const acorn = load('acorn');

let count = 0;
let stray = 0;                                  // errors since the last cell
let running = null;                             // the cell
let ending = null;                              // what is told of its end


// Each cell is finished once: by its end, by an error that nobody handles, or
// by an interrupt, after which its awaits never return.

class Cell {

    constructor(number) {
        this.number = number;
        this.index = ++count;
        this.file = `<cell ${this.index}>`;
        this.later = [];                        // what display() promises
        this.place = null;
    }
}


// numbers of those that did not run to their end
const ended = new Set();


// what is shown while no cell runs is nobody's

function emit(event, isLast = false) {
    if (running) {
        event.timestamp = new Date().toISOString();
        channel.event(running.number, event, isLast);
    }
}


// compiling

function script(code, file, offset) {
    return new vm.Script(code, {
        filename: file, columnOffset: -offset,
        importModuleDynamically: vm.constants?.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    });
}


// The engine may know more of the language than the parser. Such a cell keeps
// its declarations for itself if it awaits.

function unparsed(code, cell, error) {
    const prefix = '(async () => {';
    const tries = [[code, 0]];

    if (!error.message.startsWith("'return'")) {
        tries.push([`${prefix}${code}\n})`, prefix.length]);
    }

    for (const [source, offset] of tries) {
        try {
            return { script: script(source, cell.file, offset), names: [],
                     isValued: offset === 0, isWrapped: offset !== 0 };
        } catch {
            // a mistake, which the parser names
        }
    }

    const message = error.message.replace(/ \(\d+:\d+\)$/, '');

    throw mistake('SyntaxError', message,
                  excerpt(cell.file, code, error.pos ?? 0));
}


function compile(code, cell) {
    let made;

    try {
        made = transform(acorn, code, cell.index);
    } catch (e) {
        return unparsed(code, cell, e);
    }

    made.script = script(made.code, cell.file, made.offset);

    return made;
}


function parses(code) {
    try {
        transform(acorn, code, 0);
        return true;
    } catch {
        return false;
    }
}


async function javascript(code, cell) {
    const made = await load('typescript').strip(code, cell.file, parses);

    if (made.map) {
        keepMap(cell.file, made.map);
    }

    return made.code;
}


// running

async function run(code, cell) {
    const source = language === 'typescript' ? await javascript(code, cell)
        : code;
    const made = compile(source, cell);

    release(made.names);

    let value = made.script.runInThisContext({ displayErrors: false });

    if (made.isWrapped) {
        [value] = await value() ?? [];
    }

    if (types.isPromise(value)) {
        value = await value;
    }

    await Promise.allSettled(cell.later);

    // an error that is nobody's is told once the cell's turn is over
    await new Promise(setImmediate);

    // what was ended was perhaps no more than a callback
    if (Atomics.load(channel.state, ENDED) === cell.number) {
        throw interruption(cell);
    }

    if (made.isValued && value !== undefined && running === cell) {
        remember(value);
        await show(value, (event) => emit(event, true));
    }
}


async function start(cell, text) {
    const request = JSON.parse(text);

    cell.place = new Place(request);

    await run(request.code, cell);
}


function execute(message) {
    const cell = new Cell(message.number);

    running = cell;
    stray = 0;
    Atomics.store(channel.state, RUNNING, cell.number);

    start(cell, message.text).then(() => finish(cell, null), (e) =>
        finish(cell, describe(e, cell.index)));
}


function finish(cell, error) {
    if (running !== cell) {
        return;
    }

    running = null;
    ending = { number: cell.number, error, isFailed: error !== null };

    Atomics.store(channel.state, RUNNING, 0);

    // a termination that comes too late ends no cell, but this function
    setImmediate(conclude);

    try {
        cell.place?.leave();
    } catch {
        // the directory is gone
    }

    conclude();
}


function conclude() {
    if (ending === null) {
        return;
    }

    const { number, error, isFailed } = ending;

    if (error) {
        ending.error = null;
        error.timestamp = new Date().toISOString();
        channel.event(number, error, true);
    }

    ending = null;
    channel.send('D', number, { count, failed: isFailed });
}


// Without a cell, it is nobody's. A runtime that does nothing else is broken.

function uncaught(error) {
    if (running) {
        ended.add(running.index);
        finish(running, describe(error, running.index));

    } else if (++stray > STRAY) {
        process.kill(process.pid, 'SIGABRT');
    }
}


function interruption(cell) {
    return mistake('InterruptedError', 'the execution was interrupted',
                   cell.file);
}


function interrupted(number) {
    Atomics.store(channel.state, ANSWER, 1);
    Atomics.notify(channel.state, ANSWER);

    if (running?.number === number) {
        ended.add(running.index);
        finish(running, describe(interruption(running), running.index));
    }
}


class Place {

    // the working directory and environment of one call

    constructor({ cwd: directory, env: variables, environ: lasting }) {
        for (const [name, value] of Object.entries(lasting ?? {})) {
            put(name, value);
        }

        this.variables = variables ?? {};
        this.saved = {};
        this.back = null;

        if (directory) {
            this.back = cwd();
            chdir(directory);
            this.directory = cwd();
        }

        for (const [name, value] of Object.entries(this.variables)) {
            this.saved[name] = env[name];
            put(name, value);
        }
    }

    // what the cell itself has changed stays

    leave() {
        for (const [name, value] of Object.entries(this.saved)) {
            if (env[name] === (this.variables[name] ?? undefined)) {
                put(name, value);
            }
        }

        if (this.back !== null && cwd() === this.directory) {
            chdir(this.back);
        }
    }
}


function put(name, value) {
    if (value === undefined || value === null) {
        delete env[name];
    } else {
        env[name] = value;
    }
}


// starting

makeGlobals({
    load: importModule,
    isEnded: (index) => ended.has(index),
    isLenient: language === 'typescript',
    display: makeDisplay(emit, (promise) => running?.later.push(promise)),
});

guardStream(stdout, 1);
guardStream(stderr, 2);
guardProcess(uncaught, () => {
    if (channel.token) {
        channel.send('B', 0, {});               // control.js stops reading
    }
});

control.on('message', (message) => {
    switch (message.type) {

    case 'hello':
        guardDescriptors();
        channel.token = Buffer.from(message.token);
        channel.send('R', 0, { language, version: process.versions.node });
        break;

    case 'execute':
        execute(message);
        break;

    case 'interrupt':
        interrupted(message.number);
    }
});

control.on('exit', () => exit(0));
