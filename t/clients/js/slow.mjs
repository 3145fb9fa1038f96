/*
 * Copyright (C) the ngx_sandbox authors
 */

/*
 * A command that takes longer than Node.js' fetch() waits for an answer, which
 * is 5 minutes, and half a second here: slow.mjs SETTINGS, see runtime.mjs.
 */

import { readFileSync } from 'node:fs';

const { lib, url, key } = JSON.parse(readFileSync(process.argv[2]));
const { getSandbox } = await import(lib);
const name = Symbol.for('undici.globalDispatcher.1');

await fetch('data:,');

globalThis[name] = new globalThis[name].constructor(
    { headersTimeout: 500, bodyTimeout: 500 });

const sandbox = getSandbox({ baseUrl: url, apiKey: key }, 'slow');
const plain = await fetch(`${url}/v1/sandbox/slow/api/execute`, {
    method: 'POST', headers: { Authorization: `Bearer ${key}` },
    body: '{"command":"sleep 5"}' }).then(() => 'answers', () => 'gives up');

console.log(`fetch() ${plain}`);
console.log(`exec() ${(await sandbox.exec('sleep 5; echo answers')).stdout}`);

await sandbox.destroy();
process.exit(0);
