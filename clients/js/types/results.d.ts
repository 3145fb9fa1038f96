/*
 * Copyright (C) the ngx_sandbox authors
 */

/** How a command ended. */
export type Outcome = 'exited' | 'signaled' | 'timed_out' | 'oom_killed'
    | 'lost';

export interface ExecResult {
    /** Whether the exit code is 0. */
    success: boolean;
    exitCode: number;
    stdout: string;
    stderr: string;
    command: string;
    /** Milliseconds. */
    duration: number;
    timestamp: string;
    sessionId?: string;
    outcome?: Outcome;
    /** The signal that ended it, such as "SIGKILL". */
    signal?: string;
    /** Present if the text would lose bytes that are not UTF-8. */
    stdoutBase64?: string;
    stderrBase64?: string;
    /** Milliseconds of processor time. */
    cpuTime?: number;
    /** Bytes; not for a command of a session. */
    peakMemory?: number;
}

/** An event of `execStream()`. */
export interface ExecEvent {
    type: 'start' | 'stdout' | 'stderr' | 'complete' | 'error';
    timestamp: string;
    data?: string;
    command?: string;
    exitCode?: number;
    result?: ExecResult;
    error?: string;
    sessionId?: string;
    pid?: number;
}

/** An event of `streamProcessLogs()`. */
export interface LogEvent {
    type: 'process_info' | 'stdout' | 'stderr' | 'truncated' | 'exit';
    timestamp: string;
    data: string;
    processId: string;
    sessionId?: string;
    exitCode?: number;
}

export type ProcessStatus = 'starting' | 'running' | 'completed' | 'failed'
    | 'killed' | 'error';

export interface WaitForLogResult {
    line: string;
    match?: RegExpMatchArray;
}

export interface WaitForExitResult {
    exitCode: number;
}

export interface ProcessLogs {
    stdout: string;
    stderr: string;
}

export interface PathResult {
    success: boolean;
    path: string;
    timestamp: string;
}

export type WriteFileResult = PathResult;
export type DeleteFileResult = PathResult;

export interface MkdirResult extends PathResult {
    recursive: boolean;
}

export interface RenameFileResult extends PathResult {
    /** Where it is now: below the target, if that is a directory. */
    newPath: string;
}

export type MoveFileResult = RenameFileResult;

export interface CopyFileResult extends RenameFileResult {
    /** Sockets and devices that were not copied. */
    skipped: number;
}

export interface WriteFilesResult {
    success: boolean;
    count: number;
    written: number;
    failed: Array<{ index: number; path: string; code: string;
        message: string; httpStatus: number }>;
    stopped: boolean;
    timestamp: string;
}

export interface FileExistsResult extends PathResult {
    exists: boolean;
}

export interface ReadFileResult extends PathResult {
    /** Text, or base64 if `isBinary`. */
    content: string;
    encoding?: 'utf-8' | 'base64';
    isBinary?: boolean;
    mimeType?: string;
    /** Bytes. */
    size?: number;
    /** Bytes that are not UTF-8 are U+FFFD in `content`. */
    lossy?: boolean;
}

export interface ReadFileStreamResult {
    success: true;
    path: string;
    content: ReadableStream<Uint8Array>;
    size: number;
    mimeType: string;
    timestamp: string;
}

export interface FileInfo {
    name: string;
    absolutePath: string;
    relativePath: string;
    type: 'file' | 'directory' | 'symlink' | 'other';
    size: number;
    modifiedAt: string;
    /** Such as "rw-r--r--". */
    mode: string;
    permissions: { readable: boolean; writable: boolean; executable: boolean };
}

export interface ListFilesResult extends PathResult {
    files: FileInfo[];
    count: number;
    /** The `after` of the next page. */
    next?: string;
    /** How many directories could not be read. */
    skipped?: number;
}

export interface StatResult extends PathResult {
    type: FileInfo['type'];
    size: number;
    mode: string;
    octal: string;
    permissions: FileInfo['permissions'];
    uid: number;
    gid: number;
    owner: string;
    group: string;
    links: number;
    linkTarget?: string;
    modifiedAt: string;
    accessedAt: string;
    changedAt: string;
}

