# Copyright (C) the ngx_sandbox authors

"""What calls return. `raw` of a result is the API's answer as it is."""

from __future__ import annotations

import base64
import dataclasses
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Dict, List, Optional, Tuple, Type, TypeVar

T = TypeVar("T")

FORMATS = ("text", "html", "png", "jpeg", "svg", "latex", "markdown",
           "javascript", "json", "chart", "data", "pdf")


def make(kind: Type[T], data: Dict[str, Any], **more: Any) -> T:
    """A result from the members of an answer: exitCode is exit_code."""

    names = {f.name for f in dataclasses.fields(kind)}
    values = {snake(name): value for name, value in data.items()}
    values.update(more, raw=data)

    return kind(**{n: v for n, v in values.items() if n in names})


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def moment(text: Optional[str]) -> Optional[datetime]:
    if not text:
        return None

    # nanoseconds are more than a datetime has
    text = re.sub(r"(\.\d{6})\d+", r"\1", text)

    return datetime.fromisoformat(text.replace("Z", "+00:00"))


@dataclass
class ExecResult:
    success: bool
    exit_code: int
    stdout: str
    stderr: str
    command: str = ""
    duration: float = 0
    """Milliseconds."""
    timestamp: str = ""
    session_id: Optional[str] = None
    outcome: Optional[str] = None
    """exited, signaled, timed_out, oom_killed or lost"""
    signal: Optional[str] = None
    stdout_base64: Optional[str] = None
    stderr_base64: Optional[str] = None
    raw: Dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def stdout_bytes(self) -> bytes:
        return output_bytes(self.stdout, self.stdout_base64)

    @property
    def stderr_bytes(self) -> bytes:
        return output_bytes(self.stderr, self.stderr_base64)


def output_bytes(text: str, encoded: Optional[str]) -> bytes:
    return text.encode() if encoded is None else base64.b64decode(encoded)


@dataclass
class ProcessLogs:
    stdout: str
    stderr: str
    process_id: str
    raw: Dict[str, Any] = field(default_factory=dict, repr=False)


@dataclass
class LogMatch:
    line: str
    match: Optional["re.Match[str]"] = None


@dataclass
class PathResult:
    success: bool
    path: str
    timestamp: str = ""
    new_path: Optional[str] = None
    """Of a rename, move or copy: where it is now."""
    raw: Dict[str, Any] = field(default_factory=dict, repr=False)


@dataclass
class ReadFileResult:
    success: bool
    path: str
    content: str
    """Text, or base64 if `is_binary`."""
    encoding: str = "utf-8"
    is_binary: bool = False
    mime_type: str = ""
    size: int = 0
    lossy: bool = False
    timestamp: str = ""
    raw: Dict[str, Any] = field(default_factory=dict, repr=False)


@dataclass
class FileInfo:
    name: str
    absolute_path: str
    relative_path: str
    type: str
    """file, directory, symlink or other"""
    size: int
    modified_at: str
    mode: str
    permissions: Dict[str, bool]
    raw: Dict[str, Any] = field(default_factory=dict, repr=False)


@dataclass
class FileList:
    path: str
    files: List[FileInfo]
    count: int
    next: Optional[str] = None
    """`after` of the next page."""
    raw: Dict[str, Any] = field(default_factory=dict, repr=False)


@dataclass
class StatResult:
    path: str
    type: str
    size: int
    mode: str
    octal: str
    permissions: Dict[str, bool]
    uid: int
    gid: int
    owner: str
    group: str
    modified_at: str
    accessed_at: str
    changed_at: str
    link_target: Optional[str] = None
    raw: Dict[str, Any] = field(default_factory=dict, repr=False)


@dataclass
class FindResult:
    files: List[Dict[str, Any]]
    """absolutePath, relativePath and type of each."""
    count: int
    truncated: bool = False
    reason: Optional[str] = None
    """Why it is not complete: limit or timeout."""
    raw: Dict[str, Any] = field(default_factory=dict, repr=False)


@dataclass
class GrepMatch:
    absolute_path: str
    relative_path: str
    line: int
    """From 1, as is the column, which is counted in characters."""
    column: int
    text: str
    offset: int = 0
    length: int = 0
    before: List[str] = field(default_factory=list)
    after: List[str] = field(default_factory=list)
    raw: Dict[str, Any] = field(default_factory=dict, repr=False)


@dataclass
class GrepResult:
    matches: List[GrepMatch]
    count: int
    truncated: bool = False
    reason: Optional[str] = None
    searched: int = 0
    binary: int = 0
    raw: Dict[str, Any] = field(default_factory=dict, repr=False)


