# Copyright (C) the ngx_sandbox authors

"""IPython's shell in a kernel: magics, "!command", "?help" and its displays."""

import sys


def shell(kernel):
    from IPython.core.displayhook import DisplayHook
    from IPython.core.displaypub import DisplayPublisher
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    hook = sys.displayhook

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

        def enable_matplotlib(self, gui=None):
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