export interface SearchResult extends PathResult {
    count: number;
    /** It ended before it was complete, for this reason. */
    truncated: boolean;
    reason?: 'limit' | 'timeout';
    /** How much could not be read, and the first errors. */
    skipped?: number;
    errors?: Array<{ relativePath: string; code: string }>;
}

export interface FindResult extends SearchResult {
    files: Array<Pick<FileInfo, 'absolutePath' | 'relativePath' | 'type'>
        & Partial<FileInfo>>;
}

export interface GrepMatch {
    absolutePath: string;
    relativePath: string;
    /** From 1, the column in characters. */
    line: number;
    column: number;
    /** Bytes of the file. */
    offset: number;
    length: number;
    text: string;
    before?: string[];
    after?: string[];
    /** `text` is the part of a long line from `textColumn` on. */
    cut?: boolean;
    textColumn?: number;
}

export interface GrepResult extends SearchResult {
    matches: GrepMatch[];
    /** How many files were searched, and how many are binary. */
    searched: number;
    binary: number;
}

/** What a stream says of its file. */
export interface FileMetadata {
    mimeType: string;
    size: number;
    isBinary: boolean;
    encoding: 'utf-8' | 'base64';
}

/** Text, or the bytes of a binary file. */
export type FileChunk = string | Uint8Array;

/** An event of `readFileStream()`. */
export type FileStreamEvent =
    | ({ type: 'metadata' } & FileMetadata)
    | { type: 'chunk'; data: string }
    | { type: 'complete'; bytesRead: number }
    | { type: 'error'; error: string; code?: string; httpStatus?: number };

export type FileWatchEventType = 'create' | 'modify' | 'delete' | 'move_from'
    | 'move_to' | 'attrib';

/** An event of `watch()`. */
export type FileWatchSSEEvent =
    | { type: 'watching'; path: string; watchId: string }
    | { type: 'event'; eventType: FileWatchEventType; path: string;
        isDirectory: boolean; timestamp: string }
    | { type: 'error'; error: string }
    | { type: 'stopped'; reason: string };

export type CheckChangesResult =
    | { success: true; status: 'unchanged' | 'changed'; version: string;
        timestamp: string }
    | { success: true; status: 'resync'; reason: 'expired' | 'restarted';
        version: string; timestamp: string };

export interface Watcher {
    watcherId: string;
    watchId: string;
    path: string;
    recursive: boolean;
    /** Of the latest event. */
    cursor: number;
    expiresAfterMs: number;
    /** The watch has ended, for this reason. */
    ended: boolean;
    reason?: string;
    created: string;
    /** How many directories cannot be read, and the first errors. */
    skipped?: number;
    errors?: Array<{ path: string; code: string }>;
}

export interface WatcherEvent {
    cursor: number;
    eventType: FileWatchEventType | 'skipped';
    path: string;
    isDirectory?: boolean;
    /** The same in both events of a move. */
    cookie?: number;
    code?: string;
    timestamp?: string;
}

export interface WatcherEvents {
    success: true;
    watcherId: string;
    events: WatcherEvent[];
    /** The `since` of the next call. */
    cursor: number;
    /** Events were lost. */
    resync: boolean;
    /** There are more events already. */
    more: boolean;
    ended: boolean;
    reason?: string;
    timestamp: string;
}

export interface GitCheckoutResult {
    success: boolean;
    repoUrl: string;
    branch: string;
    targetDir: string;
    timestamp: string;
}

export interface SessionDeleteResult {
    success: boolean;
    sessionId: string;
    timestamp: string;
}

export interface CodeContext {
    readonly id: string;
    readonly language: string;
    readonly cwd: string;
    readonly createdAt: Date;
    readonly lastUsed: Date;
}

export interface OutputMessage {
    text: string;
    /** Milliseconds since 1970. */
    timestamp: number;
}

