/*
 * Copyright (C) the ngx_sandbox authors
 */

import type * as O from './options.js';
import type * as R from './results.js';

/** A background process. */
export class Process {
    private constructor();
    readonly id: string;
    readonly pid?: number;
    readonly command: string;
    /** As it was when this object was made; see `getStatus()`. */
    readonly status: R.ProcessStatus;
    readonly startTime: Date;
    readonly endTime?: Date;
    readonly exitCode?: number;
    readonly sessionId?: string;

    /** TERM by default, and KILL to what is left after 5 seconds. */
    kill(signal?: string, options?: O.CallOptions): Promise<void>;
    getStatus(options?: O.CallOptions): Promise<R.ProcessStatus>;
    getLogs(options?: O.CallOptions): Promise<R.ProcessLogs>;
    /** Writes to a process that was started with `stdin: true`. */
    write(data: string | Uint8Array,
        options?: O.CallOptions & { close?: boolean }): Promise<void>;
    /** Timeouts are in milliseconds; without one, it waits for ever. */
    waitForLog(pattern: string | RegExp, timeout?: number,
        options?: O.CallOptions): Promise<R.WaitForLogResult>;
    waitForPort(port: number, options?: O.WaitForPortOptions): Promise<void>;
    waitForExit(timeout?: number, options?: O.CallOptions):
        Promise<R.WaitForExitResult>;
}

/** A terminal over a WebSocket. */
export class Terminal {
    private constructor();
    readonly socket: WebSocket;
    readonly id: string;
    /** Bytes of output so far; pass it as `since` to resume. */
    readonly offset: number;
    readonly cols: number;
    readonly rows: number;
    /** Its output, and first what is replayed. */
    readonly output: ReadableStream<Uint8Array>;
    /** null: the connection ended before the shell. */
    readonly exited: Promise<{ code: number; signal?: string } | null>;
    onerror?: (error: Error) => void;
    write(data: string | Uint8Array): void;
    resize(cols: number, rows: number): void;
    close(): void;
}

/** What a sandbox and a session have in common. */
export class Operations {
    protected constructor();

    /** Runs a command to its end. An exit code is no exception. */
    exec(command: string, options?: O.ExecOptions): Promise<R.ExecResult>;
    /** Server-sent events, for `parseSSEStream<ExecEvent>()`. */
    execStream(command: string, options?: O.StreamOptions):
        Promise<ReadableStream<Uint8Array>>;

    startProcess(command: string, options?: O.ProcessOptions,
        sessionId?: string): Promise<Process>;
    listProcesses(options?: string | O.CallOptions): Promise<Process[]>;
    getProcess(id: string, options?: string | O.CallOptions):
        Promise<Process | null>;
    killProcess(id: string, signal?: string,
        options?: string | O.CallOptions): Promise<void>;
    /** How many were ended. */
    killAllProcesses(options?: string | O.CallOptions): Promise<number>;
    /** Always 0: ended processes are forgotten by themselves. */
    cleanupCompletedProcesses(sessionId?: string): Promise<number>;
    getProcessLogs(id: string, options?: string | O.CallOptions):
        Promise<R.ProcessLogs & { processId: string }>;
    /** Server-sent events; `offset` is the last `id:` of an earlier stream. */
    streamProcessLogs(id: string,
        options?: O.CallOptions & { offset?: string | number }):
        Promise<ReadableStream<Uint8Array>>;

    writeFile(path: string, content: O.FileContent,
        options?: O.WriteFileOptions): Promise<R.WriteFileResult>;
    appendFile(path: string, content: O.FileContent,
        options?: O.WriteFileOptions): Promise<R.WriteFileResult>;
    writeFiles(files: Array<{ path: string; content: string;
        encoding?: string; mode?: string }>, options?: O.SessionCallOptions):
        Promise<R.WriteFilesResult>;
    /** "none": the bytes as a stream. */
    readFile(path: string,
        options: O.SessionCallOptions & { encoding: 'none' }):
        Promise<R.ReadFileStreamResult>;
    readFile(path: string, options?: O.SessionCallOptions
        & { encoding?: Exclude<O.FileEncoding, 'none'> }):
        Promise<R.ReadFileResult>;
    /** Server-sent events, for `streamFile()` and `collectFile()`. */
    readFileStream(path: string, options?: O.SessionCallOptions):
        Promise<ReadableStream<Uint8Array>>;
    mkdir(path: string, options?: O.SessionCallOptions
        & { recursive?: boolean; mode?: string }): Promise<R.MkdirResult>;
    deleteFile(path: string, options?: string | (O.SessionCallOptions
        & { recursive?: boolean })): Promise<R.DeleteFileResult>;
    renameFile(oldPath: string, newPath: string,
        options?: string | O.SessionCallOptions): Promise<R.RenameFileResult>;
    moveFile(sourcePath: string, destinationPath: string,
        options?: string | O.SessionCallOptions): Promise<R.MoveFileResult>;
    copyFile(sourcePath: string, destinationPath: string,
        options?: string | (O.SessionCallOptions & { recursive?: boolean })):
        Promise<R.CopyFileResult>;
    chmod(path: string, mode: string, options?: O.SessionCallOptions):
        Promise<R.PathResult & { mode: string }>;
    stat(path: string, options?: O.SessionCallOptions & { follow?: boolean }):
        Promise<R.StatResult>;
    exists(path: string, options?: string | O.SessionCallOptions):
        Promise<R.FileExistsResult>;
    listFiles(path: string, options?: O.ListFilesOptions):
        Promise<R.ListFilesResult>;

