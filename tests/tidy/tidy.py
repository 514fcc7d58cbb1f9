"""tidy.py - the house style as a test: lengths, layers, who includes what, banned calls, names.

    tidy.py ROOT BUILD      ends with `N passed, N failed`; BUILD holds libleat.so and lib*.a

Each check is a function that yields one sentence for each offence; its docstring is its name.
Functions open and close with a brace in column 0, so that their length can be read off.
"""
import fnmatch
import os
import re
import subprocess
import sys

ROOT = os.path.abspath(sys.argv[1])
BUILD = os.path.abspath(sys.argv[2])

# A layer may include itself and what stands before it.
LAYERS = ["base", "schemas", "state", "topology", "processor", "sink", "blackfriday"]
FOLDER = {"base": "schemas/base"}
README_FOLDERS = ["schemas", "state", "topology", "processor", "sink", "blackfriday", "docker",
                  "tests", "docs"]
FILE_LINES, FUNCTION_LINES, COLUMNS = 600, 60, 100

# Who may include a foreign library: everyone else reaches it through these files.
FOREIGN = {
    r"rocksdb/c\.h": r"state/rocks\w*\.c",
    r"librdkafka/": r"processor/kafka/\w+\.[ch]|blackfriday/verify_kafka\.c",
    r"libpq-fe\.h|libpq/": r"sink/\w+\.[ch]|blackfriday/verify_postgres\w*\.c",
    r"microhttpd\.h": r"processor/\w+\.[ch]|blackfriday/web/(server|request)\w*\.[ch]",
    r"curl/": r"schemas/\w+\.[ch]|processor/peer\.c",
    r"jansson\.h": r"schemas/\w+\.[ch]",
}
# verify recomputes the truth: it must share no code with what it judges.
VERIFY_MAY = r'"(base/|leat/|schemas/|retail/|blackfriday/verify)|<'

BANNED = ["strcpy", "strcat", "strncpy", "strncat", "sprintf", "vsprintf", "atoi", "atol", "atof",
          "strtok", "alloca", "gets", "rand", "srand", "localtime", "gmtime", "asctime", "ctime",
          "tmpnam", "mktemp", "system", "popen"]
# Tests start servers by their scripts, and shuffle.
IN_TESTS = {"system", "popen", "rand", "srand"}
ALLOCATORS = ["malloc", "calloc", "realloc", "strdup", "strndup", "asprintf", "reallocarray"]
ALLOCATOR_FILES = {"schemas/base/memory.c"}

# File-scope state that may change, each for a reason that its own comment gives: behind a lock, set
# once, or written by a signal. A trailing number is how the compiler tells statics apart.
MUTABLE = {"logline:threshold", "registry_mock:mocks", "registry_mock:mocks_lock",
           "registry_request:curl_ready", "failpoint:failpoint_passed",
           "failpoint:failpoint_armed", "main:signalled"}


def sources():
    """Paths, relative to the root, of what we wrote in C."""
    listed = subprocess.run(["git", "-C", ROOT, "ls-files", "-co", "--exclude-standard"],
                            capture_output=True, text=True)
    if listed.returncode == 0:
        names = listed.stdout.split("\n")
    else:
        names = [os.path.relpath(os.path.join(folder, name), ROOT)
                 for folder, _, files in os.walk(ROOT) for name in files]
    return sorted(n for n in names if n and not n.startswith("build/")
                  and os.path.exists(os.path.join(ROOT, n)))


FILES = sources()
C_FILES = [n for n in FILES if n.endswith((".c", ".h"))]


def text_of(name):
    with open(os.path.join(ROOT, name), encoding="utf-8") as file:
        return file.read()


def code_of(text):
    """The text without comments and literals, lines kept."""
    def blank(match):
        kept = re.sub(r"[^\n]", " ", match.group(0))
        return kept if match.group(0)[0] == "/" else '"' + kept[1:-1] + '"'
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', blank, text,
                  flags=re.S)


def layer_of(name):
    if name.startswith("schemas/base/"):
        return "base"
    top = name.split("/")[0]
    return top if top in LAYERS else None


