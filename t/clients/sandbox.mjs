// Copyright (C) the ngx_sandbox authors

// npm's @cloudflare/sandbox, its SandboxClient, against the API of nginx:
// usage: sandbox.mjs MODULES URL KEY OTHER-KEY [websocket].  URL is that of a
// sandbox; "websocket": over one instead of HTTP.  A line of JSON for each
// check: {name, ok, got?}.

import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { isDeepStrictEqual } from 'node:util';

const [modules, url, key, other, transport] = process.argv.slice(2);
const require = createRequire(`${modules}/`);
const { SandboxClient, parseSSEStream } = await import(
    pathToFileURL(require.resolve('@cloudflare/sandbox')));


function check(name, ok, got) {
    process.stdout.write(JSON.stringify(ok ? { name, ok: true }
        : { name, ok: false, got }) + '\n');
}


function is(name, got, expected) {
    check(name, isDeepStrictEqual(got, expected), { got, expected });
}


async function fails(name, promise, expected) {
    try {
        const value = await promise;
        check(name, false, { value });
    } catch (error) {
        const got = { name: error.name, code: error.code,
            httpStatus: error.httpStatus };
        is(name, got, expected);
        return error;
    }
}


async function events(stream) {
    const all = [];
    for await (const event of parseSSEStream(stream)) {
        all.push(event);
    }
    return all;
}


function text(all, type) {
    return all.filter((e) => e.type === type).map((e) => e.data).join('');
}


// over a WebSocket, this client has no types for the errors of streams

const untyped = { name: 'Error', code: undefined, httpStatus: undefined };
const ofStream = (error) => (transport === 'websocket' ? untyped : error);
const over = {};

if (transport === 'websocket') {
    globalThis.WebSocket = require('ws').WebSocket;
    over.transportMode = 'websocket';
    over.wsUrl = `${url.replace('http', 'ws')}/ws?authorization=`
        + encodeURIComponent(`Bearer ${key}`);
}

const client = new SandboxClient({
    baseUrl: url,
    defaultHeaders: { Authorization: `Bearer ${key}` },
    retryTimeoutMs: 60000,
    ...over,
});
const { commands, processes, ports, utils } = client;


async function utility() {
    is('ping', await utils.ping(), 'healthy');
    check('version', /^\d+\.\d+\.\d+$/.test(await utils.getVersion()));

    const all = await utils.getCommands();
    check('commands', all.includes('bash') && all.includes('python3'), all);
}


async function sessions() {
    let r = await utils.createSession({ id: 'one', cwd: '/tmp',
        env: { FROM_SESSION: 'yes' } });
    is('createSession', [r.success, r.containerPlacementId ?? null],
        [true, null]);

    await fails('the same again', utils.createSession({ id: 'one' }),
        { name: 'SessionAlreadyExistsError', code: 'SESSION_ALREADY_EXISTS',
          httpStatus: 409 });

    r = await commands.execute('pwd; echo $FROM_SESSION', 'one');
    is('its directory and environment', r.stdout, '/tmp\nyes');

    await commands.execute('cd /; X=1; f() { echo f$X; }', 'one');
    r = await commands.execute('pwd; f', 'one');
    is('state lasts', r.stdout, '/\nf1');

    r = await commands.execute('echo "[$X]"', 'two');
    is('of one session only', r.stdout, '[]');

    r = await fails('exit ends the session', commands.execute('exit 7', 'one'),
        { name: 'SessionTerminatedError', code: 'SESSION_TERMINATED',
          httpStatus: 410 });
    is('and is told', [r?.context?.sessionId, r?.context?.exitCode],
        ['one', 7]);

    r = await commands.execute('pwd; echo "[$X]"', 'one');
    is('the next call has a fresh one', r.stdout, '/workspace\n[]');

    const slow = commands.execute('sleep 60', 'gone');
    const ended = fails('a command of a deleted session', slow,
        { name: 'SessionDestroyedError', code: 'SESSION_DESTROYED',
          httpStatus: 410 });
    while (true) {
        r = await commands.execute('pgrep -x sleep | wc -l', 'two');
        if (Number(r.stdout) > 0) {
            break;
        }
    }
    r = await utils.deleteSession('gone');
    is('deleteSession', [r.success, r.sessionId], [true, 'gone']);
    await ended;
}


