# Copyright (C) the ngx_sandbox authors

"""Results: an object in every format that it has."""

import base64
import functools
import json
import math
import sys

# member of a result, MIME type, and the method of an object that makes it
FORMATS = (
    ('html', 'text/html', '_repr_html_'),
    ('markdown', 'text/markdown', '_repr_markdown_'),
    ('svg', 'image/svg+xml', '_repr_svg_'),
    ('png', 'image/png', '_repr_png_'),
    ('jpeg', 'image/jpeg', '_repr_jpeg_'),
    ('pdf', 'application/pdf', '_repr_pdf_'),
    ('latex', 'text/latex', '_repr_latex_'),
    ('json', 'application/json', '_repr_json_'),
    ('javascript', 'application/javascript', '_repr_javascript_'),
)

MEMBERS = {mime: member for member, mime, _ in FORMATS}
MEMBERS['text/plain'] = 'text'
MEMBERS['text/javascript'] = 'javascript'
BINARY = {'png', 'jpeg', 'pdf'}

TEXT_MAX = 1 << 20                              # characters of a representation
RESULT_MAX = 48 << 20                           # bytes of a result's format
ROWS_MAX = 1000                                 # of a data frame
COLUMNS_MAX = 200


class Display:

    def __init__(self, kernel, load):
        self.kernel = kernel
        self.load = load
        self._charts = None
        self.seen = set()                       # figures shown by this cell

    # what to show

    def show(self, value, metadata=None):
        """Shows one object."""

        hook = getattr(type(value), '_ipython_display_', None)

        if hook is not None:
            value._ipython_display_()
            return

        shell = self.kernel._ipython

        if shell and not is_figure(value):
            data, more = shell.display_formatter.format(value)
        else:
            data, more = self.format(value)

        if metadata:
            more = dict(more, **metadata)

        self.bundle(data, more, value=value)

    def format(self, value):
        """The MIME bundle of an object, as IPython makes it."""

        data, metadata = {}, {}

        if is_class(value):
            return {'text/plain': plain(value)}, metadata

        bundle = call(value, '_repr_mimebundle_', include=None, exclude=None)

        if isinstance(bundle, tuple) and len(bundle) == 2:
            bundle, metadata = bundle

        if isinstance(bundle, dict):
            data.update(bundle)

        for _, mime, method in FORMATS:
            if mime in data:
                continue

            made = call(value, method)

            if isinstance(made, tuple) and len(made) == 2:
                made, about = made
                metadata = dict(metadata, **{mime: about})

            if made is not None:
                data[mime] = made

        data.setdefault('text/plain', plain(value))

        return data, metadata

    def bundle(self, data, metadata, transient=None, value=None):
        """Sends a MIME bundle as a result event."""

        event = {'type': 'result'}
        extra, dropped = {}, []

        if is_figure(value):
            data = dict(data)
            data.pop('text/plain', None)
            self.add_figure(event, value)
            self.seen.add(id(value))

        for mime, content in data.items():
            member = MEMBERS.get(mime)

            try:
                if member is None:
                    extra[mime] = content = plain_json(content)
                else:
                    content = encode(member, content)
                    event[member] = content
            except (TypeError, ValueError, RecursionError):
                dropped.append(member or mime)
                continue

            if isinstance(content, str) and len(content) > RESULT_MAX:
                event.pop(member, None)
                extra.pop(mime, None)
                dropped.append(member or mime)

        if 'json' not in event and type(value) in (dict, list):
            try:
                made = plain_json(value)
                if len(json.dumps(made)) <= RESULT_MAX:
                    event['json'] = made
            except (TypeError, ValueError, RecursionError):
                pass                            # its text has to do

        if is_frame(value):
            self.add_frame(event, value)

        if extra:
            event['extra'] = extra

        about = {}

        if transient and transient.get('display_id'):
            about['display_id'] = str(transient['display_id'])

        for mime, item in (metadata or {}).items():
            try:
                about[MEMBERS.get(mime, str(mime))] = plain_json(item)
            except (TypeError, ValueError, RecursionError):
                pass

        if dropped:
            about['dropped'] = dropped

        event['metadata'] = about

        self.kernel.event(event)

    def add_frame(self, event, frame):
        try:
            event['data'] = frame_data(frame)
        except Exception:
            pass                                # its text and HTML have to do

    # matplotlib

    def backend(self, module):
        """Fills in the backend that pyplot draws with."""

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

        def show(*args, **kwargs):
            self.figures()

        module.FigureCanvas = FigureCanvas
        module.FigureManager = FigureManagerBase
        module.new_figure_manager = new_figure_manager
        module.new_figure_manager_given_figure = given
        module.show = show

    def boxes(self, module):
        """Axes keep what boxplot() was given: it draws lines only."""

        bxp = module.Axes.bxp

        @functools.wraps(bxp)
        def record(axes, stats, *args, **kwargs):
            parts = bxp(axes, stats, *args, **kwargs)
            axes.__dict__.setdefault('_sandbox_boxes', []).append(
                (stats, parts))
            return parts

        module.Axes.bxp = record

    def add_figure(self, event, figure):
        import io

        if 'png' not in event:
            out = io.BytesIO()
            figure.savefig(out, format='png', bbox_inches='tight',
                           facecolor=figure.get_facecolor())
            event['png'] = base64.b64encode(out.getvalue()).decode('ascii')

        if self._charts is None:
            self._charts = self.load('chart')

        try:
            chart = self._charts.chart(figure)
        except Exception:
            chart = None                        # the picture has to do

        if chart:
            event['chart'] = chart

    def figures(self):
        """Shows and closes every figure that is open."""

        from matplotlib import _pylab_helpers, pyplot

        for manager in _pylab_helpers.Gcf.get_all_fig_managers():
            figure = manager.canvas.figure

            try:
                if id(figure) not in self.seen and (
                        figure.axes or figure.get_children()[1:]):
                    self.bundle({}, {}, value=figure)
            finally:
                pyplot.close(figure)

        self.seen.clear()


