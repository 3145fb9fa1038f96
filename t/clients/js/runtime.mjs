/*
 * Copyright (C) the ngx_sandbox authors
 */

/*
 * The suite in Node.js, Bun and Deno: runtime.mjs SETTINGS, a file of JSON with
 * lib, the URL of the client's entry, and the settings of the suite; ws, if
 * this runtime has no WebSocket, is the URL of one.
 */

import { readFileSync } from 'node:fs';
import process from 'node:process';

import { run } from './suite.mjs';

const settings = JSON.parse(readFileSync(process.argv[2]));
const lib = await import(settings.lib);

if (globalThis.WebSocket === undefined && settings.ws) {
    settings.WebSocket = (await import(settings.ws)).default;
}

await run(lib, settings, (check) => {
    console.log(JSON.stringify(check));
});

process.exit(0);
