// Copyright (C) the ngx_sandbox authors

// The document itself, and a real answer of each operation, held against it.
// Usage: replies.mjs MODULES URL KEY.  A line of JSON for each check.

import { createRequire } from 'node:module';
import { gzipSync } from 'node:zlib';

import { Document, check } from './document.mjs';

const [modules, url, key] = process.argv.slice(2);
const require = createRequire(`${modules}/`);
const doc = await Document.load(modules, url, key);
const { Validator } = await import(
    require.resolve('@seriousme/openapi-schema-validator'));

const validity = await new Validator().validate(structuredClone(doc.json));
check('the document is valid OpenAPI', validity.valid, validity.errors);
check('of version 3.1.0', doc.json.openapi === '3.1.0', doc.json.openapi);


// examples

let examples = 0;

for (const op of doc.operations.values()) {
    const body = doc.resolve(op.operation.requestBody)?.content
        ?.['application/json'];

    if (body?.example !== undefined) {
        const wrong = doc.wrongRequest(op, body.example);
        examples++;
        check(`${op.id}: the example of its body`, !wrong.length, wrong);
    }

    for (const status of Object.keys(op.operation.responses)) {
        for (const type of ['application/json', 'text/event-stream']) {
            const media = doc.media(op, status, type);
            if (!media || media.content.example === undefined) {
                continue;
            }
            const text = type === 'application/json'
                ? JSON.stringify(media.content.example)
                : media.content.example;
            const wrong = doc.wrong(op, { status: Number(status),
                headers: { 'content-type': type }, body: Buffer.from(text) });
            examples++;
            check(`${op.id}: the example of ${status}`, !wrong.length, wrong);
        }
    }
}

check('examples were found', examples > 30, examples);


// answers: each expected status, and everything in them is documented

const seen = new Set();

async function call(id, status, options = {}) {
    const op = doc.operations.get(id);

    if (op === undefined) {
        check(`${id} is an operation`, false);
        return {};
    }

    if (options.json !== undefined && status < 300) {
        const wrong = doc.wrongRequest(op, options.json);
        check(`${id}: its body is documented`, !wrong.length, wrong);
    }

    const answer = await doc.send(op, { ...options,
        path: { id: 'demo', ...options.path } });
    const text = answer.body.toString();

    check(`${id}: ${status}`, answer.status === status,
        [answer.status, text.slice(0, 300)]);

    const wrong = doc.wrong(op, answer);
    check(`${id}: the answer is documented, ${status}`, !wrong.length,
        [wrong, text.slice(0, 600)]);

    if (answer.status === status
        && (status < 400 || id === 'mountBucket' || id === 'unmountBucket'))
    {
        seen.add(id);
    }

    try {
        return JSON.parse(text);
    } catch {
        return text;
    }
}

const port = { port: 8000 };
const events = { Accept: 'text/event-stream' };

await call('getHealth', 200);
await call('getOpenApi', 200);
await call('getOpenApiPage', 200);
await call('getOpenApiPageShort', 200);
await call('getPoolStats', 200);
await call('primePool', 200);
await call('shutdownPrewarmed', 200);

await call('createSandbox', 200, { json: { id: 'demo', sleepAfter: '5m',
    env: { A: 'x' }, labels: { team: 'web' } } });
await call('createSandbox', 409, { json: { id: 'demo' } });
await call('createSandbox', 400, { json: { id: 'A_b' } });
await call('getSandbox', 200);
await call('getSandbox', 404, { path: { id: 'absent' } });
await call('getSandbox', 401, { key: 'no-key-of-anybody-1' });
await call('updateSandbox', 200, { json: { keepAlive: true,
    env: { B: 'y', A: null } } });
await call('listSandboxes', 200, { query: { limit: 1 } });
await call('listSandboxes', 400, { query: { limit: 0 } });
await call('isSandboxRunning', 200);
await call('wakeSandbox', 200);
await call('getSandbox', 200);

