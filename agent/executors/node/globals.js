// Copyright (C) the ngx_sandbox authors

// What user code finds beside the globals of node: require() and import() from
// the working directory, and what transform.js refers to.

'use strict';

const { createRequire, isBuiltin } = require('module');
const path = require('path');
const { cwd } = require('process');
const { pathToFileURL } = require('url');
const vm = require('vm');

const { defineProperty, getOwnPropertyDescriptor, hasOwn } = Object;

const user = vm.runInThisContext('globalThis');


// where a cell would be if it were a file

function place() {
    return path.join(cwd(), 'cell.js');
}


let found = { place: null, require: null };

function requireHere() {
    const here = place();

    if (found.place !== here) {
        found = { place: here, require: createRequire(here) };
    }

    return found.require;
}


// boot.js, which import() resolves from, is in the first directory

async function importHere(load, specifier, options) {
    specifier = String(specifier);

    if (isBuiltin(specifier) || /^[a-z]+:/.test(specifier)) {
        return load(specifier, options);
    }

    const { resolve } = requireHere();

    if (/^\.{0,2}\//.test(specifier)) {
        return load(pathToFileURL(path.resolve(specifier)).href, options);
    }

    try {
        return await load(specifier, options);
    } catch (e) {
        if (e.code !== 'ERR_MODULE_NOT_FOUND') {
            throw e;
        }
    }

    return load(pathToFileURL(resolve(specifier)).href, options);
}


// The exports that an import declaration names. What the loader has not seen
// in a CommonJS module may be there all the same.

function exported(module, names, specifier, isLenient) {
    if (names.every((n) => n in module)) {
        return module;
    }

    const made = {};
    const whole = Object(module.default);

    for (const n of names) {
        if (n in module) {
            made[n] = module[n];

        } else if (n in whole) {
            made[n] = whole[n];

        } else if (!isLenient) {
            throw new SyntaxError(`The requested module '${specifier}' does `
                                  + `not provide an export named '${n}'`);
        }
    }

    return made;
}


function define(name, descriptor) {
    defineProperty(user, name, { configurable: true, enumerable: false,
                                 ...descriptor });
}


// load: imports a module; isEnded: whether a cell of that number has ended;
// isLenient: names of types may be imported, which are nothing

function makeGlobals({ load, isEnded, isLenient, display }) {

    const never = new Promise(() => {});

    const cell = {

        import: (specifier, options) => importHere(load, specifier, options),

        async take(specifier, names, options) {
            const module = await importHere(load, specifier, options);
            return exported(module, names, specifier, isLenient);
        },

        async wait(number, value) {
            try {
                return await value;
            } finally {
                if (isEnded(number)) {
                    await never;
                }
            }
        },

        async *each(number, list) {
            for await (const item of list) {
                if (isEnded(number)) {
                    await never;
                }
                yield item;
            }
        },

        get meta() {
            const filename = place();

            return { dirname: cwd(), filename,
                     url: pathToFileURL(filename).href,
                     resolve: (s) => pathToFileURL(
                         requireHere().resolve(s)).href };
        },
    };

    defineProperty(user, 'sandboxCell', { value: Object.freeze(cell) });

    for (const [name, get] of Object.entries({
        require: requireHere,
        __filename: place,
        __dirname: cwd,
    })) {
        define(name, { get, set(value) {
            define(name, { value, writable: true, enumerable: true });
        } });
    }

    for (const [name, value] of Object.entries({
        module: { exports: {} }, exports: {}, display,
    })) {
        define(name, { value, writable: true });
    }
}


// A declaration replaces a global that cannot be assigned to, such as crypto.

function release(names) {
    for (const name of names) {
        const d = getOwnPropertyDescriptor(user, name);

        if (d?.configurable && !d.set && !d.writable) {
            define(name, { value: user[name], writable: true,
                           enumerable: d.enumerable });
        }
    }
}


// _ is the last value, unless user code has its own

let last, isOwn = false;

function remember(value) {
    isOwn ||= hasOwn(user, '_') && user._ !== last;

    if (!isOwn) {
        define('_', { value, writable: true });
        last = value;
    }
}


module.exports = { makeGlobals, release, remember };
