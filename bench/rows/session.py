# Copyright (C) the ngx_sandbox authors
#
# Commands of the container API: in sessions, without one, streamed, and as
# processes; on the agent's socket and through nginx.

import time
from http.client import HTTPConnection

from lib.client import Unix, call, crowd, first, half, numbers, request
from lib.host import memory_kb, private_kb, run
from lib.rounds import Rounds
from lib.stack import Stack, plain
from lib.table import median

RETURN = '''
    server {
        listen @PORT@;
        location / { return 200 "ok"; }
    }
'''

CALLERS = (1, 8, 32)
NONE = '__DISABLE_SESSION__'
DONE = '"exitCode":0'


def execute(path, session, command='true'):
    return request('POST', path, body={'command': command,
                                       'sessionId': session})


class Side:
    """The agent's socket, or nginx before it."""

    def __init__(self, name, address, prefix):
        self.name = name
        self.address = address
        self.execute = prefix + '/api/execute'
        self.stream = prefix + '/api/execute/stream'
        self.process = prefix + '/api/process'
        self.figures = {}

    def keep(self, row, value):
        self.figures.setdefault(row, []).append(value)


def one(host, side, count):
    """A round of what a single caller measures, a figure at a time."""

    side.keep('true', half(host, side.address, count,
                           execute(side.execute, 'one'), DONE))
    yield

    side.keep('stateless', half(host, side.address, count // 2,
                                execute(side.execute, NONE), DONE))
    yield

    side.keep('first', first(host, side.address, count // 4,
                             execute(side.stream, 'one', 'echo hi'),
                             '"stdout"'))
    yield

    side.keep('output', half(host, side.address, 4, execute(
        side.stream, 'one', 'head -c 4000000 /dev/zero | tr "\\0" a'),
        DONE) / 1000)
    yield

    lags = numbers(run(host.tool('probe'), 'lag', side.address, data=execute(
        side.stream, 'one', '/workspace/stamp 100 5'), timeout=60))

    if len(lags) != 100:
        raise ValueError('%d of 100 lines came' % len(lags))

    side.keep('line', median(lags) / 1e6)
    yield


def crowds(host, side, many):
    """A round of many callers at a time."""

    for callers in CALLERS:
        side.keep('one %d' % callers, crowd(
            host, side.address, many,
            [execute(side.execute, 'one')] * callers, DONE))
        yield

        side.keep('own %d' % callers, crowd(
            host, side.address, many,
            [execute(side.execute, 'own-%d' % i) for i in range(callers)],
            DONE))
        yield


def processes(side, connection, count):
    """A round of start, list and kill."""

    taken = ([], [], [])

    def timed(into, method, path, body=None):
        begun = time.perf_counter()
        data = call(connection, method, path, body)[1]
        into.append((time.perf_counter() - begun) * 1e6)

        return data

    for _ in range(count):
        id = timed(taken[0], 'POST', side.process + '/start', {
            'command': 'exec sleep 300', 'autoCleanup': True})['processId']
        timed(taken[1], 'GET', side.process + '/list')
        timed(taken[2], 'DELETE', side.process + '/' + id)

    connection.close()

    for row, values in zip(('start', 'list', 'kill'), taken):
        side.keep(row, median(values))


def memory(agent, socket, table, idle):
    """Of the agent: at first, at most, and with a hundred sessions."""

    connection = Unix(socket)
    before = private_kb(agent) / 1024

    for i in range(100):
        call(connection, 'POST', '/api/execute',
             {'command': 'true', 'sessionId': 'memory-%d' % i})

    after = private_kb(agent) / 1024

    for i in range(100):
        call(connection, 'POST', '/api/session/delete',
             {'sessionId': 'memory-%d' % i})

    connection.close()

    table.plain('agent, private memory before these rows', 'MB', [idle])
    table.plain('agent, private memory after them', 'MB', [before])
    table.plain('agent, private memory with 100 sessions more', 'MB',
                [after])
    table.plain('agent, peak memory (VmHWM)', 'MB',
                [memory_kb(agent, 'status', 'VmHWM') / 1024])


class Session(Rounds):
    def __init__(self, host, options, references):
        super().__init__(host, options, references)

        self.stack = Stack(host)
        self.requests = 100 if host.quick else 400
        self.many = 320 if host.quick else 1600

        if references:
            self.port, _ = plain(host, RETURN)

        self.stack.install('bench', 'spawn', 'stamp')

        self.socket = '%s/agent.sock' % self.stack.run('bench')
        self.agent = self.stack.agent('bench')
        self.idle = private_kb(self.agent) / 1024
        self.sides = (
            Side('on the agent\'s socket', 'unix:' + self.socket, ''),
            Side('through nginx', self.stack.address, '/v1/sandbox/bench'))

        for i in range(max(CALLERS)):
            half(host, self.sides[0].address, 1,
                 execute(self.sides[0].execute, 'own-%d' % i), DONE)

        self.spawn, self.bare = [], []

    def round(self):
        host, count = self.host, self.requests
        host.quiet()

        if self.references:
            text = self.stack.exec('bench', '/workspace/spawn',
                                   str(count + 10), '/bin/true')
            self.spawn.append(median(numbers(text)[10:]) / 1000)
            self.bare.append(half(host, '127.0.0.1:%d' % self.port, count,
                                  request('GET', '/')))

        for side in self.sides:
            yield from one(host, side, count)
            yield from crowds(host, side, self.many)

        processes(self.sides[0], Unix(self.socket), 20)
        yield

        processes(self.sides[1], HTTPConnection(
            '127.0.0.1', self.stack.port, timeout=120), 20)
        yield

    def report(self, table):
        for side in self.sides:
            f = side.figures
            name = side.name

            table.versus('true in a session %s, p50, against posix_spawn'
                         % name, 'µs', f['true'], self.spawn)
            table.versus('the same against nginx\'s "return 200"', 'µs',
                         f['true'], self.bare)

            if side is self.sides[1]:
                table.plain('the same, by itself', 'ms',
                            [v / 1000 for v in f['true']], floor=0.4,
                            aim=0.2)

            table.versus('true without a session %s, p50, against '
                         'posix_spawn' % name, 'µs', f['stateless'],
                         self.spawn)
            table.plain('first event of output %s, p50' % name, 'ms',
                        [v / 1000 for v in f['first']])
            table.plain('a line of output %s, p50' % name, 'ms', f['line'])
            table.plain('4 MB of output %s, p50' % name, 'ms', f['output'])

            for callers in CALLERS:
                table.plain('true %s, %d callers of one session'
                            % (name, callers), '/s', f['one %d' % callers])
                table.plain('true %s, %d callers, a session each'
                            % (name, callers), '/s', f['own %d' % callers])

            table.versus('process start %s, p50, against posix_spawn' % name,
                         'µs', f['start'], self.spawn)
            table.plain('process list %s, p50' % name, 'µs', f['list'])
            table.versus('process kill %s, p50, against posix_spawn' % name,
                         'µs', f['kill'], self.spawn)

        memory(self.agent, self.socket, table, self.idle)
