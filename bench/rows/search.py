# Copyright (C) the ngx_sandbox authors
#
# Names and lines in 10,000 files, against GNU find and GNU grep in the same
# container.

from lib.client import half, request
from lib.host import memory_kb
from rows.archive import Box

FILES = '''
    import os

    for i in range(100):
        os.makedirs('/workspace/tree/%d' % i, exist_ok=True)

        for j in range(100):
            name = 'file-%d.%s' % (j, 'txt' if j % 10 else 'c')

            with open('/workspace/tree/%d/%s' % (i, name), 'w') as f:
                f.write(''.join('line %d of file %d has a few words\\n' % (n, j)
                                for n in range(j * 3 // 2)))
                if j == 50:
                    f.write('a needle in %d\\n' % i)
'''

# title, route, members of the body, the count, and the command
SEARCHES = (
    ('find of all', 'find', {}, 10100, 'find tree -mindepth 1'),
    ('find of *.c', 'find', {'pattern': '*.c'}, 1000, 'find tree -name "*.c"'),
    ('grep of a text', 'grep', {'text': 'needle'}, 100, 'grep -rn needle tree'),
    ('grep, ignoring case', 'grep', {'text': 'NEEDLE', 'ignoreCase': True},
     100, 'grep -rni NEEDLE tree'),
    ('grep of an expression', 'grep', {'regex': 'needle in [0-9]+5$'}, 9,
     'grep -rnE "needle in [0-9]+5$" tree'),
    ('grep of alternatives', 'grep', {'regex': '(needle|pin) (in|on) [0-9]5$'},
     9, 'grep -rnE "(needle|pin) (in|on) [0-9]5$" tree'),
    ('grep with many results', 'grep', {'text': 'line 1 of'}, 9800,
     'grep -rn "line 1 of" tree'),
)


def measure(host, options, table):
    box = Box(host, FILES)
    rows = [([], []) for _ in SEARCHES]

    for i in range(options.rounds + 1):
        host.quiet()

        for (_, route, body, count, command), row in zip(SEARCHES, rows):
            ours = half(host, box.stack.address, 5, request(
                'POST', '/v1/sandbox/bench/api/' + route,
                body={'path': 'tree', 'limit': 1000000, **body}),
                '"count":%d,' % count) / 1e3
            theirs = box.sh('cd /workspace; for i in 1 2 3; do '
                            '%s | cat >/dev/null; done' % command) / 3

            # the first one fills caches
            if i:
                row[0].append(ours)
                row[1].append(theirs)

    for (title, *_), row in zip(SEARCHES, rows):
        table.versus('%s in 10,000 files, against GNU' % title, 'ms', *row)

    table.plain('agent after it, peak memory (VmHWM)', 'MB',
                [memory_kb(box.agent, 'status', 'VmHWM') / 1024], floor=8)
