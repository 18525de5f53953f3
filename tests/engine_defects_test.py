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


# duckdb#17554: time_bucket() goes by UTC there unless it is told the zone
def test_buckets_of_a_time_zone(server, database):
    write(server, database, "t", {"time": [START - 1_800_000_000], "v": [1]})  # 23:30Z
    sql = "SELECT time_bucket(INTERVAL 1 month, time), date_trunc('month', time),"
    sql += " time_bucket(INTERVAL 1 month, time, 'Europe/Berlin') FROM t"
    berlin = "2023-12-31T23:00:00Z"
    assert ask(server, database, sql, time_zone="Europe/Berlin") == [
        [berlin, berlin, berlin]
    ]


# The hour that comes twice when summer time ends: date_trunc() does not tell the two apart there
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


MANY = 400_000


@pytest.fixture(scope="module")
def joined(tmp_path_factory):
    """t: k counts up with time, h has 50 values. d: ten numbers from the middle of k."""
    with ArcServer(tmp_path_factory.mktemp("joined")) as server:
        for database in ("in_files", "in_memory"):
            for first in range(0, MANY, 100_000):
                numbers = range(first, first + 100_000)
                columns = {"time": [START + k for k in numbers], "k": list(numbers)}
                columns["h"] = [f"h{k % 50}" for k in numbers]
                write(server, database, "t", columns)
            write(server, database, "d", {"k": list(range(200_000, 200_010))})
            if database == "in_files":
                server.flush()
        yield server


# duckdb#22963: the keys of a join's one side filter the other below its LIMIT or DISTINCT ON,
# if they are there in time: each run is another race.
LIMITED = {
    "SELECT k FROM t ORDER BY k LIMIT 1000": 0,
    "SELECT * FROM t ORDER BY time LIMIT 1000": 0,
    "SELECT * FROM t ORDER BY time DESC LIMIT 1000": 0,
    "SELECT k FROM t ORDER BY k % 1000, k LIMIT 400": 1,
    "SELECT DISTINCT ON (h) h, k FROM t ORDER BY h, time": 0,
}


@pytest.mark.parametrize("rows_are", ["in_files", "in_memory"])
@pytest.mark.parametrize("limited", LIMITED)
def test_a_join_does_not_reach_below_a_limit(joined, rows_are, limited):
    for sql in (f"SELECT count(*) FROM ({limited}) AS a JOIN d USING (k)",
                f"SELECT count(*) FROM ({limited}) AS a WHERE k IN (SELECT k FROM d)",
                f"WITH a AS ({limited}) SELECT count(*) FROM a JOIN d USING (k)"):
        found = [ask(joined, rows_are, sql)[0][0] for _ in range(5)]
        assert found == [LIMITED[limited]] * 5, sql


@pytest.fixture(params=["in_memory", "in_files"])
def small(request, server, database):
    """rows: id 1 to 3, g 1 1 2, v 10 20 30; p: posts; w: a time that is missing in a LEFT JOIN."""
    columns = {"id": [1, 2, 3], "g": [1, 1, 2], "v": [10, 20, 30]}
    write(server, database, "rows", columns)
    posts = {"id": [1, 2, 3, 4, 5], "views": [100, 150, None, 50, 300], "likes": [10, 20, 5, 2, 30]}
    write(server, database, "p", posts)
    write(server, database, "one", {"time": [START], "v": [1]})
    write(server, database, "big", {"a": [51, 127, 128, 200, 300, -200, 5_000_000_000]})
    if request.param == "in_files":
        server.flush()

    def query(sql, **parameters):
        return ask(server, database, sql, **parameters)

    return query


# duckdb#24629, duckdb#24780: PARTITION BY g, g takes the partitions of PARTITION BY g, id
def test_duplicate_partition_keys(small):
    found = small("SELECT sum(v) OVER (PARTITION BY g, g) AS a,"
                  " sum(v) OVER (PARTITION BY g, id) AS b FROM rows ORDER BY id")
    assert found == [[30, 10], [30, 20], [30, 30]]


def test_duplicate_partition_keys_in_order(small):
    found = small("SELECT row_number() OVER (PARTITION BY g, g ORDER BY v) AS a,"
                  " row_number() OVER (PARTITION BY g, id ORDER BY v) AS b FROM rows ORDER BY id")
    assert found == [[1, 1], [2, 1], [1, 1]]


def test_duplicate_partition_keys_in_another_order(small):
    found = small("SELECT bit_and(v) OVER (PARTITION BY id, g) AS a, bit_or(v) OVER"
                  " (PARTITION BY g, g) AS b FROM rows ORDER BY id")
    assert found == [[10, 30], [20, 30], [30, 30]]


# duckdb#23678: the order inside ROW_NUMBER() is forgotten where only the first are wanted
def test_order_inside_row_number(small):
    found = small("SELECT id FROM rows QUALIFY row_number(ORDER BY id DESC) OVER (PARTITION BY g"
                  " ORDER BY v ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) <= 1"
                  " ORDER BY id")
    assert found == [[2], [3]]


