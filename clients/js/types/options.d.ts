/*
 * Copyright (C) the ngx_sandbox authors
 */

import type { CodeContext, ExecResult, ExecutionError, FileInfo,
    FileWatchEventType, OutputMessage, Result } from './results.js';
import type { Process } from './sandbox.js';

/** Every method takes these as the last of its options. */
export interface CallOptions {
    /** Ends the call; what it runs in the sandbox is ended too. */
    signal?: AbortSignal;
}

export interface SessionCallOptions extends CallOptions {
    /** The session; by default that of the object. */
    sessionId?: string;
}

/** Where ngx_sandbox is, and how to reach it. */
export interface ConnectionOptions {
    /** Such as "https://api.example.com", with or without "/v1". */
    baseUrl: string | URL;
    /** A key of `sandbox_api_key_file`. */
    apiKey?: string;
    /** Further headers of every request. */
    headers?: Record<string, string>;
    fetch?: typeof fetch;
    /** For terminals, where the runtime has none. */
    WebSocket?: any;
    /** For short requests, in milliseconds; 120000 by default, 0: no limit. */
    requestTimeoutMs?: number;
    /**
     * How long a call that did not run is sent again, in milliseconds; 120000
     * by default, 0: never.
     */
    retryTimeoutMs?: number;
}

/** Without any of these the sandbox has the defaults of its class. */
export interface SandboxOptions {
    /** Seconds, or text such as "30s", "5m", "1h". */
    sleepAfter?: string | number;
    /** It does not fall asleep by itself. */
    keepAlive?: boolean;
    labels?: Record<string, string>;
    /** Age at which it is destroyed, awake or asleep. */
    maxAge?: string | number;
    /** Variables of its commands, which it keeps when it sleeps. */
    env?: Record<string, string>;
    /** A `sandbox_class`; only when the sandbox is created. */
    class?: string;
    /** false: calls that name no session run in none. */
    enableDefaultSession?: boolean;
    /** Converts the id to lower case. */
    normalizeId?: boolean;
    /** The sum is how long calls wait for a sandbox that cannot start yet. */
    containerTimeouts?: {
        instanceGetTimeoutMS?: number;
        portReadyTimeoutMS?: number;
        waitIntervalMS?: number;
    };
    /** Accepted, and without effect: everything goes over HTTP. */
    transport?: SandboxTransport;
}

export type SandboxTransport = 'http' | 'websocket' | 'rpc';

export type Variables = Record<string, string | null | undefined>;

export interface BaseExecOptions {
    /** Milliseconds, after which the command is ended. */
    timeout?: number;
    /** null unsets a variable; undefined leaves it as it is. */
    env?: Variables;
    cwd?: string;
    /** Output is UTF-8; `stdoutBase64` has other bytes. */
    encoding?: string;
}

export interface ExecOptions extends BaseExecOptions, SessionCallOptions {
    /** With `onOutput`: output is passed on as it appears. */
    stream?: boolean;
    onOutput?: (stream: 'stdout' | 'stderr', data: string) => void;
    onComplete?: (result: ExecResult) => void;
    onError?: (error: Error) => void;
    /** Standard input. */
    stdin?: string;
    origin?: 'user' | 'internal';
}

export interface StreamOptions extends BaseExecOptions, SessionCallOptions {
    bufferSize?: number;
    stdin?: string;
}

export interface ProcessOptions extends BaseExecOptions, SessionCallOptions {
    processId?: string;
    /** Its record is deleted some time after its end. */
    autoCleanup?: boolean;
    /** Text, or true: open for `process.write()`. */
    stdin?: string | true;
    onStart?: (process: Process) => void;
    onOutput?: (stream: 'stdout' | 'stderr', data: string) => void;
    onExit?: (code: number | null) => void;
    onError?: (error: Error) => void;
}

export interface WaitForPortOptions extends CallOptions {
    /** "http" by default: a GET of `path` has this `status`. */
    mode?: 'http' | 'tcp';
    path?: string;
    status?: number | { min: number; max: number };
    /** Milliseconds. */
    timeout?: number;
    interval?: number;
}

export type FileEncoding = 'utf-8' | 'utf8' | 'base64' | 'none';

export type FileContent = string | Uint8Array | ArrayBuffer | Blob
    | ReadableStream<Uint8Array>;

export interface WriteFileOptions extends SessionCallOptions {
    /** "base64": `content` is base64. */
    encoding?: string;
    /** Octal, such as "0755". */
    mode?: string;
}

export interface ListFilesOptions extends SessionCallOptions {
    recursive?: boolean;
    includeHidden?: boolean;
    depth?: number;
    limit?: number;
    after?: string;
}

