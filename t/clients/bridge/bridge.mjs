// Copyright (C) the ngx_sandbox authors

// Two published clients of the REST routes, npm's @openai/agents-extensions
// and @computesdk/cloudflare, all that they do: files, commands whose events
// they decode each by itself, terminals, archives, a preview URL.  Usage:
// bridge.mjs MODULES URL KEY.  URL is that of the API, without
// /v1.  A line of JSON for each check: {name, ok, got?}.

import { get } from 'node:http';
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


function is(name, got, expected) {
    check(name, got === expected, [got.slice(0, 200), expected.slice(0, 200)]);
}


// no name server knows the host: connect to that of the API

function preview(link) {
    return new Promise((resolve, reject) => {
        const { hostname, port } = new URL(url);
        get({ host: hostname, port, path: link.pathname,
            headers: { Host: link.host } }, (res) => {
            let body = '';
            res.setEncoding('utf8');
            res.on('data', (data) => { body += data; });
            res.on('end', () => resolve(body));
        }).on('error', reject);
    });
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


// read, edit, list, and a terminal

const editor = session.createEditor();
const read = async (path) => new TextDecoder().decode(
    await session.readFile({ path }));

await editor.createFile({ type: 'create_file', path: 'a b/\u00fc+&.txt',
    diff: '+one\n+two' });
await editor.updateFile({ type: 'update_file', path: 'a b/\u00fc+&.txt',
    diff: '@@\n-two\n+three' });
is('@openai/agents-extensions: an edited file', await read('a b/\u00fc+&.txt'),
    'one\nthree');
check('@openai/agents-extensions: it exists',
    await session.pathExists('a b/\u00fc+&.txt')
    && !await session.pathExists('a b/none')
    && await session.directoryExists('a b'));
check('@openai/agents-extensions: it is listed', (await session.execCommand({
    cmd: 'ls "a b"' })).includes('\u00fc+&.txt'));
check('@openai/agents-extensions: a missing file',
    await session.readFile({ path: 'none' }).then(() => false,
        (error) => /404|not found|no such/i.test(error.message)));
check('@openai/agents-extensions: it is running', await session.running());

let screen = await session.execCommand({ cmd: 'stty size; exec cat', tty: true,
    yieldTimeMs: 2000 });
const [, terminal] = /session(?: ID)? (\d+)/i.exec(screen) ?? [];
check('@openai/agents-extensions: a terminal', /24 80/.test(screen), screen);
screen = await session.writeStdin({ sessionId: Number(terminal),
    chars: 'typed\n', yieldTimeMs: 1000 });
check('@openai/agents-extensions: what is typed comes back',
    /typed\s+typed/.test(screen), screen);


// the workspace, kept while its sandbox is destroyed, in a fresh one

await session.execCommand({ cmd: 'mkdir deep; ln -s "../text.txt" deep/link; '
    + `touch deep/${'n'.repeat(200)}; chmod 700 deep` });
const archive = await session.persistWorkspace();
await session.delete();
check('@openai/agents-extensions: destroyed', !await session.running());

const fresh = await openai.create();
await fresh.hydrateWorkspace(archive);
is('@openai/agents-extensions: the archive in a fresh sandbox',
    new TextDecoder().decode(await fresh.readFile({ path: 'deep/link' }))
        .trimEnd(),
    text.trimEnd());
check('@openai/agents-extensions: with long names and modes',
    /^700 n{200}$/m.test(await fresh.execCommand({
        cmd: 'echo $(stat -c %a deep) $(ls deep | grep nnn)' })));
await fresh.delete();


const { cloudflare } = await load('@computesdk/cloudflare');
const provider = cloudflare({ sandboxUrl: url, sandboxApiKey: key });
const sandbox = await provider.sandbox.create();

await sandbox.filesystem.writeFile('/workspace/text.txt', text);
const result = await sandbox.runCommand('cat /workspace/text.txt');
check('@computesdk/cloudflare: the exit code', result.exitCode === 0,
    result.exitCode);
same('@computesdk/cloudflare', result.stdout);


// an app, by its preview URL

await sandbox.filesystem.mkdir('/workspace/site');
await sandbox.filesystem.writeFile('/workspace/site/index.html', 'hello');
check('@computesdk/cloudflare: the files',
    (await sandbox.filesystem.readdir('/workspace/site'))
        .some((entry) => entry.name === 'index.html')
    && await sandbox.filesystem.exists('/workspace/site'));
await sandbox.runCommand('cd /workspace/site && '
    + '(setsid python3 -m http.server 8080 >/dev/null 2>&1 &)');
const link = new URL(await sandbox.getUrl({ port: 8080 }));
check('@computesdk/cloudflare: a preview URL',
    link.hostname.startsWith('8080-'), link.href);
await sandbox.runCommand(
    'until curl -so /dev/null http://localhost:8080/; do sleep 0.1; done');
is('@computesdk/cloudflare: the app behind it', await preview(link), 'hello');
await sandbox.destroy();