# duckdb#24458: FIRST_VALUE with a frame that moves and no ORDER BY
def test_first_value_of_a_moving_frame(small):
    found = small("SELECT id, first_value(v) OVER (ROWS BETWEEN CURRENT ROW AND CURRENT ROW)"
                  " FROM rows ORDER BY id")
    assert found == [[1, 10], [2, 20], [3, 30]]


# duckdb#25213: DISTINCT below UNNEST
def test_left_join_of_unnested_rows(small):
    found = small("SELECT count(*) FROM rows LEFT JOIN (SELECT g, unnest([1, 2, 3]) AS e FROM"
                  " (SELECT DISTINCT g FROM rows)) AS u USING (g)")
    assert found == [[9]]


# duckdb#22267: EXISTS over a subquery that names the outer row in its SELECT
@pytest.mark.parametrize("word, expected", [("EXISTS", 4), ("NOT EXISTS", 1)])
def test_exists_over_a_subquery(small, word, expected):
    found = small(f"SELECT count(*) FROM p AS o WHERE {word} (SELECT 1 FROM (SELECT o.id AS a,"
                  " i.views AS b FROM p AS i WHERE o.likes > i.likes) AS s WHERE s.b <> o.likes)")
    assert found == [[expected]]


# duckdb#23687: a comparison takes TRY_CAST away
@pytest.mark.parametrize("kind, expected", [("TINYINT", 2), ("SMALLINT", 5), ("INTEGER", 5)])
def test_comparing_a_try_cast(small, kind, expected):
    found = small(f"SELECT count(*) FROM big WHERE TRY_CAST(a AS {kind}) > 50")
    assert found == [[expected]]


def expect_null_of_a_missing_time(small, zone, kind):
    missing = "nullif(v, 20) * INTERVAL 0 second + TIMESTAMPTZ '2024-01-15 12:00:00+00'"
    rows = f"(SELECT id, ({missing})::{kind} AS t FROM rows)"
    other = f"{kind} '2024-01-05 00:00:00'"
    where = small(f"SELECT id FROM {rows} WHERE date_trunc('month', t) <> {other} ORDER BY id",
                  time_zone=zone)
    assert where == [[1], [3]]
    shown = small(f"SELECT date_trunc('month', t) = {other} FROM {rows} ORDER BY id",
                  time_zone=zone)
    assert shown == [[False], [None], [False]]


# No issue found: date_trunc() = or <> a time that begins no month, over NULL
@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin"])
def test_date_trunc_of_null(small, zone):
    expect_null_of_a_missing_time(small, zone, "TIMESTAMPTZ")


def test_date_trunc_over_a_left_join(small):
    sql = "SELECT count(*) FROM rows LEFT JOIN one USING (time)"
    sql += " WHERE date_trunc('month', one.time) <> TIMESTAMPTZ '2024-01-05 00:00:00+00'"
    assert small(sql, time_zone="Europe/Berlin") == [[1]]


# duckdb#24985: more than 1,041,747 partitions, an ORDER BY and the whole partition as frame
def test_a_million_partitions(server, database):
    for first in range(0, 1_041_748, 100_000):
        numbers = range(first, min(first + 100_000, 1_041_748))
        columns = {"time": [START + k for k in numbers], "c": [float(k) for k in numbers]}
        columns["a"] = [f"{k}.0" for k in numbers]
        write(server, database, "t", columns)
    sql = "SELECT count(*) FROM (SELECT c, sum(c) OVER (PARTITION BY a ORDER BY time RANGE BETWEEN"
    sql += " UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS d FROM t) WHERE c <> d"
    assert ask(server, database, sql) == [[0]]


# duckdb#23921 and the same for zeros: Bloom filters of DuckDB's files hash equal numbers apart.
# An earlier server compacts with DuckDB, so adopted files have them.
@pytest.mark.parametrize("sql", [
    "SELECT count(*) FROM t WHERE zero = 0",
    "SELECT count(*) FROM t JOIN (SELECT 0.0::DOUBLE AS zero) AS o USING (zero)",
    "SELECT count(*) FROM t WHERE zero = (SELECT max(plus) FROM t)",
    "SELECT count(*) FROM t WHERE nan = 'NaN'::DOUBLE",
    "SELECT count(*) FROM t JOIN (SELECT 'NaN'::DOUBLE AS nan) AS o USING (nan)",
])
def test_bloom_filters_of_adopted_files(tmp_path, sql):
    path = tmp_path / "old/prod/t/2024/01/01/00/t_20240101_000000_000000001.parquet"
    path.parent.mkdir(parents=True)
    columns = "CASE WHEN i % 2 = 0 THEN -0.0::DOUBLE ELSE 1 END AS zero, 0.0::DOUBLE AS plus,"
    columns += " CASE WHEN i % 2 = 0 THEN '-NaN'::DOUBLE ELSE 1 END AS nan"
    rows = f"SELECT {columns}, make_timestamptz({START} + i) AS time FROM range(5000) AS r(i)"
    duckdb.connect().execute(f"COPY ({rows}) TO '{path}' (FORMAT parquet)")
    run_arc("catalog", "adopt", tmp_path / "old", "--data-dir", tmp_path / "data", cwd=tmp_path)
    with ArcServer(tmp_path) as server:
        assert ask(server, "prod", sql) == [[2500]]
