"""A good body cut at every byte: exactly its complete rows, or a refusal; never half a row.

Line protocol: line_protocol_cut_test.py.
"""

import gzip
import io
import json

import msgpack
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from imports_test import upload

PACKERS = {"plain": bytes, "gzip": gzip.compress, "zstd": zstandard.compress}
ITEMS = [
    {"m": "cut", "columns": {"time": [1_000, 2_000], "v": [1, 2], "s": ["a", None]}},
    {"m": "cut", "t": 3_000, "tags": {"host": "h"}, "fields": {"v": 3, "ok": True}},
]


def rows_of(server, database, measurement):
    answer = server.query_answer(f"SELECT * FROM {measurement} ORDER BY time", database)
    return answer.json()["data"] if answer.status == 200 else []


@pytest.mark.parametrize("packer", PACKERS)
def test_msgpack_is_stored_whole_or_not_at_all(server, database, packer):
    body = PACKERS[packer](msgpack.packb(ITEMS))
    headers = {"x-arc-database": database}
    for size in range(len(body)):
        answer = server.post("/api/v1/write/msgpack", body[:size], headers)
        assert answer.status == 400, (size, answer)
        assert answer.json()["error"]
    assert rows_of(server, database, "cut") == []
    assert server.post("/api/v1/write/msgpack", body, headers).status == 204
    assert len(rows_of(server, database, "cut")) == 3


@pytest.mark.parametrize("packer", ["gzip", "zstd"])
@pytest.mark.parametrize("kind", ["csv", "lp"])
def test_packed_imports_are_stored_whole_or_not_at_all(server, database, kind, packer):
    text = {"csv": b"time,v,s\n1,1,a\n2,2,b\n3,3,\n", "lp": b'm v=1 1\nm v=2,s="b" 2\n'}[kind]
    body = PACKERS[packer](text)
    for size in range(1, len(body)):
        answer = upload(server, kind, body[:size], db=database, measurement="m")
        assert 400 <= answer.status < 500, (size, answer)
    assert rows_of(server, database, "m") == []
    assert upload(server, kind, body, db=database, measurement="m").status == 200


def test_csv_stores_complete_rows_only(server, database):
    """A row that is cut is another length, another value or no time: each is what it says."""
    text = b'time,v,s\n100,11,"a,b"\n200,22,c\n'
    for size in range(1, len(text)):
        measurement = f"m{size}"
        cut = text[:size]
        answer = upload(server, "csv", cut, db=database, measurement=measurement)
        rows = rows_of(server, database, measurement)
        if answer.status != 200:
            assert answer.status in (400, 422) and rows == [], (cut, answer)
            continue
        # What is there is what a reader of the cut text expects.
        assert cut.count(b'"') % 2 == 0, cut
        assert len(rows) == answer.json()["result"]["rows_imported"]
        lines = cut.decode().splitlines()[1:]
        assert len(rows) == len(lines), cut
        assert all(len(line.replace("a,b", "ab").split(",")) == 3 for line in lines), cut


def test_parquet_is_stored_whole_or_not_at_all(server, database):
    table = pa.table({"time": pa.array([1, 2], pa.timestamp("s")), "v": [1, 2], "s": ["a", None]})
    sink = io.BytesIO()
    pq.write_table(table, sink)
    body = sink.getvalue()
    for size in range(0, len(body), 3):
        answer = upload(server, "parquet", body[:size], db=database, measurement="m")
        assert answer.status in (400, 422), (size, answer)
    assert rows_of(server, database, "m") == []
    assert upload(server, "parquet", body, db=database, measurement="m").status == 200


def test_a_query_is_understood_whole_or_not_at_all(server, database):
    body = json.dumps({"sql": "SELECT 1 AS one", "params": {}, "limit": 10}).encode()
    headers = {"x-arc-database": database}
    for path in ("/api/v1/query", "/api/v1/query/stream", "/api/v1/query/arrow"):
        for size in range(len(body)):
            answer = server.post(path, body[:size], headers)
            assert answer.status == 400, (path, size, answer)
        assert server.post(path, body, headers).status == 200


@pytest.mark.parametrize("cut", ["head", "boundary", "tail"])
def test_a_cut_multipart_body_stores_nothing(server, database, cut):
    edge = "edge"
    body = (f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'
            f"time,v\n1,1\n\r\n--{edge}--\r\n").encode()  # fmt: skip
    sizes = {"head": range(1, 70), "boundary": range(70, len(body) - 4, 2),
             "tail": range(len(body) - 5, len(body) - 4)}[cut]  # fmt: skip
    headers = {"Content-Type": f"multipart/form-data; boundary={edge}"}
    for size in sizes:
        path = f"/api/v1/import/csv?db={database}&measurement=m"
        answer = server.post(path, body[:size], headers)
        assert answer.status == 400, (size, answer)
    assert rows_of(server, database, "m") == []
