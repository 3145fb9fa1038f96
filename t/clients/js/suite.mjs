/*
 * Copyright (C) the ngx_sandbox authors
 */

/*
 * The tests of clients/js, for every runtime: nothing but the language and the
 * web's own interfaces.  run(lib, settings, print) prints {name, ok, got?} for
 * each check; settings are url, key, other and WebSocket.
 */

import { commands, processes, sessions } from './commands.mjs';
import { files } from './files.mjs';
import { code, terminals } from './code.mjs';
import { life, ports } from './life.mjs';
import { refusals, retries, streams, wire } from './wire.mjs';


export async function run(lib, settings, print) {
    const t = harness(lib, settings, print);

    for (const part of [streams, retries, wire, commands, sessions, processes,
        files, code, terminals, ports, life, refusals])
    {
        try {
            await part(t);
        } catch (error) {
            t.check(`${part.name}: comes to its end`, false,
                `${error?.name}: ${error?.message}\n${error?.stack}`);
        }
    }
}


function harness(lib, settings, print) {
    const { url, key, WebSocket, prefix = 'js' } = settings;
    const target = { baseUrl: url, apiKey: key, WebSocket };
    const t = { lib, settings, target };

    t.sandbox = (name, options) => lib.getSandbox(target,
        `${prefix}-${name}`, options);

    t.check = (name, ok, got) => print(ok ? { name, ok: true }
        : { name, ok: false, got });

    t.is = (name, got, expected) => t.check(name,
        canonical(got) === canonical(expected), { got, expected });

    t.fails = async (name, promise, type, fields = {}) => {
        try {
            const value = await promise;
            t.check(name, false, { value });
            return undefined;
        } catch (error) {
            const got = Object.fromEntries(Object.keys(fields)
                .map((k) => [k, error?.[k]]));
            t.check(name, error instanceof type
                && canonical(got) === canonical(fields),
                { name: error?.name, message: error?.message, ...got });
            return error;
        }
    };

    t.events = async (stream) => {
        const all = [];
        for await (const event of lib.parseSSEStream(stream)) {
            all.push(event);
        }
        return all;
    };

    t.text = (all, type) => all.filter((e) => e.type === type)
        .map((e) => e.data).join('');

    /* a function in fetch()'s place, that returns these answers in turn */

    t.mock = (...answers) => {
        const calls = [];
        const fetch = async (href, init) => {
            calls.push({ url: new URL(href), ...init });
            const answer = answers[Math.min(calls.length, answers.length) - 1];
            if (answer instanceof Error) {
                throw answer;
            }
            return answer(init);
        };
        const sandbox = lib.getSandbox({ baseUrl: 'http://mock.invalid',
            apiKey: 'k', fetch }, 'mock');
        return { calls, sandbox, fetch };
    };

    return t;
}


/* JSON with members in order; undefined ones are left out */

function canonical(value) {
    return JSON.stringify(value, (_, v) => (
        v && typeof v === 'object' && !Array.isArray(v) && !v.toJSON
            ? Object.fromEntries(Object.entries(v).sort()) : v));
}
