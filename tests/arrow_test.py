"""Results as an Arrow IPC stream, read with pyarrow."""

import datetime
import http.client
import json
from contextlib import closing

import pyarrow as pa
import pytest

ARROW = "/api/v1/query/arrow"
ROWS = 300_000


def answer_of(server, sql, headers=None, path=ARROW, **members):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    with closing(connection):
        connection.request("POST", path, json.dumps({"sql": sql, **members}), headers or {})
        answer = connection.getresponse()
        return answer, answer.read()


def table_of(server, sql, headers=None, **members):
    answer, body = answer_of(server, sql, headers, **members)
    assert answer.status == 200, body
    assert answer.getheader("Content-Type") == "application/vnd.apache.arrow.stream"
    return pa.ipc.open_stream(body).read_all()


def test_types_and_nulls(server):
    table = table_of(server, """
        SELECT 1::TINYINT a, 2::USMALLINT b, 3 c, 4::BIGINT d, 5::UBIGINT e, 0.5::FLOAT f,
               'nan'::DOUBLE g, true h, 'é' i, DATE '1969-12-31' j,
               TIMESTAMPTZ '2026-01-01 02:00:00.25+02' k, TIMESTAMP '1960-01-01' l,
               TIMESTAMP_NS '2026-01-01 00:00:00.000000001' m, 1.25::DECIMAL(9,2) n,
               7::DECIMAL(9,0) o, sum(9::BIGINT) p, NULL q, [1, 2] r
        UNION ALL SELECT * FROM (SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
               NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)""")
    types = [str(field.type) for field in table.schema]
    assert types == ["int8", "uint16", "int32", "int64", "uint64", "float", "double", "bool",
                     "string", "date32[day]", "timestamp[us, tz=UTC]", "timestamp[us]",
                     "timestamp[ns]", "double", "int64", "int64", types[16], "string"]
    first = [column[0].as_py() for column in table.columns if str(column.type) != "timestamp[ns]"]
    assert first[:6] == [1, 2, 3, 4, 5, 0.5] and first[6] != first[6]
    utc = datetime.timezone.utc
    assert first[7:12] == [True, "é", datetime.date(1969, 12, 31),
                           datetime.datetime(2026, 1, 1, 0, 0, 0, 250000, utc),
                           datetime.datetime(1960, 1, 1)]
    assert first[12:] == [1.25, 7, 9, None, "[1, 2]"]
    assert table["m"][0].value == 1767225600_000000001
    assert all(column[1].as_py() is None for column in table.columns)
    assert table.validate(full=True) is None


@pytest.mark.parametrize("compression", [None, "zstd", "lz4"])
def test_many_rows_whole_and_right(server, compression):
    headers = {"Accept-Encoding": "gzip, zstd"}
    if compression:
        headers["x-arc-arrow-compression"] = compression
    table = table_of(server, f"SELECT range AS n, CASE WHEN range % 3 > 0 THEN 'host-' || "
                             f"(range % 7) END AS host, range % 2 = 0 AS even "
                             f"FROM range({ROWS}) ORDER BY n", headers)
    assert table["n"].to_pylist() == list(range(ROWS))
    assert table["host"].to_pylist() == [f"host-{i % 7}" if i % 3 else None for i in range(ROWS)]
    assert table["even"].to_pylist() == [i % 2 == 0 for i in range(ROWS)]


def test_no_rows_are_a_schema(server):
    table = table_of(server, "SELECT 1 AS a, 'x' AS b WHERE false")
    assert table.num_rows == 0 and table.schema.names == ["a", "b"]


def test_show(server, database):
    server.write_lp(database, "cpu v=1 1")
    assert database in table_of(server, "SHOW DATABASES")["database"].to_pylist()
    assert table_of(server, f"SHOW TABLES FROM {database}")["table_name"].to_pylist() == ["cpu"]


def test_chosen_by_accept_header_and_by_member(server):
    for headers, members in (({"Accept": "application/vnd.apache.arrow.stream"}, {}),
                             ({}, {"format": "arrow"})):
        _, body = answer_of(server, "SELECT 1 AS a", headers, "/api/v1/query", **members)
        assert pa.ipc.open_stream(body).read_all()["a"].to_pylist() == [1]


def test_limit_and_cap(server):
    assert table_of(server, "SELECT * FROM range(100000)", limit=5000).num_rows == 5000


def test_errors_are_json(server):
    answer, body = answer_of(server, "SELECT nonsense")
    assert answer.status == 400 and not json.loads(body)["success"]
    answer, body = answer_of(server, "SELECT 1", {"x-arc-arrow-compression": "brotli"})
    assert answer.status == 400 and "zstd or lz4" in json.loads(body)["error"]


def test_a_number_that_does_not_fit_is_an_error(server):
    answer, body = answer_of(server, "SELECT sum(9223372036854775807) AS s FROM range(2)")
    assert answer.status == 400 and "int64" in json.loads(body)["error"]


def test_an_error_after_the_first_byte_leaves_the_body_without_its_end(server):
    with pytest.raises((http.client.IncompleteRead, ConnectionResetError)):
        answer_of(server, f"SELECT CASE WHEN range = {ROWS} THEN error('boom') ELSE range END AS n "
                          f"FROM range({ROWS + 1})")
