"""manual.py - holds docs/ against the installed library; README.md says what is checked.

    manual.py ROOT WORK     WORK/prefix holds the installation; ends with `N passed, N failed`
"""
import glob
import os
import re
import subprocess
import sys

ROOT, WORK = sys.argv[1:3]
HERE = os.path.dirname(os.path.abspath(__file__))
VERB = re.compile(r"^(?:struct leat_(?:stream|table|global) \*|void )leat_(?!topology_)\w+\([^;{]*\);", re.M)
passed, failed = 0, []


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def check(name, offences):
    global passed
    if offences:
        failed.append(name)
        print("FAILED: " + name)
        for offence in offences:
            print("    " + offence)
    else:
        passed += 1
        print("passed: " + name)


def flat(text):
    return re.sub(r"\s+", " ", text)


def mapping(pages):
    """each method and key of Kafka Streams has its row"""
    words = set()
    for span in re.findall(r"`([^`]*)`", pages["docs/kafka-streams.md"]):
        for word in re.findall(r"[A-Za-z_][\w.$]*", span):
            words.update([word, *word.split(".")])
    for line in read(os.path.join(HERE, "kafka-streams-4.1.txt")).splitlines():
        of, name = line.split()
        if name not in words:
            yield f"{of}.{name} is not on docs/kafka-streams.md"


def headers():
    return "\n".join(read(path) for path in glob.glob(f"{WORK}/prefix/include/leat/*.h"))


def known_names(pages):
    """each of Leat's functions that a page mentions is declared"""
    declared = set(re.findall(r"\bleat_\w+", headers()))
    for path, text in pages.items():
        for name in sorted(set(re.findall(r"\b(leat_\w+)\(", text)) - declared):
            yield f"{path}: {name}() is in no public header"


def known_options(pages):
    """each option that a page mentions by one of Leat's own prefixes exists"""
    table = read(f"{ROOT}/processor/config_options.c")
    for path, text in pages.items():
        for key in sorted(set(re.findall(r"`(leat\.[a-z.]+[a-z])`", text))):
            if f'"{key}"' not in table:
                yield f"{path}: there is no option {key}"


def verbs_have_pages(pages):
    """each verb's declaration stands on a page of the manual as in its header"""
    manual = flat("\n".join(text for path, text in pages.items() if "/manual/" in path))
    for name in ("topology", "stateful", "join", "process"):
        text = read(f"{WORK}/prefix/include/leat/{name}.h")
        for found in VERB.finditer(text):
            if flat(found.group(0)) not in manual:
                yield f"{name}.h: {flat(found.group(0))}"


def play(path, number, code, script):
    base = f"{WORK}/{os.path.basename(path)[:-3]}-{number}"
    with open(base + ".c", "w", encoding="utf-8") as file:
        file.write("#include <leat/leat.h>\n#include <string.h>\n"
                   "void describe(struct leat_topology *topology);\n"
                   f'#line 1 "{path} example {number}"\n{code}')
    with open(base + ".play", "w", encoding="utf-8") as file:
        file.write(script)
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", "leat"], check=True,
                           capture_output=True, text=True).stdout.split()
    built = subprocess.run(["cc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-o", base,
                            base + ".c", os.path.join(HERE, "play.c"), *flags],
                           capture_output=True, text=True)
    if built.returncode:
        return built.stderr.splitlines()[:20]
    ran = subprocess.run([base, base + ".play"], capture_output=True, text=True, timeout=60)
    return [] if not ran.returncode else (ran.stdout + ran.stderr).splitlines()[:20] + \
        [f"exit {ran.returncode}"]


def examples(pages):
    pattern = re.compile(r"```c example\n(.*?)```(?:(?!```c example).)*?```text play\n(.*?)```", re.S)
    for path, text in sorted(pages.items()):
        if "/manual/" not in path:
            continue
        found = pattern.findall(text)
        if not found and not path.endswith("README.md"):
            check(f"{path} has an example", ["none is marked"])
        for number, (code, script) in enumerate(found, 1):
            check(f"{path}, example {number}", play(path, number, code, script))


def main():
    paths = glob.glob(f"{ROOT}/docs/**/*.md", recursive=True)
    pages = {os.path.relpath(path, ROOT): read(path) for path in paths}
    for rule in (mapping, known_names, known_options, verbs_have_pages):
        check(rule.__doc__, list(rule(pages)))
    examples(pages)
    print(f"{passed} passed, {len(failed)} failed")
    sys.exit(1 if failed else 0)


main()
