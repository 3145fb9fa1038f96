# Copyright (C) the ngx_sandbox authors

# An app inside a sandbox, for the tests: app.py <port> [<address>]
#
# Reads requests strictly, keeps the head of each, and shows what reached it.

import asyncio
import base64
import hashlib
import json
import os
import sys
import urllib.parse

PORT = int(sys.argv[1])
ADDRESS = sys.argv[2] if len(sys.argv) > 2 else "0.0.0.0"

seen = []
received = {"bytes": 0, "done": False, "sum": ""}
go = asyncio.Event()
open_sockets = {"now": 0, "ended": 0}

PAGE = """<!doctype html>
<title>preview</title>
<h1 id="title">Hello from port %d</h1>
<pre id="log"></pre>
<script>
var url = (location.protocol === 'https:' ? 'wss://' : 'ws://')
    + location.host + '/ws';
var ws = new WebSocket(url);
window.messages = [];
ws.onmessage = function (e) {
    window.messages.push(e.data);
    document.getElementById('log').textContent += e.data + '\\n';
};
ws.onopen = function () { ws.send('first'); window.socket = ws; };
</script>
""" % PORT


class Request:
    pass


async def read_request(reader):
    head = await reader.readuntil(b"\r\n\r\n")
    r = Request()
    r.raw = head
    lines = head[:-4].split(b"\r\n")
    r.line = lines[0].decode("latin-1")
    r.method, r.target, r.proto = r.line.split(" ", 2)
    r.headers = []
    for line in lines[1:]:
        name, value = line.decode("latin-1").split(":", 1)
        r.headers.append((name, value.strip()))
    r.get = {n.lower(): v for n, v in r.headers}
    seen.append({"line": r.line, "head": head.decode("latin-1")})
    return r


async def body_of(r, reader):
    if "chunked" in r.get.get("transfer-encoding", ""):
        while True:
            size = int((await reader.readline()).split(b";")[0], 16)
            if size == 0:
                while (await reader.readline()) != b"\r\n":
                    pass
                return
            while size:
                piece = await reader.read(min(size, 65536))
                if not piece:
                    raise EOFError
                size -= len(piece)
                yield piece
            await reader.readexactly(2)
    else:
        left = int(r.get.get("content-length", "0"))
        while left:
            piece = await reader.read(min(left, 65536))
            if not piece:
                raise EOFError
            left -= len(piece)
            yield piece


def reply(writer, status, body, headers=(), type_="text/plain"):
    if isinstance(body, str):
        body = body.encode()
    text = "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n" % (
        status, type_, len(body))
    for name, value in headers:
        text += "%s: %s\r\n" % (name, value)
    writer.write(text.encode("latin-1") + b"\r\n" + body)


