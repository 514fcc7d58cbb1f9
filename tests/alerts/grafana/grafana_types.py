"""grafana_types.py - dashboards against Grafana's own types: each becomes a TypeScript literal, which the
compiler holds against @grafana/schema, with the options of each panel against those of its kind.

A literal may have no property that its type has not, so a misspelt one is found too.
"""
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
OPTIONS = {"timeseries": "TimeSeries", "stat": "Stat", "bargauge": "BarGauge", "table": "Table"}
# A dashboard in JSON has the values of enumerations, not their names.
JSON_OF = """
type Json<T> = T extends string ? `${T}`
    : T extends number | boolean | null | undefined ? T
    : T extends Array<infer One> ? Array<Json<One>>
    : { [Key in keyof T]: Json<T[Key]> };
"""
FIELDS = {"timeseries": "FieldConfig"}  # the kinds whose fieldConfig.defaults.custom has a type


def import_of(kind):
    name = OPTIONS[kind]
    place = f"@grafana/schema/dist/types/raw/composable/{kind}/panelcfg/x/{name}PanelCfg_types.gen.d.ts"
    wanted = ["Options"] + ([FIELDS[kind]] if kind in FIELDS else [])
    what = ", ".join(f"{one} as {name}{one}" for one in wanted)
    return f"import type {{ {what} }} from '{place}';\n"


def literals_of(panel):
    """What the dashboard's own type leaves open, since it does not know the kinds of panels."""
    kind, number = panel["type"], panel["id"]
    yield f"const options{number}: Json<{OPTIONS[kind]}Options> = {json.dumps(panel['options'])};\n"
    if kind in FIELDS:
        custom = panel["fieldConfig"]["defaults"]["custom"]
        yield f"const custom{number}: Json<{OPTIONS[kind]}{FIELDS[kind]}> = {json.dumps(custom)};\n"


def source_of(dashboard):
    panels = [panel for panel in dashboard["panels"] if panel["type"] != "row"]
    unknown = {panel["type"] for panel in panels} - set(OPTIONS)
    if unknown:
        raise SystemExit(f"grafana_types.py: no types for panels of {sorted(unknown)}: add them to OPTIONS")
    text = "import type { Dashboard } from '@grafana/schema';\n"
    text += "".join(import_of(kind) for kind in sorted({panel["type"] for panel in panels}))
    text += JSON_OF + f"const dashboard: Json<Dashboard> = {json.dumps(dashboard, indent=1)};\n"
    text += "".join(line for panel in panels for line in literals_of(panel))
    return text + "export default dashboard;\n"


def compile_all(folder, paths):
    """The compiler's complaints, a line each; [] where it has none."""
    with tempfile.TemporaryDirectory(prefix="leat-types-") as place:
        os.symlink(os.path.join(folder, "node_modules"), os.path.join(place, "node_modules"))
        for path in paths:
            with open(path, encoding="utf-8") as file:
                source = source_of(json.load(file))
            name = os.path.splitext(os.path.basename(path))[0] + ".ts"
            with open(os.path.join(place, name), "w", encoding="utf-8") as file:
                file.write(source)
        names = [os.path.splitext(os.path.basename(path))[0] + ".ts" for path in paths]
        done = subprocess.run(
            [os.path.join(folder, "node_modules", ".bin", "tsc"), "--noEmit", "--strict",
             "--skipLibCheck", "--module", "esnext", "--moduleResolution", "bundler",
             "--target", "es2022", *names],
            cwd=place, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, check=False)
    return [] if not done.returncode else done.stdout.strip().splitlines() or ["tsc failed"]


def fetch():
    done = subprocess.run([os.path.join(HERE, "..", "..", "npm.sh"), "grafana", HERE],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.strip()


if __name__ == "__main__":
    complaints = compile_all(fetch(), sys.argv[1:])
    print("\n".join(complaints))
    sys.exit(bool(complaints))
