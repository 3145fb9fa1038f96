// Copyright (C) the ngx_sandbox authors

// The code interpreter of npm's @cloudflare/sandbox against the API of nginx:
// usage: interpreter.mjs MODULES URL KEY.  URL is that of a sandbox.  A line of
// JSON for each check: {name, ok, got?}.

import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { isDeepStrictEqual } from 'node:util';

const [modules, url, key] = process.argv.slice(2);
const require = createRequire(`${modules}/`);
const { CodeInterpreter, SandboxClient, parseSSEStream } = await import(
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
        is(name, { name: error.name, code: error.code,
                   httpStatus: error.httpStatus }, expected);
    }
}


const { interpreter } = new SandboxClient({
    baseUrl: url,
    defaultHeaders: { Authorization: `Bearer ${key}` },
    retryTimeoutMs: 60000,
});
const code = new CodeInterpreter(interpreter);


// what each of the three languages does: [code, expected text]

const PYTHON = {
    language: 'python',
    state: ['x = 40', 'x + 2'],
    streams: 'import sys; print("out"); print("err", file=sys.stderr); 7',
    error: ['raise ValueError("bad")', 'ValueError', 'bad'],
    mistake: ['x = = 1', 'SyntaxError'],
    loop: 'while True: pass',
    place: ['import os; os.getcwd() + os.environ["MODE"]', "'/tmptest'"],
};

const JAVASCRIPT = {
    language: 'javascript',
    state: ['let x = 40', 'x + 2'],
    streams: 'console.log("out"); console.error("err"); 7',
    error: ['throw new RangeError("bad")', 'RangeError', 'bad'],
    mistake: ['x = = 1', 'SyntaxError'],
    loop: 'for (;;);',
    place: ['process.cwd() + process.env.MODE', "'/tmptest'"],
};

const TYPESCRIPT = {
    ...JAVASCRIPT,
    language: 'typescript',
    state: ['let x: number = 40', 'x + 2 as number'],
    mistake: ['let x: = 1', 'TranspileError'],
};


async function languageOf(cases) {
    const { language } = cases;
    const name = (text) => `${language}: ${text}`;

    const context = await code.createCodeContext({ language });
    is(name('createCodeContext'), [context.language, context.cwd,
        context.createdAt instanceof Date], [language, '/workspace', true]);

    await code.runCode(cases.state[0], { context });
    let run = await code.runCode(cases.state[1], { context });
    is(name('runCode in a context'), run.results.map((r) => r.text), ['42']);
    is(name('formats'), run.results[0].formats(), ['text']);
    is(name('code'), run.code, cases.state[1]);

    // each callback, in order, each with a time
    const seen = [];
    let times = 0;
    const note = (type, text) => (m) => {
        seen.push([type, text(m)]);
        times += Number.isFinite(new Date(m.timestamp).getTime());
    };

    run = await code.runCode(cases.streams, { context,
        onStdout: note('stdout', (m) => m.text),
        onStderr: note('stderr', (m) => m.text),
        onResult: note('result', (r) => r.text),
        onError: note('error', (e) => e.name) });
    is(name('callbacks'), seen.sort(), [['result', '7'], ['stderr', 'err\n'],
        ['stdout', 'out\n']]);
    check(name('timestamps'), times >= 2, times);
    is(name('logs'), run.logs, { stdout: ['out\n'], stderr: ['err\n'] });
    is(name('no error'), run.error, undefined);
    is(name('toJSON'), run.toJSON().results[0].text, '7');

    let told = null;
    run = await code.runCode(cases.error[0], { context,
        onError: (e) => { told = e; } });
    is(name('onError'), [told?.name, told?.message], cases.error.slice(1));
    check(name('traceback'), told?.traceback.join('').includes('<cell'),
        told?.traceback);
    is(name('error'), run.error, told);
    run = await code.runCode(cases.mistake[0], { context });
    is(name('a mistake'), run.error?.name, cases.mistake[1]);

    // without a context: one of the language
    await code.runCode(cases.state[0], { language });
    run = await code.runCode(cases.state[1], { language });
    is(name('runCode without a context'), run.results[0]?.text, '42');

    const events = [];
    const stream = await code.runCodeStream(cases.streams, { context });
    for await (const event of parseSSEStream(stream)) {
        events.push(event.type);
    }
    is(name('runCodeStream'), [events.sort(), events.length],
        [['execution_complete', 'result', 'stderr', 'stdout'], 4]);

    // directory and environment, and a timeout, which that server ignores
    const own = await code.createCodeContext({ language, cwd: '/tmp',
        envVars: { MODE: 'test' } });
    is(name('cwd'), own.cwd, '/tmp');
    run = await code.runCode(cases.place[0], { context: own });
    is(name('cwd and envVars apply'), run.results[0]?.text, cases.place[1]);

    told = null;
    await interpreter.runCodeStream(own.id, cases.loop, language,
        { onError: (e) => { told = e; } }, 300);
    is(name('timeout'), told?.name, 'TimeoutError');

    const list = await code.listCodeContexts();
    check(name('listCodeContexts'), [context, own].every(({ id }) =>
        list.some((c) => c.id === id && c.language === language)), list);

    for (const { id } of [context, own]) {
        await code.deleteCodeContext(id);
        await fails(name('deleteCodeContext'), interpreter.deleteCodeContext(id),
            { name: 'ContextNotFoundError', code: 'CONTEXT_NOT_FOUND',
              httpStatus: 404 });
    }

    await fails(name('a deleted context'), code.runCode('1', { context }),
        { name: 'ContextNotFoundError', code: 'CONTEXT_NOT_FOUND',
          httpStatus: 404 });
}


