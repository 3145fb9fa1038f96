// Copyright (C) the ngx_sandbox authors

// Requests made from the document, valid and invalid, the same for each seed.
// Every answer must be one that the document describes, and no 5xx may be
// without a code that says why.  Usage: fuzz.mjs MODULES URL KEY SEED NUMBER.

import { Agent } from 'node:http';

import { Document, check } from './document.mjs';
import { Generator } from './generator.mjs';

const [modules, url, key, seed, number] = process.argv.slice(2);
const doc = await Document.load(modules, url, key);
doc.root = 'open:';
const generator = new Generator(doc, Number(seed));
const PARALLEL = 8;
const STREAM_MS = 1500, ANSWER_MS = 60000;

// what stops a container takes a second or more: less often
const SLOW = ['sleepSandbox', 'wakeSandbox', 'restartSandbox',
    'deleteSandbox'];

// of a command or a file that failed, not of the server
const FAILED = new Set(doc.json.components.responses.Failed
    .content['application/json'].schema.properties.code.enum
    .filter((code) => code !== 'INTERNAL_ERROR'));

const operations = [...doc.operations.values()].flatMap((op) =>
    SLOW.includes(op.id) ? [op] : [op, op, op, op]);

const requests = [];

for (let i = 0; i < number; i++) {
    const op = operations[i % operations.length];
    requests.push({ op, ...generator.request(op, i % 2 === 0) });
}

generator.shuffle(requests);

const counts = {}, lines = {};
let valid = 0, bad = 0;


function streams(op) {
    return /^(?:waitFor|pty|ws|open)/.test(op.id) || op.id === 'execute'
        || Object.values(op.operation.responses).some((response) =>
            response.content?.['text/event-stream']);
}


// what is wrong with an answer, or nothing

function judge(op, answer) {
    const { status, cut } = answer;

    if (status === 0) {
        return streams(op) ? '' : 'no answer';
    }

    if (status >= 500) {
        let code;
        try {
            ({ code } = JSON.parse(answer.body.toString()));
        } catch {
            return 'no JSON';
        }
        if (![502, 503, 504].includes(status) && !FAILED.has(code)
            && status !== 501 && status !== 507)
        {
            return `an error of the server, ${code}`;
        }
    }

    return cut ? '' : doc.wrong(op, answer).join('; ');
}


async function worker() {
    while (requests.length) {
        const { op, valid: ok, ...options } = requests.pop();
        let answer, wrong;

        try {
            answer = await doc.send(op, { ...options,
                cut: streams(op) ? STREAM_MS : ANSWER_MS });
            wrong = judge(op, answer);
        } catch (e) {
            answer = { status: 'none' };
            wrong = String(e);
        }

        counts[answer.status] = (counts[answer.status] ?? 0) + 1;
        valid += ok ? 1 : 0;
        lines[op.id] = (lines[op.id] ?? 0) + 1;

        if (wrong && ++bad <= 20) {
            check(`${op.method} ${options.target}: ${answer.status}`, false,
                [wrong.slice(0, 600), options.headers,
                    String(options.body ?? '').slice(0, 300),
                    answer.body?.toString().slice(0, 300)]);
        }
    }
}


doc.agent = new Agent({ keepAlive: true, maxSockets: PARALLEL });
await Promise.all(Array.from({ length: PARALLEL }, worker));
doc.agent.destroy();

check(`${number} requests, ${valid} valid: ${JSON.stringify(counts)}`,
    bad === 0, bad);
check('half of them valid', valid >= number * 0.4, valid);
check('of every operation',
    Object.keys(lines).length === doc.operations.size, lines);
check('some succeed', (counts[200] ?? 0) > number / 10, counts);
check('some fail', (counts[400] ?? 0) > number / 20, counts);
check('nothing that is valid by the document is not', !generator.wrong.length,
    generator.wrong.slice(0, 10));
