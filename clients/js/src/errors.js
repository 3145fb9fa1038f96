/*
 * Copyright (C) the ngx_sandbox authors
 */

/*
 * Errors, one class for each kind.  The API answers an error as JSON with
 * code, message and context; classes and getters have the names of the
 * reference SDK.
 */

export class SandboxError extends Error {
    constructor(errorResponse, options) {
        super(errorResponse.message, options);
        this.name = 'SandboxError';
        this.errorResponse = errorResponse;
    }

    get code() {
        return this.errorResponse.code;
    }

    get context() {
        return this.errorResponse.context;
    }

    get httpStatus() {
        return this.errorResponse.httpStatus;
    }

    get operation() {
        return this.errorResponse.operation;
    }

    get suggestion() {
        return this.errorResponse.suggestion;
    }

    get timestamp() {
        return this.errorResponse.timestamp;
    }

    get documentation() {
        return this.errorResponse.documentation;
    }

    /* how long the server asks to wait before the request is sent again */

    get retryAfterMs() {
        return this.errorResponse.retryAfterMs;
    }

    toJSON() {
        const { name, message, code, context, httpStatus, operation,
            suggestion, timestamp, documentation, stack } = this;

        return { name, message, code, context, httpStatus, operation,
            suggestion, timestamp, documentation, stack };
    }
}


/* a class whose getters read these members of the context */

function define(name, members = []) {
    const type = class extends SandboxError {
        constructor(errorResponse, options) {
            super(errorResponse, options);
            this.name = name;
        }
    };

    Object.defineProperty(type, 'name', { value: name });

    for (const member of members) {
        Object.defineProperty(type.prototype, member, {
            get() {
                return this.context?.[member];
            },
        });
    }

    return type;
}


const git = ['repository', 'branch', 'targetDir', 'stderr', 'exitCode'];
const wait = ['processId', 'command', 'condition'];

export const FileNotFoundError = define('FileNotFoundError', ['path']);
export const FileExistsError = define('FileExistsError', ['path']);
export const FileTooLargeError = define('FileTooLargeError', ['path']);
export const FileSystemError = define('FileSystemError',
    ['path', 'stderr', 'exitCode']);
export const PermissionDeniedError = define('PermissionDeniedError', ['path']);

export const CommandNotFoundError = define('CommandNotFoundError',
    ['command']);
export const CommandError = define('CommandError',
    ['command', 'exitCode', 'stdout', 'stderr']);

export const ProcessNotFoundError = define('ProcessNotFoundError',
    ['processId']);
export const ProcessError = define('ProcessError',
    ['processId', 'pid', 'exitCode', 'stderr']);
export const ProcessReadyTimeoutError = define('ProcessReadyTimeoutError',
    [...wait, 'timeout']);
export const ProcessExitedBeforeReadyError = define(
    'ProcessExitedBeforeReadyError', [...wait, 'exitCode']);

export const SessionAlreadyExistsError = define('SessionAlreadyExistsError',
    ['sessionId', 'containerPlacementId']);
export const SessionDestroyedError = define('SessionDestroyedError',
    ['sessionId']);
export const SessionTerminatedError = define('SessionTerminatedError',
    ['sessionId', 'exitCode', 'stdout', 'stderr']);

export const PortAlreadyExposedError = define('PortAlreadyExposedError',
    ['port', 'portName']);
export const PortNotExposedError = define('PortNotExposedError', ['port']);
export const PortInUseError = define('PortInUseError', ['port']);
export const PortError = define('PortError', ['port', 'portName', 'stderr']);
export const InvalidPortError = define('InvalidPortError',
    ['port', 'reason']);
export const ServiceNotRespondingError = define('ServiceNotRespondingError',
    ['port', 'portName']);
export const CustomDomainRequiredError = define('CustomDomainRequiredError');

export const GitRepositoryNotFoundError = define('GitRepositoryNotFoundError',
    git);
