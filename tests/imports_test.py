"""Importing Parquet files (CSV: http/import_csv.txt), and big files through `arc import`."""

import io
import random
import re
import struct
from datetime import datetime
from decimal import Context, Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from arc_server import ArcServer, run_arc
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


PARQUET = Path(__file__).parent / "parquet"
DAMAGED_PAGE = PARQUET / "bad-page-checksum.parquet"


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


JULIAN_1970 = 2_440_588
DAY_NANOS = 86_400_000_000_000


def int96_parquet(path, values, name="time", nulls=(), dictionary=False, row_group_size=None):
    """A file with INT96 of (nanoseconds of the day, Julian day), whatever they are: written over
    those that pyarrow wrote, which are known. Also a column i with the numbers of the rows."""
    known = [None if i in nulls else i * 1000 for i in range(len(values))]
    columns = {name: pa.array(known, pa.timestamp("ns")), "i": list(range(len(values)))}
    pq.write_table(
        pa.table(columns), path, use_deprecated_int96_timestamps=True, compression="none",
        use_dictionary=dictionary, write_statistics=False, row_group_size=row_group_size,
    )  # fmt: skip
    content = path.read_bytes()
    for i, value in enumerate(values):
        if i in nulls:
            continue
        placeholder = struct.pack("<qI", i * 1000, JULIAN_1970)
        assert content.count(placeholder) == 1
        content = content.replace(placeholder, b"\xfe" * 8 + struct.pack("<I", i))
    for i, value in enumerate(values):
        content = content.replace(b"\xfe" * 8 + struct.pack("<I", i), struct.pack("<qI", *value))
    path.write_bytes(content)
    return content


def test_int96_times_far_from_1970(server, database):
    content = (PARQUET / "int96-years-1600-and-1969.parquet").read_bytes()
    result = imported(upload(server, "parquet", content, db=database, measurement="m"))
    assert result["time_range_min"] == "1600-01-01T00:00:00Z"
    found = server.query("SELECT time, v FROM m ORDER BY time", database).rows
    assert found == [["1600-01-01T00:00:00Z", 1], ["1969-12-31T23:59:59.999999Z", 2]]


def test_text_that_is_not_utf8_is_refused_by_name(server, database):
    """It would be stored, and nobody could read the measurement any more."""
    offsets = pa.py_buffer(struct.pack("<iii", 0, 1, 2))
    texts = pa.Array.from_buffers(pa.string(), 2, [None, offsets, pa.py_buffer(b"\xffx")])
    times = pa.array([1, 2], pa.timestamp("us", "UTC"))
    for column in (texts, texts.cast(pa.binary())):
        content = parquet(pa.table({"time": times, "s": column}))
        answer = upload(server, "parquet", content, db=database, measurement="m")
        assert answer.status == 422 and 'column "s"' in answer.json()["error"], answer
        assert "UTF" in answer.json()["error"]
    content = parquet(pa.table({"time": times, "abcdefg": [1, 2]}))
    content = content.replace(b"abcdefg", b"abc\xffefg")
    answer = upload(server, "parquet", content, db=database, measurement="m")
    assert answer.status in (400, 422) and "name of column 2 is not UTF-8" in answer.text, answer
    answer = upload(server, "csv", b"time,a\xff\n1,2\n", db=database, measurement="m")
    assert answer.status in (400, 422) and "name of column 2 is not UTF-8" in answer.text, answer
    assert server.query_answer("SELECT * FROM m", database).status == 400


INT96_TIMES = {
    (0, 5_373_484): "9999-12-31T00:00:00Z",
    (DAY_NANOS - 1, 5_373_484): "9999-12-31T23:59:59.999999Z",
    (0, 1_721_426): "0001-01-01T00:00:00Z",
    (0, 2_334_012): "1678-03-16T00:00:00Z",
    (0, 2_333_012): "1675-06-20T00:00:00Z",
    (0, 2_547_340): "2262-04-12T00:00:00Z",
    (999, JULIAN_1970): "1970-01-01T00:00:00Z",
    (DAY_NANOS - 1, JULIAN_1970 - 1): "1969-12-31T23:59:59.999999Z",
    (1, JULIAN_1970 - 1): "1969-12-31T00:00:00Z",
    (12 * 3_600_000_000_000 + 1_001, 2_460_371): "2024-03-01T12:00:00.000001Z",
}


