# Copyright (C) the ngx_sandbox authors
#
# Files of 1 KB, 1 MB and 100 MB written and read by api/ and by file/, against
# the same of an nginx behind a plain nginx; and a list of 10,000 entries,
# against GNU find.

import os
import shutil
import subprocess
import time

from lib.client import half, numbers, request, times
from lib.host import Failed, memory_kb, run
from lib.stack import Stack, plain
from rows import file

ENTRIES = 10000
SIZES = (('1 KB', 1 << 10), ('1 MB', 1 << 20), ('100 MB', 100 << 20))


def put(host, address, path, length, before='', after='', method='PUT'):
    """Seconds of a body of letters, in what the API wants around it."""

    head = request(method, path,
                   length=len(before) + length + len(after)) + before.encode()
    text = run(host.tool('probe'), 'put', address, str(length), after,
               data=head, timeout=300)

    return numbers(text)[0] / 1e9


def write(host, address, name, length):
    return put(host, address, '/v1/sandbox/bench/api/write', length,
               '{"path":"%s","content":"' % name, '"}', 'POST')


def middle(action, count):
    taken = sorted(action() for _ in range(count))

    return taken[len(taken) // 2]


def read(host, address, length, data):
    seconds, got = times(host, address, 1 if length > 1 << 24 else 5, data)

    if got < length:
        raise Failed('%d bytes of %d came back' % (got, length))

    return sorted(seconds)[len(seconds) // 2]


def measure(host, options, table):
    path = file.directory(host)
    files, _ = plain(host, file.FILES % (path + '/root', path + '/temp'))
    front, _ = plain(host, file.FRONT % files)
    front = '127.0.0.1:%d' % front

    stack = Stack(host)
    stack.exec('bench', '/bin/sh', '-c', 'mkdir list; cd list; '
               'seq -f file-%%.0f %d | xargs touch' % ENTRIES)
    prefix = '/v1/sandbox/bench'
    agent = stack.agent('bench')

    listed = path + '/list'
    os.makedirs(listed, exist_ok=True)

    for i in range(ENTRIES):
        with open('%s/file-%d' % (listed, i), 'w', encoding='ascii'):
            pass

    find = ['find', listed, '-mindepth', '1', '-printf',
            '%f\\t%p\\t%P\\t%y\\t%s\\t%TY-%Tm-%TdT%TT\\t%M\\n']
    figures = {}

    def keep(row, value):
        figures.setdefault(row, []).append(value)

    for i in range(options.rounds + 1):
        host.quiet()

        for title, size in SIZES:
            name = title.replace(' ', '') + '.txt'
            count = 1 if size > 1 << 24 else 9
            # a longer file is read as events
            route = '/api/read' + ('/stream' if size > 32 << 20 else '')

            keep((title, 'write'), (
                middle(lambda: write(host, stack.address, name, size), count),
                middle(lambda: put(host, stack.address, prefix
                                   + '/file/workspace/' + name, size), count),
                middle(lambda: put(host, front, '/' + name, size), count)))

            # what was put is text, which the API reads as such
            body = {'path': name, 'encoding': 'utf-8'}
            keep((title, 'read'), (
                read(host, stack.address, size,
                     request('POST', prefix + route, body=body)),
                read(host, stack.address, size, request(
                    'GET', prefix + '/file/workspace/' + name)),
                read(host, front, size, request('GET', '/' + name))))

        begun = time.perf_counter()
        subprocess.run(find, stdout=subprocess.DEVNULL, check=True)
        found = time.perf_counter() - begun

        keep('list', (half(host, stack.address, 3, request(
            'POST', prefix + '/api/list-files',
            body={'path': 'list'}), '"count":%d' % ENTRIES) / 1e6, found))

        if i == 0:
            figures.clear()

    for (title, what), rounds in [item for item in figures.items()
                                  if item[0] != 'list']:
        api, plainly, nginx = ([1000 * seconds for seconds in column]
                               for column in zip(*rounds))

        table.versus('%s, api/%s' % (title, what), 'ms', api, nginx)
        table.versus('%s, file/ %s' % (title, what), 'ms', plainly, nginx)

    ours, found = ([1000 * seconds for seconds in column]
                   for column in zip(*figures['list']))

    table.versus('list of 10,000, against find', 'ms', ours, found)
    table.plain('agent after it, peak memory (VmHWM)', 'MB',
                [memory_kb(agent, 'status', 'VmHWM') / 1024], floor=8)

    shutil.rmtree(path)
