# Copyright (C) the ngx_sandbox authors

"""A client of ngx_sandbox.

    with get_sandbox("https://api.example.com", "demo", api_key=key) as sandbox:
        print(sandbox.exec("uname -s").stdout)

Times are in seconds, unless a name says otherwise.
"""

from __future__ import annotations

import secrets
import ssl
from contextlib import contextmanager
from typing import Any, Dict, Iterator, Optional

from . import errors
from .errors import SandboxError
from .http import Http, Response
from .process import Process
from .results import (Backup, BackupInfo, ChangesResult, CodeContext,
                      ExecResult, Execution, ExecutionError, ExposedPort,
                      FileInfo, FileList, FindResult, GitCheckoutResult,
                      GrepMatch, GrepResult, LogMatch, PathResult,
                      PortDiagnosis, PortLink, ProcessLogs, ReadFileResult,
                      Result, SandboxInfo, StatResult, Watcher, WatcherEvents,
                      WriteFilesResult)
from .sandbox import Sandbox, Session
from .sse import EventStream
from .terminal import Terminal

__version__ = "0.2.0"

__all__ = [
    "Backup", "BackupInfo", "ChangesResult", "CodeContext", "EventStream",
    "ExecResult", "Execution", "ExecutionError", "ExposedPort", "FileInfo",
    "FileList", "FindResult", "GitCheckoutResult", "GrepMatch", "GrepResult",
    "LogMatch", "PathResult", "PortDiagnosis", "PortLink", "Process",
    "ProcessLogs", "ReadFileResult", "Response", "Result", "Sandbox",
    "SandboxError", "SandboxInfo", "Session", "StatResult", "Terminal",
    "Watcher", "WatcherEvents", "WriteFilesResult", "errors", "get_sandbox",
    "temporary_sandbox",
]


def get_sandbox(base_url: str, id: str, *, api_key: Optional[str] = None,
                headers: Optional[Dict[str, str]] = None,
                request_timeout: float = 120, retry_timeout: float = 120,
                ssl_context: Optional[ssl.SSLContext] = None,
                **options: Any) -> Sandbox:
    """The sandbox of this id, which the first call creates.

    request_timeout is for short requests; retry_timeout says how long a call
    that did not run is sent again; 0 is no timeout, and no retry. Options
    are those of Sandbox: sleep_after, keep_alive, max_age, labels, env,
    sandbox_class, default_session.
    """

    return Sandbox(Http(base_url, api_key, headers, request_timeout,
                        retry_timeout, ssl_context), id, **options)


@contextmanager
def temporary_sandbox(base_url: str, **options: Any) -> Iterator[Sandbox]:
    """A sandbox with a name of its own, destroyed at the end of the block."""

    with get_sandbox(base_url, f"tmp-{secrets.token_hex(8)}",
                     **options) as sandbox:
        try:
            yield sandbox
        finally:
            sandbox.destroy()
