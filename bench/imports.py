"""Imports of large files: rows a second, and memory above what the idle server has."""

import gzip
import itertools
import subprocess
import tempfile
import time
from pathlib import Path

import measure
import pyarrow as pa
import pyarrow.compute
import pyarrow.csv
import pyarrow.parquet as pq
from arc_server import ArcServer

CSV_BYTES = 2 * 10**9
PARQUET_BYTES = 10**9
LINES_BYTES = 10**9
BLOCK_ROWS = 1_000_000
ROW_GROUP_ROWS = 1_000_000  # of the Parquet file
HOSTS = 1_000


def block(number):
    """A million rows, ten hosts a millisecond, five columns of numbers with many digits."""
    rows = range(number * BLOCK_ROWS, (number + 1) * BLOCK_ROWS)
    column = pa.array(rows, pa.int64())
    scatter = pa.compute.multiply(pa.compute.bit_wise_and(column, 0xFFFFF), 2654435761)
    scatter = pa.compute.bit_wise_and(scatter, 0xFFFFFF)
    values = [
        pa.compute.divide(pa.compute.cast(pa.compute.bit_wise_and(scatter, mask), pa.float64()), 7)
        for mask in (0xFFFF, 0xFFFFF, 0xFFFFFF, 0xFFF)
    ]
    host = pa.compute.bit_wise_and(scatter, 1023)
    times = pa.compute.add(pa.compute.divide(column, 10), 1_767_225_600_000)
    return pa.table({
        "time": times, "host": pa.compute.binary_join_element_wise(
            "host-", pa.compute.cast(host, pa.string()), ""),
        "a": values[0], "b": values[1], "c": values[2], "d": values[3], "n": scatter,
    })


def make_csv(path):
    rows = 0
    with open(path, "wb") as sink:
        for number in itertools.count():
            table = block(number)
            options = pa.csv.WriteOptions(include_header=number == 0, quoting_style="none")
            pa.csv.write_csv(table, sink, options)
            rows += table.num_rows
            if sink.tell() >= CSV_BYTES:
                return rows


def make_parquet(path):
    rows = 0
    schema = block(0).schema
    with pq.ParquetWriter(path, schema, compression="none", use_dictionary=["host"]) as writer:
        for number in itertools.count():
            table = block(number)
            writer.write_table(table, row_group_size=ROW_GROUP_ROWS)
            rows += table.num_rows
            if path.stat().st_size >= PARQUET_BYTES:
                return rows


def make_lines(path):
    rows = 0
    with open(path, "wb") as sink:
        for number in itertools.count():
            table = block(number)
            names = ("time", "a", "b", "c", "n")
            text = [pa.compute.cast(table[name], pa.string()) for name in names]
            lines = pa.compute.binary_join_element_wise(
                "load,host=", table["host"], " a=", text[1], ",b=", text[2], ",c=", text[3], ",n=",
                text[4], "i ", text[0], "\n", "")
            for chunk in lines.chunks:
                sink.write(chunk.buffers()[2].to_pybytes())
            rows += table.num_rows
            if sink.tell() >= LINES_BYTES:
                return rows


def import_file(folder, path, expected_rows, *arguments):
    with ArcServer(folder / f"server-{path.name}", binary=measure.BINARY) as server:
        # What any first query and import bring into memory is not the file's.
        server.write_lp("bench", "warm v=1 1")
        server.value("SELECT count(*) FROM warm", "bench")
        pid = server.process.pid
        idle = measure.resident_mib(pid)
        cpu = measure.cpu_seconds(pid)
        started = time.monotonic()
        subprocess.run(
            [measure.BINARY, "import", path, "-d", "bench", "-m", "load", "--url", server.url,
             *arguments], check=True, stdout=subprocess.DEVNULL,
        )
        seconds = time.monotonic() - started
        cpu = measure.cpu_seconds(pid) - cpu
        peak = measure.peak_mib(pid)
        assert server.value("SELECT count(*) FROM load", "bench") == expected_rows
    return [
        path.name, f"{path.stat().st_size / 1e6:,.0f}", f"{expected_rows / 1e6:.0f} M",
        f"{seconds:.1f}", f"{expected_rows / seconds:,.0f}", f"{cpu:.1f}", idle, peak - idle,
    ]


def main():
    with tempfile.TemporaryDirectory(prefix="arc-bench-") as name:
        folder = Path(name)
        results = []
        csv, parquet, lines = folder / "load.csv", folder / "load.parquet", folder / "load.lp"
        results.append(import_file(folder, csv, make_csv(csv), "--time-format", "epoch_ms"))
        csv.unlink()
        rows = make_parquet(parquet)
        results.append(import_file(folder, parquet, rows, "--time-format", "epoch_ms"))
        parquet.unlink()
        rows = make_lines(lines)
        results.append(import_file(folder, lines, rows, "--precision", "ms"))
        packed = folder / "load.lp.gz"
        with open(lines, "rb") as source, gzip.open(packed, "wb", compresslevel=1) as sink:
            while piece := source.read(1 << 24):
                sink.write(piece)
        results.append(import_file(folder, packed, rows, "--precision", "ms"))
    measure.table(
        f"Imports (row groups of {ROW_GROUP_ROWS:,} rows in the Parquet file; upload included)",
        ["file", "MB", "rows", "s", "rows/s", "CPU s", "idle MiB", "peak above idle MiB"], results,
    )


if __name__ == "__main__":
    main()
