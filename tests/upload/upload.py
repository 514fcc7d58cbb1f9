"""upload.py - CSV files sent to `blackfriday web`, and what then stands in the topics.

    upload.py [--megabytes N] [--keep]      ends with `N passed, N failed`

All is seen of an upload that is answered with 200, and nothing of any other: the files are good and
bad, the client hangs up, the broker stops, the server is killed. What is accepted is then put to a
running job, and `verify` must find everything equal.
"""
import argparse
import json
import os
import sys
import time
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "chaos"))
os.environ.setdefault("LEAT_LOGS", "/tmp/leat-logs")
os.environ.setdefault("LEAT_BROKER_WAIT", "600")    # seconds; a machine may be busy
os.environ.setdefault("LEAT_REGISTRY_WAIT", "600")
from lab import AUDIT, BROKERS, BUILD, PROGRAM, ROOT, Failure, Instance, Lab, call  # noqa: E402
from lab import read_rows  # noqa: E402
from web import BASE_MS, HEAD, Slow, Web, new_id, until  # noqa: E402

TOOL = os.path.join(BUILD, "tests", "operators", "operators-tool")
REGISTRY = os.path.join(ROOT, "tests", "registry", "apicurio.sh")
APPLICATION = "upload"
RSS_MB = 256  # of the server at its peak, whatever the file's size

BAD = (HEAD["sales"] + "ok-1,P1,S1,1764316800000,1,1.00\n"
       "no-1,P1,S1,1764316800000,0,1.00\n"
       "no-2,P1,S1,soon,1,1.00\n"
       "no-3,\"P1,S1,1764316800000,1,1.00\n"
       "ok-2,\"P\"\"1\",S1,2025-11-28T08:00:00Z,2,1\n"
       ",P1,S1,1764316800000,1,1.00\n"
       "no-4,P1,S1,1764316800000,1\n"
       "ok-3,P1,S1,1764316800000,3,0.00")
REPORT = """line,column,reason
3,quantity (5),"expected a quantity above 0, found '0'"
4,timestamp (4),"expected a timestamp like 2026-11-27T08:00:00Z, or milliseconds since 1970, \
found 'soon'"
5,product_id (2),"expected a comma or the end of the line after the closing quote (in line 6)"
7,transaction_id (1),"expected a transaction_id, found ''"
8,quantity (5),"expected 6 fields as in the first line, found 5"
"""


def sales(prefix, first, last):
    """Rows of sales, numbered."""
    return "".join(f"{prefix}-{i},P{i % 50},S{i % 5},{BASE_MS + i},{i % 7 + 1},{i % 90}.25\n"
                   for i in range(first, last))


