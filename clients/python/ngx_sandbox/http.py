# Copyright (C) the ngx_sandbox authors

"""Requests to the API: the key, timeouts, retries, and errors as exceptions.

What is sent again by itself is what certainly did not run: a 503 or 429 with
Retry-After, and a connection that was refused. A request that may be repeated
without harm is also sent again when its connection broke off, or a proxy
answered 502 or 504.
"""

from __future__ import annotations

import http.client
import json
import random
import select
import socket
import ssl
import threading
import time
from typing import Any, Dict, Iterable, List, Optional, Tuple, Type, Union
from types import TracebackType
from urllib.parse import urlencode, urlsplit

from . import errors

Body = Union[bytes, Iterable[bytes], None]
Query = Dict[str, Any]

REPEATS = 3
KEPT = 8


class Response:
    """An answer whose body takes as long as it takes."""

    def __init__(self, owner: Http, connection: http.client.HTTPConnection,
                 response: http.client.HTTPResponse) -> None:
        self._owner = owner
        self._connection: Optional[http.client.HTTPConnection] = connection
        self._response = response
        self.headers = response.headers

    def read(self) -> bytes:
        try:
            return self._response.read()
        except (OSError, http.client.HTTPException) as error:
            raise broken(error) from error
        finally:
            self.close()

    def read1(self, size: int = 65536) -> bytes:
        """What has arrived, at least one byte; empty at the end."""

        try:
            return self._response.read1(size)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise broken(error) from error

    def close(self) -> None:
        """Ends the request, if it has not ended."""

        connection, self._connection = self._connection, None

        if connection is not None:
            self._owner.release(connection, self._response)

    def __enter__(self) -> Response:
        return self

    def __exit__(self, kind: Optional[Type[BaseException]],
                 error: Optional[BaseException],
                 traceback: Optional[TracebackType]) -> None:
        self.close()


