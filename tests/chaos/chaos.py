"""chaos.py - the whole job under kills, freezes, stops and outages, and what is left of it.

    chaos.py [--seed N] [--kills N] [--freezes N] [--stops N] [--broker-kills N]
             [--database-kills N] [--instances N] [--partitions N] [--brokers N] [--rate N]
             [--gap SECONDS] [--keep]

A load runs from before the first fault until after the last. Faults come in an order and to victims
that the seed decides; what is killed comes back, at once or when its session has expired, and a
frozen instance sleeps for 0.5 to 3 session timeouts. Then the load stops, all is drained, and every
output is compared with the truth. Ends with `N passed, N failed`.
"""
import argparse
import datetime
import heapq
import os
import random
import re
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import AUDIT, BROKERS, DATABASE, PROGRAM, Failure, Instance, Lab, call  # noqa: E402

SESSION = 3.0
STOP_SECONDS = 5
FLUSH, HELD_UP = 10.1, 20          # seconds: of state to disk and a commit; by a freeze, an outage
UNFLUSHED = 1000                   # records that a restore does not wait for on their way to disk
EVENT = re.compile(r"(\S+)Z INFO (task_restored|task_running) task=(\S+)"
                   r"(?: records=(\d+) of=(\d+))?")
APPLICATION = "storm"


def arguments():
    parser = argparse.ArgumentParser()
    for name, preset in (("seed", None), ("kills", 25), ("freezes", 10), ("stops", 5),
                         ("broker-kills", 3), ("database-kills", 3), ("instances", 3),
                         ("partitions", 4), ("brokers", 3), ("rate", 400)):
        parser.add_argument(f"--{name}", type=int, default=preset)
    parser.add_argument("--gap", type=float, default=4.0)
    parser.add_argument("--keep", action="store_true")
    return parser.parse_args()


def holds(text):
    """Whether the log ends inside a transaction that has records."""
    last = {}
    for event, worker in re.findall(r"DEBUG (transaction_\w+) worker=(\S+)", text):
        last[worker] = event
    return "transaction_holds" in last.values()


