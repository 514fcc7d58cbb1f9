#!/usr/bin/env python3
"""runner_test.py RUNNER - the conformance runner finds what is wrong with a scenario.

A scenario that holds is changed in one place at a time; the runner must fail each, and say where.
Ends with `N passed, N failed`.
"""
import copy
import json
import subprocess
import sys
import tempfile

RUNNER = sys.argv[1]


def record(key, value, at):
    return {"key": key, "value": value, "ts": at}


def send(topic, key, value, at):
    return {"topic": topic, **record(key, value, at)}


RIGHT = {
    "name": "right", "family": "runner",
    "topics": {"in": {"role": "input", "key": "string", "value": "string"},
               "versions": {"role": "input", "key": "string", "value": "long"},
               "out": {"role": "output", "key": "string", "value": "string"},
               "counts": {"role": "output", "key": "string", "value": "long"}},
    "topology": [{"id": "s", "op": "stream", "topic": "in"},
                 {"id": "f", "op": "flat_map_values", "from": "s", "flat_fn": "split_comma"},
                 {"id": "o", "op": "to", "from": "f", "topic": "out"},
                 {"id": "g", "op": "group_by_key", "from": "s"},
                 {"id": "c", "op": "count", "from": "g", "store": "st"},
                 {"id": "cs", "op": "to_stream", "from": "c"},
                 {"id": "co", "op": "to", "from": "cs", "topic": "counts"},
                 {"id": "v", "op": "table", "topic": "versions", "store": "vs",
                  "history_ms": 100}],
    "steps": [send("in", "a", "x,y", 1000), send("in", None, "z", 1001),
              send("versions", "k", 9007199254740993, 1002), send("in", "b", "w", 1003)],
    "expect": {
        "steps": [{"out": {"out": [record("a", "x", 1000), record("a", "y", 1000)],
                           "counts": [record("a", 1, 1000)]}},
                  {"out": {"out": [record(None, "z", 1001)]}, "dropped": 1},
                  {},
                  {"out": {"out": [record("b", "w", 1003)], "counts": [record("b", 1, 1003)]}}],
        "stores": {
            "st": {"type": "timestamped_kv", "key": "string", "value": "long",
                   "rows": [record("a", 1, 1000), record("b", 1, 1003)]},
            "vs": {"type": "versioned", "key": "string", "value": "long",
                   "rows": [record("k", 9007199254740993, 1002)],
                   "as_of": [{"key": "k", "at": 1002, "value": 9007199254740993, "ts": 1002},
                             {"key": "k", "at": 1001, "value": None}]}},
        "dropped": 1}}

FAILS = {"name": "fails", "family": "runner",
         "topics": {"in": {"role": "input", "key": "string", "value": "string"},
                    "out": {"role": "output", "key": "string", "value": "string"}},
         "topology": [{"id": "s", "op": "stream", "topic": "in", "extractor": "value_ts_fail"},
                      {"id": "o", "op": "to", "from": "s", "topic": "out"}],
         "steps": [send("in", "a", "5@", 7), send("in", "a", "x", 8), send("in", "a", "6@", 9)],
         "expect": {"steps": [{"out": {"out": [record("a", "5@", 5)]}},
                              {"error": True, "kind": "runtime"}],
                    "failed_at": 1, "dropped": 0}}

REFUSED = {"name": "refused", "family": "runner",
           "topics": {"in": {"role": "input", "key": "string", "value": "string"}},
           "topology": [{"id": "s", "op": "stream", "topic": "in"},
                        {"id": "x", "op": "filter", "from": "s", "pred": "always", "name": "a/b"}],
           "steps": [], "expect": {"error": True, "kind": "topology"}}


def changed(scenario, change):
    made = copy.deepcopy(scenario)
    change(made["expect"])
    return made


def first_out(expect):
    return expect["steps"][0]["out"]["out"]


def set_at(path, value):
    def change(expect):
        for step in path[:-1]:
            expect = expect[step]
        expect[path[-1]] = value
    return change


