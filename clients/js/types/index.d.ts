/*
 * Copyright (C) the ngx_sandbox authors
 */

import type { ExecResult, FileChunk, FileMetadata, ProcessStatus }
    from './results.js';
import type { Process } from './sandbox.js';

export * from './errors.js';
export * from './options.js';
export * from './results.js';
export { ExecutionSession, getSandbox, Process, Sandbox, Terminal }
    from './sandbox.js';
export type { Sandbox as ISandbox } from './sandbox.js';

/** The events of a stream, each parsed from its JSON. */
export function parseSSEStream<T>(stream: ReadableStream<Uint8Array>,
    signal?: AbortSignal): AsyncGenerator<T, void, undefined>;
export function responseToAsyncIterable<T>(response: Response,
    signal?: AbortSignal): AsyncGenerator<T, void, undefined>;
export function asyncIterableToSSEStream<T>(events: AsyncIterable<T>,
    options?: { signal?: AbortSignal; serialize?: (event: T) => string }):
    ReadableStream<Uint8Array>;

/** The chunks of `readFileStream()`. */
export function streamFile(stream: ReadableStream<Uint8Array>,
    signal?: AbortSignal): AsyncGenerator<FileChunk, FileMetadata>;
/** All of it: text, or the bytes of a binary file. */
export function collectFile(stream: ReadableStream<Uint8Array>,
    signal?: AbortSignal):
    Promise<{ content: string | Uint8Array; metadata: FileMetadata }>;

export function isExecResult(value: any): value is ExecResult;
export function isProcess(value: any): value is Process;
export function isProcessStatus(value: string): value is ProcessStatus;
/** Whether the same call may succeed soon. */
export function isPlatformTransientError(error: unknown): boolean;
export function isDurableObjectCodeUpdateReset(error: unknown): boolean;

/** These throw `NotSupportedError`: nginx serves previews and terminals. */
export function proxyToSandbox(...all: any[]): Promise<any>;
export function proxyTerminal(...all: any[]): Promise<any>;
