# Copyright (C) the ngx_sandbox authors

"""What a matplotlib figure shows, as data."""

import math

POINTS_MAX = 10000                              # of a series
SERIES_MAX = 200


def chart(figure):
    """The chart of a figure; None if it has no axes."""

    from matplotlib.axes import Axes

    every = [a for a in figure.axes if isinstance(a, Axes)
             and a.get_visible() and not colorbar(a)]

    charts = [axes_chart(a) for a in join_twins(every)]

    if not charts:
        return None

    title = figure._suptitle.get_text() if figure._suptitle else ''

    if len(charts) == 1:
        charts[0]['title'] = charts[0]['title'] or title
        return charts[0]

    return {'type': 'subplots', 'library': 'matplotlib', 'title': title,
            'charts': charts}


def colorbar(axes):
    return axes.get_label() == '<colorbar>' or hasattr(axes, '_colorbar')


def join_twins(every):
    """Axes of twinx() and twiny() belong to the first at their place."""

    groups = []

    for axes in every:
        for group in groups:
            if axes.get_position().bounds == group[0].get_position().bounds:
                group.append(axes)
                break
        else:
            groups.append([axes])

    return groups


def axes_chart(group):
    series = []

    for axes in group:
        series += axes_series(axes)

    first = group[0]
    kinds = {s['type'] for s in series}
    out = {
        'type': kinds.pop() if len(kinds) == 1 else 'mixed' if kinds
        else 'unknown',
        'library': 'matplotlib',
        'title': first.get_title(),
        'axes': {'x': axis(first.xaxis), 'y': axis(first.yaxis)},
        'series': series[:SERIES_MAX],
    }

    if len(group) > 1:
        out['axes']['y2'] = axis(group[1].yaxis)

    if len(series) > SERIES_MAX:
        out['truncated'] = True

    return out


def axis(one):
    label, unit = split_unit(one.get_label_text())

    out = {'label': label, 'unit': unit, 'scale': one.get_scale()}
    names = categories(one)

    if names:
        out['categories'] = names

    if is_date(one):
        out['scale'] = 'time'

    return out


def split_unit(text):
    """"Speed (m/s)" and "Speed [m/s]" have a unit."""

    text = text.strip()

    for left, right in ('()', '[]'):
        at = text.rfind(left)
        if at > 0 and text.endswith(right):
            return text[:at].rstrip(), text[at + 1:-1].strip()

    return text, None


def categories(one):
    units = getattr(one, 'units', None)
    mapping = getattr(units, '_mapping', None)

    if not mapping:
        return None

    return [str(name) for name in mapping]


def is_date(one):
    converter = getattr(one, 'converter', None)
    return 'Date' in type(converter).__name__ or (
        'Date' in type(one.get_major_formatter()).__name__)


def reader(one):
    """A function that turns a coordinate into what the user has given."""

    names = categories(one)

    if names:
        def value(v):
            at = number(v)
            if isinstance(at, (int, float)) and at == int(at) and (
                    0 <= at < len(names)):
                return names[int(at)]
            return at
        return value

    if is_date(one):
        from matplotlib import dates

        def value(v):
            try:
                return dates.num2date(float(v)).isoformat()
            except (TypeError, ValueError, OverflowError):
                return None
        return value

    return number


def number(v):
    try:
        v = v.item() if hasattr(v, 'item') else v
        if isinstance(v, bool) or isinstance(v, int):
            return int(v)
        v = float(v)
    except (TypeError, ValueError):
        return None if v is None else str(v)

    return v if math.isfinite(v) else None


def points(xs, ys, x, y):
    out = [[x(a), y(b)] for a, b in zip(xs, ys)]
    return thin(out)


