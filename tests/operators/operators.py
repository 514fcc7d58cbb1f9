"""operators.py - every stateful operator with 6 partitions, three instances and rebalances.

    operators.py [--rounds N] [--seed N] [--keep]     ends with `N passed, N failed`

README.md says what is compared with what; model.py has what must come out.
"""
import argparse
import os
import random
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "chaos"))
import model  # noqa: E402
from lab import BUILD, ROOT, Failure, Instance, Lab, Score, call, read_rows  # noqa: E402

TOOL = os.path.join(BUILD, "tests", "operators", "operators-tool")
PROGRAM = os.path.join(BUILD, "tests", "operators", "operators-program")
APPLICATION, PARTITIONS, BASE, ROUND_MS = "operators", 6, 1700000000000, 400
KEYS = [f"k{i:02d}" for i in range(40)]
LONELY = [f"x{i}" for i in range(10)]  # many records of theirs meet nothing
VALUES = [f"v{i}" for i in range(10)]
TOPICS = {"left": 6, "right": 6, "rows": 6, "versions": 6, "others": 4}
ABSENT = "(absent)"  # the console consumer deserialises what it prints for null: eight bytes fit a long
DESERIALIZER = "org.apache.kafka.common.serialization.{}Deserializer"
WINDOWED = "org.apache.kafka.streams.kstream.{}WindowedDeserializer"


class Runner(Lab):
    """A broker, and instances of the program beside it."""

    def __init__(self):
        super().__init__("operators", database=False, inputs=tuple(TOPICS))
        self.fed = {topic: [] for topic in TOPICS}
        self.config = self.configure(APPLICATION, **{
            "leat.emit.interval.ms": 0, "kafka.session.timeout.ms": 6000})
        self.instances = [Instance(self, self.config, f"i{n}", program=PROGRAM) for n in range(3)]

    def tool(self, *arguments, **options):
        return call(TOOL, self.bootstrap, *arguments, **options)

    def feed(self, records):
        """Records of (topic, key, value, time), in this order."""
        lines = []
        for topic, key, value, at in records:
            self.fed[topic].append((key, value, at))
            lines.append(f"{topic} {key} {value} {at}\n")
        subprocess.run([TOOL, self.bootstrap, "feed"], input="".join(lines), text=True, check=True)

    def flush(self, at):
        """Time moves on in every partition of both streams, more than once."""
        lines = [f"{topic} ~{p} ~ {at + step} {p}\n" for step in (0, 1, 2)
                 for topic in ("left", "right") for p in range(PARTITIONS)]
        subprocess.run([TOOL, self.bootstrap, "feed"], input="".join(lines), text=True, check=True)

    def alive(self):
        for instance in self.instances:
            if instance.wanted:
                instance.check()

    def settle(self):
        self.drain(APPLICATION, self.alive)

    def dump(self, topic):
        return read_rows(self.tool("dump", topic).splitlines())


# ---- feeding ------------------------------------------------------------------------------------

def table_records(chance, topic, keys, at):
    return [(topic, key, chance.choice(VALUES), at + i) for i, key in enumerate(keys)]


def round_of(chance, number):
    begin = BASE + 10000 + number * ROUND_MS
    records = []
    for topic, many, keys in (("left", 600, KEYS), ("right", 200, KEYS[10:] + LONELY),
                              ("left", 2, LONELY)):
        for _ in range(many):
            records.append((topic, chance.choice(keys), chance.choice(VALUES),
                            begin + chance.randrange(ROUND_MS)))
    records += [("others", value, f"o{number}", begin) for value in chance.sample(VALUES, 3)]
    return sorted(records, key=lambda record: record[3])


def fault(lab, chance, number):
    """An instance comes, goes or is killed, in turn; one at least stays."""
    stopped = [i for i in lab.instances if not i.wanted]
    running = [i for i in lab.instances if i.wanted]
    if stopped and (len(running) == 1 or number % 3 == 0):
        chance.choice(stopped).start()
    elif number % 3 == 1:
        victim = chance.choice(running)
        victim.kill()
        victim.start()
    elif len(running) > 1:
        chance.choice(running).stop()


