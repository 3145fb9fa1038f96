# Copyright (C) the ngx_sandbox authors

"""Where the calls of an object go: a sandbox, and a session in it."""

from __future__ import annotations

from typing import Any, Callable, Dict, Mapping, Optional

from .http import Http, Response
from .sse import EventStream

DEFAULT_SESSION = "default"
NO_SESSION = "__DISABLE_SESSION__"

Env = Mapping[str, Optional[str]]


class Scope:
    def __init__(self, http: Http, id: str, session: str,
                 ready: Callable[[], None]) -> None:
        self.http = http
        self.id = id
        self.session = session
        # creates the sandbox with its options, before the first call
        self.ready = ready

    def within(self, session: str) -> Scope:
        return Scope(self.http, self.id, session, self.ready)

    def path(self, path: str) -> str:
        return f"/sandbox/{self.id}/{path}" if path else f"/sandbox/{self.id}"

    def json(self, method: str, path: str, **options: Any) -> Any:
        self.ready()
        return self.http.json(method, self.path(path), **options)

    def open(self, method: str, path: str, **options: Any) -> Response:
        self.ready()
        return self.http.open(method, self.path(path), **options)

    def events(self, method: str, path: str, **options: Any) -> EventStream:
        headers = {"Accept": "text/event-stream"}
        return EventStream(self.open(method, path, headers=headers,
                                     **options))

    def runs_in(self, session: Optional[str]) -> str:
        return session or self.session

    def paths_in(self, session: Optional[str]) -> Optional[str]:
        id = session or self.session
        return None if id == NO_SESSION else id


def given(**members: Any) -> Dict[str, Any]:
    """The members that are not None."""

    return {name: value for name, value in members.items()
            if value is not None}


def milliseconds(seconds: Optional[float]) -> Optional[int]:
    return None if seconds is None else round(seconds * 1000)
