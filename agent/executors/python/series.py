# Copyright (C) the ngx_sandbox authors

"""The series of matplotlib's axes: what was plotted, in its own units."""

import math

POINTS_MAX = 10000                              # of a series


def of(axes):
    x, y = reader(axes.xaxis), reader(axes.yaxis)
    seen = set()                                # artists that are told already
    out = []

    for name, args, kwargs, made in axes.__dict__.get('_sandbox_calls', ()):
        out += RECORDED[name](axes, args, kwargs, made)
        seen.update(id(artist) for artist in artists(made))

    out += contained(axes, x, y, seen)
    out += lines(axes, x, y, seen)
    out += collections(axes, x, y)
    out += patches(axes, x, y, seen)
    out += [made for made in map(image, axes.images) if made]

    return out


# coordinates

def number(v):
    try:
        v = v.item() if hasattr(v, 'item') else v
        if isinstance(v, int):
            return int(v)
        v = float(v)
    except (TypeError, ValueError):
        return None if v is None else str(v)

    return v if math.isfinite(v) else None


def categories(axis):
    mapping = getattr(getattr(axis, 'units', None), '_mapping', None)

    return [str(name) for name in mapping] if mapping else None


def named_ticks(axis):
    """Labels that were set for fixed ticks, by their position."""

    from matplotlib.ticker import FixedFormatter, FixedLocator, FuncFormatter

    locator, formatter = axis.get_major_locator(), axis.get_major_formatter()

    if not (isinstance(locator, FixedLocator)
            and isinstance(formatter, (FixedFormatter, FuncFormatter))):
        return {}

    names = formatter.format_ticks(locator.locs)

    return {float(at): str(name) for at, name in zip(locator.locs, names)
            if str(name)}


def is_time(axis):
    converter = (axis.get_converter() if hasattr(axis, 'get_converter')
                 else getattr(axis, 'converter', None))

    return (getattr(axis, 'freq', None) is not None
            or 'Date' in type(converter).__name__
            or 'Date' in type(axis.get_major_formatter()).__name__)


def reader(axis):
    """A function that turns a coordinate into what the user has given."""

    names = categories(axis)

    if names:
        return named(dict(enumerate(names)))

    if getattr(axis, 'freq', None) is not None:
        return period(axis.freq)

    return date if is_time(axis) else number


def named(names):
    def value(v):
        at = number(v)
        return names.get(at, at)

    return value


def period(freq):
    """pandas plots a regular series of times by the ordinals of periods."""

    from pandas import Period

    def value(v):
        try:
            return Period(ordinal=int(v), freq=freq).to_timestamp().isoformat()
        except (TypeError, ValueError, OverflowError):
            return number(v)

    return value


def date(v):
    from matplotlib import dates

    try:
        made = dates.num2date(float(v))
    except (TypeError, ValueError, OverflowError):
        return None

    return made.replace(tzinfo=None).isoformat()


# series

