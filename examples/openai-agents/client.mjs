/*
 * Copyright (C) the ngx_sandbox authors
 */

/*
 * A sandbox agent, whose sandbox is made by the Cloudflare client of
 * @openai/agents-extensions; the client's URL is that of nginx.
 */

import { run } from '@openai/agents';
import { CloudflareSandboxClient }
    from '@openai/agents-extensions/sandbox/cloudflare';
import { Manifest, SandboxAgent, shell } from '@openai/agents/sandbox';

import { exec, model } from './model.mjs';

const client = new CloudflareSandboxClient({
    workerUrl: process.env.SANDBOX_API ?? 'http://localhost:8080',
    apiKey: process.env.SANDBOX_KEY });

const agent = new SandboxAgent({
    name: 'Accountant',
    instructions: 'Answer from the files in the workspace.',
    defaultManifest: new Manifest({ entries: {
        'expenses.csv': { type: 'file',
            content: 'train,120\nhotel,310\nlunch,24\n' },
    } }),
    capabilities: [shell()],
    model: model([
        exec('ls'),
        exec("awk -F, '{ sum += $2 } END { print sum }' expenses.csv"),
    ]),
});

const result = await run(agent, 'What did the trip cost?',
    { sandbox: { client } });
console.log('answer:', result.finalOutput);
