"""What TLS costs: the same requests with and without, in turns; new connections; a large result;
memory of connections that are idle."""

import http.client
import json
import os
import subprocess
import tempfile
import time
from pathlib import Path

import measure
from arc_server import ArcServer
from certificates import client_context, make_certificate, tls_settings

QUERY_LOAD = measure.BUILD / "bench" / "query_load"
ROUNDS = 3
SECONDS = 4
CONNECTIONS = 16
LINE = "cpu,host=a,region=north usage=12.5,load=3i"
ROWS = 2_000_000
IDLE = 1_000


def load(server, *words):
    environment = dict(os.environ)
    if server.tls is not None:
        environment["ARC_CA_FILE"] = str(server.certificate)
    cpu = measure.cpu_seconds(server.process.pid)
    command = [QUERY_LOAD, words[0], server.port, *words[1:]]
    done = subprocess.run(list(map(str, command)), check=True, capture_output=True, text=True,
                          env=environment)
    result = json.loads(done.stdout)
    assert result["errors"] == 0, result
    cpu = measure.cpu_seconds(server.process.pid) - cpu
    return (result["count"] / result["seconds"], result["p50_ms"], result["p99_ms"],
            cpu / result["count"] * 1e6)


def in_turns(servers, title, measured, row_of):
    """measured(server), ROUNDS times in turns: the machine is not the same twice."""
    runs = {name: [] for name in servers}
    for _ in range(ROUNDS):
        for name, server in servers.items():
            runs[name].append(measured(server))
    return [[title, name, *row_of(sorted(results)[ROUNDS // 2])] for name, results in runs.items()]


def requests(servers):
    rows = []
    for title, words in (("SELECT 1", ("http", "bench", CONNECTIONS, SECONDS, "SELECT 1")),
                         ("write of a row", ("write", "bench", CONNECTIONS, SECONDS, LINE)),
                         ("new connection, /health", ("connect", CONNECTIONS, SECONDS))):
        rows += in_turns(servers, title, lambda server, words=words: load(server, *words),
                         lambda r: [f"{r[0]:,.0f}/s", f"{r[1]:.2f}", f"{r[2]:.2f}", f"{r[3]:.1f}"])
    measure.table(f"TLS, {CONNECTIONS} connections, the client on the same 2 cores, "
                  f"median of {ROUNDS}",
                  ["request", "", "answers", "p50 ms", "p99 ms", "server CPU us/request"], rows)


def connect(server):
    if server.tls is None:
        return http.client.HTTPConnection("127.0.0.1", server.port, timeout=300)
    return http.client.HTTPSConnection("127.0.0.1", server.port, timeout=300, context=server.tls)


def download(server):
    connection = connect(server)
    cpu, began = measure.cpu_seconds(server.process.pid), time.monotonic()
    sql = ("SELECT range AS n, 'host-' || (range % 100) AS host, range * 0.5 AS v "
           f"FROM range({ROWS})")
    connection.request("POST", "/api/v1/query/stream", json.dumps({"sql": sql}))
    answer, buffer, total = connection.getresponse(), bytearray(1 << 20), 0
    while count := answer.readinto(buffer):
        total += count
    seconds = time.monotonic() - began
    connection.close()
    return seconds, total, measure.cpu_seconds(server.process.pid) - cpu


def results(servers):
    rows = in_turns(servers, f"{ROWS:,} rows as NDJSON", download,
                    lambda r: [f"{r[1] / 1e6:.0f} MB", f"{r[0]:.2f}", f"{r[1] / r[0] / 1e6:.0f}",
                               f"{r[2]:.2f}"])
    measure.table("A large result", ["", "", "size", "s", "MB/s", "server CPU s"], rows)


def idle(servers):
    rows = []
    for name, server in servers.items():
        before = measure.resident_kib(server.process.pid)
        connections = [connect(server) for _ in range(IDLE)]
        for connection in connections:
            connection.request("GET", "/ready")
            connection.getresponse().read()
        after = measure.resident_kib(server.process.pid)
        rows.append([name, f"{(after - before) / IDLE:.1f}"])
        for connection in connections:
            connection.close()
    measure.table(f"{IDLE:,} idle connections", ["", "KiB each"], rows)


def main():
    with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as second:
        certificate, key = make_certificate(Path(second))
        secured = ArcServer(second, tls_settings(certificate, key), binary=measure.BINARY,
                            tls=client_context(certificate))
        secured.certificate = certificate
        with ArcServer(first, binary=measure.BINARY) as plain, secured:
            servers = {"plain": plain, "TLS": secured}
            for part in (requests, results, idle):
                part(servers)
