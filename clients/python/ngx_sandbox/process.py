# Copyright (C) the ngx_sandbox authors

"""A background process, its output, and waits for it."""

from __future__ import annotations

import re
import time
from typing import Any, Dict, Iterator, Optional, Union
from urllib.parse import quote

from . import errors
from .results import LogMatch, ProcessLogs, make, moment
from .scope import Scope, given, milliseconds
from .sse import Event, EventStream

# how much of each stream wait_for_log() keeps to match an expression with
KEPT = 1 << 20

RESUMES = 10


def route(id: str, rest: str = "") -> str:
    return f"api/process/{quote(id, safe='')}{rest}"


def stream(scope: Scope, id: str, offset: Optional[str] = None,
           timeout: Optional[float] = None) -> EventStream:
    return scope.events("GET", route(id, "/stream"),
                        query={"offset": offset}, timeout=timeout)


class Process:
    """A process as it was when this object was made."""

    def __init__(self, scope: Scope, data: Dict[str, Any]) -> None:
        self._scope = scope
        self.id: str = data["id"]
        self.pid: Optional[int] = data.get("pid")
        self.command: str = data["command"]
        self.status: str = data["status"]
        self.start_time = moment(data.get("startTime"))
        self.end_time = moment(data.get("endTime"))
        self.exit_code: Optional[int] = data.get("exitCode")
        self.session_id: Optional[str] = data.get("sessionId")

    def __repr__(self) -> str:
        return f"<Process {self.id!r} {self.status}>"

    def kill(self, signal: Optional[str] = None) -> None:
        """TERM by default, and KILL to what is left after 5 seconds."""

        self._scope.json("DELETE", route(self.id),
                         query={"signal": signal}, timeout=None)

    def signal(self, signal: Union[str, int]) -> None:
        self._scope.json("POST", route(self.id, "/signal"),
                         data={"signal": signal})

    def get_status(self) -> str:
        answer = self._scope.json("GET", route(self.id))
        status: str = answer["process"]["status"]
        return status

    def get_logs(self) -> ProcessLogs:
        return make(ProcessLogs, self._scope.json(
            "GET", route(self.id, "/logs"), timeout=None))

    def logs(self) -> Iterator[Event]:
        """Events with `type` stdout, stderr and at last exit, from the start
        of its output. Where a stream breaks off, the next one resumes."""

        return self._events(None)

    def write(self, data: Union[str, bytes], close: bool = False) -> None:
        """To a process that was started with stdin=True."""

        self._scope.json(
            "POST", route(self.id, "/stdin"),
            body=data.encode() if isinstance(data, str) else data,
            headers={"Content-Type": "application/octet-stream"},
            query={"close": "true" if close else None}, timeout=None)

    def wait_for_log(self, pattern: Union[str, "re.Pattern[str]"],
                     timeout: Optional[float] = None) -> LogMatch:
        """The line with this text or expression."""

        if isinstance(pattern, str):
            answer = self._wait("/wait-for-log", timeout, text=pattern)
            return LogMatch(answer["line"])

        return self._expression(pattern, timeout)

    def wait_for_port(self, port: int, mode: str = "http",
                      path: Optional[str] = None,
                      status: Union[int, Dict[str, int], None] = None,
                      timeout: Optional[float] = None,
                      interval: Optional[float] = None) -> None:
        """Until a GET of `path` has this status, or with "tcp", until
        something listens."""

        self._wait("/wait-for-port", timeout, port=port, mode=mode, path=path,
                   status=status, interval=milliseconds(interval))

    def wait_for_exit(self, timeout: Optional[float] = None) -> int:
        """The exit code."""

        code: int = self._wait("/wait-for-exit", timeout)["exitCode"]
        return code

    def _wait(self, rest: str, timeout: Optional[float],
              **members: Any) -> Any:
        return self._scope.json(
            "POST", route(self.id, rest), safe=True, timeout=None,
            data=given(timeoutMs=milliseconds(timeout), **members))

    def _events(self, until: Optional[float]) -> Iterator[Event]:
        offset: Optional[str] = None
        lost = 0

        while lost < RESUMES:
            left = None if until is None else until - time.monotonic()

            if left is not None and left <= 0:
                raise errors.create("REQUEST_TIMEOUT", "timed out", 408)

            # a silent stream sends a comment every 15 seconds
            with stream(self._scope, self.id, offset,
                        None if left is None else min(left, 30)) as events:
                try:
                    for event in events:
                        offset = events.last_id or offset

                        if event.get("type") in ("stdout", "stderr", "exit"):
                            lost = 0
                            yield event

                        if event.get("type") == "exit":
                            return

                        if until is not None and time.monotonic() > until:
                            break
                except errors.RequestTimeoutError:
                    lost -= 1
                except errors.ConnectionError:
                    pass

            lost += 1

        raise errors.create("CONNECTION_FAILED", f"The output of process "
                            f"{self.id} broke off {RESUMES} times in a row")

    def _expression(self, pattern: "re.Pattern[str]",
                    timeout: Optional[float]) -> LogMatch:
        """The route takes POSIX expressions: Python's are matched here."""

        until = None if timeout is None else time.monotonic() + timeout
        output = {"stdout": "", "stderr": ""}
        context = {"processId": self.id, "command": self.command,
                   "condition": pattern.pattern}

        try:
            for event in self._events(until):
                if event["type"] == "exit":
                    raise errors.create(
                        "PROCESS_EXITED_BEFORE_READY",
                        f"Process {self.id} exited with code "
                        f"{event.get('exitCode')} before "
                        f"{pattern.pattern!r}", 500,
                        context={**context,
                                 "exitCode": event.get("exitCode")})

                text = output[event["type"]] + event["data"]
                found = pattern.search(text)

                if found:
                    for line in text.split("\n"):
                        match = pattern.search(line)

                        if match:
                            return LogMatch(line, match)

                    return LogMatch(found.group(), found)

                if len(text) > KEPT:
                    text = text[text.find("\n", len(text) - KEPT) + 1:]

                output[event["type"]] = text

        except errors.RequestTimeoutError:
            pass

        raise errors.create(
            "PROCESS_READY_TIMEOUT", f"Process {self.id}: timed out waiting "
            f"for {pattern.pattern!r} after {timeout} seconds", 408,
            context={**context, "timeout": milliseconds(timeout)})
