# Copyright (C) the ngx_sandbox authors

"""An exception as an error event, without the kernel's own frames."""

import ast
import traceback

TEXT_MAX = 65536                                # characters of evalue
FRAMES_MAX = 100

# whose frames are left out
KERNEL = '<sandbox kernel'                      # and the names of its modules
MAIN = None                                     # set by kernel.py


def describe(error, count, frames=True):
    kind = type(error)

    try:
        text = str(error)
    except BaseException:
        text = '<the exception cannot be shown>'

    event = {'type': 'error', 'ename': kind.__name__,
             'evalue': text[:TEXT_MAX],
             'traceback': lines(error) if frames else [],
             'execution_count': count}

    # the system has refused what was asked for, before it had to kill
    if isinstance(error, MemoryError):
        event['reason'] = 'oom'
        event['restarted'] = False

    return event


def lines(error):
    """What Python prints of an exception, as lines."""

    kind = type(error)

    try:
        made = traceback.TracebackException(
            kind, error, error.__traceback__, limit=-FRAMES_MAX)
        without_kernel(made)
        return [line[:TEXT_MAX] for line in made.format()]
    except BaseException:
        return [kind.__name__ + '\n']


def without_kernel(made):
    """Removes the kernel's own frames, of causes as well."""

    while made is not None:
        # a syntax error: of the parser, not of user code
        syntax = (getattr(made, 'filename', None) or '').startswith('<cell ')

        made.stack = traceback.StackSummary.from_list([
            frame for frame in made.stack
            if frame.filename != MAIN
            and not frame.filename.startswith(KERNEL)
            and not (syntax and frame.filename == ast.__file__)])

        made = made.__cause__ or made.__context__
