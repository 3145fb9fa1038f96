// Copyright (C) the ngx_sandbox authors

// Requests of an operation, from the schemas of its parameters and its body:
// valid ones, and ones with a mistake.

// values of strings, by the name of the member or parameter
const WORDS = {
    id: ['fuzz-a', 'fuzz-b', 'fuzz-c'],
    sid: ['s1', 's2', 'default'],
    sessionId: ['s1', 's2', '__DISABLE_SESSION__', ''],
    session: ['s1', 't1'],
    'Session-Id': ['s1', 's2'],
    process: ['p1', 'p2', 'p3'],
    processId: ['p1', 'p2', 'p3'],
    terminal: ['s1', 't1'],
    context: ['c1', '00000000-0000-4000-8000-000000000000'],
    context_id: ['c1', ''],
    language: ['python', 'javascript', 'typescript', 'cobol', ''],
    command: ['true', 'echo x', 'exit 3', 'cat', 'sleep 0.1', 'kill -9 $$',
        'printf "\\377\\0x"', 'cd /tmp', 'X=1', 'if', '(echo e >&2; false)',
        'yes | head -c 100000', ''],
    argv: ['true', 'sh', '-c', 'echo', 'cat', '/none', ''],
    code: ['1 + 1', '1 / 0', 'print("x")', 'while', 'import os', 'x = 5\nx'],
    path: ['a', 'b/c', 'd', '.', '/tmp/x', '/etc/passwd', '/proc/1/environ',
        '/proc/self/mem', '/dev/zero', '\u00fc', 'a\nb', 'x'.repeat(300), ''],
    cwd: ['/tmp', '/workspace', '/none', 'sub', ''],
    content: ['x', 'line\n', '\u20ac\u{1f600}', 'eHl6', 'z'.repeat(5000)],
    encoding: ['base64', 'utf-8', 'none'],
    repoUrl: ['/tmp/none', 'file:///none', 'https://127.0.0.1:1/x.git', '-x',
        'ext::sh -c id', 'me@127.0.0.1:x', ''],
    signal: ['TERM', 'KILL', 'HUP', 'SIGCONT', '0', 'NONE'],
    text: ['x', '\n', 'listening'],
    regex: ['x', '^$', '(', 'a{1,5}', '[', '(a*)*b'],
    dir: ['/workspace', '/tmp', '/tmp/new', '/etc', '/workspace/../etc'],
    excludes: ['a', '*.log,b', '../x', ''],
    exclude: ['a', '*'],
    shell: ['sh', 'bash', '/none'],
    hostname: ['localhost', 'example.com'],
    'Git-Authorization': ['Bearer x', 'Basic eDp5'],
    'Last-Event-ID': ['0', '5'],
    Range: ['bytes=0-1', 'bytes=-5', 'bytes=9-', 'x'],
    'If-None-Match': ['W/"x"', '*'],
    'Idempotency-Key': ['k1', 'k2'],
    after: ['fuzz-a', 'a'],
    expires: ['8h', '2030-01-31T12:00:00Z', '1s', 'x'],
    key: ['k'.repeat(16), 'fuzz-key_0123456789'],
    token: ['tok_1', 'a', '0123456789abcdef'],
    bucket: ['data'],
    mountPath: ['/mnt/x', '/'],
    mode: ['0644', '755', '4755'],
    watcher: ['watcher-1', 'watcher-2', 'w'],
    backup: ['b1', 'b2', 'b3'],
    archivePath: ['/var/backups/b1.sqsh', '/etc/x'],
    pattern: ['*', '*.{a,b}', '[', '**/x', '!x'],
    name: ['anna', 'bob', 'before'],
    ttl: ['1d', '10m', 'x'],
    Base64: ['eHl6', '/w==', ''],
};

// a name that ends like that of another
const ALIKE = [['Base64', 'Base64'], ['Path', 'path'], ['Dir', 'path'],
    ['Directory', 'path']];

const ODD = ['', '\u0000', '\u{1f600}', '../x', 'a/b', '%2e%2e', 'x'.repeat(200),
    '-', '__proto__', '\u202e', '{}', 'a b', '\ud83d'];

const TYPES = [null, true, -1, 1e300, 0.5, 'x', [], {}, [[[[[]]]]],
    { a: { b: null } }];


export class Generator {

    constructor(doc, seed) {
        this.doc = doc;
        this.state = seed >>> 0;
        this.wrong = [];
    }

    // mulberry32
    number(below) {
        this.state = (this.state + 0x6d2b79f5) >>> 0;
        let t = this.state;
        t = Math.imul(t ^ (t >>> 15), t | 1);
        t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
        return ((t ^ (t >>> 14)) >>> 0) % below;
    }

    chance(percent) {
        return this.number(100) < percent;
    }

    pick(list) {
        return list[this.number(list.length)];
    }

    shuffle(list) {
        for (let i = list.length - 1; i > 0; i--) {
            const j = this.number(i + 1);
            [list[i], list[j]] = [list[j], list[i]];
        }
    }

    words(name) {
        const alike = ALIKE.find(([end]) => name.endsWith(end));
        return WORDS[name] ?? WORDS[alike?.[1]] ?? ODD;
    }

