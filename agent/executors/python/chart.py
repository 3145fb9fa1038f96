# Copyright (C) the ngx_sandbox authors

"""What a matplotlib figure shows, as data."""

AXES_MAX = 100                                  # of a figure
SERIES_MAX = 200                                # of axes
TOTAL_MAX = 100000                              # points of a figure


def chart(figure, series):
    """The chart of a figure; None if it has no axes.

    series is the module that reads what was drawn.
    """

    from matplotlib.axes import Axes

    every = [a for a in figure.axes if isinstance(a, Axes)
             and a.get_visible() and not colorbar(a)]

    charts = [axes_chart(group, series)
              for group in join_twins(every)[:AXES_MAX]]

    if not charts:
        return None

    bound(charts)

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


def bound(charts):
    """Leaves out points evenly if there are too many in all."""

    every = [s for one in charts for s in one['series'] if 'points' in s]
    step = -(-sum(len(s['points']) for s in every) // TOTAL_MAX)

    if step > 1:
        for s in every:
            if len(s['points']) > step:
                for name in ('points', 'base', 'values'):
                    if name in s:
                        s[name] = s[name][::step]
                s['truncated'] = True


def axes_chart(group, series):
    first = group[0]
    made = []

    for axes in group:
        made += series.of(axes)

    kinds = {s['type'] for s in made}
    out = {
        'type': kinds.pop() if len(kinds) == 1 else 'mixed' if kinds
        else 'unknown',
        'library': 'matplotlib',
        'title': ' '.join(filter(None, (first.get_title(loc) for loc in (
            'left', 'center', 'right')))),
        'axes': {'x': axis(first.xaxis, series),
                 'y': axis(first.yaxis, series)},
        'series': made[:SERIES_MAX],
    }

    if hasattr(first, 'zaxis'):
        out['axes']['z'] = axis(first.zaxis, series)

    if first.name != 'rectilinear':
        out['projection'] = first.name

    if len(group) > 1:
        if group[1].get_shared_x_axes().joined(first, group[1]):
            out['axes']['y2'] = axis(group[1].yaxis, series)
        else:
            out['axes']['x2'] = axis(group[1].xaxis, series)

    if len(made) > SERIES_MAX:
        out['truncated'] = True

    return out


def axis(one, series):
    label, unit = split_unit(one.get_label_text())

    out = {'label': label, 'unit': unit, 'scale': one.get_scale()}
    names = series.categories(one)
    ticks = series.named_ticks(one)

    if names:
        out['categories'] = names
    elif series.is_time(one):
        out['scale'] = 'time'
    elif ticks:
        out['ticks'] = [[at, name] for at, name in ticks.items()]

    return out


def split_unit(text):
    """"Speed (m/s)" and "Speed [m/s]" have a unit."""

    text = text.strip()

    for left, right in ('()', '[]'):
        at = text.rfind(left)
        if at > 0 and text.endswith(right):
            return text[:at].rstrip(), text[at + 1:-1].strip()

    return text, None
