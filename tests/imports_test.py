"""Importing Parquet files (CSV: http/import_csv.txt), and big files through `arc import`."""

import io
import re
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from arc_server import run_arc
from plain_duckdb import PlainDuckDB, first_difference

BOUNDARY = "edge-of-a-part"


def upload(server, kind, content, **parameters):
    head = 'Content-Disposition: form-data; name="file"; filename="data"\r\n'
    body = f"--{BOUNDARY}\r\n{head}Content-Type: application/octet-stream\r\n\r\n".encode()
    body += content + f"\r\n--{BOUNDARY}--\r\n".encode()
    query = "&".join(f"{name}={value}" for name, value in parameters.items())
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    return server.post(f"/api/v1/import/{kind}?{query}", body, headers)


def parquet(table, **options):
    sink = io.BytesIO()
    pq.write_table(table, sink, **options)
    return sink.getvalue()


def imported(answer):
    assert answer.status == 200, answer
    assert answer.json()["status"] == "ok"
    return answer.json()["result"]


def test_every_type(server, database):
    table = pa.table(
        {
            "at": pa.array([0, 3600, 7200], pa.timestamp("s")),
            "small": pa.array([1, None, -3], pa.int8()),
            "unsigned": pa.array([1, 2, 4_000_000_000], pa.uint32()),
            "single": pa.array([0.5, None, 1.5], pa.float32()),
            "double": pa.array([0.1, 0.2, float("nan")], pa.float64()),
            "flag": pa.array([True, None, False]),
            "text": pa.array(["a", "", None]),
            "word": pa.array(["x", "y", "x"]).dictionary_encode(),
            "price": pa.array([Decimal("1.25"), None, Decimal("-3.50")], pa.decimal128(10, 2)),
        }
    )
    content = parquet(table)
    result = imported(
        upload(server, "parquet", content, db=database, measurement="m", time_column="at")
    )
    assert result["rows_imported"] == 3
    assert result["columns"] == ["time"] + table.column_names[1:]
    assert result["time_range_min"] == "1970-01-01T00:00:00Z"
    assert result["time_range_max"] == "1970-01-01T02:00:00Z"
    assert result["partitions_created"] >= 1 and result["duration_ms"] >= 0
    found = server.query("SELECT * FROM m ORDER BY time", database).rows
    assert found == [
        ["1970-01-01T00:00:00Z", 1, 1, 0.5, 0.1, True, "a", "x", 1.25],
        ["1970-01-01T01:00:00Z", None, 2, None, 0.2, None, "", "y", None],
        ["1970-01-01T02:00:00Z", -3, 4_000_000_000, 1.5, None, False, None, "x", -3.5],
    ]
    types = [row[1] for row in server.query("DESCRIBE m", database).rows]
    assert types == ["TIMESTAMP WITH TIME ZONE", "BIGINT", "BIGINT", "DOUBLE", "DOUBLE", "BOOLEAN",
                     "VARCHAR", "VARCHAR", "DOUBLE"]  # fmt: skip


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "Europe/Berlin"])
def test_every_unit_of_time(unit, zone, server, database):
    moment = datetime(2024, 2, 29, 12, 30, 15)
    column = pa.array([moment], pa.timestamp(unit))
    column = column.cast(pa.timestamp(unit, zone)) if zone else column
    content = parquet(pa.table({"time": column, "v": [1]}))
    imported(upload(server, "parquet", content, db=database, measurement="m"))
    assert server.value("SELECT time FROM m", database) == "2024-02-29T12:30:15Z"


def test_what_is_imported_is_in_files_after_one_transaction(server, database):
    hours = 24 * 40
    times = pa.array([i * 3600 for i in range(hours)], pa.timestamp("s"))
    content = parquet(pa.table({"time": times, "v": list(range(hours))}), row_group_size=100)
    before = server.metrics()["arc_catalog_transactions_total"]
    result = imported(upload(server, "parquet", content, db=database, measurement="m"))
    assert server.metrics()["arc_catalog_transactions_total"] - before <= 2
    glob = f"{server.files_root}/{database}/m/**/*.parquet"
    found = PlainDuckDB().rows(f"SELECT count(*), sum(v) FROM read_parquet('{glob}')")
    assert found == [[hours, sum(range(hours))]]
    assert result["rows_imported"] == hours
    assert server.query("SELECT count(*), sum(v) FROM m", database).rows == found