await call('exec', 200, { json: { argv: ['sh', '-c', 'echo a; echo b >&2'] } });
await call('exec', 200, { json: { argv: ['sleep', '5'], timeout_ms: 50 } });
await call('exec', 200, { json: { argv: ['sh', '-c', 'kill -9 $$'] } });
await call('exec', 400, { json: { argv: [] } });
await call('exec', 403, { json: { argv: ['true'], cwd: '/etc' } });
await call('execute', 200, { json: { command: 'echo hi; (exit 3)' } });
await call('execute', 200, { json: { command: 'printf "\\377"',
    sessionId: '__DISABLE_SESSION__', env: { C: null } } });
await call('execute', 200, { json: { command: 'true', background: true } });
await call('execute', 200, { json: { command: 'sleep 5', timeoutMs: 50,
    sessionId: '__DISABLE_SESSION__' } });
await call('execute', 410, { json: { command: 'exit 4', sessionId: 'ends' } });
await call('execute', 500, { json: { command: 'sleep 5', timeoutMs: 50,
    sessionId: 'slow' } });
await call('executeStream', 200, { json: { command: 'echo a; echo b >&2' } });
await call('createSession', 200, { json: { id: 'build', cwd: '/tmp' } });
await call('createSession', 409, { json: { id: 'build' } });
await call('listSessions', 200);
await call('deleteSession', 200, { json: { sessionId: 'build' } });
await call('deleteSession', 404, { json: { sessionId: 'build' } });
await call('createBridgeSession', 200, { json: { id: 'bridge' } });
await call('createBridgeSession', 502, { json: { id: 'bridge' } });
await call('deleteBridgeSession', 200, { path: { sid: 'bridge' } });
await call('setEnvironment', 200, { json: { env: { X: '1', HOME: null } } });
await call('getEnvironment', 200);
await call('listCommands', 200);
await call('ping', 200);
await call('getVersion', 200);

const web = { path: { process: 'web' } };
await call('startProcess', 200, { json: { processId: 'web', stdin: true,
    command: 'python3 -m http.server 8000' } });
await call('startProcess', 409, { json: { processId: 'web', command: 'x' } });
await call('waitForPort', 200, { ...web, json: { port: 8000, mode: 'http',
    timeoutMs: 30000 } });
await call('waitForPort', 408, { ...web, json: { port: 9, timeoutMs: 10 } });
await call('watchPort', 200, { json: { port: 8000 } });
await call('listProcesses', 200, { query: { status: 'running' } });
await call('getProcess', 200, web);
await call('getProcess', 404, { path: { process: 'none' } });
await call('writeProcessInput', 200, { ...web, json: { data: 'x\n' } });
await call('signalProcess', 200, { ...web, json: { signal: 'CONT' } });
await call('waitForLog', 408, { ...web, json: { text: '?', timeoutMs: 10 } });
await call('killProcess', 200, web);
await call('startProcess', 200, { json: { processId: 'job',
    command: 'echo out; echo err >&2; printf "\\377"' } });
const job = { path: { process: 'job' } };
await call('waitForExit', 200, job);
await call('waitForLog', 200, { ...job, json: { regex: '^o.t$' } });
await call('getProcess', 200, job);
await call('getProcessLogs', 200, job);
await call('streamProcess', 200, job);
await call('killProcess', 404, job);
await call('killAllProcesses', 200);

