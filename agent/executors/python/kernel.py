# Copyright (C) the ngx_sandbox authors

"""The kernel of a Python context: runs cells that the agent sends.

Started as "python3 /dev/fd/SOURCE", with the connection to the agent on the
descriptor named by SANDBOX_KERNEL_FD.  IPython is loaded when a cell needs it,
so that a context without magics starts fast and stays small.
"""

import ast
import builtins
import collections
import importlib
import io
import linecache
import os
import re
import signal
import site
import sys
import threading
import types

# by name: user code may replace them in their modules
from json import dumps, loads
from threading import get_ident
from time import gmtime, strftime, time

SOURCES = globals().get('SOURCES')              # set in the embedded bundle

# what IPython adds to Python: %magic, !command, help? and the like
MAGIC = re.compile(r'^\s*[%!?,;/]|\?\s*$|=\s*[%!]', re.M)
INLINE = re.compile(r'(?<![^\n])%(?:matplotlib|pylab)\b[^\n]*')

OUT_MAX = 1000                                  # values kept in Out
SOURCES_MAX = 16 << 20                          # characters of cells kept
RECURSION_MIN = 1000

FLAGS = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
CO_COROUTINE = 0x80                             # inspect's, which loads slowly


def load(name):
    """A module of this folder, without looking at the user's sys.path."""

    if SOURCES is not None:
        source = SOURCES[name]
    else:
        path = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                            name + '.py')
        with open(path, encoding='utf-8') as f:
            source = f.read()

    module = types.ModuleType('sandbox_kernel_' + name)
    exec(compile(source, '<sandbox kernel: %s>' % name, 'exec'),
         module.__dict__)

    return module


channel = load('channel')
packages = load('packages')


class Stream(io.TextIOWrapper):
    """Shows each line at once, and what print() writes with end=''."""

    def write(self, text):
        n = super().write(text)

        if not text:                            # print() writes its end last
            self.flush()

        return n


class Interrupts:
    """SIGINT raises KeyboardInterrupt in a cell, and nowhere else."""

    def __init__(self):
        self.main = get_ident()       # where Python handles signals
        self.running = False
        self.held = 0
        self.pending = False
        signal.signal(signal.SIGINT, self.handle)

    def handle(self, signum, frame):
        if not self.running:
            return

        if self.held:
            self.pending = True
            return

        raise KeyboardInterrupt

    def restore(self):
        if signal.getsignal(signal.SIGINT) != self.handle:
            signal.signal(signal.SIGINT, self.handle)

        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})

    def __enter__(self):
        if get_ident() == self.main:
            self.held += 1

    def __exit__(self, *_):
        if get_ident() != self.main:
            return

        self.held -= 1

        if self.pending and not self.held and self.running:
            self.pending = False
            raise KeyboardInterrupt


