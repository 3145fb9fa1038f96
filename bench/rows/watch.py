# Copyright (C) the ngx_sandbox authors
#
# Watches: from the creation of a file in a sandbox to its event at the client,
# against a bare read of inotify on the same directory, by the same process.

import ctypes
import os
import socket
import time

from lib.client import request
from lib.host import Failed, memory_kb
from lib.rounds import Rounds
from lib.stack import Stack
from lib.table import median

IN_CREATE = 0x100
CLIB = ctypes.CDLL(None, use_errno=True)


class Stream:
    """The events of POST api/watch."""

    def __init__(self, address, path, directory):
        if address.startswith('unix:'):
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.connect(address[5:])

        else:
            host, port = address.rsplit(':', 1)
            self.socket = socket.create_connection((host, int(port)))

        self.socket.settimeout(10)
        self.socket.sendall(request('POST', path, body={
            'path': directory, 'events': ['create']}))
        self.wait(b'"watching"')

    def wait(self, what):
        data = b''

        while what not in data:
            piece = self.socket.recv(65536)

            if not piece:
                raise Failed('the watch has ended: %r' % data[-200:])

            data += piece

    def close(self):
        self.socket.close()


class Bare:
    """inotify, as a program in the sandbox would read it."""

    def __init__(self, path):
        self.fd = CLIB.inotify_init1(os.O_CLOEXEC)

        if CLIB.inotify_add_watch(self.fd, path.encode(), IN_CREATE) == -1:
            raise Failed('inotify_add_watch: %s'
                         % os.strerror(ctypes.get_errno()))

    def wait(self, what):
        while what not in os.read(self.fd, 65536):
            pass

    def close(self):
        os.close(self.fd)


class Watch(Rounds):
    def __init__(self, host, options, references):
        super().__init__(host, options, references)

        self.stack = Stack(host)
        self.stack.exec('bench', '/bin/mkdir', '-p', '/workspace/watch')

        self.count_events = 50 if host.quick else 300
        self.path = ('/proc/%d/root/workspace/watch'
                     % self.stack.agent('bench'))
        self.number = 0

        self.targets = {
            'on the agent\'s socket':
                ('unix:%s/agent.sock' % self.stack.run('bench'), '/api/watch'),
            'through nginx':
                (self.stack.address, '/v1/sandbox/bench/api/watch')}

        self.figures = {name: [] for name in (*self.targets, 'bare')}

    def measure(self, name):
        source = (Bare(self.path) if name == 'bare'
                  else Stream(*self.targets[name], 'watch'))
        taken = []

        for _ in range(self.count_events):
            self.number += 1
            file = 'file-%d-' % self.number

            begun = time.perf_counter_ns()
            os.close(os.open('%s/%s' % (self.path, file),
                             os.O_CREAT | os.O_WRONLY, 0o644))
            source.wait(file.encode())
            taken.append((time.perf_counter_ns() - begun) / 1000)

            os.unlink('%s/%s' % (self.path, file))

        source.close()

        # the first ones warm up
        self.figures[name].append(median(taken[len(taken) // 10:]))

    def round(self):
        self.host.quiet()

        for name in self.targets:
            self.measure(name)
            yield

        if self.references:
            self.measure('bare')

    def report(self, table):
        for name, (floor, aim) in zip(self.targets, ((3, 2), (5, 3))):
            table.versus('watch %s, a new file, p50, against bare inotify'
                         % name, 'µs', self.figures[name],
                         self.figures['bare'], floor, aim)

        table.plain('agent, peak memory (VmHWM)', 'MB',
                    [memory_kb(self.stack.agent('bench'), 'status', 'VmHWM')
                     / 1024], floor=8)
