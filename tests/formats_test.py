"""Results as MessagePack columns, as Parquet and with Arrow dictionaries."""

import datetime
import gzip
import http.client
import io
import json
import socket
import time
from contextlib import closing

import duckdb
import msgpack
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from arc_server import ArcServer
from arrow_test import answer_of, table_of

MSGPACK = "/api/v1/query/msgpack"
UTC = datetime.timezone.utc
# Nulls, texts of every length, some thousand different ones; more than memory keeps.
BIG = """SELECT range AS n, CASE WHEN range % 3 > 0 THEN 'host-' || range % 5000 END AS host,
                range / 7 AS v, TIMESTAMPTZ '2026-01-01 00:00:00+00' + INTERVAL (range) SECOND AS t,
                repeat('x', (range % 300)::INT) AS text FROM range(200000)"""


def unpacked(body):
    return msgpack.unpackb(body, timestamp=3, strict_map_key=False)


def answer_in_msgpack(server, sql, headers=None, **members):
    answer, body = answer_of(server, sql, headers, MSGPACK, **members)
    assert answer.getheader("Content-Type") == "application/msgpack"
    return answer, unpacked(body)


def test_msgpack_types_and_nulls(server):
    answer, result = answer_in_msgpack(server, """
        SELECT -1::TINYINT a, 40000::USMALLINT b, 3 c, 4::BIGINT d, 18446744073709551615::UBIGINT e,
               0.5::FLOAT f, 0.1::DOUBLE g, true h, 'é' i, DATE '1969-12-31' j,
               TIMESTAMPTZ '2026-01-01 02:00:00.25+02' k, TIMESTAMP '1960-01-01 00:00:00.5' l,
               TIMESTAMP_NS '2026-01-01 00:00:00.000000001' m, 1.25::DECIMAL(9,2) n,
               7::DECIMAL(9,0) o, sum(9::BIGINT) p, NULL q, [1, 2] r, TIME '01:02:03' s
        UNION ALL SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
               NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL""")
    assert answer.status == 200
    assert list(result) == ["success", "columns", "types", "data", "row_count",
                            "execution_time_ms", "timestamp"]
    assert result["success"] is True and result["row_count"] == 2
    assert result["columns"] == list("abcdefghijklmnopqrs")
    types = dict(zip(result["columns"], result["types"]))
    assert types.pop("q") in ("null", "int32")
    assert list(types.values()) == [
        "int8", "uint16", "int32", "int64", "uint64", "float32", "float64", "bool", "utf8",
        "date32", "timestamp[us]", "timestamp[us]", "timestamp[ns]", "float64", "int64", "int64",
        "string_encoded", "string_encoded"]
    first = [column[0] for column in result["data"]]
    assert first[:9] == [-1, 40000, 3, 4, 2**64 - 1, 0.5, 0.1, True, "é"]
    assert first[9:12] == [datetime.datetime(1969, 12, 31, tzinfo=UTC),
                           datetime.datetime(2026, 1, 1, 0, 0, 0, 250000, UTC),
                           datetime.datetime(1960, 1, 1, 0, 0, 0, 500000, UTC)]
    assert first[13:] == [1.25, 7, 9, None, "[1, 2]", "01:02:03"]
    assert all(column[1] is None for column in result["data"])


def test_msgpack_numbers_of_64_bits_are_always_nine_bytes(server):
    _, body = answer_of(server, "SELECT 1::BIGINT n", path=MSGPACK)
    assert b"\x91\xd3" + bytes(7) + b"\x01" in body
    _, body = answer_of(server, "SELECT TIMESTAMP_NS '2026-01-01 00:00:00.000000001' t",
                        path=MSGPACK)
    nanos = msgpack.unpackb(body)["data"][0][0]
    assert (nanos.seconds, nanos.nanoseconds) == (1767225600, 1)


@pytest.mark.parametrize("coding", [None, "zstd", "gzip"])
def test_msgpack_of_many_rows_is_what_duckdb_says(server, coding):
    headers = {"Accept-Encoding": coding} if coding else {}
    answer, body = answer_of(server, BIG, headers, MSGPACK)
    assert answer.getheader("Content-Encoding") == coding
    if coding == "gzip":
        body = gzip.decompress(body)
    if coding == "zstd":
        body = zstandard.ZstdDecompressor().decompressobj().decompress(body)
    result = unpacked(body)
    expected = duckdb.connect().sql(BIG).to_arrow_table()
    assert result["row_count"] == expected.num_rows
    rows = list(zip(*result["data"]))
    columns = [expected[name].to_pylist() for name in result["columns"]]
    assert sorted(rows) == sorted(zip(*columns))


def test_msgpack_show_caps_and_errors(server, database):
    server.write_lp(database, f"cpu v=1 {10**9}")
    _, result = answer_in_msgpack(server, f"SHOW TABLES FROM {database}")
    assert result["data"][1] == ["cpu"]
    _, result = answer_in_msgpack(server, "SELECT * FROM range(10)", limit=3)
    assert result["row_count"] == 3 and result["rows_capped"] and result["row_cap"] == 3
    for sql, status in [("SELEC", 400), ("SELECT error('boom')", 400), ("", 400),
                        ("SELECT sum(n) s FROM (SELECT 9223372036854775807 n FROM range(2))", 400),
                        ("SELECT 'infinity'::TIMESTAMP t", 400)]:
        answer, result = answer_in_msgpack(server, sql)
        assert answer.status == status and result["success"] is False and result["error"], sql
        assert result["data"] == [] and result["row_count"] == 0


