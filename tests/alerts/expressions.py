#!/usr/bin/env python3
"""expressions.py - every PromQL expression of dashboards and alerts, and whether it finds data.

    expressions.py                      lists them: where it stands, a tab, the expression
    expressions.py check URL [SECONDS]  asks the Prometheus at URL for each until all have found
                                        something, or for so long (120); prints those that have not

A dashboard's variables become what `All` stands for. An alert's expression finds nothing while all
is well, so its comparisons are asked for as 0 or 1, and absent() for what it would miss.
"""
import glob
import json
import math
import os
import re
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

ROOT = os.environ.get("LEAT_ROOT") or os.path.abspath(os.path.join(os.path.dirname(__file__),
                                                                   "..", ".."))
ALERTS = os.path.join(ROOT, "docker", "prometheus", "alerts.yml")
DASHBOARDS = sorted(glob.glob(os.path.join(ROOT, "docker", "grafana", "dashboards", "*.json")))
RATE_INTERVAL = "1m"
WORDS = {"by", "without", "on", "ignoring", "group_left", "group_right", "and", "or", "unless",
         "bool", "offset"}


def read_dashboards():
    for path in DASHBOARDS:
        with open(path, encoding="utf-8") as file:
            yield os.path.basename(path), json.load(file)


def filled_in(expression):
    expression = expression.replace("$__rate_interval", RATE_INTERVAL)
    return re.sub(r"\$\{?\w+\}?", ".*", expression)


def is_prometheus(target):
    return target.get("datasource", {}).get("type") == "prometheus"


def of_dashboards():
    for name, dashboard in read_dashboards():
        for panel in dashboard["panels"]:
            for target in panel.get("targets", []):
                if is_prometheus(target):
                    yield f"{name}: {panel['title']}", filled_in(target["expr"])


def of_variables():
    """The selectors inside label_values(selector, label)."""
    for name, dashboard in read_dashboards():
        for variable in dashboard["templating"]["list"]:
            if variable["type"] == "query":
                query = variable["query"]["query"]
                selector = re.fullmatch(r"label_values\((.*), \w+\)", query).group(1)
                yield f"{name}: variable {variable['name']}", filled_in(selector)


def rules():
    """Of alerts.yml: kind, name, expression. A reader of YAML would be one more package, and this
    file is ours: an expression stands on its line, or folded on those below that go in further."""
    with open(ALERTS, encoding="utf-8") as file:
        text = file.read()
    for rule in re.split(r"\n\s+- (?=alert:|record:)", text)[1:]:
        kind, name = re.match(r"(alert|record): (\S+)", rule).groups()
        found = re.search(r"\n( +)expr: (?:>-((?:\n\1 +.*)+)|(.*))", rule)
        yield kind, name, " ".join((found.group(2) or found.group(3)).split())


def asked_for(expression):
    """What an alert looks at, whatever it is."""
    expression = re.sub(r"absent\((.*)\)", r"\1", expression)
    return re.sub(r"(\s(?:[<>]=?|[=!]=))\s", r"\1 bool ", expression)


def of_alerts():
    for kind, name, expression in rules():
        yield f"alerts.yml: {name}", asked_for(expression) if kind == "alert" else expression


def all_expressions():
    return [*of_dashboards(), *of_variables(), *of_alerts()]


def names_in(expression):
    """The metrics that it reads: what is no function, no label, no word of the language."""
    bare = re.sub(r'"[^"]*"', "", expression)
    bare = re.sub(r"\{[^}]*\}", "", bare)
    bare = re.sub(r"\[[^\]]*\]", "", bare)
    bare = re.sub(r"\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)", "", bare)
    words = re.findall(r"(?<![\w:.])([a-zA-Z_:][\w:]*)\b(?!\s*\()", bare)
    return {word for word in words if word not in WORDS}


# ---- asking ---------------------------------------------------------------------------------------


def ask(url, expression):
    """The samples of an instant query; raises ValueError with Prometheus' own sentence."""
    query = urllib.parse.urlencode({"query": expression})
    try:
        with urllib.request.urlopen(f"{url}/api/v1/query?{query}", timeout=10) as answer:
            return json.load(answer)["data"]["result"]
    except urllib.error.HTTPError as error:
        raise ValueError(error.read().decode(errors="replace")) from error


def has_data(url, expression):
    return any(not math.isnan(float(sample["value"][1])) for sample in ask(url, expression))


def without_data(url, patience=120):
    """Those expressions of all that have found nothing by then."""
    missing, until = all_expressions(), time.monotonic() + patience
    while missing and time.monotonic() < until:
        missing = [(where, one) for where, one in missing if not has_data(url, one)]
        if missing:
            time.sleep(1)
    return missing


def main(arguments):
    if arguments[:1] == ["check"] and len(arguments) > 1:
        missing = without_data(arguments[1], float(arguments[2]) if arguments[2:] else 120)
        for where, expression in missing:
            print(f"no data: {where}: {expression}")
        return bool(missing)
    for where, expression in all_expressions():
        print(f"{where}\t{expression}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
