# Copyright (C) the ngx_sandbox authors

"""Tests of agent/executors/python with nothing but the standard library."""

import base64
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import zipfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from kernel_driver import Died, Kernel, done, is_, ok

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), '../..'))
SOURCES = os.path.join(ROOT, 'agent/executors/python')

# without packages of the machine: as in an image without IPython
BARE = ['python3', '-u', '-S']

temp = tempfile.TemporaryDirectory()


def bundle():
    """The one file that the agent carries."""

    path = os.path.join(temp.name, 'bundle.py')

    with open(path, 'wb') as out:
        subprocess.run([os.path.join(ROOT, 'tools/bundle'), 'python']
                       + [os.path.join(SOURCES, name)
                          for name in sorted(os.listdir(SOURCES))
                          if name.endswith('.py')], stdout=out, check=True)

    return path


BUNDLE = bundle()


def kernel(**env):
    return Kernel(BARE + [BUNDLE], env)


def values():
    k = kernel()

    is_(k.ready['language'], 'python', 'ready')
    is_(k.run('x = 1').events, [], 'a statement has no result')
    is_(k.run('x + 1').text, '2', 'the state is kept')
    is_(k.run('x + 1;').events, [], 'nor has an expression with a semicolon')
    is_(k.run('_ + 1').text, '3', 'the last value')
    is_(k.run('Out[2], In[1]').text, "(2, 'x = 1')", 'In and Out')
    is_(k.run('None').events, [], 'None is no result')
    is_(k.run('[1, {"a": None}]').result['json'], [1, {'a': None}], 'a list')
    is_(k.run('{"n": float("nan"), "i": float("inf")}').result['json'],
        {'n': None, 'i': None}, 'what is not finite is null')
    is_(k.run('import collections; collections.Counter("aab")').result['json'],
        {'a': 2, 'b': 1}, 'a kind of dictionary')
    is_(k.run('{1: (2, True)}').result['json'], {'1': [2, True]}, 'a tuple')
    ok('json' not in k.run('[object()]').result, 'what JSON has no form for')
    is_(k.run('"a\\nb"').text, "'a\\nb'", 'a string')
    is_(k.run('').done, {'count': 13, 'failed': False}, 'an empty cell')
    is_(k.run('# only a comment').events, [], 'a comment')
    is_(k.run('if True:\n    7').events, [], 'an inner expression')
    is_(k.run('globals().clear()').ename, None, 'all variables deleted')
    is_(k.run('1 + 1').text, '2', 'and on it goes')
    is_(k.run('In = Out = None; 5').text, '5', 'In and Out replaced')

    is_(k.close(), 0, 'it ends with its connection')


