# Copyright (C) the ngx_sandbox authors

"""Commands and background processes."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Optional, Union

from . import errors
from .process import Process, route, stream
from .results import ExecResult, GitCheckoutResult, ProcessLogs, make
from .scope import Env, Scope, given, milliseconds
from .sse import EventStream

Output = Callable[[str, str], None]


class Commands:
    _scope: Scope

    def exec(self, command: str, *, timeout: Optional[float] = None,
             env: Optional[Env] = None, cwd: Optional[str] = None,
             stdin: Optional[str] = None, session_id: Optional[str] = None,
             on_output: Optional[Output] = None) -> ExecResult:
        """Runs a command to its end. An exit code is no exception; a timeout
        is, of class CommandError.

        on_output(stream, data) has output as it appears. A null variable of
        env is unset.
        """

        request = self._request(command, timeout, env, cwd, stdin, session_id)
        session = self._scope.paths_in(session_id)

        if on_output is None:
            answer = self._scope.json("POST", "api/execute", data=request,
                                      timeout=None)
            return make(ExecResult, answer, command=command,
                        session_id=session)

        output = {"stdout": "", "stderr": ""}

        with self._scope.events("POST", "api/execute/stream",
                                data=request) as events:
            for event in events:
                kind = event.get("type")

                if kind in ("stdout", "stderr"):
                    output[kind] += event["data"]
                    on_output(kind, event["data"])
                elif kind == "complete":
                    return make(ExecResult, event, command=command,
                                success=event["exitCode"] == 0,
                                session_id=session, **output)
                elif kind == "error":
                    raise errors.create(
                        event.get("code", "COMMAND_EXECUTION_ERROR"),
                        event.get("message") or event.get("error") or kind,
                        event.get("httpStatus", 500),
                        context={**event.get("context", {}), **output})

        raise errors.create("CONNECTION_FAILED", "The output of the command "
                            "broke off before its end; whether it ran to its "
                            "end is unknown")

    def exec_stream(self, command: str, *, timeout: Optional[float] = None,
                    env: Optional[Env] = None, cwd: Optional[str] = None,
                    stdin: Optional[str] = None,
                    session_id: Optional[str] = None) -> EventStream:
        """Events with `type` start, stdout, stderr and at last complete.
        Closing the stream ends the command."""

        return self._scope.events(
            "POST", "api/execute/stream",
            data=self._request(command, timeout, env, cwd, stdin, session_id))

    def _request(self, command: str, timeout: Optional[float],
                 env: Optional[Env], cwd: Optional[str], stdin: Optional[str],
                 session_id: Optional[str]) -> Dict[str, Any]:
        return given(command=command, timeoutMs=milliseconds(timeout),
                     env=env and dict(env), cwd=cwd, stdin=stdin,
                     sessionId=self._scope.runs_in(session_id))

    def start_process(self, command: str, *, process_id: Optional[str] = None,
                      timeout: Optional[float] = None,
                      env: Optional[Env] = None, cwd: Optional[str] = None,
                      stdin: Union[str, bool, None] = None,
                      auto_cleanup: Optional[bool] = None,
                      session_id: Optional[str] = None) -> Process:
        """A command that outlives its caller."""

        request = self._request(command, timeout, env, cwd, None, session_id)
        request.update(given(processId=process_id, stdin=stdin,
                             autoCleanup=auto_cleanup))
        answer = self._scope.json("POST", "api/process/start", data=request,
                                  timeout=None)

        return Process(self._scope, {
            **answer, "id": answer["processId"], "status": "running",
            "startTime": answer["timestamp"],
            "sessionId": self._scope.paths_in(session_id)})

    def list_processes(self) -> List[Process]:
        answer = self._scope.json("GET", "api/process/list")
        return [Process(self._scope, data) for data in answer["processes"]]

    def get_process(self, id: str) -> Optional[Process]:
        try:
            answer = self._scope.json("GET", route(id))
        except errors.ProcessNotFoundError:
            return None

        return Process(self._scope, answer["process"])

    def kill_process(self, id: str, signal: Optional[str] = None) -> None:
        self._scope.json("DELETE", route(id), query={"signal": signal},
                         timeout=None)

    def kill_all_processes(self) -> int:
        """How many were ended."""

        count: int = self._scope.json("DELETE", "api/process/kill-all",
                                      timeout=None)["cleanedCount"]
        return count

    def get_process_logs(self, id: str) -> ProcessLogs:
        return make(ProcessLogs, self._scope.json(
            "GET", route(id, "/logs"), timeout=None))

    def stream_process_logs(self, id: str,
                            offset: Optional[str] = None) -> EventStream:
        """`last_id` of a stream that broke off is the `offset` of the
        next."""

        return stream(self._scope, id, offset)

    def git_checkout(self, repo_url: str, *, branch: Optional[str] = None,
                     target_dir: Optional[str] = None,
                     depth: Optional[int] = None,
                     timeout: Optional[float] = None,
                     authorization: Optional[str] = None,
                     session_id: Optional[str] = None) -> GitCheckoutResult:
        """Clones a repository. authorization is what its server wants in the
        Authorization header."""

        headers = {"Accept": "application/json"}

        if authorization is not None:
            headers["Git-Authorization"] = authorization

        return make(GitCheckoutResult, self._scope.json(
            "POST", "api/git/checkout", headers=headers, timeout=None,
            data=given(repoUrl=repo_url, branch=branch, targetDir=target_dir,
                       depth=depth, timeoutMs=milliseconds(timeout),
                       sessionId=self._scope.paths_in(session_id))))
