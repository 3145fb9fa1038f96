/*
 * Copyright (C) the ngx_sandbox authors
 */

/*
 * Commands, sessions and processes on a real sandbox.
 */


export async function commands(t) {
    const { lib, is, check, fails } = t;
    const sandbox = t.sandbox('one');

    let r = await sandbox.exec('echo hi; echo err >&2; (exit 3)');
    is('exec', [r.success, r.exitCode, r.stdout, r.stderr, r.command,
        r.sessionId, r.outcome], [false, 3, 'hi', 'err',
        'echo hi; echo err >&2; (exit 3)', 'default', 'exited']);
    check('exec: its time', r.duration >= 0
        && !Number.isNaN(Date.parse(r.timestamp)), r);
    check('isExecResult', lib.isExecResult(r) && !lib.isExecResult({}));

    r = await sandbox.exec('echo "$A[$B]$(pwd)"; cat', { cwd: '/tmp',
        env: { A: 'x y', B: undefined }, stdin: 'typed' });
    is('exec: env, cwd and stdin', r.stdout, 'x y[]/tmp\ntyped');

    await sandbox.exec('cd /tmp && X=kept');
    r = await sandbox.exec('pwd; echo $X');
    is('exec: the default session keeps its state', r.stdout, '/tmp\nkept');
    await sandbox.exec('cd /workspace');

    r = await sandbox.exec('printf "\\377"');
    is('exec: bytes that are no text', r.stdoutBase64, '/w==');

    let e = await fails('exec: a timeout', sandbox.exec('echo out; sleep 60',
        { timeout: 300 }), lib.CommandError,
        { code: 'COMMAND_EXECUTION_ERROR', httpStatus: 500,
            name: 'CommandError' });
    check('exec: a timeout says so', /timeout|timed out/i.test(e?.message)
        && /out/.test(e?.stdout), e?.toJSON?.());

    const seen = [];
    r = await sandbox.exec('echo one; sleep 0.2; echo two >&2; exit 4', {
        stream: true, onOutput: (stream, data) => seen.push([stream, data]),
        onComplete: (result) => seen.push(result.exitCode) });
    is('exec: onOutput and onComplete', seen, [['stdout', 'one\n'],
        ['stderr', 'two\n'], 4]);
    is('exec: the streamed result', [r.success, r.exitCode, r.stdout,
        r.stderr, r.type], [false, 4, 'one\n', 'two\n', undefined]);

    const stop = new AbortController();
    const slow = sandbox.exec('exec -a to-be-aborted sleep 600',
        { signal: stop.signal, sessionId: 'aborted' });
    setTimeout(() => stop.abort(new RangeError('enough')), 300);
    await fails('exec: abort', slow, RangeError, { message: 'enough' });
    await fails('exec: aborted before', sandbox.exec('true',
        { signal: stop.signal }), RangeError);

    const errors = [];
    await fails('exec: onError', sandbox.exec('exit 7', { sessionId: 'ends',
        onError: (error) => errors.push(error.code) }),
        lib.SessionTerminatedError, { exitCode: 7, sessionId: 'ends',
            httpStatus: 410 });
    is('exec: onError was called', errors, ['SESSION_TERMINATED']);

    const all = await t.events(await sandbox.execStream(
        'echo one; echo two >&2; exit 4', { cwd: '/tmp' }));
    is('execStream', [all[0].type, all.at(-1).type, all.at(-1).exitCode,
        t.text(all, 'stdout'), t.text(all, 'stderr')],
        ['start', 'complete', 4, 'one\n', 'two\n']);
    await fails('execStream: an empty command', sandbox.execStream(''),
        lib.CommandError, { code: 'INVALID_COMMAND' });

    const aborted = new AbortController();
    const stream = await sandbox.execStream('echo up; sleep 600',
        { signal: aborted.signal });
    await fails('execStream: abort', (async () => {
        for await (const event of lib.parseSSEStream(stream,
            aborted.signal))
        {
            if (event.type === 'stdout') {
                aborted.abort();
            }
        }
    })(), Error, { name: 'AbortError' });

    const plain = t.sandbox('one', { enableDefaultSession: false });
    await plain.exec('cd /tmp; Y=1');
    r = await plain.exec('pwd; echo "[$Y]"');
    is('without a default session', [r.stdout, r.sessionId],
        ['/workspace\n[]\n', undefined]);

    await sandbox.setEnvVars({ FROM_ALL: 'yes', HOME: undefined });
    r = await sandbox.exec('echo "$FROM_ALL [$HOME]"');
    is('setEnvVars', r.stdout, 'yes []');
    await sandbox.setEnvVars({ FROM_ALL: null });
    r = await sandbox.exec('echo "[$FROM_ALL]"');
    is('setEnvVars: null', r.stdout, '[]');

    await sandbox.exec('git init -qb trunk /tmp/src && cd /tmp/src '
        + '&& git -c user.email=me@example.com -c user.name=me commit -q '
        + '--allow-empty -m one && git branch side; cd /workspace');
    r = await sandbox.gitCheckout('file:///tmp/src', { branch: 'side',
        depth: 1 });
    is('gitCheckout', [r.success, r.repoUrl, r.branch, r.targetDir],
        [true, 'file:///tmp/src', 'side', '/workspace/src']);
    await fails('gitCheckout: credentials are for http',
        sandbox.gitCheckout('file:///tmp/src', { targetDir: 'again',
            authorization: 'Bearer none' }), lib.ValidationFailedError);
    e = await fails('gitCheckout: no such branch',
        sandbox.gitCheckout('file:///tmp/src', { branch: 'none',
            targetDir: '/workspace/x' }), lib.GitBranchNotFoundError,
        { code: 'GIT_BRANCH_NOT_FOUND' });
    await fails('gitCheckout: no such repository',
        sandbox.gitCheckout('file:///tmp/none'),
        lib.GitRepositoryNotFoundError);
}