    /** Entries of a tree by their names. */
    find(path: string, options?: O.FindOptions): Promise<R.FindResult>;
    /** Lines of files by a text, or by a POSIX expression. */
    grep(path: string, options: O.GrepOptions): Promise<R.GrepResult>;

    /** Server-sent events, once the watch is established. */
    watch(path: string, options?: O.WatchOptions):
        Promise<ReadableStream<Uint8Array>>;
    checkChanges(path: string, options?: O.CheckChangesOptions):
        Promise<R.CheckChangesResult>;
    /** A watcher, whose events are polled. */
    createWatcher(path: string, options?: O.CreateWatcherOptions):
        Promise<R.Watcher>;
    listWatchers(options?: O.CallOptions): Promise<R.Watcher[]>;
    getWatcher(watcherId: string, options?: O.CallOptions):
        Promise<R.Watcher>;
    /** Pass the `cursor` of one answer as `since` of the next call. */
    getWatcherEvents(watcherId: string, options?: O.WatcherEventsOptions):
        Promise<R.WatcherEvents>;
    deleteWatcher(watcherId: string, options?: O.CallOptions): Promise<void>;

    gitCheckout(repoUrl: string, options?: O.GitCheckoutOptions):
        Promise<R.GitCheckoutResult>;

    createCodeContext(options?: O.CreateContextOptions):
        Promise<R.CodeContext>;
    /** Code that fails is no exception: see `error` of the execution. */
    runCode(code: string, options?: O.RunCodeOptions): Promise<R.Execution>;
    runCodeStream(code: string, options?: O.RunCodeOptions):
        Promise<ReadableStream<Uint8Array>>;
    listCodeContexts(options?: O.CallOptions): Promise<R.CodeContext[]>;
    deleteCodeContext(contextId: string, options?: O.CallOptions):
        Promise<void>;
    /** Ends the code that runs in it, and keeps its state. */
    interruptCodeContext(contextId: string, options?: O.CallOptions):
        Promise<void>;
    /** A fresh interpreter under the same id. */
    restartCodeContext(contextId: string, options?: O.CallOptions):
        Promise<void>;

    terminal(options?: O.TerminalOptions): Promise<Terminal>;
    /** The URL of its WebSocket, which has the API key in it. */
    terminalUrl(options?: O.TerminalOptions): string;
    listTerminals(options?: O.CallOptions): Promise<R.TerminalInfo[]>;
    /** Ends it with all that runs in it. */
    deleteTerminal(terminalId: string, options?: O.CallOptions):
        Promise<R.TerminalInfo>;

    createBackup(options: O.BackupOptions): Promise<R.DirectoryBackup>;
    restoreBackup(backup: R.DirectoryBackup, options?: O.CallOptions):
        Promise<R.RestoreBackupResult>;
    /** Those of all sandboxes of the key, the latest first. */
    listBackups(options?: O.CallOptions): Promise<R.BackupInfo[]>;
    deleteBackup(backup: { id: string }, options?: O.CallOptions):
        Promise<void>;

    /** Throws `BucketMountError`: buckets cannot be mounted. */
    mountBucket(bucket: string, mountPath: string, options?: unknown):
        Promise<never>;
    unmountBucket(mountPath: string): Promise<never>;
}

/** A shell that keeps its directory, variables and functions. */
export class ExecutionSession extends Operations {
    readonly id: string;
    /** Variables of this session's shell. */
    setEnvVars(envVars: O.Variables, options?: O.CallOptions): Promise<void>;
}

export class Sandbox extends Operations {
    readonly id: string;

    /** Variables of all commands, until the sandbox sleeps. */
    setEnvVars(envVars: O.Variables, options?: O.CallOptions): Promise<void>;

    createSession(options?: O.SessionOptions): Promise<ExecutionSession>;
    getSession(sessionId: string): Promise<ExecutionSession>;
    deleteSession(sessionId: string, options?: O.CallOptions):
        Promise<R.SessionDeleteResult>;
    listSessions(options?: O.CallOptions): Promise<string[]>;

