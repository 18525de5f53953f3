"""Wrong answers that DuckDB gives or gave, where they need many rows, special files or parameters.

Small ones are in sql/engine_defects.txt. docs/engine-defects.md lists all of them.
"""

import json
import re
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from arc_server import ArcServer, run_arc

REPOSITORY = Path(__file__).resolve().parent.parent
START = 1_704_067_200_000_000  # 2024-01-01T00:00:00Z
NAN = float("nan")
ROWS = 300_000
LAST_ROWS = [[ROWS - 1], [ROWS - 2], [ROWS - 3]]


def write(server, database, measurement, columns):
    rows = len(next(iter(columns.values())))
    columns.setdefault("time", [START + number for number in range(rows)])
    server.write_msgpack(database, {"m": measurement, "columns": columns})


def ask(server, database, sql, **parameters):
    headers = {"Content-Type": "application/json", "x-arc-database": database}
    answer = server.post("/api/v1/query", json.dumps({"sql": sql, **parameters}), headers)
    assert answer.status == 200, answer.text
    return answer.json()["data"]


def test_every_issue_of_the_document_is_in_a_test_or_has_words():
    document = (REPOSITORY / "docs" / "engine-defects.md").read_text()
    shown = document.partition("## Shown right by a test")[2].partition("\n## ")[0]
    sources = Path(__file__).read_text()
    sources += (REPOSITORY / "tests" / "sql" / "engine_defects.txt").read_text()
    issues = re.findall(r"duckdb#\d+", shown)
    assert len(issues) > 40
    assert not [issue for issue in issues if not re.search(rf"{issue}\b", sources)]


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """300,000 rows, in five files or in memory: k counts up from 0, n from a million below."""
    with ArcServer(tmp_path_factory.mktemp("many")) as server:
        for database in ("in_files", "in_memory"):
            for first in range(0, ROWS, 60_000):
                numbers = list(range(first, first + 60_000))
                columns = {"time": [START + k for k in numbers], "k": numbers}
                columns["n"] = [k - 1_000_000 for k in numbers]
                write(server, database, "t", columns)
                if database == "in_files":
                    server.flush()
        yield server


@pytest.fixture(params=["in_files", "in_memory"])
def database_of_many(request):
    return request.param


NARROWED = {
    # duckdb#25158: the boundary of a top-N reached a column of another type, byte by byte
    "SELECT k FROM (SELECT k::INTEGER AS k FROM t) ORDER BY k DESC LIMIT 3": LAST_ROWS,
    "SELECT k FROM (SELECT k::UINTEGER AS k FROM t) ORDER BY k DESC LIMIT 3": LAST_ROWS,
    "SELECT k FROM (SELECT k::HUGEINT AS k FROM t) ORDER BY k DESC LIMIT 3": LAST_ROWS,
    "SELECT k FROM (SELECT k::INTEGER AS k FROM t) ORDER BY k LIMIT 3": [[0], [1], [2]],
    "SELECT n FROM (SELECT n::INTEGER AS n FROM t) ORDER BY n DESC LIMIT 2":
        [[-700_001], [-700_002]],
    "SELECT n FROM (SELECT n::INTEGER AS n FROM t) ORDER BY n LIMIT 2": [[-1_000_000], [-999_999]],
    "SELECT k FROM (SELECT k::INTEGER AS k FROM t UNION ALL SELECT n::INTEGER FROM t)"
    " ORDER BY k DESC LIMIT 3": LAST_ROWS,
    "SELECT k, count(*) FROM (SELECT k::INTEGER AS k FROM t) GROUP BY k ORDER BY k DESC LIMIT 1":
        [[ROWS - 1, 1]],
    "SELECT k FROM (SELECT TRY_CAST(k AS SMALLINT) AS k FROM t) ORDER BY k DESC NULLS LAST LIMIT 2":
        [[32767], [32766]],
    "SELECT count(k) FROM (SELECT k FROM (SELECT TRY_CAST(k AS SMALLINT) AS k FROM t)"
    " ORDER BY k DESC NULLS FIRST LIMIT 3)": [[0]],
}

