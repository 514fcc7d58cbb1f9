"""lateness.py - what is late and when windows close, statement by statement, on a log in memory.

    lateness.py FOLDER [NAME...]       FOLDER holds lateness-lab and lateness-driver

A test's name is its statement; what it says is asked of every verb that closes by time. Ends with
`N passed, N failed`.
"""
import os
import random
import subprocess
import sys

import expected

BASE, PARTITIONS, FAR = 1700000000000, 4, 10_000_000
SPAN, JITTER = 15000, 900  # of a partition's records: all of them in time by its own clock
KEYS = [f"v{i}" for i in range(8)]
LONELY = [f"x{i}" for i in range(6)]  # they meet nothing in the other stream
IDLE = 4000
INPUTS = ("left", "right", "versions")
STATEMENTS = []


class Lab:
    """The tasks of the application, each at the pace that it is told."""

    def __init__(self, hops=2, partitions=PARTITIONS, idle=-1, ahead=-1, caching=None):
        self.partitions, self.hops = partitions, hops
        self.fed = {topic: [] for topic in INPUTS}
        self.process = subprocess.Popen([os.path.join(FOLDER, "lateness-lab")], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        caching = hops % 2 if caching is None else caching
        self.tell(f"open {partitions} {hops} {idle} {ahead} {int(caching)}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.stdout.close()
        status = self.process.wait()
        if status:
            raise AssertionError(f"the laboratory ended with {status}")

    def tell(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        lines = []
        for line in self.process.stdout:
            if line == ".\n":
                return lines
            lines.append(line.strip())
        raise AssertionError(f"the laboratory ended at '{command}'")

    def feed(self, records):
        """Records of (topic, partition, time, value); all of them are to count."""
        for topic, partition, at, value in records:
            self.fed[topic].append(("k", value, at))
            self.tell(f"feed {topic} {partition} {at} {value}")

    def settle(self, least=0):
        self.tell(f"settle {least}")

    def task(self, topic, partition):
        return int(self.tell(f"task {topic}")[0]) + partition

    def tasks(self, where, partition):
        """Those that a source partition goes through, or that read a repartition."""
        return [self.task(f"{where}{topic}", partition) for topic in ("left", "right")]

    def dump(self, topic):
        rows = []
        for line in self.tell(f"dump {topic}"):
            key, value, at = line.split()
            rows.append((bytes.fromhex(key), None if value == "-" else bytes.fromhex(value),
                         int(at)))
        return rows

    def results(self, name):
        return expected.read(name, self.dump(f"out-{name}"))

    def flush(self):
        """Time moves on in every source partition, past all that was fed."""
        for topic in ("left", "right"):
            for partition in range(self.partitions):
                self.tell(f"feed {topic} {partition} {BASE + FAR} ~{partition}:~")
        self.settle()

    # -- what is asked of every verb --

    def nothing_is_late(self):
        return [f"late-{name}: {row}" for name in expected.LATE
                for row in self.dump(f"late-{name}") if not row[0].startswith(b"~")][:4]

    def all_is_there(self):
        offences = []
        for name, want in expected.expected(self.fed).items():
            offences += [] if want else [f"{name}: the model has nothing"]
            offences += expected.difference(name, self.results(name), want)
        return offences

    def all_counts(self):
        """Time has moved past all that was fed: nothing of it is late, lost or twice."""
        self.flush()
        return self.nothing_is_late() + self.all_is_there()

    def left_only(self, up_to):
        """Nothing has left that may not while time stands there."""
        return [offence for name in expected.HELD
                for offence in expected.premature(name, self.results(name), up_to)][:6]

    def some_left(self):
        return [f"{name}: nothing has left" for name in expected.HELD if not self.results(name)]


# ---- records ------------------------------------------------------------------------------------

def records_of(chance, partition, many=120, begin=0, jitter=JITTER):
    """A partition's records in its own order: out of order, but by less than the grace."""
    numbers = iter(range(partition * 10000 + begin, 1 << 30))
    records = []
    for topic, count, keys in (("left", many, KEYS + LONELY[:3]),
                               ("right", many // 3, KEYS + LONELY[3:])):
        times = sorted(chance.randrange(begin, begin + SPAN) for _ in range(count))
        for at in times:
            at = BASE + 1000 + max(begin, at - chance.randrange(jitter))
            records.append((topic, partition, at, f"{chance.choice(keys)}:{next(numbers)}"))
    return sorted(records, key=lambda record: record[1])


def versions_of(chance, partition):
    """Of keys of its own: a table's row has one partition."""
    keys = [key for i, key in enumerate(KEYS) if i % PARTITIONS == partition]
    return [("versions", partition, BASE + at, f"{chance.choice(keys)}:w{partition}{at}")
            for at in sorted(chance.sample(range(SPAN), 20)) if keys]


def everything(seed=1, partitions=PARTITIONS):
    chance = random.Random(seed)
    return ([records_of(chance, partition) for partition in range(partitions)],
            [versions_of(chance, partition) for partition in range(partitions)])


def greatest(records, topic=None):
    return max(at for of, _, at, _ in records if topic in (None, of))


def flat(lists):
    return [record for records in lists for record in records]


# ---- statements ---------------------------------------------------------------------------------

def statement(function):
    STATEMENTS.append(function)
    return function


@statement
def no_record_in_time_is_late_however_uneven_the_backlog():
    """Each partition comes at a pace of its own, in one order of chance after another."""
    offences = []
    for seed in range(1, 5):
        chance = random.Random(seed)
        partitions, versions = everything(seed)
        with Lab(hops=1 + seed % 2, caching=seed > 2) as lab:
            lab.feed(flat(versions))
            lab.settle()
            while any(partitions):
                records = chance.choice([records for records in partitions if records])
                many = chance.choice((1, 10, 200))
                lab.feed(records[:many])
                del records[:many]
                if chance.randrange(2):
                    lab.settle()
            lab.settle()
            offences += lab.all_counts()
    return offences


@statement
def a_partition_withheld_until_the_others_are_drained_holds_all_of_time_back():
    offences = []
    for hops in (1, 2):
        partitions, versions = everything(hops)
        with Lab(hops=hops) as lab:
            lab.feed(flat(versions[:2]))
            lab.settle()
            lab.feed(flat(partitions[:2]) + partitions[3])
            lab.settle(60000)
            offences += lab.left_only(None)
            lab.feed(flat(versions[2:]))
            lab.settle()
            offences += lab.left_only(None)
            lab.feed(partitions[2])
            lab.settle()
            offences += lab.some_left() + lab.all_counts()
    return offences


# ---- one that stands still ----------------------------------------------------------------------

def pieces(records, count):
    """Of each topic's own order, so that any one after the other is that order too."""
    found = [[] for _ in range(count)]
    for topic in ("left", "right"):
        records_of_it = of(records, topic)
        for i, record in enumerate(records_of_it):
            found[i * count // len(records_of_it)].append(record)
    return found


def cut(records):
    return pieces(records, 2)


def of(records, topic):
    return [record for record in records if record[0] == topic]


class Half:
    """Half of the records are in; then something happens to tasks, and the other half comes."""

    def __init__(self, where, partition, hops, idle):
        partitions, versions = everything(7 + partition)
        self.halves = [cut(records) for records in partitions]
        self.lab = Lab(hops=hops, idle=idle)
        self.lab.feed(flat(versions))
        self.lab.settle()
        self.lab.feed(flat(half for half, _ in self.halves))
        self.lab.settle()
        self.tasks = self.lab.tasks(where, partition)
        self.up_to = greatest(self.halves[partition][0])

    def each(self, command, stage=""):
        for task in self.tasks:
            self.lab.tell(f"{command} {task} {stage}")

    def stand(self, stage):
        """The rest comes, and a minute passes; time does not."""
        self.lab.feed(flat(half for _, half in self.halves))
        self.lab.settle(60000)
        stages = {self.lab.tell(f"stage {task}")[0] for task in self.tasks}
        return self.lab.left_only(self.up_to) + [f"a task is {found}, not {stage}"
                                                 for found in stages - {stage}]

    def finish(self):
        self.lab.settle()
        with self.lab as lab:
            return lab.some_left() + lab.all_counts()


def upstreams():
    """Each kind of upstream of the verbs, with idleness said by the others and without."""
    return [Half(where, partition, hops, idle)
            for where, hops in (("", 1), ("", 2), ("first-", 2))
            for partition, idle in ((1, -1), (2, IDLE))]


@statement
def an_upstream_that_is_frozen_for_a_minute_holds_time_back():
    offences = []
    for half in upstreams():
        half.each("freeze", "running")
        offences += half.stand("running")
        half.each("go")
        offences += half.finish()
    return offences


@statement
def an_upstream_without_an_owner_holds_time_back():
    offences = []
    for half in upstreams():
        half.each("kill")
        offences += half.stand("nowhere")
        half.each("own")
        offences += half.finish()
    return offences


@statement
def an_upstream_that_is_restoring_holds_time_back():
    offences = []
    for half in upstreams():
        half.each("kill")
        half.each("own", "restoring")
        offences += half.stand("restoring")
        half.each("go")
        offences += half.finish()
    return offences


@statement
def a_frozen_task_that_closes_windows_holds_back_the_windows_behind_it():
    half = Half("second-", 1, 2, -1)
    half.each("freeze", "running")
    half.lab.feed(flat(half for _, half in half.halves))
    half.lab.settle(60000)
    offences = expected.premature("chained", half.lab.results("chained"), half.up_to)
    half.each("go")
    return offences + half.finish()


# ---- one at its end -----------------------------------------------------------------------------

def others_run_on(lab):
    """A partition ends in the middle; the others go on; the first and the last time of those."""
    partitions, versions = everything(3)
    others = [partitions[p] for p in (0, 1, 3)]
    lab.feed(flat(versions))
    lab.settle()
    lab.feed(cut(partitions[2])[0])
    slices = [pieces(records, 6) for records in others]
    for number in range(6):
        lab.feed(flat(records[number] for records in slices))
        lab.settle()
    tops = [greatest(records, topic) for records in others for topic in ("left", "right")]
    return min(tops), max(tops), greatest(cut(partitions[2])[0])


def all_left(lab, up_to):
    """Whatever may leave by then has left."""
    offences = []
    for name, want in expected.expected(lab.fed).items():
        if name in expected.HELD and name != "chained":
            due = [result for result in want if (expected.end_of(name, result) or 0) < up_to]
            got = lab.results(name)
            offences += [] if due else [f"{name}: nothing is due"]
            offences += [f"{name}: {result} has not left" for result in due if result not in got]
    return offences[:8]


@statement
def an_upstream_that_says_that_it_stands_at_its_end_holds_nothing_back():
    offences = []
    for hops in (1, 2):
        with Lab(hops=hops, idle=IDLE) as lab:
            first, last, _ = others_run_on(lab)
            offences += all_left(lab, first) + lab.left_only(last) + lab.all_counts()
    return offences


@statement
def an_upstream_at_its_end_that_does_not_say_so_holds_time_back():
    offences = []
    for hops in (1, 2):
        with Lab(hops=hops) as lab:
            _, _, end = others_run_on(lab)
            offences += lab.left_only(end) + lab.all_counts()
    return offences


# ---- the far future -----------------------------------------------------------------------------

def far_ahead(lab):
    """Half of all; a record of one partition from ten years ahead; the other half of the others."""
    partitions, versions = everything(5)
    halves = [cut(records) for records in partitions]
    lab.feed(flat(versions))
    lab.settle()
    lab.feed(flat(half for half, _ in halves))
    lab.settle()
    for topic in ("left", "right"):
        lab.tell(f"feed {topic} 0 {BASE + 10 * 365 * 86400000} ~far:0")
    lab.settle(5000)
    return halves, lab.left_only(min(greatest(half) for half, _ in halves[1:]))


@statement
def a_timestamp_in_the_far_future_is_dead_lettered_and_closes_nothing():
    offences = []
    for hops in (1, 2):
        with Lab(hops=hops, ahead=86400000) as lab:
            halves, early = far_ahead(lab)
            lab.feed(flat(half for _, half in halves))
            lab.settle()
            letters = [len(lab.dump(f"{topic}-rejected")) for topic in ("left", "right")]
            offences += early + lab.all_counts()
            offences += [] if letters == [1, 1] else [f"{letters} dead letters"]
    return offences


@statement
def a_timestamp_in_the_far_future_closes_nothing_of_other_partitions():
    offences = []
    for hops in (1, 2):
        with Lab(hops=hops) as lab:
            halves, early = far_ahead(lab)
            lab.feed(flat(half for _, half in halves[1:]))
            lab.settle()
            offences += early + lab.all_counts()
    return offences


@statement
def what_its_own_partition_sends_behind_the_far_future_is_told_as_late():
    with Lab() as lab:
        halves, offences = far_ahead(lab)
        lab.feed(flat(half for _, half in halves))
        lab.settle()
        lab.flush()
        everything_fed = lab.fed
        for name in ("tumbling", "closed", "session"):
            told = [value.decode() for _, value, _ in lab.dump(f"late-{name}")]
            lab.fed = {topic: [record for record in records if record[1] not in told]
                       for topic, records in everything_fed.items()}
            own = [value for _, _, _, value in halves[0][1]]
            offences += [] if told else [f"late-{name}: nothing is late"]
            offences += [f"late-{name}: {value}" for value in told
                         if value not in own and not value.startswith("~")][:4]
            offences += expected.difference(name, lab.results(name),
                                            expected.expected(lab.fed)[name])
        return offences


# ---- one upstream -------------------------------------------------------------------------------

def key_and_start(topic, key, start):
    """The driver reads the windowed keys of tables itself, and gives those of late records raw."""
    name = topic.split("-", 1)[1]
    if name in expected.JOINS or start:
        return key.decode(), start
    return expected.window_of(name, key)[:2]


def in_the_driver(records, hops, topics):
    """What the topology driver gives, by topic: (key, window's start, value, time)."""
    lines = "".join(f"{topic} {at} {value}\n" for topic, _, at, value in records)
    done = subprocess.run([os.path.join(FOLDER, "lateness-driver"), str(hops), *topics],
                          input=lines, text=True, stdout=subprocess.PIPE, check=True)
    found, rows, name = {}, None, None
    for line in done.stdout.splitlines():
        if line in topics:
            rows, name = found.setdefault(line, []), line
            continue
        key, start, value, at = line.split(" ")
        rows.append((*key_and_start(name, bytes.fromhex(key), int(start)), value, int(at)))
    return found


def in_tasks(lab, topic):
    return [(*key_and_start(topic, key, 0), "-" if value is None else value.hex(), at)
            for key, value, at in lab.dump(topic)]


@statement
def with_one_upstream_the_result_is_kafka_streams_record_by_record():
    """The driver's is, by the conformance data; here tasks of their own give it too."""
    offences = []
    topics = [f"out-{name}" for name in expected.OUTPUTS] + [f"late-{n}" for n in expected.LATE]
    for hops in (1, 2):
        chance = random.Random(hops)
        records = records_of(chance, 0, many=60, begin=5000) + versions_of(chance, 0)
        chance.shuffle(records)
        records = [(topic, 0, at - chance.choice((0, 0, 500, 5000)), value)
                   for topic, _, at, value in sorted(records, key=lambda record: record[2] // 2000)]
        with Lab(hops=hops, partitions=1, caching=False) as lab:
            for record in records:
                lab.feed([record])
                lab.settle()
            for topic, want in in_the_driver(records, hops, topics).items():
                empty = topic != "late-chained" and not want
                offences += [f"{topic}: there is nothing to compare"] if empty else []
                if in_tasks(lab, topic) != want:
                    offences += expected.difference(topic, in_tasks(lab, topic), want)[:3]
                    offences.append(f"{topic} differs")
    return offences


# ---- the run ------------------------------------------------------------------------------------

def run(said):
    try:
        offences = said()
    except AssertionError as failure:
        offences = [str(failure)]
    print(("FAILED: " if offences else "passed: ") + said.__name__.replace("_", " "),
          flush=True)
    for offence in offences[:12]:
        print("    " + offence)
    return not offences


def main():
    chosen = [said for said in STATEMENTS
              if not sys.argv[2:] or said.__name__ in sys.argv[2:]]
    passed = sum(run(said) for said in chosen)
    print(f"{passed} passed, {len(chosen) - passed} failed")
    sys.exit(passed != len(chosen))


if __name__ == "__main__":
    FOLDER = sys.argv[1]
    main()
