/*
 * Copyright (C) the ngx_sandbox authors
 */

/*
 * One session on stdin and stdout, which has nothing but the protocol.
 */

import process from 'node:process';
import { StdioServerTransport }
    from '@modelcontextprotocol/sdk/server/stdio.js';

import { Holder } from './holder.js';
import { serverOf } from './server.js';


/* stop() is called when the client has left; resolves with what ends it */

export async function serve(config, stop) {
    const holder = new Holder(config);
    const server = serverOf(holder, config);

    process.stdin.once('end', stop);
    process.stdin.once('close', stop);
    process.stdout.on('error', stop);
    server.server.onclose = stop;
    await server.connect(new StdioServerTransport());

    return async () => {
        await server.close();
        await holder.end();
    };
}