@dataclass
class WriteFilesResult:
    success: bool
    count: int
    written: int
    failed: List[Dict[str, Any]] = field(default_factory=list)
    stopped: bool = False
    raw: Dict[str, Any] = field(default_factory=dict, repr=False)


@dataclass
class ChangesResult:
    status: str
    """unchanged, changed or resync"""
    version: str
    reason: Optional[str] = None
    raw: Dict[str, Any] = field(default_factory=dict, repr=False)


@dataclass
class Watcher:
    watcher_id: str
    path: str
    recursive: bool
    cursor: int
    """Of the latest event."""
    expires_after_ms: int
    ended: bool
    reason: Optional[str] = None
    created: str = ""
    raw: Dict[str, Any] = field(default_factory=dict, repr=False)


@dataclass
class WatcherEvents:
    events: List[Dict[str, Any]]
    """cursor, eventType and path of each."""
    cursor: int
    """`since` of the next call."""
    resync: bool = False
    """Events were lost."""
    more: bool = False
    """There are more events already."""
    ended: bool = False
    reason: Optional[str] = None
    raw: Dict[str, Any] = field(default_factory=dict, repr=False)


@dataclass
class GitCheckoutResult:
    success: bool
    repo_url: str
    branch: str
    target_dir: str
    raw: Dict[str, Any] = field(default_factory=dict, repr=False)


@dataclass
class ExposedPort:
    url: Optional[str]
    port: int
    name: Optional[str] = None
    hostname: Optional[str] = None
    token: Optional[str] = None
    status: str = "active"
    expires: Optional[str] = None
    raw: Dict[str, Any] = field(default_factory=dict, repr=False)
    """With the other members of the port's policy."""


@dataclass
class PortLink:
    name: str
    url: Optional[str]
    token: str
    hostname: Optional[str] = None
    expires: Optional[str] = None
    raw: Dict[str, Any] = field(default_factory=dict, repr=False)


@dataclass
class PortDiagnosis:
    port: int
    ok: bool
    state: str
    hops: List[Dict[str, Any]]
    """hop, ok, ms and message of each, up to the first that fails."""
    suggestion: Optional[str] = None
    raw: Dict[str, Any] = field(default_factory=dict, repr=False)


@dataclass
class CodeContext:
    id: str
    language: str
    cwd: str
    created_at: Optional[datetime] = None
    raw: Dict[str, Any] = field(default_factory=dict, repr=False)


@dataclass
class ExecutionError:
    name: str
    message: str
    traceback: List[str] = field(default_factory=list)
    reason: Optional[str] = None
    restarted: bool = False
    """The interpreter died; the context has a fresh one."""


@dataclass
class Result:
    """A value in each format that it has; pictures are in base64."""

    text: Optional[str] = None
    html: Optional[str] = None
    png: Optional[str] = None
    jpeg: Optional[str] = None
    svg: Optional[str] = None
    latex: Optional[str] = None
    markdown: Optional[str] = None
    javascript: Optional[str] = None
    json: Any = None
    chart: Any = None
    data: Any = None
    pdf: Optional[str] = None
    extra: Optional[Dict[str, Any]] = None
    raw: Dict[str, Any] = field(default_factory=dict, repr=False)

    def formats(self) -> Tuple[str, ...]:
        return tuple(f for f in FORMATS if self.raw.get(f) is not None)


@dataclass
class Execution:
    """What became of code. Code that fails has an `error`."""

    code: str
    context: Optional[CodeContext] = None
    results: List[Result] = field(default_factory=list)
    stdout: List[str] = field(default_factory=list)
    stderr: List[str] = field(default_factory=list)
    error: Optional[ExecutionError] = None
    execution_count: Optional[int] = None

    @property
    def text(self) -> Optional[str]:
        """The text of the last result."""

        return self.results[-1].text if self.results else None


@dataclass(frozen=True)
class Backup:
    id: str
    dir: str


@dataclass
class BackupInfo:
    id: str
    sandbox: str
    dir: str
    name: Optional[str] = None
    size_bytes: int = 0
    created_at: str = ""
    expires_at: str = ""
    raw: Dict[str, Any] = field(default_factory=dict, repr=False)


@dataclass
class SandboxInfo:
    id: str
    state: str
    """running, starting, asleep or paused"""
    created: str = ""
    sleep_after: Optional[float] = None
    max_age: Optional[float] = None
    keep_alive: bool = False
    labels: Dict[str, str] = field(default_factory=dict)
    env: List[str] = field(default_factory=list)
    raw: Dict[str, Any] = field(default_factory=dict, repr=False)
