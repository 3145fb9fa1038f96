# Copyright (C) the ngx_sandbox authors
#
# Previews: an app in a sandbox against the same app on the host's loopback
# behind a plain nginx, and behind other proxies.

import random
from collections import defaultdict

from lib.client import wrk
from lib.host import children, cpu_ns, free_port
from lib.proxies import PLAIN, proxies
from lib.rounds import Rounds
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
        self.rate = defaultdict(list)
        self.p50 = defaultdict(list)
        self.p99 = defaultdict(list)
        self.cpu = {part: defaultdict(list) for part in self.parts}

        # what was measured of ours in the same round
        self.beside = defaultdict(list)

    def measure(self, connections, seconds):
        before = {part: cpu_ns(pid) for part, pid in self.parts.items()}
        rate, p50, p99 = wrk(self.port, connections, seconds, self.name)

        self.rate[connections].append(rate)
        self.p50[connections].append(p50)
        self.p99[connections].append(p99)

        for part, pid in self.parts.items():
            used = (cpu_ns(pid) - before[part]) / 1000 / (rate * seconds)
            self.cpu[part][connections].append(used)


def child_named(pid, name):
    """The process of that name among an agent's children."""

    for child in children(pid):
        with open('/proc/%d/comm' % child) as f:
            if f.read().strip() == name:
                return child

    raise ValueError('no %s in the sandbox' % name)


def connections(n):
    return '%d connection%s' % (n, '' if n == 1 else 's')


class Preview(Rounds):
    def __init__(self, host, options, references):
        super().__init__(host, options, references)

        stack = Stack(host)

        stack.install('bench', 'app')
        name = stack.serve('bench', 8080, '/workspace/app 8080')
        agent = stack.agent('bench')

        self.all = {'ours': Target(stack.port, name, {
            'nginx': stack.worker, 'agent': agent,
            'app': child_named(agent, 'app')})}

        stack.call('PUT', '/bench/file/workspace/hello.js',
                   (NODE % 8081).encode())

        self.all['ours, node'] = Target(
            stack.port, stack.serve('bench', 8081,
                                    'node /workspace/hello.js'))

        # side by side in time, and either of them first
        self.pairs = [['ours'], ['ours, node']]
        self.others = []

        if references:
            self.refer()

        for target in self.all.values():
            wrk(target.port, 32, 1, target.name)

    def refer(self):
        host = self.host
        port = free_port()
        app = host.start(port, host.tool('app'), str(port))
        proxy, worker = plain(host, PLAIN % port)

        self.all['plain'] = Target(proxy, None, {'nginx': worker,
                                                 'app': app.pid})
        self.all.update((name, Target(port))
                        for name, port in proxies(host, port).items())

        port = free_port()
        script = host.path('hello.js')

        with open(script, 'w') as f:
            f.write(NODE % port)

        host.start(port, host.node(), script)
        self.all['plain, node'] = Target(plain(host, PLAIN % port)[0])

        self.pairs = [['plain', 'ours'], ['plain, node', 'ours, node']]
        self.others = OTHERS

    def round(self):
        for n in CONNECTIONS:
            for pair in self.pairs:
                self.host.quiet()

                for name in pair + pair[::-1]:
                    self.all[name].measure(n, 1)
                    yield

                pair.reverse()

            if self.others:
                self.host.quiet()

            for name in random.sample(self.others, len(self.others)):
                self.all[name].measure(n, 1)
                self.all[name].beside[n].append(
                    self.all['ours'].rate[n][-1])

    def report(self, table):
        ours, node = self.all['ours'], self.all['ours, node']
        reference = self.all.get('plain', Target(None))
        node_reference = self.all.get('plain, node', Target(None))

        for n in CONNECTIONS:
            row = 'preview, ' + connections(n)
            goal = (0.7, 0.85) if n == 32 else (None, None)

            table.versus(row + ', against plain nginx', '/s', ours.rate[n],
                         reference.rate[n], *goal, True)

            if n == 1:
                table.added(row + ', p50', 'µs', ours.p50[n],
                            reference.p50[n], 15, 8)
            else:
                table.versus(row + ', p50', 'µs', ours.p50[n],
                             reference.p50[n])

            table.versus(row + ', p99', 'µs', ours.p99[n], reference.p99[n])

            for name in self.others:
                other = self.all[name]
                goal = GOALS[name] if n == 32 else (None, None)
                table.versus(row + ', against ' + name, '/s',
                             other.beside[n], other.rate[n], *goal, True)

        for n in CONNECTIONS:
            row = 'preview, node app, ' + connections(n)
            goal = (0.9, 0.95) if n == 32 else (None, None)

            table.versus(row, '/s', node.rate[n], node_reference.rate[n],
                         *goal, True)

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
