# Copyright (C) the ngx_sandbox authors
#
# Terminals: from the connection to the first output, from a key to its echo,
# and much output; against the same shell on a bare pseudo-terminal in the
# same container.

from lib.client import numbers
from lib.host import memory_kb, run
from lib.rounds import Rounds
from lib.stack import Stack
from lib.table import median

BYTES = 4000000
ROWS = ('ready', 'echo', 'output')


class Terminal(Rounds):
    def __init__(self, host, options, references):
        super().__init__(host, options, references)

        self.stack = Stack(host)
        self.stack.install('bench', 'terminal')

        self.counts = {'ready': 5 if host.quick else 20,
                       'echo': 50 if host.quick else 300,
                       'output': BYTES}

        self.targets = {
            'on the agent\'s socket':
                'unix:%s/agent.sock /pty' % self.stack.run('bench'),
            'through nginx': self.stack.address + ' /v1/sandbox/bench/pty'}

        self.figures = {name: {row: [] for row in ROWS}
                        for name in (*self.targets, 'bare')}

    def measure(self, name, row):
        count = str(self.counts[row])

        if name == 'bare':
            text = self.stack.exec('bench', '/workspace/terminal', 'bare',
                                   row, count)

        else:
            text = run(self.host.tool('terminal'), self.targets[name], row,
                       count, timeout=120)

        values = numbers(text)

        # the first ones warm up
        self.figures[name][row].append(
            median(values[len(values) // 10:]) / 1000)

    def round(self):
        for row in ROWS:
            self.host.quiet()

            for name in self.targets:
                self.measure(name, row)
                yield

            if self.references:
                self.measure('bare', row)

    def report(self, table):
        bare = self.figures['bare']

        for name in self.targets:
            ours = self.figures[name]

            table.versus('terminal %s, first output, p50, against a bare '
                         'pseudo-terminal' % name, 'µs', ours['ready'],
                         bare['ready'], 2, 1.3)
            table.versus('terminal %s, echo of a key, p50' % name, 'µs',
                         ours['echo'], bare['echo'], 3, 2)
            table.versus('terminal %s, 4 MB of output' % name, 'ms',
                         [t / 1000 for t in ours['output']],
                         [t / 1000 for t in bare['output']], 3, 1.5)

        table.plain('agent, peak memory (VmHWM)', 'MB',
                    [memory_kb(self.stack.agent('bench'), 'status', 'VmHWM')
                     / 1024], floor=8)
