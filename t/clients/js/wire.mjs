/*
 * Copyright (C) the ngx_sandbox authors
 */

/*
 * What is sent and what is made of answers, mostly without a server: streams,
 * retries, errors, and what is not supported.
 */


function json(body, init) {
    return () => new Response(JSON.stringify(body), { ...init,
        headers: { 'Content-Type': 'application/json', ...init?.headers } });
}


function error(status, code, headers, more) {
    return json({ code, message: `message of ${code}`, context: {},
        httpStatus: status, timestamp: new Date().toISOString(), ...more },
        { status, headers });
}


function body(...texts) {
    return new ReadableStream({
        start(controller) {
            const encoder = new TextEncoder();
            for (const text of texts) {
                controller.enqueue(typeof text === 'string'
                    ? encoder.encode(text) : text);
            }
            controller.close();
        },
    });
}


function sse(...events) {
    return () => new Response(body(...events.map((e) =>
        `data: ${JSON.stringify(e)}\n\n`)),
        { headers: { 'Content-Type': 'text/event-stream' } });
}


export async function streams(t) {
    const { lib, is, check, fails } = t;

    const euro = new TextEncoder().encode('data: {"a":"€"}\r\n\r\n');
    is('parseSSEStream', await t.events(body(': comment\nda', 'ta: {"n":\n',
        'data: 1}\n\n', 'event: x\nid: 7\ndata:{"n":2}\r', '\n\r',
        '\ndata: [DONE]\n\ndata: no JSON\n\n', euro.slice(0, 13),
        euro.slice(13), 'data: {"n":3}')),
        [{ n: 1 }, { n: 2 }, { a: '€' }, { n: 3 }]);
    is('parseSSEStream: CR alone', await t.events(body('data: 1\r\rdata: 2\r',
        '\r')), [1, 2]);

    let cancelled = false;
    const endless = new ReadableStream({
        pull: (c) => c.enqueue(new TextEncoder().encode('data: 1\n\n')),
        cancel: () => { cancelled = true; },
    });
    for await (const event of lib.parseSSEStream(endless)) {
        if (event) {
            break;
        }
    }
    check('parseSSEStream: who stops cancels it', cancelled);

    is('responseToAsyncIterable', await t.events(lib.asyncIterableToSSEStream(
        lib.responseToAsyncIterable(sse({ a: 1 }, { b: 2 })()))),
        [{ a: 1 }, { b: 2 }]);
    await fails('responseToAsyncIterable: an error', lib
        .responseToAsyncIterable(new Response('', { status: 500 })).next(),
        Error);
    await fails('streamFile: cut', lib.collectFile(body('data: {"type":'
        + '"metadata","encoding":"utf-8"}\n\n')), lib.ConnectionError);

    /* an event of many megabytes, in small pieces */

    const long = `data: "${'x'.repeat(1 << 22)}"\n\n`;
    const pieces = [];
    for (let i = 0; i < long.length; i += 4096) {
        pieces.push(long.slice(i, i + 4096));
    }
    is('parseSSEStream: a long event', (await t.events(body(...pieces)))[0]
        .length, 1 << 22);
}