OF_MANY = {
    # duckdb#22656: OFFSET without LIMIT
    "SELECT count(*), min(k) FROM (SELECT k FROM t ORDER BY k OFFSET 200000)":
        [[100_000, 200_000]],
    "SELECT count(*), min(k) FROM (SELECT k FROM t ORDER BY time OFFSET 200000)":
        [[100_000, 200_000]],
    # duckdb#22776
    "SELECT count(*), min(d) FROM (SELECT DISTINCT k // 50 AS d FROM t ORDER BY d DESC LIMIT 3000)":
        [[3000, 3000]],
    # duckdb#23516: min and max where a filter leaves row groups out
    "SELECT min(k), max(k) FROM t WHERE k >= 150000 AND k < 200000": [[150_000, 199_999]],
    "SELECT min(k), max(k), count(*) FROM t WHERE k >= 250000": [[250_000, 299_999, 50_000]],
    # duckdb#25995 (1.5.5: 2,048 rows too many)
    "SELECT count(*), count(x) FROM (SELECT lead(k) OVER () AS x FROM"
    " (SELECT k FROM t UNION ALL SELECT k + 1 FROM t))": [[2 * ROWS, 2 * ROWS - 1]],
    "SELECT count(*), max(x) FROM (SELECT count(*) OVER (ROWS BETWEEN UNBOUNDED PRECEDING AND"
    " CURRENT ROW) AS x FROM (SELECT k FROM t UNION ALL SELECT n FROM t))": [[2 * ROWS, 2 * ROWS]],
    # duckdb#25306 (1.5.5 on files: one row too many)
    "SELECT count(*), sum(x) FROM (SELECT unnest(range(200000)) AS u, x FROM"
    " (SELECT lead(k, 1, 7) OVER () AS x FROM t WHERE k = 0) LIMIT 200001)": [[200_000, 1_400_000]],
    # duckdb#21757, duckdb#22075: a join's filter on the groups of the other side
    "WITH d AS (SELECT DISTINCT k % 10 AS m FROM t), x AS (SELECT d.m FROM d LEFT JOIN"
    " (SELECT k AS m FROM t WHERE k < 0) AS e USING (m)) SELECT count(*) FROM x JOIN d USING (m)":
        [[10]],
    "SELECT count(*), sum(c) FROM (SELECT k // 100 AS h, count(*) AS c FROM t GROUP BY 1)"
    " JOIN (SELECT DISTINCT k AS h FROM t WHERE k % 300 = 0) USING (h)": [[10, 1000]],
}


@pytest.mark.parametrize("sql", NARROWED)
def test_top_n_of_a_cast_column(many, database_of_many, sql):
    assert ask(many, database_of_many, sql) == NARROWED[sql]


@pytest.mark.parametrize("sql", OF_MANY)
def test_queries_over_many_rows(many, database_of_many, sql):
    assert ask(many, database_of_many, sql) == OF_MANY[sql]


# duckdb#25521: NaN is above every number; Arrow leaves it out of a file's min and max
ABOUT_NAN = {
    "x <> 1": 1, "x > 1": 1, "x >= 1": 2, "x <= 1": 1, "x < 1": 0, "x = 1": 1, "x > 2": 1,
    "x < 2": 1, "x = 'NaN'::DOUBLE": 1, "isnan(x)": 1, "x BETWEEN 0 AND 5": 1,
    "x NOT BETWEEN 0 AND 5": 1, "x * 2 > 5": 1, "x IN (1, 'NaN'::DOUBLE)": 2, "x IS NOT NULL": 2,
}


def check_nan(server, database):
    for condition, expected in ABOUT_NAN.items():
        found = ask(server, database, f"SELECT count(*) FROM t WHERE {condition}")
        assert found == [[expected]], condition
    totals = "SELECT max(x)::VARCHAR, min(x)::VARCHAR, count(*) FILTER (x > 5),"
    totals += " sum(CASE WHEN x > 5 THEN 1 ELSE 0 END) FROM t"
    assert ask(server, database, totals) == [["nan", "1.0", 1, 1]]
    assert ask(server, database, "SELECT x::VARCHAR FROM t ORDER BY x DESC LIMIT 1") == [["nan"]]
    assert ask(server, database, "SELECT count(*) FROM t JOIN t AS u USING (x)") == [[2]]


@pytest.mark.parametrize("rows_are", ["in_memory", "in_files"])
def test_nan_is_above_every_number(server, database, rows_are):
    write(server, database, "t", {"x": [1.0, NAN, None]})
    if rows_are == "in_files":
        server.flush()
    check_nan(server, database)


def test_nan_in_adopted_files(tmp_path):
    path = tmp_path / "old/prod/t/2024/01/01/00/t_20240101_000000_000000001.parquet"
    path.parent.mkdir(parents=True)
    times = pa.array([START, START + 1, START + 2], pa.timestamp("us", "UTC"))
    pq.write_table(pa.table({"time": times, "x": pa.array([1.0, NAN, None])}), path)
    run_arc("catalog", "adopt", tmp_path / "old", "--data-dir", tmp_path / "data", cwd=tmp_path)
    with ArcServer(tmp_path) as server:
        check_nan(server, "prod")


