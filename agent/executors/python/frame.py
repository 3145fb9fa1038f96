# Copyright (C) the ngx_sandbox authors

"""A pandas data frame or series as records."""

import datetime
import math
import sys

ROWS_MAX = 1000
COLUMNS_MAX = 200
CELL_MAX = 4096                                 # characters of a string


def is_frame(value):
    pandas = sys.modules.get('pandas')

    if pandas is None:
        return False

    return isinstance(value, (getattr(pandas, 'DataFrame', ()),
                              getattr(pandas, 'Series', ())))


def data(value):
    frame = value if hasattr(value, 'columns') else value.to_frame()
    rows, columns = frame.shape
    part = frame.iloc[:ROWS_MAX, :COLUMNS_MAX]
    names = unique([label(name) for name in part.columns])
    cells = [column(part.iloc[:, n]) for n in range(len(names))]

    out = {
        'columns': [{'name': name, 'dtype': str(dtype)}
                    for name, dtype in zip(names, part.dtypes)],
        'records': [dict(zip(names, row)) for row in zip(*cells)] if cells
        else [{} for _ in range(len(part))],
        'shape': [rows, columns],
        'truncated': rows > ROWS_MAX or columns > COLUMNS_MAX,
    }

    index = part.index

    if not (type(index).__name__ == 'RangeIndex' and index.start == 0
            and index.step == 1):
        name = index.names if index.nlevels > 1 else index.name
        out['index'] = {'name': None if name is None else label(name),
                        'values': [cell(v) for v in index.tolist()]}

    return out


def label(name):
    if isinstance(name, (tuple, list)) or hasattr(name, 'tolist'):
        return ', '.join('' if part is None else str(part) for part in name)

    return str(name)


def unique(names):
    """Names of records have to be different: a, b, a becomes a, b, a.1."""

    seen, out = set(names), []

    for name in names:
        made, n = name, 0

        while made in out or (made != name and made in seen):
            n += 1
            made = '%s.%d' % (name, n)

        out.append(made)

    return out


def column(series):
    return [cell(v) for v in series.tolist()]


def cell(v, depth=0):
    """A value as JSON has it; what is missing, or not finite, is null."""

    if v is None or isinstance(v, bool):
        return v

    if isinstance(v, str):
        return v if len(v) <= CELL_MAX else v[:CELL_MAX] + '…'

    if isinstance(v, int):
        return int(v)

    if isinstance(v, float):
        return float(v) if math.isfinite(v) else None

    if v is missing('NaT') or v is missing('NA'):
        return None

    if isinstance(v, (datetime.date, datetime.time)):
        return v.isoformat()

    if depth < 4 and hasattr(v, 'tolist'):
        return cell(v.tolist(), depth + 1)

    if depth < 4 and isinstance(v, (list, tuple)) and len(v) <= 100:
        return [cell(item, depth + 1) for item in v]

    if depth < 4 and isinstance(v, dict) and len(v) <= 100:
        return {str(k): cell(item, depth + 1) for k, item in v.items()}

    text = str(v)

    return text if len(text) <= CELL_MAX else text[:CELL_MAX] + '…'


def missing(name):
    return getattr(sys.modules.get('pandas'), name, None)
