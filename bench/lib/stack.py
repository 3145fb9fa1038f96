# Copyright (C) the ngx_sandbox authors
#
# An nginx with the module, a state directory of its own, and its sandboxes;
# and plain ones to compare it with.

import base64
import http.client
import json
import os
import shutil

from lib import client
from lib.host import Failed, free_port, wait

# the same for every nginx that is compared
HEAD = '''
user nginx-sandbox docker;
worker_processes 1;
worker_rlimit_nofile 16384;
pid %(dir)s.pid;
error_log stderr error;
%(load)s
events { worker_connections 8192; }
http {
    access_log off;
    keepalive_requests 1000000000;
    server_names_hash_bucket_size 128;
    client_body_temp_path %(dir)s.body;
    proxy_temp_path %(dir)s.proxy;
    fastcgi_temp_path %(dir)s.fastcgi;
    uwsgi_temp_path %(dir)s.uwsgi;
    scgi_temp_path %(dir)s.scgi;
%(http)s
}
'''

SANDBOX = '''
    sandbox_state        %(state)s;
    sandbox_agent        %(agent)s;
    sandbox_zone         sandbox:1m;
    sandbox_engine       unix:/var/run/docker.sock;
    sandbox_class        default image=sandbox-base memory=1g pids=256
                         network=none sleep_after=%(sleep_after)s;%(classes)s
    sandbox_preview_url  http://*.localhost:%(port)d;

    upstream sandbox {
        sandbox;
        keepalive          256;
        keepalive_requests 1000000000;
        keepalive_timeout  4s;
    }

    server {
        listen       127.0.0.1:%(port)d;
        server_name  *.localhost;

        location / {
            sandbox_preview;
            include     %(conf)s/sandbox_proxy.conf;
            proxy_pass  http://sandbox;
        }
    }

    server {
        listen       127.0.0.1:%(port)d default_server;
        server_name  localhost 127.0.0.1;
        sandbox_api_auth  off;

        location / {
            sandbox_api;
            include     %(conf)s/sandbox_proxy.conf;
            proxy_pass  http://sandbox;
        }
    }
'''


def plain(host, text, load=''):
    """An nginx without the module; pid of its worker."""

    port = free_port()
    pid = host.nginx(HEAD % {
        'dir': host.path('nginx'), 'load': load,
        'http': text.replace('@PORT@', '127.0.0.1:%d' % port)}, port)

    return port, pid


class Stack:
    def __init__(self, host, sleep_after='1h', classes=''):
        self.host = host
        self.port = free_port()
        self.address = '127.0.0.1:%d' % self.port
        self.dir = host.path('nginx')
        self.state = os.path.join(host.state, str(host.count))

        host.stacks.append(self)

        text = SANDBOX % {
            'state': self.state, 'agent': host.agent, 'port': self.port,
            'conf': os.path.join(host.root, 'conf'),
            'sleep_after': sleep_after, 'classes': classes}

        self.worker = host.nginx(HEAD % {
            'dir': self.dir, 'http': text,
            'load': 'load_module %s;' % host.module}, self.port)

        self.connection = http.client.HTTPConnection(
            '127.0.0.1', self.port, timeout=120)

    def call(self, method, path, body=None, expect=(200, 201, 204)):
        # its idle connections are closed by the server after a while
        self.connection.close()

        return client.call(self.connection, method, '/v1/sandbox' + path,
                           body, expect)[1]

    def exec(self, id, *argv):
        """What a command wrote; Failed when it failed."""

        data = self.call('POST', '/%s/exec' % id, {'argv': argv})
        out = {'stdout': b'', 'stderr': b''}

        for frame in data.decode().split('\n\n'):
            fields = dict(line.split(': ', 1)
                          for line in frame.split('\n') if ': ' in line)
            event = fields.get('event')

            if event in out:
                out[event] += base64.b64decode(fields['data'])

            elif event == 'exit':
                if json.loads(fields['data'])['exit_code'] == 0:
                    return out['stdout'].decode()

                break

        raise Failed('%s: %s %s' % (argv[0], out['stderr'].decode(),
                                    data[-200:]))

    def install(self, id, *names):
        """Programs of bench/ into a sandbox's /workspace."""

        for name in names:
            self.call('PUT', '/%s/file/workspace/%s' % (id, name),
                      client.read(self.host.tool(name)))
            self.exec(id, 'chmod', '755', '/workspace/' + name)

    def serve(self, id, port, command):
        """Starts an app and exposes it; the host name of its preview."""

        self.exec(id, 'sh', '-c',
                  '%s >/tmp/%d.log 2>&1 </dev/null &' % (command, port))
        url = self.call('POST', '/%s/ports' % id, {'port': port})['url']
        name = url.split('//')[1].split('/')[0]

        def answers():
            connection = http.client.HTTPConnection('127.0.0.1', self.port,
                                                    timeout=30)
            connection.request('GET', '/', headers={'Host': name})
            status = connection.getresponse().status
            connection.close()

            return status == 200

        wait(answers, 'the app in the sandbox')

        return name

    def run(self, id):
        """The directory of a sandbox's sockets."""

        return os.path.join(self.state, '.run', os.path.basename(
            os.readlink(os.path.join(self.state, id, 'run'))))

    def container(self, id):
        return 'nginx-sandbox-' + os.path.basename(self.run(id))

    def inspect(self, id):
        return client.engine('GET',
                             '/containers/%s/json' % self.container(id))

    def agent(self, id):
        """The pid of a sandbox's agent."""

        return self.inspect(id)['State']['Pid']

    def wait_asleep(self, id):
        wait(lambda: not self.inspect(id)['State']['Running'],
             'falling asleep')

    def destroy(self, id):
        name = self.container(id)
        self.call('DELETE', '/' + id)

        # what the engine still does would be in the way of the next round
        wait(lambda: 'message' in client.engine(
            'GET', '/containers/%s/json' % name, expect=(200, 404)),
            'the removal of a container')

    def remove(self):
        """What is left once nginx is gone."""

        path = os.path.join(self.state, 'instance')

        if os.path.exists(path):
            label = 'nginx-sandbox.instance=' + client.read(
                path).decode().strip()
            found = client.engine(
                'GET', '/containers/json?all=1&filters='
                + '%7B%22label%22%3A%5B%22' + label + '%22%5D%7D')

            for container in found:
                client.engine('DELETE', '/containers/%s?force=1&v=1'
                              % container['Id'], expect=(204, 404, 409))

        shutil.rmtree(self.state, ignore_errors=True)