export const GitAuthenticationError = define('GitAuthenticationError', git);
export const GitBranchNotFoundError = define('GitBranchNotFoundError', git);
export const GitNetworkError = define('GitNetworkError', git);
export const GitCloneError = define('GitCloneError', git);
export const GitCheckoutError = define('GitCheckoutError', git);
export const GitError = define('GitError', git);
export const InvalidGitUrlError = define('InvalidGitUrlError',
    ['validationErrors']);

export const InterpreterNotReadyError = define('InterpreterNotReadyError',
    ['retryAfter', 'progress']);
export const ContextNotFoundError = define('ContextNotFoundError',
    ['contextId']);
export const CodeExecutionError = define('CodeExecutionError',
    ['contextId', 'ename', 'evalue', 'traceback']);

export const BackupNotFoundError = define('BackupNotFoundError',
    ['backupId']);
export const BackupExpiredError = define('BackupExpiredError',
    ['backupId', 'expiredAt']);
export const BackupCreateError = define('BackupCreateError',
    ['dir', 'backupId']);
export const BackupRestoreError = define('BackupRestoreError',
    ['dir', 'backupId']);
export const InvalidBackupConfigError = define('InvalidBackupConfigError',
    ['reason']);

export const ValidationFailedError = define('ValidationFailedError',
    ['validationErrors']);
export const ContainerUnavailableError = define('ContainerUnavailableError',
    ['reason']);
export const OperationInterruptedError = define('OperationInterruptedError',
    ['reason']);
export const RPCTransportError = define('RPCTransportError',
    ['kind', 'originalMessage']);

/* errors that the reference SDK does not know */

export const AuthenticationError = define('AuthenticationError');
export const SandboxNotFoundError = define('SandboxNotFoundError');
export const SandboxAlreadyExistsError = define('SandboxAlreadyExistsError');
export const CapacityExceededError = define('CapacityExceededError',
    ['scope', 'limit', 'running']);
export const TooManyRequestsError = define('TooManyRequestsError',
    ['scope', 'limit', 'max']);
export const ConnectionError = define('ConnectionError');
export const RequestTimeoutError = define('RequestTimeoutError');
export const NotSupportedError = define('NotSupportedError', ['method']);


/* errors of buckets and names are not answers of the API */

export class BucketMountError extends Error {
    constructor(message, code = 'BUCKET_MOUNT_ERROR') {
        super(message);
        this.name = 'BucketMountError';
        this.code = code;
    }
}


export class SandboxSecurityError extends Error {
    constructor(message, code) {
        super(message);
        this.name = 'SandboxSecurityError';
        this.code = code;
    }
}


