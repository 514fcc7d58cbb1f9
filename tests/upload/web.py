"""web.py - `blackfriday web` as a process, and the uploads that are sent to it."""
import http.client
import json
import os
import random
import socket
import time

from lab import PROGRAM, Failure

HEAD = {
    "sales": "transaction_id,product_id,store_id,timestamp,quantity,unit_price\n",
    "inventory-updates": "product_id,store_id,timestamp,quantity_change\n",
    "products": "product_id,name,category,subcategory,price,supplier_id\n",
    "stores": "store_id,location,region,size,manager\n",
}
BASE_MS = 1764316800000  # of the first sale
PATIENCE = 180  # seconds, of the test


def until(what, happens, patience=PATIENCE):
    """The first true value that happens() gives."""
    end = time.monotonic() + patience
    while True:
        value = happens()
        if value:
            return value
        if time.monotonic() > end:
            raise Failure(f"{what} did not happen within {patience} s")
        time.sleep(0.1)


def free_port():
    """Below the kernel's ephemeral ports, so that no client takes it while the server is down."""
    while True:
        port = random.randrange(15000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.text = response.read().decode()
        self.json = json.loads(self.text) if self.text.startswith("{") else {}

    def must(self, status, **fields):
        found = {name: self.json.get(name) for name in fields}
        if self.status != status or found != fields:
            raise Failure(f"expected {status} {fields}, got {self.status} {self.text[:500]}")
        return self


class Web:
    """The server on a port of its own, which it keeps over restarts."""

    def __init__(self, lab, config):
        self.lab, self.config, self.port = lab, config, free_port()
        self.process, self.lives = None, 0

    def log(self):
        return f"web.{self.lives}.log"

    def start(self, *options):
        self.lives += 1
        self.process = self.lab.program("web", "--config", self.config, "--port", str(self.port),
                                        *options, log=self.log())
        until("the web server's start", self.answers)

    def answers(self):
        if self.process.poll() is not None:
            raise Failure(f"the web server ended:\n{self.lab.text(self.log())[-2000:]}")
        try:
            return self.get("/template/sales.csv").status == 200
        except OSError:
            return False

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.terminate()
        status = self.process.wait(60)
        if status:
            raise Failure(f"the web server ended with {status} after SIGTERM:\n"
                          + self.lab.text(self.log())[-2000:])

    def peak_mb(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmHWM")) // 1024

    # ---- requests ------------------------------------------------------------------------------

    def ask(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)
        try:
            connection.request(method, path, body=body, headers=headers or {},
                               encode_chunked=body is not None and not isinstance(body, bytes))
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def get(self, path):
        return self.ask("GET", path)

    def upload(self, kind, text, rows="good", upload_id=None, headers=None):
        """text: the file, or pieces of it, which are sent chunked."""
        path = f"/upload/{kind}?rows={rows}" + (f"&id={upload_id}" if upload_id else "")
        if isinstance(text, str):
            return self.ask("POST", path, text.encode(), headers)
        return self.ask("POST", path, text, {"Transfer-Encoding": "chunked", **(headers or {})})

    def report(self, answer):
        return self.get(answer.json["report"]).text


def new_id():
    return os.urandom(8).hex()


class Slow:
    """An upload of sales that goes on as the test says. While the test waits it sends a row now and
    then: a client that is silent is cut off."""

    def __init__(self, web, prefix, length=None):
        self.web, self.prefix, self.id, self.rows, self.length = web, prefix, new_id(), 0, length
        self.connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=300)
        self.connection.putrequest("POST", f"/upload/sales?id={self.id}")
        if length:
            self.connection.putheader("Content-Length", str(length))
        else:
            self.connection.putheader("Transfer-Encoding", "chunked")
        self.connection.endheaders()

    def send(self, data):
        self.connection.send(data if self.length else b"%x\r\n%s\r\n" % (len(data), data))

    def head(self):
        self.send(HEAD["sales"].encode())

    def sell(self, count):
        self.send("".join(
            f"{self.prefix}-{i},P{i % 50},S{i % 5},{BASE_MS + i},{i % 7 + 1},{i % 90}.25\n"
            for i in range(self.rows, self.rows + count)).encode())
        self.rows += count

    def page(self):
        return self.web.get(f"/upload/{self.id}").json

    def wait(self, what, happens):
        def look():
            self.sell(1)
            return happens()
        until(what, look)

    def answer(self):
        try:
            if not self.length:
                self.connection.send(b"0\r\n\r\n")
            return Answer(self.connection.getresponse())
        finally:
            self.connection.close()

    def hang_up(self):
        self.connection.close()
        return until("the end of what broke off", lambda: self.page().get("over") and self.page())
