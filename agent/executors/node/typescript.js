// Copyright (C) the ngx_sandbox authors

// TypeScript: types are removed by node itself, or by esbuild, which also
// knows decorators.

'use strict';

const { Buffer } = require('buffer');
const { createRequire, stripTypeScriptTypes } = require('module');
const { dirname, join, sep } = require('path');
const process = require('process');

const { mistake } = require('errors');

const KIND = 'TranspileError';
const MAP = '\n\n//# sourceMappingURL=data:application/json;base64,';


function esbuild() {
    const places = [join(process.cwd(), sep)];

    // beside node: where npm installs global packages
    places.push(join(dirname(process.execPath), '..', 'lib', sep));

    for (const place of places) {
        try {
            return createRequire(place)('esbuild');
        } catch (e) {
            if (e.code !== 'MODULE_NOT_FOUND') {
                throw e;
            }
        }
    }

    return null;
}


// Node's own, which keeps everything in its place if there are only types.
// Gives a source map otherwise.

function withNode(code, file) {
    const warn = process.emitWarning;

    process.emitWarning = () => {};             // it is experimental

    try {
        try {
            return { code: stripTypeScriptTypes(code, { mode: 'strip' }) };
        } catch (e) {
            if (e.code !== 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX') {
                throw e;
            }
        }

        const text = stripTypeScriptTypes(code, { mode: 'transform',
                                                  sourceMap: true });
        const at = text.lastIndexOf(MAP);

        return { code: text.slice(0, at),
                 map: Buffer.from(text.slice(at + MAP.length), 'base64')
                     .toString() };

    } catch (e) {
        // ":2", all lines until the mistake, and a mark
        const lines = e.stack.slice(0, e.stack.indexOf('\n\n')).split('\n');

        throw mistake(KIND, e.message, lines[0].startsWith(':')
            ? `${file}${[lines[0], ...lines.slice(-2)].join('\n')}` : file);
    } finally {
        process.emitWarning = warn;
    }
}


let found;

async function withEsbuild(code, file) {
    if (found === undefined) {
        found = esbuild();
    }

    if (found === null) {
        return null;
    }

    try {
        return await found.transform(code, {
            loader: 'ts',
            format: 'esm',
            target: 'es2024',
            sourcemap: 'external',
            supported: { 'top-level-await': true },
            tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
        });

    } catch (e) {
        const first = e.errors?.[0];

        if (!first?.location) {
            throw e;
        }

        const { line, column, lineText } = first.location;

        throw mistake(KIND, first.text, `${file}:${line}\n${lineText}\n`
                      + `${' '.repeat(column)}^`);
    }
}


// generics that are comparisons in JavaScript: f<string>(x)

const AMBIGUOUS = /<[\w\s[\]{}.,|&:;'"?]+>/;


// A cell as JavaScript: {code, map?}. parses: whether a text is that.

async function strip(code, file, parses) {
    if (!AMBIGUOUS.test(code) && parses(code)) {
        return { code };
    }

    const made = stripTypeScriptTypes ? withNode(code, file) : null;

    if (made && parses(made.code)) {
        return made;
    }

    const other = await withEsbuild(code, file);

    if (!made && !other) {
        throw mistake(KIND, 'TypeScript needs Node.js 22.13 or later, or the '
                      + 'package esbuild: run "npm install -g esbuild".', file);
    }

    return other ?? made;
}


module.exports = { strip };