def thin(out):
    if len(out) <= POINTS_MAX:
        return out, False

    step = -(-len(out) // POINTS_MAX)
    return out[::step], True


def series_of(kind, label, out):
    label = '' if label is None else str(label)
    made = {'type': kind, 'label': '' if label.startswith('_') else label}
    made['points'], truncated = out

    if truncated:
        made['truncated'] = True

    return made


def axes_series(axes):
    from matplotlib import collections, container, patches

    x, y = reader(axes.xaxis), reader(axes.yaxis)
    out = []

    boxes = box_series(axes, x, y)
    used = set()

    if boxes:
        out.append(boxes.pop('series'))
        used |= boxes['artists']

    for bars in axes.containers:
        if isinstance(bars, container.BarContainer):
            used.update(id(p) for p in bars.patches)
            out.append(bar_series(bars, x, y))

        elif isinstance(bars, container.ErrorbarContainer):
            line = bars.lines[0]
            if line is not None:
                used.add(id(line))
                out.append(series_of('line', bars.get_label(),
                                     line_points(line, x, y)))

    wedges = [p for p in axes.patches if isinstance(p, patches.Wedge)]

    if wedges:
        used.update(id(p) for p in wedges)
        out.append(pie_series(wedges, axes))

    for line in axes.lines:
        if id(line) in used or not line.get_visible() or not len(
                line.get_xdata(orig=False)):
            continue

        kind = 'scatter' if line.get_linestyle() in ('None', '', ' ') else (
            'line')
        out.append(series_of(kind, line.get_label(), line_points(line, x, y)))

    for one in axes.collections:
        if isinstance(one, collections.PathCollection) and id(one) not in used:
            at = one.get_offsets()
            out.append(series_of('scatter', one.get_label(),
                                 points(at[:, 0], at[:, 1], x, y)))

    steps = [p for p in axes.patches if type(p).__name__ in (
        'StepPatch', 'Polygon') and id(p) not in used]

    for patch in steps:
        made = step_series(patch, x, y)
        if made:
            out.append(made)

    for image in axes.images:
        made = image_series(image)
        if made:
            out.append(made)

    return out


def line_points(line, x, y):
    return points(line.get_xdata(orig=False), line.get_ydata(orig=False), x, y)


def bar_series(bars, x, y):
    horizontal = getattr(bars, 'orientation', None) == 'horizontal'
    rects = list(bars.patches)
    out, edges = [], []

    for p in rects:
        if horizontal:
            size, middle = p.get_width(), p.get_y() + p.get_height() / 2
            low, high = p.get_y(), p.get_y() + p.get_height()
            out.append([number(size), y(middle)])
        else:
            size, middle = p.get_height(), p.get_x() + p.get_width() / 2
            low, high = p.get_x(), p.get_x() + p.get_width()
            out.append([x(middle), number(size)])
        edges.append((low, high))

    # the bars of a histogram touch
    touching = len(edges) > 1 and all(
        abs(a[1] - b[0]) <= 1e-9 * max(1, abs(a[1]))
        for a, b in zip(edges, edges[1:]))

    made = series_of('histogram' if touching else 'bar', bars.get_label(),
                     thin(out))

    if horizontal:
        made['orientation'] = 'horizontal'

    if touching and len(edges) <= POINTS_MAX:
        made['edges'] = [number(edges[0][0])] + [number(e[1]) for e in edges]

    return made


def pie_series(wedges, axes):
    names = [w.get_label() for w in wedges]

    if not any(n and not n.startswith('_') for n in names):
        names = ['' for _ in wedges]

    total = sum(w.theta2 - w.theta1 for w in wedges) or 360
    out = []

    for name, wedge in zip(names, wedges):
        share = abs(wedge.theta2 - wedge.theta1) / max(abs(total), 360)
        out.append([name, round(share, 6)])

    return series_of('pie', '', thin(out))


def step_series(patch, x, y):
    if type(patch).__name__ == 'StepPatch':
        values, edges, _ = patch.get_data()
        middles = [(a + b) / 2 for a, b in zip(edges, edges[1:])]
        made = series_of('histogram', patch.get_label(),
                         points(middles, values, x, number))
        if len(edges) <= POINTS_MAX:
            made['edges'] = [number(e) for e in edges]
        return made

    at = patch.get_xy()
    return series_of('area', patch.get_label(), points(at[:, 0], at[:, 1],
                                                       x, y))


def image_series(image):
    values = image.get_array()

    if values is None or values.ndim != 2 or values.size > POINTS_MAX:
        return None

    return {'type': 'heatmap', 'label': '',
            'values': [[number(v) for v in row] for row in values.tolist()]}


def box_series(axes, x, y):
    """boxplot() leaves lines only: a box, two whiskers, two caps, a median."""

    calls = getattr(axes, '_sandbox_boxes', None)

    if not calls:
        return None

    boxes, artists = [], set()

    for stats, parts in calls:
        for group in parts.values():
            artists.update(id(a) for a in group)
        for n, one in enumerate(stats):
            boxes.append({
                'label': str(one.get('label', n + 1)),
                'min': number(one['whislo']), 'q1': number(one['q1']),
                'median': number(one['med']), 'q3': number(one['q3']),
                'max': number(one['whishi']),
                'outliers': [number(v) for v in list(one['fliers'])[
                    :POINTS_MAX]],
            })

    return {'series': {'type': 'box', 'label': '', 'boxes': boxes,
                       'points': [[b['label'], b['median']] for b in boxes]},
            'artists': artists}
