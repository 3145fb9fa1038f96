# Copyright (C) the ngx_sandbox authors

"""Server-sent events, each with an object of JSON in its data."""

from __future__ import annotations

import json
from typing import Any, Dict, Iterator, List, Optional, Type
from types import TracebackType

from .http import Response

Event = Dict[str, Any]


class EventStream(Iterator[Event]):
    """The events of an answer, in order.

    Closing it, or leaving its `with` block, ends what it comes from: a
    command, for example.
    """

    def __init__(self, response: Response) -> None:
        self._response = response
        self._events = self._read()
        # the id of the last event, where a stream has ids
        self.last_id: Optional[str] = None

    def _lines(self) -> Iterator[bytes]:
        pieces: List[bytes] = []

        while True:
            chunk = self._response.read1()

            if not chunk:
                break

            *lines, rest = chunk.split(b"\n")

            for line in lines:
                pieces.append(line)
                yield b"".join(pieces).rstrip(b"\r")
                pieces = []

            if rest:
                pieces.append(rest)

    def _read(self) -> Iterator[Event]:
        data: List[str] = []

        for line in self._lines():
            text = line.decode("utf-8", "replace")

            if text:
                name, _, value = text.partition(":")
                value = value[1:] if value.startswith(" ") else value

                if name == "data":
                    data.append(value)
                elif name == "id":
                    self.last_id = value

                continue

            if data:
                try:
                    event = json.loads("\n".join(data))
                except ValueError:
                    event = None

                data = []

                if isinstance(event, dict):
                    yield event

    def __next__(self) -> Event:
        try:
            return next(self._events)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._response.close()

    def __enter__(self) -> EventStream:
        return self

    def __exit__(self, kind: Optional[Type[BaseException]],
                 error: Optional[BaseException],
                 traceback: Optional[TracebackType]) -> None:
        self.close()