class Kernel:

    def __init__(self, fd):
        self.channel = channel.Channel(fd)
        self.interrupts = Interrupts()
        self.lock = threading.RLock()
        self.number = 0                         # of the execution
        self.busy = False
        self.count = 0
        self.loop = None
        self.sources = Sources()
        self.held = None                        # an event, for the end
        self.holding = False
        self._display = None
        self._errors = None
        self._ipython = None

        self.main = types.ModuleType('__main__')
        self.main.__builtins__ = builtins
        sys.modules['__main__'] = self.main
        self.ns = self.main.__dict__
        self.ns['In'] = ['']
        self.ns['Out'] = {}

        # of Python in a subprocess, whose output is shown as it happens
        os.environ.setdefault('PYTHONUNBUFFERED', '1')

        sys.argv = ['']
        sys.path[0:1] = ['']

        builtins.display = self.display
        builtins.input = no_input
        builtins.get_ipython = self.get_ipython
        os.system = system
        sys.displayhook = self.displayhook

        self.open_streams()
        self.importing = packages.Importing(self)
        sys.meta_path.insert(0, self.importing)

        self.send(channel.READY, {'language': 'python',
                                  'version': sys.version.split()[0]})

    def open_streams(self):
        for n, name in ((1, 'stdout'), (2, 'stderr')):
            raw = io.FileIO(n, 'wb', closefd=False)
            stream = Stream(io.BufferedWriter(raw, 65536), encoding='utf-8',
                            errors='backslashreplace', line_buffering=True)
            stream.mode = 'w'
            setattr(sys, name, stream)
            setattr(sys, '__%s__' % name, stream)

        self.streams = sys.stdout, sys.stderr

    def restore_streams(self):
        if all(usable(stream) for stream in self.streams):
            sys.stdout, sys.stderr = self.streams
        else:
            self.open_streams()

    # messages

    def send(self, kind, payload, last=False):
        data = payload if isinstance(payload, str) else encode(payload)

        with self.lock, self.interrupts:

            # an event of a thread whose cell is over is nobody's
            if kind != channel.EVENT or self.busy:
                self.channel.send(kind, self.number, data.encode('ascii'),
                                  last)

            if kind == channel.DONE:
                self.busy = False

    def event(self, event, hold=False):
        """Sends an event; hold: with the next one, or the end of the cell."""

        event['timestamp'] = timestamp()
        data = encode(event)
        self.flush()

        with self.lock:
            self.release()

            if hold or self.holding:
                self.held = data
            else:
                self.send(channel.EVENT, data)

    def release(self, last=False):
        data, self.held = self.held, None

        if data is not None:
            self.send(channel.EVENT, data, last)

    def flush(self):
        for stream in (sys.stdout, sys.stderr) + self.streams:
            try:
                stream.flush()
            except Exception:
                pass

    # results

    @property
    def rich(self):
        if self._display is None:
            self._display = load('display').Display(self, load)
        return self._display

    @property
    def errors(self):
        if self._errors is None:
            self._errors = load('errors')
            self._errors.MAIN = __file__
        return self._errors

    def display(self, *objects, raw=False, metadata=None, **more):
        """Shows objects as results, each in all formats that it has."""

        if more and self.ipython:
            from IPython.display import display
            return display(*objects, raw=raw, metadata=metadata, **more)

        for value in objects:
            if raw:
                self.rich.bundle(value, metadata or {})
            else:
                self.rich.show(value, metadata)

    def displayhook(self, value):
        if value is None:
            return

        self.ns['_'] = value
        out = self.ns.get('Out')

        if isinstance(out, dict):
            out[self.count] = value
            out.pop(self.count - OUT_MAX, None)

        self.rich.show(value)

    @property
    def ipython(self):
        """IPython's shell, or None if the image has no IPython."""

        if self._ipython is None:
            self.importing.todo.pop('IPython.core.interactiveshell', None)

            try:
                self._ipython = load('ipython').shell(self)
            except ImportError:
                self._ipython = False

        return self._ipython or None

    def get_ipython(self):
        if self.ipython is None:
            raise NameError("name 'get_ipython' is not defined")

        return self.ipython

    # cells

    def parse(self, source, name):
        try:
            return ast.parse(source, name), source
        except SyntaxError as e:
            if not MAGIC.search(source):
                raise

            shell, error = self.ipython, e

        if shell:
            source = shell.transform_cell(source)

        else:
            source = INLINE.sub('pass', source)

            if MAGIC.search(source):
                error.msg += (': %magic, !command and help? need IPython, '
                              'which the image does not have')
                raise error

        return ast.parse(source, name), source

    def execute(self, source):
        self.count += 1
        name = '<cell %d>' % self.count
        cells = self.ns.get('In')

        if isinstance(cells, list):
            cells.append(source)

        self.sources.add(name, source)
        tree, code = self.parse(source, name)

        if code is not source:
            self.sources.add(name, code)

        modes = [(tree, 'exec')]

        if (tree.body and isinstance(tree.body[-1], ast.Expr)
                and not code.rstrip().endswith(';')):
            modes.append((ast.Expression(tree.body.pop().value), 'eval'))

        value = self.run([compile(part, name, mode, FLAGS, dont_inherit=True)
                          for part, mode in modes])

        if len(modes) > 1:
            # what shows itself may print in between
            self.holding = not hasattr(type(value), '_ipython_display_')

            try:
                sys.displayhook(value)
            finally:
                self.holding = False

    def run(self, codes):
        """Runs code objects; the value of the last one."""

        if not any(code.co_flags & CO_COROUTINE for code in codes):
            for code in codes:
                value = eval(code, self.ns)
            return value

        import asyncio

        if self.loop is None or self.loop.is_closed():
            self.loop = asyncio.new_event_loop()

        asyncio.set_event_loop(self.loop)
        task = self.loop.create_task(self.run_async(codes))

        try:
            return self.loop.run_until_complete(task)
        finally:
            if not task.done():
                task.cancel()
                self.loop.run_until_complete(
                    asyncio.gather(task, return_exceptions=True))

    async def run_async(self, codes):
        for code in codes:
            value = eval(code, self.ns)

            if code.co_flags & CO_COROUTINE:
                value = await value

        return value

    def cell(self, request):
        """Runs a cell; returns its error, or None."""

        error = None

        try:
            self.interrupts.running = True

            try:
                # a signal that came before is not lost
                if self.channel.interrupted(self.number):
                    raise KeyboardInterrupt

                self.execute(request['code'])
            except BaseException as e:
                error = self.failed(e)

            if os.getpid() == self.channel.pid:
                self.figures()

            self.interrupts.running = False

        except BaseException as e:
            self.interrupts.running = False
            error = error or self.failed(e)

        if os.getpid() != self.channel.pid:
            self.leave(0)

        return error

    def failed(self, error):
        """What ended a cell, as an error event; None if it is no error."""

        # what follows needs some room on the stack
        if sys.getrecursionlimit() < RECURSION_MIN:
            sys.setrecursionlimit(RECURSION_MIN)

        child = os.getpid() != self.channel.pid

        if isinstance(error, SystemExit):
            if error.code in (None, 0):
                return None

            if child and isinstance(error.code, int):
                self.leave(error.code & 0xff)

        if child:
            self.complain(error)
            self.leave(1)

        return self.errors.describe(error, self.count)

    def leave(self, code):
        """Ends a process that the cell has forked."""

        self.flush()
        os._exit(code)

    def figures(self):
        if not self._display and 'matplotlib.pyplot' not in sys.modules:
            return

        try:
            self.rich.figures()
        except Exception as e:
            self.complain(e)

    def complain(self, error):
        """Prints an exception, as Python does."""

        print(*self.errors.lines(error), sep='', end='', file=sys.stderr)

    def serve(self):
        while True:
            kind, number, payload = self.channel.receive()

            if kind != channel.EXECUTE:
                continue

            self.number = number
            self.busy = True
            self.interrupts.pending = False
            request = loads(payload)

            importlib.invalidate_caches()
            user_packages()

            place = Place(request)

            try:
                place.enter()
            except OSError as e:
                error = self.errors.describe(e, self.count, frames=False)
            else:
                error = self.cell(request)

            place.leave()

            self.interrupts.restore()
            self.channel.restore()

            if error:
                self.event(error, hold=True)

            self.flush()
            self.restore_streams()
            self.release(last=True)
            self.send(channel.DONE, {'count': self.count,
                                     'failed': error is not None})


