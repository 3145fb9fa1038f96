// Copyright (C) the ngx_sandbox authors

// Two published clients of the REST routes, npm's @openai/agents-extensions
// and @computesdk/cloudflare, which decode each event of a command's output by
// itself: usage: bridge.mjs MODULES URL KEY.  URL is that of the API, without
// /v1.  A line of JSON for each check: {name, ok, got?}.

import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [modules, url, key] = process.argv.slice(2);
const require = createRequire(`${modules}/`);


function load(name) {
    return import(pathToFileURL(require.resolve(name)));
}


function check(name, ok, got) {
    process.stdout.write(JSON.stringify(ok ? { name, ok: true }
        : { name, ok: false, got }) + '\n');
}


// 1.2 MB of characters of three and four bytes, in lines
const line = 'k\u20ac\u20ac\u{1f600}\u00fc'.repeat(10) + '\n';
const text = line.repeat(8000);


function same(name, got) {
    check(`${name}: no character is cut`, !got.includes('\ufffd'),
        (got.match(/\ufffd/g) ?? []).length);
    check(`${name}: the whole text`, got.includes(text.trimEnd()),
        [got.length, text.length, got.slice(0, 200)]);
}


const { CloudflareSandboxClient } =
    await load('@openai/agents-extensions/sandbox/cloudflare');
const openai = new CloudflareSandboxClient({ workerUrl: url, apiKey: key });
const session = await openai.create();

await session.createEditor().createFile({ type: 'create_file',
    path: 'text.txt', diff: text.split('\n').map((l) => `+${l}`).join('\n') });
same('@openai/agents-extensions', await session.execCommand({
    cmd: 'cat text.txt', maxOutputTokens: 10_000_000 }));
check('@openai/agents-extensions: as another user',
    /^www-data$/m.test(await session.execCommand({ cmd: 'id -un',
        runAs: 'www-data' })));
await session.delete();


const { cloudflare } = await load('@computesdk/cloudflare');
const provider = cloudflare({ sandboxUrl: url, sandboxApiKey: key });
const sandbox = await provider.sandbox.create();

await sandbox.filesystem.writeFile('/workspace/text.txt', text);
const result = await sandbox.runCommand('cat /workspace/text.txt');
check('@computesdk/cloudflare: the exit code', result.exitCode === 0,
    result.exitCode);
same('@computesdk/cloudflare', result.stdout);
await sandbox.destroy();