export async function retries(t) {
    const { lib, is, check, fails } = t;
    const soon = { 'Retry-After': '0' };
    const done = json({ success: true, exitCode: 0, stdout: '', stderr: '' });

    let m = t.mock(error(503, 'CONTAINER_UNAVAILABLE', soon),
        error(429, 'TOO_MANY_REQUESTS', soon), done);
    await m.sandbox.exec('true');
    is('what did not run is sent again', m.calls.length, 3);

    for (const [name, answer, type] of [
        ['503 without Retry-After', error(503, 'CONTAINER_UNAVAILABLE'),
            lib.ContainerUnavailableError],
        ['502', error(502, 'exec_transport_error'), lib.SandboxError],
        ['429 without Retry-After', error(429, 'LIMIT_REACHED'),
            lib.TooManyRequestsError],
        ['a connection that broke off', new TypeError('terminated'),
            lib.ConnectionError],
    ]) {
        m = t.mock(answer, done);
        await fails(`exec: ${name} is not sent again`, m.sandbox.exec('true'),
            type);
        is(`exec: ${name}: one request`, m.calls.length, 1);
    }

    m = t.mock(new TypeError('terminated'), error(502, 'x'),
        error(504, 'x'), json({ exists: true }));
    is('a safe request is', (await m.sandbox.exists('/x')).exists, true);
    m = t.mock(new TypeError('terminated'));
    await fails('but not for ever', m.sandbox.exists('/x'),
        lib.ConnectionError, { code: 'CONNECTION_FAILED' });
    is('4 times in all', m.calls.length, 4);

    const refused = new TypeError('fetch failed');
    refused.cause = { code: 'ECONNREFUSED', message: 'refused' };
    m = t.mock(refused, done);
    await m.sandbox.exec('true');
    is('a connection that was refused', m.calls.length, 2);

    let e = await fails('no longer than it may take', lib.getSandbox({
        ...t.target, fetch: m.fetch, retryTimeoutMs: 1000 }, 'x').exists('/x')
        .then(() => lib.getSandbox({ ...t.target, retryTimeoutMs: 1000,
            fetch: async () => error(503, 'capacity_exceeded',
                { 'Retry-After': '5' }, { context: { scope: 'key', limit: 1,
                    running: 1 } })() }, 'x').exec('true')),
        lib.CapacityExceededError, { scope: 'key', limit: 1, running: 1 });
    is('retryAfterMs', e?.retryAfterMs, 5000);
    check('isPlatformTransientError', lib.isPlatformTransientError(e)
        && !lib.isPlatformTransientError(new Error('x'))
        && !lib.isDurableObjectCodeUpdateReset(e));

    const stop = new AbortController();
    m = t.mock(error(503, 'CONTAINER_UNAVAILABLE', { 'Retry-After': '60' }));
    setTimeout(() => stop.abort(), 100);
    await fails('an abort ends the wait', m.sandbox.exec('true',
        { signal: stop.signal }), Error, { name: 'AbortError' });

    e = await fails('requestTimeoutMs', lib.getSandbox({ ...t.target,
        requestTimeoutMs: 100, retryTimeoutMs: 0,
        fetch: (_, { signal }) => new Promise((_, reject) => {
            signal.addEventListener('abort', () => reject(signal.reason));
        }) }, 'x').listProcesses(), lib.RequestTimeoutError);
    check('requestTimeoutMs: says how long', /100 ms/.test(e?.message));
}


export async function wire(t) {
    const { lib, is, check, fails } = t;

    let m;
    const first = { type: 'watching', path: '/workspace', watchId: 'watch-1' };
    const event = { type: 'event', eventType: 'create', path: '/workspace/a',
        isDirectory: false, timestamp: 'x' };
    m = t.mock(sse(first, event));
    is('watch', await t.events(await m.sandbox.watch('/workspace',
        { include: ['*.js'] })), [first, event]);
    is('watch: its request', [m.calls[0].url.pathname,
        JSON.parse(m.calls[0].body)], ['/v1/sandbox/mock/api/watch',
        { path: '/workspace', include: ['*.js'], sessionId: 'default' }]);
    m = t.mock(sse({ type: 'error', error: 'not found: /x' }));
    await fails('watch: an error', m.sandbox.watch('/x'), lib.SandboxError,
        { code: 'WATCH_START_ERROR', message: 'not found: /x' });
    m = t.mock(json({ success: true, status: 'unchanged', version: 'w:0' }));
    is('checkChanges', (await m.sandbox.checkChanges('/workspace',
        { since: 'w:0' })).status, 'unchanged');

    m = t.mock(json({ success: true }));
    await m.sandbox.gitCheckout('https://git.example.com/a.git',
        { authorization: 'Bearer t', cloneTimeoutMs: 5 });
    is('gitCheckout: credentials', [m.calls[0].headers.get(
        'git-authorization'), JSON.parse(m.calls[0].body).timeoutMs],
        ['Bearer t', 5]);
    is('the key', m.calls[0].headers.get('authorization'), 'Bearer k');

    for (const [baseUrl, expected] of [
        ['http://a.example', 'http://a.example/v1/sandbox/x'],
        ['http://a.example/v1/', 'http://a.example/v1/sandbox/x'],
        ['http://a.example/deep/', 'http://a.example/deep/v1/sandbox/x'],
    ]) {
        let url;
        await lib.getSandbox({ baseUrl, fetch: async (href) => {
            url = href;
            return json({})();
        } }, 'x').info();
        is(`baseUrl: ${baseUrl}`, url, expected);
    }

    /* an output that breaks off is taken up at its last byte */

    const output = (n) => `id: ${n}\ndata: {"type":"stdout","data":"${n}"}\n\n`;
    m = t.mock(json({ processId: 'p', pid: 1, command: 'c', timestamp: 0 }),
        () => new Response(body(output(1), output(2))),
        () => new Response(body(output(3), 'data: {"type":"exit",'
            + '"exitCode":0}\n\n')));
    const seen = [];
    await new Promise((resolve) => {
        m.sandbox.startProcess('c', { onOutput: (_, data) => seen.push(data),
            onExit: resolve });
    });
    is('an output that broke off', [seen, m.calls[2].url.search],
        [['1', '2', '3'], '?offset=2']);

    m = t.mock(sse({ type: 'stdout', data: 'x' }));
    await fails('a stream without an end', m.sandbox.exec('c',
        { stream: true, onOutput() {} }), lib.ConnectionError);
    m = t.mock(() => new Response('<html>', { status: 200 }));
    await fails('an answer of something else', m.sandbox.exists('/x'),
        lib.SandboxError, { code: 'INVALID_JSON_RESPONSE' });
    m = t.mock(() => new Response('<html>Bad Gateway', { status: 500 }));
    await fails('an error of something else', m.sandbox.exec('c'),
        lib.SandboxError, { code: 'UNKNOWN_ERROR', httpStatus: 500 });
}


