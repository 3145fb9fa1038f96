/*
 * Copyright (C) the ngx_sandbox authors
 */

/*
 * Files and archives on a real sandbox.
 */


function bytes(n) {
    return Uint8Array.from({ length: n }, (_, i) => (i * 7) % 256);
}


function stream(...chunks) {
    return new ReadableStream({
        start(controller) {
            chunks.forEach((chunk) => controller.enqueue(chunk));
            controller.close();
        },
    });
}


async function all(body) {
    return new Uint8Array(await new Response(body).arrayBuffer());
}


export async function files(t) {
    const { lib, is, check, fails } = t;
    const sandbox = t.sandbox('one');

    let r = await sandbox.mkdir('/workspace/f/sub', { recursive: true });
    is('mkdir', [r.success, r.path, r.recursive],
        [true, '/workspace/f/sub', true]);
    await fails('mkdir: the same again', sandbox.mkdir('/workspace/f'),
        lib.FileExistsError, { path: '/workspace/f', httpStatus: 409 });

    r = await sandbox.writeFile('/workspace/f/a.txt', 'héllo "x"\n');
    is('writeFile', [r.success, r.path], [true, '/workspace/f/a.txt']);
    r = await sandbox.readFile('/workspace/f/a.txt');
    is('readFile', [r.content, r.encoding, r.isBinary, r.mimeType, r.size],
        ['héllo "x"\n', 'utf-8', false, 'text/plain', 11]);
    await sandbox.appendFile('/workspace/f/a.txt', 'more\n');
    is('appendFile', (await sandbox.readFile('/workspace/f/a.txt')).content,
        'héllo "x"\nmore\n');

    const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAAB';
    await sandbox.writeFile('/workspace/f/a.png', png,
        { encoding: 'base64' });
    r = await sandbox.readFile('/workspace/f/a.png');
    is('readFile: binary', [r.content, r.encoding, r.isBinary, r.mimeType],
        [png, 'base64', true, 'image/png']);
    await fails('writeFile: not base64', sandbox.writeFile('/workspace/f/b',
        'no base64', { encoding: 'base64' }), lib.ValidationFailedError);

    for (const path of ['/workspace/f/raw of ü?#.bin', '/tmp/raw.bin']) {
        await sandbox.writeFile(path, bytes(1000));
        r = await sandbox.readFile(path, { encoding: 'none' });
        is(`bytes: ${path}`, [r.size, r.mimeType,
            Array.from(await all(r.content))],
            [1000, 'application/octet-stream', Array.from(bytes(1000))]);
        await sandbox.writeFile(path, stream(bytes(10), bytes(300)));
        is(`a stream: ${path}`, (await sandbox.stat(path)).size, 310);
        await sandbox.writeFile(path, new Blob(['blob']));
        is(`a blob: ${path}`, (await sandbox.readFile(path,
            { encoding: 'utf8' })).content, 'blob');
    }
    await fails('bytes: no such file', sandbox.readFile('/workspace/none',
        { encoding: 'none' }), lib.FileNotFoundError, { httpStatus: 404,
        code: 'FILE_NOT_FOUND', path: '/workspace/none' });
    await fails('writeFile: no content', sandbox.writeFile('/tmp/x', 42),
        TypeError);

    const big = 'line of text €\n'.repeat(50000);
    await sandbox.writeFile('/workspace/f/big.txt', big);
    r = await lib.collectFile(await sandbox.readFileStream(
        '/workspace/f/big.txt'));
    is('collectFile', [r.metadata.mimeType, r.metadata.size,
        r.content === big], ['text/plain', 850000, true]);
    await sandbox.writeFile('/workspace/f/big.bin', bytes(200000));
    const chunks = [];
    for await (const chunk of lib.streamFile(await sandbox.readFileStream(
        '/workspace/f/big.bin')))
    {
        chunks.push(chunk);
    }
    check('streamFile', chunks.length > 1
        && chunks.every((c) => c instanceof Uint8Array)
        && chunks.reduce((n, c) => n + c.length, 0) === 200000,
        chunks.map((c) => c.length));
    await fails('collectFile: no such file', (async () => lib.collectFile(
        await sandbox.readFileStream('/workspace/none')))(),
        lib.FileNotFoundError, { httpStatus: 404 });

    r = await sandbox.listFiles('/workspace/f');
    is('listFiles', [r.count, r.files.map((e) => e.name)], [6, ['a.png',
        'a.txt', 'big.bin', 'big.txt', 'raw of ü?#.bin', 'sub']]);
    r = await sandbox.listFiles('/workspace', { recursive: true, limit: 2 });
    check('listFiles: pages', r.files.length === 2 && r.next
        && r.files[0].permissions.readable, r);

    await sandbox.exec('cd /workspace/f');
    is('exists: in the directory of the default session', [
        (await sandbox.exists('a.txt')).exists,
        (await sandbox.exists('a.txt', 'another')).exists], [true, false]);
    await sandbox.exec('cd /workspace');

    r = await sandbox.renameFile('/workspace/f/a.txt', '/workspace/f/b.txt');
    is('renameFile', [r.path, r.newPath],
        ['/workspace/f/a.txt', '/workspace/f/b.txt']);
    r = await sandbox.moveFile('/workspace/f/b.txt', '/workspace/f/sub');
    is('moveFile', r.newPath, '/workspace/f/sub/b.txt');
    r = await sandbox.copyFile('/workspace/f/sub', '/tmp/copy',
        { recursive: true });
    is('copyFile', [r.newPath, r.skipped], ['/tmp/copy', 0]);
    await sandbox.chmod('/tmp/copy/b.txt', '0600');
    r = await sandbox.stat('/tmp/copy/b.txt');
    is('chmod and stat', [r.mode, r.type], ['rw-------', 'file']);
    r = await sandbox.writeFiles([{ path: 'w/1.txt', content: '1' },
        { path: 'w/2', content: 'Mg==', encoding: 'base64' }]);
    is('writeFiles', [r.success, r.written], [true, 2]);

    const e = await fails('deleteFile: a directory',
        sandbox.deleteFile('/workspace/f/sub'), lib.FileSystemError,
        { code: 'IS_DIRECTORY', httpStatus: 400 });
    check('deleteFile: says so', /Cannot delete directory/.test(e?.message),
        e?.message);
    r = await sandbox.deleteFile('/workspace/f/sub/b.txt');
    is('deleteFile', r.success, true);
    await sandbox.deleteFile('/workspace/f/sub', { recursive: true });

    for (const [name, ...more] of [['readFile'], ['deleteFile'],
        ['renameFile', '/tmp/x'], ['moveFile', '/tmp/x'], ['listFiles'],
        ['stat']])
    {
        const error = await fails(`${name}: no such file`,
            sandbox[name]('/workspace/f/none', ...more),
            lib.FileNotFoundError, { path: '/workspace/f/none' });
        check(`${name}: says so`, /not found/i.test(error?.message),
            error?.message);
    }
    await fails('readFile: aborted before', sandbox.readFile('/etc/passwd',
        { signal: AbortSignal.abort() }), Error, { name: 'AbortError' });

    r = await sandbox.find('/workspace', { pattern: '*.{png,bin}',
        type: 'file', stat: true });
    is('find', [r.count, r.truncated, r.files.map((f) => f.relativePath),
        r.files[0]?.size], [3, false, ['f/a.png', 'f/big.bin',
        'f/raw of ü?#.bin'], 24]);
    r = await sandbox.grep('/workspace/f', { regex: 'of +TEXT', limit: 1,
        ignoreCase: true, include: '*.txt', after: 1 });
    is('grep', [r.count, r.truncated, r.reason, r.matches[0]?.line,
        r.matches[0]?.column, r.matches[0]?.after],
        [1, true, 'limit', 1, 6, ['line of text €']]);
    await fails('grep: nothing to find', sandbox.grep('/workspace', {}),
        lib.ValidationFailedError);

    const { version } = await sandbox.checkChanges('/workspace/f');
    const watched = await sandbox.watch('/workspace/f', { include: ['*.new'] });
    await sandbox.writeFile('/workspace/f/not', '');
    await sandbox.writeFile('/workspace/f/a.new', '');
    const seen = [];
    for await (const event of lib.parseSSEStream(watched)) {
        seen.push([event.type, event.path]);
        if (event.type === 'event') {
            break;
        }
    }
    is('watch', seen, [['watching', '/workspace/f'],
        ['event', '/workspace/f/a.new']]);
    r = await sandbox.checkChanges('/workspace/f', { since: version });
    is('checkChanges', [r.status, r.version !== version], ['changed', true]);

    const watcher = await sandbox.createWatcher('/workspace/f',
        { include: ['*.new'], expiresAfterMs: 60000 });
    const id = watcher.watcherId;
    is('createWatcher', [watcher.path, watcher.expiresAfterMs, watcher.ended],
        ['/workspace/f', 60000, false]);
    await sandbox.writeFile('/workspace/f/b.new', '');
    await sandbox.deleteFile('/workspace/f/b.new');
    r = await sandbox.getWatcherEvents(id, { since: watcher.cursor, limit: 1 });
    is('getWatcherEvents', [r.events.map((e) => [e.eventType, e.path]),
        r.more, r.resync, r.ended],
        [[['create', '/workspace/f/b.new']], true, false, false]);
    r = await sandbox.getWatcherEvents(id, { since: r.cursor });
    is('getWatcherEvents: since', r.events.at(-1)?.eventType, 'delete');
    is('getWatcherEvents: nothing new',
        (await sandbox.getWatcherEvents(id, { since: r.cursor })).events, []);
    is('getWatcher and listWatchers', [(await sandbox.getWatcher(id)).path,
        (await sandbox.listWatchers()).map((w) => w.watcherId)],
        ['/workspace/f', [id]]);
    await sandbox.deleteWatcher(id);
    await fails('deleteWatcher', sandbox.getWatcherEvents(id),
        lib.SandboxError, { code: 'WATCH_NOT_FOUND', httpStatus: 404 });

    await fails('watch: no such directory', sandbox.watch('/workspace/none'),
        lib.FileNotFoundError, { httpStatus: 404 });

    const archive = await all(await sandbox.persist(
        { excludes: ['f/big.*', 'src'] }));
    const other = t.sandbox('two');
    await other.hydrate(archive);
    is('persist and hydrate', [
        (await other.readFile('w/1.txt')).content,
        (await other.exists('/workspace/f/a.png')).exists,
        (await other.exists('/workspace/f/big.txt')).exists],
        ['1', true, false]);
    await other.hydrate(archive, { dir: '/tmp/new', contents: 'replace' });
    is('hydrate: another directory', [
        (await other.exists('/tmp/new/w/2')).exists,
        (await all(await other.persist({ dir: '/tmp/new/w' }))).length > 512],
        [true, true]);
    await fails('hydrate: no archive', other.hydrate(bytes(2000)),
        lib.SandboxError, { code: 'invalid_request', httpStatus: 400 });
    await other.destroy();

    const backup = await sandbox.createBackup({ dir: '/workspace/f',
        name: 'before', ttl: 600, excludes: ['*.bin'] });
    check('createBackup', typeof backup.id === 'string'
        && backup.dir === '/workspace/f' && backup.sizeBytes > 0, backup);
    check('listBackups', (await sandbox.listBackups()).some((b) =>
        b.id === backup.id && b.name === 'before' && b.dir === backup.dir));
    await sandbox.writeFile('/workspace/f/later', '');
    is('restoreBackup', await sandbox.restoreBackup(JSON.parse(
        JSON.stringify(backup))), { success: true, dir: '/workspace/f',
        id: backup.id });
    is('restoreBackup: its files', (await sandbox.listFiles('/workspace/f'))
        .files.map((f) => f.name), ['a.new', 'a.png', 'big.txt', 'not']);
    await sandbox.exec('cd /tmp/src && echo "*.log" >.gitignore && '
        + 'touch a.log kept');
    const clean = await sandbox.createBackup({ dir: '/tmp/src',
        gitignore: true });
    await sandbox.restoreBackup({ id: clean.id, dir: '/tmp/clean' });
    is('createBackup: gitignore', (await sandbox.listFiles('/tmp/clean'))
        .files.map((f) => f.name), ['kept']);
    check('persist: gitignore', (await all(await sandbox.persist({
        dir: '/tmp/src', excludes: ['.git'], gitignore: true }))).length
        < (await all(await sandbox.persist({ dir: '/tmp/src',
            excludes: ['.git'] }))).length);
    await sandbox.deleteBackup(clean);
    await sandbox.deleteBackup(backup);
    await sandbox.deleteBackup(backup);
    await fails('restoreBackup: none', sandbox.restoreBackup(backup),
        lib.BackupNotFoundError, { httpStatus: 404 });
    await fails('restoreBackup: nothing', sandbox.restoreBackup({}),
        lib.InvalidBackupConfigError);
    await fails('createBackup: no such directory', sandbox.createBackup(
        { dir: '/workspace/none' }), lib.InvalidBackupConfigError);
}