async function commandsOf() {
    let r = await commands.execute('echo hi; echo err >&2; (exit 3)', 'c');
    is('execute', [r.success, r.exitCode, r.stdout, r.stderr],
        [false, 3, 'hi', 'err']);

    r = await commands.execute('echo $A; pwd', 'c',
        { env: { A: 'x y' }, cwd: '/tmp' });
    is('with env and cwd', r.stdout, 'x y\n/tmp');

    r = await commands.execute('no-such-command', 'c');
    is('not found', r.exitCode, 127);

    r = await fails('a timeout',
        commands.execute('sleep 60', 'c', { timeoutMs: 300 }),
        { name: 'CommandError', code: 'COMMAND_EXECUTION_ERROR',
          httpStatus: 500 });
    check('says so', /timeout/i.test(r?.message), r?.message);

    r = await commands.execute('echo still here', 'c');
    is('the session is kept', r.stdout, 'still here');

    const all = await events(await commands.executeStream(
        'echo one; echo two >&2; exit 4', 'c'));
    is('executeStream', [all[0].type, all.at(-1).type, all.at(-1).exitCode],
        ['start', 'complete', 4]);
    is('its output', [text(all, 'stdout'), text(all, 'stderr')],
        ['one\n', 'two\n']);

    await fails('an empty command', commands.executeStream('', 'c'),
        ofStream({ name: 'CommandError', code: 'INVALID_COMMAND',
            httpStatus: 400 }));
}


async function processesOf() {
    let r = await processes.startProcess('echo up; exec sleep 60', 'p',
        { processId: 'web' });
    is('startProcess', [r.success, r.processId, typeof r.pid],
        [true, 'web', 'number']);

    r = await processes.getProcess('web');
    is('getProcess', [r.process.id, r.process.status], ['web', 'running']);

    r = await processes.listProcesses();
    check('listProcesses', r.processes.some((p) => p.id === 'web'), r);

    const live = events(await processes.streamProcessLogs('web'));

    r = await processes.killProcess('web');
    is('killProcess', [r.success, r.processId], [true, 'web']);

    const all = await live;
    is('streamProcessLogs', [all[0].type, all[0].processId, text(all,
        'stdout'), all.at(-1).type, all.at(-1).exitCode],
        ['process_info', 'web', 'up\n', 'exit', 143]);

    r = await processes.getProcess('web');
    is('killed', [r.process.status, r.process.exitCode], ['killed', 143]);

    r = await processes.getProcessLogs('web');
    is('getProcessLogs', [r.stdout, r.stderr], ['up\n', '']);

    await fails('kill it again', processes.killProcess('web'),
        { name: 'CommandNotFoundError', code: 'COMMAND_NOT_FOUND',
          httpStatus: 404 });
    await fails('an unknown one', processes.getProcess('nobody'),
        { name: 'ProcessNotFoundError', code: 'PROCESS_NOT_FOUND',
          httpStatus: 404 });
    await fails('its stream', processes.streamProcessLogs('nobody'),
        ofStream({ name: 'ProcessNotFoundError', code: 'PROCESS_NOT_FOUND',
            httpStatus: 404 }));

    await processes.startProcess('sleep 60', 'p', { processId: 'a' });
    await processes.startProcess('sleep 60', 'p', { processId: 'b' });
    r = await processes.killAllProcesses();
    is('killAllProcesses', [r.success, r.cleanedCount], [true, 2]);

    await processes.startProcess(
        'sleep 0.3; exec python3 -m http.server 8123', 'p',
        { processId: 'server' });
    const watch = await events(await ports.watchPort({ port: 8123,
        mode: 'http', processId: 'server', interval: 100 }));
    is('watchPort', [watch[0].type, watch.at(-1).type,
        watch.at(-1).statusCode], ['watching', 'ready', 200]);

    r = await events(await ports.watchPort({ port: 8124, processId: 'web' }));
    is('of a process that ended', r.at(-1).type, 'process_exited');
    await processes.killAllProcesses();
}