/** The data of a figure of matplotlib. */
export interface ChartData {
    type: any;
    title?: string;
    data?: any;
    [member: string]: any;
}

/** A value in each format that it has. */
export class Result {
    text?: string;
    html?: string;
    /** Pictures and documents are in base64. */
    png?: string;
    jpeg?: string;
    pdf?: string;
    svg?: string;
    latex?: string;
    markdown?: string;
    javascript?: string;
    json?: any;
    chart?: any;
    /** A data frame: `columns`, `records`, `shape`, `truncated`. */
    data?: any;
    /** Other formats, by MIME type. */
    extra?: Record<string, any>;
    formats(): string[];
}

export interface ExecutionError {
    name: string;
    message: string;
    traceback: string[];
    lineNumber?: number;
    /** Why the interpreter died. */
    reason?: 'oom' | 'exit' | 'signal' | 'timeout';
    /** The context has a fresh interpreter; its state is lost. */
    restarted?: boolean;
}

export interface ExecutionResult {
    code: string;
    logs: { stdout: string[]; stderr: string[] };
    error?: ExecutionError;
    executionCount?: number;
    results: Array<Omit<Result, 'formats'>>;
}

export class Execution implements ExecutionResult {
    constructor(code: string, context?: CodeContext);
    readonly code: string;
    readonly context?: CodeContext;
    results: Result[];
    logs: { stdout: string[]; stderr: string[] };
    error?: ExecutionError;
    executionCount?: number;
    toJSON(): ExecutionResult;
}

export interface TerminalInfo {
    id: string;
    sessionId: string | null;
    pid: number;
    cols: number;
    rows: number;
    /** How many connections it has. */
    viewers: number;
    /** Bytes of output so far. */
    offset: number;
    startTime: string;
    exitCode?: number;
    signal?: string;
}

export interface ExposedPort {
    url: string;
    port: number;
    name: string | undefined;
    hostname: string;
    token: string;
    expires: string | null;
    /** The other members of the port's policy. */
    [member: string]: any;
}

export interface PortListing {
    url: string;
    port: number;
    status: 'active';
    name: string | undefined;
    token: string;
}

export interface PortLink {
    name: string;
    url: string | null;
    hostname: string | null;
    token: string;
    expires: string | null;
    status?: 'active' | 'expired';
}

/** The hops of a request to the app, up to the first one that fails. */
export interface PortDiagnosis {
    port: number;
    ok: boolean;
    state: string;
    hops: Array<{ hop: 'nginx' | 'container' | 'agent' | 'port' | 'app';
        ok: boolean; ms: number; message: string }>;
    /** What listens in the sandbox. */
    listening?: Array<{ port: number; address: string }> | null;
    /** What to do. */
    suggestion?: string;
    [member: string]: any;
}

export interface TunnelInfo {
    id: string;
    port: number;
    url: string;
    hostname: string;
    createdAt: string;
    name?: string;
}

/** A backup, which can be stored as JSON. */
export interface DirectoryBackup {
    readonly id: string;
    readonly dir: string;
    readonly sizeBytes?: number;
    readonly expiresAt?: string;
}

export interface BackupInfo {
    id: string;
    name?: string | null;
    sandbox: string;
    dir: string;
    sizeBytes: number;
    createdAt: string;
    expiresAt: string;
}

export interface RestoreBackupResult {
    success: boolean;
    dir: string;
    id: string;
}

export interface SandboxState {
    status: 'running' | 'healthy' | 'stopped' | 'stopped_with_code';
    /** Milliseconds since 1970. */
    lastChange: number;
    exitCode?: number;
}

/** The sandbox as `GET /v1/sandbox/:id` shows it. */
export interface SandboxInfo {
    id: string;
    class: string;
    created: string;
    state: 'running' | 'starting' | 'asleep' | 'paused';
    since: string | null;
    sleepAfter: number | null;
    maxAge: number | null;
    keepAlive: boolean;
    labels: Record<string, string>;
    env: string[];
    [member: string]: any;
}
