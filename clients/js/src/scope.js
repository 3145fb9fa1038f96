/*
 * Copyright (C) the ngx_sandbox authors
 */

/*
 * Where the calls of an object go: a sandbox, and a session in it.
 */

/* the session of calls that name none, and how a call says that it has none */

export const DEFAULT_SESSION = 'default';
export const NO_SESSION = '__DISABLE_SESSION__';


export class Scope {

    /*
     * ready() is awaited before the first call: it creates the sandbox when
     * it has options that must be in force
     */

    constructor(http, id, session, ready) {
        this.http = http;
        this.id = id;
        this.session = session;
        this.ready = ready;
    }


    within(session) {
        return new Scope(this.http, this.id, session, this.ready);
    }


    path(path) {
        return `/sandbox/${this.id}${path ? `/${path}` : ''}`;
    }


    async json(method, path, options) {
        await this.ready(options?.signal);
        return this.http.json(method, this.path(path), options);
    }


    async response(method, path, options) {
        await this.ready(options?.signal);
        return this.http.response(method, this.path(path), options);
    }


    /* a body of server-sent events */

    async events(method, path, options) {
        const response = await this.response(method, path,
            { ...options, accept: 'text/event-stream' });

        return response.body;
    }


    /* for what runs: a session, or the word for none */

    runsIn(session) {
        return session ?? this.session;
    }


    /* for paths: a session, or undefined for none */

    pathsIn(session) {
        const id = session ?? this.session;

        return id === NO_SESSION ? undefined : id;
    }


    /* as results show it */

    shown(session) {
        return this.pathsIn(session);
    }
}


/*
 * The last argument of a method: an object of options, or the id of a session,
 * as the reference SDK has it.
 */

export function optionsOf(value) {
    return typeof value === 'string' ? { sessionId: value } : value ?? {};
}


/* variables as the API takes them: null unsets one, undefined is left out */

export function variables(env) {
    if (env === undefined || env === null) {
        return undefined;
    }

    for (const [name, value] of Object.entries(env)) {
        if (value !== undefined && value !== null && typeof value !== 'string')
        {
            throw new TypeError(`environment variable ${name}: `
                + `a ${typeof value}, not a string`);
        }
    }

    return env;
}


export function toBase64(bytes) {
    let text = '';

    for (let i = 0; i < bytes.length; i += 0x8000) {
        text += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
    }

    return btoa(text);
}


export function fromBase64(text) {
    return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
}