class Reader:
    """Avro's binary form, as far as a sale needs it."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def long(self):
        value = shift = 0
        while True:
            byte = self.data[self.at]
            self.at += 1
            value |= (byte & 0x7f) << shift
            shift += 7
            if byte < 0x80:
                return value >> 1 ^ -(value & 1)

    def bytes(self):
        size = self.long()
        self.at += size
        return self.data[self.at - size:self.at]


class Uploads:
    def __init__(self, megabytes):
        self.megabytes, self.passed, self.failed = megabytes, 0, 0
        self.lab = Lab("upload", database=False)
        self.registry = os.path.join(self.lab.dir, "registry")
        self.url = self.config = self.web = None

    def open(self):
        call(REGISTRY, "start", self.registry)
        with open(os.path.join(self.registry, "url"), encoding="utf-8") as file:
            self.url = file.read().strip()
        self.config = self.lab.configure(APPLICATION, schema__registry__url=self.url)
        self.web = Web(self.lab, self.config)

    def judge(self, name, test, *arguments):
        began = time.monotonic()
        try:
            said = test(*arguments)
            self.passed += 1
            print(f"ok      {name}, {time.monotonic() - began:.1f} s"
                  + (f": {said}" if said else ""), flush=True)
        except (Failure, OSError) as failure:
            self.failed += 1
            print(f"FAILED  {name}: {failure!r}", flush=True)

    # ---- what stands in the topics -------------------------------------------------------------

    def rows(self, topic):
        """Read committed: it ends at the first transaction that is open."""
        return read_rows(call(TOOL, self.lab.bootstrap, "dump", topic).splitlines())

    def keys(self, prefix, topic="sales"):
        return sorted(key.decode() for key, _, _ in self.rows(topic)
                      if key.decode().startswith(prefix))

    def must_see(self, prefix, count):
        """A commit is answered before the broker has told it to each partition."""
        self.must_settle()
        keys = self.keys(prefix)
        if len(keys) != count or len(set(keys)) != count:
            raise Failure(f"{len(keys)} sales of '{prefix}' are seen, {count} were expected")

    def settled(self):
        try:
            call(AUDIT, self.lab.bootstrap, "open")
            return True
        except Failure:
            return False

    def must_settle(self):
        until("the end of the open transaction", self.settled)

    # ---- files ---------------------------------------------------------------------------------

    def good(self):
        self.web.upload("sales", HEAD["sales"] + sales("good", 0, 1000)).must(
            200, accepted=1000, refused=0, written=1000, rows=1000, over=True)
        self.must_see("good-", 1000)

    def wire(self):
        """As `generate` writes: the schema's id, the contract's fields, the event's time."""
        schema = json_get(self.url, "/subjects/sales-value/versions/latest")["id"]
        value, at_ms = next((value, at) for key, value, at in self.rows("sales")
                            if key == b"good-73")
        reader = Reader(value[5:])
        sale = [reader.bytes() for _ in range(3)] + [reader.long(), reader.long(), reader.bytes()]
        wanted = [b"good-73", b"P23", b"S3", BASE_MS + 73, 4, (7325).to_bytes(2, "big")]
        if (value[:5] != bytes([0]) + schema.to_bytes(4, "big") or sale != wanted
                or reader.at != len(value) - 5 or at_ms != BASE_MS + 73):
            raise Failure(f"a sale is written as {value.hex()} at {at_ms}")

    def bad(self):
        answer = self.web.upload("sales", BAD)
        answer.must(200, accepted=3, refused=5, written=3, rows=8, bytes=len(BAD.encode()))
        report = self.web.report(answer)
        if report != REPORT:
            raise Failure(f"the report is:\n{report}")
        self.must_see("ok-", 3)
        self.must_see("no-", 0)

    def all_or_none(self):
        answer = self.web.upload("sales", BAD.replace("ok-", "all-"), rows="all")
        answer.must(422, accepted=3, refused=5, written=0)
        if self.web.report(answer) != REPORT:
            raise Failure("the report is another one than for the good rows alone")
        self.must_see("all-", 0)
        self.web.upload("sales", HEAD["sales"] + sales("every", 0, 10), rows="all").must(
            200, written=10)
        self.must_see("every-", 10)

    def foreign_file(self):
        answer = self.web.upload("sales", "PK\3\4 this is no text")
        answer.must(422, written=0, over=True)
        if "ZIP archive" not in answer.json["error"]:
            raise Failure(answer.text)

    def templates(self):
        for kind in HEAD:
            template = self.web.get(f"/template/{kind}.csv")
            if not template.text.startswith(HEAD[kind]):
                raise Failure(f"the template of {kind} is {template.text}")
            self.web.upload(kind, template.text, rows="all").must(200, refused=0, written=2)

    # ---- what is not taken ---------------------------------------------------------------------

    def elsewhere(self):
        body = HEAD["sales"] + sales("evil", 0, 1)
        self.web.upload("sales", body, headers={"Origin": "http://evil.example"}).must(403)
        self.web.upload("sales", body, headers={"Sec-Fetch-Site": "cross-site"}).must(403)
        self.must_see("evil-", 0)

    def misspelt(self):
        self.web.upload("sails", "").must(404)
        self.web.ask("POST", "/upload/sales?rows=some").must(400)
        self.web.ask("POST", "/upload/sales?id=no-hex").must(400)
        self.web.get("/upload/0123456789abcdef").must(404)
        self.web.get("/template/sails.csv").must(404)

    def used_id(self):
        name = new_id()
        self.web.upload("stores", HEAD["stores"], upload_id=name).must(200, id=name, rows=0)
        self.web.upload("stores", HEAD["stores"], upload_id=name).must(409)

    def too_large(self):
        Slow(self.web, "large", 1 << 30).answer().must(413)  # not a byte of it was sent

        def pieces():
            yield HEAD["sales"].encode()
            for i in range(0, 15000, 1000):
                yield sales("large", i, i + 1000).encode()
        self.web.upload("sales", pieces()).must(413, written=0, over=True)
        self.must_see("large-", 0)

    def too_many(self):
        """More at once than there may be; then more than there may be in a minute."""
        slow = [Slow(self.web, "many") for _ in range(2)]
        for one in slow:
            one.head()
            one.wait("the beginning", lambda one=one: "rows" in one.page())
        answer = self.web.upload("sales", HEAD["sales"]).must(429)
        if int(answer.headers["Retry-After"]) <= 0:
            raise Failure("nothing says when to try again")
        for one in slow:
            one.hang_up()
        for _ in range(30):
            answer = self.web.upload("stores", HEAD["stores"])
            if answer.status == 429:
                return f"again in {answer.headers['Retry-After']} s"
            answer.must(200)
        raise Failure("no number of uploads is too many")

    # ---- what breaks off -----------------------------------------------------------------------

    def end_of_sales(self):
        """What is not committed counts too."""
        return int(call(AUDIT, self.lab.bootstrap, "lag", "nobody", "sales"))

    def begin(self, prefix):
        """Half of a file is taken, and the broker has rows of it."""
        before, slow = self.end_of_sales(), Slow(self.web, prefix)
        slow.head()
        slow.sell(1000)
        slow.wait("the opening of the transaction", lambda: self.end_of_sales() > before)
        return slow

    def hang_up(self):
        slow = self.begin("gone")
        if slow.page()["over"]:
            raise Failure("it is over before its end")
        page = slow.hang_up()
        if page["written"] != 0 or "went away" not in page["error"]:
            raise Failure(f"it ended as {page}")
        self.must_settle()
        self.must_see("gone-", 0)

    def broker_pauses(self):
        slow = self.begin("pause")
        call(BROKERS, "pause", self.lab.brokers, "1")
        slow.sell(1000)
        slow.wait("the taking of rows", lambda: slow.page()["rows"] >= 2000)
        call(BROKERS, "resume", self.lab.brokers, "1")
        slow.answer().must(200, written=slow.rows)
        self.must_see("pause-", slow.rows)

    def broker_stays_away(self):
        slow = self.begin("away")
        call(BROKERS, "kill", self.lab.brokers, "1")
        try:
            slow.sell(1000)
            answer = slow.answer().must(503, written=0, over=True)
            if int(answer.headers["Retry-After"]) <= 0:
                raise Failure("nothing says when to try again")
            self.web.upload("sales", HEAD["sales"]).must(503, written=0)
        finally:
            call(BROKERS, "restart", self.lab.brokers, "1")
        self.must_settle()
        self.must_see("away-", 0)
        self.web.upload("sales", HEAD["sales"] + sales("back", 0, 10)).must(200, written=10)
        self.must_see("back-", 10)
        return answer.json["error"]

    def server_is_killed(self):
        self.begin("killed")
        self.web.kill()
        self.web.start()
        self.must_settle()
        self.must_see("killed-", 0)

    # ---- size ----------------------------------------------------------------------------------

    def large(self):
        """Bounded memory: far less than the file."""
        size, rows, pieces = 0, 0, []
        while size < 1 << 20:
            pieces.append(sales("stream", rows, rows + 1000))
            size += len(pieces[-1])
            rows += 1000
        block = "".join(pieces).encode()
        length = len(HEAD["sales"]) + len(block) * self.megabytes
        slow, began = Slow(self.web, "stream", length), time.monotonic()
        slow.head()
        for _ in range(self.megabytes):
            slow.send(block)
        slow.answer().must(200, written=rows * self.megabytes, bytes=length)
        took = time.monotonic() - began
        peak = self.web.peak_mb()
        if peak > RSS_MB:
            raise Failure(f"the server has taken {peak} MB")
        return (f"{length / 1e6:.0f} MB, {rows * self.megabytes} rows in {took:.1f} s, "
                f"{length / 1e6 / took:.1f} MB/s, at its peak the server took {peak} MB")

    # ---- the job -------------------------------------------------------------------------------

    def job(self):
        """Of what was accepted nothing is rejected, and every figure is right."""
        instance = Instance(self.lab, self.config, "one")
        self.web.upload("products", HEAD["products"] + "".join(
            f"P{i},Name {i},C{i % 7},D,{i}.99,V\n" for i in range(50))).must(200, written=50)
        self.web.upload("stores", HEAD["stores"] + "".join(
            f"S{i},Town,R{i % 2},big,M\n" for i in range(5))).must(200, written=5)
        call(PROGRAM, "generate", "--config", self.config, "--count", "500", "--no-master",
             "--products", "50", "--stores", "5")
        instance.start()
        self.lab.drain(APPLICATION, instance.check)
        self.web.upload("inventory-updates", HEAD["inventory-updates"] + "".join(
            f"P{i},S{i % 5},{BASE_MS + i},{i - 10}\n" for i in range(50))).must(200, written=50)
        self.web.upload("sales", HEAD["sales"] + sales("job", 0, 3000)).must(200, written=3000)
        self.lab.drain(APPLICATION, instance.check)
        instance.stop()
        call(PROGRAM, "verify", "--config", self.config, "--topics-only")
        for topic in ("sales-rejected", "inventory-updates-rejected"):
            rejected = len(self.rows(topic))
            if rejected:
                raise Failure(f"{rejected} records are in {topic}")

    # ---- all -----------------------------------------------------------------------------------

    def run(self):
        self.open()
        judge, web = self.judge, self.web
        web.start()
        judge("a good file is written", self.good)
        judge("its records are those of the contract", self.wire)
        judge("of a bad file the good rows are written, and the others reported", self.bad)
        judge("or nothing is, by choice", self.all_or_none)
        judge("what is no CSV is refused as a whole", self.foreign_file)
        judge("another page's upload is refused", self.elsewhere)
        judge("a template is taken as it stands", self.templates)
        judge("it stops at SIGTERM", web.stop)
        web.start()
        judge("what is misspelt is refused", self.misspelt)
        judge("an id is for one upload", self.used_id)
        judge("of a client that hangs up nothing is seen, and nothing stays open", self.hang_up)
        judge("an outage within the patience is waited out", self.broker_pauses)
        judge("of an upload whose server is killed nothing is seen", self.server_is_killed)
        web.stop()
        web.start("--upload-max-bytes", "400000", "--upload-patience", "5s")
        judge("of an outage beyond it nothing is seen", self.broker_stays_away)
        judge("a file too large is refused, by its length and by its bytes", self.too_large)
        judge("too many uploads are refused", self.too_many)
        web.stop()
        web.start()
        # The last two, since they leave much to look through: the job's topics, and many rows.
        judge("a running job takes what was accepted, and verify is equal", self.job)
        judge(f"{self.megabytes} MB stream through", self.large)
        web.stop()

    def close(self, keep):
        if os.path.isdir(self.registry):
            call(REGISTRY, "stop", self.registry)
        self.lab.close(keep or self.failed)


def json_get(url, path):
    with urllib.request.urlopen(url + path, timeout=60) as answer:
        return json.load(answer)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--megabytes", type=int, default=20)
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    uploads = None
    failed = 1
    try:
        uploads = Uploads(options.megabytes)
        uploads.run()
        failed = uploads.failed
    except Failure as failure:
        print(f"FAILED  {failure}", flush=True)
        failed = (uploads.failed if uploads else 0) + 1
    finally:
        if uploads:
            uploads.failed = failed
            uploads.close(options.keep)
    print(f"{uploads.passed if uploads else 0} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