async function git() {
    await commands.execute('git init -qb trunk /tmp/src && cd /tmp/src '
        + '&& git -c user.email=me@example.com -c user.name=me commit -q '
        + '--allow-empty -m one && git branch side', 'g');

    let r = await client.git.checkout('file:///tmp/src', 'g',
        { branch: 'side', depth: 1 });
    is('checkout', [r.success, r.repoUrl, r.branch, r.targetDir],
        [true, 'file:///tmp/src', 'side', '/workspace/src']);

    await fails('no such branch', client.git.checkout('file:///tmp/src', 'g',
        { branch: 'none', targetDir: '/workspace/x' }),
        { name: 'GitBranchNotFoundError', code: 'GIT_BRANCH_NOT_FOUND',
          httpStatus: 404 });
    await fails('no such repository', client.git.checkout('file:///tmp/none',
        'g'), { name: 'GitRepositoryNotFoundError',
          code: 'GIT_REPOSITORY_NOT_FOUND', httpStatus: 404 });
    await fails('no URL', client.git.checkout('none', 'g'),
        { name: 'InvalidGitUrlError', code: 'INVALID_GIT_URL',
          httpStatus: 400 });
    await fails('the same target', client.git.checkout('file:///tmp/src', 'g'),
        { name: 'GitCloneError', code: 'GIT_CLONE_FAILED', httpStatus: 500 });
}


async function filesOf() {
    const { files } = client;

    let r = await files.mkdir('/workspace/f/sub', 'f', { recursive: true });
    is('mkdir', [r.success, r.path, r.recursive],
        [true, '/workspace/f/sub', true]);
    await fails('the same again', files.mkdir('/workspace/f', 'f'),
        { name: 'FileExistsError', code: 'FILE_EXISTS', httpStatus: 409 });

    r = await files.writeFile('/workspace/f/a.txt', 'héllo "x"\n', 'f');
    is('writeFile', [r.success, r.path], [true, '/workspace/f/a.txt']);
    r = await files.readFile('/workspace/f/a.txt', 'f');
    is('readFile', [r.content, r.encoding, r.isBinary, r.mimeType, r.size],
        ['héllo "x"\n', 'utf-8', false, 'text/plain', 11]);

    const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAAB';
    await files.writeFile('/workspace/f/a.png', png, 'f',
        { encoding: 'base64' });
    r = await files.readFile('/workspace/f/a.png', 'f');
    is('base64', [r.content, r.encoding, r.isBinary, r.mimeType],
        [png, 'base64', true, 'image/png']);
    r = await files.readFile('/workspace/f/a.txt', 'f',
        { encoding: 'base64' });
    is('text as base64', [r.isBinary, Buffer.from(r.content, 'base64')
        .toString()], [true, 'héllo "x"\n']);
    await fails('not base64', files.writeFile('/workspace/f/b', 'no base64',
        'f', { encoding: 'base64' }),
        { name: 'ValidationFailedError', code: 'VALIDATION_FAILED',
          httpStatus: 400 });

    const big = 'line of text €\n'.repeat(150000);
    await files.writeFile('/workspace/f/big.txt', big, 'f');
    let all = await events(await files.readFileStream('/workspace/f/big.txt',
        'f'));
    is('readFileStream', [all[0].type, all[0].mimeType, all.at(-1).type,
        all.at(-1).bytesRead], ['metadata', 'text/plain', 'complete',
        Buffer.byteLength(big)]);
    check('its text', text(all, 'chunk') === big);
    all = await events(await files.readFileStream('/workspace/none', 'f'));
    check('of a missing file', all.length === 1 && all[0].type === 'error'
        && /not found/i.test(all[0].error), all);

    r = await files.listFiles('/workspace/f', 'f');
    is('listFiles', [r.count, r.files.map((e) => e.name)],
        [4, ['a.png', 'a.txt', 'big.txt', 'sub']]);
    r = await files.listFiles('/workspace', 'f', { recursive: true,
        includeHidden: true });
    check('recursive', r.files.some((e) => e.relativePath === 'f/a.txt'
        && e.absolutePath === '/workspace/f/a.txt' && e.mode === 'rw-r--r--'
        && e.permissions.readable), r.count);

    await commands.execute('cd /workspace/f', 'in-f');
    r = await files.exists('a.txt', 'in-f');
    is('exists, in the directory of a session', r.exists, true);
    r = await files.exists('a.txt', 'f');
    is('and not in that of another', r.exists, false);

    r = await files.renameFile('/workspace/f/a.txt', '/workspace/f/b.txt',
        'f');
    is('renameFile', [r.path, r.newPath],
        ['/workspace/f/a.txt', '/workspace/f/b.txt']);
    r = await files.moveFile('/workspace/f/b.txt', '/workspace/f/sub', 'f');
    is('moveFile', r.newPath, '/workspace/f/sub/b.txt');

    const e = await fails('deleteFile of a directory',
        files.deleteFile('/workspace/f/sub', 'f'),
        { name: 'FileSystemError', code: 'IS_DIRECTORY', httpStatus: 400 });
    check('in the words of the reference', /Cannot delete directory/
        .test(e?.message) && /deleteFile\(\)/.test(e?.message), e?.message);
    r = await files.deleteFile('/workspace/f/sub/b.txt', 'f');
    is('deleteFile', r.success, true);

    for (const [name, ...more] of [['readFile'], ['deleteFile'],
        ['renameFile', '/tmp/x'], ['moveFile', '/tmp/x'], ['listFiles']]) {
        const error = await fails(`${name} of nothing`,
            files[name]('/workspace/f/none', ...more, 'f'),
            { name: 'FileNotFoundError', code: 'FILE_NOT_FOUND',
              httpStatus: 404 });
        check('says so', /not found/i.test(error?.message), error?.message);
    }
    await fails('listFiles of a file', files.listFiles('/workspace/f/a.png',
        'f'), { name: 'FileSystemError', code: 'NOT_DIRECTORY',
          httpStatus: 400 });
}


