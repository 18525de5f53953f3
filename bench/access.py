"""What access control costs: the same small requests with and without tokens, in turns; and what a
flood of wrong tokens does to good ones."""

import json
import os
import subprocess
import tempfile
import time

import measure
from arc_server import ArcServer

QUERY_LOAD = measure.BUILD / "bench" / "query_load"
ADMIN = "an-administrator-of-this-benchmark-012345"
ROUNDS = 3
SECONDS = 4
CONNECTIONS = 16
LINE = "cpu,host=a,region=north usage=12.5,load=3i"
GUARDED = {"auth.enabled": "true", "auth.bootstrap_token": ADMIN}


def start_load(*words, token=""):
    return subprocess.Popen([QUERY_LOAD, *map(str, words)], stdout=subprocess.PIPE, text=True,
                            env={**os.environ, "ARC_TOKEN": token})


def finish(process):
    output, _ = process.communicate()
    assert process.returncode == 0
    return json.loads(output)


def load(*words, token=""):
    return finish(start_load(*words, token=token))


def ask(server, method, path, body):
    answer = server.request(method, path, json.dumps(body), {"Authorization": f"Bearer {ADMIN}"})
    assert answer.status == 201, answer.text
    return answer.json()


def scoped_token(server):
    """One that may read and write one database, through a team with ten roles."""
    organization = ask(server, "POST", "/api/v1/rbac/organizations", {"name": "o"})["organization"]
    team = ask(server, "POST", f"/api/v1/rbac/organizations/{organization['id']}/teams",
               {"name": "t"})["team"]
    for name in [f"other-{i}*" for i in range(9)] + ["ben*"]:
        ask(server, "POST", f"/api/v1/rbac/teams/{team['id']}/roles",
            {"database_pattern": name, "permissions": ["read", "write"]})
    token = ask(server, "POST", "/api/v1/auth/tokens", {"name": "scoped"})["token"]
    ask(server, "POST", "/api/v1/auth/tokens/2/teams", {"team_id": team["id"]})
    return token


def one(server, what, text, token):
    cpu = measure.cpu_seconds(server.process.pid)
    result = load(what, server.port, "bench", CONNECTIONS, SECONDS, text, token=token)
    assert result["errors"] == 0, result
    cpu = measure.cpu_seconds(server.process.pid) - cpu
    return (result["count"] / result["seconds"], result["p50_ms"], result["p99_ms"],
            cpu / result["count"] * 1e6)


def with_and_without(open_server, guarded):
    scoped = scoped_token(guarded)
    rows = []
    for title, what, text in [("SELECT 1", "http", "SELECT 1"), ("write of a row", "write", LINE)]:
        cases = [("no tokens", open_server, ""), ("token", guarded, ADMIN),
                 ("token with ten roles", guarded, scoped)]
        runs = {name: [] for name, _, _ in cases}
        for _ in range(ROUNDS):  # in turns: the machine is not the same twice
            for name, server, token in cases:
                runs[name].append(one(server, what, text, token))
        for name, results in runs.items():
            rate, p50, p99, cpu = sorted(results)[ROUNDS // 2]
            rows.append([title, name, f"{rate:,.0f}/s", f"{p50:.2f}", f"{p99:.2f}", f"{cpu:.1f}"])
    measure.table(f"Access control, {CONNECTIONS} connections, the client on the same 2 cores, "
                  f"median of {ROUNDS}",
                  ["request", "access", "answers", "p50 ms", "p99 ms", "server CPU us/request"],
                  rows)


def flood(_, guarded):
    """Good tokens beside a load of others: first good ones too, then wrong ones."""
    def beside(*words, token=""):
        other = start_load(*words, token=token)
        time.sleep(0.2)
        good = load("http", guarded.port, "bench", 4, SECONDS, "SELECT 1", token=ADMIN)
        assert good["errors"] == 0
        return good, finish(other)

    rows = []
    alone = load("http", guarded.port, "bench", 4, SECONDS, "SELECT 1", token=ADMIN)
    rows.append(["alone", "", f"{alone['p50_ms']:.2f}", f"{alone['p99_ms']:.2f}", ""])
    before = measure.resident_mib(guarded.process.pid)
    good, other = beside("http", guarded.port, "bench", 4, SECONDS + 1, "SELECT 1", token=ADMIN)
    rows.append(["beside as many good ones", f"{other['count']:,}", f"{good['p50_ms']:.2f}",
                 f"{good['p99_ms']:.2f}", ""])
    good, other = beside("bad-tokens", guarded.port, 4, SECONDS + 1)
    assert other["errors"] == other["count"]
    after = measure.resident_mib(guarded.process.pid)
    rows.append(["beside wrong ones", f"{other['count']:,}", f"{good['p50_ms']:.2f}",
                 f"{good['p99_ms']:.2f}", f"{before} -> {after} MiB"])
    measure.table("SELECT 1 with a good token at 4 connections",
                  ["", "others' requests", "p50 ms", "p99 ms", "memory"], rows)


def main():
    with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as second:
        with ArcServer(first, binary=measure.BINARY) as open_server, \
                ArcServer(second, GUARDED, binary=measure.BINARY) as guarded:
            for part in (with_and_without, flood):
                if not (only := os.environ.get("ARC_BENCH_ONLY")) or part.__name__ in only:
                    part(open_server, guarded)
