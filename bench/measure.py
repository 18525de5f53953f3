"""What the benchmarks share: where the programs are, what the system says of a process, tables."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
BUILD = REPOSITORY / "build" / "release"
BINARY = BUILD / "arc"
INGEST_LOAD = BUILD / "bench" / "ingest_load"
sys.path.insert(0, str(REPOSITORY / "tests"))

# Rows become files only when a benchmark asks for it.
NOT_FLUSHING = {
    "ingest.max_buffer_size": 1_000_000_000,
    "ingest.max_buffer_age_ms": 86_400_000,
    "ingest.max_small_buffer_age_ms": 86_400_000,
}


def table(title, header, rows):
    print(f"\n### {title}\n")
    print("| " + " | ".join(header) + " |")
    print("|" + "|".join("---" if i == 0 else "---:" for i in range(len(header))) + "|")
    for row in rows:
        print("| " + " | ".join(str(cell) for cell in row) + " |")
    sys.stdout.flush()


def cpu_seconds(pid):
    """User and system time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _status_kib(pid, name):
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1])
    return 0


def resident_kib(pid):
    return _status_kib(pid, "VmRSS")


def resident_mib(pid):
    return resident_kib(pid) // 1024


def peak_mib(pid):
    return _status_kib(pid, "VmHWM") // 1024


def context_switches(pid):
    """Of all threads: how often one woke up."""
    total = 0
    for status in Path(f"/proc/{pid}/task").glob("*/status"):
        for line in status.read_text().splitlines():
            if line.startswith("voluntary_ctxt_switches"):
                total += int(line.split()[1])
    return total


def folder_bytes(folder):
    return sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())


def percentile(values, share):
    ordered = sorted(values)
    return ordered[int(share * (len(ordered) - 1))]


def ingest_load(server, protocol, rows_per_body, connections, seconds, pause_ms=0):
    """What bench/ingest_load.cc prints."""
    command = [INGEST_LOAD, server.port, protocol, rows_per_body, connections, seconds, pause_ms]
    done = subprocess.run(list(map(str, command)), check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


class Sampler:
    """Calls `sample` every so many seconds while the `with` block runs; the values are in
    .values."""

    def __init__(self, sample, seconds):
        self.values = []
        self._sample, self._seconds = sample, seconds
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self):
        while not self._done.wait(self._seconds):
            self.values.append(self._sample())

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._done.set()
        self._thread.join()
