# Copyright (C) the ngx_sandbox authors
#
# A new sandbox until its first command is done, against the engine's bare
# create and start of the same container; waking, until the first byte of an
# answer and until a command is done, against its bare start.

import os
import socket
import time

from lib import client
from lib.client import call, engine, request
from lib.host import Failed, wait
from lib.stack import Stack

LABEL = 'nginx-sandbox-bench'


class Bare:
    """A container like a sandbox's, made by the engine alone."""

    def __init__(self, host, stack, id):
        found = stack.inspect(id)

        # the agent waits in an empty directory for a sandbox to be of
        path = os.path.join(host.dir, 'empty')
        os.makedirs(path, 0o711, exist_ok=True)

        self.body = dict(found['Config'])
        self.body['HostConfig'] = found['HostConfig']
        self.body['Labels'] = {LABEL: str(os.getpid())}
        self.body.pop('Hostname', None)

        for mount in self.body['HostConfig']['Mounts']:
            if mount['Target'] == '/run/sandbox':
                mount['Source'] = path

        self.container = None

    def create(self):
        """Seconds of create and start."""

        connection = client.Unix(client.ENGINE)
        begun = time.perf_counter()
        _, made = call(connection, 'POST', '/v1.41/containers/create',
                       self.body, (201,))
        self.container = made['Id']
        call(connection, 'POST', '/v1.41/containers/%s/start'
             % self.container, expect=(204,))
        taken = time.perf_counter() - begun
        connection.close()

        return taken

    def start(self):
        """Seconds of start, of one that was stopped."""

        name = '/containers/' + self.container
        engine('POST', name + '/kill')
        wait(lambda: not engine('GET', name + '/json')['State']['Running'],
             'the end of a container')

        connection = client.Unix(client.ENGINE)
        begun = time.perf_counter()
        call(connection, 'POST', '/v1.41%s/start' % name, expect=(204,))
        taken = time.perf_counter() - begun
        connection.close()

        return taken

    def remove(self):
        if self.container:
            engine('DELETE', '/containers/%s?force=1&v=1' % self.container)
            self.container = None


def first(stack, id):
    """Seconds of a command from its request to its end."""

    begun = time.perf_counter()
    stack.exec(id, '/bin/true')

    return time.perf_counter() - begun


def byte(stack, id):
    """Seconds from a request to the first byte of its answer."""

    connection = socket.create_connection(('127.0.0.1', stack.port))
    begun = time.perf_counter()
    connection.sendall(request('GET', '/v1/sandbox/%s/api/ping' % id))
    data = connection.recv(4096)
    taken = time.perf_counter() - begun
    connection.close()

    if not data.startswith(b'HTTP/1.1 200'):
        raise Failed('waking: %s' % data[:200])

    return taken


def measure(host, options, table):
    stack = Stack(host, '1s')
    rounds = options.rounds if host.quick else options.rounds * 2

    stack.exec('model', '/bin/true')
    bare = Bare(host, stack, 'model')

    fresh, created, woken, started, answered, again = ([] for _ in range(6))

    try:
        # as nothing is by the first time
        bare.create()
        bare.remove()

        for i in range(rounds):
            id = 'cold-%d' % i
            host.quiet()

            fresh.append(first(stack, id) * 1000)
            created.append(bare.create() * 1000)

            stack.wait_asleep(id)
            answered.append(byte(stack, id) * 1000)
            again.append(bare.start() * 1000)

            stack.wait_asleep(id)

            if not stack.call('GET', '/%s/running' % id)['running']:
                raise Failed('a sandbox that fell asleep is lost')

            woken.append(first(stack, id) * 1000)
            started.append(bare.start() * 1000)

            bare.remove()
            stack.destroy(id)

    finally:
        bare.remove()

    table.versus('new sandbox, first command done, against create + start',
                 'ms', fresh, created, 1.25, 1.1)
    table.versus('waking, first byte of an answer, against start', 'ms',
                 answered, again, 1.25, 1.1)
    table.versus('waking, first command done, against start', 'ms', woken,
                 started, 1.25, 1.1)
