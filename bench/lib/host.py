# Copyright (C) the ngx_sandbox authors
#
# The machine that is measured on: directories, ports, the programs that are
# built and started for it, and their end.

import os
import platform
import shutil
import socket
import subprocess
import time

APPS = ('app', 'spawn', 'stamp', 'stream', 'terminal')
CFLAGS = ['-O2', '-std=gnu99', '-D_GNU_SOURCE', '-W', '-Wall', '-static',
          '-pthread']
MODULE = 'ngx_http_sandbox_module.so'
PROXY = 'configurable-http-proxy@5.3.0'


class Failed(Exception):
    pass


def run(*command, data=None, **options):
    """What a command says, or Failed with what it says on stderr."""

    done = subprocess.run(command, input=data, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, **options)

    if done.returncode != 0:
        raise Failed('%s: %s' % (os.path.basename(command[0]),
                                 done.stderr.decode(errors='replace')
                                 .strip()[-400:] or done.returncode))

    return done.stdout.decode(errors='replace')


def wait(condition, what, seconds=30):
    """The first true value of condition()."""

    end = time.monotonic() + seconds

    while True:
        value = condition()

        if value:
            return value

        if time.monotonic() > end:
            raise Failed(what + ' took too long')

        time.sleep(0.02)


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def listens(port):
    with socket.socket() as s:
        return s.connect_ex(('127.0.0.1', port)) == 0


def children(pid):
    with open('/proc/%d/task/%d/children' % (pid, pid)) as f:
        return [int(child) for child in f.read().split()]


def cpu_ns(pid):
    """What a process's first thread has used."""

    with open('/proc/%d/schedstat' % pid) as f:
        return int(f.read().split()[0])


def memory_kb(pid, file, *names):
    with open('/proc/%d/%s' % (pid, file)) as f:
        return sum(int(line.split()[1]) for line in f
                   if line.split(':')[0] in names)


def private_kb(pid):
    return memory_kb(pid, 'smaps_rollup', 'Private_Clean', 'Private_Dirty')


def build_of(path):
    """The build directory of a checkout, or the path of a build itself."""

    for build in (path, os.path.join(path, 'build')):
        if os.path.exists(os.path.join(build, MODULE)):
            return os.path.abspath(build)

    raise Failed('%s: no build with %s in it' % (path, MODULE))


def busy():
    """Seconds of all processors that were used, and that went by."""

    with open('/proc/stat') as f:
        times = [int(n) for n in f.readline().split()[1:9]]

    # the fourth and the fifth are idle and waiting for a disk
    return sum(times) - times[3] - times[4], sum(times)


