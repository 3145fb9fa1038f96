// Copyright (C) the ngx_sandbox authors

// Results: a value in every format that it has, and display().

'use strict';

const { Buffer } = require('buffer');
const { inspect, types } = require('util');
const vm = require('vm');

const { clean } = require('errors');

const TEXT_MAX = 1 << 20;                       // characters
const RESULT_MAX = 48 << 20;
const ROWS_MAX = 1000;                          // of a table
const JUPYTER = Symbol.for('Jupyter.display');

const MEMBERS = {
    'text/plain': 'text',
    'text/html': 'html',
    'text/markdown': 'markdown',
    'image/svg+xml': 'svg',
    'image/png': 'png',
    'image/jpeg': 'jpeg',
    'application/pdf': 'pdf',
    'text/latex': 'latex',
    'application/json': 'json',
    'application/javascript': 'javascript',
    'text/javascript': 'javascript',
};

const BINARY = new Set(['png', 'jpeg', 'pdf']);

const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const JPEG = [0xff, 0xd8, 0xff];

const { from } = Buffer;
const toString = Function.prototype.call.bind(Buffer.prototype.toString);

// of the objects of user code
const prototype = vm.runInThisContext('Object.prototype');


function text(value) {
    let made = inspect(value, { depth: 6, maxArrayLength: 1000,
                                maxStringLength: TEXT_MAX });

    if (made.includes('sandbox-kernel')) {
        made = clean(made).join('\n');         // an error, with its stack
    }

    return made.length <= TEXT_MAX ? made
        : `${made.slice(0, TEXT_MAX)}\n… truncated: `
          + `${made.length} characters`;
}


// a copy that JSON can hold, or undefined

function json(value) {
    try {
        const made = JSON.stringify(value);

        return made === undefined || made.length > RESULT_MAX ? undefined
            : JSON.parse(made);
    } catch {
        return undefined;
    }
}


function base64(view) {
    return toString(from(view.buffer, view.byteOffset, view.byteLength),
                    'base64');
}


function encode(member, content) {
    if (member === 'json') {
        return json(content);
    }

    if (BINARY.has(member)) {
        return ArrayBuffer.isView(content) ? base64(content)
            : String(content).replace(/^data:[^,]*,/, '').replace(/\s+/g, '');
    }

    return String(content);
}


// a MIME bundle as a result event

function bundle(data, metadata = {}) {
    const event = { type: 'result' };
    const extra = {}, dropped = [];

    for (const [mime, content] of Object.entries(data)) {
        const member = MEMBERS[mime];
        const made = member ? encode(member, content) : json(content);

        if (made === undefined
            || (typeof made === 'string' && made.length > RESULT_MAX))
        {
            dropped.push(member ?? mime);
            continue;
        }

        if (member) {
            event[member] = made;
        } else {
            extra[mime] = made;
        }
    }

    if (Object.keys(extra).length) {
        event.extra = extra;
    }

    event.metadata = json(metadata) ?? {};

    if (dropped.length) {
        event.metadata.dropped = dropped;
    }

    return event;
}


function isPlain(value) {
    const own = Object.getPrototypeOf(value);

    return Array.isArray(value) || own === null || own === prototype;
}


function begins(view, bytes) {
    const head = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);

    return bytes.every((b, i) => head[i] === b);
}


// What an object shows of itself, or the member that its contents are. A
// proxy would show whatever it is asked for.

function own(value) {
    try {
        return types.isProxy(value) ? undefined : value[JUPYTER];
    } catch {
        return undefined;
    }
}


function result(value) {
    const event = { type: 'result', text: text(value) };

    if (value !== null && typeof value === 'object' && !types.isProxy(value)) {

        const made = isPlain(value) ? json(value) : undefined;

        if (made !== undefined) {
            event.json = made;

        } else if (types.isUint8Array(value)) {

            if (begins(value, PNG)) {
                event.png = base64(value);

            } else if (begins(value, JPEG)) {
                event.jpeg = base64(value);
            }
        }
    }

    event.metadata = {};

    return event;
}


// Emits the result of a value, later if the value takes its time: a promise.

function show(value, emit) {
    const isObject = value !== null && typeof value === 'object'
        || typeof value === 'function';
    const method = isObject ? own(value) : undefined;

    if (typeof method !== 'function') {
        emit(result(value));
        return undefined;
    }

    const made = Reflect.apply(method, value, []);
    const finish = (data) => emit(bundle({ 'text/plain': text(value),
                                           ...data }));

    return types.isPromise(made) ? (async () => finish(await made))()
        : finish(made);
}


function escape(value) {
    return String(value).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
}


// rows: anything that can be iterated, or an object, whose keys are shown. A
// row is an object, an array, or a single value.

function table(rows) {
    const isList = typeof rows[Symbol.iterator] === 'function';
    const all = isList ? [...rows] : Object.entries(rows).map(
        ([key, row]) => ({ '': key, ...cells(row) }));
    const shown = all.slice(0, ROWS_MAX).map(cells);
    const columns = [...new Set(shown.flatMap(Object.keys))];

    const head = columns.map((c) => `<th>${escape(c)}</th>`).join('');
    const body = shown.map((row) => '<tr>' + columns.map((c) =>
        `<td>${escape(row[c] === undefined ? '' : row[c])}</td>`).join('')
        + '</tr>').join('');

    return bundle({
        'text/plain': text(rows),
        'text/html': `<table><thead><tr>${head}</tr></thead>`
            + `<tbody>${body}</tbody></table>`,
        'application/json': isList ? all : rows,
    }, all.length > ROWS_MAX ? { rows: all.length, truncated: true } : {});
}


function cells(row) {
    return row !== null && typeof row === 'object' ? row : { value: row };
}


// emit: takes an event; later: takes a promise that the cell waits for

function makeDisplay(emit, later) {

    const display = (value, options = {}) => {
        const made = options?.raw ? emit(bundle(value, options.metadata))
            : show(value, emit);

        if (made) {
            later(made);
        }

        return made;
    };

    for (const member of new Set(Object.values(MEMBERS))) {
        const mime = Object.keys(MEMBERS).find((m) => MEMBERS[m] === member);
        display[member] = (content) => emit(bundle({ [mime]: content }));
    }

    display.table = (rows) => emit(table(rows));

    return display;
}


module.exports = { show, makeDisplay };