class Http:
    def __init__(self, base_url: str, api_key: Optional[str] = None,
                 headers: Optional[Dict[str, str]] = None,
                 request_timeout: float = 120, retry_timeout: float = 120,
                 ssl_context: Optional[ssl.SSLContext] = None) -> None:
        parts = urlsplit(base_url)

        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"base_url: {base_url!r} is no URL of http or "
                             "https, such as https://api.example.com")

        path = parts.path.rstrip("/")

        if path.endswith("/v1"):
            path = path[:-3]

        self.secure = parts.scheme == "https"
        self.host = parts.hostname
        self.port = parts.port
        self.root = path + "/v1"
        self.api_key = api_key
        self.headers = headers or {}
        self.request_timeout: Optional[float] = request_timeout or None
        self.retry_timeout = retry_timeout
        self.ssl_context = ssl_context
        self._idle: List[http.client.HTTPConnection] = []
        self._lock = threading.Lock()

    def json(self, method: str, path: str, *, data: Any = None,
             body: Body = None, query: Optional[Query] = None,
             headers: Optional[Dict[str, str]] = None, safe: bool = False,
             timeout: Optional[float] = 0) -> Any:
        """The answer as JSON, or None without a body.

        safe: it may be repeated without harm. timeout, in seconds: None is no
        limit, 0 that of short requests.
        """

        with self.open(method, path, data=data, body=body, query=query,
                       headers=headers, safe=safe,
                       timeout=self.request_timeout if timeout == 0
                       else timeout) as response:
            text = response.read()

        try:
            return json.loads(text) if text else None
        except ValueError:
            raise errors.create(
                "INVALID_JSON_RESPONSE", f"{method} {path}: the answer is not "
                "JSON; is this the base URL of ngx_sandbox?") from None

    def open(self, method: str, path: str, *, data: Any = None,
             body: Body = None, query: Optional[Query] = None,
             headers: Optional[Dict[str, str]] = None, safe: bool = False,
             timeout: Optional[float] = None) -> Response:
        """The answer itself, which the caller closes."""

        until = time.monotonic() + self.retry_timeout
        repeats = 0

        while True:
            try:
                return self._once(method, path, data, body, query,
                                  headers or {}, timeout)
            except errors.SandboxError as error:
                delay = delay_of(error, safe or method == "GET", repeats)

                if (delay is None or time.monotonic() + delay > until
                        or not isinstance(body, (bytes, type(None)))):
                    raise

                repeats += 1
                time.sleep(delay)

    def _once(self, method: str, path: str, data: Any, body: Body,
              query: Optional[Query], headers: Dict[str, str],
              timeout: Optional[float]) -> Response:
        what = f"{method} {path}"
        arguments = [(k, v) for k, v in (query or {}).items()
                     if v is not None]
        target = self.root + path + ("?" + urlencode(arguments)
                                     if arguments else "")
        fields = {**self.headers, **headers}

        if self.api_key:
            fields["Authorization"] = f"Bearer {self.api_key}"

        if data is not None:
            body = json.dumps(data).encode()
            fields["Content-Type"] = "application/json"

        connection = self._take(timeout)

        try:
            try:
                connection.request(method, target, body, fields,
                                   encode_chunked=not isinstance(
                                       body, (bytes, type(None))))
            except (BrokenPipeError, ConnectionResetError):
                # nginx may have answered before the end of the body
                pass

            response = connection.getresponse()
            text = response.read() if response.status >= 400 else b""

        except (OSError, http.client.HTTPException) as error:
            connection.close()

            if isinstance(error, socket.timeout):
                raise errors.create(
                    "REQUEST_TIMEOUT", f"{what}: no answer within {timeout} "
                    "seconds. Whether it took effect is unknown",
                    408) from error

            raise broken(error, what) from error

        except BaseException:
            # what the request runs in the sandbox ends with the connection
            connection.close()
            raise

        if response.status < 400:
            return Response(self, connection, response)

        self.release(connection, response)
        raise errors.of_response(response.status, text,
                                 response.headers.get("Retry-After"), what)

    def _take(self, timeout: Optional[float]) -> http.client.HTTPConnection:
        while True:
            with self._lock:
                connection = self._idle.pop() if self._idle else None

            if connection is None:
                break

            # one that has something to say has been closed by nginx
            if connection.sock is not None and not select.select(
                    [connection.sock], [], [], 0)[0]:
                connection.timeout = timeout
                connection.sock.settimeout(timeout)
                return connection

            connection.close()

        if self.secure:
            return http.client.HTTPSConnection(
                self.host, self.port, timeout=timeout,
                context=self.ssl_context)

        return http.client.HTTPConnection(self.host, self.port,
                                          timeout=timeout)

    def release(self, connection: http.client.HTTPConnection,
                response: http.client.HTTPResponse) -> None:
        if response.isclosed() and not response.will_close:
            with self._lock:
                if len(self._idle) < KEPT:
                    self._idle.append(connection)
                    return

        connection.close()
        response.close()

    def close(self) -> None:
        """Closes idle connections."""

        with self._lock:
            idle, self._idle = self._idle, []

        for connection in idle:
            connection.close()

    def socket(self, timeout: Optional[float]) -> Tuple[socket.socket, str]:
        """A connection for a WebSocket, and the value of Host."""

        port = self.port or (443 if self.secure else 80)
        host = f"[{self.host}]" if ":" in self.host else self.host

        try:
            raw = socket.create_connection((self.host, port), timeout)
        except OSError as error:
            raise broken(error) from error

        if self.secure:
            context = self.ssl_context or ssl.create_default_context()
            raw = context.wrap_socket(raw, server_hostname=self.host)

        return raw, host if self.port is None else f"{host}:{port}"


def broken(error: BaseException, what: str = "The connection broke off"
           ) -> errors.SandboxError:
    if isinstance(error, socket.timeout):
        return errors.create("REQUEST_TIMEOUT", f"{what}: timed out", 408)

    return errors.create("CONNECTION_FAILED", f"{what}: "
                         f"{str(error) or type(error).__name__}",
                         suggestion="Check the base URL, and that nginx runs.")


def delay_of(error: errors.SandboxError, safe: bool,
             repeats: int) -> Optional[float]:
    """Seconds before the request is sent again; None: it is not."""

    if error.http_status in (429, 503) and error.retry_after is not None:
        return (error.retry_after or 0.25) * (1 + random.random() / 5)

    if repeats >= REPEATS:
        return None

    if error.code == "CONNECTION_FAILED":
        again = safe or isinstance(error.__cause__, (ConnectionRefusedError,
                                                     socket.gaierror))
    else:
        again = safe and error.http_status in (502, 504)

    return 0.2 * 2.0 ** repeats if again else None
