# Copyright (C) the ngx_sandbox authors

"""Packages that show things are prepared when user code imports them."""

import os
import sys
from importlib.machinery import ModuleSpec

BACKEND = 'sandbox_matplotlib_backend'


class Importing:

    def __init__(self, kernel):
        self.kernel = kernel
        self.todo = {
            'matplotlib': lambda m: m.use('module://' + BACKEND),
            'matplotlib.axes._axes': lambda m: kernel.rich.record(m),
            'plotly.io._renderers': self.plotly,
            'IPython.core.interactiveshell': lambda m: kernel.ipython,
        }

    def find_spec(self, name, path=None, target=None):
        if name == BACKEND:
            return ModuleSpec(name, self)

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

    # as the loader of the backend of matplotlib

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        self.kernel.rich.backend(module)

    def plotly(self, module):
        """A renderer that shows figures as results."""

        rich = self.kernel.rich

        class Renderer(module.ExternalRenderer):
            def render(self, figure):
                rich.plotly(figure)

        if 'PLOTLY_RENDERER' not in os.environ:
            module.renderers['sandbox'] = Renderer()
            module.renderers.default = 'sandbox'
            module.renderers.render_on_display = True
