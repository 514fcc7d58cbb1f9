"""alerts.py - dashboards, alerts, runbooks and docs/metrics.md against what is really served.

First what needs no server: Prometheus' own tools, Grafana's types, a page for each alert. Then a
job and a sink on a broker and a PostgreSQL, scraped by a real Prometheus: every name is there, every
expression finds data, and docs/metrics.md has neither less nor more than is served.
"""
import glob
import json
import os
import random
import re
import socket
import subprocess
import sys
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "chaos"))
sys.path.insert(0, os.path.join(HERE, "grafana"))

import expressions  # noqa: E402
import grafana_types  # noqa: E402
from lab import PROGRAM, ROOT, Failure, Lab, Score, call  # noqa: E402

DOCKER = os.path.join(ROOT, "docker")
RULES = expressions.ALERTS
RULE_TESTS = os.path.join(HERE, "alerts_test.yml")
RUNBOOKS = os.path.join(ROOT, "docs", "runbooks")
METRICS = os.path.join(ROOT, "docs", "metrics.md")
SECTIONS = ["## What it means", "## What users see", "## How to look", "## What to do",
            "## What not to do"]
SERIES_MOST = 3000  # of one instance; by topics, partitions, tasks and steps, never by keys
PATIENCE = 180


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def complaint_of(*command):
    try:
        call(*command)
    except Failure as failure:
        return [str(failure)]
    return []


# ---- without a server -----------------------------------------------------------------------------


def check_tools(score, folder):
    """The rules are where the image has them; here they are where the checkout has them."""
    config = os.path.join(folder, "prometheus.yml")
    with open(config, "w", encoding="utf-8") as file:
        file.write(read(os.path.join(DOCKER, "prometheus", "prometheus.yml"))
                   .replace("/etc/prometheus/alerts.yml", RULES))
    score.check("promtool takes prometheus.yml", complaint_of("promtool", "check", "config", config))
    score.check("promtool takes alerts.yml", complaint_of("promtool", "check", "rules", RULES))
    score.check("each alert fires where it must, and only there",
                complaint_of("promtool", "test", "rules", RULE_TESTS))
    score.check("amtool takes alertmanager.yml",
                complaint_of("amtool", "check-config",
                             os.path.join(DOCKER, "alertmanager", "alertmanager.yml")))


def alert_blocks():
    for block in re.split(r"\n\s+- (?=alert:|record:)", read(RULES))[1:]:
        if block.startswith("alert:"):
            yield re.match(r"alert: (\S+)", block).group(1), block


def check_alert(name, block):
    for key in ("summary", "description"):
        if not re.search(rf"\n +{key}: \"\S", block):
            yield f"{name} has no {key}"
    if not re.search(r"labels: \{ severity: (critical|warning)", block):
        yield f"{name} has no severity, critical or warning"
    if f"\n          runbook: docs/runbooks/{name}.md" not in block:
        yield f"{name} does not name its page docs/runbooks/{name}.md"


def check_page(name):
    path = os.path.join(RUNBOOKS, f"{name}.md")
    if not os.path.exists(path):
        yield f"{name} has no page {path}"
        return
    text = read(path)
    for section in SECTIONS:
        if section not in text:
            yield f"{name}.md has no section '{section}'"
    for expression in re.findall(r"query instant \S+ '([^']+)'", text):
        unknown = expressions.names_in(expression) - known_names()
        if unknown:
            yield f"{name}.md asks for {sorted(unknown)}, which nobody serves"


def expectations():
    """Of alerts_test.yml, by alert: whether it was held against figures that set it off, and others."""
    found = {}
    for name, expected in re.findall(r"alertname: (\S+)\n +exp_alerts:(.*)", read(RULE_TESTS)):
        found.setdefault(name, set()).add(expected.strip() != "[]")
    return found


def check_alerts(score):
    names = [name for name, _ in alert_blocks()]
    tried = expectations()
    index = read(os.path.join(RUNBOOKS, "README.md"))
    pages = {os.path.basename(path)[:-3] for path in glob.glob(os.path.join(RUNBOOKS, "*.md"))}
    score.check(f"{len(names)} alerts say what, how bad, and where to read on",
                [one for name, block in alert_blocks() for one in check_alert(name, block)])
    score.check("each alert has its page, and each page its alert",
                [one for name in names for one in check_page(name)] +
                [f"{page}.md is no alert's" for page in sorted(pages - set(names) - {"README"})] +
                [f"README.md does not list {name}" for name in names if f"({name}.md)" not in index])
    score.check("each alert is tried with figures that set it off, and with figures that do not",
                [f"{name}: {tried.get(name)}" for name in names if tried.get(name) != {True, False}])


