# grafana.py - what of Grafana a test can have without it: it reads the provisioning as Grafana
# does, refuses to start when that is broken, and answers a few routes of its HTTP API.
import base64
import glob
import json
import os
import re
import subprocess
import sys
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import yaml

TIMEOUT_SECONDS = 5


class Broken(Exception):
    """Provisioning that Grafana would not take."""


def documents(folder, member):
    root = os.environ.get("GF_PATHS_PROVISIONING", "/etc/grafana/provisioning")
    for path in sorted(glob.glob(f"{root}/{folder}/*.y*ml")):
        with open(path, encoding="utf-8") as file:
            document = yaml.safe_load(os.path.expandvars(file.read()))
        if not isinstance(document, dict) or document.get("apiVersion") != 1:
            raise Broken(f"{path}: apiVersion must be 1")
        for entry in document.get(member) or []:
            yield path, entry


def data_sources():
    found = {}
    for path, source in documents("datasources", "datasources"):
        for field in ("name", "type", "url"):
            if not source.get(field):
                raise Broken(f"{path}: a data source has no {field}")
        if source.get("access", "proxy") not in ("proxy", "direct"):
            raise Broken(f"{path}: access of {source['name']} is neither proxy nor direct")
        source.setdefault("uid", source["name"])
        if source["uid"] in found:
            raise Broken(f"{path}: two data sources have the uid {source['uid']}")
        found[source["uid"]] = source
    if not found:
        raise Broken("no data source is provisioned")
    return found


def panels_of(dashboard):
    for panel in dashboard.get("panels", []):
        yield panel
        yield from panel.get("panels", [])


def check_dashboard(path, dashboard, sources, found):
    for field in ("uid", "title", "panels"):
        if not dashboard.get(field):
            raise Broken(f"{path}: the dashboard has no {field}")
    if dashboard["uid"] in found:
        raise Broken(f"{path}: the uid {dashboard['uid']} is taken")
    ids = [panel.get("id") for panel in panels_of(dashboard)]
    if len(set(ids)) != len(ids):
        raise Broken(f"{path}: two panels have the same id")
    for panel in panels_of(dashboard):
        source = panel.get("datasource")
        uid = source.get("uid") if isinstance(source, dict) else source
        if uid and not uid.startswith(("$", "-- ")) and uid not in sources:
            raise Broken(f"{path}: panel {panel.get('title')} names no data source: {uid}")


def dashboards(sources):
    found = {}
    for path, provider in documents("dashboards", "providers"):
        folder = (provider.get("options") or {}).get("path")
        if not folder or not os.path.isdir(folder):
            raise Broken(f"{path}: the provider's options.path is no folder: {folder}")
        for file_name in sorted(glob.glob(f"{folder}/**/*.json", recursive=True)):
            with open(file_name, encoding="utf-8") as file:
                dashboard = json.load(file)
            check_dashboard(file_name, dashboard, sources, found)
            found[dashboard["uid"]] = dashboard
    if not found:
        raise Broken("no dashboard is provisioned")
    return found


def setting(name, default):
    path = os.environ.get(name + "__FILE")
    if path:
        with open(path, encoding="utf-8") as file:
            return file.read().strip()
    return os.environ.get(name, default)


def file_value(text):
    """Provisioning may name a file that holds a secret: $__file{/path}."""
    match = re.fullmatch(r"\$__file\{(.+)\}", text)
    if not match:
        return text
    with open(match[1], encoding="utf-8") as file:
        return file.read().strip()


def prometheus_answers(source):
    url = source["url"].rstrip("/") + "/api/v1/query?query=1%2B1"
    with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as answer:
        return json.load(answer)["status"] == "success"


def postgres_answers(source):
    host, _, port = source["url"].partition(":")
    database = source.get("jsonData", {}).get("database") or source.get("database")
    password = file_value((source.get("secureJsonData") or {}).get("password", ""))
    command = ["psql", "-X", "-w", "-h", host, "-p", port or "5432", "-U", source["user"],
               "-d", database, "-c", "SELECT 1"]
    environment = dict(os.environ, PGPASSWORD=password, PGCONNECT_TIMEOUT=str(TIMEOUT_SECONDS))
    return subprocess.run(command, env=environment, capture_output=True).returncode == 0


def health_of(source):
    """Whether the data source answers, asked as Grafana's button `Save & test` asks."""
    ask = {"prometheus": prometheus_answers, "postgres": postgres_answers,
           "grafana-postgresql-datasource": postgres_answers}.get(source["type"])
    try:
        return ask is not None and ask(source)
    except (OSError, ValueError, KeyError):
        return False


class Handler(BaseHTTPRequestHandler):
    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def may(self):
        if os.environ.get("GF_AUTH_ANONYMOUS_ENABLED") == "true":
            return True
        user = setting("GF_SECURITY_ADMIN_USER", "admin")
        password = setting("GF_SECURITY_ADMIN_PASSWORD", "admin")
        wanted = base64.b64encode(f"{user}:{password}".encode()).decode()
        return self.headers.get("Authorization") == "Basic " + wanted

    def do_GET(self):
        parts = urllib.parse.urlsplit(self.path).path.strip("/").split("/")
        if parts == ["api", "health"]:
            self.answer(200, {"database": "ok", "version": "stand-in"})
        elif not self.may():
            self.answer(401, {"message": "Unauthorized"})
        elif parts == ["api", "search"]:
            rows = self.server.dashboards.values()
            self.answer(200, [{"uid": row["uid"], "title": row["title"]} for row in rows])
        elif parts[:3] == ["api", "dashboards", "uid"] and parts[3] in self.server.dashboards:
            self.answer(200, {"dashboard": self.server.dashboards[parts[3]], "meta": {}})
        elif parts == ["api", "datasources"]:
            self.answer(200, list(self.server.sources.values()))
        elif parts[:3] == ["api", "datasources", "uid"] and parts[3] in self.server.sources:
            works = health_of(self.server.sources[parts[3]])
            self.answer(200 if works else 400, {"status": "OK" if works else "ERROR"})
        else:
            self.answer(404, {"message": "Not found"})

    def log_message(self, *_):
        pass


def main():
    port = int(os.environ.get("GF_SERVER_HTTP_PORT", "3000"))
    server = ThreadingHTTPServer(("0.0.0.0", port), Handler)
    try:
        server.sources = data_sources()
        server.dashboards = dashboards(server.sources)
        setting("GF_SECURITY_ADMIN_PASSWORD", "admin")
    except (Broken, OSError, ValueError, yaml.YAMLError) as error:
        sys.exit(f"grafana.py: {error}")
    print(f"{len(server.dashboards)} dashboards on port {port}", flush=True)
    server.serve_forever()


main()
