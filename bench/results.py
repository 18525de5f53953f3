"""Large results in every format, small queries beside a bare DuckDB, cursors, heavy queries."""

import json
import os
import socket
import subprocess
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import measure
import msgpack
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
from arc_server import ArcServer

ROWS = 10_000_000
SMALL_ROWS = 1_000_000
QUERY_LOAD = measure.BUILD / "bench" / "query_load"
SLOW_SECONDS = int(os.environ.get("ARC_SLOW_SECONDS", "60"))
SLOW_BYTES_A_SECOND = 1_000_000
HEAVY_SECONDS = int(os.environ.get("ARC_HEAVY_SECONDS", "120"))
FORMATS = ["json", "ndjson", "csv", "arrow", "msgpack", "parquet"]
SQL = "SELECT time, host, usage, load, n FROM big"


def make_rows(path):
    """Five columns: time, text, doubles of few and of many digits, integers."""
    duckdb.sql(f"""COPY (SELECT 1767225600000 + range // 10 AS time,
        'host-' || range % 1000 AS host, (range * 7919 % 10000)::DOUBLE / 100 AS usage,
        (range * 104729 % 1000003)::DOUBLE / 7 AS load, range AS n FROM range({ROWS}))
        TO '{path}' (FORMAT parquet)""")


def load(server, folder):
    path = Path(folder) / "big.parquet"
    make_rows(path)
    boundary = "xxARCxx"
    body = (f"--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x\"\r\n\r\n"
            .encode() + path.read_bytes() + f"\r\n--{boundary}--\r\n".encode())
    answer = server.request("POST", "/api/v1/import/parquet?measurement=big", body, {
        "Content-Type": f"multipart/form-data; boundary={boundary}", "x-arc-database": "bench"})
    assert answer.status == 200, answer.text
    path.unlink()


class Stream:
    """One result, read as it comes."""

    def __init__(self, server, body, read_bytes_max=1 << 20):
        content = json.dumps(body)
        self.began = time.perf_counter()
        self.socket = socket.create_connection(("127.0.0.1", server.port), timeout=300)
        self.socket.sendall(f"POST /api/v1/query HTTP/1.0\r\nx-arc-database: bench\r\n"
                            f"Content-Length: {len(content)}\r\n\r\n{content}".encode())
        self.buffer = bytearray(read_bytes_max)
        self.byte_count, self.first_byte_ms = 0, None

    def pieces(self):
        while count := self.socket.recv_into(self.buffer):
            if self.first_byte_ms is None:
                self.first_byte_ms = (time.perf_counter() - self.began) * 1e3
            self.byte_count += count
            yield memoryview(self.buffer)[:count]
        self.socket.close()

    def drain(self, slow_seconds=0):
        for _ in self.pieces():
            elapsed = time.perf_counter() - self.began
            if elapsed < slow_seconds:
                time.sleep(max(0, self.byte_count / SLOW_BYTES_A_SECOND - elapsed))
        return time.perf_counter() - self.began

    def body(self):
        content = b"".join(bytes(piece) for piece in self.pieces())
        return content[content.index(b"\r\n\r\n") + 4:]


def reset_peak(pid):
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def streams(server):
    """All rows in every format: speed, CPU, first byte and memory."""
    pid = server.process.pid
    Stream(server, {"sql": SQL, "format": "arrow"}).drain()
    rows = []
    for name in FORMATS:
        reset_peak(pid)
        before, cpu = measure.resident_mib(pid), measure.cpu_seconds(pid)
        stream = Stream(server, {"sql": SQL, "format": name})
        seconds = stream.drain()
        cpu = measure.cpu_seconds(pid) - cpu
        rows.append([name, f"{ROWS / seconds / 1e6:.2f} M/s", f"{stream.byte_count / 1e6:,.0f} MB",
                     f"{cpu / (ROWS / 1e6):.3f}", f"{stream.first_byte_ms:.0f} ms",
                     f"{measure.peak_mib(pid) - before} MiB"])
    measure.table(f"{ROWS / 1e6:.0f} M rows of 5 columns, one reader",
                  ["format", "rows", "size", "server CPU-s per M rows", "first byte",
                   "peak above the level before"], rows)


