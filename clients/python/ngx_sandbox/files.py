# Copyright (C) the ngx_sandbox authors

"""Files. A path is absolute, or begins in the directory of the session."""

from __future__ import annotations

import base64
import re
from typing import (Any, BinaryIO, Dict, Iterable, Iterator, List, Optional,
                    Union)
from urllib.parse import quote

from . import errors
from .results import (ChangesResult, FileInfo, FileList, FindResult,
                      GrepMatch, GrepResult, PathResult, ReadFileResult,
                      StatResult, Watcher, WatcherEvents, WriteFilesResult,
                      make)
from .scope import Scope, given, milliseconds
from .sse import Event, EventStream

Content = Union[str, bytes, BinaryIO]
Patterns = Union[str, List[str], None]


def raw_route(path: str) -> Optional[str]:
    """The route of raw bytes, which has only what is below /workspace."""

    if not re.match(r"/workspace/+[^/]", path) or ".." in path.split("/"):
        return None

    return "file" + quote(re.sub(r"/(\./|/)+", "/", path))


def blocks(file: BinaryIO) -> Iterator[bytes]:
    while True:
        block = file.read(65536)

        if not block:
            return

        yield block


def watcher_route(id: str, rest: str = "") -> str:
    return f"api/watchers/{quote(id, safe='')}{rest}"


def camel(name: str) -> str:
    """include_hidden is includeHidden in the API."""

    return re.sub(r"_([a-z])", lambda match: match[1].upper(), name)


