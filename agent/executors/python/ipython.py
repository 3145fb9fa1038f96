# Copyright (C) the ngx_sandbox authors

"""IPython's shell in a kernel: magics, "!command", "?help" and its displays."""

import sys


def shell(kernel):
    from IPython.core.displayhook import DisplayHook
    from IPython.core.formatters import DisplayFormatter
    from IPython.core.displaypub import DisplayPublisher
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    hook = sys.displayhook

    class Formatter(DisplayFormatter):
        def format(self, obj, include=None, exclude=None):
            """With the object, whose chart or records IPython has not."""

            data, metadata = super().format(obj, include, exclude)

            # nothing: the object has shown itself
            if data:
                data = dict(data, **{kernel.rich.OBJECT: obj})

            return data, metadata

    class Hook(DisplayHook):
        def __call__(self, value=None):
            kernel.displayhook(value)

    class Publisher(DisplayPublisher):
        def publish(self, data, metadata=None, source=None, *,
                    transient=None, update=False, **_):
            kernel.rich.bundle(data, metadata or {}, transient)

        def clear_output(self, wait=False):
            """What has been streamed cannot be taken back."""

    class Shell(InteractiveShell):
        displayhook_class = Hook
        display_pub_class = Publisher

        def init_display_formatter(self):
            self.display_formatter = Formatter(parent=self)
            self.configurables.append(self.display_formatter)

        def run_line_magic(self, magic_name, line, _stack_depth=1):
            if magic_name == 'config' and 'Inline' in line:
                inline_options(self)

            return super().run_line_magic(magic_name, line, _stack_depth + 1)

        def enable_matplotlib(self, gui=None):
            """Figures are drawn by the kernel's backend, whatever is asked."""

            return 'inline', 'module://matplotlib_inline.backend_inline'

        def enable_gui(self, gui=None):
            pass

        def ask_exit(self):
            raise SystemExit(0)

        def init_sys_modules(self):
            """__main__ stays the kernel's."""

        def init_io(self):
            """Streams stay the kernel's."""

        def showtraceback(self, *args, **kwargs):
            # of code that a magic has run
            raise

        def system(self, cmd):
            import subprocess

            kernel.flush()
            code = subprocess.call(cmd, shell=True, executable='/bin/bash')
            self.user_ns['_exit_code'] = code if code >= 0 else 128 - code

    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = 'NoColor'
    config.InteractiveShell.xmode = 'Context'
    config.InteractiveShell.autocall = 0

    ns = dict(kernel.ns)
    instance = Shell.instance(config=config, user_module=kernel.main,
                              user_ns=kernel.ns)
    kernel.ns.update({name: ns[name] for name in ('In', 'Out')})
    instance.system_raw = instance.system_piped = instance.system

    sys.displayhook = hook

    return instance


def inline_options(shell):
    """%config InlineBackend.figure_formats, as Jupyter has it."""

    from matplotlib_inline.config import InlineBackend

    options = InlineBackend.instance(parent=shell)
    options.shell = shell

    if options not in shell.configurables:
        shell.configurables.append(options)