async def websocket(r, reader, writer):
    key = r.get["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    accept = base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()
    writer.write(("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                  "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n"
                  % accept).encode())
    open_sockets["now"] += 1
    try:
        while True:
            b0, b1 = await reader.readexactly(2)
            n = b1 & 127
            if n == 126:
                n = int.from_bytes(await reader.readexactly(2), "big")
            elif n == 127:
                n = int.from_bytes(await reader.readexactly(8), "big")
            mask = await reader.readexactly(4)
            data = await reader.readexactly(n)
            if n:
                pad = (mask * (n // 4 + 1))[:n]
                data = (int.from_bytes(data, "big")
                        ^ int.from_bytes(pad, "big")).to_bytes(n, "big")
            if b0 & 15 == 8:
                writer.write(b"\x88\x02\x03\xe8")
                await writer.drain()
                return
            if b0 & 15 == 9:
                b0 = 0x8a
            if b0 & 15 == 1:
                data = b"echo:" + data
            n = len(data)
            head = bytes([b0])
            if n < 126:
                head += bytes([n])
            elif n < 65536:
                head += b"\x7e" + n.to_bytes(2, "big")
            else:
                head += b"\x7f" + n.to_bytes(8, "big")
            writer.write(head + data)
            await writer.drain()
    finally:
        open_sockets["now"] -= 1
        open_sockets["ended"] += 1


async def serve(r, reader, writer):
    path = r.target.split("?")[0]
    query = r.target.split("?")[1] if "?" in r.target else ""

    if path == "/ws" and "upgrade" in r.get.get("connection", "").lower():
        await websocket(r, reader, writer)
        return False

    if path == "/upload":
        received.update(bytes=0, done=False, sum="")
        digest = hashlib.sha256()
        async for piece in body_of(r, reader):
            received["bytes"] += len(piece)
            digest.update(piece)
        received.update(done=True, sum=digest.hexdigest())
        reply(writer, "200 OK", json.dumps(received),
              type_="application/json")
        return True

    if path == "/early":
        reply(writer, "413 Too Large", "no", [("Connection", "close")])
        return False

    body = b""
    async for piece in body_of(r, reader):
        body += piece

    if path == "/raw":
        # an answer byte for byte as the request has it
        writer.write(body)
        return False

    if path == "/count":
        # never the same again, from nobody else
        reply(writer, "200 OK", os.urandom(8).hex())

    elif path == "/as":
        # with a header that the query has
        name, value = urllib.parse.unquote(query).split(": ", 1)
        reply(writer, "200 OK", os.urandom(8).hex(), [(name, value)])

    elif path == "/received":
        reply(writer, "200 OK", json.dumps(received),
              type_="application/json")

    elif path == "/seen":
        reply(writer, "200 OK", json.dumps(seen), type_="application/json")

    elif path == "/forget":
        seen.clear()
        reply(writer, "200 OK", "")

    elif path == "/sockets":
        reply(writer, "200 OK", json.dumps(open_sockets),
              type_="application/json")

    elif path == "/headers":
        reply(writer, "200 OK", json.dumps(
            {"line": r.line, "headers": r.headers}),
            type_="application/json")

    elif path == "/echo":
        reply(writer, "200 OK", body, type_=r.get.get(
            "content-type", "text/plain"))

    elif path == "/accel":
        reply(writer, "200 OK", "plain body", [
            ("X-Accel-Redirect", "/etc/passwd"),
            ("X-Accel-Limit-Rate", "1"), ("X-Accel-Buffering", "yes"),
            ("X-Accel-Expires", "3600"), ("X-Accel-Charset", "koi8-r")])

    elif path == "/cookie":
        reply(writer, "200 OK", "ok", [("Set-Cookie", "a=b; Path=/")])

    elif path == "/go":
        go.set()
        reply(writer, "200 OK", "gone")

    elif path == "/sse":
        go.clear()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream"
                     b"\r\nTransfer-Encoding: chunked\r\n\r\n")

        def chunk(text):
            writer.write(b"%x\r\n%s\r\n" % (len(text), text))

        chunk(b"data: one\n\n")
        await writer.drain()
        await go.wait()
        chunk(b"data: two\n\n")
        writer.write(b"0\r\n\r\n")

    elif path == "/big":
        n = int(query)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % n)
        block = bytes(range(256)) * 256
        while n:
            writer.write(block[:n])
            n -= min(n, len(block))
            await writer.drain()

    elif path == "/endless":
        # until nobody reads on; "/sockets" tells that it ended
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        open_sockets["now"] += 1
        try:
            while True:
                writer.write(bytes(65536))
                await writer.drain()
        finally:
            open_sockets["now"] -= 1
            open_sockets["ended"] += 1

    elif path == "/cut":
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")
        return False

    elif path == "/close":
        return False

    elif path == "/sleep":
        await asyncio.sleep(float(query))
        reply(writer, "200 OK", "slept")

    elif path == "/":
        reply(writer, "200 OK", PAGE, type_="text/html")

    else:
        reply(writer, "404 Not Found", "the app knows no " + path)

    return True


async def connection(reader, writer):
    try:
        while True:
            r = await read_request(reader)
            keep = await serve(r, reader, writer)
            await writer.drain()
            if not keep or r.get.get("connection", "") == "close":
                break
    except (asyncio.IncompleteReadError, EOFError, ConnectionError):
        pass
    except Exception as e:
        seen.append({"line": "BROKEN", "head": repr(e)})
    finally:
        writer.close()


async def main():
    server = await asyncio.start_server(connection, ADDRESS, PORT,
                                        limit=1 << 20, backlog=1024)
    async with server:
        await server.serve_forever()


asyncio.run(main())
