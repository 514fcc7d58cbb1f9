"""rights.py - the rights that docs/security.md lists, one by one.

The page gives them as commands, `acl --allow-principal User:NAME ...`, with the arguments of
Kafka's own kafka-acls.sh. Here they become single rights, so that each can be taken away alone.
"""
import argparse
import collections
import os
import shlex

KINDS = {"topic": 2, "group": 3, "transactional_id": 5}
PATTERNS = {"literal": 3, "prefixed": 4}
OPERATIONS = {"Read": 3, "Write": 4, "Create": 5, "Delete": 6, "Alter": 7, "Describe": 8,
              "DescribeConfigs": 10}


class Right(collections.namedtuple("Right", "principal kind pattern name operation")):
    def __str__(self):
        words = {value: key for table in (KINDS,) for key, value in table.items()}
        operations = {value: key for key, value in OPERATIONS.items()}
        star = "*" if self.pattern == PATTERNS["prefixed"] else ""
        kind = words[self.kind].replace("_", " ")
        return f"{self.principal[5:]}: {operations[self.operation]} on {kind} {self.name}{star}"


def parser():
    made = argparse.ArgumentParser()
    made.add_argument("--allow-principal", action="append", required=True)
    made.add_argument("--operation", action="append", required=True, choices=OPERATIONS)
    made.add_argument("--resource-pattern-type", default="literal", choices=PATTERNS)
    for kind in KINDS:
        made.add_argument(f"--{kind.replace('_', '-')}", action="append", default=[])
    return made


def commands(root):
    """The arguments of each `acl` command of the page."""
    with open(os.path.join(root, "docs", "security.md"), encoding="utf-8") as page:
        lines = page.read().replace("\\\n", " ").splitlines()
    return [shlex.split(line)[1:] for line in lines if line.startswith("    acl --")]


def rights(root):
    found = []
    for words in commands(root):
        said = parser().parse_args(words)
        for principal in said.allow_principal:
            for kind, number in KINDS.items():
                for name in getattr(said, kind):
                    for operation in said.operation:
                        found.append(Right(principal, number,
                                           PATTERNS[said.resource_pattern_type], name,
                                           OPERATIONS[operation]))
    assert len(found) == len(set(found)), "docs/security.md says a right twice"
    return found
