"""expected.py - what each output must hold, from lists of what was fed, and what may be there yet.

The plain models are those of tests/operators/model.py. Behind the last hop a record's key is what
its value has before the colon.
"""
import os
import sys
from collections import Counter

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "operators"))
import model  # noqa: E402
from model import DIFFERENCE, GAP, GRACE, REACH, SIZE  # noqa: E402

TABLES = {"tumbling": SIZE, "hopping": SIZE, "sliding": DIFFERENCE, "session": None}
CLOSED = {"closed": SIZE, "closed-hopping": SIZE, "closed-sliding": DIFFERENCE,
          "closed-session": None, "suppressed": SIZE}
JOINS = ("outer", "as-of")
OUTPUTS = (*TABLES, *CLOSED, "chained", *JOINS)
LATE = ("tumbling", "hopping", "sliding", "session", "closed", "closed-hopping", "closed-sliding",
        "closed-session", "held", "chained")
HELD = (*CLOSED, "chained", *JOINS)  # what leaves by time only; of joins what met nobody


# ---- reading ------------------------------------------------------------------------------------

def time_of(number):
    return int.from_bytes(number, "big")


def window_of(name, key):
    """A windowed key, by the window of the output's name."""
    if "session" in name:
        return key[:-16].decode(), time_of(key[-8:]), time_of(key[-16:-8])
    size = DIFFERENCE if "sliding" in name else SIZE
    return key[:-8].decode(), time_of(key[-8:]), time_of(key[-8:]) + size


def key_of(name, key):
    return key.decode() if name in JOINS else window_of(name, key)


def value_of(name, value):
    return value.decode() if name in JOINS else int.from_bytes(value, "big", signed=True)


def is_flush(key):
    return (key if isinstance(key, str) else key[0]).startswith("~")


def read(name, rows):
    """Of rows (key, value, time) a table's last values, and of what leaves by time all of it."""
    if name not in TABLES:
        return sorted((key_of(name, key), value_of(name, value), at) for key, value, at in rows
                      if value is not None and not is_flush(key_of(name, key)))
    found = {}
    for key, value, at in rows:
        found[key_of(name, key)] = None if value is None else (value_of(name, value), at)
    return {key: value for key, value in found.items() if value and not is_flush(key)}


# ---- what must be there -------------------------------------------------------------------------

def keyed(records):
    return [(value.split(":")[0], value, at) for _, value, at in records]


def chained(closed):
    """Windows of results: one key, counted by the results' own times."""
    results = [("all", None, at) for _, _, at in closed]
    return events(model.windows(results, SIZE, SIZE))


def events(table):
    return sorted((window, value, at) for window, (value, at) in table.items())


def expected(fed):
    """All that was fed counts, and all has closed."""
    left, right, versions = (keyed(fed[topic]) for topic in ("left", "right", "versions"))
    tumbling = model.windows(left, SIZE, SIZE)
    tables = {"tumbling": tumbling, "hopping": model.windows(left, SIZE, SIZE // 2),
              "sliding": model.sliding(left, DIFFERENCE), "session": model.sessions(left, GAP)}
    wanted = dict(tables)
    wanted.update({"closed": events(tumbling), "suppressed": events(tumbling),
                   "chained": chained(events(tumbling))})
    wanted.update({f"closed-{name}": events(tables[name])
                   for name in ("hopping", "sliding", "session")})
    wanted["outer"] = model.join(left, right, "outer", lambda key: 1 << 62)
    wanted["as-of"] = model.as_of(left, versions, lambda key: 1 << 62)
    return wanted


# ---- what may be there yet ----------------------------------------------------------------------

def end_of(name, result):
    """The time at which a result that leaves by time is due; None: at once."""
    key, value, at = result
    if name == "outer":
        return at + REACH + GRACE if "null" in value else None
    if name == "as-of":
        return at + GRACE
    if name == "chained":
        return key[2]
    return key[2] + GRACE + (GAP if name == "closed-session" else 0)


def premature(name, results, up_to):
    """The results that left though time stands at up_to; None: nowhere yet. What meets nobody and
    comes behind its own window does not wait for the grace: so it is in Kafka Streams."""
    early = GRACE if name == "outer" else 0
    ends = [(end and end - early, result) for end, result in
            ((end_of(name, result), result) for result in results)]
    return [f"{name}: {result} left before its time" for end, result in ends
            if end is not None and (up_to is None or end > up_to)]


def difference(name, got, want):
    """The first few differences, as sentences."""
    if isinstance(want, dict):
        got, want = sorted(got.items()), sorted(want.items())
    got, want = Counter(got), Counter(want)
    missing, extra = sorted((want - got), key=repr), sorted((got - want), key=repr)
    return ([f"{name}: missing {item}" for item in missing[:4]] +
            [f"{name}: not expected {item}" for item in extra[:4]])
