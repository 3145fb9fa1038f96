# Copyright (C) the ngx_sandbox authors
#
# Requests: by probe and wrk where they are timed, and plainly elsewhere.

import http.client
import json
import os
import re
import socket
import subprocess
import time

from lib.host import Failed, run
from lib.table import median

ENGINE = '/var/run/docker.sock'


class Unix(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__('localhost', timeout=120)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def call(connection, method, path, body=None, expect=(200,)):
    """Status and body, parsed when it is JSON."""

    headers = {}

    if body is not None and not isinstance(body, bytes):
        body = json.dumps(body).encode()
        headers['Content-Type'] = 'application/json'

    connection.request(method, path, body, headers)
    response = connection.getresponse()
    data = response.read()

    if response.status not in expect:
        raise Failed('%s %s: %d %s' % (method, path, response.status,
                                       data[:300].decode(errors='replace')))

    if 'json' in (response.getheader('Content-Type') or ''):
        data = json.loads(data)

    return response.status, data


def engine(method, path, body=None, expect=(200, 201, 204)):
    connection = Unix(ENGINE)

    try:
        return call(connection, method, '/v1.41' + path, body, expect)[1]

    finally:
        connection.close()


def request(method, path, name='localhost', body=None, length=None):
    """The text of a request."""

    head = '%s %s HTTP/1.1\r\nHost: %s\r\n' % (method, path, name)

    if body is not None:
        body = json.dumps(body)
        length = len(body)
        head += 'Content-Type: application/json\r\n'

    if length is not None:
        head += 'Content-Length: %d\r\n' % length

    return (head + '\r\n' + (body or '')).encode()


def numbers(text):
    return [int(line) for line in text.split('\n') if line.isdigit()]


def times(host, address, count, data, expected=None):
    """Seconds of each request, the length of the last body."""

    text = run(host.tool('probe'), 'times', address, str(count),
               *([expected] if expected else []), data=data, timeout=600)
    length = int(re.search(r'^length (\d+)$', text, re.M).group(1))

    return [n / 1e9 for n in numbers(text)], length


def half(host, address, count, data, expected=None):
    """The median in microseconds, after a few that warm up."""

    warm = max(1, count // 10)
    values, _ = times(host, address, warm + count, data, expected)

    return median(values[warm:]) * 1e6


def first(host, address, count, data, expected):
    """The median of the microseconds until expected comes."""

    warm = max(1, count // 10)
    text = run(host.tool('probe'), 'first', address, str(warm + count),
               expected, data=data, timeout=600)

    return median(numbers(text)[warm:]) / 1e3


def crowd(host, address, count, requests, expected):
    """Requests a second of as many callers as there are requests; a caller
    sends its own, count of them altogether."""

    each = max(1, count // len(requests))
    callers = []
    begun = time.perf_counter()

    for data in requests:
        caller = subprocess.Popen([host.tool('probe'), 'times', address,
                                   str(each), expected],
                                  stdin=subprocess.PIPE,
                                  stdout=subprocess.DEVNULL)
        caller.stdin.write(data)
        caller.stdin.close()
        callers.append(caller)

    if any([caller.wait(600) for caller in callers]):
        raise Failed('a caller failed')

    return each * len(requests) / (time.perf_counter() - begun)


UNITS = {'us': 1.0, 'ms': 1e3, 's': 1e6}


def wrk(port, connections, seconds, name=None):
    """Requests a second, and the microseconds that half of them take, and
    that 99 in 100 take."""

    command = ['wrk', '-t', '1', '-c', str(connections), '-d',
               '%ds' % seconds, '--latency']

    if name:
        command += ['-H', 'Host: ' + name]

    text = run(*command, 'http://127.0.0.1:%d/' % port, timeout=seconds + 60)

    if 'Non-2xx' in text or 'Socket errors' in text:
        raise Failed('wrk: ' + text.strip())

    rate = float(re.search(r'Requests/sec:\s+([\d.]+)', text).group(1))
    taken = [re.search(share + r'%\s+([\d.]+)(us|ms|s)', text)
             for share in ('50', '99')]

    return rate, *(float(t.group(1)) * UNITS[t.group(2)] for t in taken)


def read(path):
    with open(os.path.join(path), 'rb') as f:
        return f.read()
