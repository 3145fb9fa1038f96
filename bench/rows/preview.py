# Copyright (C) the ngx_sandbox authors
#
# Previews: an app in a sandbox against the same app on the host's loopback
# behind a plain nginx, and behind other proxies.

import random

from lib.client import wrk
from lib.host import children, cpu_ns, free_port
from lib.proxies import PLAIN, proxies
from lib.stack import Stack, plain

NODE = '''
require('http').createServer((request, response) => {
    response.end('hello');
}).listen(%d, '127.0.0.1');
'''


CONNECTIONS = (1, 32, 128)
OTHERS = ['caddy', 'haproxy', 'configurable-http-proxy']

# floor and aim with 32 connections
GOALS = {'caddy': (2, 3), 'configurable-http-proxy': (5, 8),
         'haproxy': (None, None)}


class Target:
    """A way to an app, and what was measured of it."""

    def __init__(self, port, name=None, parts=None):
        self.port = port
        self.name = name
        self.parts = parts or {}
        self.rate = {}
        self.p50 = {}
        self.p99 = {}
        self.cpu = {part: {} for part in self.parts}

        # what was measured of ours in the same round
        self.beside = {}

    def measure(self, connections, seconds):
        before = {part: cpu_ns(pid) for part, pid in self.parts.items()}
        rate, p50, p99 = wrk(self.port, connections, seconds, self.name)

        self.rate.setdefault(connections, []).append(rate)
        self.p50.setdefault(connections, []).append(p50)
        self.p99.setdefault(connections, []).append(p99)

        for part, pid in self.parts.items():
            used = (cpu_ns(pid) - before[part]) / 1000 / (rate * seconds)
            self.cpu[part].setdefault(connections, []).append(used)


def child_named(pid, name):
    """The process of that name among an agent's children."""

    for child in children(pid):
        with open('/proc/%d/comm' % child) as f:
            if f.read().strip() == name:
                return child

    raise ValueError('no %s in the sandbox' % name)


def targets(host):
    stack = Stack(host)
    port = free_port()
    app = host.start(port, host.tool('app'), str(port))
    proxy, worker = plain(host, PLAIN % port)

    stack.install('bench', 'app')
    name = stack.serve('bench', 8080, '/workspace/app 8080')
    agent = stack.agent('bench')

    all = {
        'plain': Target(proxy, None, {'nginx': worker, 'app': app.pid}),
        'ours': Target(stack.port, name, {
            'nginx': stack.worker, 'agent': agent,
            'app': child_named(agent, 'app')})}

    all.update((name, Target(port))
               for name, port in proxies(host, port).items())

    port = free_port()
    script = host.path('hello.js')

    with open(script, 'w') as f:
        f.write(NODE % port)

    host.start(port, host.node(), script)
    stack.call('PUT', '/bench/file/workspace/hello.js', (NODE % 8081).encode())

    all['plain, node'] = Target(plain(host, PLAIN % port)[0])
    all['ours, node'] = Target(
        stack.port, stack.serve('bench', 8081, 'node /workspace/hello.js'))

    return all


def measure(host, options, table):
    all = targets(host)

    # side by side in time, and either of them first
    pairs = [['plain', 'ours'], ['plain, node', 'ours, node']]

    for target in all.values():
        wrk(target.port, 32, 1, target.name)

    for _ in range(options.rounds):
        for connections in CONNECTIONS:
            for pair in pairs:
                host.quiet()

                for name in pair + pair[::-1]:
                    all[name].measure(connections, 1)

                pair.reverse()

            host.quiet()

            for name in random.sample(OTHERS, len(OTHERS)):
                all[name].measure(connections, 1)
                all[name].beside.setdefault(connections, []).append(
                    all['ours'].rate[connections][-1])

    report(all, table)


def report(all, table):
    ours, reference = all['ours'], all['plain']
    node, node_reference = all['ours, node'], all['plain, node']

    for n in CONNECTIONS:
        row = 'preview, %d connection%s' % (n, '' if n == 1 else 's')
        goal = (0.7, 0.85) if n == 32 else (None, None)

        table.versus(row + ', against plain nginx', '/s', ours.rate[n],
                     reference.rate[n], *goal, True)

        if n == 1:
            table.added(row + ', p50', 'µs', ours.p50[n], reference.p50[n],
                        15, 8)
        else:
            table.versus(row + ', p50', 'µs', ours.p50[n], reference.p50[n])

        table.versus(row + ', p99', 'µs', ours.p99[n], reference.p99[n])

        for name in OTHERS:
            goal = GOALS[name] if n == 32 else (None, None)
            table.versus(row + ', against ' + name, '/s',
                         all[name].beside[n], all[name].rate[n], *goal, True)

    for n in CONNECTIONS:
        row = 'preview, node app, %d connection%s' % (n,
                                                      '' if n == 1 else 's')
        goal = (0.9, 0.95) if n == 32 else (None, None)

        table.versus(row, '/s', node.rate[n], node_reference.rate[n], *goal,
                     True)

        if n == 1:
            table.added(row + ', p50', 'µs', node.p50[n],
                        node_reference.p50[n], 15, 8)

    for n in CONNECTIONS:
        for part in ('nginx', 'agent', 'app'):
            row = 'CPU a request, %d connections, %s' % (n, part)

            if part in reference.cpu:
                table.versus(row, 'µs', ours.cpu[part][n],
                             reference.cpu[part][n])

            else:
                table.plain(row, 'µs', ours.cpu[part][n])
