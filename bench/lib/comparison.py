# Copyright (C) the ngx_sandbox authors
#
# The same figures of two builds, side by side.

import re

from lib.table import Table, figure, median


def quartiles(values):
    values = sorted(values)
    half = (len(values) + 1) // 2

    return median(values[:half]), median(values[-half:])


class Figures:
    """What a row says of itself; it takes the place of a Table, and leaves
    references alone."""

    def __init__(self):
        self.rows = {}

    def versus(self, name, unit, ours, *reference):
        self.plain(name, unit, ours)

    added = versus

    def plain(self, name, unit, ours, *reference, **goals):
        # "the same against ..." has been said already
        if not name.startswith('the same'):
            self.rows[name.split(', against ')[0]] = unit, ours


class Row:
    """old and new: of each round."""

    def __init__(self, name, unit, old, new):
        self.name = name
        self.unit = unit
        self.old = old
        self.new = new
        self.medians = median(old), median(new)
        self.change = self.medians[1] / self.medians[0] - 1

    def spread(self):
        """What lies between the quartiles, as a share of the median: of the
        rounds of either build around its own."""

        all = [value / half for values, half in zip((self.old, self.new),
                                                    self.medians)
               for value in values]
        low, high = quartiles(all)

        return high - low

    def verdict(self):
        if len(self.old) < 3:
            return ''

        change = -self.change if re.search('/s$', self.unit) else self.change

        if change > self.spread():
            return 'WORSE'

        return 'better' if -change > self.spread() else 'same'


class Comparison(Table):
    HEAD = ('row', 'old', 'new', 'new/old', 'spread', 'verdict')

    def __init__(self):
        super().__init__()
        self.worse = []

    def compare(self, old, new):
        """Both are Figures."""

        for name, (unit, values) in old.rows.items():
            row = Row(name, unit, values, new.rows[name][1])

            if row.verdict() == 'WORSE':
                self.worse.append(name)

            self.add(name, *(figure(value) + ' ' + unit
                             for value in row.medians),
                     '%.3f' % (1 + row.change),
                     '±%.1f %%' % (row.spread() * 100)
                     if len(row.old) > 1 else '', row.verdict())
