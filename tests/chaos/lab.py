"""lab.py - a laboratory for the whole job: brokers, PostgreSQL, instances, and what drained means.

Used by tests/chaos and tests/retail_kafka. All servers listen on loopback, on free ports; what is
started here is stopped here, by its pid.
"""
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time

ROOT = os.environ.get("LEAT_ROOT") or os.path.abspath(os.path.join(os.path.dirname(__file__),
                                                                   "..", ".."))
BUILD = os.environ.get("LEAT_BUILD") or os.path.join(ROOT, "build", "release")
PROGRAM = os.path.join(BUILD, "blackfriday")
AUDIT = os.path.join(BUILD, "tests", "chaos", "audit")
BROKERS = os.path.join(ROOT, "tests", "kafka", "broker.sh")
DATABASE = os.path.join(ROOT, "tests", "postgres", "server.sh")


LEADERS_ASKED = 120  # times, two a second: hundreds of topics are made at a start


class Failure(Exception):
    """What makes a test fail, as a sentence."""


def call(*command, **options):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, **options)
    if done.returncode:
        raise Failure(f"{' '.join(command)} ended with {done.returncode}: "
                      f"{(done.stdout + done.stderr)[-2000:]}")
    return done.stdout


def read_rows(lines):
    """Records of a dump: lines KEY VALUE TIME, bytes in hexadecimal, - for no value."""
    rows = []
    for line in lines:
        key, value, at = line.split()
        rows.append((bytes.fromhex(key), None if value == "-" else bytes.fromhex(value), int(at)))
    return rows


class Score:
    """Checks as they are made: a line each, and the first offences of one that failed."""

    def __init__(self):
        self.passed = self.failed = 0

    def check(self, name, offences):
        self.passed += not offences
        self.failed += bool(offences)
        print(("FAILED: " if offences else "passed: ") + name, flush=True)
        for offence in offences[:12]:
            print("    " + offence)


class Lab:
    def __init__(self, name, brokers=1, database=True, inputs=("sales", "inventory-updates")):
        self.inputs = inputs  # they lag even where nothing of them was committed yet
        self.dir = tempfile.mkdtemp(prefix=f"leat-{name}-")
        self.brokers = os.path.join(self.dir, "brokers")
        self.database = os.path.join(self.dir, "database") if database else None
        self.processes = []
        os.environ["LEAT_BROKER_OWNER"] = str(os.getpid())
        call(BROKERS, "start", self.brokers, str(brokers), *self.broker_settings())
        with open(os.path.join(self.brokers, "bootstrap"), encoding="utf-8") as file:
            self.bootstrap = file.read().strip()
        self.conninfo = None
        if database:
            call(DATABASE, "start", self.database)
            with open(os.path.join(self.database, "conninfo"), encoding="utf-8") as file:
                self.conninfo = file.read().strip()

    def broker_settings(self):
        """More of what every broker is told, key=value; for who derives from this."""
        return []

    def configure(self, application, **settings):
        """Writes a configuration file of these settings, and returns its path."""
        path = os.path.join(self.dir, f"{application}.conf")
        lines = {"application.id": application, "bootstrap.servers": self.bootstrap,
                 "schema.registry.url": f"mock://{application}"}
        if self.conninfo:
            lines["blackfriday.database"] = self.conninfo
        lines.update({key.replace("__", "."): value for key, value in settings.items()})
        with open(path, "w", encoding="utf-8") as file:
            file.writelines(f"{key} = {value}\n" for key, value in lines.items())
        return path

    def program(self, *arguments, log=None, program=PROGRAM):
        """Starts the program; its output goes to the file `log`."""
        with open(os.path.join(self.dir, log), "ab") as out:
            process = subprocess.Popen([program, *arguments], stdin=subprocess.DEVNULL, stdout=out,
                                       stderr=subprocess.STDOUT)
        self.processes.append(process)
        return process

    def text(self, log):
        with open(os.path.join(self.dir, log), encoding="utf-8", errors="replace") as file:
            return file.read()

    def tail(self, log, size=4096):
        with open(os.path.join(self.dir, log), "rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - size))
            return file.read().decode(errors="replace")

    def lag(self, application):
        """Asks again while a broker has not heard of a new topic's leaders."""
        for attempt in range(LEADERS_ASKED):
            try:
                return int(call(AUDIT, self.bootstrap, "lag", application, *self.inputs))
            except Failure as failure:
                if attempt + 1 == LEADERS_ASKED or "Not leader" not in str(failure):
                    raise
                time.sleep(0.5)

    def drain(self, application, alive, patience=600):
        """Waits until all is processed: a lag of 0, and of 0 again when looked at once more."""
        still, until, lag = 0, time.monotonic() + patience, None
        while still < 3:
            alive()
            lag = self.lag(application)
            still = still + 1 if lag == 0 else 0
            if time.monotonic() > until:
                raise Failure(f"a lag of {lag} stays")
            time.sleep(0.3)

    def close(self, keep):
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
                process.wait()
        for script, folder, command in ((BROKERS, self.brokers, "stop"),
                                        (DATABASE, self.database, "remove")):
            if not folder:
                continue
            subprocess.run([script, command, folder], stdin=subprocess.DEVNULL,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        if keep:
            self.keep_logs()
        shutil.rmtree(self.dir, ignore_errors=True)

    def keep_logs(self):
        """Of a test that failed, what was logged is of use later."""
        target = os.environ.get("LEAT_LOGS") or "/tmp/leat-logs"
        target = os.path.join(target, os.path.basename(self.dir))
        os.makedirs(target, exist_ok=True)
        for name in os.listdir(self.dir):
            if re.search(r"\.(log|conf)$", name):
                shutil.copy(os.path.join(self.dir, name), target)
        print(f"logs are kept in {target}", flush=True)


class Instance:
    """One instance of the application, over any number of lives."""

    def __init__(self, lab, config, name, *settings, program=PROGRAM):
        self.lab, self.name, self.lives, self.process = lab, name, 0, None
        self.wanted = False  # it was started, and not told to end since
        self.file = program
        self.state = os.path.join(lab.dir, "state", name)
        self.arguments = ["run"] if program == PROGRAM else []
        self.arguments += ["--config", config, "--set", f"state.dir={self.state}"]
        for setting in settings:
            self.arguments += ["--set", setting]

    def start(self):
        self.lives += 1
        self.wanted = True
        self.process = self.lab.program(*self.arguments, log=self.log(), program=self.file)

    def log(self):
        return f"{self.name}.{self.lives}.log"

    def check(self):
        """An instance only ends when it is told to."""
        status = self.process.poll()
        if status is not None:
            raise Failure(f"instance {self.name} ended by itself with {status}:\n"
                          + self.lab.text(self.log())[-2000:])

    def kill(self):
        self.wanted = False
        self.process.kill()
        self.process.wait()

    def stop(self, seconds=None):
        """SIGTERM; how long it took to end. Fails if it takes longer than `seconds`."""
        began = time.monotonic()
        self.wanted = False
        self.process.terminate()
        try:
            status = self.process.wait(seconds or 120)
        except subprocess.TimeoutExpired:
            raise Failure(f"instance {self.name} does not end within {seconds} s of SIGTERM")
        # While a coordinator is away a stop is cut short, which is a crash, but in time.
        if status and " stop_forced " not in self.lab.tail(self.log()):
            raise Failure(f"instance {self.name} ended with {status} after SIGTERM:\n"
                          + self.lab.text(self.log())[-2000:])
        return time.monotonic() - began