def beside_duckdb(server):
    """A million rows: each format beside a bare DuckDB that makes the same chunks."""
    sql = f"{SQL} WHERE n < {SMALL_ROWS}"
    plain = duckdb.connect()
    plain.execute("SET threads = 2; SET TimeZone = 'UTC'")
    files = [str(path) for path in server.files_root.glob("bench/big/**/*.parquet")]
    own = sql.replace("FROM big", f"FROM read_parquet({files})")
    pid = server.process.pid
    rows, best = [], None
    for _ in range(5):
        cpu, began = time.process_time(), time.perf_counter()
        reader = plain.execute(own).to_arrow_reader(2048)
        assert sum(batch.num_rows for batch in reader) == SMALL_ROWS
        run = (time.perf_counter() - began, time.process_time() - cpu)
        best = min(best or run, run)
    rows.append(["bare DuckDB, chunks", f"{SMALL_ROWS / best[0] / 1e6:.2f} M/s", f"{best[1]:.2f}",
                 ""])
    for name in FORMATS:
        best = None
        for _ in range(5):
            cpu = measure.cpu_seconds(pid)
            stream = Stream(server, {"sql": sql, "format": name})
            run = (stream.drain(), measure.cpu_seconds(pid) - cpu, stream.first_byte_ms)
            best = min(best or run, run)
        rows.append([name, f"{SMALL_ROWS / best[0] / 1e6:.2f} M/s", f"{best[1]:.2f}",
                     f"{best[2]:.0f} ms"])
    measure.table(f"{SMALL_ROWS / 1e6:.0f} M rows, best of 5",
                  ["", "rows", "CPU-s", "first byte"], rows)


def checksum(name, body):
    """Rows, and the sum of n."""
    if name == "arrow":
        table = pa.ipc.open_stream(body).read_all()
    elif name == "parquet":
        table = pq.read_table(pa.BufferReader(body))
    elif name == "csv":
        table = pa.csv.read_csv(pa.BufferReader(body))
    elif name == "msgpack":
        result = msgpack.unpackb(body, timestamp=0, strict_map_key=False)
        return result["row_count"], sum(result["data"][result["columns"].index("n")])
    else:
        return json_checksum(name, body)
    return table.num_rows, pa.compute.sum(table["n"]).as_py()


def json_checksum(name, body):
    """In parts: a hundred million values at once would be tens of gigabytes here."""
    if name == "json":
        assert body.startswith(b'{"success":true,') and body.endswith(b"}")
        begin = body.index(b'"data":[') + 8
        end = body.rindex(b'],"row_count":')
        assert json.loads(b"{" + body[end + 2:])["row_count"] == ROWS
        body = body[begin + 1:end - 1].replace(b"],[", b"]\n[")
        body = b"[" + body + b"]"
    count = total = 0
    for begin in range(0, len(body), 1 << 26):
        part = body[begin:begin + (1 << 26)]
        first = 0 if begin == 0 else part.index(b"\n") + 1
        rest = body[begin + len(part):begin + len(part) + 4096]
        last = part[first:] + rest[:rest.find(b"\n") + 1 or len(rest)]
        for line in last.splitlines():
            row = json.loads(line)
            count, total = count + 1, total + (row["n"] if name == "ndjson" else row[4])
    return count, total