@pytest.mark.parametrize("dictionary", [False, True])
@pytest.mark.parametrize("row_group_size", [None, 3])
def test_int96_times_of_every_century(dictionary, row_group_size, tmp_path):
    content = int96_parquet(tmp_path / "x.parquet", list(INT96_TIMES), dictionary=dictionary,
                            row_group_size=row_group_size)  # fmt: skip
    with ArcServer(tmp_path / "server", {"ingest.max_future": "0"}) as own:
        imported(upload(own, "parquet", content, db="x", measurement="m"))
        found = own.query("SELECT time FROM m ORDER BY i", "x").rows
    assert found == [[text] for text in INT96_TIMES.values()]


def test_int96_beside_the_time_is_microseconds(server, database, tmp_path):
    int96_parquet(tmp_path / "x.parquet", [(1_999, JULIAN_1970), (0, 0), (0, 5_373_484)], "spark",
                  nulls=[1])  # fmt: skip
    content = (tmp_path / "x.parquet").read_bytes()
    options = {"db": database, "measurement": "m", "time_column": "i", "time_format": "epoch_s"}
    imported(upload(server, "parquet", content, **options))
    found = server.query("SELECT spark FROM m ORDER BY time", database).rows
    assert found == [[1], [None], [253_402_214_400_000_000]]


INT96_THAT_ARE_NO_TIMES = {
    "negative": ((-1, JULIAN_1970), "holds -1 nanoseconds, which is no time of a day"),
    "a whole day": ((DAY_NANOS, JULIAN_1970), "nanoseconds, which is no time of a day"),
    "many days": ((2**62, JULIAN_1970), "nanoseconds, which is no time of a day"),
    "day 0": ((0, 0), "holds the Julian day 0, which is outside the times that can be stored"),
    "after 294247": ((0, 109_192_580), "Julian day 109192580, which is outside the times"),
    "the last day": ((0, 2**32 - 1), "Julian day 4294967295, which is outside the times"),
}


@pytest.mark.parametrize("name", ["time", "other"])
@pytest.mark.parametrize("case", INT96_THAT_ARE_NO_TIMES)
def test_int96_that_is_no_time_is_refused_by_name(case, name, server, database, tmp_path):
    value, reason = INT96_THAT_ARE_NO_TIMES[case]
    values = [(0, JULIAN_1970 + i) for i in range(9)] + [value]
    nulls = [1] if name == "other" else []
    content = int96_parquet(tmp_path / "x.parquet", values, name, nulls, row_group_size=4)
    options = {"time_column": "i", "time_format": "epoch_s"} if name == "other" else {}
    answer = upload(server, "parquet", content, db=database, measurement="m", **options)
    assert answer.status == 422, answer
    assert answer.json()["error"].startswith(f'column "{name}", row 10: '), answer.text
    assert reason in answer.json()["error"]
    assert server.query_answer("SELECT count(*) FROM m", database).status != 200


def test_times_that_no_column_holds_are_refused(server, database):
    """The last two are infinities in SQL."""
    for micros in (-(2**63), -(2**63) + 1, 2**63 - 1):
        column = pa.array([0, micros], pa.timestamp("us"))
        content = parquet(pa.table({"time": column, "v": [1, 2]}))
        answer = upload(server, "parquet", content, db=database, measurement="m")
        assert answer.status == 422, answer
        assert "is outside the times that can be stored" in answer.json()["error"]