async function watchOf() {
    const { watch } = client;
    const path = '/workspace/w';

    await commands.execute('mkdir -p w/sub w/node_modules', 'w');

    const stream = await watch.watch({ path, recursive: true,
        sessionId: 'w' });
    const seen = parseSSEStream(stream)[Symbol.asyncIterator]();
    const next = async () => (await seen.next()).value;

    const first = await next();
    is('watch: the first event', [first.type, first.path],
        ['watching', path]);

    const same = await watch.checkChanges({ path, sessionId: 'w' });
    is('checkChanges', [same.success, same.status, same.version,
        typeof same.timestamp],
        [true, 'unchanged', `${first.watchId}:0`, 'string']);

    await commands.execute('cd w; echo >node_modules/x; echo >sub/ü; '
        + 'mkdir new; mv sub/ü new/; rm new/ü', 'w');
    const all = [];
    do {
        all.push(await next());
    } while (all.at(-1).eventType !== 'delete');
    is('watch: its events', all.filter((e) => e.eventType !== 'modify')
        .map((e) => [e.type, e.eventType, e.path, e.isDirectory]), [
        ['event', 'create', `${path}/sub/ü`, false],
        ['event', 'create', `${path}/new`, true],
        ['event', 'move_from', `${path}/sub/ü`, false],
        ['event', 'move_to', `${path}/new/ü`, false],
        ['event', 'delete', `${path}/new/ü`, false]]);
    check('their time', all.every((e) => !isNaN(new Date(e.timestamp))), all);

    let r = await watch.checkChanges({ path, since: same.version });
    is('checkChanges: changed', r.status, 'changed');
    r = await watch.checkChanges({ path, since: r.version });
    is('and then unchanged', [r.status, 'reason' in r], ['unchanged', false]);
    r = await watch.checkChanges({ path, since: 'watch-9-9:9' });
    is('a version of another watch', [r.status, r.reason],
        ['resync', 'restarted']);

    await commands.execute('cd /workspace; rm -r w', 'w');
    let last;
    do {
        last = await next();
    } while (last.type === 'event');
    is('watch: the directory is deleted', last.type, 'stopped');
    is('and the stream ends', (await seen.next()).done, true);

    await commands.execute('mkdir w', 'w');
    const ts = await watch.watch({ path, include: ['*.ts'] });
    await commands.execute('cd w; echo >a.js; echo >a.ts', 'w');
    for await (const event of parseSSEStream(ts)) {
        if (event.type === 'event') {
            is('watch: include', event.path, `${path}/a.ts`);
            break;
        }
    }

    for (const [name, request, code, httpStatus] of [
        ['of nothing', { path: '/workspace/none' }, 'FILE_NOT_FOUND', 404],
        ['of /etc', { path: '/etc' }, 'PERMISSION_DENIED', 403],
        ['include and exclude', { path, include: ['a'], exclude: ['b'] },
            'VALIDATION_FAILED', 400],
        ['a pattern', { path, exclude: ['a['] }, 'VALIDATION_FAILED', 400]]) {
        for (const method of ['watch', 'checkChanges']) {
            const told = { code, httpStatus };
            const expected = method === 'watch' ? ofStream(told) : told;
            try {
                check(`${method} ${name}`, false,
                    await watch[method](request));
            } catch (error) {
                is(`${method} ${name}`, [error.code, error.httpStatus],
                    [expected.code, expected.httpStatus]);
            }
        }
    }
}