export async function refusals(t) {
    const { lib, is, check, fails } = t;
    const { url, other } = t.settings;
    const sandbox = t.sandbox('one');

    for (const apiKey of [undefined, '', 'wrong-key-00000001']) {
        await fails(`the key ${apiKey}`, lib.getSandbox({ baseUrl: url,
            apiKey }, sandbox.id).exec('true'), lib.AuthenticationError,
            { code: 'unauthorized', httpStatus: 401 });
    }
    await fails("another's key", lib.getSandbox({ baseUrl: url,
        apiKey: other }, sandbox.id).exec('true'), lib.SandboxNotFoundError,
        { httpStatus: 404 });
    await fails("another's sandbox, with options", lib.getSandbox({
        baseUrl: url, apiKey: other }, sandbox.id, { keepAlive: true })
        .exec('true'), lib.SandboxNotFoundError);

    for (const [id, options, code] of [['', {}, 'INVALID_SANDBOX_ID_LENGTH'],
        ['Upper', {}, 'INVALID_SANDBOX_ID'], ['a_b', {}, 'INVALID_SANDBOX_ID'],
        ['-a', {}, 'INVALID_SANDBOX_ID'], ['www', {}, 'RESERVED_SANDBOX_ID'],
        ['a'.repeat(41), {}, 'INVALID_SANDBOX_ID']])
    {
        await fails(`the id "${id}"`, (async () => lib.getSandbox(url, id,
            options))(), lib.SandboxSecurityError, { code });
    }
    is('normalizeId', lib.getSandbox(url, 'Upper', { normalizeId: true }).id,
        'upper');
    await fails('a binding', (async () => lib.getSandbox(
        { idFromName() {} }, 'x'))(), lib.NotSupportedError);
    await fails('no URL', (async () => lib.getSandbox('nowhere', 'x'))(),
        TypeError);
    await fails('a URL of something else', (async () => lib.getSandbox(
        'ftp://a', 'x'))(), TypeError);

    for (const method of ['fetch', 'containerFetch', 'wsConnect', 'configure',
        'schedule', 'setAllowedHosts', 'waitForPort'])
    {
        const e = await fails(method, sandbox[method](),
            lib.NotSupportedError, { code: 'NOT_SUPPORTED', httpStatus: 501,
                method: `${method}()` });
        check(`${method}: what to do`, e?.suggestion?.length > 10);
    }
    for (const name of ['proxyToSandbox', 'proxyTerminal']) {
        await fails(name, lib[name](), lib.NotSupportedError);
    }
    await fails('mountBucket', sandbox.mountBucket('b', '/b', {}),
        lib.BucketMountError, { code: 'BUCKET_MOUNT_ERROR' });
    await fails('unmountBucket', sandbox.unmountBucket('/b'),
        lib.BucketMountError, { code: 'BUCKET_UNMOUNT_ERROR' });
    check('no key is shown', !JSON.stringify(sandbox).includes(
        t.settings.key));
    await sandbox.destroy();
}