def check_layout(name, dashboard):
    taken, numbers = {}, set()
    for panel in dashboard["panels"]:
        place, title = panel["gridPos"], panel["title"]
        if panel["id"] in numbers:
            yield f"{name}: two panels have the number {panel['id']}"
        numbers.add(panel["id"])
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                if x >= 24 or (x, y) in taken:
                    yield f"{name}: '{title}' lies over '{taken.get((x, y), 'the edge')}'"
                    return
                taken[x, y] = title


def check_panels(name, dashboard):
    for panel in dashboard["panels"]:
        if panel["type"] == "row":
            continue
        if not panel.get("description"):
            yield f"{name}: '{panel['title']}' does not say what it shows"
        if not panel["fieldConfig"]["defaults"].get("unit"):
            yield f"{name}: '{panel['title']}' has no unit"
        if not panel["targets"]:
            yield f"{name}: '{panel['title']}' asks for nothing"


def check_dashboards(score):
    dashboards = list(expressions.read_dashboards())
    names = [dashboard["uid"] for _, dashboard in dashboards]
    score.check("dashboards have names of their own",
                [f"{name} is there twice" for name in names if names.count(name) > 1])
    score.check("no panel lies over another",
                [one for name, board in dashboards for one in check_layout(name, board)])
    score.check("each panel has a unit and says what it shows",
                [one for name, board in dashboards for one in check_panels(name, board)])
    score.check("dashboards fit Grafana's own types",
                [line[:400] for line in
                 grafana_types.compile_all(grafana_types.fetch(), expressions.DASHBOARDS)])


# ---- docs/metrics.md ------------------------------------------------------------------------------


def documented():
    """By part (engine, sink, process): name to (type, labels)."""
    parts, part = {}, None
    for line in read(METRICS).split("\n"):
        if line.startswith("## "):
            part = line[3:].split(":")[0].strip().lower()
        row = re.match(r"\| `(\w+)` \| (\w+) \| ([^|]*)\|", line)
        if row:
            labels = frozenset(re.findall(r"`(\w+)`", row.group(3)))
            parts.setdefault(part, {})[row.group(1)] = (row.group(2), labels)
    return parts


def known_names():
    names = {"up"} | {name for _, name, _ in expressions.rules()}
    for rows in documented().values():
        for name, (kind, _) in rows.items():
            names |= {name} if kind != "histogram" else {f"{name}_{end}" for end in
                                                         ("bucket", "sum", "count")}
    return names


def served(page):
    """Name to (type, labels), and how many series."""
    kinds = dict(re.findall(r"^# TYPE (\S+) (\S+)$", page, re.MULTILINE))
    helped = set(re.findall(r"^# HELP (\S+) \S", page, re.MULTILINE))
    found, series = {}, 0
    for name, labels in re.findall(r"^([a-zA-Z_:]\w*)(?:\{(.*)\})? \S+$", page, re.MULTILINE):
        base = re.sub(r"_(bucket|sum|count)$", "", name)
        name = base if kinds.get(base) == "histogram" else name
        keys = set(re.findall(r'(\w+)="', labels)) - {"le"}
        found[name] = (kinds.get(name), frozenset(keys | found.get(name, (0, set()))[1]))
        series += 1
    return found, series, set(found) - helped


def differences(page, rows):
    found, series, unhelped = served(page)
    for name in sorted(set(rows) - set(found)):
        yield f"{name} is in docs/metrics.md and is not served"
    for name in sorted(set(found) - set(rows)):
        yield f"{name} is served and is not in docs/metrics.md"
    for name in sorted(set(found) & set(rows)):
        if found[name] != rows[name]:
            yield f"{name}: served as {found[name]}, in docs/metrics.md as {rows[name]}"
    yield from (f"{name} has no HELP" for name in sorted(unhelped))
    if series > SERIES_MOST:
        yield f"{series} series, more than {SERIES_MOST}"


# ---- with servers ---------------------------------------------------------------------------------


def free_port():
    """Below the kernel's ephemeral ports, so that no client takes it meanwhile."""
    for _ in range(200):
        port = random.randrange(15000, 32000)
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)):
                return port
    raise Failure("no free port")


def get(url):
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read().decode()


def wait_until(what, condition):
    until = time.monotonic() + PATIENCE
    while True:
        try:
            if condition():
                return
            why = "it is not so"
        except (OSError, KeyError, ValueError) as error:
            why = str(error)
        if time.monotonic() > until:
            raise Failure(f"{what}: {why}")
        time.sleep(0.3)


PROMETHEUS = """
global: {{ scrape_interval: 1s, evaluation_interval: 1s }}
rule_files: [ "{rules}" ]
scrape_configs:
  - job_name: processor
    static_configs: [ {{ targets: [ "127.0.0.1:{processor}" ] }} ]
  - job_name: sink
    static_configs: [ {{ targets: [ "127.0.0.1:{sink}" ] }} ]
"""


