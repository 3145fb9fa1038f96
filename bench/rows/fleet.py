# Copyright (C) the ngx_sandbox authors
#
# Calls and previews among many sandboxes of which some are awake, in turn
# through all of these, against the same among ten.

from lib.client import request, times
from lib.stack import Stack
from lib.table import median

WARM = 5
COUNT = 10


def fleet(host, named, awake):
    """A stack, and ids and host names of those awake, which serve."""

    stack = Stack(host)
    ids = ['fleet-%d' % i for i in range(named)]

    for id in ids:
        stack.call('POST', '', {'id': id})

    names = {}

    for id in ids[:awake]:
        stack.install(id, 'app')
        names[id] = stack.serve(id, 8080, '/workspace/app 8080')

    return stack, names


def requests(names):
    """Of each kind, one to each sandbox, and what its answer ends with."""

    return {
        'preview': [(request('GET', '/', name), None)
                    for name in names.values()],
        'GET of a sandbox': [(request('GET', '/v1/sandbox/' + id), None)
                             for id in names],
        'exec of /bin/true': [(request('POST', '/v1/sandbox/%s/exec' % id,
                                       body={'argv': ['/bin/true']}),
                               '"exit_code":0') for id in names],
    }


def turn(host, stack, calls):
    """The median in microseconds of some calls to each of them."""

    values = []

    for data, expected in calls:
        values += times(host, stack.address, WARM + COUNT, data,
                        expected)[0][WARM:]

    return median(values) * 1e6


def measure(host, options, table):
    named, awake = (100, 20) if host.quick else (1000, 50)

    sides = [fleet(host, 10, 10), fleet(host, named, awake)]
    kinds = requests({}).keys()
    values = {kind: ([], []) for kind in kinds}

    for n in range(options.rounds):
        host.quiet()

        for kind in kinds:
            for side in (0, 1) if n % 2 else (1, 0):
                stack, names = sides[side]

                # as many connections to the few as to the many
                calls = requests(names)[kind] * (awake // len(names))
                values[kind][side].append(turn(host, stack, calls))

    for kind, (few, many) in values.items():
        table.versus('{}, {} of {:,} awake, against 10, p50'.format(
                         kind, awake, named), 'µs', many, few, 1.1, 1.1)
