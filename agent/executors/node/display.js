// Copyright (C) the ngx_sandbox authors

// Results: a value in every format that it has, and display().

'use strict';

const { inspect } = require('util');

const TEXT_MAX = 1 << 20;                       // characters
const RESULT_MAX = 48 << 20;
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


function text(value) {
    const made = inspect(value, { depth: 6, maxArrayLength: 1000,
                                  maxStringLength: TEXT_MAX });

    return made.length <= TEXT_MAX ? made
        : `${made.slice(0, TEXT_MAX)}\n… truncated: ${made.length} characters`;
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


function encode(member, content) {
    if (member === 'json') {
        return json(content);
    }

    if (BINARY.has(member)) {
        return ArrayBuffer.isView(content)
            ? Buffer.from(content.buffer, content.byteOffset,
                          content.byteLength).toString('base64')
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


async function result(value) {
    if (value !== null && typeof value === 'object'
        || typeof value === 'function')
    {
        const show = value[JUPYTER];

        if (typeof show === 'function') {
            const made = await show.call(value);
            return bundle({ 'text/plain': text(value), ...made });
        }
    }

    const event = { type: 'result', text: text(value) };

    if (value !== null && typeof value === 'object' && plain(value)) {
        const made = json(value);

        if (made !== undefined) {
            event.json = made;
        }
    }

    event.metadata = {};

    return event;
}


function plain(value) {
    const prototype = Object.getPrototypeOf(value);

    return Array.isArray(value) || prototype === null
        || prototype === Object.prototype;
}


function escape(value) {
    return String(value).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
}


// rows: an array of objects, or of arrays

function table(rows) {
    const columns = [], cells = [];

    for (const row of rows) {
        for (const key of Object.keys(row)) {
            if (!columns.includes(key)) {
                columns.push(key);
            }
        }
    }

    for (const row of rows) {
        cells.push('<tr>' + columns.map((c) => `<td>${escape(
            row[c] === undefined ? '' : row[c])}</td>`).join('') + '</tr>');
    }

    const html = '<table><thead><tr>'
        + columns.map((c) => `<th>${escape(c)}</th>`).join('')
        + `</tr></thead><tbody>${cells.join('')}</tbody></table>`;

    return { 'text/plain': text(rows), 'text/html': html,
             'application/json': rows };
}


// emit: takes an event

function makeDisplay(emit) {

    const display = async (value, options = {}) => {
        emit(options.raw ? bundle(value, options.metadata)
                         : await result(value));
    };

    for (const member of new Set(Object.values(MEMBERS))) {
        const mime = Object.keys(MEMBERS).find((m) => MEMBERS[m] === member);
        display[member] = (content) => emit(bundle({ [mime]: content }));
    }

    display.table = (rows) => emit(bundle(table([...rows])));

    return display;
}


module.exports = { result, makeDisplay };
