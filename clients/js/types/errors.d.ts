/*
 * Copyright (C) the ngx_sandbox authors
 */

export interface ErrorResponse {
    code: string;
    message: string;
    context: Record<string, any>;
    httpStatus: number;
    timestamp: string;
    operation?: string;
    suggestion?: string;
    documentation?: string;
}

/** An error of the API: `code` says which, `message` what to do. */
export class SandboxError extends Error {
    constructor(errorResponse: ErrorResponse, options?: { cause?: unknown });
    readonly errorResponse: ErrorResponse;
    get code(): string;
    get context(): Record<string, any>;
    get httpStatus(): number;
    get operation(): string | undefined;
    get suggestion(): string | undefined;
    get timestamp(): string;
    get documentation(): string | undefined;
    /** When the server asks to send the request again. */
    get retryAfterMs(): number | undefined;
    toJSON(): Record<string, any>;
}

export class FileNotFoundError extends SandboxError { get path(): string }
export class FileExistsError extends SandboxError { get path(): string }
export class FileTooLargeError extends SandboxError { get path(): string }
export class PermissionDeniedError extends SandboxError { get path(): string }
export class FileSystemError extends SandboxError {
    get path(): string;
    get stderr(): string | undefined;
    get exitCode(): number | undefined;
}

export class CommandNotFoundError extends SandboxError {
    get command(): string;
}
export class CommandError extends SandboxError {
    get command(): string;
    get exitCode(): number | undefined;
    get stdout(): string | undefined;
    get stderr(): string | undefined;
}

export class ProcessNotFoundError extends SandboxError {
    get processId(): string;
}
export class ProcessError extends SandboxError {
    get processId(): string;
    get pid(): number | undefined;
    get exitCode(): number | undefined;
    get stderr(): string | undefined;
}
export class ProcessReadyTimeoutError extends SandboxError {
    get processId(): string;
    get command(): string;
    get condition(): string;
    get timeout(): number;
}
export class ProcessExitedBeforeReadyError extends SandboxError {
    get processId(): string;
    get command(): string;
    get condition(): string;
    get exitCode(): number;
}

export class SessionAlreadyExistsError extends SandboxError {
    get sessionId(): string;
    get containerPlacementId(): string | null | undefined;
}
export class SessionDestroyedError extends SandboxError {
    get sessionId(): string;
}
export class SessionTerminatedError extends SandboxError {
    get sessionId(): string;
    get exitCode(): number | null;
    get stdout(): string | undefined;
    get stderr(): string | undefined;
}

export class PortAlreadyExposedError extends SandboxError {
    get port(): number;
    get portName(): string | undefined;
}
export class PortNotExposedError extends SandboxError { get port(): number }
export class PortInUseError extends SandboxError { get port(): number }
export class PortError extends SandboxError {
    get port(): number;
    get portName(): string | undefined;
    get stderr(): string | undefined;
}
export class InvalidPortError extends SandboxError {
    get port(): number;
    get reason(): string;
}
export class ServiceNotRespondingError extends SandboxError {
    get port(): number;
    get portName(): string | undefined;
}
export class CustomDomainRequiredError extends SandboxError {}

declare class GitBase extends SandboxError {
    get repository(): string;
    get branch(): string | undefined;
    get targetDir(): string | undefined;
    get stderr(): string | undefined;
    get exitCode(): number | undefined;
}
export class GitRepositoryNotFoundError extends GitBase {}
export class GitAuthenticationError extends GitBase {}
export class GitBranchNotFoundError extends GitBase {}
export class GitNetworkError extends GitBase {}
export class GitCloneError extends GitBase {}
export class GitCheckoutError extends GitBase {}
export class GitError extends GitBase {}
export class InvalidGitUrlError extends SandboxError {
    get validationErrors(): any[] | undefined;
}

export class InterpreterNotReadyError extends SandboxError {
    get retryAfter(): number | undefined;
    get progress(): number | undefined;
}
export class ContextNotFoundError extends SandboxError {
    get contextId(): string;
}
export class CodeExecutionError extends SandboxError {
    get contextId(): string | undefined;
    get ename(): string | undefined;
    get evalue(): string | undefined;
    get traceback(): string[] | undefined;
}

export class BackupNotFoundError extends SandboxError {
    get backupId(): string;
}
export class BackupExpiredError extends SandboxError {
    get backupId(): string;
    get expiredAt(): string | undefined;
}
export class BackupCreateError extends SandboxError {
    get dir(): string;
    get backupId(): string | undefined;
}
export class BackupRestoreError extends SandboxError {
    get dir(): string;
    get backupId(): string;
}
export class InvalidBackupConfigError extends SandboxError {
    get reason(): string;
}

export class ValidationFailedError extends SandboxError {
    get validationErrors(): any[] | undefined;
}
/** The sandbox cannot be started now; it was sent again for a while. */
export class ContainerUnavailableError extends SandboxError {
    get reason(): any;
}
export class OperationInterruptedError extends SandboxError {
    get reason(): any;
}
export class RPCTransportError extends SandboxError {
    get kind(): any;
    get originalMessage(): string;
}

/** The API key is missing or wrong. */
export class AuthenticationError extends SandboxError {}
/** There is no such sandbox, or it belongs to another key. */
export class SandboxNotFoundError extends SandboxError {}
export class SandboxAlreadyExistsError extends SandboxError {}
/** A limit of running sandboxes is reached. */
export class CapacityExceededError extends SandboxError {
    get scope(): 'key' | 'class' | 'all' | 'zone';
    get limit(): number;
    get running(): number;
}
/** A rate limit, or a limit of the sandbox such as its sessions. */
export class TooManyRequestsError extends SandboxError {
    get scope(): string | undefined;
    get limit(): any;
    get max(): number | undefined;
}
/** nginx cannot be reached, or the connection broke off. */
export class ConnectionError extends SandboxError {}
/** No answer within `requestTimeoutMs`. */
export class RequestTimeoutError extends SandboxError {}
/** The method has no meaning with ngx_sandbox; the message says what has. */
export class NotSupportedError extends SandboxError {
    get method(): string;
}

export class BucketMountError extends Error {
    constructor(message: string, code?: string);
    readonly code: string;
}

/** The id of a sandbox is not valid. */
export class SandboxSecurityError extends Error {
    constructor(message: string, code?: string);
    readonly code?: string;
}

export {};
