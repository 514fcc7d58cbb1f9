"""model.py - what each output of program.c must hold at the end, from lists of what was fed.

Inputs are lists of (key, value, time) in the order in which they were fed; no partitions, no state,
no commits. A table's model is {key or (key, start, end): (value, time)}; a stream's is a sorted
list of (key, value, time).
"""
from collections import defaultdict

SIZE, GRACE, GAP, DIFFERENCE, REACH = 1000, 1000, 300, 500, 200


def by_key(records):
    keys = defaultdict(list)
    for key, value, at in records:
        keys[key].append((value, at))
    return keys


def count(records):
    return {key: (len(of), max(at for _, at in of)) for key, of in by_key(records).items()}


def reduce(records):
    return {key: (of[-1][0], max(at for _, at in of)) for key, of in by_key(records).items()}


def windows(records, size, advance):
    found = defaultdict(list)
    for key, _, at in records:
        start = max(0, at - size + advance) // advance * advance
        while start <= at:
            found[key, start, start + size].append(at)
            start += advance
    return {window: (len(times), max(times)) for window, times in found.items()}


def sliding(records, difference):
    """Every window [t - d, t] that ends at a record's time, and [t + 1, t + 1 + d] behind one where
    a record lies in it."""
    found = {}
    for key, of in by_key(records).items():
        times = sorted(at for _, at in of)
        starts = {at - difference for at in times} | {at + 1 for at in times}
        for start in starts:
            inside = [at for at in times if start <= at <= start + difference]
            if inside:
                found[key, start, start + difference] = (len(inside), max(inside))
    return found


def sessions(records, gap):
    found = {}
    for key, of in by_key(records).items():
        times = sorted(at for _, at in of)
        first = number = 0
        for i, at in enumerate(times):
            number += 1
            if i + 1 == len(times) or times[i + 1] - at > gap:
                found[key, times[first], at] = (number, at)
                first, number = i + 1, 0
    return found


def closed(table, grace, stream_ms):
    """Results of windows that have closed, each once."""
    return sorted((window, value, at) for window, (value, at) in table.items()
                  if window[2] + grace <= stream_ms(window[0]))


def rekey(records):
    return [(value, value, at) for _, value, at in records]


def cogroup(left, right):
    found = {}
    for sign, records in ((1, left), (-1, right)):
        for key, of in by_key(records).items():
            value, at = found.get(key, (0, 0))
            found[key] = (value + sign * len(of), max(at, max(t for _, t in of)))
    return found


def join(left, right, kind, stream_ms):
    joined, met_right = [], set()
    rights = by_key((key, (i, value), at) for i, (key, value, at) in enumerate(right))
    for key, value, at in left:
        met = [(i, other, t) for (i, other), t in rights[key] if abs(t - at) <= REACH]
        met_right.update(i for i, _, _ in met)
        joined += [(key, f"{value},{other}", max(at, t)) for _, other, t in met]
        if not met and kind != "inner" and at + REACH + GRACE < stream_ms(key):
            joined.append((key, f"{value},null", at))
    if kind == "outer":
        joined += [(key, f"null,{value}", at) for i, (key, value, at) in enumerate(right)
                   if i not in met_right and at + REACH + GRACE < stream_ms(key)]
    return sorted(joined)


def with_row(left, rows):
    table = {key: of[-1][0] for key, of in by_key(rows).items()}
    return sorted((key, f"{value},{table.get(key, 'null')}", at) for key, value, at in left)


def as_of(left, versions, stream_ms):
    known = by_key(versions)
    return sorted((key, "{},{}".format(value, max(
        ((t, version) for version, t in known[key] if t <= at), default=(0, "null"))[1]), at)
        for key, value, at in left if at + GRACE <= stream_ms(key))


def both(left, rows):
    latest, table = reduce_latest(left), reduce_latest(rows)
    return {key: ("{},{}".format(latest.get(key, ("null", 0))[0], table.get(key, ("null", 0))[0]),
                  max(latest.get(key, ("", 0))[1], table.get(key, ("", 0))[1]))
            for key in latest.keys() | table.keys()}


def reduce_latest(records):
    return {key: of[-1] for key, of in by_key(records).items()}


def foreign(rows, others):
    table = reduce_latest(others)
    return {key: f"{value},{table.get(value, ('null', 0))[0]}"
            for key, (value, _) in reduce_latest(rows).items()}


def grouped(left):
    groups = defaultdict(int)
    for value, _ in reduce_latest(left).values():
        groups[value] += 1
    return dict(groups)


def changed_only(left):
    known, passed = {}, []
    for key, value, at in left:
        if known.get(key) != value:
            passed.append((key, value, at))
        known[key] = value
    return sorted(passed)
