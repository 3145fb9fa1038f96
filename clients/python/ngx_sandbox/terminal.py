# Copyright (C) the ngx_sandbox authors

"""A terminal over a WebSocket (RFC 6455): binary messages are output and
input, text ones are control messages.
"""

from __future__ import annotations

import base64
import json
import os
import socket
import struct
from typing import Any, Dict, Iterator, Optional, Tuple, Type, Union
from types import TracebackType

from . import errors
from .http import Http, broken

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10

# the largest message that the server sends is a replay of 256 KB
MAX_MESSAGE = 1 << 24


class Terminal:
    def __init__(self, http: Http, target: str,
                 timeout: Optional[float] = 60) -> None:
        self.id = ""
        self.offset = 0
        self.cols = 0
        self.rows = 0
        self.exit: Optional[Dict[str, Any]] = None
        """{"code", "signal"?} once the shell has exited"""

        self._socket, host = http.socket(timeout)
        self._input = b""
        self._output = b""
        self._closed = False

        try:
            self._handshake(http, host, target)

            while not self.id:
                if self._message() is None:
                    raise errors.create("CONNECTION_FAILED", "The terminal "
                                        "was closed before it was ready")
        except BaseException:
            self._socket.close()
            raise

        self._socket.settimeout(None)

    def _handshake(self, http: Http, host: str, target: str) -> None:
        key = base64.b64encode(os.urandom(16)).decode()
        head = [f"GET {target} HTTP/1.1", f"Host: {host}",
                "Upgrade: websocket", "Connection: Upgrade",
                "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {key}"]

        if http.api_key:
            head.append(f"Authorization: Bearer {http.api_key}")

        head += [f"{name}: {value}" for name, value in http.headers.items()]
        self._send("\r\n".join(head + ["", ""]).encode())

        while b"\r\n\r\n" not in self._input:
            self._fill()

        text, _, self._input = self._input.partition(b"\r\n\r\n")
        status, *lines = text.decode("latin-1").split("\r\n")
        code = int((status.split(" ", 2) + ["0", "0"])[1])

        if code == 101:
            return

        headers = {name.strip().lower(): value.strip() for name, _, value
                   in (line.partition(":") for line in lines)}
        length = int(headers.get("content-length", "0"))

        while len(self._input) < length:
            self._fill()

        raise errors.of_response(code, self._input[:length],
                                 headers.get("retry-after"), "GET pty")

    def read(self, timeout: Optional[float] = None) -> bytes:
        """Output as it comes, replay included; empty once it is closed.
        After `timeout` seconds without any: RequestTimeoutError."""

        self._socket.settimeout(timeout)

        while not self._output:
            if self._closed or self._message() is None:
                return b""

        output, self._output = self._output, b""
        return output

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.read, b"")

    def write(self, data: Union[str, bytes]) -> None:
        self._frame(BINARY, data.encode() if isinstance(data, str) else data)

    def resize(self, cols: int, rows: int) -> None:
        self._frame(TEXT, json.dumps({"type": "resize", "cols": cols,
                                      "rows": rows}).encode())

    def close(self) -> None:
        """Ends the connection; a terminal with a session goes on."""

        if not self._closed:
            self._closed = True

            try:
                self._frame(CLOSE, struct.pack(">H", 1000))
            except errors.SandboxError:
                pass

            self._socket.close()

    def _message(self) -> Optional[int]:
        """Takes one message in; None at the end."""

        while True:
            opcode, data = self._receive()

            if opcode == PING:
                self._frame(PONG, data)
                continue

            break

        if opcode == CLOSE:
            self.close()
            return None

        if opcode == BINARY:
            self._output += data

            if self.id:
                self.offset += len(data)

        elif opcode == TEXT:
            self._control(json.loads(data))

        return opcode

    def _control(self, message: Dict[str, Any]) -> None:
        kind = message.get("type")

        if kind == "ready":
            self.id = message["id"]
            self.offset = message["offset"]
            self.cols = message["cols"]
            self.rows = message["rows"]
        elif kind == "exit":
            self.exit = {name: message[name] for name in ("code", "signal")
                         if name in message}
        elif kind == "error":
            raise errors.create("CONNECTION_FAILED", message["message"])

    def _receive(self) -> Tuple[int, bytes]:
        """A message, its fragments joined; control frames come between."""

        data = b""
        kind = 0

        while True:
            first, second = self._take(2)
            length = second & 127

            if length == 126:
                length, = struct.unpack(">H", self._take(2))
            elif length == 127:
                length, = struct.unpack(">Q", self._take(8))

            if second & 128 or len(data) + length > MAX_MESSAGE:
                raise errors.create("CONNECTION_FAILED", "The server violates "
                                    "the protocol of WebSockets")

            part = self._take(length)
            opcode = first & 15

            if opcode >= CLOSE:
                if opcode == CLOSE or not kind:
                    return opcode, part

                if opcode == PING:
                    self._frame(PONG, part)
                continue

            data += part
            kind = opcode or kind

            if first & 128:
                return kind, data

    def _take(self, n: int) -> bytes:
        while len(self._input) < n:
            self._fill()

        data, self._input = self._input[:n], self._input[n:]
        return data

    def _fill(self) -> None:
        try:
            data = self._socket.recv(65536)
        except (socket.timeout, OSError) as error:
            raise broken(error, "The terminal") from error

        if not data:
            raise errors.create("CONNECTION_FAILED",
                                "The connection of the terminal broke off")

        self._input += data

    def _frame(self, opcode: int, data: bytes) -> None:
        mask = os.urandom(4)
        size = len(data)
        head = struct.pack(">B", 128 | opcode)

        if size < 126:
            head += struct.pack(">B", 128 | size)
        elif size < 1 << 16:
            head += struct.pack(">BH", 128 | 126, size)
        else:
            head += struct.pack(">BQ", 128 | 127, size)

        key = int.from_bytes((mask * (size // 4 + 1))[:size], "big")
        masked = (int.from_bytes(data, "big") ^ key).to_bytes(size, "big")
        self._send(head + mask + masked)

    def _send(self, data: bytes) -> None:
        try:
            self._socket.sendall(data)
        except OSError as error:
            raise broken(error, "The terminal") from error

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, kind: Optional[Type[BaseException]],
                 error: Optional[BaseException],
                 traceback: Optional[TracebackType]) -> None:
        self.close()
