"""Writers that are faster than the disk, for minutes: memory must stay near the budget, and what
is too much must be refused, not dropped.
"""

import tempfile

import measure
from arc_server import ArcServer

SECONDS = 120
CONNECTIONS = 16
BUDGET_MIB = 256
SETTINGS = {
    "ingest.memory_budget": f"{BUDGET_MIB}MB",
    # One slow writer of files: zstd keeps it behind the decoders on any machine.
    "ingest.flush_workers": 1,
    "ingest.compression": "zstd",
    "ingest.max_buffer_size": 200_000,
}


def main():
    rows = []
    for protocol in ("lp", "msgpack"):
        with tempfile.TemporaryDirectory(prefix="arc-bench-") as folder:
            with ArcServer(folder, SETTINGS, binary=measure.BINARY) as server:
                pid = server.process.pid
                empty = measure.resident_mib(pid)
                with measure.Sampler(lambda: measure.resident_mib(pid), 0.5) as resident:
                    load = measure.ingest_load(server, protocol, 10_000, CONNECTIONS, SECONDS)
                stored = server.value("SELECT count(*) FROM cpu", "bench")
                assert stored == load["rows"], f"{stored} stored, {load['rows']} acknowledged"
                half = resident.values[len(resident.values) // 2:]
                rows.append([
                    protocol, f"{load['rows'] / load['seconds'] / 1e6:.2f} M/s",
                    f"{load['refused']:,} of {load['refused'] + load['requests']:,}", BUDGET_MIB,
                    empty, max(resident.values), f"{measure.percentile(half, 0.5)}",
                    measure.peak_mib(pid),
                ])
    measure.table(
        f"Overload for {SECONDS} s: {CONNECTIONS} connections, 10,000 rows a body, 1 flush thread",
        ["protocol", "rows", "refused (503)", "budget MiB", "resident MiB at start", "greatest",
         "median of the second half", "peak"], rows,
    )


if __name__ == "__main__":
    main()
