# Copyright (C) the ngx_sandbox authors

"""git http-backend over HTTP, on 127.0.0.1.

usage: git_http.py PORT ROOT

Below /private/ it asks for basic authentication, user "me", password
"correct-horse-battery", or for "Bearer correct-horse-battery".  /echo/ refuses,
and returns the Authorization header in its error; /slow/ never answers;
/status/NNN/ answers with that status.
"""

import base64
import http.server
import os
import subprocess
import sys
import time

SECRET = 'correct-horse-battery'
BASIC = base64.b64encode(b'me:' + SECRET.encode()).decode()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def refuse(self, status, text=''):
        self.send_response(status)
        if status == 401:
            self.send_header('WWW-Authenticate', 'Basic realm="git"')
        self.send_header('Content-Type', 'text/plain')
        self.send_header('Content-Length', str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def handle_git(self):
        path, _, query = self.path.partition('?')
        auth = self.headers.get('Authorization', '')

        with open('/tmp/git_http.log', 'a') as log:
            log.write(f'{self.command} {self.path} {auth}\n')

        if path.startswith('/private/') and auth not in (
                f'Basic {BASIC}', f'Bearer {SECRET}'):
            return self.refuse(401)

        if path.startswith('/echo/'):
            return self.refuse(403, f'your secret is {SECRET}, '
                                    f'sent as {auth}\n')

        if path.startswith('/status/'):
            return self.refuse(int(path.split('/')[2]))

        if path.startswith('/slow/'):
            time.sleep(600)

        length = int(self.headers.get('Content-Length') or 0)

        if self.headers.get('Transfer-Encoding') == 'chunked':
            body = b''
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            body = self.rfile.read(length)

        env = dict(os.environ, GIT_PROJECT_ROOT=sys.argv[2],
                   GIT_HTTP_EXPORT_ALL='1', REQUEST_METHOD=self.command,
                   PATH_INFO=path.replace('/private', '', 1),
                   QUERY_STRING=query, CONTENT_LENGTH=str(len(body)),
                   CONTENT_TYPE=self.headers.get('Content-Type', ''),
                   HTTP_CONTENT_ENCODING=self.headers.get('Content-Encoding',
                                                          ''),
                   GIT_PROTOCOL=self.headers.get('Git-Protocol', ''),
                   GIT_CONFIG_COUNT='2', GIT_CONFIG_KEY_0='safe.directory',
                   GIT_CONFIG_VALUE_0='*',
                   GIT_CONFIG_KEY_1='uploadpack.allowFilter',
                   GIT_CONFIG_VALUE_1='true')
        out = subprocess.run(['git', 'http-backend'], input=body, env=env,
                             stdout=subprocess.PIPE).stdout
        head, _, data = out.partition(b'\r\n\r\n')
        status, headers = 200, []

        for line in head.decode().split('\r\n'):
            name, _, value = line.partition(': ')
            if name == 'Status':
                status = int(value.split()[0])
            else:
                headers.append((name, value))

        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header('Content-Length', str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = handle_git

    def log_message(self, *args):
        pass


http.server.ThreadingHTTPServer(('127.0.0.1', int(sys.argv[1])),
                                Handler).serve_forever()
