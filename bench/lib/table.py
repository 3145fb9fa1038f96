# Copyright (C) the ngx_sandbox authors
#
# Rows of figures, and what they are worth.


def median(values):
    values = sorted(values)
    middle = len(values) // 2

    if len(values) % 2:
        return values[middle]

    return (values[middle - 1] + values[middle]) / 2


def figure(value):
    if value >= 1000:
        return '{:,.0f}'.format(value)

    return '%.3g' % value


class Table:
    """higher: whether more is better, of the floor and the aim too."""

    HEAD = ('row', 'ours', 'reference', 'ratio', 'spread', 'floor', 'aim',
            'verdict')

    def __init__(self):
        self.rows = []

    def versus(self, name, unit, ours, reference, floor=None, aim=None,
               higher=False):
        """Ours and its reference of each round; floor and aim are ratios."""

        ratios = [a / b for a, b in zip(ours, reference)]
        sign = '≥ ' if higher else '≤ '

        self.add(name,
                 figure(median(ours)) + ' ' + unit,
                 figure(median(reference)) + ' ' + unit,
                 '%.2f' % median(ratios),
                 '%.2f–%.2f' % (min(ratios), max(ratios)),
                 '' if floor is None else sign + '%g' % floor,
                 '' if aim is None else sign + '%g' % aim,
                 self.verdict(median(ratios), floor, aim, higher))

    def added(self, name, unit, ours, reference, floor, aim):
        """What is judged is the difference."""

        more = [a - b for a, b in zip(ours, reference)]

        self.add(name,
                 figure(median(ours)) + ' ' + unit,
                 figure(median(reference)) + ' ' + unit,
                 '%+.3g %s' % (median(more), unit),
                 '%+.3g–%+.3g' % (min(more), max(more)),
                 '≤ %g %s' % (floor, unit), '≤ %g %s' % (aim, unit),
                 self.verdict(median(more), floor, aim, False))

    def plain(self, name, unit, ours, reference=None, floor=None, aim=None):
        """A figure by itself, below its floor and aim."""

        value = median(ours)

        self.add(name, figure(value) + ' ' + unit,
                 '' if reference is None
                 else figure(median(reference)) + ' ' + unit,
                 '', '%s–%s' % (figure(min(ours)), figure(max(ours)))
                 if len(ours) > 1 else '',
                 '' if floor is None else '≤ %g %s' % (floor, unit),
                 '' if aim is None else '≤ %g %s' % (aim, unit),
                 self.verdict(value, floor, aim, False))

    def add(self, *cells):
        self.rows.append(cells)

    @staticmethod
    def verdict(value, floor, aim, higher):
        if floor is None:
            return ''

        if higher:
            value, floor = -value, -floor
            aim = None if aim is None else -aim

        if aim is not None and value <= aim:
            return 'aim'

        return 'floor' if value <= floor else 'MISSED'

    def text(self):
        rows = [self.HEAD] + self.rows
        widths = [max(len(row[i]) for row in rows)
                  for i in range(len(self.HEAD))]

        lines = ['| ' + ' | '.join(cell.ljust(width)
                                   for cell, width in zip(row, widths)) + ' |'
                 for row in rows]

        lines.insert(1, '|' + '|'.join('-' * (width + 2)
                                       for width in widths) + '|')

        return '\n'.join(lines)