class Files:
    _scope: Scope

    def _call(self, route: str, session_id: Optional[str], safe: bool = False,
              **members: Any) -> Any:
        return self._scope.json(
            "POST", f"api/{route}", safe=safe, timeout=None,
            data=given(sessionId=self._scope.paths_in(session_id), **members))

    def write_file(self, path: str, content: Content, *,
                   encoding: Optional[str] = None, mode: Optional[str] = None,
                   session_id: Optional[str] = None) -> PathResult:
        """Writes text, base64 with that encoding, bytes, or a binary file
        that is open. mode is octal, such as "0755"."""

        if isinstance(content, str):
            return make(PathResult, self._call(
                "write", session_id, True, path=path, encoding=encoding,
                mode=mode, content=content))

        route = raw_route(path) if mode is None else None

        if route is not None:
            self._scope.json(
                "PUT", route, safe=True, timeout=None,
                body=content if isinstance(content, bytes)
                else blocks(content),
                headers={"Content-Type": "application/octet-stream"})
            return PathResult(True, path)

        data = content if isinstance(content, bytes) else content.read()
        return make(PathResult, self._call(
            "write", session_id, True, path=path, encoding="base64",
            mode=mode, content=base64.b64encode(data).decode()))

    def append_file(self, path: str, content: Union[str, bytes], *,
                    session_id: Optional[str] = None) -> PathResult:
        text = (content if isinstance(content, str)
                else base64.b64encode(content).decode())
        return make(PathResult, self._call(
            "append", session_id, path=path, content=text,
            encoding=None if isinstance(content, str) else "base64"))

    def write_files(self, files: Iterable[Dict[str, Any]], *,
                    session_id: Optional[str] = None) -> WriteFilesResult:
        """Each of the files is {"path", "content", "encoding"?, "mode"?}."""

        return make(WriteFilesResult, self._call(
            "write-batch", session_id, True, files=list(files)))

    def read_file(self, path: str, *, encoding: Optional[str] = None,
                  session_id: Optional[str] = None) -> ReadFileResult:
        """Text or base64, as the encoding says or its name suggests."""

        return make(ReadFileResult, self._call(
            "read", session_id, True, path=path, encoding=encoding))

    def read_bytes(self, path: str, *,
                   session_id: Optional[str] = None) -> bytes:
        route = raw_route(path)

        if route is not None:
            with self._scope.open("GET", route) as response:
                return response.read()

        return base64.b64decode(self.read_file(
            path, encoding="base64", session_id=session_id).content)

    def read_file_stream(self, path: str, *,
                         session_id: Optional[str] = None
                         ) -> Iterator[Union[str, bytes]]:
        """The file in pieces: text, or bytes if it is binary."""

        binary = False

        with self._scope.events(
                "POST", "api/read/stream", safe=True,
                data=given(path=path, sessionId=self._scope.paths_in(
                    session_id))) as events:
            for event in events:
                kind = event.get("type")

                if kind == "metadata":
                    binary = event["encoding"] == "base64"
                elif kind == "chunk":
                    yield (base64.b64decode(event["data"]) if binary
                           else event["data"])
                elif kind == "complete":
                    return
                elif kind == "error":
                    raise errors.create(event.get("code", "FILESYSTEM_ERROR"),
                                        event["error"],
                                        event.get("httpStatus", 500))

        raise errors.create("CONNECTION_FAILED", "The file broke off before "
                            "its end: read it again")

    def mkdir(self, path: str, *, recursive: bool = False,
              mode: Optional[str] = None,
              session_id: Optional[str] = None) -> PathResult:
        return make(PathResult, self._call(
            "mkdir", session_id, recursive, path=path, recursive=recursive,
            mode=mode))

    def delete_file(self, path: str, *, recursive: bool = False,
                    session_id: Optional[str] = None) -> PathResult:
        return make(PathResult, self._call(
            "delete", session_id, path=path, recursive=recursive))

    def rename_file(self, old_path: str, new_path: str, *,
                    session_id: Optional[str] = None) -> PathResult:
        return make(PathResult, self._call(
            "rename", session_id, oldPath=old_path, newPath=new_path))

    def move_file(self, source_path: str, destination_path: str, *,
                  session_id: Optional[str] = None) -> PathResult:
        return make(PathResult, self._call(
            "move", session_id, sourcePath=source_path,
            destinationPath=destination_path))

    def copy_file(self, source_path: str, destination_path: str, *,
                  recursive: bool = False,
                  session_id: Optional[str] = None) -> PathResult:
        return make(PathResult, self._call(
            "copy", session_id, sourcePath=source_path, recursive=recursive,
            destinationPath=destination_path))

    def chmod(self, path: str, mode: str, *,
              session_id: Optional[str] = None) -> None:
        self._call("chmod", session_id, True, path=path, mode=mode)

    def stat(self, path: str, *, follow: bool = False,
             session_id: Optional[str] = None) -> StatResult:
        return make(StatResult, self._call("stat", session_id, True,
                                           path=path, follow=follow))

    def exists(self, path: str, *, session_id: Optional[str] = None) -> bool:
        found: bool = self._call("exists", session_id, True,
                                 path=path)["exists"]
        return found

    def list_files(self, path: str, *, recursive: bool = False,
                   include_hidden: bool = False, depth: Optional[int] = None,
                   limit: Optional[int] = None, after: Optional[str] = None,
                   session_id: Optional[str] = None) -> FileList:
        answer = self._call(
            "list-files", session_id, True, path=path, options=given(
                recursive=recursive, includeHidden=include_hidden,
                depth=depth, limit=limit, after=after))
        return make(FileList, answer, files=[make(FileInfo, file)
                                             for file in answer["files"]])

    def find(self, path: str, pattern: Patterns = None, *,
             type: Optional[str] = None, stat: Optional[bool] = None,
             session_id: Optional[str] = None, **options: Any) -> FindResult:
        """Entries of a tree by their names. Options are those of the API,
        such as exclude and gitignore; timeout is in seconds."""

        return make(FindResult, self._search(
            "find", path, session_id, options, pattern=pattern, type=type,
            stat=stat))

    def grep(self, path: str, *, text: Optional[str] = None,
             regex: Optional[str] = None, include: Patterns = None,
             context: Optional[int] = None, session_id: Optional[str] = None,
             **options: Any) -> GrepResult:
        """Lines of files by a text or a POSIX expression; see find()."""

        answer = self._search("grep", path, session_id, options, text=text,
                              regex=regex, include=include, context=context)
        return make(GrepResult, answer, matches=[
            make(GrepMatch, match) for match in answer["matches"]])

    def _search(self, route: str, path: str, session_id: Optional[str],
                options: Dict[str, Any], **members: Any) -> Any:
        timeout = milliseconds(options.pop("timeout", None))
        named = {camel(name): value for name, value in options.items()}

        return self._scope.json(
            "POST", f"api/{route}", safe=True, timeout=None,
            headers={"Accept": "application/json"},
            data=given(path=path, sessionId=self._scope.paths_in(session_id),
                       timeoutMs=timeout, **members, **named))

    def watch(self, path: str, *, recursive: bool = True,
              include: Optional[Iterable[str]] = None,
              exclude: Optional[Iterable[str]] = None,
              session_id: Optional[str] = None) -> EventStream:
        """Events with `type` event, once everything is watched."""

        events = self._scope.events(
            "POST", "api/watch", safe=True,
            data=self._watched(path, recursive, include, exclude, session_id))
        first: Event = next(events, {})

        if first.get("type") != "watching":
            events.close()
            raise errors.create(
                first.get("code", "WATCH_START_ERROR"),
                first.get("error", f"{path}: the watch ended before it "
                          "began"), first.get("httpStatus", 500))

        return events

    def check_changes(self, path: str, *, since: Optional[str] = None,
                      recursive: bool = True,
                      include: Optional[Iterable[str]] = None,
                      exclude: Optional[Iterable[str]] = None,
                      session_id: Optional[str] = None) -> ChangesResult:
        """Pass `version` of one call as `since` to the next one."""

        return make(ChangesResult, self._scope.json(
            "POST", "api/watch/check", safe=True,
            data=given(since=since, **self._watched(
                path, recursive, include, exclude, session_id))))

    def create_watcher(self, path: str, *, recursive: bool = True,
                       include: Optional[Iterable[str]] = None,
                       exclude: Optional[Iterable[str]] = None,
                       expires_after: Optional[float] = None,
                       session_id: Optional[str] = None) -> Watcher:
        """A watcher, whose events are polled. It is removed after
        expires_after seconds without a request, 10 minutes by default."""

        return make(Watcher, self._scope.json(
            "POST", "api/watchers",
            data=given(expiresAfterMs=milliseconds(expires_after),
                       **self._watched(path, recursive, include, exclude,
                                       session_id))))

    def list_watchers(self) -> List[Watcher]:
        answer = self._scope.json("GET", "api/watchers")
        return [make(Watcher, watcher) for watcher in answer["watchers"]]

    def get_watcher(self, id: str) -> Watcher:
        return make(Watcher, self._scope.json(
            "GET", watcher_route(id))["watcher"])

    def get_watcher_events(self, id: str, *, since: Optional[int] = None,
                           limit: Optional[int] = None) -> WatcherEvents:
        """Pass `cursor` of one call as `since` to the next one; the events
        up to it are then no longer kept."""

        return make(WatcherEvents, self._scope.json(
            "GET", watcher_route(id, "/events"),
            query={"since": since, "limit": limit}))

    def delete_watcher(self, id: str) -> None:
        self._scope.json("DELETE", watcher_route(id))

    def _watched(self, path: str, recursive: bool,
                 include: Optional[Iterable[str]],
                 exclude: Optional[Iterable[str]],
                 session_id: Optional[str]) -> Dict[str, Any]:
        return given(path=path, recursive=recursive,
                     include=None if include is None else list(include),
                     exclude=None if exclude is None else list(exclude),
                     sessionId=self._scope.paths_in(session_id))