def test_a_decimal_that_no_float_keeps(server, database):
    content = (PARQUET / "decimal-20-2.parquet").read_bytes()
    target = {"db": database, "measurement": "m"}
    answer = upload(server, "parquet", content, **target)
    assert answer.status == 422, answer
    assert answer.json()["error"] == (
        'column "p" of type decimal128(20, 2) holds 99999999999999999.99, which has more digits '
        "than a float keeps: import the file with long_numbers=text, which makes such columns "
        "texts, or long_numbers=round"
    )
    assert server.query_answer("SELECT count(*) FROM m", database).status != 200
    imported(upload(server, "parquet", content, long_numbers="text", **target))
    sql = "SELECT p, p::DECIMAL(20, 2) > 99999999999999999.98 FROM m ORDER BY time"
    found = server.query(sql, database).rows
    assert found == [["1.10", False], ["99999999999999999.99", True], [None, None]]
    target["measurement"] = "rounded"
    imported(upload(server, "parquet", content, long_numbers="round", **target))
    assert server.query("SELECT p FROM rounded ORDER BY time", database).rows == [
        [1.1], [1e17], [None],
    ]  # fmt: skip
    answer = upload(server, "parquet", content, long_numbers="float", **target)
    assert answer.status == 400 and "long_numbers must be text or round" in answer.json()["error"]


@pytest.mark.parametrize("precision, scale", [(9, 2), (18, 3), (38, 18), (38, 0), (60, 30)])
def test_decimals_that_a_float_keeps_are_the_nearest(precision, scale, server, database):
    numbers = random.Random(precision)
    digits = min(15, precision)
    values = []
    for _ in range(500):
        places = numbers.randint(0, min(scale, digits))
        whole_max = min(digits, precision - scale + places)
        values.append(Decimal(numbers.randrange(10**whole_max)).scaleb(-places))
    quantum = Decimal(1).scaleb(-scale)
    context = Context(prec=80)
    values = [value.quantize(quantum, context=context) for value in values]
    make = pa.decimal128 if precision <= 38 else pa.decimal256
    columns = {
        "time": pa.array(range(len(values)), pa.timestamp("s")),
        "d": pa.array(values, make(precision, scale)),
    }
    imported(upload(server, "parquet", parquet(pa.table(columns)), db=database, measurement="m"))
    found = server.query("SELECT d FROM m ORDER BY time", database).rows
    assert found == [[float(value)] for value in values]


def test_integers_that_no_float_keeps_do_not_join_floats(server, database):
    server.write_lp(database, "m v=0.5 1", "s")
    columns = {"time": pa.array([2, 3], pa.timestamp("s")), "v": [7, 2**53 + 1]}
    content, target = parquet(pa.table(columns)), {"db": database, "measurement": "m"}
    answer = upload(server, "parquet", content, **target)
    assert answer.status == 400, answer
    message = 'column "v": holds float, which does not keep all digits of 9007199254740993'
    assert answer.json()["error"].startswith(message), answer.text
    assert server.query("SELECT count(*) FROM m", database).rows == [[1]]
    imported(upload(server, "parquet", content, long_numbers="round", **target))
    found = server.query("SELECT v FROM m ORDER BY time", database).rows
    assert found == [[0.5], [7.0], [2.0**53]]


ZERO_PAD = """time,plz,on
2026-03-29T01:30:00Z,01067,yes
2026-03-29T01:31:00Z,80331,no
"""


def test_csv_numbers_that_would_lose_something_are_texts(server, database):
    result = imported(upload(server, "csv", ZERO_PAD.encode(), db=database, measurement="m"))
    assert result["warnings"] == [
        'column "plz" is text: "01067" has a zero in front that a number would lose'
    ]
    found = server.query('SELECT plz, "on" FROM m ORDER BY time', database).rows
    assert found == [["01067", "yes"], ["80331", "no"]]


def test_csv_dates_without_separators(server, database):
    content = b"time,v\n20260329,1\n20260330,2\n"
    imported(upload(server, "csv", content, db=database, measurement="m"))
    found = server.query("SELECT time, v FROM m ORDER BY time", database).rows
    assert found == [["2026-03-29T00:00:00Z", 1], ["2026-03-30T00:00:00Z", 2]]
    options = {"db": database, "measurement": "seconds", "time_format": "epoch_s"}
    imported(upload(server, "csv", content, **options))
    assert server.value("SELECT min(time) FROM seconds", database) == "1970-08-23T11:52:09Z"


