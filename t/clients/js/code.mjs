/*
 * Copyright (C) the ngx_sandbox authors
 */

/*
 * Code contexts and terminals on a real sandbox.
 */


export async function code(t) {
    const { lib, is, check, fails } = t;
    const sandbox = t.sandbox('one');

    let r = await sandbox.runCode('print("out")\nx = 40\nx + 2');
    is('runCode', [r.code, r.logs, r.results[0]?.text, r.error],
        ['print("out")\nx = 40\nx + 2', { stdout: ['out\n'], stderr: [] },
            '42', undefined]);
    check('runCode: an Execution', r instanceof lib.Execution
        && r.results[0] instanceof lib.Result && r.executionCount > 0);
    is('runCode: formats', r.results[0].formats(), ['text']);
    is('runCode: as JSON', JSON.parse(JSON.stringify(r)).results,
        [{ text: '42' }]);
    is('runCode: the default context keeps its state',
        (await sandbox.runCode('x')).results[0]?.text, '40');

    for (const [language, first, second] of [
        ['python', 'x = 40', 'import sys\nprint("err", file=sys.stderr)\nx+2'],
        ['javascript', 'let x = 40', 'console.error("err"); x + 2'],
        ['typescript', 'let x: number = 40', 'console.error("err"); x + 2'],
    ]) {
        const context = await sandbox.createCodeContext({ language,
            cwd: '/tmp', envVars: { MODE: 'test', NOT: undefined } });
        is(`createCodeContext: ${language}`, [context.language, context.cwd,
            context.createdAt instanceof Date, context.lastUsed instanceof
            Date, typeof context.id], [language, '/tmp', true, true,
            'string']);

        const seen = [];
        await sandbox.runCode(first, { context });
        r = await sandbox.runCode(second, { context,
            onStderr: (m) => seen.push([m.text, typeof m.timestamp]),
            onResult: (result) => seen.push(result.text) });
        is(`runCode: ${language}`, seen, [['err\n', 'number'], '42']);

        check(`listCodeContexts: ${language}`,
            (await sandbox.listCodeContexts())
                .some((c) => c.id === context.id));
        await sandbox.interruptCodeContext(context.id);
        is(`interruptCodeContext: ${language}`,
            (await sandbox.runCode('x', { context })).results[0]?.text, '40');
        await sandbox.restartCodeContext(context.id);
        is(`restartCodeContext: ${language}`, (await sandbox.runCode('x',
            { context })).error?.name, language === 'python' ? 'NameError'
            : 'ReferenceError');
        await sandbox.deleteCodeContext(context.id);
        await fails(`deleteCodeContext: ${language}`,
            sandbox.deleteCodeContext(context.id), lib.ContextNotFoundError,
            { contextId: context.id });
    }

    const errors = [];
    r = await sandbox.runCode('1 / 0', { onError: (e) => errors.push(e) });
    is('runCode: an error', [r.error?.name, r.results, errors.length,
        Array.isArray(r.error?.traceback)],
        ['ZeroDivisionError', [], 1, true]);
    r = await sandbox.runCode('import time; time.sleep(60)',
        { timeout: 300 });
    is('runCode: a timeout', r.error?.name, 'TimeoutError');

    const stop = new AbortController();
    setTimeout(() => stop.abort(), 300);
    await fails('runCode: abort', sandbox.runCode('import time\n'
        + 'time.sleep(60)', { signal: stop.signal }), Error,
        { name: 'AbortError' });
    is('runCode: and the state is kept',
        (await sandbox.runCode('x')).results[0]?.text, '40');

    const events = await t.events(await sandbox.runCodeStream('print(1)\n2'));
    is('runCodeStream', events.map((e) => e.type),
        ['stdout', 'result', 'execution_complete']);
    r = await sandbox.runCode('({ a: [1] })', { language: 'javascript' });
    is('runCode: JSON', r.results[0]?.json, { a: [1] });
}


async function read(reader, until) {
    const decoder = new TextDecoder();
    let text = '';

    while (!until.test(text)) {
        const { done, value } = await reader.read();
        if (done) {
            throw new Error(`${until} is not in ${JSON.stringify(text)}`);
        }
        text += decoder.decode(value, { stream: true });
    }

    return text;
}


export async function terminals(t) {
    const { lib, is, check, fails } = t;
    const sandbox = t.sandbox('one');
    const terminal = await sandbox.terminal({ cols: 100, rows: 30,
        sessionId: 'screen', env: { GREETING: 'hello you' } });

    is('terminal', [terminal.cols, terminal.rows, typeof terminal.id],
        [100, 30, 'string']);
    let reader = terminal.output.getReader();
    terminal.write('echo "$GREETING: $(stty size)"\n');
    await read(reader, /hello you: 30 100/);
    terminal.resize(90, 20);
    terminal.write(new TextEncoder().encode('echo "now $(stty size)"\n'));
    await read(reader, /now 20 90/);
    const { id } = terminal;
    terminal.close();
    is('terminal: closed', await terminal.exited, null);

    const again = await sandbox.terminal({ sessionId: 'screen' });
    check('terminal: goes on', again.id === id && again.offset > 0);
    reader = again.output.getReader();
    await read(reader, /now 20 90/);
    again.write('exit 5\n');
    is('terminal: exited', await again.exited, { code: 5 });

    const third = await sandbox.terminal({ sessionId: 'third' });
    is('listTerminals', (await sandbox.listTerminals()).map((x) => [x.id,
        x.sessionId, x.viewers]), [[third.id, 'third', 1]]);
    is('deleteTerminal', (await sandbox.deleteTerminal(third.id)).sessionId,
        'third');
    is('deleteTerminal: it is gone', await sandbox.listTerminals(), []);
    check('deleteTerminal: its connection ends',
        (await third.exited) !== undefined);

    check('terminalUrl', /^ws:\/\/.*\/pty\?.*session=default/.test(
        sandbox.terminalUrl()), sandbox.terminalUrl());

    const locked = lib.getSandbox({ ...t.target, apiKey: 'wrong-key-00000001' },
        sandbox.id);
    await fails('terminal: a wrong key', locked.terminal(),
        lib.AuthenticationError, { httpStatus: 401 });
    await fails('terminal: a request', sandbox.terminal(
        new Request('http://localhost/')), lib.NotSupportedError);
    const none = lib.getSandbox({ ...t.target, WebSocket: undefined },
        sandbox.id);
    none.scope.http.WebSocket = undefined;
    const e = await fails('terminal: no WebSocket', none.terminal(),
        lib.NotSupportedError);
    check('terminal: says what to pass', /package ws/.test(e?.message));
}
