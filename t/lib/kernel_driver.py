# Copyright (C) the ngx_sandbox authors

"""Drives a kernel of agent/executors as the agent does, without the agent.

The protocol is described in agent/executors/python/channel.py.  Results of
tests are printed as TAP.
"""

import array
import json
import os
import secrets
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

HEADER = struct.Struct('<16sBBHI')
CHUNK = 48 * 1024
TIMEOUT = 60

count = 0
failures = 0


def ok(passed, name, detail=None):
    global count, failures

    count += 1
    failures += not passed
    print('%sok %d - %s' % ('' if passed else 'not ', count,
                            name.replace('#', '\\#')))

    if not passed and detail is not None:
        for line in str(detail).splitlines():
            print('# ' + line[:500])

    sys.stdout.flush()


def is_(got, expected, name):
    ok(got == expected, name, 'got:      %r\nexpected: %r' % (got, expected))


def done():
    print('1..%d' % count)
    sys.exit(1 if failures else 0)


class Died(Exception):
    pass


class Cell:
    """What one cell has sent and printed."""

    def __init__(self):
        self.events = []
        self.done = None
        self.printed = {1: b'', 2: b''}

    def of(self, kind):
        return [e for e in self.events if e['type'] == kind]

    @property
    def result(self):
        return self.of('result')[-1] if self.of('result') else {}

    @property
    def text(self):
        return self.result.get('text')

    @property
    def error(self):
        return self.of('error')[0] if self.of('error') else {}

    @property
    def ename(self):
        return self.error.get('ename')

    @property
    def stdout(self):
        return self.printed[1].decode()

    @property
    def stderr(self):
        return self.printed[2].decode()


class Kernel:

    def __init__(self, argv, env=None):
        self.token = secrets.token_hex(8).encode()
        self.name = '\0kernel-driver-' + secrets.token_hex(8)
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.listener.bind(self.name)
        self.listener.listen(4)
        self.socket, other = socket.socketpair(socket.AF_UNIX,
                                               socket.SOCK_SEQPACKET)
        pipes = [os.pipe(), os.pipe()]
        self.readers = {pipes[0][0]: 1, pipes[1][0]: 2}
        self.writers = [pipes[0][1], pipes[1][1]]
        self.foreign = 0                        # packets without the token
        self.number = 0
        self.cell = Cell()

        self.process = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=self.writers[0],
            stderr=self.writers[1], pass_fds=[other.fileno()],
            env=dict(os.environ, SANDBOX_KERNEL_FD=str(other.fileno()),
                     **env or {}))
        other.close()

        self.send(b'H', 0, self.token + self.name.encode())
        kind, _, payload = self.receive()
        assert kind == b'R', kind
        self.ready = json.loads(payload)

    def send(self, kind, number, payload=b''):
        while True:
            part, payload = payload[:CHUNK], payload[CHUNK:]
            self.socket.send(HEADER.pack(self.token, kind[0], bool(payload), 0,
                                         number) + part)
            if not payload:
                break

    def receive(self):
        """The next message; what is printed meanwhile goes to the cell."""

        parts, end = [], time.monotonic() + TIMEOUT

        while True:
            wanted = [self.socket, self.listener] + list(self.readers)
            ready = select.select(wanted, [], [], 0.2)[0]

            for fd in ready:
                if fd in self.readers:
                    self.read(fd)

            if self.listener in ready:
                self.accept()

            elif self.socket in ready:
                packet = self.socket.recv(HEADER.size + CHUNK)

                if not packet and self.process.poll() is not None:
                    raise Died

                if len(packet) < HEADER.size or packet[:16] != self.token:
                    self.foreign += 1
                    continue

                _, kind, flags, _, number = HEADER.unpack_from(packet)
                parts.append(packet[HEADER.size:])

                if not flags & 1:
                    return bytes([kind]), number, b''.join(parts)

            elif self.process.poll() is not None and not ready:
                raise Died

            elif time.monotonic() > end:
                raise TimeoutError

    def read(self, fd):
        data = os.read(fd, 1 << 20)
        self.cell.printed[self.readers[fd]] += data

    def drain(self):
        while ready := select.select(list(self.readers), [], [], 0)[0]:
            for fd in ready:
                self.read(fd)

    def accept(self):
        """It has lost its descriptors, and gets them again."""

        fresh, _ = self.listener.accept()
        packet = fresh.recv(HEADER.size)

        if packet[:17] != self.token + b'C':
            fresh.close()
            return

        null = os.open('/dev/null', os.O_RDONLY)
        fds = array.array('i', [null] + self.writers)
        fresh.sendmsg([b'\0'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)])
        os.close(null)

        self.socket.close()
        self.socket = fresh

    def begin(self, code, **more):
        self.number += 1
        self.cell = Cell()
        self.send(b'X', self.number, json.dumps(dict(code=code, **more))
                  .encode())

    def finish(self):
        """Reads to the end of the cell."""

        while True:
            kind, number, payload = self.receive()
            assert number == self.number, number
            assert payload.isascii() and b'\n' not in payload

            if kind == b'D':
                self.drain()
                self.cell.done = json.loads(payload)
                return self.cell

            if kind == b'E':
                self.drain()
                self.cell.events.append(json.loads(payload))
                self.send(b'A', self.number)

    def run(self, code, **more):
        self.begin(code, **more)
        return self.finish()

    def interrupt(self, after=0.0, until=None):
        """Interrupts the cell that runs, once it has printed that."""

        def later():
            end = time.monotonic() + TIMEOUT
            while until and until not in self.cell.printed[1]:
                if time.monotonic() > end:
                    break
                time.sleep(0.005)
            time.sleep(after)
            self.send(b'I', self.number)
            os.kill(self.process.pid, signal.SIGINT)

        thread = threading.Thread(target=later)
        thread.start()
        cell = self.finish()
        thread.join()

        return cell

    def close(self):
        """The connection ends, and so does the kernel: its exit code."""

        self.socket.close()

        try:
            return self.process.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return None