class Storm:
    def __init__(self, options):
        self.options = options
        self.random = random.Random(options.seed)
        self.began = time.monotonic()
        self.due = []                  # what mends a fault: (when, number, function)
        self.number = 0
        self.busy = set()              # who is killed, frozen or stopped at the moment
        self.held = self.kills = 0
        self.stop_times = []
        self.passed = self.failed = 0
        self.children = []
        self.lab = Lab("chaos", options.brokers)
        self.config = self.lab.configure(
            APPLICATION, kafka__session__timeout__ms=int(SESSION * 1000), log__level="debug",
            num__stream__threads=1, leat__memory__max__bytes="64MB",
            repartition__purge__interval__ms=5000)
        # Two keep their membership over a restart, as an operator would have it; one does not.
        # Either way others find a new generation amid their transactions.
        self.instances = [
            Instance(self.lab, self.config, f"i{i}",
                     *([f"group.instance.id=i{i}"] if i % 3 != 2 else []))
            for i in range(options.instances)]
        self.sink = self.load = None

    def say(self, text):
        print(f"{time.monotonic() - self.began:7.1f}  {text}", flush=True)

    # ---- mending, later ------------------------------------------------------------------------

    def later(self, seconds, function):
        self.number += 1
        heapq.heappush(self.due, (time.monotonic() + seconds, self.number, function))

    def wait(self, seconds):
        until = time.monotonic() + seconds
        while True:
            now = time.monotonic()
            while self.due and self.due[0][0] <= now:
                heapq.heappop(self.due)[2]()
            self.alive()
            if now >= until:
                return
            time.sleep(max(0, min(0.05, until - now)))

    def alive(self):
        for instance in self.instances:
            if instance.name not in self.busy and instance.process:
                instance.check()
        for name, process in (("sink", self.sink), ("load", self.load)):
            if process and process.poll() is not None:
                raise Failure(f"the {name} ended by itself with {process.returncode}:\n"
                              + self.lab.text(f"{name}.log")[-1500:])
        for child in list(self.children):
            if child.poll() is not None:
                self.children.remove(child)
                self.later(5, lambda name=child.frees: self.busy.discard(name))
                if child.returncode:
                    raise Failure(f"{' '.join(child.args)} ended with {child.returncode}")

    def script(self, frees, *command):
        """Brings a server back; a while after that it may be the next fault's."""
        self.children.append(subprocess.Popen(command, stdin=subprocess.DEVNULL))
        self.children[-1].frees = frees

    def victim(self):
        while True:
            free = [i for i in self.instances if i.name not in self.busy]
            if free:
                return self.random.choice(free)
            self.wait(0.1)

    # ---- faults --------------------------------------------------------------------------------

    def back(self, instance):
        self.busy.discard(instance.name)
        instance.start()

    def kill(self):
        """Whoever is inside a transaction with records at the moment, else anybody."""
        until = time.monotonic() + 10
        order = self.random.sample(self.instances, len(self.instances))
        instance = None
        while not instance and time.monotonic() < until:
            for one in order:
                if not instance and one.name not in self.busy and holds(self.lab.tail(one.log())):
                    instance = one
            if not instance:
                self.wait(0.002)
        instance = instance or self.victim()
        self.busy.add(instance.name)
        time.sleep(self.random.uniform(0, 0.02))
        instance.kill()
        held = holds(self.lab.text(instance.log()))
        self.kills += 1
        self.held += held
        away = self.random.choice((0, 0, 0.5, 1, 1.5 * SESSION))
        self.say(f"kill -9 {instance.name}, {'inside' if held else 'outside'} a transaction, "
                 f"back in {away} s")
        self.later(away, lambda: self.back(instance))

    def freeze(self):
        instance = self.victim()
        seconds = self.random.uniform(0.5, 3) * SESSION
        self.busy.add(instance.name)
        instance.process.send_signal(19)

        def thaw():
            instance.process.send_signal(18)
            self.busy.discard(instance.name)
        self.say(f"SIGSTOP {instance.name} for {seconds:.1f} s")
        self.later(seconds, thaw)

    def stop(self):
        instance = self.victim()
        self.busy.add(instance.name)
        took = instance.stop(STOP_SECONDS)
        self.stop_times.append(took)
        self.say(f"SIGTERM {instance.name}, ended after {took:.2f} s")
        self.later(self.random.uniform(0, 2), lambda: self.back(instance))

    def kill_broker(self):
        while "broker" in self.busy:
            self.wait(0.1)
        number = str(self.random.randint(1, self.options.brokers))
        self.busy.add("broker")
        call(BROKERS, "kill", self.lab.brokers, number)
        away = self.random.uniform(1, 4)
        self.say(f"kill -9 broker {number}, back in {away:.1f} s")
        self.later(away, lambda: self.script("broker", BROKERS, "restart", self.lab.brokers,
                                             number))

    def kill_database(self):
        while "database" in self.busy:
            self.wait(0.1)
        self.busy.add("database")
        call(DATABASE, "kill", self.lab.database)
        away = self.random.uniform(0, 3)
        self.say(f"kill -9 PostgreSQL, back in {away:.1f} s")
        self.later(away, lambda: self.script("database", DATABASE, "restart",
                                             self.lab.database))

    # ---- the course of it ----------------------------------------------------------------------

    def prepare(self):
        options = self.options
        call(PROGRAM, "generate", "--config", self.config, "--count", "2000", "--products", "500",
             "--stores", "20", "--partitions", str(options.partitions), "--live", "--rate", "2000")
        for instance in self.instances:
            instance.start()
        self.lab.drain(APPLICATION, self.alive)
        self.sink = self.lab.program("sink", "--config", self.config, log="sink.log")
        self.load = self.lab.program(
            "generate", "--config", self.config, "--products", "500", "--stores", "20", "--seed",
            "2", "--no-master", "--rate", str(options.rate), "--invalid", "1", "--unknown", "1",
            "--duplicate", "1", log="load.log")
        self.say("the load runs")

    def rage(self):
        options = self.options
        faults = ([self.kill] * options.kills + [self.freeze] * options.freezes
                  + [self.stop] * options.stops + [self.kill_broker] * options.broker_kills
                  + [self.kill_database] * options.database_kills)
        self.random.shuffle(faults)
        for fault in faults:
            self.wait(self.random.uniform(0.2, 2) * options.gap)
            fault()
        while self.due or self.children:
            self.wait(0.1)
        self.wait(2)
        self.say("the last fault is over")

    def settle(self):
        load, sink, self.load, self.sink = self.load, self.sink, None, None
        load.terminate()
        if load.wait(120):
            raise Failure("the load failed:\n" + self.lab.text("load.log")[-1500:])
        self.say("the load has stopped: " + self.lab.text("load.log").strip().split("\n")[-1])
        self.lab.drain(APPLICATION, self.alive)
        self.say("drained")
        sink.terminate()
        sink.wait(120)
        call(PROGRAM, "sink", "--config", self.config, "--until-caught-up")
        self.say("the sink has caught up")

    def check(self, what, good, detail=""):
        self.passed += bool(good)
        self.failed += not good
        print(f"{'ok  ' if good else 'FAIL'} {what}{': ' + str(detail) if detail else ''}",
              flush=True)

    def ask(self, what, *command):
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False)
        lines = done.stdout.strip()
        print(lines, flush=True)
        self.check(what, done.returncode == 0)

    def judge(self):
        lab, options = self.lab, self.options
        self.ask("every output is what the inputs give", PROGRAM, "verify", "--config",
                 self.config)
        self.ask("no transaction is left open", AUDIT, lab.bootstrap, "open")
        for instance in self.instances:
            self.stop_times.append(instance.stop(STOP_SECONDS))
        self.check(f"a stop takes no more than {STOP_SECONDS} s", True,
                   " ".join(f"{t:.2f}" for t in self.stop_times))
        self.ask("the stores are the fold of their changelogs", AUDIT, lab.bootstrap, "stores",
                 APPLICATION, *[instance.state for instance in self.instances])
        wiped = [line for line in self.lines() if " store_wiped " in line]
        self.check("no store was wiped", not wiped, "; ".join(wiped[:3]))
        self.check("most kills fell into an open transaction", self.held * 25 >= self.kills * 20,
                   f"{self.held} of {self.kills}")
        self.restores()
        undone = sum(" transaction_undone " in line for line in self.lines())
        self.say(f"{undone} transactions were undone and done again")

    def lines(self, instances=None):
        for instance in instances or self.instances:
            for life in range(1, instance.lives + 1):
                yield from self.lab.text(f"{instance.name}.{life}.log").split("\n")

    def restores(self):
        """A task that comes back to who had it last reads what its copy on disk lacks: the writes
        of a flush interval and a commit. A freeze or an outage may hold them up for a while."""
        events = sorted(found.groups("") + (instance.name,) for instance in self.instances
                        for found in map(EVENT.match, self.lines([instance])) if found)
        first, owner, rates, returns, moves = None, {}, {}, [], 0
        for when, event, task, records, whole, name in events:
            when = datetime.datetime.fromisoformat(when).timestamp()
            first = first or when
            if event == "task_running":
                owner[task] = name
                continue
            if when - first > 20:
                rates[task] = max(rates.get(task, 0), int(whole) / (when - first))
            if owner.get(task) == name:
                returns.append((int(records), int(whole), task, name))
            elif task in owner:
                moves += 1
        bad = [entry for entry in returns
               if entry[0] > UNFLUSHED + rates.get(entry[2], 0) * (FLUSH + HELD_UP)]
        most = max(returns, default=None)
        self.say(f"{len(returns)} tasks came back to who had them last, "
                 f"{sum(1 for entry in returns if not entry[0])} of them with nothing to restore; "
                 f"{moves} moved; records restored, of the changelogs', the most:")
        for records, whole, task, name in sorted(returns, reverse=True)[:5]:
            print(f"         {records:7} of {whole:7}  {task} on {name}")
        self.check("a restart restores no more than what was not on disk yet", most and not bad,
                   bad[:3] if bad else "")

    def run(self):
        try:
            self.prepare()
            self.rage()
            self.settle()
            self.judge()
        except Failure as failure:
            self.check("the job lives through it", False, failure)
        except BaseException:
            self.failed += 1
            raise
        finally:
            for instance in self.instances:
                if instance.process:
                    instance.process.send_signal(18)
            self.lab.close(self.failed or self.options.keep)
        print(f"{self.passed} passed, {self.failed} failed")
        return self.failed != 0


def main():
    options = arguments()
    if options.seed is None:
        options.seed = int.from_bytes(os.urandom(3), "big")
    print(f"seed {options.seed}", flush=True)
    sys.exit(Storm(options).run())


main()
