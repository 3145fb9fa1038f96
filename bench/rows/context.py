# Copyright (C) the ngx_sandbox authors
#
# Code contexts: 1 + 1 in a warm one, new ones, figures, output and memory; on
# the agent's socket and through nginx, against bare interpreters in the same
# container.

import os
import time
from http.client import HTTPConnection

from lib.client import Unix, call, crowd, first, half, numbers, read, request
from lib.host import Failed, run, wait
from lib.rounds import Rounds
from lib.stack import Stack
from lib.table import median

LANGUAGES = ('python', 'javascript', 'typescript')
CALLERS = (1, 8)
DONE = '"execution_complete"'

PLOT = ('import matplotlib; matplotlib.use("agg"); '
        'import matplotlib.pyplot as plt; plt.plot([1, 2, 3])')
BARE_PLOT = PLOT + '; import io; plt.savefig(io.BytesIO())'

BIG = 'import os; data = os.urandom(5_000_000); None'
SHOW = 'display({"image/png": data}, raw=True)'

STAMP = ('import time\nfor _ in range(100):\n    time.sleep(0.005)\n'
         '    print(time.time_ns())')


class Side:
    """The agent's socket, or nginx before it."""

    def __init__(self, name, address, prefix, connect):
        self.name = name
        self.address = address
        self.prefix = prefix
        self.connect = connect
        self.figures = {}

    def keep(self, row, value):
        self.figures.setdefault(row, []).append(value)

    def cell(self, context, code):
        return request('POST', self.prefix + '/api/execute/code',
                       body={'context_id': context, 'code': code})

    def call(self, method, path, body=None):
        connection = self.connect()

        try:
            return call(connection, method, self.prefix + path, body)[1]

        finally:
            connection.close()

    def create(self, **options):
        """A context, and the ms that it took."""

        begun = time.perf_counter()
        id = self.call('POST', '/api/contexts', options)['contextId']

        return id, (time.perf_counter() - begun) * 1e3

    def delete(self, id):
        self.call('DELETE', '/api/contexts/' + id)


