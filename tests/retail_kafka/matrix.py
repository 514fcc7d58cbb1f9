"""matrix.py - generate, run, sink, verify: for each number of instances and partitions, each way
the input comes, and each age of it.

    matrix.py [--full] [--count N] [--case INSTANCES,PARTITIONS,WAY,AGE] [--keep]

WAY is `standing` (all is there before the first instance starts), `live` (it comes while they run)
or `withheld` (one source partition comes when all others are drained); AGE is `today` or `old`, a
year. Four telling cases at 100,000 sales; --full is all of them at 1,000,000. Each begins with
brokers, tables and state of its own. Ends with `N passed, N failed`.
"""
import argparse
import itertools
import os
import re
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "chaos"))
from lab import PROGRAM, Failure, Instance, Lab, call  # noqa: E402

APPLICATION = "retail"
TELLING = ["1,4,standing,today", "2,12,live,today", "3,4,withheld,old", "2,12,withheld,today"]
ALL = [",".join(case) for case in itertools.product(
    "123", ("4", "12"), ("standing", "live", "withheld"), ("today", "old"))]
# A little of everything that may be wrong with a sale.
BLEMISHES = [word for name in ("late", "invalid", "unknown", "duplicate", "odd-keys")
             for word in (f"--{name}", "0.5")]
LIVE_RATE = 20000


class Case:
    def __init__(self, name, count):
        instances, partitions, self.way, self.age = name.split(",")
        self.count, self.instances = count, []
        self.lab = Lab("retail")
        self.config = self.lab.configure(
            APPLICATION, num__stream__threads=2 if instances == "1" else 1)
        self.generator = ["generate", "--config", self.config, "--count", str(count),
                          "--partitions", partitions, *BLEMISHES]
        if self.age == "old":
            self.generator += ["--start", "1y"]
        for number in range(int(instances)):
            self.instances.append(Instance(self.lab, self.config, f"i{number}"))
        self.times = []

    def timed(self, name, work, *arguments):
        began = time.monotonic()
        result = work(*arguments)
        self.times.append(f"{name} {time.monotonic() - began:.1f} s")
        return result

    def generate(self, *more):
        call(PROGRAM, *self.generator, *more)

    def start(self):
        for instance in self.instances:
            instance.start()

    def alive(self):
        for instance in self.instances:
            instance.check()

    def drain(self):
        self.lab.drain(APPLICATION, self.alive, patience=1800)

    def feed(self):
        """The input, in the way that the case asks for; returns when all of it is processed."""
        if self.way == "live":
            self.generate("--count", "100")
            self.start()
            self.timed("live", self.generate, "--rate", str(LIVE_RATE), "--no-master", "--seed",
                       "2")
        elif self.way == "standing":
            self.timed("generate", self.generate)
            self.start()
        else:
            self.timed("generate", self.generate, "--except-partition", "1")
            self.start()
            self.timed("others", self.drain)
            self.timed("withheld", self.generate, "--only-partition", "1", "--no-master")
        self.timed("drain", self.drain)

    def run(self):
        self.feed()
        for instance in self.instances:
            instance.stop(5)
        self.timed("sink", call, PROGRAM, "sink", "--config", self.config, "--until-caught-up")
        table = self.timed("verify", call, PROGRAM, "verify", "--config", self.config)
        if not re.search(r"^table of sales-enriched +\d{2,} .* equal$", table, re.M):
            raise Failure(f"the database was not compared:\n{table}")
        return table


def attempt(name, count, keep):
    began = time.monotonic()
    case = failure = table = None
    try:
        case = Case(name, count)
        table = case.run()
    except Failure as caught:
        failure = caught
    finally:
        if case:
            case.lab.close(keep or failure)
    times = ", ".join(case.times) if case else ""
    print(f"{'FAIL' if failure else 'ok  '} {name:<24} {count} sales, "
          f"{time.monotonic() - began:.0f} s: {times}", flush=True)
    if failure or keep:
        print(failure or table, flush=True)
    return not failure


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--count", type=int)
    parser.add_argument("--case", action="append")
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    count = options.count or (1000000 if options.full else 100000)
    results = [attempt(name, count, options.keep)
               for name in options.case or (ALL if options.full else TELLING)]
    print(f"{sum(results)} passed, {len(results) - sum(results)} failed")
    sys.exit(not all(results))


main()
