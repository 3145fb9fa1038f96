# Copyright (C) the ngx_sandbox authors

"""Errors, one class for each kind.

Those that the standard library has a class for are of that class too: `except
FileNotFoundError` catches a file that is missing in a sandbox.
"""

from __future__ import annotations

import builtins
import json
from typing import Any, Dict, Optional, Type


class SandboxError(Exception):
    """An error of the API: `code` says which, `message` what to do."""

    def __init__(self, message: str, code: str = "UNKNOWN_ERROR",
                 http_status: int = 0,
                 context: Optional[Dict[str, Any]] = None,
                 suggestion: Optional[str] = None,
                 operation: Optional[str] = None,
                 retry_after: Optional[float] = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.http_status = http_status
        self.context = context or {}
        self.suggestion = suggestion
        self.operation = operation
        # seconds after which the server would have the request again
        self.retry_after = retry_after

    def __str__(self) -> str:
        return self.message


class FileNotFoundError(SandboxError, builtins.FileNotFoundError):
    pass


class FileExistsError(SandboxError, builtins.FileExistsError):
    pass


class IsADirectoryError(SandboxError, builtins.IsADirectoryError):
    pass


class NotADirectoryError(SandboxError, builtins.NotADirectoryError):
    pass


class PermissionDeniedError(SandboxError, builtins.PermissionError):
    pass


class FileSystemError(SandboxError, builtins.OSError):
    pass


class FileTooLargeError(SandboxError, builtins.OSError):
    pass


class CommandError(SandboxError):
    """A command could not run, or timed out; `context` has its output."""


class CommandNotFoundError(SandboxError):
    pass


class ProcessNotFoundError(SandboxError):
    pass


class ProcessReadyTimeoutError(SandboxError, builtins.TimeoutError):
    pass


class ProcessExitedBeforeReadyError(SandboxError):
    pass


class SessionAlreadyExistsError(SandboxError):
    pass


class SessionDestroyedError(SandboxError):
    pass


class SessionTerminatedError(SandboxError):
    pass


class PortNotExposedError(SandboxError):
    pass


class InvalidPortError(SandboxError):
    pass


class CustomDomainRequiredError(SandboxError):
    pass


class GitError(SandboxError):
    pass


class GitRepositoryNotFoundError(GitError):
    pass


class GitBranchNotFoundError(GitError):
    pass


class GitAuthenticationError(GitError):
    pass


class GitNetworkError(GitError):
    pass


class GitCloneError(GitError):
    pass


class InvalidGitUrlError(GitError):
    pass


class InterpreterNotReadyError(SandboxError):
    pass


class ContextNotFoundError(SandboxError):
    pass


class BackupError(SandboxError):
    pass


class BackupNotFoundError(BackupError):
    pass


class BackupExpiredError(BackupError):
    pass


class InvalidBackupConfigError(BackupError):
    pass


class ValidationFailedError(SandboxError, builtins.ValueError):
    pass


class ContainerUnavailableError(SandboxError):
    """The sandbox cannot be started now."""


class AuthenticationError(SandboxError):
    """The API key is missing or wrong."""


class SandboxNotFoundError(SandboxError):
    """There is no such sandbox, or it belongs to another key."""


class SandboxAlreadyExistsError(SandboxError):
    pass


class CapacityExceededError(SandboxError):
    """A limit of running sandboxes is reached."""


class TooManyRequestsError(SandboxError):
    """A rate limit, or a limit of the sandbox such as its sessions."""


class ConnectionError(SandboxError, builtins.ConnectionError):
    """nginx cannot be reached, or the connection broke off."""


class RequestTimeoutError(SandboxError, builtins.TimeoutError):
    """No answer in time; whether the request took effect is unknown."""


CLASSES: Dict[str, Type[SandboxError]] = {
    "FILE_NOT_FOUND": FileNotFoundError,
    "workspace_read_not_found": FileNotFoundError,
    "FILE_EXISTS": FileExistsError,
    "FILE_TOO_LARGE": FileTooLargeError,
    "PERMISSION_DENIED": PermissionDeniedError,
    "IS_DIRECTORY": IsADirectoryError,
    "NOT_DIRECTORY": NotADirectoryError,
    "NO_SPACE": FileSystemError,
    "no_space": FileSystemError,
    "TOO_MANY_FILES": FileSystemError,
    "RESOURCE_BUSY": FileSystemError,
    "READ_ONLY": FileSystemError,
    "NAME_TOO_LONG": FileSystemError,
    "TOO_MANY_LINKS": FileSystemError,
    "FILESYSTEM_ERROR": FileSystemError,
    "COMMAND_NOT_FOUND": CommandNotFoundError,
    "COMMAND_EXECUTION_ERROR": CommandError,
    "INVALID_COMMAND": CommandError,
    "STREAM_START_ERROR": CommandError,
    "PROCESS_NOT_FOUND": ProcessNotFoundError,
    "PROCESS_READY_TIMEOUT": ProcessReadyTimeoutError,
    "PROCESS_EXITED_BEFORE_READY": ProcessExitedBeforeReadyError,
    "SESSION_ALREADY_EXISTS": SessionAlreadyExistsError,
    "SESSION_DESTROYED": SessionDestroyedError,
    "SESSION_TERMINATED": SessionTerminatedError,
    "PORT_NOT_EXPOSED": PortNotExposedError,
    "INVALID_PORT": InvalidPortError,
    "CUSTOM_DOMAIN_REQUIRED": CustomDomainRequiredError,
    "GIT_REPOSITORY_NOT_FOUND": GitRepositoryNotFoundError,
    "GIT_BRANCH_NOT_FOUND": GitBranchNotFoundError,
    "GIT_AUTH_FAILED": GitAuthenticationError,
    "GIT_NETWORK_ERROR": GitNetworkError,
    "GIT_CLONE_FAILED": GitCloneError,
    "GIT_OPERATION_FAILED": GitError,
    "INVALID_GIT_URL": InvalidGitUrlError,
    "INTERPRETER_NOT_READY": InterpreterNotReadyError,
    "CONTEXT_NOT_FOUND": ContextNotFoundError,
    "BACKUP_NOT_FOUND": BackupNotFoundError,
    "BACKUP_EXPIRED": BackupExpiredError,
    "BACKUP_CREATE_FAILED": BackupError,
    "BACKUP_RESTORE_FAILED": BackupError,
    "INVALID_BACKUP_CONFIG": InvalidBackupConfigError,
    "VALIDATION_FAILED": ValidationFailedError,
    "CONTAINER_UNAVAILABLE": ContainerUnavailableError,
    "unauthorized": AuthenticationError,
    "SANDBOX_NOT_FOUND": SandboxNotFoundError,
    "SANDBOX_ALREADY_EXISTS": SandboxAlreadyExistsError,
    "capacity_exceeded": CapacityExceededError,
    "TOO_MANY_REQUESTS": TooManyRequestsError,
    "LIMIT_REACHED": TooManyRequestsError,
    "CONNECTION_FAILED": ConnectionError,
    "REQUEST_TIMEOUT": RequestTimeoutError,
}


def create(code: str, message: str, http_status: int = 0,
           **fields: Any) -> SandboxError:
    """The error of a code."""

    return CLASSES.get(code, SandboxError)(message, code, http_status,
                                           **fields)


def of_response(status: int, body: bytes, retry_after: Optional[str],
                what: str) -> SandboxError:
    """The error that a response stands for."""

    after: Optional[float] = None

    try:
        after = float(retry_after) if retry_after else None
    except ValueError:
        pass

    try:
        data = json.loads(body)
        code = data["code"]
    except (ValueError, TypeError, KeyError):
        # a page of a proxy in between, or of nginx itself
        text = body[:200].decode("utf-8", "replace")
        return create("UNKNOWN_ERROR", f"{what}: status {status}: {text}",
                      status, retry_after=after)

    context = dict(data.get("context") or {})

    for name in ("stdout", "stderr"):
        if name in data:
            context.setdefault(name, data[name])

    return create(code, data.get("message") or data.get("error") or code,
                  status, context=context, suggestion=data.get("suggestion"),
                  operation=data.get("operation"), retry_after=after)
