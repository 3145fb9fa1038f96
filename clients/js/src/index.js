/*
 * Copyright (C) the ngx_sandbox authors
 */

export { getSandbox, Sandbox } from './sandbox.js';
export { ExecutionSession } from './session.js';
export { Process } from './processes.js';
export { Terminal } from './terminal.js';
export { Execution, Result } from './interpreter.js';
export { asyncIterableToSSEStream, parseSSEStream, responseToAsyncIterable }
    from './sse.js';
export { collectFile, streamFile } from './file_stream.js';
export { proxyTerminal, proxyToSandbox } from './unsupported.js';
export { isDurableObjectCodeUpdateReset, isExecResult,
    isPlatformTransientError, isProcess, isProcessStatus } from './guards.js';
export {
    AuthenticationError, BackupCreateError, BackupExpiredError,
    BackupNotFoundError, BackupRestoreError, BucketMountError,
    CapacityExceededError, CodeExecutionError, CommandError,
    CommandNotFoundError, ConnectionError, ContainerUnavailableError,
    ContextNotFoundError, CustomDomainRequiredError, FileExistsError,
    FileNotFoundError, FileSystemError, FileTooLargeError,
    GitAuthenticationError, GitBranchNotFoundError, GitCheckoutError,
    GitCloneError, GitError, GitNetworkError, GitRepositoryNotFoundError,
    InterpreterNotReadyError, InvalidBackupConfigError, InvalidGitUrlError,
    InvalidPortError, NotSupportedError, OperationInterruptedError,
    PermissionDeniedError, PortAlreadyExposedError, PortError, PortInUseError,
    PortNotExposedError, ProcessError, ProcessExitedBeforeReadyError,
    ProcessNotFoundError, ProcessReadyTimeoutError, RequestTimeoutError,
    RPCTransportError, SandboxAlreadyExistsError, SandboxError,
    SandboxNotFoundError, SandboxSecurityError, ServiceNotRespondingError,
    SessionAlreadyExistsError, SessionDestroyedError, SessionTerminatedError,
    TooManyRequestsError, ValidationFailedError,
} from './errors.js';