const classes = new Map(Object.entries({
    FILE_NOT_FOUND: FileNotFoundError,
    workspace_read_not_found: FileNotFoundError,
    FILE_EXISTS: FileExistsError,
    FILE_TOO_LARGE: FileTooLargeError,
    PERMISSION_DENIED: PermissionDeniedError,
    IS_DIRECTORY: FileSystemError,
    NOT_DIRECTORY: FileSystemError,
    NO_SPACE: FileSystemError,
    no_space: FileSystemError,
    TOO_MANY_FILES: FileSystemError,
    RESOURCE_BUSY: FileSystemError,
    READ_ONLY: FileSystemError,
    NAME_TOO_LONG: FileSystemError,
    TOO_MANY_LINKS: FileSystemError,
    FILESYSTEM_ERROR: FileSystemError,
    COMMAND_NOT_FOUND: CommandNotFoundError,
    COMMAND_PERMISSION_DENIED: CommandError,
    COMMAND_EXECUTION_ERROR: CommandError,
    INVALID_COMMAND: CommandError,
    STREAM_START_ERROR: CommandError,
    PROCESS_NOT_FOUND: ProcessNotFoundError,
    PROCESS_PERMISSION_DENIED: ProcessError,
    PROCESS_ERROR: ProcessError,
    PROCESS_READY_TIMEOUT: ProcessReadyTimeoutError,
    PROCESS_EXITED_BEFORE_READY: ProcessExitedBeforeReadyError,
    SESSION_ALREADY_EXISTS: SessionAlreadyExistsError,
    SESSION_DESTROYED: SessionDestroyedError,
    SESSION_TERMINATED: SessionTerminatedError,
    PORT_ALREADY_EXPOSED: PortAlreadyExposedError,
    PORT_NOT_EXPOSED: PortNotExposedError,
    PORT_IN_USE: PortInUseError,
    PORT_OPERATION_ERROR: PortError,
    INVALID_PORT: InvalidPortError,
    INVALID_PORT_NUMBER: InvalidPortError,
    SERVICE_NOT_RESPONDING: ServiceNotRespondingError,
    CUSTOM_DOMAIN_REQUIRED: CustomDomainRequiredError,
    GIT_REPOSITORY_NOT_FOUND: GitRepositoryNotFoundError,
    GIT_AUTH_FAILED: GitAuthenticationError,
    GIT_BRANCH_NOT_FOUND: GitBranchNotFoundError,
    GIT_NETWORK_ERROR: GitNetworkError,
    GIT_CLONE_FAILED: GitCloneError,
    GIT_CHECKOUT_FAILED: GitCheckoutError,
    GIT_OPERATION_FAILED: GitError,
    INVALID_GIT_URL: InvalidGitUrlError,
    INTERPRETER_NOT_READY: InterpreterNotReadyError,
    CONTEXT_NOT_FOUND: ContextNotFoundError,
    CODE_EXECUTION_ERROR: CodeExecutionError,
    BACKUP_NOT_FOUND: BackupNotFoundError,
    BACKUP_EXPIRED: BackupExpiredError,
    BACKUP_CREATE_FAILED: BackupCreateError,
    BACKUP_RESTORE_FAILED: BackupRestoreError,
    INVALID_BACKUP_CONFIG: InvalidBackupConfigError,
    VALIDATION_FAILED: ValidationFailedError,
    CONTAINER_UNAVAILABLE: ContainerUnavailableError,
    OPERATION_INTERRUPTED: OperationInterruptedError,
    RPC_TRANSPORT_ERROR: RPCTransportError,
    unauthorized: AuthenticationError,
    SANDBOX_NOT_FOUND: SandboxNotFoundError,
    SANDBOX_ALREADY_EXISTS: SandboxAlreadyExistsError,
    capacity_exceeded: CapacityExceededError,
    TOO_MANY_REQUESTS: TooManyRequestsError,
    LIMIT_REACHED: TooManyRequestsError,
    CONNECTION_FAILED: ConnectionError,
    REQUEST_TIMEOUT: RequestTimeoutError,
    NOT_SUPPORTED: NotSupportedError,
}));


/* the error of a code, as the API would answer it */

export function createError(code, message, fields = {}, options = undefined) {
    const type = classes.get(code) ?? SandboxError;

    return new type({ code, message, context: {}, httpStatus: 0,
        timestamp: new Date().toISOString(), ...fields }, options);
}


/* the error that a response with a status of 400 or above stands for */

export async function errorOfResponse(response, what) {
    const text = await response.text().catch(() => '');
    const after = Number(response.headers.get('retry-after') || NaN);
    const retryAfterMs = Number.isFinite(after) ? after * 1000 : undefined;
    let body = null;

    try {
        body = JSON.parse(text);
    } catch {
        /* a page of a proxy in between, or of nginx itself */
    }

    if (typeof body?.code !== 'string') {
        return createError('UNKNOWN_ERROR', `${what}: status ${response.status}`
            + (text ? `: ${text.slice(0, 200)}` : ''),
            { httpStatus: response.status, retryAfterMs });
    }

    const { code, message, error, context, stdout, stderr, ...rest } = body;

    return createError(code, message ?? error ?? code, { ...rest,
        httpStatus: response.status, retryAfterMs,
        context: { ...(stdout !== undefined && { stdout }),
            ...(stderr !== undefined && { stderr }), ...context } });
}


export function notSupported(method, instead) {
    return createError('NOT_SUPPORTED',
        `${method} has no meaning with ngx_sandbox. ${instead}`,
        { httpStatus: 501, context: { method }, suggestion: instead });
}
