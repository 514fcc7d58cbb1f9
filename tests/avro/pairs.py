"""pairs.py - random writer's schemas, values of them, and readers' schemas that they grew into.

A reader's schema comes from the writer's by changes that Avro's resolution allows, and, where that
is asked for, by one that it forbids. What two implementations may take differently (a union with
two branches that both fit) is not generated.
"""
import copy
import datetime
import decimal

PRIMITIVES = ["boolean", "int", "long", "float", "double", "string", "bytes"]
TEXTS = ["", "a", "till 7", "Zürich", "日本", "\U0001f600", "x" * 200, "tab\there"]


def named(schema, known=None):
    """All named types of a schema, by name."""
    known = {} if known is None else known
    if isinstance(schema, list):
        for branch in schema:
            named(branch, known)
    elif isinstance(schema, dict):
        if "name" in schema:
            known[schema["name"]] = schema
        for field in schema.get("fields", []):
            named(field["type"], known)
        named(schema.get("items", schema.get("values", "null")), known)
    return known


class Pairs:
    def __init__(self, random):
        self.random = random
        self.names = 0
        self.broken = False

    def name(self, prefix):
        self.names += 1
        return f"{prefix}{self.names}"

    # Schemas.

    def schema(self, depth=3):
        return self.record(depth)

    def type(self, depth, named):
        pick = self.random.random()
        if depth == 0 or pick < 0.45:
            return self.scalar(named)
        if pick < 0.60:
            return {"type": "array", "items": self.type(depth - 1, named)}
        if pick < 0.70:
            return {"type": "map", "values": self.type(depth - 1, named)}
        if pick < 0.85:
            return self.union(depth - 1, named)
        return self.record(depth - 1)

    def scalar(self, named):
        pick = self.random.random()
        if pick < 0.65:
            return self.random.choice(PRIMITIVES)
        if pick < 0.72:
            return {"type": "long", "logicalType": "timestamp-millis"}
        if pick < 0.80:
            return {"type": "bytes", "logicalType": "decimal", "precision": 12, "scale": 2}
        if pick < 0.85 and named:
            return self.random.choice(named)
        if pick < 0.92:
            made = {"type": "fixed", "name": self.name("Fixed"), "size": self.random.randint(1, 9)}
        else:
            count = self.random.randint(1, 5)
            made = {"type": "enum", "name": self.name("Enum"),
                    "symbols": [f"S{i}" for i in range(count)]}
        named.append(made["name"])
        return made

    def union(self, depth, named):
        count = len(named)
        first = self.type(depth, named)
        while isinstance(first, list):
            del named[count:]
            first = self.type(depth, named)
        others = [first]
        if self.random.random() < 0.3:
            others.append(self.record(0))
        if self.random.random() < 0.7:
            others.insert(self.random.randint(0, len(others)), "null")
        return others

    def record(self, depth):
        named, name = [], self.name("Record")
        fields = [{"name": self.name("f"), "type": self.type(depth, named)}
                  for _ in range(self.random.randint(1, 6))]
        if depth and self.random.random() < 0.15:
            fields.append({"name": self.name("f"), "type": ["null", name]})
        return {"type": "record", "name": name, "fields": fields}

    # Values.

    def value(self, schema, known, depth=0):
        random = self.random
        if isinstance(schema, list):
            if depth > 6 and "null" in schema:
                return None
            return self.branch(random.choice(schema), known, depth)
        if isinstance(schema, str) and schema in known:
            return self.value(known[schema], known, depth)
        kind = schema if isinstance(schema, str) else schema["type"]
        logical = None if isinstance(schema, str) else schema.get("logicalType")
        if kind == "record":
            return {f["name"]: self.value(f["type"], known, depth + 1) for f in schema["fields"]}
        if kind in ("array", "map"):
            count = 0 if depth > 6 else random.choice([0, 1, 1, 2, 3, 70 if depth < 3 else 2])
            items = schema["items" if kind == "array" else "values"]
            made = [self.value(items, known, depth + 1) for _ in range(count)]
            return made if kind == "array" else {f"k{i}ü": v for i, v in enumerate(made)}
        if logical == "decimal":
            return decimal.Decimal(random.randint(-10**12 + 1, 10**12 - 1)).scaleb(-2)
        if logical == "timestamp-millis":
            return datetime.datetime.fromtimestamp(random.randint(0, 4 * 10**9),
                                                   tz=datetime.timezone.utc)
        return self.primitive(kind, schema)

    def branch(self, schema, known, depth):
        """A record in a union goes by its name, so that the writer takes no other."""
        value = self.value(schema, known, depth + 1)
        if isinstance(schema, dict) and schema["type"] == "record":
            return (schema["name"], value)
        return value

    def primitive(self, kind, schema):
        random = self.random
        return {
            "null": lambda: None,
            "boolean": lambda: random.random() < 0.5,
            "int": lambda: random.choice([0, -1, 63, 64, -2**31, 2**31 - 1]),
            "long": lambda: random.choice([0, -1, 2**40, -2**63, 2**63 - 1]),
            "float": lambda: random.choice([0.0, -1.5, 2.0**100, 0.125]),
            "double": lambda: random.choice([0.0, -1.5, 1e300, 0.1]),
            "string": lambda: random.choice(TEXTS),
            "bytes": lambda: random.choice(TEXTS).encode(),
            "fixed": lambda: random.randbytes(schema["size"]),
            "enum": lambda: random.choice(schema["symbols"]),
        }[kind]()

    # Readers.

    def reader(self, writer, broken):
        """The writer's schema after some changes; broken: one that resolution forbids."""
        made = copy.deepcopy(writer)
        for _ in range(self.random.randint(0, 4)):
            record = self.random.choice(list(self.records(made)))
            self.change(record)
        if broken:
            self.break_one(self.random.choice(list(self.records(made))))
        return made

    def records(self, schema):
        if isinstance(schema, list):
            for branch in schema:
                yield from self.records(branch)
        elif isinstance(schema, dict):
            if schema["type"] == "record":
                yield schema
            for field in schema.get("fields", []):
                yield from self.records(field["type"])
            yield from self.records(schema.get("items", "null"))
            yield from self.records(schema.get("values", "null"))

    def change(self, record):
        change = self.random.choice([self.add, self.add, self.drop, self.shuffle, self.rename_field,
                                     self.promote, self.widen, self.rename, self.symbols])
        change(record)

    def add(self, record):
        kind, default = self.random.choice([
            ("int", -5), ("long", 1 << 40), ("double", 0.5), ("string", "näh"), ("boolean", True),
            ("bytes", "\u0000\u00ff"), (["null", "string"], None), (["string", "null"], "x"),
            ({"type": "array", "items": "int"}, [1, 2, 3]), ({"type": "map", "values": "long"}, {}),
            ({"type": "enum", "name": self.name("Enum"), "symbols": ["A", "B"]}, "B"),
            ({"type": "record", "name": self.name("Record"), "fields": [
                {"name": "a", "type": "int"}, {"name": "b", "type": "string", "default": "in"}]},
             {"a": 4}),
            ({"type": "fixed", "name": self.name("Fixed"), "size": 2}, "\u00fe."),
        ])
        record["fields"].insert(self.random.randint(0, len(record["fields"])),
                                {"name": self.name("g"), "type": kind, "default": default})

    def drop(self, record):
        """Not one that defines a name: others may use it."""
        for field in record["fields"]:
            if len(record["fields"]) > 1 and isinstance(field["type"], str):
                record["fields"].remove(field)
                return

    def shuffle(self, record):
        if all(isinstance(f["type"], str) and f["type"] in PRIMITIVES or
               not self.defines(f["type"]) for f in record["fields"]):
            self.random.shuffle(record["fields"])

    def defines(self, schema):
        if isinstance(schema, str):
            return schema not in PRIMITIVES
        if isinstance(schema, list):
            return any(self.defines(branch) for branch in schema)
        return "name" in schema or any(self.defines(schema[m]) for m in ("items", "values")
                                       if m in schema)

    def rename_field(self, record):
        field = self.random.choice(record["fields"])
        if "aliases" not in field:
            field["aliases"] = [field["name"]]
            field["name"] = self.name("h")

    def promote(self, record):
        up = {"int": ["long", "float", "double"], "long": ["float", "double"], "float": ["double"],
              "string": ["bytes"], "bytes": ["string"]}
        fields = [f for f in record["fields"] if isinstance(f["type"], str) and f["type"] in up
                  and "default" not in f]
        if fields:
            field = self.random.choice(fields)
            field["type"] = self.random.choice(up[field["type"]])

    def widen(self, record):
        """A type into a union with null, or a union's branches another way round."""
        field = self.random.choice(record["fields"])
        if "default" in field:
            return
        if isinstance(field["type"], list):
            if not self.defines(field["type"]):
                self.random.shuffle(field["type"])
        elif self.random.random() < 0.5:
            field["type"] = ["null", field["type"]]
        else:
            field["type"] = [field["type"], "null"]

    def rename(self, record):
        """Only where nothing within names it."""
        if '"' + record["name"] + '"' not in str(record["fields"]).replace("'", '"') and \
                "aliases" not in record:
            record["aliases"] = [record["name"]]
            record["name"] = self.name("Renamed")

    def symbols(self, record):
        for field in record["fields"]:
            if isinstance(field["type"], dict) and field["type"]["type"] == "enum" and \
                    "default" not in field:
                known = field["type"]["symbols"]
                field["type"]["symbols"] = ["NEW"] + known[::-1][:max(1, len(known) - 1)]
                field["type"]["default"] = "NEW"
                return

    def break_one(self, record):
        field = self.random.choice(record["fields"])
        pick = self.random.random()
        if pick < 0.4:
            field["type"] = {"type": "array", "items": "boolean"} \
                if not isinstance(field["type"], dict) or field["type"]["type"] != "array" else "int"
        elif pick < 0.7:
            record["fields"].append({"name": self.name("missing"), "type": "int"})
        else:
            field["type"] = {"type": "fixed", "name": self.name("Fixed"), "size": 99}
        field.pop("default", None)
