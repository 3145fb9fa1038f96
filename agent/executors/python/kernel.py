# Copyright (C) the ngx_sandbox authors

"""The kernel of a Python context: runs cells that the agent sends.

Started as "python3 /dev/fd/SOURCE", with the connection to the agent on the
descriptor named by SANDBOX_KERNEL_FD.  IPython is loaded when a cell needs it,
so that a context without magics starts fast and stays small.
"""

import ast
import builtins
import importlib.util
import inspect
import io
import json
import linecache
import os
import re
import signal
import sys
import threading
import time
import traceback
import types

SOURCES = globals().get('SOURCES')              # set in the embedded bundle

# what IPython adds to Python: %magic, !command, help? and the like
MAGIC = re.compile(r'^\s*[%!?,;/]|\?\s*$|=\s*[%!]', re.M)

ERROR_TEXT = 65536                              # characters of evalue
TRACEBACK_FRAMES = 100

BACKEND = 'sandbox_matplotlib_backend'


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

    def __enter__(self):
        self.held += 1

    def __exit__(self, *_):
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
        self._display = None
        self._ipython = None

        self.main = types.ModuleType('__main__')
        self.main.__builtins__ = builtins
        sys.modules['__main__'] = self.main
        self.ns = self.main.__dict__
        self.ns['In'] = ['']
        self.ns['Out'] = {}

        sys.argv = ['']
        sys.path[0:1] = ['']

        builtins.display = self.display
        builtins.input = no_input
        builtins.get_ipython = lambda: self.ipython
        sys.displayhook = self.displayhook

        self.open_streams()
        self.importing = Importing(self)
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

    # messages

    def send(self, kind, payload):
        data = json.dumps(payload, allow_nan=False, separators=(',', ':'))

        with self.lock, self.interrupts:

            # an event of a thread whose cell is over is nobody's
            if kind != channel.EVENT or self.busy:
                self.channel.send(kind, self.number, data.encode('ascii'))

            if kind == channel.DONE:
                self.busy = False

    def event(self, event):
        event['timestamp'] = timestamp()
        self.flush()
        self.send(channel.EVENT, event)

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

    def display(self, *objects, raw=False, metadata=None, **_):
        """Shows objects as results, each in all formats that it has."""

        for value in objects:
            if raw:
                self.rich.bundle(value, metadata or {})
            else:
                self.rich.show(value, metadata)

    def displayhook(self, value):
        if value is None:
            return

        self.ns['_'] = value
        self.ns['Out'][self.count] = value
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

    # cells

    def parse(self, source, name):
        try:
            return ast.parse(source, name), source
        except SyntaxError:
            shell = self.ipython if MAGIC.search(source) else None

            if shell is None:
                raise

        source = shell.transform_cell(source)

        return ast.parse(source, name), source

    def execute(self, source):
        self.count += 1
        self.ns['In'].append(source)
        name = '<cell %d>' % self.count

        remember(name, source)
        tree, code = self.parse(source, name)

        if code is not source:
            remember(name, code)

        last = None

        if (tree.body and isinstance(tree.body[-1], ast.Expr)
                and not code.rstrip().endswith(';')):
            last = ast.Expression(tree.body.pop().value)

        self.run(tree, name, 'exec')

        if last is not None:
            sys.displayhook(self.run(last, name, 'eval'))

    def run(self, tree, name, mode):
        code = compile(tree, name, mode, ast.PyCF_ALLOW_TOP_LEVEL_AWAIT,
                       dont_inherit=True)
        value = eval(code, self.ns)

        if not code.co_flags & inspect.CO_COROUTINE:
            return value

        import asyncio

        if self.loop is None or self.loop.is_closed():
            self.loop = asyncio.new_event_loop()

        asyncio.set_event_loop(self.loop)
        task = self.loop.create_task(value)

        try:
            return self.loop.run_until_complete(task)
        finally:
            if not task.done():
                task.cancel()
                self.loop.run_until_complete(
                    asyncio.gather(task, return_exceptions=True))

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
                if not (type(e) is SystemExit and e.code in (None, 0)):
                    error = describe(e, self.count)

            if os.getpid() == self.channel.pid:
                self.figures()

            self.interrupts.running = False

        except BaseException as e:
            self.interrupts.running = False
            error = error or describe(e, self.count)

        return error

    def figures(self):
        if 'matplotlib.pyplot' not in sys.modules:
            return

        try:
            self.rich.figures()
        except Exception:
            traceback.print_exc()

    def serve(self):
        while True:
            kind, number, payload = self.channel.receive()

            if kind != channel.EXECUTE:
                continue

            self.number = number
            self.busy = True
            self.interrupts.pending = False
            request = json.loads(payload)

            importlib.invalidate_caches()
            place = Place(request)
            error = place.enter() or self.cell(request)
            place.leave()

            if os.getpid() != self.channel.pid:
                self.flush()
                os._exit(0)

            self.interrupts.restore()
            self.channel.restore()

            if error:
                self.event(error)

            self.flush()
            sys.stdout, sys.stderr = self.streams
            self.send(channel.DONE, {'count': self.count,
                                     'failed': error is not None})