export async function sessions(t) {
    const { lib, is, check, fails } = t;
    const sandbox = t.sandbox('one');

    const session = await sandbox.createSession({ id: 'one', cwd: '/tmp',
        env: { FROM_SESSION: 'yes', NOT: undefined } });
    check('createSession', session instanceof lib.ExecutionSession);
    let r = await session.exec('pwd; echo $FROM_SESSION');
    is('session: exec', [session.id, r.stdout, r.sessionId],
        ['one', '/tmp\nyes', 'one']);
    await fails('createSession: the same again',
        sandbox.createSession({ id: 'one' }), lib.SessionAlreadyExistsError,
        { sessionId: 'one', containerPlacementId: null });

    await session.setEnvVars({ QUOTED: 'it\'s "$HOME"\nnext',
        FROM_SESSION: undefined });
    r = await session.exec('echo "$QUOTED[$FROM_SESSION]"');
    is('session: setEnvVars', r.stdout, 'it\'s "$HOME"\nnext[]');
    r = await sandbox.exec('echo "[$QUOTED]"');
    is('session: and of no other', r.stdout, '[]');
    await fails('session: no name of a variable',
        session.setEnvVars({ 'a;b': '1' }), lib.ValidationFailedError);

    await session.writeFile('of-session.txt', 'here');
    is('session: relative paths', [
        (await session.exists('/tmp/of-session.txt')).exists,
        (await session.readFile('of-session.txt')).content], [true, 'here']);
    const process = await session.startProcess('pwd');
    await process.waitForExit(30000);
    is('session: startProcess', [process.sessionId,
        (await process.getLogs()).stdout], ['one', '/tmp\n']);
    r = await session.runCode('1 + 1');
    is('session: runCode', r.results[0]?.text, '2');

    is('getSession', (await (await sandbox.getSession('one')).exec('pwd'))
        .stdout, '/tmp');
    check('listSessions', (await sandbox.listSessions()).includes('one'));

    r = await sandbox.deleteSession('one');
    is('deleteSession', [r.success, r.sessionId], [true, 'one']);
    await fails('deleteSession: the default one',
        sandbox.deleteSession('default'), lib.ValidationFailedError);
    const named = await sandbox.createSession();
    check('createSession: a name is issued', /^session-\d+$/.test(named.id));
    await sandbox.deleteSession(named.id);
}