def play(lab, chance, rounds):
    for topic, partitions in TOPICS.items():
        lab.tool("create", topic, str(partitions))
    lab.instances[0].start()
    for step in range(2):
        lab.feed(table_records(chance, "rows", KEYS[:30], BASE + 100 * step) +
                 table_records(chance, "others", VALUES[:8], BASE + 100 * step) +
                 table_records(chance, "versions", KEYS[5:], BASE + 100 * step))
        lab.feed([("versions", key, f"late{step}", BASE + 12000 + 700 * step + i)
                  for i, key in enumerate(KEYS)])
        lab.instances[1 + step].start()
        lab.settle()
    for number in range(rounds):
        lab.feed(round_of(chance, number))
        fault(lab, chance, number)
        lab.settle()
    lab.flush(BASE + 1000000)
    lab.settle()
    for instance in lab.instances:
        if instance.wanted:
            instance.stop()


# ---- what came out ------------------------------------------------------------------------------

def plain(key):
    return key.decode()


def window(size):
    def parse(key):
        start = int.from_bytes(key[-8:], "big")
        return key[:-8].decode(), start, start + size
    return parse


def session(key):
    return (key[:-16].decode(), int.from_bytes(key[-8:], "big"),
            int.from_bytes(key[-16:-8], "big"))


def text(value):
    return value.decode()


def number(value):
    return int.from_bytes(value, "big", signed=True)


def is_flush(key):
    return (key if isinstance(key, str) else key[0]).startswith("~")


def table(rows, key_of, value_of):
    found = {}
    for key, value, at in rows:
        name = key_of(key)
        if is_flush(name):
            continue
        found.pop(name, None)
        if value is not None:
            found[name] = (value_of(value), at)
    return found


def events(rows, key_of, value_of):
    return sorted((key_of(key), value_of(value), at) for key, value, at in rows
                  if not is_flush(key_of(key)))


