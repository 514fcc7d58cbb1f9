"""badinput.py - wrong options and files, and wrong records among sound ones on a real broker.

Each must be told in a sentence that names the thing and the mend; of the sound ones nothing may be
missing: `verify` is equal afterwards. Ends with `N passed, N failed`.
"""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "chaos"))
os.environ.setdefault("LEAT_LOGS", "/tmp/leat-logs")
from lab import BUILD, PROGRAM, Failure, Instance, Lab, call  # noqa: E402

TOOL = os.path.join(BUILD, "tests", "badinput", "badinput-tool")
APPLICATION = "badinput"
PRODUCTS = "product_id,name,category,subcategory,price,supplier_id\n"
STORES = "store_id,location,region,size,manager\ns1,Here,North,large,Ann\n"

# What is sent, and the words that the rejected record's sentence must hold.
REJECTED = {
    "quantity 0": ["quantity"],
    "negative price": ["unit_price"],
    "empty store_id": ["store_id"],
    "amount too large": ["amount"],
    "decimal too large": ["sale", "decimal", "precision"],
    "negative timestamp": ["timestamp"],
    "far future": ["timestamp", "ahead of the clock"],
    "undecodable 0": ["bytes"],
    "undecodable 1": ["byte 127"],
    "undecodable 2": ["schema", "2147483647"],
    "undecodable 3": ["0 bytes"],
    "undecodable 4": ["bytes", "malformed"],
}

passed, failed = 0, 0


def judge(name, test, *arguments):
    global passed, failed
    try:
        test(*arguments)
        passed += 1
        print(f"ok      {name}", flush=True)
    except Failure as failure:
        failed += 1
        print(f"FAILED  {name}: {failure}", flush=True)


def holds(text, *words):
    for word in words:
        if word not in text:
            raise Failure(f"'{word}' is not in: {text[-800:]}")


def refuses(words, *arguments):
    done = subprocess.run([PROGRAM, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=120, check=False)
    if not done.returncode:
        raise Failure(f"{' '.join(arguments)} ended well")
    holds(done.stdout, *words)


def broken_csv(lab, config, line, *words):
    products, stores = (os.path.join(lab.dir, name) for name in ("products.csv", "stores.csv"))
    with open(products, "w", encoding="utf-8") as file:
        file.write(PRODUCTS + "p1,Mug,kitchen,cups,4.99,x\n" + line + "\n")
    with open(stores, "w", encoding="utf-8") as file:
        file.write(STORES)
    refuses(["products.csv", *words], "load", "--config", config, products, stores)


class Job:
    """Sound sales, all kinds of wrong ones among them, and one instance."""

    def __init__(self, lab, config):
        self.lab, self.config = lab, config
        self.instance = Instance(lab, config, "one")

    def tool(self, *arguments):
        return call(TOOL, self.lab.bootstrap, f"mock://{APPLICATION}", *arguments)

    def run(self):
        self.tool("topic", "sales", "4", "4194304")
        call(PROGRAM, "generate", "--config", self.config, "--count", "2000", "--invalid", "2",
             "--odd-keys", "1", "--products", "50", "--stores", "5")
        for what in REJECTED:
            self.tool("send", what)
        self.tool("send", "large key")
        call(PROGRAM, "generate", "--config", self.config, "--count", "500", "--seed", "2",
             "--no-master", "--products", "50", "--stores", "5")
        self.instance.start()
        self.lab.drain(APPLICATION, self.instance.check)

    def rejected(self):
        lines = self.tool("rejects", "sales-rejected").splitlines()
        return {line.split("\t")[0]: line for line in lines}

    def large_key(self, rejects):
        if any(key.startswith("kkkk") for key in rejects):
            raise Failure("the sale with a key of a megabyte was rejected")

    def equal(self):
        call(PROGRAM, "verify", "--config", self.config, "--topics-only")


def missing_topic(config, state):
    refuses(["topic 'products'", "create"], "run", "--config", config, "--set",
            f"state.dir={state}")


def main():
    refused = [(["'--cuont' is no option of 'generate'", "--help"], "generate", "--cuont", "5"),
               (["commit.interval"], "run", "--set", "commit.interval=5"),
               (["commit.interval.ms", "soon"], "run", "--set", "commit.interval.ms=soon")]
    for words, *arguments in refused:
        judge(" ".join(arguments), refuses, words, *arguments)
    lab = Lab("badinput")
    try:
        config = lab.configure(APPLICATION)
        judge("missing topic", missing_topic, config, os.path.join(lab.dir, "none"))
        judge("a price that is none", broken_csv, lab, config, "p2,Cup,kitchen,cups,dear,x", ":3:",
              "dear")
        judge("a field too few", broken_csv, lab, config, "p2,Cup,kitchen", ":3:")
        job = Job(lab, config)
        judge("wrong records do not stop the others", job.run)
        rejects = job.rejected()
        for what, words in REJECTED.items():
            judge(what, holds, rejects.get(what, "nothing was rejected"), what, *words)
        judge("a key of a megabyte", job.large_key, rejects)
        judge("nothing else is lost", job.equal)
        judge("the instance stops", job.instance.stop)
    finally:
        lab.close(failed)
    print(f"{passed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
