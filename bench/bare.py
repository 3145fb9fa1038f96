# Copyright (C) the ngx_sandbox authors
#
# What code contexts are compared with, in the same container; run there.
#
#   bare.py echo LANGUAGE COUNT   an expression through pipes to a bare
#                                 interpreter that evaluates lines, again and
#                                 again: nanoseconds, one a line, as probe does
#   bare.py memory LANGUAGE       kB of private memory of a bare prompt: ipython
#                                 or node
#   bare.py kernels               kB of each kernel, one a line
#
# LANGUAGE: python, javascript or typescript.

import glob
import subprocess
import sys
import time

PYTHON = '''
import sys
for line in sys.stdin:
    sys.stdout.write('%s\\n' % eval(line))
    sys.stdout.flush()
'''

NODE = '''
process.stdin.on('data', (d) => process.stdout.write(eval(`${d}`) + '\\n'));
'''

ECHO = {'python': ['python3', '-u', '-c', PYTHON],
        'javascript': ['node', '-e', NODE], 'typescript': ['node', '-e', NODE]}

PROMPT = {'python': ['python3', '-m', 'IPython', '--simple-prompt'],
          'javascript': ['node', '-i'], 'typescript': ['node', '-i']}

KERNELS = (b'/proc/self/fd/4', b'--no-force-async-hooks-checks')


def private_kb(pid):
    with open('/proc/%d/smaps_rollup' % pid) as f:
        return sum(int(line.split()[1]) for line in f
                   if line.startswith('Private_'))


def start(command):
    return subprocess.Popen(command, stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, bufsize=0)


def echo(language, count):
    child = start(ECHO[language])

    for _ in range(count):
        begun = time.perf_counter_ns()
        child.stdin.write(b'1 + 1\n')

        answer = b''

        while not answer.endswith(b'\n'):
            answer += child.stdout.read(16)


        print(time.perf_counter_ns() - begun)


def memory(language):
    child = start(PROMPT[language])

    child.stdin.write(b'1 + 1\n')

    while b'2' not in child.stdout.read(4096):
        pass

    time.sleep(0.5)
    print(private_kb(child.pid))
    child.kill()


def kernels():
    for path in glob.glob('/proc/[0-9]*/cmdline'):
        try:
            with open(path, 'rb') as f:
                words = f.read().split(b'\0')
            if any(k in words for k in KERNELS):
                print(private_kb(int(path.split('/')[2])))
        except OSError:
            pass


if sys.argv[1] == 'echo':
    echo(sys.argv[2], int(sys.argv[3]))
elif sys.argv[1] == 'memory':
    memory(sys.argv[2])
else:
    kernels()
