# Copyright (C) the ngx_sandbox authors
#
# Previews: an app in a sandbox against the same app on the host's loopback
# behind a plain nginx, and behind other proxies.

import random

from lib.client import wrk
from lib.host import children, cpu_ns, free_port
from lib.stack import Stack, plain

PLAIN = '''
    upstream app {
        server 127.0.0.1:%d;
        keepalive 256;
        keepalive_requests 1000000000;
    }

    server {
        listen @PORT@;

        location / {
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_pass http://app;
        }
    }
'''

CADDY = '''
{
    admin off
    auto_https off
}

http://:%d {
    bind 127.0.0.1
    reverse_proxy 127.0.0.1:%d
}
'''

HAPROXY = '''
global
    nbthread 1
    maxconn 4096

defaults
    mode http
    option http-keep-alive
    http-reuse always
    timeout connect 5s
    timeout client 60s
    timeout server 60s

frontend bench
    bind 127.0.0.1:%d
    default_backend app

backend app
    server app 127.0.0.1:%d
'''

NODE = '''
require('http').createServer((request, response) => {
    response.end('hello');
}).listen(%d, '127.0.0.1');
'''


class Target:
    """A way to an app, and what was measured of it."""

    def __init__(self, port, name=None, parts=None):
        self.port = port
        self.name = name
        self.parts = parts or {}
        self.rate = {}
        self.p50 = {}
        self.cpu = {part: {} for part in self.parts}

        # what was measured of ours in the same round
        self.beside = []

    def measure(self, connections, seconds):
        before = {part: cpu_ns(pid) for part, pid in self.parts.items()}
        rate, p50 = wrk(self.port, connections, seconds, self.name)

        self.rate.setdefault(connections, []).append(rate)
        self.p50.setdefault(connections, []).append(p50)

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


def proxies(host, app):
    caddy, haproxy, chp = free_port(), free_port(), free_port()
    file = host.path('Caddyfile')

    with open(file, 'w') as f:
        f.write(CADDY % (caddy, app))

    host.start(caddy, 'caddy', 'run', '--config', file, '--adapter',
               'caddyfile', env={'HOME': host.dir, 'PATH': '/usr/bin:/bin'})

    file = host.path('haproxy.cfg')

    with open(file, 'w') as f:
        f.write(HAPROXY % (haproxy, app))

    host.start(haproxy, 'haproxy', '-db', '-f', file)

    host.start(chp, host.node(), host.proxy_program(), '--ip', '127.0.0.1',
               '--port', str(chp), '--api-ip', '127.0.0.1', '--api-port',
               str(free_port()), '--log-level', 'error', '--default-target',
               'http://127.0.0.1:%d' % app)

    return {'caddy': Target(caddy), 'haproxy': Target(haproxy),
            'configurable-http-proxy': Target(chp)}


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

    all.update(proxies(host, port))

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
    others = ['caddy', 'haproxy', 'configurable-http-proxy']

    for target in all.values():
        wrk(target.port, 32, 1, target.name)

    for _ in range(options.rounds):
        for connections in (1, 32):
            for pair in pairs:
                host.quiet()

                for name in pair + pair[::-1]:
                    all[name].measure(connections, 1)

                pair.reverse()

            if connections == 32:
                host.quiet()

                for name in random.sample(others, len(others)):
                    all[name].measure(connections, 1)
                    all[name].beside.append(all['ours'].rate[32][-1])

    report(all, table)


def report(all, table):
    ours, reference = all['ours'], all['plain']
    node, node_reference = all['ours, node'], all['plain, node']

    table.versus('preview, 32 connections, against plain nginx', '/s',
                 ours.rate[32], reference.rate[32], 0.7, 0.85, True)
    table.versus('preview, node app, 32 connections', '/s',
                 node.rate[32], node_reference.rate[32], 0.9, 0.95, True)
    table.versus('preview, 1 connection', '/s', ours.rate[1],
                 reference.rate[1], higher=True)
    table.versus('preview, node app, 1 connection', '/s',
                 node.rate[1], node_reference.rate[1], higher=True)
    table.added('preview, 1 connection, p50', 'µs', ours.p50[1],
                reference.p50[1], 15, 8)
    table.added('preview, node app, 1 connection, p50', 'µs', node.p50[1],
                node_reference.p50[1], 15, 8)

    floors = {'caddy': (2, 3), 'configurable-http-proxy': (5, 8),
              'haproxy': (None, None)}

    for name, (floor, aim) in floors.items():
        table.versus('preview, 32 connections, against ' + name, '/s',
                     all[name].beside, all[name].rate[32], floor, aim, True)

    for connections in (1, 32):
        for part in ('nginx', 'agent', 'app'):
            row = 'CPU a request, %d connections, %s' % (connections, part)

            if part in reference.cpu:
                table.versus(row, 'µs', ours.cpu[part][connections],
                             reference.cpu[part][connections])

            else:
                table.plain(row, 'µs', ours.cpu[part][connections])
