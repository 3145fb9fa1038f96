# Copyright (C) the ngx_sandbox authors
#
# Stateless exec of a program, against its bare spawning in the container.

from lib.client import half, numbers, request
from lib.stack import Stack, plain
from lib.table import median

PROGRAM = '/bin/true'

RETURN = '''
    server {
        listen @PORT@;
        location / { return 200 "ok"; }
    }
'''


def measure(host, options, table):
    stack = Stack(host)
    count = 100 if host.quick else 300
    port, _ = plain(host, RETURN)

    stack.install('bench', 'spawn')

    body = {'argv': [PROGRAM]}
    socket = 'unix:%s/agent.sock' % stack.run('bench')
    direct = request('POST', '/exec', body=body)
    through = request('POST', '/v1/sandbox/bench/exec', body=body)
    nothing = request('GET', '/')
    done = '"exit_code":0'

    spawn, agent, nginx, bare = [], [], [], []

    for _ in range(options.rounds):
        host.quiet()

        text = stack.exec('bench', '/workspace/spawn', str(count + count // 10),
                          PROGRAM)
        spawn.append(median(numbers(text)[count // 10:]) / 1000)
        agent.append(half(host, socket, count, direct, done))
        nginx.append(half(host, stack.address, count, through, done))
        bare.append(half(host, '127.0.0.1:%d' % port, count, nothing))

    table.versus('exec of %s on the agent\'s socket, p50, against '
                 'posix_spawn' % PROGRAM, 'µs', agent, spawn, 1.5, 1.2)
    table.versus('exec of %s through nginx, p50, against posix_spawn'
                 % PROGRAM, 'µs', nginx, spawn, 1.5, 1.2)
    table.versus('the same against nginx\'s "return 200"', 'µs', nginx, bare)
