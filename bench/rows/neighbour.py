# Copyright (C) the ngx_sandbox authors
#
# Previews of a sandbox that is idle otherwise, while another sandbox takes
# all it can get, against the same without it.

import socket
import time

from lib import client
from lib.client import request
from lib.host import wait
from lib.stack import Stack

# what a filler has on the disk at most
DISK = 256

ATTACKS = {
    'a fork bomb': '''
import os, time
while True:
    try:
        os.fork()
    except OSError:
        time.sleep(0.001)
''',
    'a memory bomb': '''
import os, time
while True:
    if os.fork() == 0:
        x = []
        while True:
            x.append(b"x" * 1000000)
    time.sleep(0.3)
''',
    'a disk filler': '''
import os
while True:
    with open("/workspace/fill", "wb") as f:
        for i in range(%d):
            f.write(b"x" * 1000000)
            if i %% 32 == 0:
                os.fsync(f.fileno())
''' % DISK,
    'a log flood': '''
import sys
line = b"flood " * 1000 + b"\\n"
while True:
    sys.stdout.buffer.write(line)
    sys.stderr.buffer.write(line)
''',
    'a CPU spin': '''
import os
for i in range(30):
    if os.fork() == 0:
        break
while True:
    pass
''',
}


class Attack:
    """A sandbox of its own that does it; its output is not read."""

    def __init__(self, stack, id, program):
        self.stack = stack
        self.id = id

        stack.exec(id, '/bin/true')

        self.socket = socket.create_connection(('127.0.0.1', stack.port))
        self.socket.sendall(request('POST', '/v1/sandbox/%s/exec' % id,
                                    body={'argv': ['python3', '-c',
                                                   program]}))

        # it has begun once it uses what it is there for
        wait(lambda: self.pids() > 1, 'an attack')
        time.sleep(1)

    def pids(self):
        usage = self.stack.call('GET', '/' + self.id)['usage']

        return (usage or {}).get('pids') or 0

    def end(self):
        self.socket.close()
        self.stack.destroy(self.id)


def worst(host, stack, name, count):
    """The 99th percentile of a preview's time, in milliseconds."""

    values, _ = client.times(host, stack.address, count,
                             request('GET', '/', name))

    return sorted(values)[len(values) * 99 // 100] * 1000


def measure(host, options, table):
    stack = Stack(host)
    count = 500 if host.quick else 3000

    stack.install('idle', 'app')
    name = stack.serve('idle', 8080, '/workspace/app 8080')

    for what, program in ATTACKS.items():
        alone, beside = [], []

        for i in range(options.rounds):
            host.quiet()
            alone.append(worst(host, stack, name, count))

            attack = Attack(stack, 'evil-%d' % i, program)

            try:
                beside.append(worst(host, stack, name, count))

            finally:
                attack.end()

        table.versus('preview beside %s, 1 connection, p99, against none'
                     % what, 'ms', beside, alone, 3, 3)