# What is changed, and where the runner has to see it.
WRONG = {
    "an output's value": (RIGHT, lambda e: first_out(e)[0].update(value="q"), "step 0, topic out"),
    "an output's key": (RIGHT, lambda e: first_out(e)[1].update(key="b"), "step 0, topic out"),
    "an output's timestamp": (RIGHT, lambda e: first_out(e)[0].update(ts=1001),
                              "step 0, topic out"),
    "the order within a topic": (RIGHT, lambda e: first_out(e).reverse(), "step 0, topic out"),
    "an output too many": (RIGHT, lambda e: first_out(e).append(record("a", "y", 1000)),
                           "step 0, topic out"),
    "an output too few": (RIGHT, lambda e: first_out(e).pop(), "step 0, topic out"),
    "a topic that nothing was expected in": (RIGHT, lambda e: e["steps"][3]["out"].pop("counts"),
                                             "step 3, topic counts"),
    "a type": (RIGHT, lambda e: e["steps"][0]["out"]["counts"][0].update(value="1"),
               "step 0, topic counts"),
    "what a step dropped": (RIGHT, lambda e: e["steps"][1].pop("dropped"), "step 1, dropped"),
    "what was dropped in all": (RIGHT, set_at(["dropped"], 2), "dropped in all"),
    "a row of a store": (RIGHT, set_at(["stores", "st", "rows", 1, "value"], 2), "store st"),
    "a row's timestamp": (RIGHT, set_at(["stores", "st", "rows", 0, "ts"], 1), "store st"),
    "a row too many": (RIGHT, lambda e: e["stores"]["st"]["rows"].pop(), "store st"),
    "a row too few": (RIGHT, lambda e: e["stores"]["st"]["rows"].append(record("c", 1, 1)),
                      "store st"),
    "a store that is not there": (RIGHT, lambda e: e["stores"].update(no=e["stores"]["st"]),
                                  "store no"),
    "the last bit of a long": (RIGHT, set_at(["stores", "vs", "rows", 0, "value"],
                                             9007199254740992), "store vs"),
    "a version": (RIGHT, set_at(["stores", "vs", "as_of", 1, "value"], 3), "store vs, as of"),
    "a step that should have failed": (RIGHT, set_at(["steps", 2],
                                                     {"error": True, "kind": "runtime"}),
                                       "step 2"),
    "a step that should not have failed": (FAILS, set_at(["steps", 1], {}), "step 1"),
    "how a step failed": (FAILS, set_at(["steps", 1, "kind"], "argument"), "step 1"),
    "a topology that should be refused": (RIGHT, lambda e: e.update(error=True, kind="topology"),
                                          "the topology"),
    "a topology that should not be refused": (REFUSED, lambda e: (e.clear(),
                                                                  e.update(steps=[], stores={})),
                                              "the topology"),
    "why a topology is refused": (REFUSED, set_at(["kind"], "argument"), "the topology"),
}


def run(scenarios, *options):
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
        for scenario in scenarios:
            file.write(json.dumps(scenario) + "\n")
        file.flush()
        done = subprocess.run([RUNNER, *options, file.name], capture_output=True, text=True)
    return done.returncode, done.stdout.split("\n")[:-1]


def checks():
    for options in ([], ["--rocksdb"], ["--no-fork"]):
        yield f"what is right passes {options}", \
            run([RIGHT, FAILS, REFUSED], *options) == (0, ["3 passed, 0 failed"])
    for what, (scenario, change, where) in WRONG.items():
        status, lines = run([changed(scenario, change)])
        yield f"finds {what}", status == 1 and lines[-1] == "0 passed, 1 failed" and \
            len(lines) == 2 and lines[0].startswith(f"FAILED runner {scenario['name']} ") and \
            where in lines[0] and "expected " in lines[0] and "got " in lines[0]
    strange = copy.deepcopy(RIGHT)
    strange["topology"][1]["flat_fn"] = "fold_up"
    status, lines = run([strange, RIGHT])
    yield "goes on behind one that it cannot play", \
        status == 1 and lines[-1] == "1 passed, 1 failed"
    yield "plays what is asked for alone", \
        run([RIGHT, FAILS], "--name", "fail")[1] == ["1 passed, 0 failed"] and \
        run([RIGHT, FAILS], "--family", "other")[1] == ["0 passed, 0 failed"]
    both = changed(RIGHT, lambda e: first_out(e).pop())
    both["expect"]["steps"][3] = {}
    yield "tells every difference if it is asked to", \
        sum(line.startswith("FAILED") for line in run([both], "--verbose")[1]) == 3


def main():
    passed = failed = 0
    for name, holds in checks():
        passed += holds
        failed += not holds
        if not holds:
            print(f"FAILED: {name}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