    // a value that the schema permits
    value(schema, name = '') {
        const s = this.doc.resolve(schema) ?? {};

        if (s.const !== undefined) {
            return s.const;
        }
        if (s.enum) {
            return this.pick(s.enum);
        }
        if (s.anyOf) {
            return this.value(this.pick(s.anyOf), name);
        }

        switch (Array.isArray(s.type) ? this.pick(s.type)
            : s.type ?? (s.properties ? 'object' : 'string'))
        {
        case 'null':
            return null;
        case 'boolean':
            return this.chance(50);
        case 'integer':
        case 'number':
            return this.integer(s, name);
        case 'array':
            return Array.from({ length: Math.min(s.maxItems ?? 3,
                (s.minItems ?? 0) + this.number(3)) },
            () => this.value(s.items, name));
        case 'object':
            return this.object(s);
        default:
            return this.string(s, name);
        }
    }

    integer(s, name) {
        const low = s.minimum ?? 0;
        const high = Math.min(s.maximum ?? low + 1000,
            /timeout/i.test(name) ? 500 : /^port$/.test(name) ? low + 20
                : low + 100000);
        return low + this.number(high - low + 1);
    }

    string(s, name) {
        const all = this.words(name);
        const fits = all.filter((word) => word.length >= (s.minLength ?? 0)
            && (!s.pattern || new RegExp(s.pattern).test(word)));
        return fits.length ? this.pick(fits) : 'x';
    }

    object(s) {
        const made = {};

        for (const part of [s, ...(s.allOf ?? []).map((p) =>
            this.doc.resolve(p))])
        {
            const required = part.required ?? [];
            for (const [name, schema] of Object.entries(part.properties ?? {})) {
                if (required.includes(name) || this.chance(30)) {
                    made[name] = this.value(schema, name);
                }
            }
        }

        if (typeof s.additionalProperties === 'object') {
            for (let i = this.number(3); i > 0; i--) {
                made[this.pick(['A', 'B_1', 'Z'])]
                    = this.value(s.additionalProperties, 'value');
            }
        }

        return made;
    }

    request(op, valid) {
        const made = { path: {}, query: [], headers: {}, valid };
        const mistakes = valid ? [] : [this.pick(['path', 'query', 'header',
            'body', 'body', 'body'])];

        for (const parameter of op.parameters) {
            const { name, schema } = parameter;
            if (!parameter.required && !this.chance(30)) {
                continue;
            }
            this.parameter(made, parameter,
                [this.value(schema, name)].flat().map(String));
        }

        const content = this.doc.resolve(op.operation.requestBody)?.content;
        const json = content?.['application/json']?.schema;

        if (json) {
            const body = this.value(json);
            if (valid && op.operation.requestBody.required) {
                this.wrong.push(...this.doc.wrongRequest(op, body)
                    .map((text) => `${op.id}: ${JSON.stringify(body)}: ${text}`));
            }
            made.body = JSON.stringify(body);
            made.headers['Content-Type'] = 'application/json';
        } else if (content) {
            made.body = this.bytes();
        }

        if (op.operation.responses[101] && this.chance(70)) {
            Object.assign(made.headers, { Connection: 'Upgrade',
                Upgrade: 'websocket', 'Sec-WebSocket-Version': '13',
                'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA==' });
        }

        for (const mistake of mistakes) {
            this.mistake(op, made, mistake);
        }

        if (op.path.includes('/file/')) {
            made.path.path = this.filePath(made.path.path);
        }

        made.target = this.doc.target(op, made.path, made.query);

        return { valid, target: made.target, headers: made.headers,
            body: made.body };
    }

    parameter(made, { name, in: where }, values) {
        if (where === 'path') {
            made.path[name] = values[0];
        } else if (where === 'query') {
            made.query.push(...values.map((value) => [name, value]));
        } else {
            made.headers[name] = values[0];
        }
    }

    filePath(text) {
        return `workspace/${encodeURIComponent(String(text)
            .toWellFormed()).replaceAll('%2F', '/').replaceAll('.', '%2e')}`;
    }

    bytes() {
        return this.pick([Buffer.alloc(0), Buffer.from('text'),
            Buffer.alloc(1024), Buffer.from([0x1f, 0x8b, 8, 0, 1, 2, 3]),
            Buffer.alloc(70000, 'x')]);
    }

    mistake(op, made, where) {
        if (where === 'path' && Object.keys(made.path).length) {
            const name = this.pick(Object.keys(made.path));
            made.path[name] = this.pick(ODD).toWellFormed();

        } else if (where === 'query') {
            made.query.push([this.pick(['limit', 'offset', 'cols', 'signal',
                'dir', 'sandbox_key', 'x']), this.pick(ODD).toWellFormed()]);

        } else if (where === 'header') {
            made.headers[this.pick(['Session-Id', 'X-Session-Id', 'Range',
                'Last-Event-ID', 'Accept', 'X-Forwarded-For'])]
                = this.pick(['../x', 'a b', '', 'bytes=9-1', '\u00fc',
                    'x'.repeat(500)]);

        } else if (made.body !== undefined) {
            made.body = this.badBody(made.body);
        } else {
            made.body = this.pick(['{}', 'x', '[1]']);
        }
    }

    badBody(body) {
        let value;

        try {
            value = JSON.parse(body);
        } catch {
            return this.bytes();
        }

        const names = Object.keys(value);

        switch (this.number(7)) {
        case 0:
            return body.slice(0, this.number(body.length));
        case 1:
            return JSON.stringify(this.pick(TYPES));
        case 2:
            return Buffer.concat([Buffer.from(body.slice(0, -1)),
                Buffer.from([0xff, 0xfe, 0x7d])]);
        case 3:
            return `{"x":"${'y'.repeat(70000)}"}`;
        case 4:
            return '['.repeat(2000) + ']'.repeat(2000);
        case 5:
            delete value[this.pick(names)];
            return JSON.stringify(value);
        default:
            value[this.pick(names) ?? 'x'] = this.pick(TYPES);
            return JSON.stringify(value);
        }
    }
}
