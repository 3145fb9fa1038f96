# Copyright (C) the ngx_sandbox authors

"""The kernel's connection to the agent: packets on a private socket.

A packet is a header of 24 bytes and a payload:

    token   16 bytes, secret: packets without it are ignored
    type    1 byte
    flags   1 byte, MORE: the payload continues in the next packet; LAST: the
            event is the last one of its cell, whose DONE follows at once
            2 bytes, zero
    id      4 bytes, little-endian: the number of the execution

The socket keeps the boundaries of packets, so bytes that user code writes to
it are packets without the token, and change nothing.  The agent acknowledges
each event but the last once it has read what was printed before.
"""

import array
import fcntl
import os
import socket
import struct

HEADER = struct.Struct('<16sBBHI')
CHUNK = 48 * 1024                               # bytes of payload in a packet
MORE, LAST = 1, 2                               # flags

# from the agent
HELLO, EXECUTE, INTERRUPT, ACK = b'HXIA'

# to the agent
READY, EVENT, DONE, CONNECT = b'REDC'

FIRST_FD = 200                                  # away from those of user code


class Closed(Exception):
    """The agent has closed the connection."""


class Channel:

    def __init__(self, fd):
        self.pid = os.getpid()
        self.token = None
        self.address = None
        self._attach(fd)
        self._stdio = [self._hide(n) for n in (0, 1, 2)]
        self._identity = [self._inode(n) for n in (0, 1, 2)]

        kind, _, payload = self._packet()

        if kind != HELLO:
            raise Closed

        self.token, self.address = payload[:16], payload[16:]

    def _attach(self, fd):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET,
                                    0, self._hide(fd))
        os.close(fd)
        self.inode = self._inode(self.socket.fileno())

    @staticmethod
    def _hide(fd):
        return fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, FIRST_FD)

    @staticmethod
    def _inode(fd):
        try:
            st = os.fstat(fd)
        except OSError:
            return None
        return st.st_dev, st.st_ino

    def restore(self):
        """Undoes what a cell did to the connection, stdin, stdout and stderr.

        A cell may have closed or replaced any descriptor.  What has been lost
        comes from the agent again.
        """

        if self._inode(self.socket.fileno()) != self.inode:
            self._reconnect()

        for n in (0, 1, 2):
            if self._inode(n) == self._identity[n]:
                continue

            if self._inode(self._stdio[n]) != self._identity[n]:
                self._reconnect()

            os.dup2(self._stdio[n], n)

    def _reconnect(self):
        s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        s.connect(self.address)
        s.send(HEADER.pack(self.token, CONNECT, 0, 0, 0))

        fds = array.array('i')
        _, control, _, _ = s.recvmsg(64, socket.CMSG_SPACE(3 * fds.itemsize))

        for level, kind, data in control:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                fds.frombytes(data[:len(data) // fds.itemsize * fds.itemsize])

        if len(fds) != 3:
            raise Closed

        # what the numbers stand for now belongs to user code
        self.socket.detach()
        self._attach(s.detach())

        self._stdio = [self._hide(fd) for fd in fds]
        self._identity = [self._inode(fd) for fd in fds]

        for fd in fds:
            os.close(fd)

    def _packet(self):
        data = self.socket.recv(HEADER.size + CHUNK)

        if not data:
            raise Closed

        token, kind, flags, _, number = HEADER.unpack_from(data)

        if self.token is not None and token != self.token:
            raise Closed

        self._more = flags & MORE

        return kind, number, data[HEADER.size:]

    def receive(self):
        """The next message: its type, number and payload."""

        kind, number, payload = self._packet()
        parts = [payload]

        while self._more:
            _, _, payload = self._packet()
            parts.append(payload)

        return kind, number, b''.join(parts)

    def _send(self, kind, number, payload, last):
        view = memoryview(payload)

        while True:
            part = view[:CHUNK]
            view = view[CHUNK:]
            flags = (MORE if view else 0) | (LAST if last else 0)
            header = HEADER.pack(self.token, kind, flags, 0, number)

            self.socket.sendmsg([header, part], [], socket.MSG_NOSIGNAL)

            if not view:
                break

    def interrupted(self, number):
        """Whether an interrupt of that execution has arrived already."""

        try:
            data = self.socket.recv(HEADER.size, socket.MSG_PEEK
                                    | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False

        return (len(data) == HEADER.size and data[16] == INTERRUPT
                and HEADER.unpack(data)[4] == number)

    def send(self, kind, number, payload=b'', last=False):

        # a process that user code has forked is not the kernel
        if os.getpid() != self.pid:
            return

        if self._inode(self.socket.fileno()) != self.inode:
            self.restore()

        try:
            self._send(kind, number, payload, last)
        except OSError:
            self._reconnect()                   # user code has shut it down
            self._send(kind, number, payload, last)

        # what is printed from now on comes after the event

        while kind == EVENT and not last:
            if self._packet()[0] == ACK:
                return