def each_line(names, transform=lambda t: t):
    for name in names:
        for number, line in enumerate(transform(text_of(name)).split("\n"), 1):
            yield name, number, line


def check_file_lines():
    """no file is longer than 600 lines"""
    for name in FILES:
        if name.endswith((".c", ".h", ".py", ".sh", ".cmake", ".java")):
            lines = text_of(name).count("\n")
            if lines > FILE_LINES:
                yield f"{name} has {lines} lines, {FILE_LINES} are allowed"


def check_function_lines():
    """every function fits a screen of 60 lines"""
    for name in C_FILES:
        opened = None
        for number, line in enumerate(text_of(name).split("\n"), 1):
            if line == "{":
                opened = number
            elif line == "}" and opened:
                if number - opened - 1 > FUNCTION_LINES:
                    yield f"{name}:{opened} a function of {number - opened - 1} lines"
                opened = None


def check_columns():
    """no line is wider than 100 columns, has a tab or blanks at its end"""
    for name, number, line in each_line(C_FILES):
        if len(line) > COLUMNS:
            yield f"{name}:{number} is {len(line)} columns wide"
        if "\t" in line or line != line.rstrip():
            yield f"{name}:{number} has a tab or a blank at its end"


def check_comments():
    """comments are /* */, and none is a note to oneself"""
    for name, number, line in each_line(C_FILES):
        bare = re.sub(r'"(?:\\.|[^"\\])*"', '""', line)
        if re.search(r"(^|[;{}\s])//", bare) and "/*" not in bare and "*" not in bare[:3]:
            yield f"{name}:{number} has a // comment"
        if re.search(r"\b(TODO|FIXME|XXX|HACK)\b", line):
            yield f"{name}:{number} has a note to oneself"


def check_heads():
    """each file begins with its name and what lives there"""
    for name in C_FILES:
        if name.startswith("docs/"):
            continue
        base = os.path.basename(name)
        first = text_of(name).split("\n", 1)[0]
        if not re.match(r"/\* (?:[\w/-]+/)?" + re.escape(base) + r" - \S", first):
            yield f"{name} does not begin with `/* {base} - what lives here`"


def check_guards():
    """each header is guarded by its own path's name"""
    for name in C_FILES:
        if name.endswith(".h"):
            stem = re.sub(r"\W", "_", os.path.basename(name)).upper()
            found = re.search(r"#ifndef (\w+)\n#define (\w+)\n", text_of(name))
            if not found or found[1] != found[2] or not found[1].endswith(stem):
                yield f"{name} wants a guard that ends in {stem}"


def check_layers():
    """includes point down"""
    for name in C_FILES:
        layer = layer_of(name)
        if not layer or name.startswith("tests/"):
            continue
        for included in re.findall(r'#include "([^"]+)"', text_of(name)):
            other = included.split("/")[0]
            if other in LAYERS and LAYERS.index(other) > LAYERS.index(layer):
                yield f"{name} includes {included}, which stands above it"


def check_relative_includes():
    """includes name the layer, and never climb"""
    for name, number, line in each_line(C_FILES):
        found = re.match(r'\s*#include "([^"]+)"', line)
        if name.startswith("tests/"):
            continue
        if found and (".." in found[1] or ("/" not in found[1] and layer_of(name))):
            yield f"{name}:{number} includes \"{found[1]}\" without its layer"


def check_foreign():
    """foreign libraries are included where they belong"""
    for name in C_FILES:
        if name.startswith("tests/"):
            continue
        for included in re.findall(r"#include <([^>]+)>", text_of(name)):
            for pattern, allowed in FOREIGN.items():
                if re.match(pattern, included) and not re.fullmatch(allowed, name):
                    yield f"{name} includes <{included}>"


def check_verify():
    """verify uses nothing of topology, state, processor or sink"""
    for name in C_FILES:
        if name.startswith("blackfriday/verify"):
            for included in re.findall(r'#include (["<][^">]+)', text_of(name)):
                if not re.match(VERIFY_MAY, included):
                    yield f"{name} includes {included[1:]}"