# duckdb#17725: NaN in quantiles
def test_quantiles_with_nan(server, database):
    write(server, database, "t", {"x": [NAN, *map(float, range(1, 100)), NAN]})
    sql = "SELECT quantile_disc(x, [0.1, 0.9])::VARCHAR, quantile_disc(x, 0.5) FROM t"
    assert all(ask(server, database, sql) == [["[11.0, 91.0]", 51]] for _ in range(5))


# -0.0 is 0. Our files have no Bloom filters, which hash the two apart (duckdb#23921 for NaN).
@pytest.mark.parametrize("rows_are", ["in_memory", "in_files"])
def test_both_zeros_are_one(server, database, rows_are):
    write(server, database, "t", {"x": [-0.0, 1.0] * 2500})
    write(server, database, "zero", {"x": [0.0]})
    write(server, database, "n", {"x": [NAN, 1.0] * 2500})
    if rows_are == "in_files":
        server.flush()
    for condition in ("x = 0", "x IN (0, 7)", "x >= 0 AND x < 1", "x IS NOT DISTINCT FROM 0.0",
                      "x IN (SELECT x FROM zero)", "x = (SELECT x FROM zero)"):
        sql = f"SELECT count(*) FROM t WHERE {condition}"
        assert ask(server, database, sql) == [[2500]], condition
    assert ask(server, database, "SELECT count(*) FROM t JOIN zero USING (x)") == [[2500]]
    assert ask(server, database, "SELECT count(*) FROM n WHERE x = '-NaN'::DOUBLE") == [[2500]]


# duckdb#17554: time_bucket() goes by UTC unless it is told the zone; date_trunc() by the zone
def test_buckets_of_a_time_zone(server, database):
    write(server, database, "t", {"time": [START - 1_800_000_000], "v": [1]})  # 23:30Z
    sql = "SELECT time_bucket(INTERVAL 1 month, time), date_trunc('month', time),"
    sql += " time_bucket(INTERVAL 1 month, time, 'Europe/Berlin') FROM t"
    berlin = "2023-12-31T23:00:00Z"
    assert ask(server, database, sql, time_zone="Europe/Berlin") == [
        ["2023-12-01T00:00:00Z", berlin, berlin]
    ]


# The hour that comes twice when summer time ends: date_trunc() does not tell the two apart
def test_buckets_of_the_hour_that_comes_twice(server, database):
    midnight = 972_777_600_000_000  # 2000-10-29T00:00:00Z; 01:00Z ends summer time in London
    times = [midnight + half * 1_800_000_000 for half in range(6)]
    write(server, database, "t", {"time": times, "v": list(range(6))})
    for zone in ("", ", 'Europe/London'"):
        sql = f"SELECT time_bucket(INTERVAL 1 hour, time{zone}) AS hour, count(*) FROM t"
        found = ask(server, database, sql + " GROUP BY 1 ORDER BY 1", time_zone="Europe/London")
        assert found == [[f"2000-10-29T0{hour}:00:00Z", 2] for hour in range(3)]


# duckdb#6580: INT96, which DuckDB would read in local time, is not read in place at all
def test_int96_is_refused(tmp_path):
    path = tmp_path / "old/prod/t/2024/01/01/00/t_20240101_000000_000000001.parquet"
    path.parent.mkdir(parents=True)
    table = pa.table({"time": pa.array([START], pa.timestamp("us", "UTC")), "x": [1.0]})
    pq.write_table(table, path, use_deprecated_int96_timestamps=True)
    answer = run_arc("catalog", "adopt", tmp_path / "old", "--data-dir", tmp_path / "data",
                     cwd=tmp_path)
    assert answer.returncode == 1 and "INT96" in answer.stdout + answer.stderr


# duckdb#24994: equality of long texts in files whose pages are dictionaries
def test_long_texts_in_dictionaries(tmp_path):
    path = tmp_path / "old/prod/t/2024/01/01/00/t_20240101_000000_000000001.parquet"
    path.parent.mkdir(parents=True)
    rows = f"SELECT repeat('ab', 32) AS s, make_timestamptz({START} + i) AS time"
    rows += " FROM range(5000) AS r(i)"
    duckdb.connect().execute(f"COPY ({rows}) TO '{path}' (FORMAT parquet)")
    run_arc("catalog", "adopt", tmp_path / "old", "--data-dir", tmp_path / "data", cwd=tmp_path)
    with ArcServer(tmp_path) as server:
        for condition in ("s = repeat('ab', 32)", "s IN (repeat('ab', 32), 'x')",
                          "encode(s) = encode(repeat('ab', 32))"):
            found = ask(server, "prod", f"SELECT count(*) FROM t WHERE {condition}")
            assert found == [[5000]], condition