def formats():
    k = kernel()

    k.run('''
class Every:
    def _repr_html_(self): return '<b>h</b>'
    def _repr_markdown_(self): return '# m'
    def _repr_svg_(self): return '<svg/>'
    def _repr_png_(self): return b'\\x89PNG'
    def _repr_jpeg_(self): return b'\\xff\\xd8', {'width': 1}
    def _repr_pdf_(self): return b'%PDF-'
    def _repr_latex_(self): return '$x$'
    def _repr_json_(self): return {'a': [1]}
    def _repr_javascript_(self): return 'f()'
    def __repr__(self): return 'text'
''')
    got = k.run('Every()').result
    metadata, _ = got.pop('metadata'), got.pop('timestamp')
    is_(got, {'type': 'result', 'text': 'text', 'html': '<b>h</b>',
              'markdown': '# m', 'svg': '<svg/>', 'latex': '$x$',
              'png': base64.b64encode(b'\x89PNG').decode(),
              'jpeg': base64.b64encode(b'\xff\xd8').decode(),
              'pdf': base64.b64encode(b'%PDF-').decode(),
              'json': {'a': [1]}, 'javascript': 'f()'}, 'all formats')
    is_(metadata, {'jpeg': {'width': 1}}, 'and what is said about them')
    is_(k.run('Every').text, "<class '__main__.Every'>", 'of a class: none')

    got = k.run('''
class Bundle:
    def _repr_mimebundle_(self, include=None, exclude=None):
        return {'text/html': 'b', 'image/svg+xml': '<svg/>',
                'application/x-own+json': {'a': 1.5},
                'application/x-bad': object()}, {'text/html': {'w': 2}}
    def _repr_html_(self): return 'overruled'
Bundle()''').result
    is_([got['html'], got['svg'], got['extra']],
        ['b', '<svg/>', {'application/x-own+json': {'a': 1.5}}], 'a bundle')
    is_(got['metadata'], {'html': {'w': 2}, 'dropped': ['application/x-bad']},
        'what JSON cannot hold is dropped, which is said')

    cell = k.run('''
class Bad:
    def _repr_html_(self): raise ValueError('no HTML')
    def __repr__(self): return 'bad'
Bad()''')
    is_(cell.text, 'bad', 'a format that fails')
    ok('ValueError: no HTML' in cell.stderr, 'is told', cell.stderr)
    is_(k.run('class R:\n    def __repr__(self): raise KeyError\nR()').text,
        '<the object cannot be shown: KeyError>', 'and so is its text')
    is_(k.run('''
class Any:
    def __getattr__(self, name): return lambda *a, **k: name
    def __repr__(self): return 'any'
Any()''').text, 'any', 'an object that has every attribute')

    cell = k.run('display(1, "b"); display({"text/html": "r"}, raw=True); 2')
    is_([e.get('text', e.get('html')) for e in cell.events],
        ['1', "'b'", 'r', '2'], 'display()')

    got = k.run('"x" * 3_000_000').result
    ok(len(got['text']) < 1_100_000 and got['text'].endswith(
        'truncated: 3000002 characters'), 'a long text is cut, which is said')
    got = k.run('list(range(2_000_000))').result
    is_([got['metadata'], 'json' in got], [{'dropped': ['json']}, False],
        'and so are many values')
    got = k.run('a = []\nfor _ in range(200): a = [a]\na').result
    is_(got['metadata'], {'dropped': ['json']}, 'and deep ones')
    got = k.run('a = []\nfor _ in range(100_000): a = [a]\na').result
    is_(got['text'], '<the object cannot be shown: RecursionError>',
        'deeper than Python shows')
    got = k.run('{"a": "y" * 5_000_000}').result
    is_(len(got['json']['a']), 5_000_000, 'five megabytes')

    is_(k.run('{"a": "\\ud800!", "b": "\\U0001f600"}').result['json'],
        {'a': '\ufffd!', 'b': '\U0001f600'}, 'half a surrogate pair')
    is_(k.run('print("\\ud800 \\u20ac")').stdout, '\\ud800 \u20ac\n',
        'printed')
    is_(k.run('raise ValueError("\\udc80")').error['evalue'], '\ufffd',
        'in an error')
    is_(k.run('\ud800').ename, 'UnicodeEncodeError', 'in the code')

    k.close()


def plain(error):
    """A traceback without the marks that versions of Python differ in."""

    return re.sub(r'^[ ~^]+\n', '', ''.join(error['traceback']), flags=re.M)


def errors():
    k = kernel()

    got = k.run('def f(n):\n    return 1 / n\n\nf(0)').error
    is_(plain(got), '''Traceback (most recent call last):
  File "<cell 1>", line 4, in <module>
    f(0)
  File "<cell 1>", line 2, in f
    return 1 / n
ZeroDivisionError: division by zero
''', "a traceback has the user's lines only")
    is_([got['ename'], got['evalue'], got['execution_count']],
        ['ZeroDivisionError', 'division by zero', 1], 'an error')
    got = ''.join(k.run('f(0)').error['traceback'])
    ok('File "<cell 1>", line 2, in f\n    return 1 / n' in got,
        'lines of an earlier cell', got)

    got = k.run('try: f(0)\nexcept Exception as e: raise KeyError("k") from e')
    got = ''.join(got.error['traceback'])
    ok('direct cause' in got and 'ZeroDivisionError' in got
        and 'kernel' not in got and 'bundle' not in got, 'a cause', got)

    got = k.run('x = = 3').error
    is_([got['ename'], got['evalue']],
        ['SyntaxError', 'invalid syntax (<cell 4>, line 1)'], 'a syntax error')
    is_(plain(got), '''  File "<cell 4>", line 1
    x = = 3
SyntaxError: invalid syntax
''', 'where it is')
    is_(k.run(' x = 1').ename, 'IndentationError', 'an indentation')
    ok(k.run('1\0').ename in ('SyntaxError', 'ValueError'), 'a NUL')
    is_(k.run('return 1').ename, 'SyntaxError', 'a return')
    is_(k.run('print("a")\nx = = 3').stdout, '', 'nothing of it runs')

    got = k.run('def r(): return r()\nr()').error
    is_(got['ename'], 'RecursionError', 'endless recursion')
    ok(len(got['traceback']) < 110, 'has a traceback that is bounded')
    k.run('import sys; sys.setrecursionlimit(sys.getrecursionlimit())')
    is_(k.run('def low():\n    for n in range(9, 100):\n        try: return '
              'sys.setrecursionlimit(n)\n        except RecursionError: pass\n'
              'low(); f(0)').ename, 'ZeroDivisionError', 'a low limit')

    is_(k.run('input("name?")').ename, 'EOFError', 'input()')
    ok('Assign the value' in k.cell.error['evalue'], 'says what to do')
    is_(k.run('import sys; sys.stdin.read()').text, "''", 'an empty stdin')
    is_(k.run('breakpoint()').ename, 'BdbQuit', 'a debugger')
    is_(k.run('import sys; sys.exit(3)').error['evalue'], '3', 'sys.exit(3)')
    is_(k.run('sys.exit()').events, [], 'sys.exit()')
    is_(k.run('sys.exit("why")').error['evalue'], 'why', 'sys.exit("why")')
    is_(k.run('b = bytearray(1 << 60)').error['reason'], 'oom',
        'memory that the system refuses')
    is_(k.run('class E(Exception):\n    def __str__(self): 1 / 0\nraise E')
        .error['evalue'], '<the exception cannot be shown>', 'a bad exception')

    if sys.version_info >= (3, 11):
        is_(k.run('raise ExceptionGroup("g", [ValueError(1)])').ename,
            'ExceptionGroup', 'a group')

    is_(k.run('%matplotlib inline\n1').text, '1', '%matplotlib is harmless')
    got = k.run('%timeit 1').error['evalue']
    ok('need IPython' in got, 'other magics say what they need', got)
    got = k.run('!ls').error['evalue']
    ok('need IPython' in got, 'and so do commands', got)
    is_(k.run('get_ipython()').ename, 'NameError', 'get_ipython()')
    is_(k.run('a %matplotlib').ename, 'NameError', 'what only looks like one')

    k.close()


