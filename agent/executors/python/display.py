# Copyright (C) the ngx_sandbox authors

"""Results: an object in every format that it has."""

import base64
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

PLOTLY = 'application/vnd.plotly.v1+json'

# in a bundle that IPython has made: the object itself
OBJECT = 'application/x-sandbox-object'

TEXT_MAX = 1 << 20                              # characters of a text
RESULT_MAX = 48 << 20                           # bytes of a result's format
PRETTY_MAX = 100000                             # characters set on lines
VALUES_MAX = 1000000                            # of a member json
DEPTH_MAX = 100


class Display:

    OBJECT = OBJECT

    def __init__(self, kernel, load):
        self.kernel = kernel
        self.load = load
        self.figure = load('figures')
        self.frame = load('frame')
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

        if shell:
            data, more = shell.display_formatter.format(value)
        else:
            data, more = self.format(value)
            data[OBJECT] = value

        if metadata:
            more = dict(more, **metadata)

        self.bundle(data, more)

    def format(self, value):
        """The MIME bundle of an object, as IPython makes it."""

        data, metadata = {}, {}

        if isinstance(value, type):
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

    def bundle(self, data, metadata, transient=None):
        """Sends a MIME bundle as a result event."""

        data = dict(data)
        value = data.pop(OBJECT, None)
        event = {'type': 'result'}
        extra, dropped, about = {}, [], {}

        if self.figure.is_figure(value):
            data.pop('text/plain', None)
            self.seen.add(id(value))

        for mime, content in data.items():
            member = MEMBERS.get(mime)

            try:
                content = encode(member, content)
            except (TypeError, ValueError, RecursionError):
                dropped.append(member or mime)
                continue

            if isinstance(content, str) and len(content) > RESULT_MAX:
                dropped.append(member or mime)
            elif member:
                event[member] = content
            else:
                extra[mime] = content

        if self.figure.is_figure(value):
            self.add_figure(event, value)

        elif self.frame.is_frame(value):
            self.add_frame(event, value)

        elif isinstance(value, (dict, list)) and 'json' not in event:
            self.add_json(event, value, dropped)

        if extra:
            event['extra'] = extra

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

    def add_json(self, event, value, dropped):
        try:
            event['json'] = plain_json(value)
        except TypeError:
            pass                                # its text has to do
        except (ValueError, RecursionError):
            dropped.append('json')

    def add_frame(self, event, frame):
        try:
            event['data'] = self.frame.data(frame)
        except Exception:
            pass                                # its text and HTML have to do

    def add_figure(self, event, figure):
        if not any(name in event for name in ('png', 'svg', 'jpeg', 'pdf')):
            event['png'] = self.figure.png(figure)

        if self._charts is None:
            self._charts = self.load('chart'), self.load('series')

        try:
            chart = plain_json(self._charts[0].chart(figure, self._charts[1]))
        except Exception:
            chart = None                        # the picture has to do

        if chart:
            event['chart'] = chart

    # of packages

    def backend(self, module):
        self.figure.backend(module, self.figures)

    def record(self, module):
        self.figure.record(module)

    def figures(self):
        """Shows and closes every figure that is open."""

        if 'matplotlib.pyplot' in sys.modules:
            for figure in self.figure.each_open():
                if id(figure) not in self.seen and (
                        not self.figure.empty(figure)):
                    self.show(figure)

        self.seen.clear()

    def plotly(self, figure):
        from plotly import io

        self.bundle({
            PLOTLY: json.loads(io.to_json(figure, validate=False)),
            'text/html': io.to_html(figure, include_plotlyjs='cdn',
                                    full_html=False, validate=False),
        }, {})


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
        if (type(value) in (dict, list, set, tuple)
                and 79 < len(text) < PRETTY_MAX):
            import pprint
            text = pprint.pformat(value, sort_dicts=False)
    except Exception as e:
        return '<the object cannot be shown: %s>' % type(e).__name__

    return text


def encode(member, content):
    if member in BINARY:
        if isinstance(content, (bytes, bytearray, memoryview)):
            return base64.b64encode(content).decode('ascii')
        return ''.join(str(content).split())

    if member in ('json', None):
        return plain_json(content)

    if isinstance(content, (bytes, bytearray)):
        content = content.decode('utf-8', 'replace')

    content = str(content)

    if member == 'text' and len(content) > TEXT_MAX:
        return content[:TEXT_MAX] + '\n… truncated: %d characters' % (
            len(content))

    return content


def plain_json(value):
    """A value that JSON can hold; ValueError if it is too large or deep."""

    left = VALUES_MAX

    def plain(value, depth):
        nonlocal left

        if value is None or isinstance(value, (bool, str)):
            return value

        if isinstance(value, int):
            return int(value)

        if isinstance(value, float):
            return float(value) if math.isfinite(value) else None

        if depth > DEPTH_MAX:
            raise ValueError('too deep')

        if isinstance(value, dict):
            take(len(value))
            return {str(k): plain(v, depth + 1) for k, v in value.items()}

        if isinstance(value, (list, tuple)):
            take(len(value))
            return [plain(v, depth + 1) for v in value]

        # numbers and arrays of numpy
        if hasattr(value, 'tolist'):
            take(getattr(value, 'size', 1))
            return plain(value.tolist(), depth + 1)

        raise TypeError(type(value).__name__)

    def take(n):
        nonlocal left

        left -= n

        if left < 0:
            raise ValueError('too many values')

    return plain(value, 0)
