# Copyright (C) the ngx_sandbox authors
#
# From a program's write to its arrival at the client; the reference is a
# pipe on the host.

import subprocess

from lib.client import numbers, request
from lib.host import run
from lib.stack import Stack
from lib.table import median

EVERY = '5'


def pipe(host, count):
    stamp = subprocess.Popen([host.tool('stamp'), count, EVERY],
                             stdout=subprocess.PIPE)
    text = subprocess.run([host.tool('probe'), 'pipe'], stdin=stamp.stdout,
                          stdout=subprocess.PIPE, check=True).stdout
    stamp.stdout.close()
    stamp.wait()

    return numbers(text.decode())


def measure(host, options, table):
    stack = Stack(host)
    count = '50' if host.quick else '200'

    stack.install('bench', 'stamp')
    data = request('POST', '/v1/sandbox/bench/exec',
                   body={'argv': ['/workspace/stamp', count, EVERY]})

    ours, bare, worst = [], [], []

    for _ in range(options.rounds):
        host.quiet()

        lags = numbers(run(host.tool('probe'), 'lag', stack.address,
                           data=data, timeout=60))

        if len(lags) != int(count):
            raise ValueError('%d of %s lines came' % (len(lags), count))

        ours.append(median(lags) / 1e6)
        worst.append(sorted(lags)[len(lags) * 99 // 100] / 1e6)
        bare.append(median(pipe(host, count)) / 1e6)

    table.plain('output to the client, p50, against a pipe', 'ms', ours,
                bare, 2, 0.5)
    table.plain('output to the client, p99', 'ms', worst)
