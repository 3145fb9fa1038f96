/*
 * Copyright (C) the ngx_sandbox authors
 */

/*
 * The configuration: flags, and variables of the environment for those that
 * are not given.  Keys come from the environment or a file, since every user
 * of a machine can read the arguments of its processes.
 */

import { parseArgs } from 'node:util';
import { readFileSync } from 'node:fs';

const KEY_LENGTH = 16;

export const { version: VERSION } = JSON.parse(readFileSync(
    new URL('../package.json', import.meta.url), 'utf8'));

export const USAGE = `Usage: ngx-sandbox-mcp --url URL [flags]

An MCP server whose tools work in a sandbox of ngx_sandbox; on stdin and stdout,
or over HTTP with --http.

  --url URL              of ngx_sandbox; or SANDBOX_URL
  --key-file FILE        its API key; or SANDBOX_KEY_FILE, or the key itself in
                         SANDBOX_KEY
  --sandbox ID           the sandbox, which is kept; or SANDBOX_ID.  Without it,
                         each session has its own, destroyed at its end
  --class NAME           the class of sandboxes; or SANDBOX_CLASS
  --max-output N         characters of text in a result, 30000 by default; or
                         SANDBOX_MAX_OUTPUT

  --http [HOST:]PORT     serve http://HOST:PORT/mcp; or MCP_HTTP.  HOST is
                         127.0.0.1 by default, and [...] if it is IPv6
  --http-key-file FILE   the key that clients send; or MCP_KEY_FILE, or the key
                         itself in MCP_KEY
  --allow-host NAMES     further names of this server in Host, by commas; or
                         MCP_ALLOW_HOST
  --allow-origin URLS    origins of pages that may call, by commas; or
                         MCP_ALLOW_ORIGIN
  --max-sessions N       sessions at a time, 32 by default; or MCP_MAX_SESSIONS
  --idle-timeout S       seconds after which an idle session ends, 1800 by
                         default; or MCP_IDLE_TIMEOUT

  --help, --version
`;

/* flags and their variables; keys have one for themselves besides */

const FLAGS = {
    'url': 'SANDBOX_URL',
    'key-file': 'SANDBOX_KEY_FILE',
    'sandbox': 'SANDBOX_ID',
    'class': 'SANDBOX_CLASS',
    'max-output': 'SANDBOX_MAX_OUTPUT',
    'http': 'MCP_HTTP',
    'http-key-file': 'MCP_KEY_FILE',
    'allow-host': 'MCP_ALLOW_HOST',
    'allow-origin': 'MCP_ALLOW_ORIGIN',
    'max-sessions': 'MCP_MAX_SESSIONS',
    'idle-timeout': 'MCP_IDLE_TIMEOUT',
};


export class ConfigError extends Error {}


/* { help }, { version }, or the whole configuration; throws ConfigError */

export function configOf(args, env) {
    const { flags, help, version } = flagsOf(args);

    if (help || version) {
        return { help, version };
    }

    const get = (name) => flags[name] ?? (env[FLAGS[name]] || undefined);

    const config = {
        url: urlOf(get('url')),
        apiKey: keyOf(get('key-file'), env.SANDBOX_KEY),
        sandbox: get('sandbox'),
        class: get('class'),
        maxOutput: number('max-output', get('max-output') ?? '30000', 1000,
            10000000),
        http: null,
    };

    if (get('http') !== undefined) {
        config.http = {
            ...addressOf(get('http')),
            key: keyOf(get('http-key-file'), env.MCP_KEY),
            hosts: list(get('allow-host')).map((name) => name.toLowerCase()),
            origins: list(get('allow-origin')).map(originOf),
            maxSessions: number('max-sessions', get('max-sessions') ?? '32', 1,
                10000),
            idleMs: 1000 * number('idle-timeout', get('idle-timeout') ?? '1800',
                1, 864000),
        };

        if ((config.http.key ?? '').length < KEY_LENGTH) {
            throw new ConfigError('HTTP needs a key of at least '
                + `${KEY_LENGTH} characters, which clients send: set `
                + 'MCP_KEY_FILE to a file with it, such as one that "openssl '
                + 'rand -hex 24" writes');
        }
    }

    return config;
}


function flagsOf(args) {
    const options = { help: { type: 'boolean' }, version: { type: 'boolean' } };

    for (const name of Object.keys(FLAGS)) {
        options[name] = { type: 'string' };
    }

    if (args.some((arg) => /^--(http-)?key(=|$)/.test(arg))) {
        throw new ConfigError('A key is not taken as an argument, which every '
            + 'user of this machine can read: pass the name of a file with '
            + '--key-file, or set SANDBOX_KEY');
    }

    try {
        const { help, version, ...flags } = parseArgs({ args, options }).values;

        return { flags, help, version };

    } catch (error) {
        throw new ConfigError(`${error.message} (--help lists the flags)`);
    }
}


function urlOf(value) {
    if (value === undefined) {
        throw new ConfigError('No URL of ngx_sandbox: pass --url or set '
            + 'SANDBOX_URL, such as https://api.example.com');
    }

    try {
        if (/^https?:$/.test(new URL(value).protocol)) {
            return value;
        }
    } catch {
        /* refused below */
    }

    throw new ConfigError(`"${value}" is no URL of http: or https:`);
}


/* a file has nothing but the key */

function keyOf(file, key) {
    if (file === undefined) {
        return key || undefined;
    }

    try {
        return readFileSync(file, 'utf8').trim();
    } catch (error) {
        throw new ConfigError(`The file of the key: ${error.message}`);
    }
}


function addressOf(value) {
    const found = /^(?:(\[[0-9a-fA-F:.]+\]|[^:[\]]+):)?(\d{1,5})$/.exec(value);

    if (!found || Number(found[2]) > 65535) {
        throw new ConfigError(`--http "${value}" is no [HOST:]PORT`);
    }

    return { host: (found[1] ?? '127.0.0.1').replace(/^\[|\]$/g, ''),
        port: Number(found[2]) };
}


function list(value) {
    return (value ?? '').split(',').map((item) => item.trim())
        .filter((item) => item !== '');
}


function originOf(value) {
    try {
        const { origin } = new URL(value);

        if (origin !== 'null') {
            return origin;
        }
    } catch {
        /* refused below */
    }

    throw new ConfigError(`--allow-origin "${value}" is no origin such as `
        + 'https://app.example.com');
}


function number(name, value, min, max) {
    const n = /^\d{1,9}$/.test(value) ? Number(value) : NaN;

    if (!(n >= min && n <= max)) {
        throw new ConfigError(`--${name} "${value}" is no number from ${min} `
            + `to ${max}`);
    }

    return n;
}
