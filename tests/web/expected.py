"""expected.py - what the page must show, worked out from the records of the topics themselves.

The topics are what `verify` found equal to the truth; their Avro is read here by hand, so that
nothing of what is tested has a part in what is expected.
"""
import struct
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
THRESHOLD = 10
MINUTE_MS = 60000


class Avro:
    """One value's bytes, behind the five of the wire format."""

    def __init__(self, data):
        assert data[0] == 0
        self.data, self.at = data, 5

    def long(self):
        shift = number = 0
        while True:
            byte = self.data[self.at]
            self.at += 1
            number |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return (number >> 1) ^ -(number & 1)

    def bytes(self):
        size = self.long()
        self.at += size
        return self.data[self.at - size:self.at]

    def text(self):
        return self.bytes().decode()

    def money(self):
        return int.from_bytes(self.bytes(), "big", signed=True) * CENT

    def double(self):
        self.at += 8
        return struct.unpack("<d", self.data[self.at - 8:self.at])[0]

    def list(self, read):
        items = []
        while (count := self.long()) != 0:
            if count < 0:
                count = -count
                self.long()
            items += [read() for _ in range(count)]
        return items

    def fields(self, layout):
        return {name: getattr(self, kind)() for kind, name in
                (field.split(":") for field in layout.split())}


SUMS = "long:start long:end long:orders long:units money:revenue"
LAYOUTS = {
    "products": "text:product_id text:name",
    "stores": "text:store_id text:location",
    "sales-totals": SUMS,
    "sales-by-category": "text:name " + SUMS,
    "sales-by-region": "text:name " + SUMS,
    "sales-by-store": "text:name text:region " + SUMS,
    "sell-through": "text:product_id text:store_id long:sold long:received double:rate",
    "stock": "text:product_id text:store_id long:on_hand",
    "low-stock": "text:product_id text:store_id long:on_hand long:threshold long:at_ms",
}
COUNTED = ["sales-late", "sales-rejected"]
TOPICS = [*LAYOUTS, "top-products", *COUNTED]


def top_window(avro):
    window = avro.fields("long:start long:end")
    window["products"] = avro.list(
        lambda: avro.fields("long:rank text:product_id long:units money:revenue"))
    return window


def value_of(topic, data):
    return top_window(Avro(data)) if topic == "top-products" else Avro(data).fields(LAYOUTS[topic])


def last_values(topic, records):
    """The last value of each key; records are of all partitions, and a key stays in one."""
    kept = {}
    for key, data, _ in records:
        kept[key] = value_of(topic, data)
    return list(kept.values())


def totals(windows):
    windows = sorted(windows, key=lambda window: window["start"])
    revenue = sum((window["revenue"] for window in windows), Decimal("0.00"))
    orders = sum(window["orders"] for window in windows)
    newest = windows[-1]["start"]
    return {
        "revenue": str(revenue), "orders": orders,
        "units": sum(window["units"] for window in windows),
        "average": str((revenue / orders).quantize(CENT, ROUND_HALF_UP)),
        "minutes": [{"at_ms": window["start"], "orders": window["orders"],
                     "revenue": str(window["revenue"]), "units": window["units"]}
                    for window in windows if window["start"] > newest - 120 * MINUTE_MS],
        "event_time_ms": newest,
    }


def top(windows, now_ms, names):
    window = min((window for window in windows if window["start"] <= now_ms < window["end"]),
                 key=lambda window: window["start"])
    return {"window_start_ms": window["start"], "window_end_ms": window["end"],
            "products": [{"rank": one["rank"], "product_id": one["product_id"],
                          "product_name": names.get(one["product_id"], "unknown"),
                          "units": one["units"], "revenue": str(one["revenue"])}
                         for one in window["products"]]}


def ranked(windows, field, shown, more=lambda name, window: {}):
    rows = {}
    for window in windows:
        row = rows.setdefault(window["name"], {"orders": 0, "units": 0, "revenue": Decimal(0),
                                               "more": more(window["name"], window)})
        for sum_of in ("orders", "units", "revenue"):
            row[sum_of] += window[sum_of]
    order = sorted(rows.items(), key=lambda item: (-item[1]["revenue"], -item[1]["units"],
                                                   item[0].encode()))
    return {"rows": [{field: name, **row["more"], "revenue": str(row["revenue"]),
                      "units": row["units"], "orders": row["orders"]}
                     for name, row in order[:shown]],
            "more": max(0, len(order) - shown)}


def sellthrough(items):
    items = [item for item in items if item["received"] > 0]
    shown = [{**item, "rate": float(f"{item['rate']:.6g}")} for item in items]
    ids = [(item["product_id"], item["store_id"]) for item in items]
    best = sorted(range(len(items)), key=lambda i: (-items[i]["rate"], -items[i]["received"], ids[i]))
    slow = sorted(range(len(items)), key=lambda i: (items[i]["rate"], -items[i]["received"], ids[i]))
    return {"rows": [shown[i] for i in best[:20]], "slow": [shown[i] for i in slow[:20]]}


def lowstock(stock, falls):
    falls = sorted(falls, key=lambda fall: (-fall["at_ms"], fall["product_id"], fall["store_id"]))
    return {"below": sum(item["on_hand"] < THRESHOLD for item in stock), "recent": falls[:50]}


def sections(dump):
    """dump(topic): the records of a topic, as (key, value, time)."""
    last = {topic: last_values(topic, dump(topic)) for topic in LAYOUTS if topic != "low-stock"}
    names = {one["product_id"]: one["name"] for one in last["products"]}
    places = {one["store_id"]: one["location"] for one in last["stores"]}
    falls = [value_of("low-stock", data) for _, data, _ in dump("low-stock")]

    def of_store(name, window):
        named = {"store_name": places[name]} if name in places else {}
        return {**named, "region": window["region"]}

    return {
        "totals": totals(last["sales-totals"]),
        "top": top(last_values("top-products", dump("top-products")),
                   max(window["start"] for window in last["sales-totals"]), names),
        "categories": ranked(last["sales-by-category"], "category", 50),
        "regions": ranked(last["sales-by-region"], "region", 50),
        "stores": ranked(last["sales-by-store"], "store_id", 100, of_store),
        "sellthrough": sellthrough(last["sell-through"]),
        "lowstock": lowstock(last["stock"], falls),
        "late": len(dump("sales-late")),
        "rejected": len(dump("sales-rejected")),
    }
