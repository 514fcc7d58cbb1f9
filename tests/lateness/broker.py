"""broker.py - an owner is stopped on a real broker, with a backlog and without; nothing is late.

    broker.py [--freezes SECONDS,...] [--keep]     ends with `N passed, N failed`

Two instances have the tasks of program.c; the one of them is stopped (SIGSTOP) while the backlog
comes in: shorter than the session timeout, so that its tasks stay, and longer, so that they move.
"""
import argparse
import os
import random
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "chaos"))
import expected  # noqa: E402
import lateness  # noqa: E402
from lab import BUILD, Failure, Instance, Lab, Score, call, read_rows  # noqa: E402

TOOL = os.path.join(BUILD, "tests", "operators", "operators-tool")
PROGRAM = os.path.join(BUILD, "tests", "lateness", "lateness-program")
APPLICATION, PARTITIONS, SESSION_MS, ROUND_MS = "lateness", 4, 6000, 20000


class Runner(Lab):
    def __init__(self):
        super().__init__("lateness", database=False, inputs=tuple(lateness.INPUTS))
        self.fed = {topic: [] for topic in lateness.INPUTS}
        config = self.configure(APPLICATION, **{
            "leat.emit.interval.ms": 0, "kafka.session.timeout.ms": SESSION_MS})
        self.instances = [Instance(self, config, f"i{n}", program=PROGRAM) for n in range(2)]
        for topic in lateness.INPUTS:
            call(TOOL, self.bootstrap, "create", topic, str(PARTITIONS))

    def write(self, records):
        lines = "".join(f"{topic} k {value} {at} {partition}\n"
                        for topic, partition, at, value in records)
        subprocess.run([TOOL, self.bootstrap, "feed"], input=lines, text=True, check=True)

    def feed(self, records):
        for topic, _, at, value in records:
            self.fed[topic].append(("k", value, at))
        self.write(records)

    def settle(self):
        self.drain(APPLICATION, lambda: [instance.check() for instance in self.instances])

    def dump(self, topic):
        return read_rows(call(TOOL, self.bootstrap, "dump", topic).splitlines())

    def results(self, name):
        return expected.read(name, self.dump(f"out-{name}"))


# ---- what happens -------------------------------------------------------------------------------

def round_of(chance, number):
    """Out of order by less than what a join reaches: else one that has met nobody leaves early."""
    return [lateness.records_of(chance, partition, many=240, begin=number * ROUND_MS, jitter=150)
            for partition in range(PARTITIONS)]


def withheld(lab, partitions):
    """One source partition comes when the others are drained; until then nothing leaves."""
    lab.feed([record for records in partitions[1:] for record in records])
    lab.settle()
    early = [offence for name in expected.HELD
             for offence in expected.premature(name, lab.results(name), None)]
    lab.feed(partitions[0])
    lab.settle()
    return early[:6]


def frozen(lab, partitions, victim, seconds):
    """In the middle of a backlog: half of it before, half of it while the owner is stopped."""
    halves = [lateness.cut(records) for records in partitions]
    lab.feed([record for half, _ in halves for record in half])
    victim.process.send_signal(signal.SIGSTOP)
    lab.feed([record for _, half in halves for record in half])
    time.sleep(seconds)
    victim.process.send_signal(signal.SIGCONT)
    lab.settle()


def late(lab):
    return [f"late-{name}: {row}" for name in expected.LATE for row in lab.dump(f"late-{name}")
            if not row[0].startswith(b"~")][:6]


# ---- the run ------------------------------------------------------------------------------------

def play(lab, freezes, score):
    chance = random.Random(1)
    for instance in lab.instances:
        instance.start()
    lab.feed([record for partition in range(PARTITIONS)
              for record in lateness.versions_of(chance, partition)])
    lab.settle()
    score.check("a partition withheld until the others are drained holds all of time back",
                withheld(lab, round_of(chance, 0)))
    for number, seconds in enumerate(freezes, 1):
        victim = lab.instances[number % 2]
        frozen(lab, round_of(chance, number), victim, seconds)
        moved = "its tasks move" if seconds * 1000 > SESSION_MS else "its tasks stay"
        score.check(f"nothing is late for an owner stopped for {seconds} s, where {moved}",
                    late(lab))
    lab.write([(topic, partition, lateness.BASE + lateness.FAR + step, f"~{partition}:~")
               for step in range(2) for topic in ("left", "right")
               for partition in range(PARTITIONS)])
    lab.settle()
    time.sleep(2.5)  # bare marks, one a second at most for each hop
    lab.settle()


def check_outputs(lab, score):
    score.check("no record is late at the end", late(lab))
    for name, want in expected.expected(lab.fed).items():
        some = [] if want else ["the model has nothing"]
        score.check(f"{name}: {len(want)} results, each whole and once",
                    some + expected.difference(name, lab.results(name), want))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--freezes", default="3,12")
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    score, lab = Score(), Runner()
    try:
        play(lab, [int(seconds) for seconds in options.freezes.split(",")], score)
        check_outputs(lab, score)
        for instance in lab.instances:
            instance.stop()
    except Failure as failure:
        score.check("the run", [str(failure)])
    finally:
        lab.close(options.keep or score.failed > 0)
    print(f"{score.passed} passed, {score.failed} failed")
    sys.exit(1 if score.failed else 0)


main()
