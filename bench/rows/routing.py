# Copyright (C) the ngx_sandbox authors
#
# A preview of one running sandbox among 10, and among many.

import random

from lib.client import wrk
from lib.stack import Stack


def crowd(host, count):
    """So many sandboxes, one of which runs; its stack and host name."""

    stack = Stack(host)

    for i in range(count - 1):
        stack.call('POST', '', {'id': 'crowd-%d' % i})

    stack.install('bench', 'app')

    return stack, stack.serve('bench', 8080, '/workspace/app 8080')


def measure(host, options, table):
    sizes = (10, 1000) if host.quick else (10, 1000, 10000)
    crowds = {size: crowd(host, size) for size in sizes}
    rates = {size: {1: [], 32: []} for size in sizes}

    for stack, name in crowds.values():
        wrk(stack.port, 32, 1, name)

    turns = list(sizes)

    for _ in range(options.rounds):
        for connections in (1, 32):
            host.quiet()

            for size in turns + turns[::-1]:
                stack, name = crowds[size]
                rates[size][connections].append(
                    wrk(stack.port, connections, 1, name)[0])

            random.shuffle(turns)

    for size in sizes[1:]:
        for connections in (1, 32):
            table.versus('preview, one of {:,} sandboxes, against one of 10, '
                         '{} connection{}'.format(
                             size, connections,
                             '' if connections == 1 else 's'),
                         '/s', rates[size][connections],
                         rates[10][connections], 0.9, 0.97, True)
