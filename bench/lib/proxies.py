# Copyright (C) the ngx_sandbox authors
#
# What previews are compared with: other proxies in front of an app on the
# host's loopback.

from lib.host import free_port

PLAIN = '''
    upstream app {
        server 127.0.0.1:%d;
        keepalive 256;
        keepalive_requests 1000000000;
    }

    server {
        listen @PORT@;

        location / {
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_pass http://app;
        }
    }
'''

CADDY = '''
{
    admin off
    auto_https off
}

http://:%d {
    bind 127.0.0.1
    reverse_proxy 127.0.0.1:%d
}
'''

HAPROXY = '''
global
    nbthread 1
    maxconn 4096

defaults
    mode http
    option http-keep-alive
    http-reuse always
    timeout connect 5s
    timeout client 60s
    timeout server 60s

frontend bench
    bind 127.0.0.1:%d
    default_backend app

backend app
    server app 127.0.0.1:%d
'''


def proxies(host, app):
    """Ports of the proxies in front of the app's port, by name."""

    caddy, haproxy, chp = free_port(), free_port(), free_port()
    file = host.path('Caddyfile')

    with open(file, 'w') as f:
        f.write(CADDY % (caddy, app))

    host.start(caddy, 'caddy', 'run', '--config', file, '--adapter',
               'caddyfile', env={'HOME': host.dir, 'PATH': '/usr/bin:/bin'})

    file = host.path('haproxy.cfg')

    with open(file, 'w') as f:
        f.write(HAPROXY % (haproxy, app))

    host.start(haproxy, 'haproxy', '-db', '-f', file)

    host.start(chp, host.node(), host.proxy_program(), '--ip', '127.0.0.1',
               '--port', str(chp), '--api-ip', '127.0.0.1', '--api-port',
               str(free_port()), '--log-level', 'error', '--default-target',
               'http://127.0.0.1:%d' % app)

    return {'caddy': caddy, 'haproxy': haproxy,
            'configurable-http-proxy': chp}
