# Copyright (C) the ngx_sandbox authors
#
# Builds of the module and the agent that record which functions they enter
# (bench/trace.c), and the reading of the record.

import os
import re
import struct

from lib.host import MODULE, Failed, run

TRACE = ['-O1', '-g', '-Wno-error', '-finstrument-functions',
         '-finstrument-functions-exclude-file-list=/usr/']
MAX = 1048576

SOURCES = '(?:^|/)(?=(agent|agent_client|ngx_sandbox_module)/)'

# the same for every layout of agent/
LINK = '''
trace: $(AGENT_OBJS)
	$(AGENT_CC) -static -o $(BUILD)/agent $^ $(TRACE_OBJ) \\
		-l:libuv_a.a -l:libjansson.a -l:libtre.a -lpthread
'''


def build(checkout, dir):
    """Builds a checkout's module and agent in the directory."""

    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    runtime = os.path.join(dir, 'trace.o')
    flags = ' '.join(TRACE)

    os.makedirs(dir, exist_ok=True)
    run('gcc', '-O2', '-fPIC', '-c', '-o', runtime,
        os.path.join(here, 'trace.c'))

    run('make', '-s', '-j', '2', '-C', checkout, '-f', 'agent/agent.mk',
        '-f', '-', 'BUILD=' + dir, 'TRACE_OBJ=' + runtime,
        'AGENT_CFLAGS=%s $(AGENT_DEFS)' % flags, 'trace',
        data=LINK.encode())

    # its Makefile does not know of trace.o
    linked = os.path.join(dir, 'objs', MODULE)

    if os.path.exists(linked):
        os.unlink(linked)

    environment = dict(os.environ, DEB_CFLAGS_APPEND=flags,
                       DEB_LDFLAGS_APPEND=runtime)
    run(os.path.join(checkout, 'tools/module'), dir, env=environment)


class Program:
    """A traced program: its symbols, and the files that its functions are
    in, as paths below the checkout."""

    def __init__(self, path, checkout):
        self.path = path
        self.checkout = os.path.realpath(checkout)
        self.files = {}

        with open(path, 'rb') as f:
            # ET_DYN: mapped anywhere
            self.moves = struct.unpack_from('<H', f.read(18), 16)[0] == 3

        self.symbols = dict(re.findall(
            r'^([0-9a-f]+) \w (trace_\w+)$', run('nm', path), re.M))
        self.symbols = {name: int(at, 16)
                        for at, name in self.symbols.items()}

        if len(self.symbols) != 2:
            raise Failed('%s: not built for a trace' % path)

    def resolve(self, addresses):
        """The functions and files of addresses in the program."""

        new = sorted(set(addresses) - set(self.files))

        if new:
            text = run('addr2line', '-f', '-e', self.path,
                       data=''.join('%x\n' % a for a in new).encode())
            lines = text.split('\n')

            for i, address in enumerate(new):
                name, line = lines[2 * i:2 * i + 2]
                self.files[address] = name, self.source(line)

        return [self.files[address] for address in addresses
                if self.files[address][1]]

    def source(self, line):
        """The path below the checkout of a line that addr2line printed,
        which is relative to one directory or another; None for sources of
        others."""

        path = line.rsplit(':', 1)[0]

        for found in re.finditer(SOURCES, path):
            below = path[found.start(1):]

            if os.path.exists(os.path.join(self.checkout, below)):
                return below

        return None


class Process:
    """One that runs such a program."""

    def __init__(self, program, pid):
        self.program = program
        self.pid = pid
        self.base = self.mapped() if program.moves else 0

    def mapped(self):
        name = os.path.basename(self.program.path)

        with open('/proc/%d/maps' % self.pid) as f:
            for line in f:
                if line.rstrip().endswith('/' + name):
                    return int(line.split('-')[0], 16)

        raise Failed('%s is not mapped' % name)

    def read(self, symbol, offset, length):
        with open('/proc/%d/mem' % self.pid, 'rb', 0) as f:
            f.seek(self.base + self.program.symbols[symbol] + offset)
            return f.read(length)

    def count(self):
        return struct.unpack('<Q', self.read('trace_count', 0, 8))[0]

    def since(self, begin):
        """(function, file) of what was entered since a count."""

        end = self.count()

        if end - begin > MAX:
            raise Failed('the trace is too long')

        calls = struct.unpack('<%dQ' % MAX,
                              self.read('trace_calls', 0, 8 * MAX))

        return self.program.resolve([calls[i % MAX] - self.base
                                     for i in range(begin, end)])