/** Patterns are those of gitignore(5), and `{a,b}` is either. */
export interface SearchOptions extends SessionCallOptions {
    exclude?: string | string[];
    /** Leaves out what .gitignore files say. */
    gitignore?: boolean;
    includeHidden?: boolean;
    depth?: number;
    ignoreCase?: boolean;
    /** At most so many results; 1000 by default. */
    limit?: number;
    /** Milliseconds; 30000 by default. */
    timeout?: number;
}

export interface FindOptions extends SearchOptions {
    pattern?: string | string[];
    type?: FileInfo['type'] | Array<FileInfo['type']>;
    /** Results have size, modifiedAt, mode and permissions. */
    stat?: boolean;
}

export interface GrepOptions extends SearchOptions {
    /** One of these. */
    text?: string;
    regex?: string;
    /** Patterns of files. */
    include?: string | string[];
    /** Lines of context. */
    before?: number;
    after?: number;
    context?: number;
    limitPerFile?: number;
}

export interface WatchOptions extends SessionCallOptions {
    /** true by default. */
    recursive?: boolean;
    /** Glob patterns, not together with `exclude`. */
    include?: string[];
    /** By default .git, node_modules and .DS_Store. */
    exclude?: string[];
    events?: FileWatchEventType[];
}

export interface CheckChangesOptions extends WatchOptions {
    /** The `version` of an earlier call. */
    since?: string;
}

export interface CreateWatcherOptions extends WatchOptions {
    /** Without a request for so long, it is removed; 10 minutes by default. */
    expiresAfterMs?: number;
}

export interface WatcherEventsOptions extends CallOptions {
    /** The `cursor` of an earlier answer; up to it nothing is kept then. */
    since?: number;
    /** 1000 by default. */
    limit?: number;
}

export interface GitCheckoutOptions extends SessionCallOptions {
    branch?: string;
    targetDir?: string;
    depth?: number;
    cloneTimeoutMs?: number;
    /** What the git server wants in its Authorization header. */
    authorization?: string;
}

export interface SessionOptions extends CallOptions {
    id?: string;
    name?: string;
    env?: Variables;
    cwd?: string;
    isolation?: boolean;
    commandTimeoutMs?: number;
}

export type Language = 'python' | 'javascript' | 'typescript';

export interface CreateContextOptions extends CallOptions {
    language?: Language;
    cwd?: string;
    envVars?: Variables;
    /** Of each piece of code that has none of its own, in milliseconds. */
    timeout?: number;
}

export interface RunCodeOptions extends CallOptions {
    /** By default the sandbox's own context of the language. */
    context?: CodeContext;
    /** "python" by default. */
    language?: Language;
    cwd?: string;
    envVars?: Variables;
    timeout?: number;
    onStdout?: (output: OutputMessage) => void | Promise<void>;
    onStderr?: (output: OutputMessage) => void | Promise<void>;
    onResult?: (result: Result) => void | Promise<void>;
    onError?: (error: ExecutionError) => void | Promise<void>;
}

/** Further members are those of the port's policy. */
export interface ExposePortOptions extends CallOptions {
    /** A domain of `sandbox_preview_url`; by default the first one. */
    hostname?: string;
    name?: string;
    /** 1 to 16 of a-z, 0-9 and _; issued by default. */
    token?: string;
    expires?: string | number | null;
    access?: 'link' | 'key' | 'public';
    /** Run at every start of the sandbox, with PORT set. */
    command?: string;
    /** A preview wakes the sandbox. */
    wake?: boolean;
    [member: string]: any;
}

export interface PortLinkOptions extends CallOptions {
    /** 1 to 32 of A-Z, a-z, 0-9 and . _ - */
    name: string;
    token?: string;
    expires?: string | number | null;
}

export interface TerminalOptions extends SessionCallOptions {
    cols?: number;
    rows?: number;
    shell?: string;
    cwd?: string;
    env?: Record<string, string>;
    /** `terminal.offset` and `terminal.id` of a connection that was lost. */
    since?: number;
    id?: string;
    WebSocket?: any;
}

export interface BackupOptions extends CallOptions {
    dir: string;
    name?: string;
    /** Seconds, or text such as "30d"; 3 days by default. */
    ttl?: number | string;
    /** Patterns, which apply at any depth. */
    excludes?: string[];
    /** Leaves out what git ignores. */
    gitignore?: boolean;
    /** These have no effect. */
    compression?: { format?: 'gzip' | 'lz4' | 'zstd'; threads?: number };
    localBucket?: boolean;
    multipart?: boolean;
}

export interface PersistOptions extends CallOptions {
    /** "/workspace" by default. */
    dir?: string;
    /** Patterns below it, as tar takes them. */
    excludes?: string[];
    /** Leaves out what git ignores. */
    gitignore?: boolean;
}

export interface HydrateOptions extends CallOptions {
    dir?: string;
    /** The directory has nothing else afterwards. */
    contents?: 'replace';
}
