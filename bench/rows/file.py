# Copyright (C) the ngx_sandbox authors
#
# A large file in a sandbox read and written, against the same of an nginx
# behind a plain nginx.

import os
import shutil

from lib.client import request, times, numbers
from lib.host import Failed, memory_kb, run
from lib.stack import Stack, plain

SIZE = 100 << 20

FRONT = '''
    upstream files { server 127.0.0.1:%d; keepalive 16; }

    server {
        listen @PORT@;
        client_max_body_size 0;

        location / {
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_request_buffering off;
            proxy_max_temp_file_size 0;
            proxy_pass http://files;
        }
    }
'''

FILES = '''
    sendfile on;

    server {
        listen @PORT@;
        root %s;
        client_max_body_size 0;
        client_body_temp_path %s;
        dav_methods PUT;
    }
'''


def directory(host):
    """On the filesystem where sandboxes have theirs."""

    path = os.path.join(host.state, 'files')

    for part in (path, path + '/root', path + '/temp'):
        os.makedirs(part, exist_ok=True)
        shutil.chown(part, 'nginx-sandbox')

    docker = run('docker', 'info', '--format', '{{.DockerRootDir}}').strip()

    if os.stat(path).st_dev != os.stat(docker).st_dev:
        print('bench: file: %s and %s are on two filesystems'
              % (path, docker))

    return path


def write(host, address, path):
    """MB a second."""

    text = run(host.tool('probe'), 'put', address, str(SIZE),
               data=request('PUT', path, length=SIZE), timeout=300)

    return SIZE / 1e6 / (numbers(text)[0] / 1e9)


def read(host, address, path):
    """MB a second."""

    seconds, length = times(host, address, 1, request('GET', path))

    if length != SIZE:
        raise Failed('%d bytes of %d came back' % (length, SIZE))

    return SIZE / 1e6 / seconds[0]


def measure(host, options, table):
    path = directory(host)
    files, _ = plain(host, FILES % (path + '/root', path + '/temp'))
    front, _ = plain(host, FRONT % files)
    front = '127.0.0.1:%d' % front

    stack = Stack(host)
    stack.exec('bench', '/bin/true')
    big = '/v1/sandbox/bench/file/workspace/big'
    agent = stack.agent('bench')

    put, put_plain, get, get_plain = [], [], [], []

    # the first of each only makes the file
    for i in range(options.rounds + 1):
        host.quiet()

        values = (write(host, stack.address, big),
                  write(host, front, '/big'),
                  read(host, stack.address, big),
                  read(host, front, '/big'))

        if i:
            for rates, value in zip((put, put_plain, get, get_plain),
                                    values):
                rates.append(value)

    table.versus('100 MB file written', 'MB/s', put, put_plain, 0.6, 0.9,
                 True)
    table.versus('100 MB file read', 'MB/s', get, get_plain, 0.6, 0.9, True)
    table.plain('agent after it, peak memory (VmHWM)', 'MB',
                [memory_kb(agent, 'status', 'VmHWM') / 1024],
                floor=8)

    shutil.rmtree(path)
