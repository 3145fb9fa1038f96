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
from lib.rounds import Rounds
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


class Cold(Rounds):
    factor = 2

    def __init__(self, host, options, references):
        super().__init__(host, options, references)

        if host.quick:
            self.factor = 1

        self.stack = Stack(host, '1s')
        self.made = 0
        self.bare = None

        self.fresh, self.created, self.woken = [], [], []
        self.started, self.answered, self.again = [], [], []

        self.stack.exec('model', '/bin/true')

        if references:
            self.bare = Bare(host, self.stack, 'model')

            # as nothing is by the first time
            self.bare.create()
            self.bare.remove()

    def round(self):
        stack = self.stack
        id = 'cold-%d' % self.made
        self.made += 1
        self.host.quiet()

        self.fresh.append(first(stack, id) * 1000)

        if self.bare:
            self.created.append(self.bare.create() * 1000)

        stack.wait_asleep(id)
        self.answered.append(byte(stack, id) * 1000)

        if self.bare:
            self.again.append(self.bare.start() * 1000)

        stack.wait_asleep(id)

        if not stack.call('GET', '/%s/running' % id)['running']:
            raise Failed('a sandbox that fell asleep is lost')

        self.woken.append(first(stack, id) * 1000)

        if self.bare:
            self.started.append(self.bare.start() * 1000)
            self.bare.remove()

        stack.destroy(id)

        # nowhere else: a sandbox that falls asleep would be in the other
        # build's way
        yield

    def report(self, table):
        table.versus('new sandbox, first command done, against create + '
                     'start', 'ms', self.fresh, self.created, 1.25, 1.1)
        table.versus('waking, first byte of an answer, against start', 'ms',
                     self.answered, self.again, 1.25, 1.1)
        table.versus('waking, first command done, against start', 'ms',
                     self.woken, self.started, 1.25, 1.1)

    def close(self):
        if self.bare:
            self.bare.remove()
