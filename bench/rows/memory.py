# Copyright (C) the ngx_sandbox authors
#
# What an agent and a sandbox cost.

import os

from lib.client import engine
from lib.host import memory_kb, private_kb
from lib.stack import Stack


def measure(host, options, table):
    count = 10 if host.quick else 40
    stack = Stack(host)

    # what nginx allocates once
    stack.exec('warm', '/bin/true')
    empty = private_kb(stack.worker)

    ids = ['memory-%d' % i for i in range(count)]

    for id in ids:
        stack.exec(id, '/bin/true')

    running = private_kb(stack.worker)
    agents = [private_kb(stack.agent(id)) / 1024 for id in ids]
    resident = [memory_kb(stack.agent(id), 'status', 'VmRSS') / 1024
                for id in ids]

    for id in ids:
        engine('POST', '/containers/%s/stop?t=5' % stack.container(id),
               expect=(204, 304))
        stack.wait_asleep(id)

    asleep = private_kb(stack.worker)

    table.plain('agent, idle, private memory', 'MB', agents, floor=2, aim=1)
    table.plain('agent, idle, resident', 'MB', resident)
    table.plain('agent, binary', 'MB',
                [os.path.getsize(host.agent) / 1048576], floor=2, aim=1.5)
    table.plain('nginx, private memory of each running sandbox', 'KB',
                [(running - empty) / count])
    table.plain('nginx, private memory of each that slept since', 'KB',
                [max(0, asleep - empty) / count])