class Context(Rounds):
    def __init__(self, host, options, references):
        super().__init__(host, options, references)

        self.stack = Stack(host, classes='''
    sandbox_class        warm image=sandbox-base memory=1g pids=256
                         network=none prewarm=python:1,javascript:1;''')

        # a second sandbox, whose pool is full
        self.stack.call('POST', '', {'id': 'pool', 'class': 'warm'})
        self.stack.install('bench', 'spawn')
        self.stack.call('PUT', '/bench/file/workspace/bare.py',
                        read(os.path.join(host.root, 'bench', 'bare.py')))

        self.sides = [self.side(name, 'bench') for name in
                      ('on the agent\'s socket', 'through nginx')]
        self.pool = self.side('on the agent\'s socket', 'pool')
        self.requests = 60 if host.quick else 300
        self.many = 160 if host.quick else 800
        self.bare = {}
        self.memory = {}

    def side(self, name, id):
        if name == 'through nginx':
            return Side(name, self.stack.address, '/v1/sandbox/' + id,
                        lambda: HTTPConnection('127.0.0.1', self.stack.port,
                                               timeout=120))

        socket = '%s/agent.sock' % self.stack.run(id)

        return Side(name, 'unix:' + socket, '', lambda: Unix(socket))

    def inside(self, *argv):
        return numbers(self.stack.exec('bench', *argv))

    def keep_bare(self, row, value):
        self.bare.setdefault(row, []).append(value)

    def warm(self, side, language):
        """1 + 1 of one caller and of several, with a context each."""

        ids = [side.create(language=language)[0] for _ in range(max(CALLERS))]

        for id in ids:
            half(self.host, side.address, 1, side.cell(id, '1 + 1'), DONE)

        side.keep(language, half(self.host, side.address, self.requests,
                                 side.cell(ids[0], '1 + 1'), DONE))
        yield

        for callers in CALLERS:
            side.keep('%s %d' % (language, callers), crowd(
                self.host, side.address, self.many,
                [side.cell(id, '1 + 1') for id in ids[:callers]], DONE))
            yield

        for id in ids:
            side.delete(id)

    def kernels(self):
        return sorted(self.inside('python3', '/workspace/bare.py', 'kernels'))

    def new(self, side, language):
        """A context that no pool has, and the memory of its kernel."""

        id, taken = side.create(language=language, cwd='/tmp')
        side.keep('cold ' + language, taken)

        if language not in self.memory:
            time.sleep(0.5)
            self.memory[language] = self.kernels()[-1] / 1024

        side.delete(id)
        wait(lambda: not self.kernels(), 'the end of a kernel')

    def taken(self, language):
        """A context whose kernel waits in the pool."""

        count = 2 if language == 'python' else 1
        side = self.pool

        def full():
            text = self.stack.exec('pool', 'sh', '-c', 'cat /proc/[0-9]*/'
                                   'cmdline 2>/dev/null | tr "\\0" "\\n"')
            return (text.count('/proc/self/fd/4') == 1
                    and text.count('--no-force-async-hooks-checks') == 1)

        for _ in range(count):
            wait(full, 'the pool')
            # they are there, and ready shortly afterwards
            time.sleep(1)

            id, taken = side.create(language=language)
            side.keep('pool ' + language, taken)
            side.delete(id)

    def figures(self, side):
        id, _ = side.create(language='python')

        side.keep('figure', first(self.host, side.address, 1,
                                  side.cell(id, PLOT), '"png"') / 1e3)
        yield

        half(self.host, side.address, 1, side.cell(id, BIG), DONE)
        side.keep('big', half(self.host, side.address, 4,
                              side.cell(id, SHOW), DONE) / 1e3)
        yield

        lags = numbers(run(self.host.tool('probe'), 'lag', side.address,
                           data=side.cell(id, STAMP), timeout=60))

        if len(lags) != 100:
            raise Failed('%d of 100 lines came' % len(lags))

        side.keep('line', median(lags) / 1e6)
        yield

        side.delete(id)

    def references_of(self, language):
        values = self.inside('python3', '/workspace/bare.py', 'echo', language,
                             str(self.requests))
        self.keep_bare(language, median(values[len(values) // 10:]) / 1e3)

        command = (['python3', '-c', '1'] if language == 'python'
                   else ['node', '-e', '1'])
        path = self.stack.exec('bench', 'sh', '-c', 'command -v '
                               + command[0]).strip()
        values = self.inside('/workspace/spawn', '4', path, *command[1:])
        self.keep_bare('cold ' + language, median(values[1:]) / 1e6)

        if 'memory ' + language not in self.bare:
            values = self.inside('python3', '/workspace/bare.py', 'memory',
                                 language)
            self.keep_bare('memory ' + language, values[0] / 1024)

        if language == 'python':
            values = self.inside('/workspace/spawn', '2', path, '-c',
                                 BARE_PLOT)
            self.keep_bare('figure', median(values[1:]) / 1e6)

    def round(self):
        self.host.quiet()

        for language in LANGUAGES:
            if self.references:
                self.references_of(language)

            for side in self.sides:
                yield from self.warm(side, language)

            self.new(self.sides[0], language)
            yield

            if language != 'typescript':
                self.taken(language)
                yield

        for side in self.sides:
            yield from self.figures(side)

    def report(self, table):
        for side in self.sides:
            f = side.figures
            name = side.name

            for language in LANGUAGES:
                table.versus('1 + 1 in %s %s, p50, against a bare pipe'
                             % (language, name), 'µs', f[language],
                             self.bare[language])
                table.plain('the same, by itself', 'ms',
                            [v / 1e3 for v in f[language]], floor=1, aim=0.4)

                for callers in CALLERS:
                    table.plain('1 + 1 in %s %s, %d callers'
                                % (language, name, callers), '/s',
                                f['%s %d' % (language, callers)])

            table.versus('first figure in a context %s, against python3 -c'
                         % name, 'ms', f['figure'], self.bare['figure'])
            table.plain('5 MB figure %s, p50' % name, 'ms', f['big'])
            table.plain('a print, from its write to the client, %s' % name,
                        'ms', f['line'], floor=2, aim=0.5)

        for language in LANGUAGES:
            table.versus('new context of %s, against a bare interpreter'
                         % language, 'ms',
                         self.sides[0].figures['cold ' + language],
                         self.bare['cold ' + language])

        for language in LANGUAGES[:2]:
            table.plain('context of %s from the pool' % language, 'ms',
                        self.pool.figures['pool ' + language])

        for language in LANGUAGES:
            table.versus('idle kernel of %s, private memory, against a bare '
                         'prompt' % language, 'MB', [self.memory[language]],
                         self.bare['memory ' + language])
