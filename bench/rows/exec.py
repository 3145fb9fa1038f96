# Copyright (C) the ngx_sandbox authors
#
# Stateless exec of a program, against its bare spawning in the container.

from lib.client import half, numbers, request
from lib.rounds import Rounds
from lib.stack import Stack, plain
from lib.table import median

PROGRAM = '/bin/true'

RETURN = '''
    server {
        listen @PORT@;
        location / { return 200 "ok"; }
    }
'''


class Exec(Rounds):
    def __init__(self, host, options, references):
        super().__init__(host, options, references)

        self.stack = Stack(host)
        self.requests = 100 if host.quick else 300

        if references:
            self.port, _ = plain(host, RETURN)

        self.stack.install('bench', 'spawn')

        body = {'argv': [PROGRAM]}
        self.socket = 'unix:%s/agent.sock' % self.stack.run('bench')
        self.direct = request('POST', '/exec', body=body)
        self.through = request('POST', '/v1/sandbox/bench/exec', body=body)

        self.spawn, self.agent, self.nginx, self.bare = [], [], [], []

    def round(self):
        host, count, done = self.host, self.requests, '"exit_code":0'
        host.quiet()

        if self.references:
            text = self.stack.exec('bench', '/workspace/spawn',
                                   str(count + count // 10), PROGRAM)
            self.spawn.append(median(numbers(text)[count // 10:]) / 1000)

        self.agent.append(half(host, self.socket, count, self.direct, done))
        yield

        self.nginx.append(half(host, self.stack.address, count, self.through,
                               done))
        yield

        if self.references:
            self.bare.append(half(host, '127.0.0.1:%d' % self.port, count,
                                  request('GET', '/')))

    def report(self, table):
        table.versus('exec of %s on the agent\'s socket, p50, against '
                     'posix_spawn' % PROGRAM, 'µs', self.agent, self.spawn,
                     1.5, 1.2)
        table.versus('exec of %s through nginx, p50, against posix_spawn'
                     % PROGRAM, 'µs', self.nginx, self.spawn, 1.5, 1.2)
        table.versus('the same against nginx\'s "return 200"', 'µs',
                     self.nginx, self.bare)
