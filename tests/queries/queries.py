"""queries.py - the retail job on three instances, each of which is asked about what all of them hold.

The truth is the last value of each key in the topic that the store feeds. While an instance is
killed, frozen or started anew, an answer may fail to come, or say that it is stale; it is never
wrong.
"""
import argparse
import concurrent.futures
import http.client
import json
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import time
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "chaos"))
from lab import BUILD, PROGRAM, Failure, Instance, Lab, Score, call, read_rows  # noqa: E402

TOOL = os.path.join(BUILD, "tests", "operators", "operators-tool")
APPLICATION = "retail"
PATIENCE = 240  # seconds, where something has to come in the end


# ---- what topics hold ----------------------------------------------------------------------------

def avro(value, fields):
    """The fields of a record of strings and longs, behind the wire format's five bytes."""
    at, out = 5, []
    for kind in fields:
        number = shift = 0
        while True:
            byte = value[at]
            at += 1
            number |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                break
        number = (number >> 1) ^ -(number & 1)
        if kind == "string":
            out.append(value[at:at + number].decode())
            at += number
        else:
            out.append(number)
    return out


def last_values(lab, topic):
    rows = {}
    for key, value, _ in read_rows(call(TOOL, lab.bootstrap, "dump", topic).splitlines()):
        rows[key] = value
    return rows


def expected_stock(lab):
    """on_hand, received and sold of each key, by the stock topic."""
    return {key.decode(): tuple(avro(value, ["string", "string", "long", "long", "long"])[2:])
            for key, value in last_values(lab, "stock").items()}


def expected_windows(lab):
    """(region, window's start): orders and units, by sales-by-region."""
    out = {}
    for key, value in last_values(lab, "sales-by-region").items():
        start = struct.unpack(">q", key[-8:])[0]
        out[key[:-8].decode(), start] = tuple(
            avro(value, ["string", "long", "long", "long", "long"])[3:])
    return out


# ---- asking --------------------------------------------------------------------------------------

def get(port, path, patience=30):
    """Status and JSON; status 0 where the instance cannot be reached."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=patience)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read()), dict(answer.getheaders())
    except (OSError, http.client.HTTPException):
        return 0, None, {}
    finally:
        connection.close()


def port_of(lab, instance):
    found = re.findall(r"status_server address=\S+ port=(\d+)", lab.text(instance.log()))
    return int(found[-1]) if found else 0


def stock_of(row):
    value = row["value"]
    return value["on_hand"], value["received"], value["sold"]


def key_path(store, key, **more):
    return f"/stores/{store}?" + urllib.parse.urlencode({"key": key, **more})


def wait(what, holds):
    until = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > until:
            raise Failure(f"{what}: not within {PATIENCE} s")
        time.sleep(0.2)


class World:
    def __init__(self, count):
        self.lab = Lab("queries", database=False)
        # One that stands still for long ends itself; here it is to go on.
        self.config = self.lab.configure(APPLICATION, leat__watchdog__ms="1h")
        call(PROGRAM, "generate", "--config", self.config, "--count", str(count), "--partitions",
             "6", "--products", "30", "--stores", "6")
        self.instances = [Instance(self.lab, self.config, f"i{n}") for n in range(3)]
        for instance in self.instances:
            instance.start()
        self.settle()

    def settle(self):
        """All is processed, and every instance has tasks that run."""
        self.lab.drain(APPLICATION, self.alive)
        wait("all tasks run", lambda: all(self.is_ready(i) for i in self.running()))

    def running(self):
        return [i for i in self.instances if i.wanted]

    def alive(self):
        for instance in self.running():
            instance.check()

    def is_ready(self, instance):
        port = port_of(self.lab, instance)
        status, tasks, _ = get(port, "/tasks") if port else (0, None, {})
        return status == 200 and tasks and all(t["stage"] == "running" for t in tasks)

    def ports(self):
        return [port_of(self.lab, i) for i in self.running()]


# ---- checks --------------------------------------------------------------------------------------

def check_keys(world, expected):
    """Every key at every instance."""
    offences = []
    for port in world.ports():
        for key, stock in expected.items():
            status, answer, _ = get(port, key_path("stock", key, timeout_ms=10000))
            if status != 200 or len(answer["rows"]) != 1 or stock_of(answer["rows"][0]) != stock:
                offences.append(f"{port} {key}: {status} {answer}, not {stock}")
            elif answer["stale"] or answer["more"]:
                offences.append(f"{port} {key}: {answer}")
    return offences


def check_all(world, expected):
    offences = []
    for port in world.ports():
        status, answer, _ = get(port, "/stores/stock/all?limit=10000&timeout_ms=10000")
        rows = answer["rows"] if status == 200 else []
        if {row["key"]: stock_of(row) for row in rows} != expected:
            offences.append(f"{port}: {status}, {len(rows)} rows instead of {len(expected)}")
        if [row["key"] for row in rows] != sorted(expected, key=str.encode):
            offences.append(f"{port}: not in order")
    return offences


def check_range(world, expected):
    keys, offences = sorted(expected, key=str.encode), []
    first, last = keys[len(keys) // 4], keys[len(keys) // 2]
    wanted = [key for key in keys if first <= key <= last]
    for port in world.ports():
        for reverse in (False, True):
            path = "/stores/stock/range?" + urllib.parse.urlencode(
                {"from": first, "to": last, "limit": 10000, "timeout_ms": 10000,
                 "reverse": "true" if reverse else "false"})
            status, answer, _ = get(port, path)
            got = [row["key"] for row in answer["rows"]] if status == 200 else None
            if got != (wanted[::-1] if reverse else wanted) or answer["more"]:
                offences.append(f"{port}: {status} {got}")
    return offences


def check_pages(world, expected):
    """A range read in pieces of seven, each from the last key of the one before."""
    keys, got, start, more = sorted(expected, key=str.encode), [], "", True
    while more:
        status, answer, _ = get(world.ports()[0], "/stores/stock/range?" + urllib.parse.urlencode(
            {"from": start, "limit": 7, "timeout_ms": 10000}))
        if status != 200 or len(answer["rows"]) > 7:
            return [f"{status} {answer}"]
        rows, more = [row["key"] for row in answer["rows"]], answer["more"]
        got += rows[1:] if got else rows
        start = got[-1]
    return [] if got == keys else [f"{len(got)} keys instead of {len(keys)}"]


def check_windows(world, expected):
    offences = []
    for port in world.ports():
        for region in {region for region, _ in expected}:
            starts = sorted(start for other, start in expected if other == region)
            for first, last in ((starts[0], starts[-1]), (starts[-1], starts[-1])):
                status, answer, _ = get(port, key_path(
                    "sales-by-region", region, from_ms=first, to_ms=last, limit=10000,
                    timeout_ms=10000))
                got = {row["window"]["start_ms"]: (row["value"]["orders"], row["value"]["units"])
                       for row in answer["rows"]} if status in (200, 404) else None
                wanted = {start: expected[region, start] for start in starts
                          if first <= start <= last}
                if got != wanted:
                    offences.append(f"{port} {region}: {status} {got}, not {wanted}")
    return offences


def answer_to(port, raw):
    """The first bytes that come back; none where the server hangs up, as it may at any of them."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as one:
        try:
            one.sendall(raw)
            one.shutdown(socket.SHUT_WR)
            return one.recv(4096)
        except TimeoutError:
            raise
        except OSError:
            return b""