export async function processes(t) {
    const { lib, is, check, fails } = t;
    const sandbox = t.sandbox('one');
    const seen = [];

    const process = await sandbox.startProcess(
        'echo up; read line; echo "got $line" >&2; exit 3', {
            processId: 'talks', stdin: true, env: { A: '1' },
            onStart: (p) => seen.push(['start', p.id]),
            onOutput: (stream, data) => seen.push([stream, data]),
            onExit: (code) => seen.push(['exit', code]) });
    check('startProcess', lib.isProcess(process) && process.id === 'talks'
        && process.status === 'running' && process.pid > 0
        && process.startTime instanceof Date
        && process.sessionId === 'default', process);
    is('waitForLog', (await process.waitForLog('up', 30000)).line, 'up');
    await process.write('a line\n');
    let r = await process.waitForLog(/got (a|b) (\w+)$/m, 30000);
    is('waitForLog: an expression', [r.line, r.match?.[2]],
        ['got a line', 'line']);
    is('waitForExit', await process.waitForExit(30000), { exitCode: 3 });
    is('getLogs', await process.getLogs(),
        { stdout: 'up\n', stderr: 'got a line\n' });
    is('getStatus', await process.getStatus(), 'failed');
    while (seen.length < 4) {
        await new Promise((resolve) => { setTimeout(resolve, 20); });
    }
    is('onStart, onOutput and onExit', seen, [['start', 'talks'],
        ['stdout', 'up\n'], ['stderr', 'got a line\n'], ['exit', 3]]);

    const e = await fails('waitForLog: it has ended',
        process.waitForLog('never'), lib.ProcessExitedBeforeReadyError,
        { processId: 'talks', exitCode: 3 });
    check('waitForLog: for what', /never/.test(e?.condition), e?.condition);
    await fails('waitForLog: an expression, it has ended',
        process.waitForLog(/never/), lib.ProcessExitedBeforeReadyError,
        { condition: '/never/', exitCode: 3 });

    const server = await sandbox.startProcess(
        'sleep 0.3; exec python3 -u -m http.server 8123');
    await server.waitForPort(8123, { timeout: 30000, interval: 100 });
    await server.waitForPort(8123, { mode: 'tcp', timeout: 30000 });
    check('waitForPort', true);
    await fails('waitForPort: a timeout', server.waitForPort(8124,
        { mode: 'tcp', timeout: 200 }), lib.ProcessReadyTimeoutError,
        { timeout: 200, processId: server.id, httpStatus: 408 });
    await fails('waitForLog: a timeout', server.waitForLog(/never/, 200),
        lib.ProcessReadyTimeoutError, { timeout: 200, condition: '/never/' });
    await fails('waitForExit: a timeout', server.waitForExit(200),
        lib.ProcessReadyTimeoutError);
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 200);
    await fails('waitForLog: abort', server.waitForLog(/never/, 60000,
        { signal: stop.signal }), Error, { name: 'AbortError' });

    check('listProcesses', (await sandbox.listProcesses())
        .some((p) => p.id === server.id && p.status === 'running'));
    is('getProcess', (await sandbox.getProcess('talks')).exitCode, 3);
    is('getProcess: none', await sandbox.getProcess('nobody'), null);

    const live = t.events(await sandbox.streamProcessLogs(server.id));
    await server.kill();
    const all = await live;
    is('kill', [all[0].type, all.at(-1).type, all.at(-1).exitCode],
        ['process_info', 'exit', 143]);
    is('kill: its status', await server.getStatus(), 'killed');
    await fails('killProcess: it has ended', sandbox.killProcess(server.id),
        lib.CommandNotFoundError);
    await fails('killProcess: none', sandbox.killProcess('nobody'),
        lib.ProcessNotFoundError, { processId: 'nobody' });

    const two = [await sandbox.startProcess('sleep 600'),
        await sandbox.startProcess('trap "" TERM; while :; do sleep 1; done')];
    await two[1].kill('SIGKILL');
    is('killProcess: its signal', (await sandbox.getProcess(two[1].id))
        .exitCode, 137);
    is('killAllProcesses', await sandbox.killAllProcesses(), 1);
    is('cleanupCompletedProcesses',
        await sandbox.cleanupCompletedProcesses(), 0);
    r = await sandbox.getProcessLogs('talks');
    is('getProcessLogs', r, { stdout: 'up\n', stderr: 'got a line\n',
        processId: 'talks' });
}