class Sources:
    """The latest cells, for tracebacks and inspect.getsource()."""

    def __init__(self):
        self.size = 0
        self.names = collections.OrderedDict()

    def add(self, name, source):
        self.size += len(source) - self.names.pop(name, 0)
        self.names[name] = len(source)

        while self.size > SOURCES_MAX and len(self.names) > 1:
            old, size = self.names.popitem(last=False)
            self.size -= size
            linecache.cache.pop(old, None)

        linecache.cache[name] = (len(source), None, source.splitlines(True),
                                 name)


def put(name, value):
    """Sets an environment variable, or unsets it."""
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value


class Place:
    """The working directory and environment of one call."""

    def __init__(self, request):
        self.cwd = request.get('cwd')
        self.env = request.get('env') or {}
        self.lasting = request.get('environ') or {}
        self.saved = {}
        self.back = None

    def enter(self):
        for name, value in self.lasting.items():
            put(name, value)

        if self.cwd is not None:
            self.back = os.open('.', os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
            os.chdir(self.cwd)

        for name, value in self.env.items():
            self.saved[name] = os.environ.get(name)
            put(name, value)

    def leave(self):
        for name, value in self.saved.items():
            if os.environ.get(name) != self.env[name]:
                continue                        # the cell has set it

            put(name, value)

        if self.back is not None:
            try:
                os.fchdir(self.back)
                os.close(self.back)
            except OSError:
                pass                            # the cell has closed it


def no_input(prompt=''):
    raise EOFError('input() is not available: a code context has no terminal. '
                   'Assign the value to a variable in the code instead.')


def system(command):
    """os.system(), whose command ends when the cell is interrupted."""

    import subprocess

    code = subprocess.call(command, shell=True)

    return code << 8 if code >= 0 else -code


def user_packages():
    """pip may just have made the directory of the user's packages."""

    if not site.ENABLE_USER_SITE:
        return

    path = site.getusersitepackages()

    if path not in sys.path and os.path.isdir(path):
        site.addsitedir(path)


def usable(stream):
    try:
        return not stream.closed
    except ValueError:
        return False                            # its buffer was detached


def encode(payload):
    """ASCII JSON without halves of surrogate pairs, which many cannot read."""

    data = dumps(payload, allow_nan=False, separators=(',', ':'))

    if '\\ud' in data:
        data = dumps(payload, ensure_ascii=False)
        data = data.encode('utf-16-le', 'surrogatepass')
        data = loads(data.decode('utf-16-le', 'replace'))
        data = dumps(data, separators=(',', ':'))

    return data


def timestamp():
    now = time()
    return (strftime('%Y-%m-%dT%H:%M:%S', gmtime(now))
            + '.%03dZ' % (now * 1000 % 1000))


def start():
    fd = int(os.environ.pop('SANDBOX_KERNEL_FD'))
    source = os.environ.pop('SANDBOX_SOURCE_FD', None)

    if source is not None:
        os.close(int(source))

    os.environ.pop('SANDBOX_KERNEL_LANGUAGE', None)

    try:
        Kernel(fd).serve()
    except channel.Closed:
        pass


start()
