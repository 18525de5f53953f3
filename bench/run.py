"""The benchmarks behind docs/performance.md: `./dev bench`, or the parts named after it (PARTS).

Absolute figures depend on the machine and on what else it does; compare figures of one run. Load
generator and server share the machine, so ingest also shows the server's own CPU time.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time

from measure import BINARY, BUILD, cpu_seconds, ingest_load, peak_mib, table

import duckdb
from arc_server import ArcServer

import access
import durability
import imports
import many_measurements
import overload
import recovery
import results
import secured

INGEST_SECONDS = 10
CONNECTIONS = 4
QUERY_RUNS = 7


def decoders():
    """Decoders and the Parquet writer alone, on one thread."""
    rows = []
    for folder, name, *options in [
        ("data/ingest/line_protocol", "line_protocol_bench"),
        ("data/ingest/msgpack", "msgpack_bench"),
        ("data/encoding", "encoding_bench"),
        ("query/format", "format_bench"),
        ("access/auth", "auth_bench"),
        ("service/config", "config_bench"),
        ("foundation/model", "model_bench"),
        ("query/engine", "engine_bench", "--benchmark_filter=Guard"),
    ]:
        output = subprocess.run(
            [BUILD / "src" / folder / name, "--benchmark_format=json", *options],
            check=True, capture_output=True, text=True,
        ).stdout
        for case in json.loads(output)["benchmarks"]:
            bytes_per_second = case.get("bytes_per_second", 0)
            per_second = case.get("items_per_second", case.get("rows", case.get("rows/s", 0)))
            rows.append([
                case["name"],
                f"{case['real_time']:,.1f} {case['time_unit']}",
                f"{bytes_per_second / 1e6:,.0f} MB/s" if bytes_per_second else "",
                f"{per_second / 1e6:.2f} M/s" if per_second else "",
            ])
    table("Alone, one thread unless it says otherwise", ["case", "a call", "bytes", "rows"], rows)


def ingest(server):
    """The whole way over HTTP, until everything that was sent is in files."""
    rows = []
    for protocol in ["lp", "msgpack"]:
        for rows_per_body in [1000, 10_000]:
            before = cpu_seconds(server.process.pid)
            load = ingest_load(server, protocol, rows_per_body, CONNECTIONS, INGEST_SECONDS)
            acknowledged = cpu_seconds(server.process.pid)
            server.flush()
            flushed = cpu_seconds(server.process.pid)
            millions = load["rows"] / 1e6
            rows.append([
                f"{protocol}, {rows_per_body} rows a body",
                f"{load['rows'] / load['seconds'] / 1e6:.2f} M/s",
                f"{(acknowledged - before) / millions:.2f}",
                f"{(flushed - before) / millions:.2f}",
                f"{load['p50_ms']:.1f} / {load['p99_ms']:.1f}",
            ])
    table(
        f"Ingest, TSBS cpu shape, {CONNECTIONS} connections, client on the same 2 cores",
        ["load", "rows", "server CPU-s per M rows", "with the rest flushed", "p50 / p99 ms"], rows,
    )
    print(f"\npeak memory of the server: {peak_mib(server.process.pid)} MiB")


QUERIES = {
    "count(*)": "SELECT count(*) FROM {cpu}",
    "max(time)": "SELECT max(time) FROM {cpu}",
    "ten minutes, avg": "SELECT avg(usage_user) FROM {cpu} WHERE time >= '2026-01-01 00:20:00+00' "
                        "AND time < '2026-01-01 00:30:00+00'",
    "one host, newest 10": "SELECT time, usage_user FROM {cpu} WHERE hostname = 'host_7' "
                           "ORDER BY time DESC LIMIT 10",
    "group by host": "SELECT hostname, avg(usage_user) FROM {cpu} GROUP BY 1 ORDER BY 1 LIMIT 5",
    "group by minute": "SELECT date_trunc('minute', time) AS t, avg(usage_user) FROM {cpu} "
                       "GROUP BY 1 ORDER BY 1 LIMIT 5",
    "newest 10": "SELECT time, hostname FROM {cpu} ORDER BY time DESC LIMIT 10",
}


def best_ms(run):
    times = []
    for _ in range(QUERY_RUNS):
        started = time.perf_counter()
        run()
        times.append((time.perf_counter() - started) * 1e3)
    return min(times), statistics.median(times)


def queries(server):
    """The server over HTTP beside a bare DuckDB on the very same files."""
    server.flush()
    plain = duckdb.connect()
    plain.execute("SET threads = 2; SET TimeZone = 'UTC'")
    glob = f"read_parquet('{server.files_root}/bench/cpu/**/*.parquet', union_by_name=true)"
    files = list(server.files_root.glob("bench/cpu/**/*.parquet"))
    rows = []
    for name, sql in QUERIES.items():
        ours = best_ms(lambda: server.query(sql.format(cpu="cpu"), "bench"))
        theirs = best_ms(lambda: plain.execute(sql.format(cpu=glob)).to_arrow_reader()
                         .read_all())
        rows.append([name, f"{ours[0]:.1f}", f"{ours[1]:.1f}", f"{theirs[0]:.1f}",
                     f"{theirs[1]:.1f}", f"{theirs[1] / ours[1]:.1f}"])
    count = server.query("SELECT count(*) FROM cpu", "bench").rows[0][0]
    table(
        f"Queries over {count / 1e6:.1f} M rows in {len(files)} files, best and median ms",
        ["query", "Arc best", "median", "DuckDB on the files best", "median", "ratio"], rows,
    )


# Parts with a server of their own settings.
OWN_SERVER = {
    "durability": durability.main,
    "measurements": many_measurements.main,
    "imports": imports.main,
    "overload": overload.main,
    "recovery": recovery.main,
    "results": results.main,
    "access": access.main,
    "tls": secured.main,
}
PARTS = ["decoders", "ingest", "queries", *OWN_SERVER]


def main():
    wanted = sys.argv[1:] or PARTS
    unknown = set(wanted) - set(PARTS)
    if unknown:
        sys.exit(f"bench: unknown part {', '.join(unknown)}; there are {', '.join(PARTS)}")
    if "decoders" in wanted:
        decoders()
    if {"ingest", "queries"} & set(wanted):
        with tempfile.TemporaryDirectory(prefix="arc-bench-") as folder:
            with ArcServer(folder, binary=BINARY) as server:
                ingest(server)
                if "queries" in wanted:
                    queries(server)
    for name, run in OWN_SERVER.items():
        if name in wanted:
            run()


if __name__ == "__main__":
    main()
