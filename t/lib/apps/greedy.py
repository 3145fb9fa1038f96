# Copyright (C) the ngx_sandbox authors

# Takes as much of one thing as it can get, holds it, and tries for more every
# second.  Prints how much it has.

import ctypes
import fcntl
import mmap
import os
import resource
import select
import signal
import socket
import sys
import time

libc = ctypes.CDLL(None, use_errno=True)
kept = []


def call(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), 'call')
    return result


def files():
    kept.append(os.open('/dev/null', os.O_RDONLY))


def in_flight():
    a, b = socket.socketpair()
    a.setblocking(False)
    kept.extend((a, b))
    some = [os.open('/dev/null', os.O_RDONLY) for i in range(100)]
    try:
        while True:
            socket.send_fds(a, [b'x'], some)
    except BlockingIOError:
        pass
    finally:
        for fd in some:
            os.close(fd)


def inotify():
    fd = call(libc.inotify_init1(0))
    kept.append(fd)
    for path in (b'/', b'/tmp', b'/usr', b'/etc', b'/bin'):
        call(libc.inotify_add_watch(fd, path, 0xfff))


def epoll():
    poll = select.epoll()
    kept.append(poll)
    for fd in kept[:1000]:
        if isinstance(fd, socket.socket):
            poll.register(fd, 1)
    kept.append(socket.socket(socket.AF_UNIX))


def terminals():
    kept.append(os.open('/dev/ptmx', os.O_RDWR | os.O_NOCTTY))


def pipes():
    r, w = os.pipe()
    kept.extend((r, w))
    os.set_blocking(w, False)
    os.write(w, b'x' * 65536)


def signals():
    if not kept:
        kept.append(signal.pthread_sigmask(signal.SIG_BLOCK, [40]))
    call(libc.sigqueue(os.getpid(), 40, None))


def messages():
    queue = call(libc.msgget(0, 0o600 | 0o1000))
    data = ctypes.create_string_buffer(b'\1' + b'\0' * 7 + b'x' * 8000)
    while libc.msgsnd(queue, data, 8000, 0o4000) == 0:
        pass


def semaphores():
    call(libc.semget(0, 250, 0o600 | 0o1000))


def locks():
    fd = os.open('/tmp/locks-%d-%d' % (os.getpid(), len(kept)),
                 os.O_RDWR | os.O_CREAT)
    kept.append(fd)
    for i in range(2000, 0, -1):
        fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, 2 * i)


def tcp():
    listener = socket.socket()
    listener.bind(('127.0.0.1', 0))
    listener.listen(1)
    a = socket.create_connection(listener.getsockname())
    b = listener.accept()[0]
    listener.close()
    kept.extend((a, b))
    a.setblocking(False)
    try:
        while True:
            a.send(b'x' * 65536)
    except BlockingIOError:
        pass


def udp():
    a = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    a.bind(('127.0.0.1', 0))
    kept.append(a)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as b:
        for i in range(150):
            b.sendto(b'x' * 1400, a.getsockname())


def netlink():
    a = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 2)
    a.bind((0, 0))
    kept.append(a)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 2) as b:
        b.setblocking(False)
        try:
            while True:
                b.sendto(b'x' * 30000, (a.getsockname()[0], 0))
        except BlockingIOError:
            pass


def unix():
    a, b = socket.socketpair()
    kept.extend((a, b))
    a.setblocking(False)
    try:
        while True:
            a.send(b'x' * 65536)
    except BlockingIOError:
        pass


def memory():
    kept.append(bytearray(os.urandom(4096)) * 256)


def shared():
    area = mmap.mmap(-1, 1 << 20)
    area.write(b'x' * (1 << 20))
    kept.append(area)


def processes():
    if os.fork() == 0:
        time.sleep(10000)


def cpu():
    if os.fork() == 0:
        while True:
            pass
    if len(kept) > 8:
        raise OSError
    kept.append(0)


def disk():
    with open('/workspace/fill', 'wb') as f:
        for i in range(64):
            f.write(b'x' * 1000000)
        f.flush()
        os.fsync(f.fileno())


def names():
    top = '/workspace/names/%d' % (len(kept) % 20)
    os.makedirs(top, exist_ok=True)
    for i in range(500):
        os.close(os.open('%s/%d' % (top, i), os.O_CREAT | os.O_WRONLY))
    if len(kept) % 20 == 19:
        os.system('rm -rf /workspace/names')
    kept.append(0)


def output():
    for i in range(2000):
        print('flood ' * 100)


# more than one process may have is had by several

def main(what, number):
    action = globals()[what]
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

    for i in range(number - 1):
        if os.fork() == 0:
            break

    n = 0
    told = 0
    while True:
        try:
            action()
            n += 1
        except (OSError, MemoryError):
            time.sleep(1)
        if time.monotonic() > told + 2:
            told = time.monotonic()
            print(what, n, flush=True)


main(sys.argv[1], int(sys.argv[2]))
