"""Parquet files with bytes changed, imported and adopted: an answer each time, a server that
lives, and what is stored can be read. ARC_PARQUETS of them, ARC_SEED tells which."""

import decimal
import io
import os
import random
import struct

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from arc_server import ArcServer, run_arc
from imports_test import upload

FILES = int(os.environ.get("ARC_PARQUETS", "150"))
START = 1_767_225_600_000_000  # 2026-01-01T00:00:00Z


def seeds():
    """Small files of many shapes."""
    count = 300
    numbers = random.Random(1)
    table = pa.table({
        "time": pa.array([START + i * 1000 for i in range(count)], pa.timestamp("us", "UTC")),
        "host": [numbers.choice(["a", "b", None]) for _ in range(count)],
        "v": [numbers.random() for _ in range(count)],
        "n": pa.array([numbers.randrange(2**31) for _ in range(count)], pa.int32()),
        "b": [i % 3 == 0 for i in range(count)],
        "d": pa.array([decimal.Decimal(i) / 4 for i in range(count)], pa.decimal128(9, 2)),
    })
    options = [
        {}, {"compression": "none"}, {"compression": "zstd", "use_dictionary": False},
        {"compression": "gzip", "data_page_version": "2.0"}, {"row_group_size": 50},
        {"use_deprecated_int96_timestamps": True}, {"write_page_checksum": True},
        {"use_dictionary": False, "column_encoding": {"v": "BYTE_STREAM_SPLIT"}},
        {"use_dictionary": False, "column_encoding": {"n": "DELTA_BINARY_PACKED"}},
        {"use_dictionary": False, "column_encoding": {"host": "DELTA_BYTE_ARRAY"}},
        {"write_statistics": False, "write_page_index": True},
    ]
    files = []
    for option in options:
        out = io.BytesIO()
        pq.write_table(table, out, **option)
        files.append(out.getvalue())
    return files


def changed(content, numbers):
    content = bytearray(content)
    footer = len(content) - 8 - struct.unpack("<I", content[-8:-4])[0]
    for _ in range(numbers.choice([1, 1, 2, 5, 20])):
        # Half of them in the footer, which says what everything is.
        low, high = (footer, len(content)) if numbers.random() < 0.5 else (0, len(content))
        at = numbers.randrange(low, high)
        way = numbers.randrange(5)
        if way == 0:
            content[at] ^= 1 << numbers.randrange(8)
        elif way == 1:
            content[at] = numbers.choice([0, 1, 0x7F, 0x80, 0xFF])
        elif way == 2:
            content[at:at + 8] = numbers.randbytes(min(8, len(content) - at))
        elif way == 3:
            other = numbers.randrange(len(content))
            size = min(numbers.randrange(1, 64), len(content) - max(at, other))
            content[at:at + size] = content[other:other + size]
        else:
            sizes = [0, 1, len(content), 2**31, 2**32 - 1]
            content[-8:-4] = struct.pack("<I", numbers.choice(sizes))
    if numbers.random() < 0.1:
        del content[numbers.randrange(len(content)):]
    return bytes(content)


@pytest.fixture
def numbers():
    seed = int(os.environ.get("ARC_SEED") or random.randrange(10**9))
    print(f"seed {seed}")
    return random.Random(seed)


def test_an_import_of_a_changed_file_has_an_answer(tmp_path, numbers):
    files = seeds()
    taken = 0
    with ArcServer(tmp_path) as own:
        for i in range(FILES):
            content = changed(numbers.choice(files), numbers)
            (tmp_path / "last.parquet").write_bytes(content)
            answer = upload(own, "parquet", content, db="x", measurement=f"m{i}")
            assert answer.status in (200, 400, 413, 422), answer
            assert own.process.poll() is None
            if answer.status != 200:
                assert answer.json()["error"]
                continue
            taken += 1
            found = own.query_answer(f"SELECT * FROM m{i}", "x")
            assert found.status == 200, found
            assert found.json()["row_count"] == answer.json()["result"]["rows_imported"]
        assert own.get("/health").json()["status"] == "ok"
    assert 0 < taken < FILES


def test_an_adopted_changed_file_has_an_answer(tmp_path, numbers):
    files = seeds()
    folder = tmp_path / "old" / "x" / "m" / "2026" / "01" / "01" / "00"
    folder.mkdir(parents=True)
    for i in range(FILES // 3):
        path = folder / f"m_20260101_000000_{i:09}.parquet"
        path.write_bytes(changed(numbers.choice(files), numbers))
        answer = run_arc("catalog", "adopt", tmp_path / "old", "--data-dir", tmp_path / "data",
                         cwd=tmp_path)
        assert answer.returncode in (0, 1), answer
        if answer.returncode == 1:
            assert path.name in answer.stdout + answer.stderr, answer
            path.unlink()
    with ArcServer(tmp_path) as own:
        for sql in ("SELECT * FROM m", "SELECT host, sum(v), max(n) FROM m GROUP BY host"):
            found = own.query_answer(sql, "x")
            assert found.status in (200, 400, 500), found
            assert own.process.poll() is None
        verified = own.post("/api/v1/verify")
        assert verified.status == 202