class Watched:
    """A job and a sink at work on live sales, and the Prometheus that looks on."""

    def __init__(self, lab):
        self.lab = lab
        self.ports = {"prometheus": free_port()}
        self.url = f"http://127.0.0.1:{self.ports['prometheus']}"

    def page(self, job, path="metrics"):
        return get(f"http://127.0.0.1:{self.ports[job]}/{path}")

    def start_job(self, job, command, config):
        """Its status server takes a free port, and says which."""
        process = self.lab.program(command, "--config", config, log=f"{job}.log")

        def listens():
            if process.poll() is not None:
                raise Failure(f"{job} ended: {self.lab.tail(f'{job}.log')}")
            found = re.search(r"status_server .*port=(\d+)", self.lab.text(f"{job}.log"))
            self.ports[job] = int(found.group(1)) if found else 0
            return found

        wait_until(f"{job} listens", listens)

    def start_prometheus(self):
        config = os.path.join(self.lab.dir, "prometheus.yml")
        with open(config, "w", encoding="utf-8") as file:
            file.write(PROMETHEUS.format(rules=RULES, **self.ports))
        return self.lab.program(f"--config.file={config}",
                                f"--storage.tsdb.path={self.lab.dir}/tsdb",
                                f"--web.listen-address=127.0.0.1:{self.ports['prometheus']}",
                                program="prometheus", log="prometheus.log")

    def start(self):
        config = self.lab.configure("shop", num__stream__threads=2,
                                    state__dir=os.path.join(self.lab.dir, "state"))
        shop = ["--products", "50", "--stores", "5", "--partitions", "2"]
        call(PROGRAM, "generate", "--config", config, "--count", "2000", "--updates", "500",
             "--invalid", "2", *shop)
        self.start_job("processor", "run", config)
        self.start_job("sink", "sink", config)
        self.start_prometheus()
        self.lab.program("generate", "--config", config, "--live", "--rate", "100", "--invalid", "2",
                         "--no-master", *shop, log="generate.log")
        for job in ("processor", "sink"):
            wait_until(f"{job} is ready", lambda job=job: self.page(job, "ready"))


def check_served(score, watched, parts):
    """A histogram of latency, a newest event: there once a first record was committed."""
    engine = {name: row for part in parts if part.startswith("engine")
              for name, row in parts[part].items()} | parts["process"]
    sink = {**parts["sink"], **parts["process"]}
    for job, rows in (("processor", engine), ("sink", sink)):
        try:
            wait_until(job, lambda job=job, rows=rows: not list(differences(watched.page(job), rows)))
        except Failure:
            pass
        score.check(f"docs/metrics.md has what the {job} serves, no less and no more",
                    list(differences(watched.page(job), rows)))


def check_expressions(score, watched):
    served_names = set()
    for job in ("processor", "sink"):
        page = watched.page(job)
        served_names |= set(re.findall(r"^([a-zA-Z_:]\w*)(?:\{.*\})? \S+$", page, re.MULTILINE))
    served_names |= {"up"} | {name for kind, name, _ in expressions.rules() if kind == "record"}
    score.check("expressions name only what is served",
                [f"{where}: {sorted(expressions.names_in(one) - served_names)}"
                 for where, one in expressions.all_expressions()
                 if expressions.names_in(one) - served_names])
    missing = expressions.without_data(watched.url, PATIENCE)
    score.check(f"all {len(expressions.all_expressions())} expressions find data in Prometheus",
                [f"{where}: {one}" for where, one in missing])


def check_rules_work(score, watched):
    groups = json.loads(get(f"{watched.url}/api/v1/rules"))["data"]["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    score.check("Prometheus evaluates every rule",
                [f"{rule['name']}: {rule.get('lastError', rule['health'])}" for rule in rules
                 if rule["health"] != "ok"] + ([] if rules else ["there are none"]))
    critical = [rule["name"] for rule in rules if rule["type"] == "alerting" and
                rule["labels"].get("severity") == "critical" and rule["state"] != "inactive"]
    score.check("nothing critical is said of a job that works", critical)


def check_live(score):
    lab = Lab("alerts")
    passed = False
    try:
        watched = Watched(lab)
        watched.start()
        check_served(score, watched, documented())
        check_expressions(score, watched)
        check_rules_work(score, watched)
        passed = not score.failed
    finally:
        lab.close(keep=not passed)


def main():
    score = Score()
    folder = os.environ.get("LEAT_LOGS") or "/tmp"
    check_tools(score, folder)
    check_alerts(score)
    check_dashboards(score)
    try:
        check_live(score)
    except (Failure, OSError, ValueError, subprocess.SubprocessError) as failure:
        score.check("a job and a sink are watched by Prometheus", [str(failure)])
    print(f"{score.passed} passed, {score.failed} failed")
    return score.failed > 0


if __name__ == "__main__":
    sys.exit(main())
