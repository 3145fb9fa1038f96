# Copyright (C) the ngx_sandbox authors
#
# A workspace of 10,000 files as an archive, and back, against GNU tar in the
# same container.

import http.client
import time

from lib.client import numbers
from lib.host import Failed, memory_kb
from lib.stack import Stack

FILES = '''
    import os

    for i in range(100):
        os.makedirs('/workspace/tree/%d' % i, exist_ok=True)

        for j in range(100):
            with open('/workspace/tree/%d/file-%d' % (i, j), 'w') as f:
                f.write('x' * (j * 20))
'''

# GNU tar reads no file if it writes to /dev/null
PACK = 'tar -C /workspace -cf - . | cat >/dev/null'
UNPACK = 'tar -C /workspace -xf /tmp/tree.tar'
CLEAR = 'rm -rf /workspace/tree'


class Box:
    def __init__(self, host, files=FILES):
        self.stack = Stack(host)
        self.exec('python3', '-c', '\n'.join(line[4:] for line
                                             in files.split('\n')))
        self.sh('tar -C /workspace -cf /tmp/tree.tar .')
        self.agent = self.stack.agent('bench')

    def exec(self, *argv):
        return self.stack.exec('bench', *argv)

    def sh(self, script):
        """Milliseconds that it took."""

        text = self.exec('bash', '-c', 'a=$(date +%%s%%N); %s; '
                         'echo $(($(date +%%s%%N) - a))' % script)

        return numbers(text)[-1] / 1e6

    def post(self, path, body=None):
        """Milliseconds, and the body of the answer."""

        connection = http.client.HTTPConnection(self.stack.address,
                                                timeout=120)
        begun = time.perf_counter()

        connection.request('POST', '/v1/sandbox/bench/' + path, body)
        response = connection.getresponse()
        data = response.read()

        if response.status != 200:
            raise Failed('%s: %d %s' % (path, response.status, data[:300]))

        connection.close()

        return (time.perf_counter() - begun) * 1e3, data


def measure(host, options, table):
    box = Box(host)
    rows = [[], [], [], []]

    for i in range(options.rounds + 1):
        host.quiet()

        persist, archive = box.post('persist')
        pack = box.sh(PACK)

        box.sh(CLEAR)
        hydrate, _ = box.post('hydrate', archive)
        box.sh(CLEAR)
        unpack = box.sh(UNPACK)

        # the first one fills caches
        if i:
            for row, value in zip(rows, (persist, pack, hydrate, unpack)):
                row.append(value)

    table.versus('10,000 files by persist, against GNU tar', 'ms', rows[0],
                 rows[1], 2, 1.2)
    table.versus('10,000 files by hydrate, against GNU tar', 'ms', rows[2],
                 rows[3], 2, 1.2)
    table.plain('agent after it, peak memory (VmHWM)', 'MB',
                [memory_kb(box.agent, 'status', 'VmHWM') / 1024], floor=8)