def expected(fed, stream_ms):
    left, right, rows = fed["left"], fed["right"], fed["rows"]
    tumbling = model.windows(left, model.SIZE, model.SIZE)
    return {
        "count": (table, plain, number, model.count(left)),
        "reduce": (table, plain, text, model.reduce(left)),
        "tumbling": (table, window(model.SIZE), number, tumbling),
        "hopping": (table, window(model.SIZE), number,
                    model.windows(left, model.SIZE, model.SIZE // 2)),
        "sliding": (table, window(model.DIFFERENCE), number,
                    model.sliding(left, model.DIFFERENCE)),
        "session": (table, session, number, model.sessions(left, model.GAP)),
        "closed": (events, window(model.SIZE), number,
                   model.closed(tumbling, model.GRACE, stream_ms)),
        "suppressed": (events, window(model.SIZE), number,
                       model.closed(tumbling, model.GRACE, stream_ms)),
        "rekeyed": (table, plain, number, model.count(model.rekey(left))),
        "combined": (table, window(model.SIZE), number,
                     model.windows(model.rekey(left), model.SIZE, model.SIZE)),
        "cogroup": (table, plain, number, model.cogroup(left, right)),
        "inner": (events, plain, text, model.join(left, right, "inner", stream_ms)),
        "left": (events, plain, text, model.join(left, right, "left", stream_ms)),
        "outer": (events, plain, text, model.join(left, right, "outer", stream_ms)),
        "with-row": (events, plain, text, model.with_row(left, rows)),
        "as-of": (events, plain, text, model.as_of(left, fed["versions"], stream_ms)),
        "both": (table, plain, text, model.both(left, rows)),
        "foreign": (values, plain, text, model.foreign(rows, fed["others"])),
        "grouped": (values, plain, number, model.grouped(left)),
        "process": (events, plain, text, model.changed_only(left)),
    }


def values(rows, key_of, value_of):
    return {key: value for key, (value, _) in table(rows, key_of, value_of).items()}


def difference(got, want):
    """The first few differences, as sentences."""
    if isinstance(want, dict):
        keys = [k for k in sorted(want.keys() | got.keys()) if want.get(k) != got.get(k)]
        return [f"{k}: expected {want.get(k)}, got {got.get(k)}" for k in keys]
    missing, extra = list(want), []
    for item in got:
        if item in missing:
            missing.remove(item)
        else:
            extra.append(item)
    return [f"missing {item}" for item in missing] + [f"not expected {item}" for item in extra]


def check_outputs(lab, score):
    for name, (kind, key_of, value_of, want) in expected(lab.fed, lambda _: BASE + 1000000).items():
        got = kind(lab.dump(f"out-{name}"), key_of, value_of)
        some = [] if want else ["the model has nothing"]
        score.check(f"{name}: {len(want)} results", some + difference(got, want))


# ---- settings -----------------------------------------------------------------------------------

def check_settings(lab, score):
    """As Kafka Streams makes them, but for retention: theirs loses what an open window needs."""
    common = {"message.timestamp.type": "CreateTime", "retention.ms": "-1"}
    kinds = {"-repartition": {"cleanup.policy": "delete", "segment.bytes": "52428800", **common},
             "-changelog": {"cleanup.policy": "compact", **common}}
    names = lab.tool("list", APPLICATION + "-").split()
    for suffix, settings in kinds.items():
        topics = [name for name in names if name.endswith(suffix)]
        offences = [] if topics else ["there are none"]
        for topic in topics:
            for key, value in settings.items():
                got = lab.tool("setting", topic, key).strip()
                if got != value:
                    offences.append(f"{topic}: {key} is {got}")
        score.check(f"{len(topics)} topics of {suffix[1:]}s are set as Kafka Streams sets them",
                    offences)


# ---- Kafka's own readers ------------------------------------------------------------------------

def java(lab, topic, count, key, value, *properties):
    jars = call(os.path.join(ROOT, "tests", "kafka", "jars.sh")).strip()
    command = ["java", "-Xmx256m", "-cp", f"{jars}/*",
               "org.apache.kafka.tools.consumer.ConsoleConsumer", "--bootstrap-server",
               lab.bootstrap, "--topic", topic, "--from-beginning", "--timeout-ms", "60000",
               "--max-messages", str(count), "--isolation-level", "read_committed"]
    for option in ("print.key=true", f"null.literal={ABSENT}", f"key.deserializer={key}", f"value.deserializer={value}",
                   *properties):
        command += ["--property", option]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          check=False)
    lines = done.stdout.splitlines()
    if not lines:
        raise Failure(f"the console consumer read nothing of {topic}: {done.stderr[-1500:]}")
    return sorted(lines)


def check_java(lab, score):
    string, long = DESERIALIZER.format("String"), DESERIALIZER.format("Long")
    inner = ("key.deserializer.windowed.inner.class.serde="
             "org.apache.kafka.common.serialization.Serdes$StringSerde")
    cases = {
        "tumbling": (WINDOWED.format("Time"), long, window(model.SIZE), number,
                     (inner, f"key.deserializer.window.size.ms={model.SIZE}")),
        "session": (WINDOWED.format("Session"), long, session, number, (inner,)),
        "count": (string, long, plain, number, ()),
        "outer": (string, string, plain, text, ()),
    }
    for name, (key, value, key_of, value_of, properties) in cases.items():
        want = sorted(java_line(key_of(k), v, value_of) for k, v, _ in lab.dump(f"out-{name}"))
        got = java(lab, f"out-{name}", len(want), key, value, *properties)
        score.check(f"Kafka's deserialisers read the {len(want)} records of out-{name}",
                    [] if got == want and want else (difference(got, want)[:3] + difference(got, want)[-3:]) or ["nothing"])


def java_line(key, value, value_of):
    name = key if isinstance(key, str) else f"[{key[0]}@{key[1]}/{key[2]}]"
    return f"{name}\t{value_of(ABSENT.encode() if value is None else value)}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    score, lab = Score(), Runner()
    try:
        play(lab, random.Random(options.seed), options.rounds)
        check_outputs(lab, score)
        check_settings(lab, score)
        check_java(lab, score)
    except Failure as failure:
        score.check("the run", [str(failure)])
    finally:
        lab.close(options.keep or score.failed > 0)
    print(f"{score.passed} passed, {score.failed} failed")
    sys.exit(1 if score.failed else 0)


main()