def is_class(value):
    return isinstance(value, type)


def is_figure(value):
    module = sys.modules.get('matplotlib.figure')
    return module is not None and isinstance(value, module.Figure)


def is_frame(value):
    module = sys.modules.get('pandas')
    return module is not None and isinstance(value, getattr(module, 'DataFrame',
                                                            ()))


def call(value, method, **arguments):
    """What a method of an object returns; None if it has none, or fails."""

    # an object that answers to every name has no formats
    if getattr(type(value), '_repr_no_such_method_', None) is not None:
        return None

    function = getattr(type(value), method, None)

    if function is None:
        return None

    try:
        return getattr(value, method)(**arguments)
    except NotImplementedError:
        return None
    except Exception:
        import traceback
        traceback.print_exc()
        return None


def plain(value):
    try:
        text = repr(value)
        if type(value) in (dict, list, set, tuple) and len(text) > 79:
            import pprint
            if len(text) < 100000:
                text = pprint.pformat(value, sort_dicts=False)
    except Exception as e:
        return '<the object cannot be shown: %s>' % type(e).__name__

    return text


def encode(member, content):
    if member in BINARY:
        if isinstance(content, (bytes, bytearray, memoryview)):
            return base64.b64encode(content).decode('ascii')
        return ''.join(str(content).split())

    if member == 'json':
        return plain_json(content)

    if isinstance(content, (bytes, bytearray)):
        content = content.decode('utf-8', 'replace')

    content = str(content)

    if member == 'text' and len(content) > TEXT_MAX:
        return content[:TEXT_MAX] + '\n… truncated: %d characters' % (
            len(content))

    return content


def plain_json(value, depth=0):
    """A value that JSON can hold; ValueError if it is too deep."""

    if value is None or isinstance(value, (bool, str)):
        return value

    if isinstance(value, int):
        return int(value)

    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None

    if depth > 100:
        raise ValueError('too deep')

    if isinstance(value, dict):
        return {str(k): plain_json(v, depth + 1) for k, v in value.items()}

    if isinstance(value, (list, tuple)):
        return [plain_json(v, depth + 1) for v in value]

    # numbers and arrays of numpy
    if hasattr(value, 'tolist'):
        return plain_json(value.tolist(), depth + 1)

    raise TypeError(type(value).__name__)


def frame_data(frame):
    rows, columns = frame.shape
    part = frame.iloc[:ROWS_MAX, :COLUMNS_MAX]

    index = part.index
    numbered = type(index).__name__ == 'RangeIndex' and index.start == 0

    out = {
        'columns': [{'name': label(name), 'dtype': str(dtype)}
                    for name, dtype in zip(part.columns, part.dtypes)],
        'shape': [rows, columns],
        'truncated': rows > ROWS_MAX or columns > COLUMNS_MAX,
    }

    split = json.loads(part.to_json(orient='split', date_format='iso',
                                    default_handler=str))
    names = [column['name'] for column in out['columns']]

    if len(set(names)) != len(names):
        names = ['%d' % n if names.count(name) > 1 else name
                 for n, name in enumerate(names)]

    out['records'] = [dict(zip(names, row)) for row in split['data']]

    if not numbered:
        out['index'] = {'name': label(index.name) if index.name is not None
                        else None, 'values': split['index']}

    return out


def label(name):
    return name if isinstance(name, str) else str(name)