def series(kind, label, points, **more):
    label = '' if label is None else str(label)
    made = {'type': kind, 'label': '' if label.startswith('_') else label}

    if len(points) > POINTS_MAX:
        points = points[::-(-len(points) // POINTS_MAX)]
        made['truncated'] = True

    made['points'] = points
    made.update((name, value) for name, value in more.items()
                if value is not None and len(value) <= POINTS_MAX)

    return made


def pairs(xs, ys, x, y):
    return [[x(a), y(b)] for a, b in zip(plain(xs), plain(ys))]


def plain(values):
    """Masked values are missing."""

    return values.filled(math.nan) if hasattr(values, 'filled') and (
        values.dtype.kind == 'f') else values


def artists(made):
    """All artists in what a method of axes has returned."""

    if isinstance(made, dict):
        made = made.values()

    if isinstance(made, (tuple, list)) or hasattr(made, 'mapping') or (
            type(made).__name__ == 'dict_values'):
        for item in made:
            yield from artists(item)

    elif hasattr(made, 'get_visible'):
        yield made


# recorded calls

def argument(args, kwargs, name):
    value = args[0] if args else kwargs.get(name)
    data = kwargs.get('data')

    return data[value] if data is not None and isinstance(value, str) else (
        value)


def boxes(axes, args, kwargs, made):
    stats = argument(args, kwargs, 'bxpstats')
    out = [{
        'label': str(one.get('label', n + 1)),
        'min': number(one['whislo']), 'q1': number(one['q1']),
        'median': number(one['med']), 'q3': number(one['q3']),
        'max': number(one['whishi']),
        'outliers': [number(v) for v in list(one.get('fliers', ()))[
            :POINTS_MAX]],
    } for n, one in enumerate(stats)]

    return [series('box', '', [[b['label'], b['median']] for b in out],
                   boxes=out)]


def histogram(axes, args, kwargs, made):
    counts, edges, parts = made
    several = len(counts) and hasattr(counts[0], '__len__')
    middles = [(a + b) / 2 for a, b in zip(edges, edges[1:])]
    x = reader(axes.xaxis)
    out = []

    if not several:
        counts, parts = [counts], [parts]

    for values, part in zip(counts, parts):
        # the first bar has the label, or the polygon
        label = part[0].get_label() if len(part) else ''
        out.append(series('histogram', label,
                          pairs(middles, values, x, number),
                          edges=[x(edge) for edge in edges]))

    return out


def pie(axes, args, kwargs, made):
    values = list(argument(args, kwargs, 'x'))
    labels = kwargs.get('labels')

    if labels is None:
        labels = args[2] if len(args) > 2 else [''] * len(values)
    elif isinstance(labels, str):
        labels = argument((labels,), kwargs, '')

    total = sum(map(float, values)) if kwargs.get('normalize', True) else 1

    return [series('pie', '', [[str(name), number(v)]
                               for name, v in zip(labels, values)],
                   shares=[number(float(v) / total) for v in values])]


RECORDED = {'bxp': boxes, 'hist': histogram, 'pie': pie}


# what axes hold

def contained(axes, x, y, seen):
    from matplotlib import container

    out = []

    for one in axes.containers:
        if isinstance(one, container.BarContainer):
            if not all(id(p) in seen for p in one.patches):
                out.append(bars(one, axes))
            seen.update(id(p) for p in one.patches)

        elif isinstance(one, container.ErrorbarContainer):
            line, caps = one.lines[:2]
            seen.update(id(cap) for cap in caps)
            if line is not None:
                seen.add(id(line))
                out.append(series('line', one.get_label(),
                                  line_points(line, x, y)))

        elif isinstance(one, container.StemContainer):
            seen.update((id(one.markerline), id(one.baseline)))
            out.append(series('stem', one.get_label(),
                              line_points(one.markerline, x, y)))

    return out


def bars(one, axes):
    flat = getattr(one, 'orientation', None) == 'horizontal'
    along = axes.yaxis if flat else axes.xaxis
    ticks = {} if categories(along) else named_ticks(along)
    value = named(ticks) if ticks else reader(along)
    points, base = [], []

    for p in one.patches:
        if flat:
            at, size = p.get_y() + p.get_height() / 2, p.get_width()
            base.append(number(p.get_x()))
        else:
            at, size = p.get_x() + p.get_width() / 2, p.get_height()
            base.append(number(p.get_y()))

        # half a width away and back again
        at = round(at, 12) if abs(at) < 1000 else at
        points.append([number(size), value(at)] if flat
                      else [value(at), number(size)])

    made = series('bar', one.get_label(), points,
                  base=base if any(base) else None)

    if flat:
        made['orientation'] = 'horizontal'

    return made


def line_points(line, x, y):
    if hasattr(line, 'get_data_3d'):
        return [[number(v) for v in point]
                for point in zip(*line.get_data_3d())]

    return pairs(line.get_xdata(orig=False), line.get_ydata(orig=False), x, y)


def lines(axes, x, y, seen):
    out = []

    for line in axes.lines:
        if (id(line) in seen or not line.get_visible()
                or 'AxLine' in type(line).__name__
                or not len(line.get_xdata(orig=False))):
            continue

        points = line_points(line, x, y)
        in_x, in_y = line.get_transform().contains_branch_seperately(
            axes.transData)

        if hasattr(line, 'get_data_3d') or in_x and in_y:
            bare = line.get_linestyle() in ('None', '', ' ')
            kind = 'scatter' if bare else 'line'
        elif in_y:
            kind, points = 'hline', [[None, points[0][1]]]
        elif in_x:
            kind, points = 'vline', [[points[0][0], None]]
        else:
            continue

        out.append(series(kind, line.get_label(), points))

    return out


def collections(axes, x, y):
    from matplotlib.collections import PathCollection, PolyCollection, QuadMesh

    out = []

    for one in axes.collections:
        if not one.get_visible():
            continue

        made = None

        if isinstance(one, PathCollection):
            made = scatter(one, axes, x, y)
        elif isinstance(one, PolyCollection):
            made = area(one, axes, x, y)
        elif isinstance(one, QuadMesh):
            made = mesh(one)

        if made:
            out.append(made)

    return out


def scatter(one, axes, x, y):
    if hasattr(one, '_offsets3d'):
        points = [[number(v) for v in point]
                  for point in zip(*map(plain, one._offsets3d))]
    elif one.get_offset_transform().contains_branch(axes.transData):
        points = [[x(a), None if hidden else y(b)]
                  for (a, b), hidden in zip(*offsets(one))]
    else:
        return None                             # of a contour

    values = one.get_array()

    if values is not None:
        values = [number(v) for v in plain(values)]

    return series('scatter', one.get_label(), points, values=values)


def offsets(one):
    """Positions, and whether each is masked, as one with a NaN is."""

    from numpy import ma

    at = one.get_offsets()

    return ma.getdata(at), ma.getmaskarray(at).any(axis=1)


def area(one, axes, x, y):
    """Of fill_between(): there along one edge, back along the other."""

    if hasattr(one, 'do_3d_projection') or (
            not one.get_transform().contains_branch(axes.transData)):
        return None

    points, base = [], []

    for path in one.get_paths():
        at = path.vertices
        n = (len(at) - 3) // 2
        points += pairs(at[1:n + 1, 0], at[1:n + 1, 1], x, y)
        base += [y(v) for v in at[n + 2:2 * n + 2, 1][::-1]]

    return series('area', one.get_label(), points, base=base) if points else (
        None)


def mesh(one):
    values, size = one.get_array(), one.get_coordinates().shape

    if values is None or values.size > POINTS_MAX:
        return None

    if values.ndim == 1:
        flat = one._shading == 'gouraud'
        values = values.reshape(size[0] - (not flat), size[1] - (not flat))

    return heatmap(values) if values.ndim == 2 else None


def image(one):
    values = one.get_array()

    if values is None or values.ndim != 2 or values.size > POINTS_MAX:
        return None

    return heatmap(values)


def heatmap(values):
    return {'type': 'heatmap', 'label': '',
            'values': [[number(v) for v in row]
                       for row in plain(values).tolist()]}


def patches(axes, x, y, seen):
    out = []

    for one in axes.patches:
        if id(one) in seen or not one.get_visible():
            continue

        if type(one).__name__ == 'StepPatch':
            values, edges, _ = one.get_data()
            middles = [(a + b) / 2 for a, b in zip(edges, edges[1:])]
            out.append(series('histogram', one.get_label(),
                              pairs(middles, values, x, number),
                              edges=[x(edge) for edge in edges]))

        elif type(one).__name__ == 'Polygon' and (
                one.get_transform().contains_branch(axes.transData)):
            at = one.get_xy()
            out.append(series('polygon', one.get_label(),
                              pairs(at[:, 0], at[:, 1], x, y)))

    return out
