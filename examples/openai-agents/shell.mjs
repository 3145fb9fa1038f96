/*
 * Copyright (C) the ngx_sandbox authors
 */

/*
 * An agent whose shell and editor work in a sandbox: Shell and Editor of
 * @cloudflare/sandbox/openai, on the object of ngx_sandbox's client.
 */

import { Editor, Shell } from '@cloudflare/sandbox/openai';
import { Agent, applyPatchTool, run, shellTool } from '@openai/agents';
import { getSandbox } from 'ngx-sandbox';

import { edit, model, shell } from './model.mjs';

const sandbox = getSandbox({
    baseUrl: process.env.SANDBOX_API ?? 'http://localhost:8080',
    apiKey: process.env.SANDBOX_KEY }, `agent-${process.pid}`);

await sandbox.writeFile('/workspace/add.py', `\
def add(a, b):
    return a - b


assert add(2, 2) == 4, f'2 + 2 is not {add(2, 2)}'
print('passed')
`);

const agent = new Agent({
    name: 'Engineer',
    instructions: 'Run the tests, correct what fails, run them again.',
    tools: [shellTool({ shell: new Shell(sandbox) }),
        applyPatchTool({ editor: new Editor(sandbox) })],
    model: model([
        shell('python3 add.py'),
        edit('add.py', '@@\n def add(a, b):\n-    return a - b\n'
            + '+    return a + b\n'),
        shell('python3 add.py'),
    ]),
});

try {
    const result = await run(agent, 'Make add.py pass.');
    console.log('answer:', result.finalOutput);

} finally {
    await sandbox.destroy();
}