def correctness(server):
    expected = (ROWS, ROWS * (ROWS - 1) // 2)
    for name in FORMATS:
        found = checksum(name, Stream(server, {"sql": SQL, "format": name}).body())
        assert found == expected, f"{name}: {found}, expected {expected}"
    print(f"\nevery format: {expected[0]} rows, sum(n) = {expected[1]}, as it must be")


def slow_readers(server):
    """A reader of 1 MB/s for a minute, each format alone; then ten at once."""
    pid = server.process.pid
    rows = []
    for name in FORMATS:
        reset_peak(pid)
        before = measure.resident_mib(pid)
        Stream(server, {"sql": SQL, "format": name}).drain(SLOW_SECONDS)
        rows.append([name, f"{measure.peak_mib(pid) - before} MiB"])
    reset_peak(pid)
    before = measure.resident_mib(pid)
    with ThreadPoolExecutor(10) as pool:
        began = time.perf_counter()
        list(pool.map(lambda i: Stream(server, {"sql": SQL, "format": FORMATS[i % 5]})
                      .drain(min(SLOW_SECONDS, 10)), range(10)))
        seconds = time.perf_counter() - began
    rows.append([f"ten at once, two of each ({seconds:.0f} s)",
                 f"{measure.peak_mib(pid) - before} MiB"])
    measure.table(f"Slow readers: 1 MB/s for {SLOW_SECONDS} s, then at full speed",
                  ["format", "peak above the level before"], rows)


def query_load(*words):
    output = subprocess.run([QUERY_LOAD, *map(str, words)], check=True, capture_output=True,
                            text=True).stdout
    return json.loads(output)


def small_queries(server):
    """What the server adds to small queries at 16 connections."""
    files = [str(path) for path in server.files_root.glob("bench/big/**/*.parquet")]
    rows = []
    for name, sql in [("SELECT 1", "SELECT 1"),
                      ("count(*)", "SELECT count(*) FROM big"),
                      ("max(time)", "SELECT max(time) FROM big"),
                      ("a minute, avg", "SELECT avg(usage) FROM big WHERE time >= TIMESTAMPTZ "
                       "'2026-01-01 00:05:00+00' AND time < TIMESTAMPTZ '2026-01-01 00:05:01+00'")]:
        ours = query_load("http", server.port, "bench", 16, 5, sql)
        own = sql.replace("FROM big", f"FROM read_parquet({files})")
        theirs = query_load("duckdb", 2, 16, 5, own)
        assert ours["errors"] == theirs["errors"] == 0
        rows.append([name, f"{ours['count'] / ours['seconds']:,.0f}/s",
                     f"{ours['p50_ms']:.2f} / {ours['p99_ms']:.2f}",
                     f"{theirs['count'] / theirs['seconds']:,.0f}/s",
                     f"{theirs['p50_ms']:.2f} / {theirs['p99_ms']:.2f}"])
    measure.table("Small queries, 16 connections, the client on the same 2 cores",
                  ["query", "Arc", "p50 / p99 ms", "DuckDB in the client's process",
                   "p50 / p99 ms"], rows)
    sql = "SELECT count(*), min(time), max(time) FROM big"
    one = query_load("http", server.port, "bench", 1, 3, sql)
    print(f"\ncount(*), min(time), max(time) at one connection: {one['p50_ms']:.2f} ms")


def cursor_while_writing(server):
    """A million rows by pages while rows are written as fast as they go."""
    stop = threading.Event()

    def write():
        number = ROWS
        while not stop.is_set():
            lines = "".join(f"big,host=w usage=1,n={n}i {1767225600000000000 + n}\n"
                            for n in range(number, number + 5000))
            server.write_lp("bench", lines)
            number += 5000

    writers = [threading.Thread(target=write) for _ in range(2)]
    for writer in writers:
        writer.start()
    try:
        seen = set()
        body = {"sql": f"SELECT n FROM big WHERE n < {SMALL_ROWS}", "cursor": True,
                "page_size": 10_000}
        times = []
        while body:
            began = time.perf_counter()
            answer = server.request("POST", "/api/v1/query", json.dumps(body),
                                    {} if "sql" not in body else {"x-arc-database": "bench"})
            times.append(time.perf_counter() - began)
            assert answer.status == 200, answer.text
            result = answer.json()
            before = len(seen)
            seen.update(row[0] for row in result["data"])
            assert len(seen) == before + result["row_count"], "a row came twice"
            body = {"cursor": result["next_cursor"]} if "next_cursor" in result else None
        assert seen == set(range(SMALL_ROWS)), "rows are missing"
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    times.sort()
    print(f"\ncursor: {len(times)} pages of 10,000 rows while writing, none twice, none missing; "
          f"median {times[len(times) // 2] * 1e3:.1f} ms, slowest {times[-1] * 1e3:.0f} ms")


def given_up(server):
    """Ten thousand queries whose clients go away: what they leave."""

    def give_up(_):
        content = json.dumps({"sql": SQL})
        client = socket.create_connection(("127.0.0.1", server.port), timeout=60)
        client.sendall(f"POST /api/v1/query HTTP/1.1\r\nHost: x\r\nx-arc-database: bench\r\n"
                       f"Content-Length: {len(content)}\r\n\r\n{content}".encode())
        client.recv(16)
        client.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(give_up, range(2000)))
        before, began = measure.resident_mib(server.process.pid), time.perf_counter()
        list(pool.map(give_up, range(10_000)))
    after = measure.resident_mib(server.process.pid)
    print(f"\n10,000 queries given up in {time.perf_counter() - began:.1f} s: resident memory "
          f"{before} MiB before, {after} MiB after")


