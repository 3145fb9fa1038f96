# Copyright (C) the ngx_sandbox authors

"""Figures of matplotlib: the backend that they are drawn with, and results."""

import base64
import functools
import io
import sys

# calls of axes whose arguments the drawing does not tell any more
RECORDED = ('bxp', 'hist', 'pie')
RECORD = '_sandbox_calls'


def is_figure(value):
    module = sys.modules.get('matplotlib.figure')
    return module is not None and isinstance(value, module.Figure)


def backend(module, show):
    """Fills in the module that pyplot draws with."""

    from matplotlib.backend_bases import FigureManagerBase
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    class FigureCanvas(FigureCanvasAgg):
        manager_class = FigureManagerBase
        required_interactive_framework = None

    def new_figure_manager(num, *args, FigureClass=Figure, **kwargs):
        return given(num, FigureClass(*args, **kwargs))

    def given(num, figure):
        return FigureManagerBase(FigureCanvas(figure), num)

    module.FigureCanvas = FigureCanvas
    module.FigureManager = FigureManagerBase
    module.new_figure_manager = new_figure_manager
    module.new_figure_manager_given_figure = given
    module.show = lambda *args, **kwargs: show()


def record(module):
    """Axes keep what boxplot(), hist() and pie() were given and returned."""

    for name in RECORDED:
        setattr(module.Axes, name, recorded(name, getattr(module.Axes, name)))


def recorded(name, function):

    @functools.wraps(function)
    def call(axes, *args, **kwargs):
        made = function(axes, *args, **kwargs)
        axes.__dict__.setdefault(RECORD, []).append((name, args, kwargs, made))
        return made

    return call


def png(figure):
    out = io.BytesIO()
    figure.savefig(out, format='png', bbox_inches='tight',
                   facecolor=figure.get_facecolor())

    return base64.b64encode(out.getvalue()).decode('ascii')


def empty(figure):
    return not figure.axes and not figure.get_children()[1:]


def each_open():
    """Every open figure in turn, which is closed afterwards."""

    from matplotlib import _pylab_helpers, pyplot

    for manager in _pylab_helpers.Gcf.get_all_fig_managers():
        figure = manager.canvas.figure

        try:
            yield figure
        finally:
            pyplot.close(figure)
