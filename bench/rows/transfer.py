# Copyright (C) the ngx_sandbox authors
#
# A gigabyte from an app and to it, through a preview and through other
# proxies; no disk is involved.

import random

from lib.client import numbers, request, times
from lib.host import Failed, free_port, memory_kb, run
from lib.proxies import PLAIN, proxies
from lib.stack import Stack, plain

SIZE = 1000000000

# a proxy that keeps nothing on a disk
STREAM = PLAIN.replace('proxy_pass', '''client_max_body_size 0;
            proxy_request_buffering off;
            proxy_max_temp_file_size 0;
            proxy_pass''')


def down(host, port, name, size):
    """MB a second."""

    seconds, length = times(host, '127.0.0.1:%d' % port, 1,
                            request('GET', '/%d' % size, name))

    if length != size:
        raise Failed('%d bytes of %d came' % (length, size))

    return size / 1e6 / seconds[0]


def up(host, port, name, size):
    """MB a second; the app answers when it has them all."""

    text = run(host.tool('probe'), 'put', '127.0.0.1:%d' % port, str(size),
               data=request('PUT', '/', name, length=size), timeout=300)

    return size / 1e6 / (numbers(text)[0] / 1e9)


def measure(host, options, table):
    size = SIZE // 10 if host.quick else SIZE
    rounds = min(options.rounds, 3)
    stack = Stack(host)
    port = free_port()
    host.start(port, host.tool('stream'), str(port))
    proxy, _ = plain(host, STREAM % port)

    stack.install('bench', 'stream')
    name = stack.serve('bench', 8080, '/workspace/stream 8080')
    agent = stack.agent('bench')

    targets = {'ours': (stack.port, name), 'plain nginx': (proxy, 'bench')}
    targets.update((name, (port, 'bench'))
                   for name, port in proxies(host, port).items())
    taken = {}

    for _ in range(rounds):
        for way in (down, up):
            host.quiet()

            for name in random.sample(list(targets), len(targets)):
                taken.setdefault((name, way), []).append(
                    way(host, *targets[name], size))

    what = '1 GB' if size == SIZE else '%d MB' % (size // 1000000)

    for way in (down, up):
        for name in list(targets)[1:]:
            table.versus('%s %s, against %s' % (what, way.__name__, name),
                         'MB/s', taken['ours', way], taken[name, way],
                         higher=True)

    table.plain('agent after it, peak memory (VmHWM)', 'MB',
                [memory_kb(agent, 'status', 'VmHWM') / 1024], floor=8)
