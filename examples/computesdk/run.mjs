/*
 * Copyright (C) the ngx_sandbox authors
 */

/*
 * A sandbox of ComputeSDK, whose provider for Cloudflare calls nginx.
 */

import { execFileSync } from 'node:child_process';

import { cloudflare } from '@computesdk/cloudflare';
import { compute } from 'computesdk';

const SERVER = `\
from http.server import BaseHTTPRequestHandler, HTTPServer
import json, os


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps({'path': self.path, 'stage': os.environ['STAGE']})
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body.encode())


HTTPServer(('', 8000), Handler).serve_forever()
`;

compute.setConfig({
    provider: cloudflare({
        sandboxUrl: process.env.SANDBOX_API ?? 'http://localhost:8080',
        sandboxApiKey: process.env.SANDBOX_KEY ?? 'none',
    }),
});

const sandbox = await compute.sandbox.create();

try {
    const { stdout, exitCode } = await sandbox.runCommand(
        'echo "$GREETING from $PWD"; exit 3', { env: { GREETING: 'hello' } });
    console.log(`${stdout.trim()}, exit code ${exitCode}`);

    await sandbox.filesystem.mkdir('/workspace/app');
    await sandbox.filesystem.writeFile('/workspace/app/server.py', SERVER);
    console.log('server.py is written:',
        await sandbox.filesystem.exists('/workspace/app/server.py'));

    await sandbox.runCommand('python3 server.py', { background: true,
        cwd: '/workspace/app', env: { STAGE: 'preview' } });
    await sandbox.runCommand('curl -so /dev/null --retry 50 --retry-delay 1'
        + ' --retry-connrefused http://localhost:8000/');

    const url = await sandbox.getUrl({ port: 8000 });
    console.log('preview:', url);

    /* curl knows that names below "localhost" are this host */

    console.log(execFileSync('curl', ['-sSf', new URL('hello', url).href],
        { encoding: 'utf8' }));

} finally {
    await sandbox.destroy();
}