def check_banned():
    """banned calls are not called"""
    pattern = re.compile(r"(?<![\w.>])(" + "|".join(BANNED) + r")\s*\(")
    for name, number, line in each_line(C_FILES, code_of):
        found = pattern.search(line)
        if found and not (name.startswith("tests/") and found[1] in IN_TESTS):
            yield f"{name}:{number} calls {found[1]}()"


def check_allocators():
    """memory comes from memory.h"""
    pattern = re.compile(r"(?<![\w.>])(" + "|".join(ALLOCATORS) + r")\s*\(")
    for name, number, line in each_line(C_FILES, code_of):
        if name in ALLOCATOR_FILES or not layer_of(name):
            continue
        found = pattern.search(line)
        if found:
            yield f"{name}:{number} calls {found[1]}()"


def check_typedefs():
    """structs, unions and enums are not hidden behind typedef"""
    for name, number, line in each_line(C_FILES, code_of):
        if re.match(r"\s*typedef (struct|union|enum)\b[^(]*$", line):
            yield f"{name}:{number} hides a type behind typedef"


def check_readmes():
    """each folder has a README that names each of its C files"""
    for folder in README_FOLDERS:
        path = folder + "/README.md"
        if path not in FILES:
            yield f"{folder} has no README.md"
            continue
        text = text_of(path)
        wild = [w for w in re.findall(r"[\w*.\[\]]+", text) if "*" in w]
        for name in C_FILES:
            base = os.path.basename(name)
            stem, kind = os.path.splitext(base)
            named = stem in text or any(fnmatch.fnmatch(stem, re.sub(r"\..*", "", w))
                                        for w in wild)
            if os.path.dirname(name) == folder and kind == ".c" and not named:
                yield f"{path} does not name {os.path.basename(name)}"


def check_public_headers():
    """public headers include only public headers and the C library"""
    for name in public_headers():
        for included in re.findall(r'#include (["<][^">]+)', text_of(name)):
            if included[0] == '"' or ("/" in included and not included.startswith("<leat/")):
                yield f"{name} includes {included[1:]}"


def public_headers():
    return [n for n in C_FILES
            if re.fullmatch(r"(schemas/base|schemas|topology|processor|sink)/leat/\w+\.h", n)]


def tool(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def check_exports():
    """libleat exports what its public headers declare, and nothing else"""
    declared = " ".join(code_of(text_of(name)) for name in public_headers())
    declared = set(re.findall(r"\bleat_\w+", declared))
    exported = tool("nm", "-D", "--defined-only", os.path.join(BUILD, "libleat.so"))
    names = [line.split()[-1] for line in exported.splitlines()]
    if not names:
        yield "libleat.so exports nothing"
    for name in names:
        if not name.startswith("leat_"):
            yield f"libleat.so exports {name}"
        elif name not in declared:
            yield f"libleat.so exports {name}, which no public header declares"


def check_globals():
    """no file-scope variable changes, but the few that must"""
    for layer in LAYERS[:-1]:
        archive = os.path.join(BUILD, f"lib{layer}.a")
        unit = ""
        for line in tool("objdump", "-t", archive).splitlines():
            if ".o:" in line:
                unit = line.split(".")[0]
            found = re.search(r" O (\.data|\.bss|\.tbss|\.tdata)\s+\w+\s+(?:\.hidden )?(\S+)$", line)
            if found and unit + ":" + re.sub(r"\.\d+$", "", found[2]) not in MUTABLE:
                if not found[2].startswith("__"):
                    yield f"{layer}/{unit}.c has the variable {found[2]} in {found[1]}"


def main():
    passed = failed = 0
    for check in [value for key, value in globals().items() if key.startswith("check_")]:
        offences = list(check())
        if offences:
            failed += 1
            print(f"FAILED: {check.__doc__}")
            for offence in offences:
                print(f"    {offence}")
        else:
            passed += 1
            print(f"passed: {check.__doc__}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