class Place:
    """The working directory and environment of one call."""

    def __init__(self, request):
        self.cwd = request.get('cwd')
        self.env = request.get('env') or {}
        self.saved = {}
        self.back = None

    def enter(self):
        try:
            if self.cwd is not None:
                self.back = os.open('.', os.O_PATH | os.O_DIRECTORY
                                    | os.O_CLOEXEC)
                os.chdir(self.cwd)
        except OSError as e:
            return describe(e, 0, frames=False)

        for name, value in self.env.items():
            self.saved[name] = os.environ.get(name)
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value

        return None

    def leave(self):
        for name, value in self.saved.items():
            if os.environ.get(name) != self.env[name]:
                continue                        # the cell has set it

            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value

        if self.back is not None:
            try:
                os.fchdir(self.back)
                os.close(self.back)
            except OSError:
                pass                            # the cell has closed it


class Importing:
    """Prepares packages that show things, once user code imports them."""

    def __init__(self, kernel):
        self.kernel = kernel
        self.todo = {
            'matplotlib': lambda m: m.use('module://' + BACKEND),
            'matplotlib.axes._axes': lambda m: kernel.rich.boxes(m),
            'IPython.core.interactiveshell': lambda m: kernel.ipython,
        }

    def find_spec(self, name, path=None, target=None):
        if name == BACKEND:
            return importlib.util.spec_from_loader(name, self)

        done = self.todo.pop(name, None)

        if done is None:
            return None

        for finder in sys.meta_path:
            spec = finder is not self and finder.find_spec(name, path, target)
            if spec:
                break
        else:
            self.todo[name] = done
            return None

        execute = spec.loader.exec_module

        def exec_module(module):
            execute(module)
            done(module)

        spec.loader.exec_module = exec_module

        return spec


    # of the backend of matplotlib

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        self.kernel.rich.backend(module)


def no_input(prompt=''):
    raise EOFError('input() is not available: a code context has no terminal. '
                   'Assign the value to a variable in the code instead.')


def remember(name, source):
    linecache.cache[name] = (len(source), None, source.splitlines(True), name)


def timestamp():
    now = time.time()
    return (time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(now))
            + '.%03dZ' % (now * 1000 % 1000))


def describe(error, count, frames=True):
    """An exception as an error event."""

    kind = type(error)

    try:
        text = str(error)
    except BaseException:
        text = '<the exception cannot be shown>'

    lines = []

    if frames:
        try:
            made = traceback.TracebackException(
                kind, error, error.__traceback__, limit=-TRACEBACK_FRAMES,
                compact=True)
            without_kernel(made)
            lines = list(made.format())
        except BaseException:
            lines = [kind.__name__ + '\n']

    return {'type': 'error', 'ename': kind.__name__,
            'evalue': text[:ERROR_TEXT],
            'traceback': [line[:ERROR_TEXT] for line in lines],
            'execution_count': count}


def without_kernel(made):
    """Removes the kernel's own frames, of causes as well."""

    while made is not None:
        # of the parser, not of user code
        syntax = isinstance(made, traceback.TracebackException) and (
            made.exc_type is not None
            and issubclass(made.exc_type, SyntaxError)
            and (made.filename or '').startswith('<cell '))

        made.stack = traceback.StackSummary.from_list([
            frame for frame in made.stack
            if frame.filename != __file__
            and not frame.filename.startswith('<sandbox kernel')
            and not (syntax and frame.filename == ast.__file__)])

        made = made.__cause__ or made.__context__


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