def check_hostile(world):
    """No request, whatever it says, is answered with 200, or ends an instance."""
    port, offences = world.ports()[0], []
    paths = [
        "/stores/nothing?key=a", "/stores/stock", "/stores/stock/", "/stores//stock?key=a",
        "/stores/stock/all?limit=-1", "/stores/stock/all?limit=1e3", "/stores/stock/all?limit=%00",
        "/stores/stock/all?limit=10001", "/stores/stock/all?timeout_ms=-5",
        "/stores/stock/all?timeout_ms=99999999", "/stores/stock?key_hex=0", "/stores/../tasks",
        "/stores/stock?key=%00", "/stores/stock?key=" + "%ff" * 2000,
        "/stores/stock?key=' OR 1=1 --".replace(" ", "%20"), "/stores/%2e%2e%2f%2e%2e?key=x",
        "/stores/stock?key=a&from_ms=99999999999999999999", "/stores/stock/all?task=-1",
        "/stores/stock/all?task=999999", "/stores/stock?key=a&hop=perhaps",
        "/stores/" + "a" * 2000 + "?key=a",
    ]
    for path in paths:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", path)
        status = connection.getresponse().status
        connection.close()
        if status not in (400, 404, 414, 421):
            offences.append(f"{status}: {path[:80]}")
    for raw in (b"GET /stores/stock?key=a HTTP/9.9\r\n\r\n", b"GET /stores/stock?" + b"&" * 20000,
                b"\x00\xff\x16\x03\x01", b"POST /stores/stock HTTP/1.1\r\nHost: a\r\n"
                b"Content-Length: 99999999\r\n\r\n"):
        if b" 200 " in answer_to(port, raw).split(b"\r\n")[0]:
            offences.append(f"200: {raw[:40]}")
    world.alive()
    return offences


