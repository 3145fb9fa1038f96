/*
 * Copyright (C) the ngx_sandbox authors
 */

/*
 * Compiled, not run: the declarations of clients/js against those of the
 * published package, whose code this one takes.
 */

import * as ours from 'ngx-sandbox';
import * as code from './node_modules/ngx-sandbox/src/index.js';
import type * as theirs from '@cloudflare/sandbox';

type Same<A, B> = [A] extends [B] ? [B] extends [A] ? true : never : never;
type Names<T> = keyof T & string;

/* what is of the published package's platform, and no method of callers */

type Inner = 'defaultPort' | 'sleepAfter' | 'client' | 'envVars' | 'timeout'
    | 'callTunnels' | 'setSandboxName' | `on${string}` | 'requiredPorts'
    | 'execWithSessionToken' | 'execStreamWithSessionToken' | 'entrypoint'
    | 'enableInternet' | 'labels' | 'interceptHttps' | 'allowedHosts'
    | 'deniedHosts' | 'pingEndpoint' | 'applyOutboundInterceptionPromise'
    | 'usingInterception' | 'deleteSchedules' | 'alarm' | 'resolve'
    | 'scheduleNextAlarm' | 'listSchedules' | 'getSchedule';

/* every method of a sandbox and of a session is there */

export const allOfSandbox: Same<never,
    Exclude<Names<theirs.Sandbox>, Names<ours.Sandbox> | Inner>> = true;
export const allOfInterface: Same<never,
    Exclude<Names<theirs.ISandbox>, Names<ours.Sandbox>>> = true;
export const allOfSession: Same<never,
    Exclude<Names<theirs.ExecutionSession>, Names<ours.ExecutionSession>>>
    = true;

declare const sandbox: ours.Sandbox;
declare const session: ours.ExecutionSession;
declare const process: ours.Process;

/* and can take the place of the published one, in both directions */

type Own = 'createSession' | 'terminal' | 'wsConnect';

export const asSandbox: Omit<theirs.ISandbox, Own> = sandbox;
export const asSession: Omit<theirs.ExecutionSession, 'terminal'> = session;
export const asProcess: theirs.Process = process;

/* its options are taken */

type Options<F> = F extends (...all: infer A) => any ? A : never;
type Takes<N extends Names<theirs.ISandbox> & Names<ours.Sandbox>> =
    Options<theirs.ISandbox[N]> extends Options<ours.Sandbox[N]> ? true
        : never;

export const takes: {
    [N in Exclude<Names<theirs.ISandbox>, 'readFile' | 'writeFile'>]:
        Takes<N>
} = {
    exec: true, startProcess: true, listProcesses: true, getProcess: true,
    killProcess: true, killAllProcesses: true, execStream: true,
    streamProcessLogs: true, cleanupCompletedProcesses: true,
    getProcessLogs: true, readFileStream: true, watch: true,
    checkChanges: true, mkdir: true, deleteFile: true, renameFile: true,
    moveFile: true, listFiles: true, exists: true, gitCheckout: true,
    setEnvVars: true, mountBucket: true, unmountBucket: true,
    createSession: true, deleteSession: true, getContainerPlacementId: true,
    createCodeContext: true, runCode: true, runCodeStream: true,
    listCodeContexts: true, deleteCodeContext: true, createBackup: true,
    restoreBackup: true, wsConnect: true,
};

declare const options: theirs.SandboxOptions;
export const created: ours.Sandbox =
    ours.getSandbox('https://api.example.com', 'demo', options);

/* the values that its users' code reads */

declare const exposed: Awaited<ReturnType<ours.Sandbox['exposePort']>>;
export const asExposed:
    Awaited<ReturnType<theirs.Sandbox['exposePort']>> = exposed;
declare const listed: Awaited<ReturnType<ours.Sandbox['getExposedPorts']>>;
export const asListed:
    Awaited<ReturnType<theirs.Sandbox['getExposedPorts']>> = listed;
declare const execution: ours.Execution;
export const asExecution: theirs.ExecutionResult = execution;
declare const stream: ReadableStream<Uint8Array>;
export const events: AsyncIterable<theirs.ExecEvent> =
    ours.parseSSEStream<ours.ExecEvent>(stream);
export const logs: AsyncIterable<ours.LogEvent> =
    ours.parseSSEStream<ours.LogEvent>(stream);

/* and every error that it exports */

type Errors<T> = Extract<keyof T, `${string}Error`>;
type OfBuckets = 'BucketUnmountError' | 'S3FSMountError'
    | 'MissingCredentialsError' | 'InvalidMountConfigError';

export const allErrors: Same<never,
    Exclude<Errors<typeof theirs>, Errors<typeof ours> | OfBuckets>> = true;

/* what is declared is implemented, and the other way round */

type Refused = 'fetch' | 'containerFetch' | 'wsConnect' | 'configure'
    | 'startAndWaitForPorts' | 'waitForPort' | 'renewActivityTimeout'
    | 'schedule' | `${'set' | 'remove'}Outbound${string}`
    | `set${'Allowed' | 'Denied'}Hosts` | `${'allow' | 'deny'}Host`
    | `remove${'Allowed' | 'Denied'}Host`;

export const implemented: Same<never,
    Exclude<Names<ours.Sandbox>, Names<code.Sandbox> | Refused>
    | Exclude<Names<ours.ExecutionSession>, Names<code.ExecutionSession>>
    | Exclude<Names<ours.Process>, Names<code.Process>>
    | Exclude<Names<ours.Terminal>, Names<code.Terminal> | 'onerror'>
    | Exclude<Names<typeof ours>, Names<typeof code>>> = true;
export const declared: Same<never,
    Exclude<Names<code.Sandbox>, Names<ours.Sandbox> | 'scope'>
    | Exclude<Names<code.Terminal>, Names<ours.Terminal> | 'opened'>
    | Exclude<Names<typeof code>, Names<typeof ours>>> = true;