def heavy_queries():
    """Heavy queries again and again under a small limit, and a small one beside them."""
    rows = []
    for count, settings in [(1, {}), (10, {}), (10, {"database.max_connections": "16"})]:
        with tempfile.TemporaryDirectory(prefix="arc-bench-") as folder:
            settings = {"database.memory_limit": "256MB", **settings}
            with ArcServer(folder, settings, binary=measure.BINARY) as server:
                load(server, folder)
                words = ", ".join(f"{key} {value}" for key, value in settings.items())
                rows.append(heavy(server, count, words))
    measure.table(f"Heavy queries for {HEAVY_SECONDS} s, a small one beside them",
                  ["heavy at once", "settings", "answers", "errors", "p50 s", "peak MiB",
                   "small alone p50 / p99 ms", "beside p50 / p99 ms"], rows)


def heavy(server, count, settings):
    sql = ("SELECT host, n % 100000 AS k, avg(usage), max(load), count(*) FROM big "
           "GROUP BY ALL ORDER BY 3 DESC, 1, 2 LIMIT 10")
    with ThreadPoolExecutor(1) as pool:
        alone = query_load("http", server.port, "bench", 1, 5, SMALL_SQL)
        running = pool.submit(query_load, "http", server.port, "bench", count, HEAVY_SECONDS, sql)
        time.sleep(2)
        beside = query_load("http", server.port, "bench", 1, HEAVY_SECONDS - 5, SMALL_SQL)
        result = running.result()
    for query in server.get("/api/v1/queries/history?limit=100").json()["queries"]:
        if "error" in query:
            print(query["error"][:300])
    return [count, settings, result["count"], f"{result['errors']} + {beside['errors']}",
            f"{result['p50_ms'] / 1e3:.1f}", measure.peak_mib(server.process.pid),
            f"{alone['p50_ms']:.1f} / {alone['p99_ms']:.1f}",
            f"{beside['p50_ms']:.1f} / {beside['p99_ms']:.1f}"]


SMALL_SQL = ("SELECT avg(usage) FROM big WHERE time >= TIMESTAMPTZ '2026-01-01 00:05:00+00' "
             "AND time < TIMESTAMPTZ '2026-01-01 00:05:01+00'")


def main():
    with tempfile.TemporaryDirectory(prefix="arc-bench-") as folder:
        with ArcServer(folder, binary=measure.BINARY) as server:
            load(server, folder)
            for part in (streams, beside_duckdb, small_queries, cursor_while_writing, given_up,
                         correctness, slow_readers):
                if not (only := os.environ.get("ARC_BENCH_ONLY")) or part.__name__ in only:
                    part(server)
    if not (only := os.environ.get("ARC_BENCH_ONLY")) or "heavy_queries" in only:
        heavy_queries()