async function results() {
    let run = await code.runCode('import pandas as pd; data = [1, 2, 3]');
    is('nothing to see', run.results, []);
    run = await code.runCode('sum(data)');
    is('results[0].text', run.results[0].text, '6');

    run = await code.runCode('import matplotlib.pyplot as plt\n'
        + 'plt.plot([1, 2], [3, 4])\nplt.figure(); plt.bar(["a"], [1]); None');
    is('pictures', run.results.map((r) => Buffer.from(r.png ?? '', 'base64')
        .toString('latin1', 1, 4)), ['PNG', 'PNG']);
    is('charts', run.results.map((r) => r.chart?.type), ['line', 'bar']);
    check('their formats', run.results[0].formats().includes('chart'),
        run.results[0].formats());

    run = await code.runCode('pd.DataFrame({"n": [1]})');
    check('a data frame', /<td>1<\/td>/.test(run.results[0].html), run.results);

    run = await code.runCode('({ a: [1] })', { language: 'javascript' });
    is('JSON', [run.results[0].json, run.results[0].formats()],
        [{ a: [1] }, ['text', 'json']]);
    run = await code.runCode('display.table([{ a: 1 }]); display.svg("<svg/>"); '
        + 'display.markdown("# x"); display.latex("y"); display.javascript("z")',
        { language: 'javascript' });
    check('a table', /<td>1<\/td>/.test(run.results[0].html), run.results);
    is('formats of display', run.results.slice(1).map((r) => r.formats()),
        [['svg'], ['markdown'], ['latex'], ['javascript']]);

    await fails('no such language',
        interpreter.createCodeContext({ language: 'ruby' }),
        { name: 'ValidationFailedError', code: 'VALIDATION_FAILED',
          httpStatus: 400 });

    // the state of one is never that of another
    const made = await Promise.all([...Array(4).keys()].map(async (n) => {
        const context = await code.createCodeContext({ language: 'python' });
        await code.runCode(`mine = ${n}`, { context });
        return context;
    }));
    const texts = await Promise.all(made.map(async (context) =>
        (await code.runCode('mine', { context })).results[0].text));
    is('contexts side by side', texts, ['0', '1', '2', '3']);
    await Promise.all(made.map((c) => code.deleteCodeContext(c.id)));
}


for (const part of [() => languageOf(PYTHON), () => languageOf(JAVASCRIPT),
    () => languageOf(TYPESCRIPT), results])
{
    try {
        await part();
    } catch (error) {
        check('it comes to its end', false, String(error.stack));
    }
}
