# Copyright (C) the ngx_sandbox authors

"""The sandbox: its options and life, sessions, ports and archives."""

from __future__ import annotations

import re
import shlex
import threading
import time
from typing import (Any, BinaryIO, Dict, Iterable, List, Mapping, Optional,
                    Type, Union)
from types import TracebackType
from urllib.parse import quote, urlencode

from . import errors
from .code import Code
from .commands import Commands
from .files import Files, blocks
from .http import Http, Response
from .results import (Backup, BackupInfo, ExposedPort, PortDiagnosis, PortLink,
                      SandboxInfo, make)
from .scope import DEFAULT_SESSION, NO_SESSION, Env, Scope, given, milliseconds
from .terminal import Terminal

ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")


class Operations(Commands, Files, Code):
    """What a sandbox and a session have in common."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def terminal(self, *, cols: int = 80, rows: int = 24,
                 shell: Optional[str] = None, cwd: Optional[str] = None,
                 env: Optional[Mapping[str, str]] = None,
                 session_id: Optional[str] = None,
                 since: Optional[int] = None, id: Optional[str] = None,
                 timeout: Optional[float] = 60) -> Terminal:
        """since and id are `offset` and `id` of a terminal whose connection
        broke off."""

        scope = self._scope
        scope.ready()
        query = list(given(cols=cols, rows=rows, shell=shell, cwd=cwd,
                           since=since, id=id,
                           session=scope.paths_in(session_id)).items())
        query += [("env", f"{name}={value}")
                  for name, value in (env or {}).items()]

        return Terminal(scope.http, f"{scope.http.root}{scope.path('pty')}?"
                        + urlencode(query), timeout)

    def list_terminals(self) -> List[Dict[str, Any]]:
        terminals: List[Dict[str, Any]] = self._scope.json(
            "GET", "api/terminal/list")["terminals"]
        return terminals

    def delete_terminal(self, id: str) -> Dict[str, Any]:
        """Ends it with all that runs in it."""

        terminal: Dict[str, Any] = self._scope.json(
            "DELETE", f"api/terminal/{quote(id, safe='')}",
            timeout=None)["terminal"]
        return terminal


class Session(Operations):
    """A shell that keeps its directory, variables and functions."""

    def __init__(self, scope: Scope) -> None:
        super().__init__(scope)
        self.id = scope.session

    def set_env_vars(self, env: Env) -> None:
        """Variables of this session's shell; None unsets one."""

        lines = []

        for name, value in env.items():
            if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
                raise errors.create("VALIDATION_FAILED", f"{name!r} is no "
                                    "name of an environment variable", 400)

            lines.append(f"unset {name}" if value is None
                         else f"export {name}={shlex.quote(value)}")

        result = self.exec(" &&\n".join(lines))

        if result.exit_code:
            raise errors.create("COMMAND_EXECUTION_ERROR", "Failed to set "
                                f"variables: {result.stderr}", 500)

    def delete(self) -> None:
        self._scope.json("POST", "api/session/delete", timeout=None,
                         data={"sessionId": self.id})

    def __enter__(self) -> Session:
        return self

    def __exit__(self, kind: Optional[Type[BaseException]],
                 error: Optional[BaseException],
                 traceback: Optional[TracebackType]) -> None:
        try:
            self.delete()
        except errors.SandboxError as failed:
            if failed.code != "SESSION_NOT_FOUND":
                raise


