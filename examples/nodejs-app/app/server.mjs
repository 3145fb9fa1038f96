/*
 * Copyright (C) the ngx_sandbox authors
 */

/* Counts visitors, in a file: sleep does not make it forget. */

import { createServer } from 'node:http';
import { readFileSync, writeFileSync } from 'node:fs';

const file = new URL('visits', import.meta.url);
let visits = 0;

try {
    visits = Number(readFileSync(file, 'utf8'));
} catch {
    /* nobody was here yet */
}

const server = createServer((request, response) => {
    if (request.url === '/') {
        writeFileSync(file, String(++visits));
    }

    response.writeHead(request.url === '/' ? 200 : 404,
        { 'Content-Type': 'text/plain; charset=utf-8' });
    response.end(request.url === '/' ? `You are visitor ${visits}.\n`
        : 'There is nothing here.\n');
});

server.listen(process.env.PORT || 3000, '127.0.0.1', () => {
    console.log(`${visits} visits so far`);
});