/* nginx serves these itself, and not over a WebSocket */

async function backups() {
    if (transport === 'websocket') {
        return;
    }

    const path = '/var/backups/0b6f4a5e-0d0f-4a55-9f8e-6a1c4d8f7f11.sqsh';

    await client.files.mkdir('/app/src', undefined, { recursive: true });
    await client.files.writeFile('/app/src/a.txt', 'first');
    await client.files.writeFile('/app/skip.log', 'left out');

    let r = await client.backup.createArchive('/app', path, undefined,
        { excludes: ['**/*.log'], compression: { format: 'lz4' } });
    is('createArchive', [r.success, r.archivePath, r.sizeBytes > 1024],
        [true, path, true]);

    await client.files.writeFile('/app/src/a.txt', 'second');
    await client.files.writeFile('/app/src/b.txt', 'new');

    r = await client.backup.restoreArchive('/app', path);
    is('restoreArchive', [r.success, r.dir], [true, '/app']);

    r = await client.files.readFile('/app/src/a.txt');
    is('what it restored', r.content, 'first');
    r = await client.files.exists('/app/src/b.txt');
    is('what is gone', r.exists, false);

    await fails('of another directory', client.backup.createArchive('/etc',
        path), { name: 'InvalidBackupConfigError',
        code: 'INVALID_BACKUP_CONFIG', httpStatus: 400 });
    await fails('the same id again', client.backup.createArchive('/app',
        path), { name: 'InvalidBackupConfigError',
        code: 'INVALID_BACKUP_CONFIG', httpStatus: 400 });
    await fails('no such backup', client.backup.restoreArchive('/app',
        '/var/backups/none.sqsh'), { name: 'BackupNotFoundError',
        code: 'BACKUP_NOT_FOUND', httpStatus: 404 });
}


async function refused() {
    const stranger = new SandboxClient({ baseUrl: url,
        defaultHeaders: { Authorization: `Bearer ${other}` } });

    const e = await fails("another's key", stranger.commands.execute('true'),
        { name: 'SandboxError', code: 'SANDBOX_NOT_FOUND', httpStatus: 404 });
    check('as if there were none', /no such|not found|does not exist/i
        .test(e?.message), e?.message);

    await fails('no key', new SandboxClient({ baseUrl: url }).utils.ping(),
        { name: 'SandboxError', code: 'unauthorized', httpStatus: 401 });
}


for (const part of [utility, commandsOf, sessions, processesOf, git, filesOf,
    watchOf, backups, refused]) {
    try {
        await part();
    } catch (error) {
        check(`${part.name} comes to its end`, false, String(error.stack));
    }
}