class Host:
    """root: the checkout that the benchmarks and their programs are of;
    build: of the module and the agent that are measured, its own by default.
    Several hosts may be there at a time."""

    hosts = 0

    def __init__(self, root, quick, patience=0, build=None):
        self.root = root
        self.quick = quick
        self.patience = patience
        self.waits = 0
        self.noisy = 0
        self.build = os.path.join(root, os.environ.get('BUILD', 'build'))
        self.tools = os.path.join(self.build, 'bench')

        Host.hosts += 1
        name = 'bench-%d.%d' % (os.getpid(), Host.hosts)

        # where the workers' user can look, and short: sockets lie below
        self.state = os.path.join('/var/lib/nginx-sandbox', name)
        self.dir = os.path.join('/run/nginx-sandbox', name)
        self.measured = build or self.build
        self.module = os.path.join(self.measured, MODULE)
        self.agent = os.path.join(self.dir, 'agent')

        # a program that runs nginx, and its arguments
        self.wrapper = []

        self.processes = []
        self.stacks = []
        self.count = 0

    def prepare(self, install=False):
        """install: also what only references need."""

        for path in ('/run/nginx-sandbox', self.dir, self.tools,
                     '/var/lib/nginx-sandbox', self.state):
            os.makedirs(path, 0o755, exist_ok=True)

        agent = os.path.join(self.measured, 'agent')

        for path in (self.module, agent):
            if not os.path.exists(path):
                raise Failed(path + ' is not there: run "make bench"')

        shutil.copy(agent, self.agent)
        os.chmod(self.agent, 0o755)

        for name in APPS:
            self.compile(name, name + '.c')

        self.compile('probe', 'probe.c', 'probe_http.c', 'probe_ws.c')

        if install:
            self.install()

    def compile(self, name, *sources):
        paths = [os.path.join(self.root, 'bench', s) for s in sources]
        target = self.tool(name)

        if os.path.exists(target) and all(
                os.path.getmtime(path) < os.path.getmtime(target)
                for path in paths):
            return

        run(os.environ.get('CC', 'gcc'), *CFLAGS, '-o', target, *paths)

    def install(self):
        """What is not in Debian, and node as it is in the sandbox."""

        if not os.path.exists(self.proxy_program()):
            run('npm', 'install', '--no-audit', '--no-fund', '--prefix',
                os.path.join(self.tools, 'npm'), PROXY)

        # the same program on both sides
        container = run('docker', 'create', '--network', 'none',
                        'sandbox-base').strip()

        try:
            run('docker', 'cp', '-L', container + ':/usr/local/bin/node',
                self.node())

        finally:
            run('docker', 'rm', container)

    def tool(self, name):
        return os.path.join(self.tools, name)

    def node(self):
        return os.path.join(self.dir, 'node')

    def proxy_program(self):
        return os.path.join(self.tools, 'npm/node_modules',
                            'configurable-http-proxy/bin',
                            'configurable-http-proxy')

    def path(self, name):
        self.count += 1
        return os.path.join(self.dir, '%d.%s' % (self.count, name))

    def start(self, port, *command, **options):
        """Starts a server, which ends with the row; its process."""

        log = open(self.path('log'), 'wb')
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL,
                                   stdout=log, stderr=log, **options)
        log.close()
        self.processes.append(process)

        def ready():
            if process.poll() is not None:
                with open(log.name, errors='replace') as f:
                    raise Failed('%s: %s' % (command[0], f.read()[-400:]))

            return listens(port)

        wait(ready, 'the start of ' + command[0])

        return process

    def quiet(self):
        """Waits, but not for ever, until the machine has little to do."""

        end = time.monotonic() + self.patience
        self.waits += 1

        while True:
            used, all = busy()
            time.sleep(0.2)
            used, all = (b - a for a, b in zip((used, all), busy()))

            if used < 0.15 * all:
                return

            if time.monotonic() > end:
                self.noisy += 1
                return

    def nginx(self, text, port):
        """Starts an nginx of its own; the pid of its worker."""

        conf = self.path('conf')

        with open(conf, 'w') as f:
            f.write(text)

        master = self.start(port, *self.wrapper, 'nginx', '-g',
                            'daemon off;', '-c', conf)

        return wait(lambda: children(master.pid), 'a worker')[0]

    def end(self):
        """Ends what was started for a row."""

        stacks, self.stacks = self.stacks, []
        processes, self.processes = self.processes, []

        for process in reversed(processes):
            process.terminate()

        for process in processes:
            try:
                process.wait(10)

            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

        for stack in stacks:
            stack.remove()

    def close(self):
        for path in (self.dir, self.state):
            shutil.rmtree(path, ignore_errors=True)

    def load(self):
        text = 'load: ' + ' '.join('%.2f' % n for n in os.getloadavg())

        if self.noisy:
            text += '; other processes ran at %d of %d measurements: ' \
                    'figures of a quiet machine are better' % (self.noisy,
                                                               self.waits)

        return text

    def describe(self):
        model = ''

        with open('/proc/cpuinfo') as f:
            for line in f:
                if line.startswith('model name'):
                    model = line.split(':')[1].strip()
                    break

        nginx = subprocess.run(['nginx', '-v'], stderr=subprocess.PIPE)
        engine = run('docker', 'version', '--format', '{{.Server.Version}}')

        return '\n'.join((
            time.strftime('date: %Y-%m-%d %H:%M UTC', time.gmtime()),
            'machine: %d × %s, %d MiB' % (
                os.cpu_count(), model,
                os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES')
                >> 20),
            'kernel %s, %s, Docker %s' % (
                platform.release(),
                nginx.stderr.decode().strip().split(': ')[-1],
                engine.strip()),
            self.load()))
