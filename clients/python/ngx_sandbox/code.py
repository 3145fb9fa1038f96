# Copyright (C) the ngx_sandbox authors

"""Code contexts, and code that runs in them."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Optional
from urllib.parse import quote

from . import errors
from .results import (FORMATS, CodeContext, Execution, ExecutionError, Result,
                      make, moment)
from .scope import Env, Scope, given, milliseconds
from .sse import EventStream


def context_of(data: Dict[str, Any]) -> CodeContext:
    return make(CodeContext, data, id=data.get("id") or data["contextId"],
                created_at=moment(data.get("createdAt")
                                  or data.get("timestamp")))


def route(id: str, rest: str = "") -> str:
    return f"api/contexts/{quote(id, safe='')}{rest}"


class Code:
    _scope: Scope

    def create_code_context(self, language: str = "python", *,
                            cwd: Optional[str] = None,
                            env: Optional[Env] = None,
                            timeout: Optional[float] = None) -> CodeContext:
        """python, javascript or typescript. timeout is that of each piece of
        code that has none of its own."""

        return context_of(self._scope.json(
            "POST", "api/contexts", timeout=None,
            data=given(language=language, cwd=cwd, env_vars=env and dict(env),
                       timeout_ms=milliseconds(timeout))))

    def list_code_contexts(self) -> List[CodeContext]:
        answer = self._scope.json("GET", "api/contexts")
        return [context_of(data) for data in answer["contexts"]]

    def delete_code_context(self, id: str) -> None:
        self._scope.json("DELETE", route(id))

    def interrupt_code_context(self, id: str) -> None:
        """Ends the code that runs in it, and keeps its state."""

        self._scope.json("POST", route(id, "/interrupt"))

    def restart_code_context(self, id: str) -> None:
        """Gives it a fresh interpreter, without the state."""

        self._scope.json("POST", route(id, "/restart"), timeout=None)

    def run_code(self, code: str, *, context: Optional[CodeContext] = None,
                 language: Optional[str] = None, cwd: Optional[str] = None,
                 env: Optional[Env] = None, timeout: Optional[float] = None,
                 on_stdout: Optional[Callable[[str], None]] = None,
                 on_stderr: Optional[Callable[[str], None]] = None,
                 on_result: Optional[Callable[[Result], None]] = None
                 ) -> Execution:
        """Runs code, in the sandbox's own context of the language unless one
        is given. Code that fails is no exception: see `error`."""

        execution = Execution(code, context)

        with self.run_code_stream(code, context=context, language=language,
                                  cwd=cwd, env=env,
                                  timeout=timeout) as events:
            for event in events:
                kind = event.get("type")

                if kind == "stdout":
                    execution.stdout.append(event["text"])

                    if on_stdout:
                        on_stdout(event["text"])

                elif kind == "stderr":
                    execution.stderr.append(event["text"])

                    if on_stderr:
                        on_stderr(event["text"])

                elif kind == "result":
                    result = Result(**{f: event[f] for f in (*FORMATS, "extra")
                                       if f in event}, raw=event)
                    execution.results.append(result)

                    if on_result:
                        on_result(result)

                elif kind == "error":
                    execution.error = ExecutionError(
                        event["ename"], event["evalue"],
                        event.get("traceback") or [], event.get("reason"),
                        bool(event.get("restarted")))
                    return execution

                elif kind == "execution_complete":
                    execution.execution_count = event.get("execution_count")
                    return execution

        raise errors.create("CONNECTION_FAILED", "The events of the code broke "
                            "off before its end; whether it ran to its end is "
                            "unknown")

    def run_code_stream(self, code: str, *,
                        context: Optional[CodeContext] = None,
                        language: Optional[str] = None,
                        cwd: Optional[str] = None, env: Optional[Env] = None,
                        timeout: Optional[float] = None) -> EventStream:
        """Closing the stream interrupts the code."""

        return self._scope.events(
            "POST", "api/execute/code",
            data=given(code=code, context_id=context and context.id,
                       language=context.language if context else language,
                       cwd=cwd, env_vars=env and dict(env),
                       timeout_ms=milliseconds(timeout)))