def check_command(world, expected):
    key, stock = next(iter(expected.items()))
    said = call(PROGRAM, "query", "stock", key, "--config", world.config)
    answer = json.loads(call(PROGRAM, "query", "stock", key, "--json", "--config", world.config))
    offences = [] if stock_of(answer["rows"][0]) == stock else [str(answer)]
    if key not in said or "on_hand" not in said or str(stock[0]) not in said:
        offences.append(said)
    rows = call(PROGRAM, "query", "stock", "--all", "--limit", "5", "--server",
                f"127.0.0.1:{world.ports()[1]}").splitlines()
    if len(rows) != 7 or "more" not in rows[-1]:
        offences.append("\n".join(rows))
    if "sales-by-region" not in call(PROGRAM, "query", "--config", world.config):
        offences.append("the list lacks sales-by-region")
    for arguments, status, words in (
            (["nothing", "a"], 1, "there is no store 'nothing'; there are "),
            (["stock", "nobody|nowhere"], 1, "has no row with this key"),
            (["stock"], 2, "say one of"),
            (["stock", "a", "--server", "127.0.0.1:1"], 1, "does not answer")):
        done = subprocess.run([PROGRAM, "query", *arguments, "--config", world.config],
                              capture_output=True, text=True, check=False)
        if done.returncode != status or words not in done.stderr:
            offences.append(f"{arguments}: {done.returncode} {done.stderr}")
    return offences


def check_redirect(world, expected):
    offences, key = [], next(iter(expected))
    moved = 0
    for port in world.ports():
        status, _, headers = get(port, key_path("stock", key, redirect="true"))
        if status == 307:
            moved += 1
            place = urllib.parse.urlsplit(headers["Location"])
            status, answer, _ = get(place.port, f"{place.path}?{place.query}")
            if status != 200 or stock_of(answer["rows"][0]) != expected[key]:
                offences.append(f"{headers['Location']}: {status} {answer}")
        elif status != 200:
            offences.append(f"{port}: {status}")
    return offences + ([] if moved == 2 else [f"{moved} redirects"])


def ask_meanwhile(world, expected, over):
    """Asks for one key after the other until each was answered, and over(); what is wrong."""
    offences, until, missing = [], time.monotonic() + PATIENCE, dict.fromkeys(expected)
    turn = 0
    while missing or not over():
        if time.monotonic() > until:
            return offences + [f"{len(missing)} keys were not answered within {PATIENCE} s"]
        key, ports = next(iter(missing or expected)), world.ports()
        missing.pop(key, None)
        turn += 1
        status, answer, _ = get(ports[turn % len(ports)],
                                key_path("stock", key, timeout_ms=1000))
        if status != 200:
            missing[key] = None  # the last one in turn
        elif answer["stale"] or stock_of(answer["rows"][0]) != expected[key]:
            offences.append(f"{key}: {answer}, not {expected[key]}")
        if status not in (0, 200, 502, 503):
            offences.append(f"{key}: {status} {answer}")
    return offences


def check_kill(world, expected):
    world.instances[2].kill()
    return ask_meanwhile(world, expected, lambda: True)


def check_return(world, expected):
    world.instances[2].start()
    return ask_meanwhile(world, expected, lambda: world.is_ready(world.instances[2]))


def check_frozen(world, expected):
    """An instance that stood still while its tasks moved gives no answer from before."""
    frozen = world.instances[1]
    port = port_of(world.lab, frozen)
    frozen.process.send_signal(signal.SIGSTOP)
    frozen.wanted = False
    offences = ask_meanwhile(world, expected, lambda: True)
    call(PROGRAM, "generate", "--config", world.config, "--count", "500", "--partitions", "6",
         "--products", "30", "--stores", "6", "--seed", "7", "--no-master")
    world.settle()
    after = expected_stock(world.lab)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        asked = [(key, pool.submit(get, port, key_path("stock", key, timeout_ms=2000), 60))
                 for key in list(after)[:64]]
        frozen.process.send_signal(signal.SIGCONT)
        frozen.wanted = True
        for key, answer in asked:
            status, answer, _ = answer.result()
            if status == 200 and stock_of(answer["rows"][0]) != after[key]:
                offences.append(f"{key}: {answer}, not {after[key]}")
    world.settle()
    return offences + check_all(world, after)


def run(count):
    score = Score()
    world = None
    try:
        world = World(count)
        expected = expected_stock(world.lab)
        windows = expected_windows(world.lab)
        score.check("stock has keys enough to tell", [] if len(expected) > 100 else ["too few"])
        score.check("every key is the same at every instance", check_keys(world, expected))
        score.check("all rows come from all tasks, in order", check_all(world, expected))
        score.check("a range has both its ends, forwards and back", check_range(world, expected))
        score.check("a range can be read in pieces", check_pages(world, expected))
        score.check("windows by key and time", check_windows(world, windows))
        score.check("what is asked wrongly gets no rows", check_hostile(world))
        score.check("blackfriday query finds an instance", check_command(world, expected))
        score.check("a redirect leads to the owner", check_redirect(world, expected))
        score.check("an instance is killed: the others answer, and never wrong",
                    check_kill(world, expected))
        score.check("an instance comes: its tasks move, and no answer is wrong",
                    check_return(world, expected))
        score.check("an instance that stood still answers nothing of before",
                    check_frozen(world, expected))
    except Failure as failure:
        score.check("the run", [str(failure)])
    finally:
        if world:
            world.lab.close(keep=score.failed)
    print(f"{score.passed} passed, {score.failed} failed")
    return 1 if score.failed else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=3000)
    sys.exit(run(parser.parse_args().count))