    /** Gives the port a URL; exposed ports keep what is left out. */
    exposePort(port: number, options?: O.ExposePortOptions):
        Promise<R.ExposedPort>;
    unexposePort(port: number, options?: O.CallOptions): Promise<void>;
    /** Also of a sandbox that sleeps; with a domain, those below it. */
    getExposedPorts(hostname?: string, options?: O.CallOptions):
        Promise<R.PortListing[]>;
    isPortExposed(port: number, options?: O.CallOptions): Promise<boolean>;
    validatePortToken(port: number, token: string, options?: O.CallOptions):
        Promise<boolean>;

    /** A further link to the port, which is revoked by its name. */
    createPortLink(port: number, options: O.PortLinkOptions):
        Promise<R.PortLink>;
    listPortLinks(port: number, options?: O.CallOptions):
        Promise<R.PortLink[]>;
    deletePortLink(port: number, name: string, options?: O.CallOptions):
        Promise<void>;
    /** Which hop on the way to the app fails. */
    diagnosePort(port: number, options?: O.CallOptions):
        Promise<R.PortDiagnosis>;

    /** Exposed ports by another name. */
    readonly tunnels: {
        /** A port that is exposed already keeps its URL. */
        get(port: number, options?: O.CallOptions & { name?: string }):
            Promise<R.TunnelInfo>;
        list(options?: O.CallOptions):
            Promise<Array<Omit<R.TunnelInfo, 'createdAt'>>>;
        destroy(portOrInfo: number | { port: number },
            options?: O.CallOptions): Promise<void>;
    };

    setSleepAfter(sleepAfter: string | number, options?: O.CallOptions):
        Promise<void>;
    setKeepAlive(keepAlive: boolean, options?: O.CallOptions): Promise<void>;
    setLabels(labels: Record<string, string | null>,
        options?: O.CallOptions): Promise<void>;
    setContainerTimeouts(
        timeouts: NonNullable<O.SandboxOptions['containerTimeouts']>):
        Promise<void>;
    setTransport(transport: O.SandboxTransport): Promise<void>;

    /** null: there is no such sandbox. */
    info(options?: O.CallOptions): Promise<R.SandboxInfo | null>;
    getState(options?: O.CallOptions): Promise<R.SandboxState>;
    ping(options?: O.CallOptions): Promise<string>;
    start(options?: O.CallOptions): Promise<void>;
    /** Ends what runs; files stay, and the next call wakes the sandbox. */
    stop(signal?: unknown): Promise<void>;
    sleep(options?: O.CallOptions): Promise<R.SandboxInfo>;
    wake(options?: O.CallOptions): Promise<R.SandboxInfo>;
    restart(options?: O.CallOptions): Promise<R.SandboxInfo>;
    /** Deletes it with its files; no error if there is none. */
    destroy(options?: O.CallOptions): Promise<void>;

    /** The workspace as a tar archive. */
    persist(options?: O.PersistOptions): Promise<ReadableStream<Uint8Array>>;
    /** Extracts a tar archive, gzipped or not, over the workspace. */
    hydrate(archive: Exclude<O.FileContent, string>,
        options?: O.HydrateOptions): Promise<void>;

    getContainerPlacementId(): Promise<string | null | undefined>;

    /** These throw `NotSupportedError`, which says what to do instead. */
    fetch(...all: any[]): Promise<any>;
    containerFetch(...all: any[]): Promise<any>;
    wsConnect(...all: any[]): Promise<any>;
    configure(...all: any[]): Promise<any>;
    startAndWaitForPorts(...all: any[]): Promise<any>;
    waitForPort(...all: any[]): Promise<any>;
    renewActivityTimeout(...all: any[]): Promise<any>;
    schedule(...all: any[]): Promise<any>;
    setOutboundHandler(...all: any[]): Promise<any>;
    setOutboundByHost(...all: any[]): Promise<any>;
    setOutboundByHosts(...all: any[]): Promise<any>;
    removeOutboundByHost(...all: any[]): Promise<any>;
    setAllowedHosts(...all: any[]): Promise<any>;
    setDeniedHosts(...all: any[]): Promise<any>;
    allowHost(...all: any[]): Promise<any>;
    denyHost(...all: any[]): Promise<any>;
    removeAllowedHost(...all: any[]): Promise<any>;
    removeDeniedHost(...all: any[]): Promise<any>;
}

/**
 * The sandbox of this id, which the first call creates.
 *
 * @example
 * const sandbox = getSandbox('https://api.example.com', 'demo');
 */
export function getSandbox(target: string | URL | O.ConnectionOptions,
    id: string, options?: O.SandboxOptions): Sandbox;