def test_an_import_joins_rows_that_were_written(server, database):
    server.write_lp(database, "m,host=a v=1i 1", "s")
    columns = {"time": pa.array([2], pa.timestamp("s")), "host": ["b"], "v": [2.5]}
    imported(upload(server, "parquet", parquet(pa.table(columns)), db=database, measurement="m"))
    server.write_lp(database, "m,host=c v=3i 3", "s")
    found = server.query("SELECT host, v FROM m ORDER BY time", database).rows
    assert found == [["a", 1.0], ["b", 2.5], ["c", 3.0]]


DAMAGED_PAGE = Path(__file__).parent / "parquet" / "bad-page-checksum.parquet"


def test_a_page_that_does_not_have_its_checksum_is_refused_by_name(server, database):
    answer = upload(server, "parquet", DAMAGED_PAGE.read_bytes(), db=database, measurement="m")
    assert answer.status == 422, answer
    message = 'page 1 of column "[a-z]+" in row group 1 is damaged'
    assert re.search(message, answer.json()["error"]), answer.text
    assert server.query_answer("SELECT count(*) FROM m", database).status != 200


def test_pages_that_have_their_checksum_are_taken(server, database):
    columns = {"time": pa.array([1, 2], pa.timestamp("s")), "v": [22.0, 23.0]}
    content = parquet(pa.table(columns), write_page_checksum=True)
    imported(upload(server, "parquet", content, db=database, measurement="m"))
    assert server.query("SELECT v FROM m ORDER BY 1", database).rows == [[22.0], [23.0]]


BAD_FILES = {
    "not_parquet": (b"PAR1 but nothing else PAR1", 422, "."),
    "empty": (b"", 400, "(?i)empty"),
    "no_time": (parquet(pa.table({"a": [1], "b": [2]})), 400, 'time column "time" not found.*a, b'),
    "null_time": (
        parquet(pa.table({"time": pa.array([1, None], pa.timestamp("s")), "v": [1, 2]})),
        422,
        "(?i)null|missing",
    ),
    "nested": (
        parquet(pa.table({"time": pa.array([1], pa.timestamp("s")), "v": [[1, 2]]})),
        422,
        "v",
    ),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_bad_files_are_refused_whole(case, server, database):
    content, status, message = BAD_FILES[case]
    answer = upload(server, "parquet", content, db=database, measurement="m")
    assert answer.status == status, answer
    assert re.search(message, answer.json()["error"]), answer.text
    assert server.query_answer("SELECT count(*) FROM m", database).status != 200


def test_a_value_that_does_not_fit_the_column_refuses_the_file(server, database):
    server.write_lp(database, "m v=1i 1", "s")
    columns = {"time": pa.array([2, 3], pa.timestamp("s")), "v": ["text", "more"]}
    answer = upload(server, "parquet", parquet(pa.table(columns)), db=database, measurement="m")
    assert answer.status in (400, 422) and "v" in answer.json()["error"], answer
    assert server.query("SELECT count(*) FROM m", database).rows == [[1]]


def test_csv_through_the_command_line(server, database, tmp_path):
    rows = 20_000
    lines = [f"{1_704_067_200 + i * 7},h{i % 5},{i / 4},{i}" for i in range(rows)]
    path = tmp_path / "load.csv"
    path.write_text("moment,host,load,n\n" + "\n".join(lines) + "\n")
    done = run_arc("import", path, "--database", database, "--measurement", "m", "--time-column",
                   "moment", "--url", server.url, cwd=tmp_path)  # fmt: skip
    assert done.returncode == 0, done.stderr
    plain = PlainDuckDB()
    plain.execute(f"CREATE TABLE m AS SELECT *, to_timestamp(moment) AS time FROM '{path}'")
    sql = "SELECT host, count(*), avg(load), sum(n), max(time) FROM m GROUP BY host ORDER BY host"
    assert first_difference(server.query(sql, database).rows, plain.rows(sql)) is None
