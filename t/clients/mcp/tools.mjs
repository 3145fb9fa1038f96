/*
 * Copyright (C) the ngx_sandbox authors
 */

/*
 * Every tool over stdio, errors, bounds, cancellation and the end.
 */

const SLEEPS = 'import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()\n'
    + 'print("drawn")';


export async function toolTests(t) {
    const { is, like, stdio, call, sandboxes } = t;
    const client = await stdio();
    const tools = (await client.listTools()).tools;

    is('tools', tools.map(({ name }) => name), ['exec', 'run_code', 'read',
        'write', 'list', 'search', 'processes', 'expose']);
    is('their arguments are described', tools.filter(({ inputSchema }) =>
        inputSchema.type !== 'object').length, 0);
    is('what only reads', tools.filter((tool) => tool.annotations.readOnlyHint)
        .map(({ name }) => name), ['read', 'list', 'search']);
    like('instructions', client.getInstructions(), /\/workspace/);

    await commands(t, client);
    await code(t, client);
    await files(t, client);
    await servers(t, client);
    await cancelled(t, client);

    is('a sandbox of its own', (await sandboxes('mcp-')).length, 1);
    await client.close();
    is('is destroyed at the end', await gone(t, 'mcp-'), 0);

    await bounds(t);
    await errors(t);
}


async function gone({ sandboxes }, prefix) {
    let count;

    for (let i = 0; i < 100; i++) {
        count = (await sandboxes(prefix)).length;

        if (count === 0) {
            break;
        }

        await new Promise((resolve) => setTimeout(resolve, 100));
    }

    return count;
}


async function commands({ is, like, call }, client) {
    is('exec', await call(client, 'exec', { command: 'cd /tmp; echo out; '
        + 'echo err >&2' }), 'out\n[stderr]\nerr\n[exit code 0]');
    is('exec: the shell is the same', await call(client, 'exec',
        { command: 'pwd; (exit 3)' }), '/tmp\n[exit code 3]');
    is('exec: directory and input', await call(client, 'exec', { command:
        'pwd; cat', cwd: '/usr', stdin: 'in' }), '/usr\nin\n[exit code 0]');
    is('exec: a timeout', await call(client, 'exec', { command: 'echo so far; '
        + 'sleep 60', timeoutMs: 300 }), 'ERROR COMMAND_EXECUTION_ERROR: '
        + 'Command timeout after 300ms\nso far');
    like('exec: the shell ends', await call(client, 'exec',
        { command: 'exit 7' }), /^ERROR SESSION_TERMINATED: /);
    await call(client, 'exec', { command: 'cd /workspace' });

    let heard = 0;

    is('exec: progress', [await call(client, 'exec', { command: 'sleep 6' },
        { onprogress: () => heard++, timeout: 5500,
            resetTimeoutOnProgress: true }), heard > 0],
        ['[exit code 0]', true]);
}


async function code({ is, like, call }, client) {
    is('run_code', await call(client, 'run_code', { code: 'x = 6\nx * 7' }),
        '42');
    is('run_code: output and a value', await call(client, 'run_code',
        { code: 'print("a")\nx' }), 'a\n[result]\n6');
    is('run_code: nothing', await call(client, 'run_code', { code: 'y = 1' }),
        '[no output]');
    is('run_code: JavaScript', await call(client, 'run_code', { code: '1 + 1',
        language: 'javascript' }), '2');

    const failed = await call(client, 'run_code', { code: '1 / 0' });

    like('run_code: an exception is a result', failed,
        /^\[error\]\n.*ZeroDivisionError: division by zero/s);
    is('run_code: without colours', failed.includes('\x1b'), false);

    const { content, isError } = await client.callTool({ name: 'run_code',
        arguments: { code: SLEEPS } });
    const picture = content.find(({ type }) => type === 'image');

    is('run_code: a picture', [isError ?? false, content[0].text,
        picture?.mimeType, picture && Buffer.from(picture.data, 'base64')
            .subarray(1, 4).toString()], [false, 'drawn', 'image/png', 'PNG']);
    is('run_code: at most 10 pictures', (await call(client, 'run_code',
        { code: 'for i in range(11):\n    plt.figure(figsize=(1, 1))\n'
            + '    plt.plot([i])\n    plt.show()' })).split('\n'),
        ['[a picture left out: a result has up to 10]',
            ...Array(10).fill('<image/png>')]);
}


