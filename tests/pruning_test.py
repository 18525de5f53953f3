"""Of many files only those with the right hours are opened. (That no row gets lost by it:
pruning_property_test.py.)"""

from datetime import datetime, timedelta, timezone

import pytest

from arc_server import ArcServer
from plain_duckdb import rfc3339

HOURS = 3000
ROWS_AN_HOUR = 4
HOUR = 3_600_000_000
HALF_HOURS_AND_EDGES = [0, HOUR // 4, HOUR // 2, HOUR - 1]  # microseconds into the hour


def last_hour_begins():
    now = datetime.now(timezone.utc)
    return int(now.timestamp()) // 3600 * HOUR


@pytest.fixture(scope="module")
def hourly(tmp_path_factory):
    """One file for each of the last 3,000 hours: no flush touches more than two hours of a day,
    so none of them makes files of a day."""
    settings = {"ingest.max_buffer_age_ms": 3_600_000}
    with ArcServer(tmp_path_factory.mktemp("hourly"), settings) as server:
        server.first_hour = last_hour_begins() - (HOURS - 1) * HOUR
        for pair in range(12):
            lines = [
                f"m v={number}i {server.first_hour + number * HOUR + offset}"
                for number in range(HOURS)
                if (server.first_hour // HOUR + number) % 24 // 2 == pair
                for offset in HALF_HOURS_AND_EDGES
            ]
            server.write_lp("default", "\n".join(lines), "us")
            server.flush()
        yield server


@pytest.fixture
def opened_by(hourly):
    """Runs a query; how many files it opened, and its rows."""

    def run(sql):
        before = hourly.metrics()["arc_query_files_opened_total"]
        rows = hourly.query(sql).rows
        return hourly.metrics()["arc_query_files_opened_total"] - before, rows

    return run


def test_there_are_3000_files(hourly):
    table = hourly.query("SHOW TABLES").rows
    assert [(row[1], row[3]) for row in table] == [("m", HOURS)]
    assert hourly.value("SELECT count(*) FROM m WHERE v >= 0") == HOURS * ROWS_AN_HOUR


def test_a_full_scan_is_counted(opened_by):
    """Otherwise the tests below would prove nothing."""
    opened, rows = opened_by("SELECT sum(v) FROM m")
    assert opened == HOURS
    assert rows == [[ROWS_AN_HOUR * HOURS * (HOURS - 1) // 2]]


def moment(hourly, hours, zone=0):
    """`hours` after the first one, as text."""
    micros = hourly.first_hour + hours * HOUR
    if not zone:
        return f"'{rfc3339(micros)}'"
    local = datetime(1970, 1, 1) + timedelta(microseconds=micros, hours=zone)
    return f"'{local.isoformat()}{zone:+03}:00'"


TWO_HOURS = {
    "half_open": "time >= {a} AND time < {b}",
    "closed": "time > {a} AND time <= {b}",
    "between": "time BETWEEN {a} AND {b}",
    "typed": "time >= TIMESTAMPTZ {a} AND time < TIMESTAMP {b}",
    "zone": "time >= {a_east} AND time < {b_east}",
    "arithmetic": "time >= {b}::TIMESTAMPTZ - INTERVAL 2 HOUR AND time < {b}::TIMESTAMPTZ",
    "turned_around": "{a} <= time AND {b} > time",
    "bucket_bounds": "time >= date_trunc('hour', {a}::TIMESTAMPTZ) AND time < {b}",
    "with_other_columns": "v >= 0 AND time >= {a} AND v < 1e9 AND time < {b}",
}


@pytest.mark.parametrize("form", TWO_HOURS)
def test_two_hours_open_at_most_three_files(form, hourly, opened_by):
    a, b = moment(hourly, 1000), moment(hourly, 1002)
    a_east, b_east = moment(hourly, 1000, zone=2), moment(hourly, 1002, zone=2)
    where = TWO_HOURS[form].format(a=a, b=b, a_east=a_east, b_east=b_east)
    opened, rows = opened_by(f"SELECT count(*), min(v), max(v) FROM m WHERE {where}")
    assert opened <= 3
    last = 1002 if "<= {b}" in TWO_HOURS[form] or "BETWEEN" in TWO_HOURS[form] else 1001
    assert rows[0][1:] == [1000, last]


def test_an_hour_edge_does_not_open_the_next_hour(hourly, opened_by):
    a, b = moment(hourly, 1000), moment(hourly, 1002)
    opened, rows = opened_by(f"SELECT sum(v) FROM m WHERE time >= {a} AND time < {b}")
    assert opened == 2
    assert rows == [[ROWS_AN_HOUR * (1000 + 1001)]]


@pytest.mark.parametrize("now", ["now()", "current_timestamp", "now()::TIMESTAMPTZ"])
def test_the_last_two_hours(now, opened_by):
    where = f"time > {now} - INTERVAL '2 hours'"
    opened, rows = opened_by(f"SELECT min(v), max(v) FROM m WHERE {where}")
    assert opened <= 3
    assert rows[0][0] >= HOURS - 3
    assert rows[0][1] == HOURS - 1


def test_groups_of_the_last_two_hours(opened_by):
    opened, rows = opened_by(
        "SELECT time_bucket(INTERVAL '15 minutes', time) AS quarter, avg(v) FROM m "
        "WHERE time > now() - INTERVAL 2 HOUR GROUP BY quarter ORDER BY quarter"
    )
    assert opened <= 3
    assert len(rows) >= 4


def test_each_table_of_a_join_is_pruned(hourly, opened_by):
    a, b = moment(hourly, 500), moment(hourly, 502)
    opened, rows = opened_by(
        f"SELECT count(*) FROM m x JOIN m y ON x.time = y.time "
        f"WHERE x.time >= {a} AND x.time < {b} AND y.time >= {a} AND y.time < {b}"
    )
    assert opened <= 6
    assert rows == [[2 * ROWS_AN_HOUR]]


def test_nothing_is_opened_outside_of_all_files(opened_by):
    opened, rows = opened_by("SELECT count(v) FROM m WHERE time < '1970-01-01'")
    assert (opened, rows) == (0, [[0]])


def test_count_and_range_of_the_whole_come_from_the_catalog(hourly, opened_by):
    opened, rows = opened_by("SELECT count(*), min(time), max(time) FROM m")
    last = hourly.first_hour + HOURS * HOUR - 1
    assert rows == [[HOURS * ROWS_AN_HOUR, rfc3339(hourly.first_hour), rfc3339(last)]]
    assert opened == 0
