"""What else a request for rows can say: estimate, table reads, profile, time zone, one database."""

import csv
import io
import json
import urllib.parse

import pytest

from arc_server import ArcServer

SECOND = 1_000_000_000
DAY = 86_400 * SECOND
QUERY = "/api/v1/query"


@pytest.fixture(scope="module")
def tables(server):
    """db_a with a thousand rows of cpu in ten days, half in files; db_b with a table of its own."""
    for begin in (0, 500):
        lines = "".join(f"cpu,host=h{n % 4} v={n}i,name=\"n{n}\" {n * DAY // 100}\n"
                        for n in range(begin, begin + 500))
        server.write_lp("db_a", lines)
        if begin == 0:
            server.request("POST", "/api/v1/write/line-protocol/flush")
    server.write_lp("db_b", f"secrets v=424242424242i {SECOND}\n")
    return server


def post(server, body, path=QUERY, headers=None):
    return server.request("POST", path, json.dumps(body), headers)


def get(server, path, **parameters):
    return server.request("GET", f"{path}?{urllib.parse.urlencode(parameters)}")


def error_of(answer, status=400):
    assert answer.status == status, answer.text
    result = answer.json()
    assert result["success"] is False
    return result["error"]


# Estimates


def estimate(server, sql, headers=None, **members):
    answer = post(server, {"sql": sql, **members}, QUERY + "/estimate", headers)
    assert answer.status == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("sql, rows, level", [
    ("SELECT * FROM db_a.cpu", 1000, "none"),
    ("SELECT count(*) FROM db_a.cpu", 1, "none"),
    ("SELECT * FROM db_a.cpu LIMIT 7", 7, "none"),
    ("SELECT * FROM db_a.cpu a, db_a.cpu b", 1_000_000, "medium"),
    ("SELECT * FROM range(20000)", 20_000, "low"),
    ("SELECT * FROM range(5000000)", 5_000_000, "high")])
def test_estimate(tables, sql, rows, level):
    result = estimate(tables, sql)
    assert result["success"] is True and result["warning_level"] == level
    assert rows / 2 <= result["estimated_rows"] <= rows * 2
    assert str(result["estimated_rows"]) in result["warning_message"]
    assert result["execution_time_ms"] >= 0


def test_an_estimate_reads_nothing(tables):
    """A query that would never end has an estimate at once, files stay closed."""
    def opened():
        text = tables.request("GET", "/metrics").text
        return [line for line in text.splitlines() if line.startswith("arc_query_files_opened")]

    before = opened()
    result = estimate(tables, "SELECT sum(a.range * b.range % 7) FROM range(10000000) a, "
                              "range(10000000) b, db_a.cpu GROUP BY a.range")
    assert result["success"] and result["execution_time_ms"] < 5000
    assert opened() == before
    assert estimate(tables, "SELECT * FROM db_a.cpu WHERE v > $1", params=[10])["success"]


def test_an_estimate_of_what_cannot_run(tables):
    for sql in ("SELEC 1", "SELECT * FROM db_a.nothing", "SELECT nothing FROM db_a.cpu",
                "SELECT * FROM read_csv('/etc/passwd')", "DROP TABLE db_a.cpu"):
        result = estimate(tables, sql)
        assert result["success"] is False and result["warning_level"] == "error"
        assert result["estimated_rows"] is None and result["warning_message"]
    for body in ({"sql": "SHOW TABLES"}, {}, {"sql": "SELECT 1", "cursor": True}):
        error_of(post(tables, body, QUERY + "/estimate"))


# GET /query/:measurement