def test_csv_days_of_a_spreadsheet(server, database):
    answer = upload(server, "csv", b"time,v\n46082.5,1\n", db=database, measurement="m")
    assert answer.status == 422, answer
    assert "a day of a spreadsheet, to be written as a date" in answer.json()["error"]


SPELLINGS_OF_NOTHING = """time,temp,hum
2026-03-01T00:00:00Z,21.5,NA
2026-03-01T00:01:00Z,NaN,40
2026-03-01T00:02:00Z,null,41
2026-03-01T00:03:00Z,,42
2026-03-01T00:04:00Z,-,43
"""


def test_csv_spellings_of_nothing(server, database):
    content = SPELLINGS_OF_NOTHING.encode()
    result = imported(upload(server, "csv", content, db=database, measurement="m"))
    assert "warnings" not in result
    found = server.query("SELECT temp, hum FROM m ORDER BY time", database).rows
    assert found == [[21.5, None], [None, 40], [None, 41], [None, 42], [None, 43]]
    assert server.query("SELECT sum(hum), count(temp) FROM m", database).rows == [[166, 1]]
    # None of them: NaN is a number of its own, and - makes the column text.
    options = {"db": database, "measurement": "none", "null_values": ""}
    result = imported(upload(server, "csv", content, **options))
    assert server.query("SELECT temp FROM none ORDER BY time", database).rows[4] == ["-"]
    options = {"db": database, "measurement": "named", "null_values": "NA,null,-"}
    imported(upload(server, "csv", content, **options))
    found = server.query("SELECT temp, hum FROM named ORDER BY time", database).rows
    assert found == [[21.5, None], [None, 40], [None, 41], [None, 42], [None, 43]]
    assert server.value("SELECT count(temp) FROM named", database) == 2  # NaN counts
    options["null_values"] = ",".join(str(i) for i in range(101))
    answer = upload(server, "csv", content, **options)
    assert answer.status == 400 and "more than the 100" in answer.json()["error"], answer


def test_csv_spaces_around_names_and_numbers(server, database):
    content = b"time, temp , hum\n2026-03-29T01:30:00Z, 1.5 , 3\n2026-03-29T01:31:00Z, 1.6 , 4\n"
    result = imported(upload(server, "csv", content, db=database, measurement="m"))
    assert result["columns"] == ["time", "temp", "hum"]
    assert server.query("SELECT sum(temp), sum(hum) FROM m", database).rows == [[3.1, 7]]


def test_csv_decimal_commas(server, database):
    content = "time;temp;wind\n2026-03-01;21,5;45,2\n2026-03-02;-0,25;7\n".encode()
    options = {"db": database, "delimiter": ";", "measurement": "hinted"}
    result = imported(upload(server, "csv", content, **options))
    assert result["warnings"] == [
        f'column "{name}" is text: "{text}" has a decimal comma '
        "(decimal_comma=true reads such numbers)"
        for name, text in (("temp", "21,5"), ("wind", "45,2"))
    ]
    options = {"db": database, "delimiter": ";", "measurement": "m", "decimal_comma": "true"}
    imported(upload(server, "csv", content, **options))
    found = server.query("SELECT temp, wind FROM m ORDER BY time", database).rows
    assert found == [[21.5, 45.2], [-0.25, 7.0]]
    options["decimal_comma"] = "yes"
    answer = upload(server, "csv", content, **options)
    assert answer.status == 400 and "decimal_comma must be true or false" in answer.json()["error"]


def test_csv_numbers_longer_than_a_float(server, database):
    content = b"time,v\n2026-03-01,0.1\n2026-03-02,12345678901234567890.12\n"
    imported(upload(server, "csv", content, db=database, measurement="m"))
    found = server.query("SELECT v FROM m ORDER BY time", database).rows
    assert found == [["0.1"], ["12345678901234567890.12"]]
    options = {"db": database, "measurement": "rounded", "long_numbers": "round"}
    imported(upload(server, "csv", content, **options))
    found = server.query("SELECT v FROM rounded ORDER BY time", database).rows
    assert found == [[0.1], [12345678901234567890.12]]


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
