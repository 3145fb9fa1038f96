/*
 * Copyright (C) the ngx_sandbox authors
 */

/*
 * expose: a link to a server in the sandbox.
 */

import { z } from 'zod';

import { textResult } from '../result.js';


export const portTools = [{
    name: 'expose',
    title: 'Get a link to a port',
    description: 'Returns a URL at which anyone who has it can open a server '
        + 'that listens on a port of the sandbox, or closes it again. Start '
        + 'the server with processes first.',
    input: {
        port: z.number().int().min(1).max(65535),
        close: z.boolean().default(false)
            .describe('true: the URL is valid no longer'),
    },
    hints: { destructiveHint: false, idempotentHint: true,
        openWorldHint: true },
    run: expose,
}];


async function expose(sandbox, { port, close }, { signal, limit }) {
    if (close) {
        await sandbox.unexposePort(port, { signal });

        return textResult(`port ${port} is not exposed`, limit);
    }

    const { url } = await sandbox.exposePort(port, { signal });

    return textResult(url ?? `port ${port} is exposed, but this server has no `
        + 'preview URLs: ask its operator to set sandbox_preview_url', limit);
}