def test_a_table_read(tables):
    result = get(tables, QUERY + "/cpu", database="db_a").json()
    assert result["success"] and result["row_count"] == 100, "the default limit"
    times = [row[0] for row in result["data"]]
    assert times == sorted(times, reverse=True) and times[0].startswith("1970-01-10")
    result = get(tables, QUERY + "/cpu", database="db_a", limit=3, offset=2, order_by="v ASC",
                 where="host = 'h1' AND v > 8").json()
    at = result["columns"].index("v")
    assert [row[at] for row in result["data"]] == [17, 21, 25]
    answer = tables.request("GET", QUERY + "/cpu", headers={"x-arc-database": "db_a"})
    assert answer.json()["success"]
    assert get(tables, QUERY + "/cpu", database="db_a", limit=0).json()["row_count"] == 0


def test_a_table_read_as_csv(tables):
    answer = get(tables, QUERY + "/cpu/csv", database="db_a", limit=5, order_by="host, v DESC")
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(row["host"], row["v"]) for row in rows] == [("h0", str(n)) for n in
                                                         (996, 992, 988, 984, 980)]


@pytest.mark.parametrize("parameters", [
    {"where": "1=1; DROP TABLE cpu"}, {"where": "1=1) UNION SELECT * FROM db_b.secrets --"},
    {"where": "true UNION SELECT * FROM db_b.secrets"}, {"where": "v > 1, v > 2"},
    {"where": "v > 1 LIMIT 5"}, {"where": "v >"}, {"where": "'"}, {"where": "x" * 5000},
    {"where": "v IN (SELECT v FROM db_b.secrets)"}, {"where": "true) --"},
    {"where": "v = (SELECT count(*) FROM read_csv('/etc/passwd'))"}, {"where": "v > 1 AS x"},
    {"order_by": "v; SELECT 1"}, {"order_by": "v LIMIT 1"}, {"order_by": "v " + "-" * 300},
    {"where": b"VA\xb1UUM"}, {"order_by": b"v\xff"},
    {"order_by": "nothing"}, {"order_by": "(SELECT v FROM db_b.secrets)"},
    {"limit": "-1"}, {"limit": "1000001"}, {"limit": "x"}, {"offset": "-1"},
    {"database": "../etc"}, {"database": "a b"}])
def test_a_table_read_that_is_more_than_one(tables, parameters):
    answer = get(tables, QUERY + "/cpu", **{"database": "db_a", **parameters})
    assert error_of(answer)
    assert "424242424242" not in answer.text


def test_a_table_read_of_an_odd_name(tables, database):
    tables.write_lp(database, f"odd-name_1 v=1i {SECOND}\n")
    assert get(tables, QUERY + "/odd-name_1", database=database).json()["row_count"] == 1
    injected = QUERY + "/" + urllib.parse.quote('a"; SELECT 1')
    assert error_of(get(tables, injected, database=database))


# Profile


def test_profile(tables):
    headers = {"x-arc-profile": "true"}
    for path in (QUERY, QUERY + "/stream"):
        answer = post(tables, {"sql": "SELECT sum(v) FROM db_a.cpu"}, path, headers)
        assert answer.status == 200
    result = post(tables, {"sql": "SELECT sum(v) FROM db_a.cpu"}, headers=headers).json()
    profile = result["profile"]
    assert set(profile) == {"total_ms", "planner_ms", "execution_ms", "rows_scanned", "latency_ms"}
    assert profile["rows_scanned"] == 1000
    assert 0 < profile["planner_ms"] + profile["execution_ms"] <= profile["total_ms"]
    day = "SELECT sum(v) FROM db_a.cpu WHERE time < TIMESTAMPTZ '1970-01-02 00:00:00+00'"
    assert post(tables, {"sql": day}, headers=headers).json()["profile"]["rows_scanned"] < 1000
    count = "SELECT count(*), min(time), max(time) FROM db_a.cpu"
    assert post(tables, {"sql": count}, headers=headers).json()["profile"]["rows_scanned"] == 0
    assert "profile" not in post(tables, {"sql": count}).json()


# Time zone


