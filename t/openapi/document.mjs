// Copyright (C) the ngx_sandbox authors

// The document of a server, calls of its operations, and validation of what
// comes back.  Members that the document does not name are errors by default.

import { request } from 'node:http';
import { createRequire } from 'node:module';

const METHODS = ['get', 'put', 'post', 'delete', 'patch'];


export function check(name, ok, got) {
    process.stdout.write(JSON.stringify(ok ? { name, ok: true }
        : { name, ok: false, got }) + '\n');
}


// the schemas of a copy of the document name all members there are

function closed(value) {
    if (Array.isArray(value)) {
        return value.map(closed);
    }

    if (value === null || typeof value !== 'object') {
        return value;
    }

    const copy = Object.fromEntries(Object.entries(value)
        .map(([key, item]) => [key, closed(item)]));

    if (value.type !== undefined && value.properties !== undefined
        && !Array.isArray(value.properties)
        && value.additionalProperties === undefined
        && value.allOf === undefined)
    {
        copy.additionalProperties = false;
    }

    return copy;
}


function pointer(...names) {
    return '#/' + names.map((name) => encodeURIComponent(String(name)
        .replaceAll('~', '~0').replaceAll('/', '~1'))).join('/');
}


export class Document {

    constructor(modules, url, key, json) {
        const require = createRequire(`${modules}/`);
        const Ajv = require('ajv/dist/2020').default;
        const formats = require('ajv-formats').default;

        this.url = url;
        this.key = key;
        this.json = json;
        this.root = 'closed:';        // or 'open:', with other members
        this.validators = new Map();
        this.ajv = new Ajv({ strict: false, allErrors: true });
        formats(this.ajv);
        this.ajv.addSchema(json, 'open:');
        this.ajv.addSchema(closed(json), 'closed:');

        this.operations = new Map();

        for (const [path, item] of Object.entries(json.paths)) {
            for (const method of METHODS) {
                if (item[method] !== undefined) {
                    const operation = item[method];
                    this.operations.set(operation.operationId, {
                        id: operation.operationId, path, method, operation,
                        parameters: [...(item.parameters ?? []),
                            ...(operation.parameters ?? [])]
                            .map((p) => this.resolve(p)),
                    });
                }
            }
        }
    }

    static async load(modules, url, key) {
        const answer = await fetch(`${url}/v1/openapi.json`,
            { headers: { Authorization: `Bearer ${key}` } });
        return new Document(modules, url, key, await answer.json());
    }

    resolve(node) {
        while (node?.$ref !== undefined) {
            node = node.$ref.slice(2).split('/').reduce((at, name) =>
                at[name.replaceAll('~1', '/').replaceAll('~0', '~')],
            this.json);
        }
        return node;
    }

    // an array of what is wrong with a value
    invalid(root, where, value) {
        const id = root + where;
        if (!this.validators.has(id)) {
            this.validators.set(id, this.ajv.compile({ $ref: id }));
        }
        const validate = this.validators.get(id);
        return validate(value) ? [] : validate.errors.map((e) =>
            `${e.instancePath} ${e.message} ${JSON.stringify(e.params)}`);
    }

    media(op, status, type) {
        const { responses } = op.operation;
        const name = responses[status] ? status : 'default';
        const used = responses[name];

        if (used === undefined) {
            return null;
        }

        const base = used.$ref ? used.$ref.slice(2).split('/')
            : ['paths', op.path, op.method, 'responses', name];
        const content = this.resolve(used).content?.[type];

        return content && { content, where: [...base, 'content', type] };
    }

    // what is wrong with an answer
    wrong(op, answer) {
        const { status, headers, body } = answer;
        const type = (headers['content-type'] ?? '').split(';')[0];

        const described = op.operation.responses[status];

        if (described && !described.$ref && !described.content) {
            return body.length ? [`${status} has a body`] : [];
        }

        const media = this.media(op, status, type);

        if (!media) {
            return [`${status} ${type} is not documented`];
        }

        if (status < 400 && !described) {
            return [`${status} is not documented`];
        }

        if (type === 'application/json') {
            let value;
            try {
                value = JSON.parse(body.toString());
            } catch {
                return ['no JSON'];
            }
            return this.invalid(this.root,
                pointer(...media.where, 'schema'), value);
        }

        return type === 'text/event-stream'
            ? this.wrongEvents(media, body.toString()) : [];
    }

    wrongEvents(media, text) {
        const event = media.content['x-event'];
        const wrong = [];

        for (const frame of text.split('\n\n')) {
            const name = /^event: ?(.*)$/m.exec(frame)?.[1];
            const data = /^data: ?(.*)$/m.exec(frame)?.[1];

            if (data === undefined) {
                continue;
            }

            const named = name !== undefined && event[name] !== undefined;
            const where = [...media.where, 'x-event', ...named ? [name] : []];
            const value = /^[{[]/.test(data) ? JSON.parse(data) : data;

            wrong.push(...this.invalid(this.root, pointer(...where), value)
                .map((text) => `${data.slice(0, 200)}: ${text}`));
        }

        return wrong;
    }

    // what is wrong with a body that is sent
    wrongRequest(op, body) {
        const content = this.resolve(op.operation.requestBody)?.content;
        const schema = content?.['application/json']?.schema;
        return schema === undefined ? ['takes no JSON']
            : this.invalid('open:', pointer('paths', op.path, op.method,
                'requestBody', 'content', 'application/json', 'schema'), body);
    }

    target(op, path = {}, query = {}) {
        const search = new URLSearchParams(query).toString();
        return op.path.replace(/\{(\w+)\}/g, (_, name) =>
            name === 'path' ? path[name] : encodeURIComponent(path[name]))
            + (search ? `?${search}` : '');
    }

    // {status, headers, body}; a stream is cut after "cut" ms
    send(op, { path, query, headers = {}, json, body, target, key, cut } = {}) {
        const { hostname, port } = new URL(this.url);
        const bytes = json !== undefined ? JSON.stringify(json) : body;
        const all = { Host: `${hostname}:${port}`, ...headers };

        if (key ?? this.key) {
            all.Authorization = `Bearer ${key ?? this.key}`;
        }

        if (json !== undefined && all['Content-Type'] === undefined) {
            all['Content-Type'] = 'application/json';
        }

        if (bytes !== undefined) {
            all['Content-Length'] = Buffer.byteLength(bytes);
        }

        return new Promise((resolve, reject) => {
            const req = request({ hostname, port, agent: this.agent,
                method: op.method.toUpperCase(), headers: all,
                path: target ?? this.target(op, path, query) });
            const chunks = [];
            let answer = null, timer = null;
            const end = (cutOff) => {
                clearTimeout(timer);
                resolve({ ...answer, cut: cutOff,
                    body: Buffer.concat(chunks) });
            };

            req.on('upgrade', (res, socket) => {
                socket.destroy();
                answer = { status: res.statusCode, headers: res.headers };
                end(false);
            });
            req.on('response', (res) => {
                answer = { status: res.statusCode, headers: res.headers };
                res.on('data', (data) => chunks.push(data));
                res.on('end', () => end(false));
                res.on('error', () => end(true));
            });
            req.on('error', (e) => {
                clearTimeout(timer);
                answer ? end(true) : reject(e);
            });

            if (cut) {
                timer = setTimeout(() => {
                    if (answer === null) {
                        answer = { status: 0, headers: {} };
                    }
                    end(true);
                    req.destroy();
                }, cut);
            }

            req.end(bytes);
        });
    }
}
