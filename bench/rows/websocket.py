# Copyright (C) the ngx_sandbox authors
#
# Messages over WebSockets that an app echoes, through a preview and through
# other proxies.

import random
import re

from lib.host import free_port, run
from lib.proxies import PLAIN, proxies
from lib.stack import Stack, plain

CONNECTIONS = (1, 32)

# what "proxy_pass" needs for an upgrade
UPGRADE = PLAIN.replace('proxy_set_header Connection "";', '''
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection upgrade;
''')

REQUEST = ('GET /ws HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\n'
           'Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n'
           'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n')


def echoes(host, port, name, connections):
    """Messages a second, and the microseconds of half and of 99 in 100."""

    text = run(host.tool('probe'), 'ws', '127.0.0.1:%d' % port,
               str(connections), '1', data=(REQUEST % name).encode(),
               timeout=60)

    rate, p50, p99 = (int(re.search(r'^%s (\d+)$' % name, text, re.M)
                          .group(1)) for name in ('rate', 'p50', 'p99'))

    return rate, p50 / 1e3, p99 / 1e3


def measure(host, options, table):
    stack = Stack(host)
    port = free_port()
    host.start(port, host.tool('app'), str(port))
    proxy, _ = plain(host, UPGRADE % port)

    stack.install('bench', 'app')
    name = stack.serve('bench', 8080, '/workspace/app 8080')

    targets = {'ours': (stack.port, name), 'plain nginx': (proxy, 'bench')}
    targets.update((name, (port, 'bench'))
                   for name, port in proxies(host, port).items())
    taken = {}

    for target in targets.values():
        echoes(host, *target, 1)

    for _ in range(options.rounds):
        for connections in CONNECTIONS:
            host.quiet()

            for name in random.sample(list(targets), len(targets)):
                taken.setdefault((name, connections), []).append(
                    echoes(host, *targets[name], connections))

    for connections in CONNECTIONS:
        row = 'WebSocket, %d connection%s, ' % (
            connections, '' if connections == 1 else 's')
        ours = list(zip(*taken['ours', connections]))

        for name in list(targets)[1:]:
            other = list(zip(*taken[name, connections]))

            table.versus(row + 'messages, against ' + name, '/s', ours[0],
                         other[0], higher=True)

            if name == 'plain nginx':
                table.versus(row + 'p50', 'µs', ours[1], other[1])
                table.versus(row + 'p99', 'µs', ours[2], other[2])
