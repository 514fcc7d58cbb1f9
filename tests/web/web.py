"""web.py - `blackfriday web` beside a real broker and an instance of the job.

What it shows must be what stands in the topics, which `verify` compares with the truth; events must
tell of new sales; a restart of it, and one of the broker, must change nothing; and who may ask is
tried as curl would ask. Ends with `N passed, N failed`.
"""
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "chaos"))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
os.environ.setdefault("LEAT_LOGS", "/tmp/leat-logs")
os.environ.setdefault("LEAT_BROKER_WAIT", "400")
from expected import COUNTED, sections  # noqa: E402
from lab import BROKERS, BUILD, PROGRAM, Failure, Instance, Lab, call, read_rows  # noqa: E402

TOOL = os.path.join(BUILD, "tests", "operators", "operators-tool")
APPLICATION = "shop"
TOKEN = "a-token-of-the-tests-0123"
PATIENCE_S = 120
WORLD = ["--products", "120", "--stores", "12", "--partitions", "2"]
BLEMISHES = ["--late", "1", "--invalid", "1", "--unknown", "1", "--duplicate", "1"]

passed, failed = 0, 0


def judge(name, test, *arguments):
    global passed, failed
    try:
        test(*arguments)
        passed += 1
        print(f"passed: {name}", flush=True)
    except (Failure, OSError, http.client.HTTPException) as failure:
        failed += 1
        print(f"FAILED: {name}: {failure!r}", flush=True)


def must(condition, sentence):
    if not condition:
        raise Failure(sentence)


def differences(is_, must_be, path=""):
    """Where two values of JSON differ, as sentences."""
    if isinstance(is_, dict) and isinstance(must_be, dict):
        return [line for key in {**is_, **must_be}
                for line in differences(is_.get(key), must_be.get(key), f"{path}.{key}")]
    if isinstance(is_, list) and isinstance(must_be, list) and len(is_) == len(must_be):
        return [line for i, (a, b) in enumerate(zip(is_, must_be))
                for line in differences(a, b, f"{path}[{i}]")]
    return [] if is_ == must_be else [f"{path} is {is_!r:.80}, and must be {must_be!r:.80}"]


class Answer:
    def __init__(self, response):
        self.status, self.headers = response.status, response.headers
        self.text = response.read().decode()


class Web:
    """One life of the server."""
    lives = 0

    def __init__(self, lab, config, *options):
        Web.lives += 1
        self.lab, self.log = lab, f"web.{Web.lives}.log"
        self.process = lab.program("web", "--config", config, "--port", "0", *options,
                                   log=self.log)
        self.port = None

    def listening(self):
        until = time.monotonic() + PATIENCE_S
        while not self.port:
            found = re.search(r" web_listening .* port=(\d+)", self.lab.text(self.log))
            self.port = found and int(found.group(1))
            if not self.port:
                must(self.process.poll() is None, f"it ended: {self.lab.text(self.log)[-500:]}")
                must(time.monotonic() < until, "it does not listen")
                time.sleep(0.05)
        return self

    def ask(self, path, method="GET", body=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, headers)
        answer = Answer(connection.getresponse())
        connection.close()
        return answer

    def figures(self):
        answer = self.ask("/figures")
        return json.loads(answer.text) if answer.status == 200 else {}

    def becomes(self, differs):
        """Asks until differs(figures) has nothing to say."""
        until = time.monotonic() + PATIENCE_S
        while True:
            offences = differs(self.figures())
            if not offences:
                return
            must(time.monotonic() < until, "; ".join(offences[:5]))
            time.sleep(0.2)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(60)
        except subprocess.TimeoutExpired:
            raise Failure("it does not end after SIGTERM") from None
        must(not status, f"it ended with {status}: {self.lab.text(self.log)[-500:]}")