async function files({ is, like, call }, client) {
    is('write', await call(client, 'write', { path: 'p/a.txt',
        content: 'one\ntwo\nthree\n' }), 'p/a.txt: 14 bytes');
    is('write: append', await call(client, 'write', { path: 'p/a.txt',
        content: 'four\n', append: true }), 'p/a.txt: 19 bytes');
    is('write: base64', await call(client, 'write', { path: '/workspace/p/b',
        content: 'AAEC', encoding: 'base64' }), '/workspace/p/b: 3 bytes');
    is('read', await call(client, 'read', { path: '/workspace/p/a.txt' }),
        'one\ntwo\nthree\nfour\n');
    is('read: lines', await call(client, 'read', { path: 'p/a.txt', offset: 2,
        limit: 2 }), 'two\nthree');
    like('read: no such line', await call(client, 'read', { path: 'p/a.txt',
        offset: 9 }), /^ERROR p\/a\.txt has 5 lines/);
    like('read: binary', await call(client, 'read', { path: 'p/b' }),
        /^\[p\/b is binary, of type \S+, with 3 bytes/);
    await call(client, 'run_code', { code: 'plt.figure()\n'
        + 'plt.savefig("/workspace/p/c.png")\nplt.close()' });
    is('read: a picture', await call(client, 'read', { path: 'p/c.png' }),
        '<image/png>');

    like('list', await call(client, 'list', { path: 'p' }), new RegExp(
        '^frw-\\S+ +19 /workspace/p/a\\.txt\nf\\S+ +3 /workspace/p/b\n'
        + 'f\\S+ +\\d+ /workspace/p/c\\.png$'));

    const page = await call(client, 'list', { path: 'p', limit: 2 });
    const after = /"after": (".*")\]$/.exec(page)?.[1];

    like('list: a page', page, /\/p\/b\n\[there are more/);
    like('list: the next', await call(client, 'list', { path: 'p',
        after: JSON.parse(after ?? '""') }),
        /^\S+ +\d+ \/workspace\/p\/c.png$/);

    is('search: names', await call(client, 'search', { name: '*.{txt,png}',
        path: '/workspace' }), '/workspace/p/a.txt\n/workspace/p/c.png');
    is('search: text', await call(client, 'search', { text: 'TWO',
        ignoreCase: true }), '/workspace/p/a.txt:2:two');
    is('search: an expression, and context', await call(client, 'search',
        { regex: '^thr', include: '*.txt', context: 1 }),
        '/workspace/p/a.txt-2-two\n/workspace/p/a.txt:3:three\n'
            + '/workspace/p/a.txt-4-four\n--');
    is('search: nothing', await call(client, 'search', { text: 'none' }),
        '[nothing found]');
    like('search: a limit', await call(client, 'search', { regex: 'o',
        limit: 1 }), /:1:one\n\[the search ended early, by its limit/);
    like('search: for nothing', await call(client, 'search', {}),
        /^ERROR Pass one of "name", "text" and "regex"/);
}


async function servers({ is, like, call }, client) {
    like('processes: start', await call(client, 'processes', { action: 'start',
        id: 'web', command: 'python3 -u -m http.server 8000', port: 8000 }),
        /^web: started, pid \d+, listens on port 8000$/);

    const url = await call(client, 'expose', { port: 8000 });

    like('expose', url, /^http:\/\/8000-\S+\/$/);
    is('expose: the link works', (await get(url)).includes('p/'), true);
    is('expose: close', await call(client, 'expose', { port: 8000,
        close: true }), 'port 8000 is not exposed');
    like('processes: list', await call(client, 'processes',
        { action: 'list' }), /^web: running, pid \d+: python3 -u/m);
    like('processes: logs', await call(client, 'processes', { action: 'logs',
        id: 'web' }), /GET \/ HTTP.*\n\[web: running/s);
    is('processes: kill', await call(client, 'processes', { action: 'kill',
        id: 'web' }), 'web: SIGTERM sent');
    like('processes: it ends before its port', await call(client, 'processes',
        { action: 'start', command: 'echo why >&2; exit 4', port: 8001 }),
        /^ERROR PROCESS_EXITED_BEFORE_READY: .*\[stderr\]\nwhy\n\[.*code 4/s);
    like('processes: without a command', await call(client, 'processes',
        { action: 'start' }), /^ERROR "start" needs "command"/);
    like('processes: without an id', await call(client, 'processes',
        { action: 'logs' }), /^ERROR "logs" needs "id"/);
    like('processes: no such one', await call(client, 'processes',
        { action: 'kill', id: 'none' }), /^ERROR PROCESS_NOT_FOUND: /);
}


/* previews are below localhost, which fetch() need not resolve */

async function get(url) {
    const { hostname, port, host } = new URL(url);
    const { request } = await import('node:http');

    return new Promise((resolve, reject) => {
        request({ host: hostname.endsWith('localhost') ? '127.0.0.1'
            : hostname, port, headers: { host } }, (response) => {
            let text = '';

            response.setEncoding('utf8');
            response.on('data', (chunk) => {
                text += chunk;
            });
            response.on('end', () => resolve(text));
        }).once('error', reject).end();
    });
}


export async function cancelled({ is, throws, call }, client) {
    const abort = new AbortController();
    const running = call(client, 'exec', { command: 'echo $$ >/tmp/shell; '
        + 'touch /tmp/began; exec sleep 1234' }, { signal: abort.signal });

    /* in a shell of its own: not by exec, which waits for its turn */

    await call(client, 'run_code', { code: 'import os, time\n'
        + 'while not os.path.exists("/tmp/began"):\n    time.sleep(0.05)' });
    abort.abort(new Error('enough'));
    await throws('a call is cancelled', running, /enough/);

    is('and its command is ended', await call(client, 'run_code', { code:
        'import subprocess\nfor i in range(200):\n'
        + '    r = subprocess.run(["pgrep", "-f", "^sleep 1234"]).returncode\n'
        + '    if r != 0:\n        break\n    time.sleep(0.1)\n'
        + 'os.remove("/tmp/began")\nr' }), '1');
    is('the next call runs', await call(client, 'exec', { command: 'echo on' }),
        'on\n[exit code 0]');
}


async function bounds({ is, like, stdio, call, sandboxes, settings }) {
    const client = await stdio({ SANDBOX_KEY: '',
        SANDBOX_KEY_FILE: `${settings.dir}/api.key`,
        SANDBOX_MAX_OUTPUT: '1000' }, ['--sandbox', 'kept']);

    const long = await call(client, 'exec', { command: 'seq 200000; '
        + 'echo oops >&2' });

    like('exec: the first and the last of it', long, new RegExp('^1\n2\n.*\n'
        + '\\[\\.\\.\\. \\d+ characters left out .*\n200000\n\\[stderr\\]\n'
        + 'oops\n', 's'));
    is('exec: is short', long.length < 1200, true);
    is('exec: a character is not cut', (await call(client, 'exec', { command:
        'printf x; for i in $(seq 1000); do printf "\\xf0\\x9f\\x98\\x80"; '
        + 'done' })).isWellFormed(), true);

    const output = await call(client, 'run_code', { code: 'for i in '
        + 'range(100000):\n    print(i)\n"v" * 9999' });

    like('run_code: is short', output,
        /^0\n1\n.* left out .*\n99999\n\[result\]\n'vvv.* left out .*v'$/s);
    await call(client, 'write', { path: 'long', content: 'l'.repeat(5000) });
    like('read: is short', await call(client, 'read', { path: 'long' }),
        /^l{500}\n\[\.\.\. 4000 characters left out \.\.\.\]\nl{500}$/);
    await client.close();

    is('a sandbox that is named is kept', (await sandboxes('kept')).length, 1);
    await fetch(`${settings.url}/v1/sandbox/kept`, { method: 'DELETE',
        headers: { Authorization: `Bearer ${settings.key}` } });
}


async function errors({ like, stdio, call, settings }) {
    let client = await stdio({ SANDBOX_KEY: 'wrong-key-of-nobody-1' });

    like('a wrong key', await call(client, 'exec', { command: 'true' }),
        /^ERROR unauthorized: .*\n.*check SANDBOX_KEY/);
    await client.close();

    client = await stdio({}, ['--class', 'nonsense']);
    like('no such class', await call(client, 'list', {}),
        /^ERROR \w+: .*class/);
    await client.close();

    client = await stdio({
        SANDBOX_URL: `http://127.0.0.1:${settings.closed}` });
    like('no server', await call(client, 'read', { path: 'a' }),
        /^ERROR CONNECTION_FAILED: .*ECONNREFUSED.*\n.*SANDBOX_URL/);
    like('no such file is no matter of retries', await call(client, 'read', {}),
        /^ERROR .*path/s);
    await client.close();

    client = await stdio();
    like('no such file', await call(client, 'read', { path: 'none' }),
        /^ERROR FILE_NOT_FOUND: /);
    like('no such tool', await call(client, 'nonsense', {}),
        /^ERROR .*nonsense not found/);
    like('a wrong argument', await call(client, 'exec', { command: 1 }),
        /^ERROR .*command/s);
    await client.close();
}
