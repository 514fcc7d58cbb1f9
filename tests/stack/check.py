#!/usr/bin/env python3
"""check.py - the stack comes up, sells, scales, loses what it runs on, and nothing is ever wrong.

    engine.sh isolated check.py CHECKOUT

Runs inside an engine that has all images; ends with `N passed, N failed`. LEAT_FULL=1 does it all
again with Compose v2 (DOCKER_CONFIG holds the plugin), with more load and more kills.
"""
import json
import os
import re
import subprocess
import sys
import tempfile
import time

ROOT = os.environ.get("LEAT_ROOT") or os.path.abspath(
    os.path.join(os.path.dirname(__file__), "..", ".."))
sys.path[:0] = [os.path.join(ROOT, "tests", "chaos")]

from lab import Score  # noqa: E402
from stack import Stack, compose_programs, fetch, must, run, status_of, until  # noqa: E402

LOGS = os.environ.get("LEAT_LOGS", "/tmp")
FULL = os.environ.get("LEAT_FULL") == "1"
KILLS = 6 if FULL else 1
RATE = "1000" if FULL else "200"
WAIT = 300  # seconds until what has to come must have come, on however busy a machine
OUR_IMAGE = "leat/blackfriday:"
IMAGE_MEGABYTES = 120
START_SECONDS = 1.0
SHOWS_SECONDS = 120


# librdkafka 2.8.0 of Debian 13 makes up partitions out of unfilled memory when a restarting broker
# names no leader, and reads where they would be: processor/kafka/README.md. Told by where it falls.
LIBRARY_FALL = re.compile(
    r"^\[ *([\d.]+)\] rdk:main\[\d+\]: segfault .* in librdkafka\.so\.1\[e53b7,", re.M)


def uptime():
    with open("/proc/uptime", encoding="ascii") as file:
        return float(file.read().split()[0])


def library_falls(since):
    return sum(float(at) > since for at in LIBRARY_FALL.findall(run("dmesg")[1]))


class Broken(Exception):
    """A step failed on which all that follow stand."""