def asynchronous():
    k = kernel()

    is_(k.run('import asyncio\nasync def f(): return 3\nawait f()').text, '3',
        'await')
    is_(k.run('t = asyncio.create_task(f())\nawait t').text, '3', 'a task')
    is_(k.run('[await f() for _ in range(2)]').text, '[3, 3]',
        'in a comprehension')
    is_(k.run('async with asyncio.Lock(): x = 4\nx').text, '4', 'async with')
    is_(k.run('asyncio.run(f())').text, '3', 'asyncio.run()')
    is_(k.run('await f()').text, '3', 'await after it')
    k.begin('print("go")\nawait asyncio.sleep(60)')
    is_(k.interrupt(until=b'go').ename, 'KeyboardInterrupt', 'interrupted')
    is_(k.run('await f()').text, '3', 'await after that')
    is_(k.run('await asyncio.wait_for(asyncio.sleep(9), 0.01)').ename,
        'TimeoutError', 'an error in it')

    k.close()


def interrupts():
    k = kernel()

    k.run('import os, time, threading\nkept = 1')

    for code, what in (
            ('while True: pass', 'a loop'),
            ('time.sleep(60)', 'a sleep'),
            ('try:\n    while True: pass\nfinally: print("cleaned up")',
             'one that cleans up'),
            ('sum(sum(range(1000)) for _ in range(10 ** 9))', 'C code'),
            ('import subprocess; subprocess.run(["sleep", "60"])',
             'a subprocess'),
            ('os.system("sleep 60")', 'os.system()'),
            ('threading.Event().wait()', 'a lock'),
            ('while True: display(1)', 'results')):
        k.begin('print("go")\n' + code)
        cell = k.interrupt(0.05, b'go')
        is_(cell.ename, 'KeyboardInterrupt', what + ' is interrupted')
        is_(k.run('kept').text, '1', 'and the state kept')

    k.begin('n = 0\nwhile n < 3:\n    try:\n        print("go" * (n + 1))\n'
            '        while True: pass\n'
            '    except KeyboardInterrupt: n += 1\nn')
    for n in range(2):
        until = b'go' * (n + 1) + b'\n'
        while until not in k.cell.printed[1]:
            k.read(next(iter(k.readers)))
        time.sleep(0.05)
        os.kill(k.process.pid, 2)
    is_(k.interrupt(0.05, b'gogogo').text, '3', 'a cell that catches it')

    k.begin('time.sleep(0.2); 1')
    k.send(b'I', k.number - 1)
    is_(k.finish().text, '1', 'an interrupt of an earlier cell is ignored')
    os.kill(k.process.pid, 2)
    is_(k.run('kept').text, '1', 'and so is one between cells')
    os.kill(k.process.pid, signal.SIGSTOP)
    k.begin('while True: pass')
    k.send(b'I', k.number)
    os.kill(k.process.pid, signal.SIGCONT)
    is_(k.finish().ename, 'KeyboardInterrupt', 'one that comes too early')

    # while a thread sends a result
    k.begin('def shows():\n    for _ in range(200): display(0)\n'
            't = threading.Thread(target=shows); t.start(); print("go")\n'
            'while True: pass')
    is_(k.interrupt(0.02, b'go').ename, 'KeyboardInterrupt',
        'one while a thread shows results')
    is_(k.run('t.join(); "Keyboard" in repr(t)').text, 'False',
        'is not for the thread')

    k.run('import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n'
          'signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})')
    k.begin('print("go")\nwhile True: pass')
    is_(k.interrupt(0.05, b'go').ename, 'KeyboardInterrupt',
        'after one that ignored it')

    k.close()


