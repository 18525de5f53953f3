"""What durability costs: `sync` against `off`, in turns; and how long an acknowledgement takes,
beside what the disk itself needs to make the same bytes durable.
"""

import os
import statistics
import tempfile
import time
from pathlib import Path

import measure
from arc_server import ArcServer

MODES = ("sync", "off")
ROUNDS = 5
ROUND_SECONDS = 8
LATENCY_SECONDS = 8
LATENCY_ROWS = 100  # a body
SYNC_SECONDS = 4
PROBE_FILE_BYTES = 64 * 1024 * 1024


def one_round(mode):
    """Rows/s and server CPU-s per million rows, with 16 connections and 10,000 rows a body."""
    with tempfile.TemporaryDirectory(prefix="arc-bench-") as folder:
        settings = {"wal.durability": mode}
        with ArcServer(folder, settings, binary=measure.BINARY) as server:
            measure.ingest_load(server, "lp", 10_000, 16, 1)  # first pages, first files
            before = measure.cpu_seconds(server.process.pid)
            load = measure.ingest_load(server, "lp", 10_000, 16, ROUND_SECONDS)
            used = measure.cpu_seconds(server.process.pid) - before
            return {
                "rows": load["rows"] / load["seconds"] / 1e6,
                "cpu": used / (load["rows"] / 1e6),
                "p50": load["p50_ms"], "p99": load["p99_ms"], "p999": load["p999_ms"],
            }


def throughput():
    rounds = {mode: [] for mode in MODES}
    for number in range(ROUNDS):
        for mode in MODES if number % 2 == 0 else reversed(MODES):
            rounds[mode].append(one_round(mode))
    medians = {
        mode: {key: statistics.median(r[key] for r in some) for key in some[0]}
        for mode, some in rounds.items()
    }
    rows = [
        [mode, f"{m['rows']:.2f} M/s", f"{min(r['rows'] for r in rounds[mode]):.2f} to "
         f"{max(r['rows'] for r in rounds[mode]):.2f}", f"{m['cpu']:.2f}",
         f"{m['p50']:.1f} / {m['p99']:.1f} / {m['p999']:.1f}"]
        for mode, m in medians.items()
    ]
    ratio = {key: medians["sync"][key] / medians["off"][key] for key in ("rows", "cpu")}
    rows.append(["sync / off", f"{ratio['rows']:.2f}", "", f"{ratio['cpu']:.2f}", ""])
    measure.table(
        f"Cost of durability: 16 connections, 10,000 rows a body, medians of {ROUNDS} rounds",
        ["mode", "rows", "range", "server CPU-s per M rows", "p50 / p99 / p99.9 ms"], rows,
    )


def sync_times_ms(folder, byte_count):
    """The machine's own time for pwrite and fdatasync on a file that is filled beforehand."""
    path = Path(folder) / "probe"
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        for start in range(0, PROBE_FILE_BYTES, 1 << 20):
            os.pwrite(file, bytes(1 << 20), start)
        os.fsync(file)
        block, times, offset = os.urandom(byte_count), [], 0
        end = time.perf_counter() + SYNC_SECONDS
        while time.perf_counter() < end:
            started = time.perf_counter()
            os.pwrite(file, block, offset)
            os.fdatasync(file)
            times.append((time.perf_counter() - started) * 1e3)
            offset = (offset + byte_count) % (PROBE_FILE_BYTES - byte_count)
        return times
    finally:
        os.close(file)
        path.unlink()



def acknowledgement(mode, connections, pause_ms):
    with tempfile.TemporaryDirectory(prefix="arc-bench-") as folder:
        settings = {**measure.NOT_FLUSHING, "wal.durability": mode}
        with ArcServer(folder, settings, binary=measure.BINARY) as server:
            arguments = server, "lp", LATENCY_ROWS, connections
            measure.ingest_load(*arguments, 1, pause_ms)
            return measure.ingest_load(*arguments, LATENCY_SECONDS, pause_ms)


def latency_row(connections, pause_ms):
    sync, off = (acknowledgement(mode, connections, pause_ms) for mode in MODES)
    # With pauses a sync carries few requests; without, up to one of each connection.
    synced_bytes = sync["body_bytes"] * (1 if pause_ms else connections)
    with tempfile.TemporaryDirectory(prefix="arc-bench-") as folder:
        own = sync_times_ms(folder, synced_bytes)
    own99 = measure.percentile(own, 0.99)
    return [
        f"{connections}, {'paced' if pause_ms else 'as fast as it goes'}",
        f"{sync['requests'] / sync['seconds']:,.0f}",
        f"{sync['p50_ms']:.2f} / {sync['p99_ms']:.2f} / {sync['p999_ms']:.2f}",
        f"{off['p50_ms']:.2f} / {off['p99_ms']:.2f} / {off['p999_ms']:.2f}",
        f"{measure.percentile(own, 0.5):.2f} / {own99:.2f} ({synced_bytes / 1024:.0f} KiB)",
        f"{sync['p99_ms'] / own99:.1f}",
    ]


def latency():
    """As fast as it goes, 2 cores are the limit and requests wait for them in either mode; paced,
    at about a thousand requests a second, the disk is what is waited for."""
    measure.table(
        f"Acknowledgement, {LATENCY_ROWS} rows a body, beside fdatasync of the same text",
        ["connections", "requests/s", "sync p50 / p99 / p99.9 ms", "off p50 / p99 / p99.9 ms",
         "own fdatasync p50 / p99 ms", "sync p99 / own p99"],
        [latency_row(connections, pause)
         for connections in (1, 16, 64) for pause in (0, connections)],
    )


def main():
    throughput()
    latency()


if __name__ == "__main__":
    main()
