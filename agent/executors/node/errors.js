// Copyright (C) the ngx_sandbox authors

// Errors as events.

'use strict';

const { SourceMap } = require('module');
const { inspect, types } = require('util');

const TEXT = 65536;                             // characters of a line
const LINES = 200;
const EXCERPT = 160;                            // characters before a mark
const MAPS = 100;

const FRAME_PLACE = /(<cell \d+>):(\d+):(\d+)/g;

const PLACE = Symbol('place');                  // of a mistake

// the kernel's own frames, and those of node
const FRAME = /^\s+at .*(sandbox-kernel|node:)/;


// An error of any realm. Its members may throw.

function name(error) {
    const own = String(error.name);
    const made = error.constructor?.name;

    return own === 'Error' && typeof made === 'string' && made ? made : own;
}


function isError(value) {
    return types.isNativeError(value)
        || (typeof value === 'object' && value !== null
            && !types.isProxy(value)
            && typeof value.stack === 'string'
            && typeof value.message === 'string');
}


// what node shows of an error, with its causes

function clean(text) {
    const lines = [];

    for (const line of text.split('\n')) {

        if (!FRAME.test(line)) {
            lines.push(original(line));

        } else if (line.endsWith(' {') && lines.length) {
            lines.push(lines.pop() + ' {');     // its members follow
        }
    }

    return lines;
}


function traceback(error) {
    return clean(inspect(error)).slice(0, LINES).map((line) =>
        line.slice(0, TEXT) + '\n');
}


function describe(error, count) {
    const event = { type: 'error', ename: 'Error', evalue: '', traceback: [],
                    execution_count: count };

    try {
        if (isError(error)) {
            event.ename = name(error).slice(0, TEXT);
            event.evalue = String(error.message).slice(0, TEXT);
            event.traceback = error[PLACE] ? [error[PLACE]]
                : traceback(error);

        } else {
            event.ename = 'UncaughtValue';
            event.evalue = (typeof error === 'string' ? error
                : inspect(error)).slice(0, TEXT);
        }
    } catch {
        event.evalue ||= 'the error cannot be shown';
    }

    return event;
}


// A mistake in a cell. place: its excerpt, shown instead of the stack.

function mistake(kind, message, place) {
    const error = new Error(message);

    error.name = kind;
    error[PLACE] = `${place}\n${kind}: ${message}\n`;

    return error;
}


// the line of a place in the code, and a mark below it

function excerpt(file, code, at) {
    const before = code.slice(0, at).split('\n');
    const line = code.split('\n')[before.length - 1];
    const column = before.at(-1).length;
    const from = Math.max(0, column - EXCERPT);

    return `${file}:${before.length}\n${line.slice(from, column + EXCERPT)}\n`
        + `${' '.repeat(column - from)}^`;
}


// The places of a cell that was not compiled as it was written.

const maps = new Map();

function keepMap(file, json) {
    maps.set(file, new SourceMap(JSON.parse(json)));

    if (maps.size > MAPS) {
        maps.delete(maps.keys().next().value);
    }
}


function original(line) {
    return line.replace(FRAME_PLACE, (all, file, row, column) => {
        const entry = maps.get(file)?.findEntry(row - 1, column - 1);

        return entry?.originalLine === undefined ? all
            : `${file}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
    });
}


module.exports = { clean, describe, mistake, excerpt, keepMap };
