"""How fast a start reads its log back: rows that are in no file, a kill, and the time until
ready."""

import tempfile
import time

import measure
from arc_server import ArcServer

LOG_BYTES = 2 * 1024**3
SETTINGS = {
    **measure.NOT_FLUSHING,
    "ingest.memory_budget": "12GB",
    "wal.max_size": "8GB",
    # Reading must not be shadowed by syncing: the log on disk is the same.
    "wal.durability": "interval",
}
ROUNDS = 3
FILL_ROUNDS_MAX = 120


def main():
    with tempfile.TemporaryDirectory(prefix="arc-bench-") as folder:
        with ArcServer(folder, SETTINGS, binary=measure.BINARY) as server:
            wal = server.data_directory / "wal"
            for _ in range(FILL_ROUNDS_MAX):
                measure.ingest_load(server, "msgpack", 10_000, 8, 1)
                if measure.folder_bytes(wal) >= LOG_BYTES:
                    break
            else:
                raise AssertionError(f"{wal} does not grow to {LOG_BYTES} bytes")
            expected = server.value("SELECT count(*) FROM cpu", "bench")
            rows = []
            for number in range(ROUNDS):
                server.kill()
                log_bytes = measure.folder_bytes(wal)
                started = time.monotonic()
                server.start()
                seconds = time.monotonic() - started
                pid = server.process.pid
                assert server.value("SELECT count(*) FROM cpu", "bench") == expected
                rows.append([
                    number + 1, f"{log_bytes / 1e6:,.0f}", f"{expected / 1e6:.1f} M",
                    f"{seconds:.2f}", f"{log_bytes / 1e6 / seconds:,.0f}",
                    f"{measure.cpu_seconds(pid):.2f}",
                    f"{server.metrics()['arc_buffer_bytes'] / 2**20:,.0f}", measure.peak_mib(pid),
                ])
            server.kill()  # a clean stop would write all of it into files
    measure.table(
        "Start after a kill, nothing in files (log in the page cache)",
        ["round", "log MB", "rows", "ready after s", "MB/s", "CPU s", "rows in memory MiB",
         "peak MiB"], rows,
    )


if __name__ == "__main__":
    main()
