"""compare.py - our Avro against fastavro's, value for value.

1. Pairs of schemas: a body that fastavro wrote is resolved by both; ours, read back, must be the
   same value. Where fastavro refuses, so must we. We may refuse more: a plan is made for all
   values, and says no to an array of the wrong type even if it is empty.
2. Generated types: what fastavro writes, our decoder and encoder (and that of a deep copy) give
   back byte for byte; cut short or with a bit turned, nothing falls over.
"""
import argparse
import decimal
import glob
import io
import json
import os
import random
import struct
import subprocess
import sys

import fastavro
from fastavro.schema import parse_schema

from pairs import Pairs, TEXTS, named

HERE = os.path.dirname(os.path.abspath(__file__))


class Peer:
    def __init__(self, path):
        self.process = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True, bufsize=1)

    def ask(self, *parts):
        line = "\t".join(parts)
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            sys.exit(f"avro-peer ended ({self.process.wait()}) on: {line}")
        return answer.rstrip("\n").split("\t")

    def close(self):
        self.process.stdin.close()
        return self.process.wait()


def write(schema, value):
    out = io.BytesIO()
    fastavro.schemaless_writer(out, parse_schema(schema), value)
    return out.getvalue()


def read(body, writer, reader=None):
    source = io.BytesIO(body)
    value = fastavro.schemaless_reader(source, parse_schema(writer),
                                       parse_schema(reader) if reader else None)
    if source.read(1):
        raise ValueError("bytes are left over")
    return value


def fits(schema, value, known):
    """Only the keys of maps begin with a k."""
    kind = schema if isinstance(schema, str) else schema["type"]
    if kind in known and isinstance(schema, str):
        kind = known[kind]["type"]
    if kind == "null":
        return value is None
    python = {"boolean": bool, "string": str, "enum": str, "array": list, "map": dict,
              "record": dict}
    if kind == "record" and isinstance(value, dict):
        fields = known[schema if isinstance(schema, str) else schema["name"]]["fields"]
        return set(value) <= {f["name"] for f in fields} and \
            {f["name"] for f in fields if "default" not in f} <= set(value)
    if kind == "map" and isinstance(value, dict):
        return all(key.startswith("k") for key in value)
    if kind in python:
        return isinstance(value, python[kind])
    return value is not None and not isinstance(value, (bool, list, dict)) and \
        (kind in ("bytes", "fixed") or not isinstance(value, str))


def normal(schema, value, known):
    """The value as its schema has it: fastavro gives defaults as JSON has them, and does not round
    what it promotes to float."""
    if isinstance(schema, list):
        for branch in schema:
            if fits(branch, value, known):
                return normal(branch, value, known)
        return value
    if isinstance(schema, str) and schema in known:
        schema = known[schema]
    kind = schema if isinstance(schema, str) else schema["type"]
    if kind == "record":
        return {f["name"]: normal(f["type"], value[f["name"]] if f["name"] in value
                                  else f["default"], known) for f in schema["fields"]}
    if kind == "array":
        return [normal(schema["items"], item, known) for item in value]
    if kind == "map":
        return {k: normal(schema["values"], v, known) for k, v in value.items()}
    if kind in ("bytes", "fixed") and isinstance(value, str):
        return value.encode("latin-1")
    if kind == "float":
        return struct.unpack("f", struct.pack("f", value))[0]
    return value


def compare_pair(peer, pairs, broken):
    writer = pairs.schema()
    reader = pairs.reader(writer, broken)
    body = write(writer, pairs.value(writer, named(writer)))
    case = ["resolve", json.dumps(writer), json.dumps(reader), body.hex()]
    answer = peer.ask(*case)
    case = "\n".join(case)
    try:
        expected = normal(reader, read(body, writer, reader), named(reader))
    except Exception as error:
        if answer[0] != "error":
            raise AssertionError(f"fastavro refuses ({error}), we do not:\n{case}") from error
        return "refused"
    if answer[0] == "error":
        if not broken:
            raise AssertionError(f"we refuse: {answer[1]}:\n{case}")
        return "stricter"
    ours = normal(reader, read(bytes.fromhex(answer[1]), reader), named(reader))
    if ours != expected:
        raise AssertionError(f"ours {ours}\nnot  {expected}\n{case}")
    if answer[0] == "same" and answer[1] != body.hex():
        raise AssertionError("an identity changed the body")
    return answer[0]


def compare_pairs(peer, seed, first, count):
    seen = {}
    for number in range(first, first + count):
        pairs = Pairs(random.Random(f"{seed}/{number}"))
        try:
            result = compare_pair(peer, pairs, number % 5 == 4)
        except AssertionError as error:
            sys.exit(f"pair {number}: {error}\nreplay with --seed {seed} --first {number} --pairs 1")
        seen[result] = seen.get(result, 0) + 1
    return seen