class Events:
    """The stream of events, kept by name."""

    def __init__(self, web):
        self.connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=PATIENCE_S)
        self.connection.request("GET", "/events")
        self.response = self.connection.getresponse()
        self.last, self.name = {}, None

    def read_until(self, wanted):
        until = time.monotonic() + PATIENCE_S
        while not wanted(self.last):
            must(time.monotonic() < until, f"no such event came; these did: {list(self.last)}")
            line = self.response.readline().decode()
            must(line, "the stream ended")
            if line.startswith("event: "):
                self.name = line[7:].strip()
            elif line.startswith("data: "):
                self.last[self.name] = json.loads(line[6:])

    def close(self):
        self.connection.close()


class Shop:
    """Broker, one instance of the job, and what stands in its topics."""

    def __init__(self):
        self.lab = Lab("web", database=False)
        self.config = self.lab.configure(APPLICATION)
        self.instance = Instance(self.lab, self.config, "one")
        self.web, self.seed = None, 0

    def sell(self, count, *more):
        self.seed += 1
        call(PROGRAM, "generate", "--config", self.config, "--count", str(count), "--seed",
             str(self.seed), "--start", "3h", "--span", "160m", *WORLD, *BLEMISHES, *more)

    def drain(self, alive=None):
        self.lab.drain(APPLICATION, alive or self.instance.check)

    def revive(self):
        """A supervisor's part: an instance that waited too long for the broker ends."""
        if self.instance.process.poll() is not None:
            self.instance.start()

    def dump(self, topic):
        lines = call(TOOL, self.lab.bootstrap, "dump", topic).splitlines()
        return lines if topic in COUNTED else read_rows(lines)

    def differs(self):
        """A test of the figures against the topics as they stand now."""
        must_be = sections(self.dump)
        counts = {name: must_be.pop(name) for name in ("late", "rejected")}

        def test(figures):
            health = figures.pop("health", None) or {}
            is_counts = {name: health.get(name) for name in counts}
            return differences(figures, must_be) + differences(is_counts, counts, ".health")
        return test


# ---- before there is anything ------------------------------------------------------------------


def waits_for_topics(shop):
    shop.web = Web(shop.lab, shop.config).listening()
    answer = shop.web.ask("/health")
    must(answer.status == 503, f"/health says {answer.status}")
    until = time.monotonic() + PATIENCE_S
    while "there is no topic 'products' yet" not in shop.web.ask("/health").text:
        must(time.monotonic() < until, f"it says {shop.web.ask('/health').text}")
        time.sleep(0.1)
    must(shop.web.ask("/figures").status == 503, "there are figures of nothing")
    must(shop.web.ask("/").status == 200, "the page is not there")


# ---- figures ------------------------------------------------------------------------------------


def shows_the_topics(shop):
    shop.sell(20000)
    shop.instance.start()
    shop.drain()
    call(PROGRAM, "verify", "--config", shop.config, "--topics-only")
    differs = shop.differs()
    shop.web.becomes(differs)
    must(shop.web.ask("/health").status == 200, "it is not healthy")


def shows_lag_and_instances(shop):
    # A task that was given up and taken again is told twice.
    tasks = set(re.findall(r" task_running task=(\S+)", shop.lab.text(shop.instance.log())))

    def differs(figures):
        health = figures.get("health") or {}
        named = [task for one in health.get("instances", []) for task in one["tasks"]]
        return differences({"lag": health.get("lag"), "partitions": health.get("partitions"),
                            "instances": len(health.get("instances", [])),
                            "tasks": sorted(named)},
                           {"lag": 0, "partitions": [], "instances": 1, "tasks": sorted(tasks)})
    shop.web.becomes(differs)


def tells_of_new_sales(shop):
    events = Events(shop.web)
    names = {"totals", "top", "categories", "regions", "stores", "sellthrough", "lowstock",
             "health"}
    events.read_until(lambda last: names <= set(last))
    before = events.last["totals"]["orders"]
    shop.sell(2000, "--no-master")
    events.read_until(lambda last: last["totals"]["orders"] > before)
    shop.drain()
    differs = shop.differs()
    events.read_until(lambda last: not differs(dict(last)))
    events.close()


def shows_the_same_after_a_restart(shop):
    shop.web.stop()
    shop.web = Web(shop.lab, shop.config).listening()
    shop.web.becomes(shop.differs())


