/*
 * Copyright (C) the ngx_sandbox authors
 */

/*
 * Shell and Editor of @cloudflare/sandbox/openai on the sandbox object of
 * clients/js: openai.mjs SETTINGS, see runtime.mjs.
 */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const { lib, modules, url, key } = JSON.parse(readFileSync(process.argv[2]));
const require = createRequire(`${modules}/`);
const { Editor, Shell } = await import(pathToFileURL(
    require.resolve('@cloudflare/sandbox/openai')));
const { getSandbox } = await import(lib);


function is(name, got, expected) {
    const ok = JSON.stringify(got) === JSON.stringify(expected);
    process.stdout.write(JSON.stringify({ name: `openai: ${name}`, ok,
        ...(!ok && { got }) }) + '\n');
}


const sandbox = getSandbox({ baseUrl: url, apiKey: key }, 'openai');
const shell = new Shell(sandbox);

let r = await shell.run({ commands: ['echo hi; pwd', 'echo err >&2; exit 3'] });
is('Shell', r.output.map((o) => [o.stdout, o.outcome]),
    [['hi\n/workspace', { type: 'exit', exitCode: 0 }],
        ['', { type: 'exit', exitCode: 3 }]]);
r = await shell.run({ commands: ['cat missing'] });
is('Shell: an exit code', [r.output[0].outcome, /No such file/.test(
    r.output[0].stderr)], [{ type: 'exit', exitCode: 1 }, true]);
r = await shell.run({ commands: ['echo before; sleep 60', 'echo never'],
    timeoutMs: 500 });
is('Shell: a timeout', r.output.map((o) => [o.stdout, o.outcome]),
    [['before', { type: 'timeout' }]]);
is('Shell: its results', shell.results.length, 4);

const editor = new Editor(sandbox);
r = await editor.createFile({ type: 'create_file', path: 'src/a.txt',
    diff: '+one\n+two\n' });
is('Editor: createFile', r?.status, 'completed');
r = await editor.updateFile({ type: 'update_file', path: 'src/a.txt',
    diff: '@@\n one\n-two\n+2\n' });
is('Editor: updateFile', [r?.status,
    (await sandbox.readFile('/workspace/src/a.txt')).content.trimEnd()],
    ['completed', 'one\n2']);
r = await editor.updateFile({ type: 'update_file', path: 'none.txt',
    diff: '@@\n-x\n+y\n' }).catch((e) => ({ status: e.message }));
is('Editor: no such file', /not found|missing/i.test(
    `${r?.status} ${r?.output}`), true);
r = await editor.deleteFile({ type: 'delete_file', path: 'src/a.txt' });
is('Editor: deleteFile', [r?.status,
    (await sandbox.exists('/workspace/src/a.txt')).exists],
    ['completed', false]);
r = await editor.createFile({ type: 'create_file', path: '../etc/x',
    diff: '+x\n' }).catch((e) => ({ status: e.message }));
is('Editor: no way out', /outside/.test(`${r?.status} ${r?.output}`), true);

await sandbox.destroy();
process.exit(0);