def random_value(rng, schema, known, depth=0):
    """Of the generated types: decimals and unions are kept to what their schemas say."""
    if isinstance(schema, list):
        return random_value(rng, rng.choice(schema), known, depth)
    if isinstance(schema, str) and schema in known:
        schema = known[schema]
    kind = schema if isinstance(schema, str) else schema["type"]
    logical = None if isinstance(schema, str) else schema.get("logicalType")
    if kind == "record":
        return {f["name"]: random_value(rng, f["type"], known, depth + 1)
                for f in schema["fields"]}
    if kind in ("array", "map"):
        count = rng.choice([0, 1, 2, 5]) if depth < 4 else 0
        made = [random_value(rng, schema["items" if kind == "array" else "values"], known, depth + 1)
                for _ in range(count)]
        return made if kind == "array" else {f"k{i}": v for i, v in enumerate(made)}
    if logical == "decimal":
        bound = 10 ** rng.randint(0, schema["precision"])
        return decimal.Decimal(rng.randint(1 - bound, bound - 1)).scaleb(-schema["scale"])
    if kind in ("int", "long"):
        bits = rng.randint(1, 31 if kind == "int" else 63)
        if logical:
            return rng.randint(0, 2**41)
        return rng.randint(-2**bits, 2**bits - 1)
    return Pairs(rng).primitive(kind, schema)


def damage(rng, body):
    body = bytearray(body)
    for _ in range(rng.randint(1, 3)):
        body[rng.randrange(len(body))] ^= 1 << rng.randrange(8)
    return bytes(body[:rng.randint(0, len(body))] if rng.random() < 0.5 else body)


def compare_types(peer, seed, rounds):
    """Returns how many bodies came back byte for byte, and how many damaged ones were read."""
    whole = damaged = 0
    rng = random.Random(seed)
    files = glob.glob(HERE + "/../../schemas/retail/*.avsc") + [HERE + "/everything.avsc"]
    for path in sorted(files):
        schema = json.load(open(path))
        name = schema["namespace"] + "." + schema["name"]
        for _ in range(rounds):
            body = write(schema, random_value(rng, schema, named(schema)))
            answer = peer.ask("type", name, body.hex())
            if answer[:3] != ["ok", body.hex(), body.hex()]:
                sys.exit(f"{name}: {body.hex()}\nbecame {answer}")
            json.loads(answer[3])
            whole += 1
            damaged += peer.ask("type", name, damage(rng, body).hex())[0] == "ok"
    return whole, damaged


def compare_defaults(peer):
    """All of the fields' defaults together are the record that fastavro makes of nothing."""
    schema = {"type": "record", "name": "defaults", "fields": [
        {"name": "a", "type": "int", "default": -2**31},
        {"name": "b", "type": "long", "default": 2**63 - 1},
        {"name": "c", "type": "float", "default": 1},
        {"name": "d", "type": "double", "default": 0.1},
        {"name": "e", "type": "string", "default": TEXTS[5]},
        {"name": "f", "type": ["null", "int"], "default": None},
        {"name": "g", "type": {"type": "map", "values": ["null", "boolean"]},
         "default": {"x": True, "y": None}},
        {"name": "h", "type": {"type": "array", "items": {"type": "enum", "name": "letter",
                                                            "symbols": ["A", "B"]}},
         "default": ["B", "A", "B"]},
        {"name": "i", "type": {"type": "record", "name": "inner", "fields": [
            {"name": "x", "type": "int", "default": 5}, {"name": "y", "type": "letter"}]},
         "default": {"y": "A"}},
    ]}
    expected = write(schema, normal(schema, {}, named(schema)))
    answer = peer.ask("default", json.dumps(schema))
    if answer != ["ok", expected.hex()]:
        sys.exit(f"defaults: {answer}, not {expected.hex()}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("peer")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--pairs", type=int, default=1500)
    parser.add_argument("--rounds", type=int, default=40)
    options = parser.parse_args()
    peer = Peer(options.peer)
    compare_defaults(peer)
    seen = compare_pairs(peer, options.seed, options.first, options.pairs)
    whole, damaged = compare_types(peer, options.seed, options.rounds)
    if peer.close():
        sys.exit("avro-peer did not end well")
    print(f"{options.pairs} pairs: {seen}; {whole} bodies of generated types, "
          f"{damaged} of as many damaged ones still read")


if __name__ == "__main__":
    main()