class Sandbox(Operations):
    """A sandbox, which the first call creates. Leaving its `with` block
    closes idle connections; see destroy() and temporary_sandbox()."""

    def __init__(self, http: Http, id: str, *,
                 sleep_after: Union[str, float, None] = None,
                 keep_alive: Optional[bool] = None,
                 max_age: Union[str, float, None] = None,
                 labels: Optional[Mapping[str, str]] = None,
                 env: Optional[Mapping[str, str]] = None,
                 sandbox_class: Optional[str] = None,
                 default_session: bool = True) -> None:
        if not ID.fullmatch(id):
            raise ValueError(f"{id!r} is no id of a sandbox: it is part of "
                             "host names, and has 1 to 40 of a-z, 0-9 and "
                             "\"-\", the hyphen neither first nor last")

        super().__init__(Scope(
            http, id, DEFAULT_SESSION if default_session else NO_SESSION,
            self._ready))

        self.id = id
        self._options = given(
            sleepAfter=sleep_after, keepAlive=keep_alive, maxAge=max_age,
            labels=labels and dict(labels), env=env and dict(env),
            **{"class": sandbox_class})
        self._wanted = bool(self._options)
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"<Sandbox {self.id!r}>"

    def _ready(self) -> None:
        if self._wanted:
            with self._lock:
                if self._wanted:
                    self._configure(self._options)
                    self._wanted = False

    def _configure(self, options: Dict[str, Any]) -> None:
        """Creates the sandbox with these options, or changes those of one
        that exists."""

        http = self._scope.http

        try:
            http.json("POST", "/sandbox", data={**options, "id": self.id})
        except errors.SandboxAlreadyExistsError:
            http.json("PATCH", self._scope.path(""), safe=True,
                      data={name: value for name, value in options.items()
                            if name != "class"})

    def set_sleep_after(self, sleep_after: Union[str, float]) -> None:
        self._configure({"sleepAfter": sleep_after})

    def set_keep_alive(self, keep_alive: bool) -> None:
        self._configure({"keepAlive": keep_alive})

    def set_labels(self, labels: Mapping[str, Optional[str]]) -> None:
        """A label that is None is removed."""

        self._configure({"labels": dict(labels)})

    def set_env_vars(self, env: Env) -> None:
        """Variables of all commands from now on, in sessions too unless they
        have set one themselves, until the sandbox sleeps; None unsets one."""

        self._scope.json("POST", "api/env", data={"env": dict(env)},
                         safe=True)

    # sessions

    def create_session(self, id: Optional[str] = None, *,
                       env: Optional[Env] = None, cwd: Optional[str] = None,
                       command_timeout: Optional[float] = None) -> Session:
        id = id or f"session-{time.time_ns() // 1000000}"
        self._scope.json("POST", "api/session/create", data=given(
            id=id, env=env and dict(env), cwd=cwd,
            commandTimeoutMs=milliseconds(command_timeout)))

        return self.get_session(id)

    def get_session(self, id: str) -> Session:
        """No request: one that is not there is created by its first use."""

        return Session(self._scope.within(id))

    def delete_session(self, id: str) -> None:
        self.get_session(id).delete()

    def list_sessions(self) -> List[str]:
        names: List[str] = self._scope.json("GET", "api/session/list")["data"]
        return names

    # ports

    def expose_port(self, port: int, *, hostname: Optional[str] = None,
                    name: Optional[str] = None, token: Optional[str] = None,
                    **policy: Any) -> ExposedPort:
        """Gives the port a URL. Further arguments are members of its policy,
        such as access="key" and wake=True."""

        return make(ExposedPort, self._scope.json(
            "POST", "ports", safe=True,
            data=given(port=port, hostname=hostname, name=name, token=token,
                       **policy)))

    def unexpose_port(self, port: int) -> None:
        try:
            self._scope.json("DELETE", f"ports/{port}", safe=True)
        except errors.SandboxNotFoundError:
            pass

    def get_exposed_ports(self) -> List[ExposedPort]:
        """Also of a sandbox that sleeps."""

        try:
            ports = self._scope.json("GET", "ports")["ports"]
        except errors.SandboxNotFoundError:
            return []

        return [make(ExposedPort, port) for port in ports]

    def is_port_exposed(self, port: int) -> bool:
        return self._port(port) is not None

    def validate_port_token(self, port: int, token: str) -> bool:
        """Whether the token opens the port now."""

        found = self._port(port)

        return found is not None and found["status"] == "active" and (
            found["token"] == token
            or any(link["token"] == token and link.get("status") != "expired"
                   for link in found.get("links", [])))

    def create_port_link(self, port: int, name: str, *,
                         token: Optional[str] = None,
                         expires: Union[str, int, None] = None) -> PortLink:
        """A further link to the port, which is revoked by its name."""

        return make(PortLink, self._scope.json(
            "POST", f"ports/{port}/links",
            data=given(name=name, token=token, expires=expires)))

    def list_port_links(self, port: int) -> List[PortLink]:
        answer = self._scope.json("GET", f"ports/{port}/links")
        return [make(PortLink, link) for link in answer["links"]]

    def delete_port_link(self, port: int, name: str) -> None:
        self._scope.json("DELETE", f"ports/{port}/links/{quote(name)}")

    def diagnose_port(self, port: int) -> PortDiagnosis:
        """Which hop on the way to the app fails."""

        return make(PortDiagnosis, self._scope.json(
            "GET", f"ports/{port}/diagnose"))

    def _port(self, port: int) -> Optional[Dict[str, Any]]:
        try:
            found: Dict[str, Any] = self._scope.json("GET", f"ports/{port}")
        except (errors.PortNotExposedError, errors.SandboxNotFoundError):
            return None

        return found

    # archives

    def create_backup(self, dir: str = "/workspace", *,
                      name: Optional[str] = None,
                      ttl: Union[int, str, None] = None,
                      gitignore: Optional[bool] = None,
                      excludes: Optional[Iterable[str]] = None) -> Backup:
        """A copy that the server keeps, for 3 days unless ttl says otherwise:
        seconds, or text such as "30d"."""

        answer = self._scope.json(
            "POST", "api/backup/create", timeout=None,
            data=given(dir=dir, name=name, ttl=ttl, gitignore=gitignore,
                       excludes=None if excludes is None else list(excludes)))

        return Backup(answer["id"], dir)

    def restore_backup(self, backup: Backup) -> None:
        """The directory has its contents afterwards, and nothing else."""

        self._scope.json("POST", "api/backup/restore", timeout=None,
                         data={"id": backup.id, "dir": backup.dir})

    def list_backups(self) -> List[BackupInfo]:
        """Those of all sandboxes of the key, the latest first."""

        answer = self._scope.http.json("GET", "/backup")
        return [make(BackupInfo, data) for data in answer["backups"]]

    def delete_backup(self, backup: Union[Backup, BackupInfo]) -> None:
        try:
            self._scope.http.json("DELETE", f"/backup/{quote(backup.id)}",
                                  safe=True, timeout=None)
        except errors.BackupNotFoundError:
            pass

    def persist(self, dir: Optional[str] = None,
                excludes: Iterable[str] = (),
                gitignore: bool = False) -> Response:
        """The workspace, or dir, as a tar archive: read() it, or read1() it
        in pieces. With gitignore, without what git ignores."""

        return self._scope.open("POST", "persist", safe=True, query={
            "dir": dir, "excludes": ",".join(excludes) or None,
            "gitignore": 1 if gitignore else None})

    def hydrate(self, archive: Union[bytes, BinaryIO],
                dir: Optional[str] = None, replace: bool = False) -> None:
        """Extracts a tar archive, gzipped or not, over the workspace or dir;
        with replace, nothing else is there afterwards."""

        self._scope.json(
            "POST", "hydrate", safe=True, timeout=None,
            headers={"Content-Type": "application/x-tar"},
            query={"dir": dir, "contents": "replace" if replace else None},
            body=archive if isinstance(archive, bytes) else blocks(archive))

    # life

    def info(self) -> Optional[SandboxInfo]:
        """None: there is no such sandbox."""

        try:
            return make(SandboxInfo, self._scope.http.json(
                "GET", self._scope.path("")))
        except errors.SandboxNotFoundError:
            return None

    def ping(self) -> str:
        status: str = self._scope.json("GET", "api/ping",
                                       timeout=None)["status"]
        return status

    def sleep(self) -> SandboxInfo:
        """Ends what runs; files stay, and the next call wakes it."""

        return self._turn("sleep")

    def wake(self) -> SandboxInfo:
        return self._turn("wake")

    def restart(self) -> SandboxInfo:
        return self._turn("restart")

    def _turn(self, route: str) -> SandboxInfo:
        return make(SandboxInfo, self._scope.http.json(
            "POST", self._scope.path(route), timeout=None))

    def destroy(self) -> None:
        """Deletes it with its files; no error if there is none."""

        self._scope.http.json("DELETE", self._scope.path(""), safe=True,
                              timeout=None)
        self._wanted = bool(self._options)

    def close(self) -> None:
        """Closes idle connections."""

        self._scope.http.close()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, kind: Optional[Type[BaseException]],
                 error: Optional[BaseException],
                 traceback: Optional[TracebackType]) -> None:
        self.close()