def test_buckets_in_a_time_zone(tables):
    sql = """SELECT date_trunc('day', t) AS day, count(*) AS n FROM (SELECT
             TIMESTAMPTZ '2026-03-28 20:00:00+00' + INTERVAL (range) HOUR AS t FROM range(48))
             GROUP BY 1 ORDER BY 1"""
    assert [row[1] for row in post(tables, {"sql": sql}).json()["data"]] == [4, 24, 20]
    berlin = post(tables, {"sql": sql, "time_zone": "Europe/Berlin"}).json()["data"]
    # The 29th of March 2026 has 23 hours there.
    assert berlin == [["2026-03-27T23:00:00Z", 3], ["2026-03-28T23:00:00Z", 23],
                      ["2026-03-29T22:00:00Z", 22]]
    assert post(tables, {"sql": sql}).json()["data"][0][0] == "2026-03-28T00:00:00Z", "only once"
    by_bucket = sql.replace("date_trunc('day', t)", "time_bucket(INTERVAL 1 DAY, t)")
    zoned = sql.replace("date_trunc('day', t)",
                        "time_bucket(INTERVAL 1 DAY, t, 'Europe/Berlin')")
    assert post(tables, {"sql": zoned}).json()["data"][0][1] == 3
    assert post(tables, {"sql": by_bucket, "time_zone": "Europe/Berlin"}).status == 200


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../etc/passwd", "'; SELECT 1", 7])
def test_a_time_zone_that_is_none(tables, zone):
    assert "time_zone" in error_of(post(tables, {"sql": "SELECT 1", "time_zone": zone}))


# x-arc-database


@pytest.mark.parametrize("sql", [
    "SELECT * FROM cpu", "SELECT cpu.v FROM cpu", "SELECT * FROM db_a.cpu",
    'SELECT * FROM "DB_A".cpu', "WITH x AS (SELECT * FROM cpu) SELECT x.v FROM x",
    "SELECT 'db_b.secrets' FROM cpu", "SELECT * FROM information_schema.tables",
    "SHOW TABLES", "DESCRIBE cpu"])
def test_with_the_header_one_database_can_be_read(tables, sql):
    answer = post(tables, {"sql": sql}, headers={"x-arc-database": "db_a"})
    assert answer.status == 200, answer.text


@pytest.mark.parametrize("sql", [
    "SELECT * FROM db_b.secrets", 'SELECT * FROM "db_b"."secrets"',
    "SELECT * FROM arc.db_b.secrets",
    "SELECT * FROM db_a.cpu WHERE v IN (SELECT v FROM db_b.secrets)", "SUMMARIZE db_b.secrets",
    "WITH x AS (SELECT * FROM db_b.secrets) SELECT * FROM x", "DESCRIBE db_b.secrets",
    "EXPLAIN SELECT * FROM db_b.secrets",
    "SELECT * FROM db_a.cpu JOIN /* */ db_b . secrets USING (v)"])
def test_with_the_header_no_other_database_can_be_named(tables, sql):
    assert post(tables, {"sql": sql}).status == 200, "without it, all can"
    error = error_of(post(tables, {"sql": sql}, headers={"x-arc-database": "db_a"}))
    assert "Cross-database queries" in error


# Limits of rows as earlier servers had them


def test_limits_as_in_the_python_server(tmp_path):
    """Rows of an answer without a limit, and at most: both from the environment."""
    environment = {"ARC_QUERY_DEFAULT_LIMIT": "1000", "ARC_QUERY_MAX_ROWS": "5000"}
    with ArcServer(tmp_path, {}, environment=environment) as own:
        sql = {"sql": "SELECT * FROM range(20000)"}
        result = post(own, sql).json()
        assert (result["row_count"], result["rows_capped"], result["row_cap"]) == (1000, True, 1000)
        assert post(own, {**sql, "limit": 10}).json()["row_count"] == 10
        result = post(own, {**sql, "limit": 10_000}).json()
        assert (result["row_count"], result["row_cap"]) == (5000, 5000)
        result = post(own, {**sql, "cursor": True, "page_size": 8000}).json()
        assert result["row_count"] == 5000 and result["next_cursor"], "a page is an answer"
