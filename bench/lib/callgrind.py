# Copyright (C) the ngx_sandbox authors
#
# Counts what a worker of nginx executes, by valgrind.

import glob
import os
import re
import signal

from lib.host import Failed, wait

# a worker calls it on USR1, and at no other time
MARK = 'ngx_reopen_files'


def under(host):
    """From now on the nginxes of this host run under callgrind."""

    dir = host.path('callgrind')
    os.mkdir(dir)

    # workers have left root's rights behind when they write
    os.chmod(dir, 0o777)

    host.wrapper = ['valgrind', '-q', '--tool=callgrind',
                    '--dump-before=' + MARK,
                    '--callgrind-out-file=%s/%%p' % dir]

    return dir


class Counter:
    """Of one worker; each mark says how much it executed since the last."""

    def __init__(self, dir, worker):
        self.dir = dir
        self.worker = worker
        self.marks = 0
        self.mark()

    def mark(self):
        self.marks += 1
        os.kill(self.worker, signal.SIGUSR1)

        return wait(self.total, 'the worker\'s count')

    def total(self):
        for path in glob.glob('%s/%d.%d' % (self.dir, self.worker,
                                            self.marks)):
            with open(path) as f:
                found = re.search(r'^totals: (\d+)$', f.read(), re.M)

            if found:
                return int(found.group(1))

        if not os.path.exists('/proc/%d' % self.worker):
            raise Failed('the worker is gone')

        return None

    def each(self, requests, count):
        """Instructions of one of the requests that requests(n) sends: what
        twice as many take more, so that what comes once does not count."""

        self.mark()
        requests(count)
        once = self.mark()
        requests(2 * count)

        return (self.mark() - once) / count