def outlives_the_broker(shop):
    call(BROKERS, "restart", shop.lab.brokers, "1")
    shop.sell(1000, "--no-master")
    shop.drain(shop.revive)
    shop.web.becomes(shop.differs())
    must(shop.web.process.poll() is None, "it ended")


# ---- who may ask --------------------------------------------------------------------------------


def refuses_other_hosts_and_origins(shop):
    web = shop.web
    must(web.ask("/figures", Host="rebound.example").status == 403, "another host is answered")
    must(web.ask("/figures", Host=f"localhost:{web.port}").status == 200, "localhost is not")
    must(web.ask("/upload/sales", "POST", "x", Origin="http://evil.example").status == 403,
         "another page may upload")
    must(web.ask("/figures", Sec_Fetch_Site="cross-site").status == 403, "another page may ask")
    answer = web.ask("/figures", Origin=f"http://127.0.0.1:{web.port}")
    must(answer.status == 200 and "Access-Control-Allow-Origin" not in answer.headers,
         "another origin may read")


def asks_for_its_token(shop):
    path = os.path.join(shop.lab.dir, "token")
    with open(path, "w", encoding="utf-8") as file:
        file.write(TOKEN + "\n")
    web = Web(shop.lab, shop.config, "--listen", "0.0.0.0", "--token-file", path).listening()
    must(web.ask("/").status == 401 and web.ask("/events").status == 401, "none is asked")
    must(web.ask("/health").status in (200, 503), "the probe is refused")
    must(web.ask("/", Authorization=f"Bearer {TOKEN}").status == 200, "the token is refused")
    answer = web.ask(f"/?token={TOKEN}")
    cookie = answer.headers["Set-Cookie"] or ""
    must(answer.status == 303 and answer.headers["Location"] == "/", "it is not sent on")
    must("HttpOnly" in cookie and "SameSite=Strict" in cookie and TOKEN not in cookie, cookie)
    must(web.ask("/", Cookie=cookie.split(";", maxsplit=1)[0]).status == 200, "no cookie is taken")
    statuses = [web.ask("/", Authorization="Bearer wrong").status for _ in range(12)]
    must(statuses == 10 * [401] + 2 * [429], f"wrong tokens: {statuses}")
    web.stop()
    must(TOKEN not in shop.lab.text(web.log), "the token is in the log")


def says_what_is_wrong_with_its_options(shop):
    short = os.path.join(shop.lab.dir, "short")
    with open(short, "w", encoding="utf-8") as file:
        file.write("short\n")
    for words, options in (("asks for a token", ["--listen", "0.0.0.0"]),
                           ("5 characters", ["--token-file", short]),
                           ("No such file", ["--token-file", short + "er"]),
                           ("taken", ["--port", str(shop.web.port)])):
        done = subprocess.run([PROGRAM, "web", "--config", shop.config, *options],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=120, check=False)
        must(done.returncode == 2 and words in done.stdout, f"{options}: {done.stdout[-300:]}")


def ends_while_some_listen(shop):
    events = [Events(shop.web) for _ in range(5)]
    shop.web.stop()
    for one in events:
        one.close()


TESTS = [
    ("it waits for topics, says which, and shows the page meanwhile", waits_for_topics),
    ("it shows what stands in the topics, and verify finds those equal", shows_the_topics),
    ("it shows no lag, the instance and all of its tasks", shows_lag_and_instances),
    ("it tells of new sales as they come", tells_of_new_sales),
    ("it shows the same after a restart", shows_the_same_after_a_restart),
    ("it goes on when the broker was restarted", outlives_the_broker),
    ("it refuses other hosts and other pages", refuses_other_hosts_and_origins),
    ("it asks for its token, and limits wrong ones", asks_for_its_token),
    ("it says what is wrong with its options", says_what_is_wrong_with_its_options),
    ("it ends at once while some listen", ends_while_some_listen),
]


def main():
    shop = Shop()
    try:
        for name, test in TESTS:
            judge(name, test, shop)
    finally:
        shop.lab.close(keep=failed > 0)
    print(f"{passed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
