/*
 * Copyright (C) the ngx_sandbox authors
 */

/*
 * Results of tools: bounded text, pictures, and errors that say what to do.
 */

import { SandboxError } from 'ngx-sandbox';

/* pictures of a result, and the base64 of each */

const PICTURES = 10;
const PICTURE_SIZE = 5 << 20;

/* what a model can do about errors whose remedy is with the operator */

const REMEDIES = {
    unauthorized: 'The MCP server has no valid key of ngx_sandbox. Ask the '
        + 'person who configures it to check SANDBOX_KEY or SANDBOX_KEY_FILE.',
    CONNECTION_FAILED: 'If nginx could not be reached, ask the person who '
        + 'configures the MCP server to check SANDBOX_URL. If the connection '
        + 'broke off, check what took effect before you call again.',
    SANDBOX_NOT_FOUND: 'The sandbox does not exist, or belongs to another key. '
        + 'Ask the person who configures the MCP server to check SANDBOX_ID.',
    capacity_exceeded: 'Call again in a minute.',
};


/*
 * Text of any length, of which the first and the last part are kept; limit is
 * in UTF-16 code units.
 */

export class Text {
    #half;
    #head = '';
    #tail = '';
    #lost = 0;

    constructor(limit) {
        this.#half = limit >> 1;
    }


    add(text) {
        const room = this.#tail === '' ? this.#half - this.#head.length : 0;
        const cut = room > 0 ? whole(text, Math.min(room, text.length)) : 0;

        this.#head += text.slice(0, cut);

        if (cut === text.length) {
            return this;
        }

        this.#tail += text.slice(cut);

        /* cut seldom: each time, the whole tail is copied */

        if (this.#tail.length > 2 * this.#half) {
            this.#shorten();
        }

        return this;
    }


    #shorten() {
        const over = this.#tail.length - this.#half;

        if (over > 0) {
            const cut = whole(this.#tail, over);

            this.#lost += cut;
            this.#tail = this.#tail.slice(cut);
        }
    }


    toString() {
        this.#shorten();

        return this.#lost === 0 ? this.#head + this.#tail
            : `${this.#head}\n[... ${this.#lost} characters left out ...]\n`
                + this.#tail;
    }
}


/* an index at which no pair of surrogates is cut */

function whole(text, index) {
    const code = text.charCodeAt(index);

    return code >= 0xdc00 && code < 0xe000 && index > 0 ? index - 1 : index;
}


export function shortened(text, limit) {
    return new Text(limit).add(text).toString();
}


export function textResult(text, limit, more = {}) {
    return { content: [{ type: 'text', text: shortened(text, limit) }],
        ...more };
}


/* pictures that fit, and a line for each that does not */

export function pictures(list) {
    const content = [];
    const notes = [];

    for (const { data, mimeType } of list) {
        if (content.length === PICTURES) {
            notes.push(`[a picture left out: a result has up to ${PICTURES}]`);
        } else if (data.length > PICTURE_SIZE) {
            notes.push(`[a picture left out: ${data.length} characters of `
                + `base64, up to ${PICTURE_SIZE} are shown; make it smaller]`);
        } else {
            content.push({ type: 'image', data: data.replace(/\s+/g, ''),
                mimeType });
        }
    }

    return { content, notes };
}


/* lines of output on two streams, each a string or a Text */

export function streams(output) {
    const [stdout, stderr] = [`${output.stdout}`, `${output.stderr}`];
    const parts = [];

    if (stdout !== '') {
        parts.push(stdout.replace(/\n$/, ''));
    }

    if (stderr !== '') {
        parts.push(`[stderr]\n${stderr.replace(/\n$/, '')}`);
    }

    return parts;
}


/* with what a command had printed by then */

export function failure(error, limit) {
    const { code, message, suggestion, context } = error;
    const lines = [error instanceof SandboxError ? `${code}: ${message}`
        : message];
    const remedy = REMEDIES[code] ?? suggestion;

    if (remedy && !message.includes(remedy)) {
        lines.push(remedy);
    }

    lines.push(...streams({ stdout: shortened(context?.stdout ?? '', limit),
        stderr: shortened(context?.stderr ?? '', limit) }));

    return textResult(lines.join('\n'), 3 * limit, { isError: true });
}
