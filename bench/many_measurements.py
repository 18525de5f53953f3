"""A server with 100,000 live measurements: memory, idle CPU, and what flushing all of them takes;
then the sparse case, one row a minute for each of them.
"""

import tempfile
import time

import measure
from arc_server import ArcServer

MEASUREMENTS = 100_000
A_BODY = 1_000
ROWS_EACH = 60
IDLE_SECONDS = 60
# The sparse case: one wave of flushes, and what comes before the next.
SPARSE_HOURS = 12
ACCELERATION = 60
BASE_SECONDS = 1_767_225_600


def row(i):
    """Without a time: the server's clock decides."""
    return f"m{i},site=north,unit=u{i % 100} value={i % 977}.5,state={i % 7}i"


def write_minutes(server, first_minute, last_minute):
    """One row of every measurement a minute."""
    for minute in range(first_minute, last_minute):
        time_text = f" {BASE_SECONDS + minute * 60}"
        for first in range(0, MEASUREMENTS, A_BODY):
            body = "\n".join(row(i) + time_text for i in range(first, first + A_BODY))
            server.write_lp("sparse", body, "s")


def file_count(server):
    return sum(1 for _ in server.files_root.rglob("a1-*.parquet"))


def wal_mib(server):
    folder = server.data_directory / "wal"
    return measure.folder_bytes(folder) / 2**20


def all_live():
    with tempfile.TemporaryDirectory(prefix="arc-bench-") as folder:
        with ArcServer(folder, measure.NOT_FLUSHING, binary=measure.BINARY) as server:
            pid = server.process.pid
            empty = measure.resident_mib(pid)
            write_minutes(server, 0, 1)
            one_row = measure.resident_mib(pid)
            write_minutes(server, 1, ROWS_EACH)
            resident = measure.resident_mib(pid)
            time.sleep(2)  # what the load left to do
            cpu, switches = measure.cpu_seconds(pid), measure.context_switches(pid)
            time.sleep(IDLE_SECONDS)
            idle = measure.cpu_seconds(pid) - cpu
            woken = measure.context_switches(pid) - switches
            transactions = server.metrics()["arc_catalog_transactions_total"]
            wal_before, cpu = wal_mib(server), measure.cpu_seconds(pid)
            started = time.monotonic()
            server.flush()
            seconds = time.monotonic() - started
            transactions = server.metrics()["arc_catalog_transactions_total"] - transactions
            rows = [
                ["resident, empty server", f"{empty} MiB"],
                ["resident, one row each", f"{one_row} MiB"],
                [f"resident, {ROWS_EACH} rows each", f"{resident} MiB"],
                [f"CPU in {IDLE_SECONDS} s of idling", f"{idle:.2f} s"],
                ["wake-ups of all threads meanwhile", f"{woken:,}"],
                ["flush of all", f"{seconds:.1f} s"],
                ["its CPU", f"{measure.cpu_seconds(pid) - cpu:.1f} s"],
                ["files", f"{file_count(server):,}"],
                ["catalog transactions", f"{transactions:.0f}"],
                ["log before the flush", f"{wal_before:.0f} MiB"],
                ["peak resident", f"{measure.peak_mib(pid)} MiB"],
            ]
    measure.table(f"{MEASUREMENTS:,} live measurements", ["what", "measured"], rows)


def sparse():
    """The defaults, with every age divided by ACCELERATION, and minutes that much shorter. Rows
    carry the server's time, so they fall into one hour: with the real clock a file would span
    six.
    """
    settings = {
        "ingest.max_buffer_age_ms": 600_000 // ACCELERATION,
        "ingest.max_small_buffer_age_ms": 21_600_000 // ACCELERATION,
    }
    bodies = ["\n".join(row(i) for i in range(first, first + A_BODY))
              for first in range(0, MEASUREMENTS, A_BODY)]
    minutes = SPARSE_HOURS * 60
    late = 0
    with tempfile.TemporaryDirectory(prefix="arc-bench-") as folder:
        with ArcServer(folder, settings, binary=measure.BINARY) as server:
            pid, started = server.process.pid, time.monotonic()
            with measure.Sampler(lambda: (wal_mib(server), measure.resident_mib(pid)), 1) as seen:
                for minute in range(minutes):
                    wait = started + minute * 60 / ACCELERATION - time.monotonic()
                    late = max(late, -wait)
                    time.sleep(max(0, wait))
                    for body in bodies:
                        server.write_lp("sparse", body)
            files = file_count(server)
            transactions = server.metrics()["arc_catalog_transactions_total"]
            cpu = measure.cpu_seconds(pid)
    rows = minutes * MEASUREMENTS
    measure.table(
        f"{MEASUREMENTS:,} measurements, a row a minute each: {SPARSE_HOURS} hours, "
        f"{ACCELERATION} times as fast",
        ["what", "measured"],
        [
            ["rows", f"{rows:,}"],
            ["the writer was late by at most", f"{late:.1f} s"],
            ["files made", f"{files:,}"],
            ["so in a day (extrapolated)", f"{files * 24 / SPARSE_HOURS:,.0f}"],
            ["catalog transactions", f"{transactions:,.0f}"],
            ["log on disk, greatest", f"{max(wal for wal, _ in seen.values):.0f} MiB"],
            ["resident, greatest", f"{max(resident for _, resident in seen.values)} MiB"],
            ["server CPU", f"{cpu / rows * 1e6:.2f} s per M rows"],
        ],
    )


def main():
    all_live()
    sparse()


if __name__ == "__main__":
    main()