def output():
    k = kernel()

    cell = k.run('import sys\nprint("a", end="\\r"); print("b", 1, end="")\n'
                 'sys.stdout.write("c"); None')
    is_(cell.stdout, 'a\rb 1c', 'what has no end of line')

    for code in ("print('50%', end='\\r')", "print('.', end='')",
                 "sys.stderr.write('bar'); sys.stderr.flush()",
                 "sys.stdout.write('line\\n')", "os.write(1, b'raw')",
                 "subprocess.Popen([sys.executable, '-c', 'import time; "
                 "print(1); time.sleep(1)'])"):
        k.begin('import os, subprocess, time\n%s\ntime.sleep(60)' % code)
        while not any(k.cell.printed.values()):
            for fd in k.readers:
                os.set_blocking(fd, False)
                try:
                    k.read(fd)
                except BlockingIOError:
                    time.sleep(0.005)
        ok(True, code + ' is shown at once')
        is_(k.interrupt().ename, 'KeyboardInterrupt', 'while it runs')

    is_(k.run('import subprocess\nprint("1")\nsubprocess.run("echo 2; '
              'echo 3 >&2", shell=True)\nprint("4")').stdout, '1\n2\n4\n',
        'of subprocesses')
    is_(k.cell.stderr, '3\n', 'and their errors')
    is_(k.run('os.system("exit 3")').text, '768', 'a status of os.system()')
    is_(k.run('os.system("kill -9 $$")').text, '9', 'and a signal')
    is_(k.run('import logging; logging.warning("w")').stderr,
        'WARNING:root:w\n', 'logging')
    is_(k.run('import warnings; warnings.warn("w")').stderr,
        '<cell 12>:1: UserWarning: w\n  import warnings; '
        'warnings.warn("w")\n', 'a warning')
    is_(k.run('import threading\ndef p(): print("t")\n'
              't = threading.Thread(target=p); t.start(); t.join()').stdout,
        't\n', 'of threads')
    k.run('def late():\n    time.sleep(0.3); print("late"); display("late")\n'
          'threading.Thread(target=late).start()')
    cell = k.run('1')
    is_([e['type'] for e in cell.events], ['result'], 'a thread goes on')
    is_(k.run('time.sleep(1)').stdout, 'late\n', 'and prints in later cells')

    for code, what in (
            ('sys.stdout = None', 'no stdout'),
            ('sys.stdout.close()', 'a closed stdout'),
            ('sys.stdout.detach()', 'a detached stdout'),
            ('sys.stdout.buffer.close()', 'a closed buffer'),
            ('os.close(1)', 'descriptor 1 closed'),
            ('os.dup2(os.open("/dev/null", os.O_WRONLY), 1)', 'replaced'),
            ('os.closerange(0, 1024)', 'all descriptors closed'),
            ('os.closerange(3, 1024); [os.open("/dev/null", 1) for _ in '
             'range(300)]; None', 'and others in their place')):
        k.run('import os, sys; ' + code)
        is_(k.run('print("back"); 3').stdout, 'back\n', what)
        is_(k.cell.text, '3', 'and results')

    foreign = k.foreign
    cell = k.run('''
for fd in map(int, os.listdir('/proc/self/fd')):
    for data in (b'', b'x' * 24, b'{"type":"error"}', b'D' * 40):
        try: os.write(fd, data)
        except OSError: pass
''')
    is_([cell.events, cell.done['failed']], [[], False],
        'writing to every descriptor')
    ok(k.foreign > foreign, 'reaches the connection, and is ignored')
    cell = k.run('''
import socket, stat
for fd in map(int, os.listdir('/proc/self/fd')):
    try:
        if stat.S_ISSOCK(os.fstat(fd).st_mode):
            socket.socket(fileno=os.dup(fd)).shutdown(socket.SHUT_WR)
    except OSError: pass
display(1); 2''')
    is_([e['text'] for e in cell.events], ['1', '2'], 'a connection shut down')
    is_(k.run('''
import json, signal, threading, time
json.dumps = json.loads = time.time = threading.get_ident = None
signal.signal(signal.SIGPIPE, signal.SIG_DFL)
3''').text, '3', 'functions of the library replaced')
    is_(k.run('4').text, '4', 'for good')
    k.close()
    k = kernel()

    is_(k.run('print(\'data: {"type":"execution_complete"}\\n\\n\')').stdout,
        'data: {"type":"execution_complete"}\n\n\n', 'what looks like events')

    is_(len(k.run('for i in range(100_000): print("x" * 99)').printed[1]),
        10_000_000, 'ten megabytes')

    k.close()