def test_msgpack_over_the_limit_of_the_spool(tmp_path):
    with ArcServer(tmp_path, {"query.max_spool_size": "1MB"}) as own:
        answer, result = answer_in_msgpack(own, BIG)
        assert answer.status == 413 and "query.max_spool_size" in result["error"]
        _, result = answer_in_msgpack(own, "SELECT range FROM range(50000)")
        assert result["row_count"] == 50000, "what the other had taken was given back"


def test_a_slow_reader_of_msgpack_holds_neither_thread_nor_snapshot(server):
    """The rows are on disk; it can read them whenever it likes."""
    body = json.dumps({"sql": BIG})
    with closing(socket.create_connection(("127.0.0.1", server.port), timeout=60)) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        client.sendall(f"POST {MSGPACK} HTTP/1.0\r\nContent-Length: {len(body)}\r\n\r\n"
                       f"{body}".encode())
        head = client.recv(1000)
        deadline = time.monotonic() + 30
        while server.request("GET", "/api/v1/queries/active").json()["queries"]:
            assert time.monotonic() < deadline
        answer = http.client.HTTPResponse(_Raw(head, client))
        answer.begin()
        assert unpacked(answer.read())["row_count"] == 200_000
    assert not list((server.data_directory / "spool").glob("result*"))


class _Raw:
    """A socket of which the first bytes were read."""

    def __init__(self, head, client):
        self._file = io.BufferedReader(_Chain(head, client))

    def makefile(self, *_):
        return self._file


class _Chain(io.RawIOBase):
    def __init__(self, head, client):
        self._head, self._client = head, client

    def readable(self):
        return True

    def readinto(self, target):
        data = self._head or self._client.recv(len(target))
        self._head = b""
        target[:len(data)] = data
        return len(data)


def parquet_of(server, sql, **members):
    answer, body = answer_of(server, sql, {"Accept-Encoding": "zstd"}, "/api/v1/query",
                             format="parquet", **members)
    assert answer.status == 200, body
    assert answer.getheader("Content-Type") == "application/vnd.apache.parquet"
    assert answer.getheader("Content-Encoding") is None
    return body


def test_parquet(server, tmp_path):
    body = parquet_of(server, BIG)
    path = tmp_path / "result.parquet"
    path.write_bytes(body)
    connection = duckdb.connect()
    assert connection.sql(f"(FROM '{path}') EXCEPT ({BIG})").fetchall() == []
    assert connection.sql(f"SELECT count(*) FROM '{path}'").fetchall() == [(200_000,)]
    file = pq.ParquetFile(path)
    assert file.metadata.num_row_groups > 1
    assert file.schema_arrow.field("t").type == pa.timestamp("us", "UTC")


def test_parquet_without_rows_and_by_accept(server):
    answer, body = answer_of(server, "SELECT 1 a, 'x' b WHERE false",
                             {"Accept": "application/vnd.apache.parquet"}, "/api/v1/query")
    assert answer.status == 200
    table = pq.read_table(io.BytesIO(body))
    assert table.num_rows == 0 and table.column_names == ["a", "b"]


def test_parquet_that_is_cut_short_is_no_file(server):
    late = """SELECT range AS n, CASE WHEN range = 900000 THEN error('boom')
                                      ELSE 'abc' || range END t FROM range(900001)"""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    with closing(connection):
        connection.request("POST", "/api/v1/query", json.dumps({"sql": late, "format": "parquet"}))
        answer, body = connection.getresponse(), b""
        with pytest.raises((http.client.IncompleteRead, ConnectionResetError)):
            while piece := answer.read1(1 << 20):
                body += piece
            assert answer.isclosed(), "the last chunk has come"
            raise AssertionError("it looks complete")
    assert body.startswith(b"PAR1")
    with pytest.raises(pa.ArrowInvalid):
        pq.read_table(io.BytesIO(body))


def test_arrow_dictionaries(server):
    sql = """SELECT 'host-' || (range // 3000) % 200 AS few, 'host-' || range AS many,
                    CASE WHEN range % 2 = 0 THEN 'a' END AS nulls, range AS n FROM range(300000)"""
    plain = table_of(server, sql)
    packed = table_of(server, sql, {"x-arc-arrow-dictionary": "true"})
    types = [str(field.type) for field in packed.schema]
    word = "dictionary<values=string, indices=int32, ordered=0>"
    assert types == [word, "string", word, "int64"]
    decoded = pa.table({name: packed[name].cast(plain[name].type) for name in plain.column_names})
    assert decoded.sort_by("n").equals(plain.sort_by("n"))
    assert str(table_of(server, "SELECT 'a' x FROM range(200)",
                        {"x-arc-arrow-dictionary": "1"}).schema.field("x").type) == "string"
    answer, body = answer_of(server, sql, {"x-arc-arrow-dictionary": "yes"})
    assert answer.status == 400 and b"x-arc-arrow-dictionary" in body


def test_an_arrow_dictionary_begins_anew_before_it_is_large(server):
    """Few values at first, different ones in every chunk later."""
    sql = """SELECT CASE WHEN range < 3000 THEN 'a' ELSE 'v' || range // 2 END AS host, range AS n
             FROM range(200000)"""
    _, body = answer_of(server, sql, {"x-arc-arrow-dictionary": "true"})
    sizes, rows = [], 0
    for batch in pa.ipc.open_stream(body):
        sizes.append(len(batch["host"].dictionary))
        rows += batch.num_rows
    assert rows == 200_000 and max(sizes) <= 4096 + 2048
    expected = duckdb.connect().sql(f"SELECT count(DISTINCT host) FROM ({sql})").fetchall()[0][0]
    column = pa.ipc.open_stream(body).read_all()["host"].cast("string")
    assert len(column.unique()) == expected
