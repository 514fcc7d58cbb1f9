# stack.py - the stack of a compose file as a test sees it: brought up, asked, hurt, taken down.
import json
import os
import re
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

ANSWER_SECONDS = 10


def done(command, cwd, seconds):
    return subprocess.run(command, cwd=cwd, timeout=seconds, text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def run(*command, cwd=None, seconds=600):
    """A command's exit status and all that it said."""
    ended = done(command, cwd, seconds)
    return ended.returncode, ended.stdout + ended.stderr


def must(*command, cwd=None, seconds=600):
    """What a command printed; what it said besides is told where it fails."""
    ended = done(command, cwd, seconds)
    if ended.returncode != 0:
        said = (ended.stdout + ended.stderr)[-4000:]
        raise AssertionError(f"{' '.join(command)}: status {ended.returncode}\n{said}")
    return ended.stdout


def until(what, seconds, question, pause=0.5):
    """Asks until the answer is true, and gives it; a generous end, and its last word."""
    deadline = time.monotonic() + seconds
    last = None
    while time.monotonic() < deadline:
        try:
            last = question()
            if last:
                return last
        except (OSError, ValueError, KeyError, AssertionError) as error:
            last = error
        time.sleep(pause)
    raise AssertionError(f"after {seconds} s still not: {what}; last seen: {str(last)[-2000:]}")


def fetch(url, token=None):
    request = urllib.request.Request(url)
    if token:
        request.add_header("Authorization", "Bearer " + token)
    with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as answer:
        return answer.read().decode(), answer.headers


def status_of(url):
    try:
        with urllib.request.urlopen(url, timeout=ANSWER_SECONDS) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


class Stack:
    """One checkout, brought up by one of the two compose programs."""

    def __init__(self, checkout, compose):
        self.checkout = checkout
        self.program = compose
        self.token = None

    def compose(self, *words, **options):
        return must(*self.program, *words, cwd=self.checkout, **options)

    def containers(self, service=None, alive=True):
        command = ["docker", "ps", "-q", "--filter", "label=com.docker.compose.project"]
        if not alive:
            command.append("-a")
        if service:
            command += ["--filter", f"label=com.docker.compose.service={service}"]
        return must(*command).split()

    def inspect(self, alive=True):
        """Of every container: its service's name and all that Docker knows of it."""
        known = json.loads(must("docker", "inspect", *self.containers(alive=alive)))
        return [(one["Config"]["Labels"]["com.docker.compose.service"], one) for one in known]

    def unwell(self):
        """Services that are neither up and healthy, nor done as one-shots are."""
        bad = []
        for service, one in self.inspect(alive=False):
            state = one["State"]
            if state["Status"] == "exited" and state["ExitCode"] == 0:
                continue
            health = (state.get("Health") or {}).get("Status", "healthy")
            if state["Status"] != "running" or health != "healthy":
                bad.append(f"{service} {state['Status']} {health}")
        return bad

    def find_token(self):
        """From where the README tells a person to look."""
        said = self.compose("logs", "secrets")
        self.token = re.findall(r"http://127\.0\.0\.1:8080/\?token=([0-9a-f]{16,})", said)[-1]
        return self.token

    def figures(self):
        return json.loads(fetch("http://127.0.0.1:8080/figures", self.token)[0])

    def query(self, expression):
        url = "http://127.0.0.1:9090/api/v1/query?" + urllib.parse.urlencode({"query": expression})
        answer = json.loads(fetch(url)[0])
        return answer["data"]["result"]

    def sql(self, statement):
        return self.compose("run", "--rm", "psql", "-X", "-A", "-t", "-q", "-c", statement)

    def verify(self):
        """Whether verify finds everything equal, and what it said."""
        status, said = run(*self.program, "run", "--rm", "verify", cwd=self.checkout)
        return status == 0, said

    def topic_ends(self):
        """Records ever written to each of the topics that the contract names."""
        brokers = ("exec", "-T", "kafka", "/opt/kafka/bin/kafka-get-offsets.sh",
                   "--bootstrap-server", "localhost:9092")
        ends = {}
        for line in self.compose(*brokers).splitlines():
            match = re.fullmatch(r"([A-Za-z0-9._-]+):\d+:(\d+)", line.strip())
            if match:
                ends[match[1]] = ends.get(match[1], 0) + int(match[2])
        return ends

    def row_counts(self):
        tables = [line for line in self.sql(
            "SELECT table_name FROM information_schema.tables WHERE table_type = 'BASE TABLE' "
            "AND table_schema = 'black_friday_sales'").split() if re.fullmatch(r"\w+", line)]
        if not tables:
            return {}
        counts = " UNION ALL ".join(f"SELECT '{t}', count(*) FROM {t}" for t in tables)
        rows = re.findall(r"^(\w+)\|(\d+)\s*$", self.sql(counts), re.M)
        return {table: int(count) for table, count in rows}

    def logs_to(self, path):
        with open(path, "w", encoding="utf-8") as file:
            file.write(run(*self.program, "logs", "--no-color", cwd=self.checkout)[1])
            file.write(run("docker", "stats", "--no-stream")[1])


def compose_programs(full):
    """docker-compose of Debian, and in the long form the plugin that engine builds brought."""
    programs = [("docker-compose", ["docker-compose"])]
    if full and os.environ.get("DOCKER_CONFIG"):
        programs.append(("compose v2", ["docker", "compose"]))
    return programs