const upgrade = { Connection: 'Upgrade', Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA==' };
await call('ptyTerminal', 101, { headers: upgrade, query: { session: 't' } });
await call('wsTerminal', 101, { headers: upgrade, query: { session: 'u' } });
await call('ptyTerminal', 400);
await call('listTerminals', 200);
await call('resizeTerminal', 200, { path: { terminal: 't' },
    json: { cols: 100, rows: 30 } });
await call('getTerminal', 200, { path: { terminal: 't' } });
await call('killTerminal', 200, { path: { terminal: 't' } });
await call('getTerminal', 404, { path: { terminal: 't' } });

const file = { path: { path: 'workspace/a%20b.txt' } };
await call('putFile', 200, { ...file, body: 'hello' });
await call('getFile', 200, file);
await call('getFile', 206, { ...file, headers: { Range: 'bytes=1-2' } });
await call('getFile', 416, { ...file, headers: { Range: 'bytes=99-' } });
await call('getFile', 404, { path: { path: 'workspace/none' } });
await call('getFile', 403, { path: { path: 'etc/passwd' } });
await call('writeFile', 200, { json: { path: 'a.txt', content: 'x' } });
await call('writeFile', 400, { json: { path: 5 } });
await call('appendFile', 200, { json: { path: 'a.txt', content: 'eQ==',
    encoding: 'base64' } });
await call('writeFiles', 200, { json: { files: [{ path: 'b', content: '' },
    { path: '/proc/x/y', content: '' }] } });
await call('readFile', 200, { json: { path: 'a.txt' } });
await call('readFile', 404, { json: { path: 'none' } });
await call('readFileStream', 200, { json: { path: 'a.txt' } });
await call('makeDirectory', 200, { json: { path: 'd/e', recursive: true } });
await call('makeDirectory', 409, { json: { path: 'd' } });
await call('execute', 200, { json: { command: 'ln -s a.txt link; '
    + 'touch "$(printf "d/\\377")"; mkfifo d/fifo' } });
await call('listFiles', 200, { json: { path: '.',
    options: { recursive: true, includeHidden: true } } });
await call('listFiles', 200, { json: { path: '/', options: { limit: 2 } } });
await call('statFile', 200, { json: { path: 'link' } });
await call('fileExists', 200, { json: { path: 'none' } });
await call('changeMode', 200, { json: { path: 'a.txt', mode: '0755' } });
await call('renameFile', 200, { json: { oldPath: 'a.txt', newPath: 'c.txt' } });
await call('moveFile', 200, { json: { sourcePath: 'c.txt',
    destinationPath: 'd' } });
await call('copyFile', 200, { json: { sourcePath: 'd', destinationPath: 'f',
    recursive: true } });
await call('deleteFile', 400, { json: { path: 'd' } });
await call('deleteFile', 200, { json: { path: 'd', recursive: true } });

const search = { path: '.', stat: true, includeHidden: true };
await call('writeFile', 200, { json: { path: 'g.txt',
    content: 'one\ntwo hello\nthree\n' } });
await call('findFiles', 200, { json: search });
await call('findFiles', 200, { headers: events, json: search });
await call('findFiles', 200, { json: { path: '/etc', limit: 1 } });
await call('findFiles', 400, { json: { path: '.', depth: 'x' } });
const grep = { path: '.', text: 'hello', context: 1 };
await call('grepFiles', 200, { json: grep });
await call('grepFiles', 200, { headers: events, json: grep });
await call('grepFiles', 404, { json: { path: 'none', text: 'x' } });

await call('makeDirectory', 200, { json: { path: 'src' } });
const since = (await call('checkChanges', 200, { json: { path: 'src' } }))
    .version;
await call('checkChanges', 200, { json: { path: 'src', since } });
await call('checkChanges', 403, { json: { path: '/tmp' } });
const watcher = (await call('createWatcher', 200,
    { json: { path: 'src', events: ['create', 'attrib'] } })).watcherId;
await call('writeFile', 200, { json: { path: 'src/x', content: '' } });
await call('getWatcherEvents', 200, { path: { watcher },
    query: { since: 0 } });
await call('listWatchers', 200);
await call('getWatcher', 200, { path: { watcher } });
await call('deleteWatcher', 200, { path: { watcher } });
await call('getWatcher', 404, { path: { watcher } });
await call('execute', 200, { json: { background: true,
    command: 'sleep 1; touch src/y; mv src/y src/z; rm -r src' } });
await call('watch', 200, { json: { path: 'src' } });

await call('openTransport', 101, { headers: upgrade });
await call('openTransportApi', 101, { headers: upgrade });
await call('openTransport', 400);

const tar = await doc.send(doc.operations.get('persist'),
    { path: { id: 'demo' } });
await call('persist', 200, { query: { excludes: 'f' } });
await call('persist', 400, { query: { excludes: '../x' } });
await call('hydrate', 200, { body: gzipSync(tar.body),
    query: { contents: 'replace' } });
await call('hydrate', 400, { body: 'no archive' });

const backup = (await call('createBackup', 200, { json: { dir: '/workspace',
    name: 'before', ttl: 60, excludes: ['*.log'] } })).id;
await call('createBackup', 400, { json: { dir: '/etc' } });
await call('restoreBackup', 200, { json: { id: backup } });
await call('restoreBackup', 404, { json: { id: 'none' } });
await call('listBackups', 200);
await call('getBackup', 200, { path: { backup } });
await call('deleteBackup', 204, { path: { backup } });
await call('getBackup', 404, { path: { backup } });

await call('execute', 200, { json: { command: 'git init -q /tmp/repo && cd '
    + '/tmp/repo && git -c user.name=a -c user.email=a@b commit -q '
    + '--allow-empty -m x' } });
await call('gitCheckout', 200, { json: { repoUrl: '/tmp/repo',
    targetDir: 'one' } });
await call('gitCheckout', 200, { headers: events, json: { repoUrl: '/tmp/repo',
    targetDir: 'two' } });
await call('gitCheckout', 400, { json: { repoUrl: '-x' } });

const code = { code: 'print(1)\ndisplay({"a": 1})\n[1]', language: 'python' };
await call('runCode', 200, { headers: events, json: code });
await call('runCode', 200, { headers: { Accept: 'application/json' },
    json: code });
await call('runCode', 200, { headers: events, json: { code: '1/0' } });
await call('runCode', 200, { headers: { Accept: 'application/json' },
    json: { code: 'throw new Error("x")', language: 'javascript' } });
await call('runCode', 404, { json: { code: '1', context_id: 'none' } });
const context = (await call('createContext', 200,
    { json: { language: 'python' } })).contextId;
await call('listContexts', 200);
await call('getContext', 200, { path: { context } });
await call('interruptContext', 200, { path: { context } });
await call('restartContext', 200, { path: { context } });
await call('deleteContext', 200, { path: { context } });
await call('getContext', 404, { path: { context } });
await call('getInterpreterHealth', 200);

await call('exposePort', 200, { json: { port: 8000, name: 'web',
    access: 'key', limits: { rate: 50 }, cors: ['https://example.com'],
    requestHeaders: { 'X-A': 'b', 'X-C': false }, strip: ['cookie'] } });
await call('exposePort', 400, { json: { port: 80 } });
await call('exposeThisPort', 200, { path: { port: 8001 }, json: {} });
await call('listPorts', 200);
await call('getPort', 200, { path: port });
await call('getPort', 404, { path: { port: 8009 } });
await call('updatePort', 200, { path: port, json: { expires: '8h',
    limits: { rate: null }, command: 'sleep 100' } });
await call('updatePort', 400, { path: port, json: { access: 'none' } });
await call('createLink', 200, { path: port, json: { name: 'anna' } });
await call('createLink', 409, { path: port, json: { name: 'anna' } });
await call('listLinks', 200, { path: port });
await call('diagnosePort', 200, { path: port });
await call('getSandbox', 200);
await call('deleteLink', 200, { path: { port: 8000, name: 'anna' } });
await call('deleteLink', 404, { path: { port: 8000, name: 'anna' } });
await call('createTunnel', 200, { path: { port: 8002 }, json: { name: 'a' } });
await call('deleteTunnel', 204, { path: { port: 8002 } });
await call('unexposePort', 200, { path: { port: 8001 } });
await call('unexposePorts', 200);
await call('mountBucket', 502, { json: { bucket: 'b', mountPath: '/mnt/b',
    options: { endpoint: 'https://s3.example.com' } } });
await call('mountBucket', 400, { json: {} });
await call('unmountBucket', 502, { json: { mountPath: '/mnt/b' } });

await call('restartSandbox', 200);
await call('sleepSandbox', 200);
await call('getSandbox', 200);
await call('deleteSandbox', 204);

const missing = [...doc.operations.keys()].filter((id) => !seen.has(id));
check('each operation was called', missing.length === 0, missing);