class Scenario:
    def __init__(self, checkout, name, program, score):
        self.stack = Stack(checkout, program)
        self.name = name
        self.score = score
        self.kept = False
        self.since = uptime()

    def step(self, name, function, *arguments, vital=False):
        began = time.monotonic()
        try:
            offences = function(*arguments) or []
        except (AssertionError, OSError, ValueError, KeyError, IndexError,
                subprocess.TimeoutExpired) as error:
            offences = [f"{type(error).__name__}: {error}"]
        self.score.check(f"{self.name}: {name} ({time.monotonic() - began:.0f} s)", offences)
        if offences:
            self.keep_logs()
        if offences and vital:
            raise Broken(name)

    def keep_logs(self):
        """As they are when the first thing goes wrong: `down` takes them away."""
        if not self.kept:
            self.stack.logs_to(os.path.join(LOGS, f"stack-{self.name.replace(' ', '-')}.log"))
        self.kept = True

    # ---- up, and what is to be seen ----------------------------------------------------------

    def bring_up(self):
        self.began = time.monotonic()
        self.stack.compose("up", "-d")

    def page_shows_sales(self):
        self.stack.find_token()
        until("the page shows orders", WAIT,
              lambda: self.shown() > 0)
        seconds = time.monotonic() - self.began
        print(f"the page shows sales {seconds:.0f} s after `up`")
        if FULL and seconds > SHOWS_SECONDS:
            return [f"after {seconds:.0f} s, and {SHOWS_SECONDS} were promised"]
        return []

    def all_well(self):
        def well():
            unwell = self.stack.unwell()
            if unwell:
                raise AssertionError(unwell)
            return True
        until("every service is up and healthy", WAIT, well)

    def page_is_guarded(self):
        bad = []
        page = "http://127.0.0.1:8080/"
        if status_of(page + "figures") != 401:
            bad.append("figures are given without the token")
        text, headers = fetch(page, self.stack.token)
        policy = headers.get("Content-Security-Policy", "")
        if "default-src 'none'" not in policy and "default-src 'self'" not in policy:
            bad.append(f"the policy is {policy!r}")
        if "unsafe" in policy:
            bad.append(f"the policy allows what is unsafe: {policy}")
        if "<html" not in text.lower():
            bad.append("the page is no page")
        return bad

    def contained(self):
        """Memory is bounded everywhere, and nothing listens beyond loopback."""
        bad = []
        for service, one in self.stack.inspect(alive=False):
            host = one["HostConfig"]
            if not host["Memory"]:
                bad.append(f"{service} has no limit of memory")
            if "no-new-privileges:true" not in (host["SecurityOpt"] or []):
                bad.append(f"{service} may gain privileges")
            if "ALL" not in (host["CapDrop"] or []):
                bad.append(f"{service} keeps capabilities")
            if host["Privileged"]:
                bad.append(f"{service} is privileged")
            for bindings in (host["PortBindings"] or {}).values():
                bad += [f"{service} is published on {binding}" for binding in bindings
                        if binding["HostIp"] != "127.0.0.1"]
            if one["Config"]["Image"].startswith(OUR_IMAGE):
                bad += self.ours_contained(service, one)
        return bad

    @staticmethod
    def ours_contained(service, one):
        user = one["Config"]["User"].split(":")[0]
        if user in ("", "0", "root"):
            yield f"{service} runs as root"
        if not one["HostConfig"]["ReadonlyRootfs"]:
            yield f"{service} may write to its root"

    def start_seconds(self):
        """From when Docker has started the process until it answers at /health."""
        (web,) = self.stack.containers("web")
        must("docker", "restart", web)
        until("/health answers", WAIT, lambda: status_of("http://127.0.0.1:8080/health") == 200,
              pause=0.005)
        now = time.time()
        began = json.loads(must("docker", "inspect", web))[0]["State"]["StartedAt"]
        return now - float(must("date", "-d", began, "+%s.%N"))

    def starts_at_once(self):
        """The best of three, since a busy machine only adds; asserted where nothing else runs."""
        seconds = min(self.start_seconds() for _ in range(3))
        print(f"{seconds:.2f} s from its start to /health")
        return [f"{seconds:.2f} s"] if FULL and seconds > START_SECONDS else []

    def nothing_died(self):
        bad, falls = [], library_falls(self.since)
        for service, one in self.stack.inspect(alive=False):
            died = one["RestartCount"]
            if died and died <= falls:
                print(f"{service} died of librdkafka's known defect, and began again")
                falls -= died
            elif died:
                bad.append(f"{service} was started {died + 1} times")
            if one["State"]["OOMKilled"]:
                bad.append(f"{service} wanted more memory than it may have")
        return bad

    # ---- what Prometheus and Grafana have ----------------------------------------------------

    def expressions_have_data(self):
        lister = os.path.join(self.stack.checkout, "tests", "alerts", "expressions.py")
        os.environ["LEAT_ROOT"] = self.stack.checkout
        print(f"{len(must('python3', lister).splitlines())} expressions")
        status, said = run("python3", lister, "check", "http://127.0.0.1:9090", str(WAIT))
        return said.splitlines() or ["it failed"] if status else []

    def grafana_has_all(self):
        api = "http://127.0.0.1:3000/api"
        found = {row["uid"] for row in json.loads(fetch(api + "/search")[0])}
        bad = []
        folder = os.path.join(self.stack.checkout, "docker", "grafana", "dashboards")
        for name in sorted(os.listdir(folder)):
            if name.endswith(".json"):
                with open(os.path.join(folder, name), encoding="utf-8") as file:
                    if json.load(file)["uid"] not in found:
                        bad.append(f"{name} is not provisioned")
        for source in json.loads(fetch(api + "/datasources")[0]):
            until(f"data source {source['name']} answers", 60, lambda: status_of(
                f"{api}/datasources/uid/{source['uid']}/health") == 200)
        return bad

    def tools_read(self):
        """As docker/README.md has a person do, but for Avro, which Debian's kcat cannot read."""
        bad = []
        record = self.stack.compose("run", "--rm", "kcat", "-C", "-t", "sales-totals", "-q",
                                    "-o", "beginning", "-c", "1", "-e", "-f", "%t has %S bytes\\n")
        if not re.search(r"sales-totals has [1-9]\d* bytes", record):
            bad.append(f"kcat reads no record: {record[-500:]}")
        if self.stored() <= 0:
            bad.append("psql reads no row")
        return bad

    # ---- scaling, deaths and restarts --------------------------------------------------------

    def instances(self, count):
        """Whether so many instances are known, and all tasks are shared out among them."""
        known = [one for one in self.stack.figures()["health"]["instances"] if one["tasks"]]
        if len(known) != count:
            raise AssertionError(f"instances: {known}")
        return known

    def scale(self, count):
        self.stack.compose("up", "-d", "--no-recreate", "--scale", f"processor={count}")
        until(f"{count} instances share the tasks", WAIT, lambda: self.instances(count))

    def lose_one(self):
        before = self.shown()
        must("docker", "kill", "-s", "KILL", self.stack.containers("processor")[0])
        until("two instances share the tasks", WAIT, lambda: self.instances(2))
        until("sales go on", WAIT, lambda: self.shown() > before)

    def shown(self):
        return self.stack.figures()["totals"]["orders"]

    def stored(self):
        return int(self.stack.sql("SELECT count(*) FROM sales_enriched").split()[-1])

    def restart(self, service, progress):
        self.stack.compose("restart", service)
        until(f"{service} is well again", WAIT, lambda: not [
            one for one in self.stack.unwell() if one.startswith(service + " ")])
        before = until("it can be asked", WAIT, progress)
        until("sales go on", WAIT, lambda: progress() > before)

    # ---- rest, and the truth -----------------------------------------------------------------

    def come_to_rest(self):
        self.stack.compose("stop", "generator")
        until("nothing lags", WAIT, lambda: self.stack.figures()["health"]["lag"] == 0)

    def outputs_are_equal(self):
        """The sink is behind by a moment: what is wrong stays wrong, what is late comes."""
        self.come_to_rest()

        def equal():
            same, said = self.stack.verify()
            if not same:
                raise AssertionError(said[-3000:])
            return said
        print("\n".join(until("verify is equal", WAIT, equal).splitlines()[-40:]))

    def page_is_equal(self):
        """Revenue, orders and units: those that the tables add up to, which verify found right."""
        sums = {"totals": "SELECT '', sum(revenue), sum(orders), sum(units) FROM sales_totals"}
        for name, key, table in (("categories", "category", "sales_by_category"),
                                 ("regions", "region", "sales_by_region")):
            sums[name] = (f"SELECT {key}, sum(revenue), sum(orders), sum(units) FROM {table} "
                          f"GROUP BY {key} ORDER BY 2 DESC, {key} COLLATE \"C\"")

        def same():
            figures = self.stack.figures()
            for name, statement in sums.items():
                shown = figures[name].get("rows", [figures[name]])
                key = {"categories": "category", "regions": "region"}.get(name)
                lines = ["|".join(str(row[field]) if field else "" for field in
                                  (key, "revenue", "orders", "units")) for row in shown]
                stored = re.findall(r"^.*[|].*[|].*[|].*$", self.stack.sql(statement), re.M)
                stored = [line.strip() for line in stored]
                if lines != stored[:len(lines)] or not lines:
                    raise AssertionError(f"{name}: shown {lines}, stored {stored}")
            return True
        until("the page and the tables agree", WAIT, same)

    # ---- the page in a browser ---------------------------------------------------------------

    def browse(self, mode, *arguments):
        """What page.mjs checks is counted here, with the first lines of what failed."""
        link = "http://127.0.0.1:8080/?token=" + self.stack.token
        _, said = run("node", os.path.join(ROOT, "tests", "stack", "page.mjs"), mode, link,
                      *arguments, seconds=1800)
        parts = re.split(r"^(passed|FAILED): ", said, flags=re.M)
        for verdict, text in zip(parts[1::2], parts[2::2]):
            name, *rest = text.splitlines()
            self.score.check(f"{self.name}, in a browser: {name}",
                             (rest or ["it is not"]) if verdict == "FAILED" else [])
        if "FAILED" in parts:
            self.keep_logs()
        if not re.search(r"^[1-9]\d* passed, \d+ failed$", said, re.M):
            return ["it ended early"] + said.splitlines()[-11:]
        return []

    def browse_at_rest(self):
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(self.truth(), file)
            file.flush()
            return self.browse("rest", file.name, "docker", "restart",
                               *self.stack.containers("web"))

    def truth(self):
        """What the page has to show, as the tables have it."""
        def rows(statement):
            return [json.loads(line) for line in self.stack.sql(
                f"SELECT row_to_json(t) FROM ({statement}) t").splitlines() if line[:1] == "{"]

        def ranked(key):
            return [[row[key], row["sum"]] for row in rows(
                f"SELECT {key}, sum(revenue)::text FROM sales_by_{key} GROUP BY {key} "
                f"ORDER BY sum(revenue) DESC, sum(units) DESC, {key} COLLATE \"C\"")]
        (sums,) = rows("SELECT sum(revenue)::text AS revenue, sum(orders)::text AS orders, "
                       "sum(units)::text AS units, round(sum(revenue) / sum(orders), 2)::text "
                       "AS average FROM sales_totals")
        (sale,) = rows("SELECT product_id, store_id FROM sales_enriched "
                       "WHERE category <> 'unknown' AND region <> 'unknown' LIMIT 1")
        tops = {row["start"]: [[str(top["rank"]), str(top["units"]), f"{top['revenue']:.2f}"]
                               for top in row["products"]]
                for row in rows("SELECT (extract(epoch FROM window_start) * 1000)::bigint "
                                "AS start, products FROM top_products")}
        return {"totals": sums, "cents": int(sums["revenue"].replace(".", "")),
                "categories": ranked("category"), "regions": ranked("region"), "tops": tops,
                "sale": {**sale, "cents": 1999}}

    # ---- down --------------------------------------------------------------------------------

    def keeps_everything(self):
        topics, tables = self.stack.topic_ends(), self.stack.row_counts()
        if not topics or not tables:
            return [f"{len(topics)} topics, {len(tables)} tables"]
        self.stack.compose("down")
        left = self.stack.containers(alive=False)
        self.stack.compose("up", "-d", "--scale", "processor=1")
        until("the page shows orders", WAIT,
              lambda: self.stack.find_token() and self.shown() > 0)
        bad = ["containers outlive `down`"] if left else []
        bad += fell(topics, self.stack.topic_ends()) + fell(tables, self.stack.row_counts())
        print(f"{len(topics)} topics and {len(tables)} tables kept")
        return bad

    def leaves_nothing(self):
        self.stack.compose("down", "-v", "--remove-orphans")
        left = must("docker", "ps", "-aq").split() + must("docker", "volume", "ls", "-q").split()
        networks = must("docker", "network", "ls", "--format", "{{.Name}}").split()
        return left + sorted(set(networks) - {"bridge", "host", "none"})

    # ---- all of it ---------------------------------------------------------------------------

    def play(self):
        self.step("`up -d` brings it up", self.bring_up, vital=True)
        self.step("the page shows sales", self.page_shows_sales, vital=True)
        self.step("every service is well", self.all_well)
        self.step("the page is guarded", self.page_is_guarded)
        self.step("no container has what it does not need", self.contained)
        self.step("no process died", self.nothing_died)
        self.step("every expression of dashboards and alerts has data",
                  self.expressions_have_data)
        self.step("Grafana has the dashboards, and its data sources answer",
                  self.grafana_has_all)
        self.step("kcat reads the topics, psql the tables", self.tools_read)
        self.step("a person watches it sell", self.browse, "selling")
        self.step("verify is equal", self.outputs_are_equal)
        self.step("the page is equal", self.page_is_equal)
        self.step("a person finds it so", self.browse_at_rest)
        self.step("it starts at once", self.starts_at_once)
        self.stack.compose("start", "generator")
        self.step("three instances share the work", self.scale, 3)
        for kill in range(KILLS):
            self.step("one is killed, and the others go on", self.lose_one)
            if kill + 1 < KILLS:
                self.step("it comes back", self.scale, 3)
        self.step("Kafka restarts, and sales go on", self.restart, "kafka", self.shown)
        self.step("PostgreSQL restarts, and rows go on", self.restart, "postgres", self.stored)
        self.step("verify is equal after all that", self.outputs_are_equal)
        self.step("the page is equal after all that", self.page_is_equal)
        self.step("no process died but by our hand", self.nothing_died)
        self.step("`down` and `up` keep everything", self.keeps_everything)
        self.step("`down -v` leaves nothing", self.leaves_nothing)

    def run(self):
        # Some of each kind, or what counts them would have nothing to show.
        os.environ.update(SALES_RATE=RATE, SALES_INVALID="0.5", SALES_LATE="0.5")
        try:
            self.play()
        except Broken as error:
            print(f"the rest stands on `{error}`")
        finally:
            run(*self.stack.program, "down", "-v", "--remove-orphans", cwd=self.stack.checkout)


def fell(before, after):
    return [f"{name}: {count}, then {after.get(name, 0)}" for name, count in before.items()
            if after.get(name, 0) < count]


def image_is_small(score):
    """Unpacked, over the base that it is built on."""
    def size(image):
        return json.loads(must("docker", "image", "inspect", image))[0]["Size"]
    ours = must("docker", "image", "ls", "-q", OUR_IMAGE.rstrip(":")).split()[0]
    megabytes = (size(ours) - size("debian:trixie-slim")) / 1e6
    score.check(f"the image is {megabytes:.0f} MB over its base, below {IMAGE_MEGABYTES}",
                [] if megabytes < IMAGE_MEGABYTES else ["it is not"])


def main():
    checkout = sys.argv[1]
    score = Score()
    image_is_small(score)
    for name, program in compose_programs(FULL):
        Scenario(checkout, name, program, score).run()
    print(f"{score.passed} passed, {score.failed} failed")
    return 1 if score.failed else 0


sys.exit(main())
