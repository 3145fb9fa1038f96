// Copyright (C) the ngx_sandbox authors

// TypeScript: types are removed by node itself, or by esbuild.

'use strict';

const { createRequire, stripTypeScriptTypes } = require('module');
const { dirname, join, sep } = require('path');


function failure(message) {
    const error = new Error(message);
    error.name = 'TranspileError';
    error.stack = `TranspileError: ${message}`;
    return error;
}


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


function withNode(code) {
    const warn = process.emitWarning;

    process.emitWarning = () => {};             // it is experimental

    try {
        return stripTypeScriptTypes(code, { mode: 'transform' });
    } catch (e) {
        throw failure(e.message);
    } finally {
        process.emitWarning = warn;
    }
}


let found;

async function withEsbuild(code) {
    if (found === undefined) {
        found = esbuild();
    }

    if (found === null) {
        throw failure('TypeScript needs Node.js 22.13 or later, or the '
                      + 'package esbuild: run "npm install -g esbuild".');
    }

    try {
        const made = await found.transform(code, {
            loader: 'ts',
            format: 'esm',
            target: 'esnext',
            supported: { 'top-level-await': true },
            tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true,
                                              target: 'esnext' } },
        });
        return made.code;

    } catch (e) {
        const first = e.errors?.[0];
        throw failure(first ? `${first.text} (line ${first.location?.line}, `
                              + `column ${first.location?.column + 1})`
                            : e.message);
    }
}


// generics that are comparisons in JavaScript: f<string>(x)

const AMBIGUOUS = /<[\w\s[\]{}.,|&:;'"?]+>/;


// parses: whether the code is JavaScript

async function strip(code, parses) {
    if (parses && !AMBIGUOUS.test(code)) {
        return code;
    }

    return stripTypeScriptTypes ? withNode(code) : withEsbuild(code);
}


module.exports = { strip };
