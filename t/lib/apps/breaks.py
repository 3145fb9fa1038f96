# Copyright (C) the ngx_sandbox authors

# An app that breaks off, for the tests: breaks.py <port> <file> [<mode>]
#
#   /keep                      an answer that keeps the connection
#   /<when>/<how>/<name>       breaks off, at every attempt
#   /interim/<status>/<count>  so many interim answers before the final one
#   /count                     connections so far
#
# The file gets a line for each request that breaks off: its name, and its
# number on its connection.  Modes: "serial" serves one connection until it
# ends, then the next; "once" ends each connection when a second request comes.

import os
import socket
import struct
import sys
import threading
import time

PORT, FILE = int(sys.argv[1]), sys.argv[2]
MODE = sys.argv[3] if len(sys.argv) > 3 else ""

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"
SENT = {"before": b"", "within": HEAD[:20], "after": HEAD,
        "body": HEAD + b"01234"}

connections = 0


def read_head(c):
    data = b""
    while b"\r\n\r\n" not in data:
        piece = c.recv(65536)
        if not piece:
            return None, b""
        data += piece
    head, rest = data.split(b"\r\n\r\n", 1)
    return head.decode("latin-1").split("\r\n"), rest


def read_body(c, headers, rest):
    length = int(headers.get("content-length", "0"))
    chunked = "transfer-encoding" in headers
    while chunked and not rest.endswith(b"0\r\n\r\n") or len(rest) < length:
        piece = c.recv(65536)
        if not piece:
            break
        rest += piece


def note(text):
    fd = os.open(FILE, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    os.write(fd, (text + "\n").encode())
    os.close(fd)


def reply(c, method, body):
    body = body.encode()
    c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body)
              + (body if method != "HEAD" else b""))


def serve(c):
    n = 0
    while True:
        if MODE == "once" and n:
            c.recv(1, socket.MSG_PEEK)
            return
        lines, rest = read_head(c)
        if lines is None:
            return
        n += 1
        method, target, _ = lines[0].split(" ", 2)
        headers = dict((k.lower(), v.strip()) for k, v in
                       (line.split(":", 1) for line in lines[1:]))
        read_body(c, headers, rest)
        path = target.split("/")[1:]

        if path[0] in SENT:
            note("%s %d" % (path[2], n))
            c.sendall(SENT[path[0]])
            if path[1] == "reset":
                c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                             struct.pack("ii", 1, 0))
            return

        if path[0] == "interim":
            one = ("HTTP/1.1 %s\r\nLink: </s.css>; rel=preload\r\n"
                   "Cache-Control: max-age=60\r\n"
                   "Content-Length: 5\r\n\r\n" % path[1].replace("+", " "))
            for i in range(int(path[2])):
                c.sendall(one.encode())
                if i < 3:
                    time.sleep(0.02)

        reply(c, method, "%d %d" % (connections, n))


def run(c):
    try:
        serve(c)
    except OSError:
        pass
    c.close()


s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("127.0.0.1", PORT))
s.listen(128)

while True:
    client, _ = s.accept()
    connections += 1
    if MODE == "serial":
        run(client)
    else:
        threading.Thread(target=run, args=(client,), daemon=True).start()