def processes():
    k = kernel()

    cell = k.run('import os, sys\nif os.fork() == 0: sys.exit(3)\n'
                 'os.WEXITSTATUS(os.wait()[1])')
    is_([cell.text, len(cell.events)], ['3', 1], 'a fork that exits')
    cell = k.run('if os.fork() == 0: raise ValueError("child")\n'
                 'os.WEXITSTATUS(os.wait()[1])')
    is_([cell.text, len(cell.events)], ['1', 1], 'one that fails')
    ok('line 1, in <module>' in cell.stderr
        and cell.stderr.endswith('ValueError: child\n'), 'says why',
        cell.stderr)
    cell = k.run('pid = os.fork()\nprint("pc"[not pid])\n'
                 'os.WEXITSTATUS(os.waitpid(pid, 0)[1]) '
                 'if pid else display("child")')
    is_([sorted(cell.stdout.split()), cell.text, len(cell.events)],
        [['c', 'p'], '0', 1], 'one that goes on')
    cell = k.run('import multiprocessing as m\n'
                 'def square(x): return x * x\n'
                 'with m.get_context("fork").Pool(2) as p: '
                 'r = p.map(square, [1, 2, 3])\nr')
    is_(cell.text, '[1, 4, 9]', 'multiprocessing')
    is_(k.run('from concurrent.futures import ThreadPoolExecutor as T\n'
              'with T() as t: r = list(t.map(square, [4]))\nr').text, '[16]',
        'a pool of threads')
    is_(k.run('import pickle\nclass P: pass\n'
              'type(pickle.loads(pickle.dumps(P()))) is P').text, 'True',
        'pickled by __main__')
    is_(k.run('import inspect; inspect.getsource(square)').text,
        repr('def square(x): return x * x\n'), 'the source of a function')

    k.run('os.environ["KEPT"] = "1"')
    is_(k.run('os.getcwd(), os.environ["A"]', cwd='/usr', env={'A': '2'}).text,
        "('/usr', '2')", 'a directory and an environment')
    is_(k.run('os.environ.get("A"), os.environ["KEPT"], os.getcwd() != "/usr"')
        .text, "(None, '1', True)", 'of that cell only')
    is_(k.run('1', cwd='/no/such').ename, 'FileNotFoundError',
        'no such directory')

    for code, how in (('os._exit(7)', 7), ('os.abort()', -6),
                      ('os.kill(os.getpid(), 9)', -9),
                      ('import ctypes; ctypes.string_at(0)', -11)):
        k = kernel()
        k.begin('import os\n' + code)
        try:
            k.finish()
            ok(False, code)
        except Died:
            is_(k.process.wait(), how, code)


def installs():
    """pip makes a directory that was not there when Python started."""

    home = os.path.join(temp.name, 'home')
    os.mkdir(home)
    wheel = os.path.join(temp.name, 'midway-1.0-py3-none-any.whl')

    with zipfile.ZipFile(wheel, 'w') as z:
        z.writestr('midway.py', 'value = 42\n')
        z.writestr('midway-1.0.dist-info/METADATA',
                   'Metadata-Version: 2.1\nName: midway\nVersion: 1.0\n')
        z.writestr('midway-1.0.dist-info/WHEEL', 'Wheel-Version: 1.0\n'
                   'Root-Is-Purelib: true\nTag: py3-none-any\n')
        z.writestr('midway-1.0.dist-info/RECORD', '')

    k = Kernel(['python3', '-u', BUNDLE], {'HOME': home})
    is_(k.run('import midway').ename, 'ModuleNotFoundError', 'before pip')
    cell = k.run('import site, zipfile, os\n'
                 'os.makedirs(site.getusersitepackages())\n'
                 'zipfile.ZipFile(%r).extractall(site.getusersitepackages())'
                 % wheel)
    is_(cell.ename, None, 'a package is installed')
    is_(k.run('import midway; midway.value').text, '42', 'and imported')
    k.close()


for test in (values, formats, errors, asynchronous, interrupts, output,
             processes, installs):
    test()

done()
