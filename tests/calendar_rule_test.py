"""Functions on `time` run as their TIMESTAMP twins (the calendar rule): function by function,
answers and types are those of a plain DuckDB with a TIMESTAMPTZ column and TimeZone = 'UTC'.

The DuckDB of the Python package brings ICU, so the comparison is exact. Values are compared as
text.
"""

import re

import pytest

from arc_server import ArcServer
from plain_duckdb import PlainDuckDB

# Around the epoch and leap days, on edges of hours, days, weeks, months and years, where zones
# change their clocks, and far away on both sides.
TIMES = """
    0001-01-01 00:00:00  0999-12-31 23:59:59.999999  1582-10-15 00:00:00  1899-12-31 12:00:00
    1900-02-28 23:59:59  1969-12-31 23:59:59.999999  1970-01-01 00:00:00  1970-01-01 00:00:00.000001
    1968-02-29 06:30:00  1999-12-31 23:59:59.5       2000-01-01 00:00:00  2000-02-29 12:34:56.789012
    2001-09-09 01:46:40  2020-12-31 00:00:00         2021-01-03 23:59:59  2021-01-04 00:00:00
    2023-03-12 07:30:00  2023-03-26 01:30:00         2023-10-29 00:59:59  2023-11-05 06:00:00
    2024-02-29 00:00:00  2024-02-29 23:59:59.999999  2024-03-31 01:00:00  2024-07-01 11:11:11.111111
    2024-12-30 00:00:00  2025-01-01 00:15:00         2026-06-15 18:45:30  2038-01-19 03:14:08
    2100-02-28 23:00:00  2262-04-11 23:47:16.854775  4000-02-29 00:00:00  9999-12-31 23:59:59.999999
"""
PARTS = """microsecond millisecond second minute hour day week month quarter year decade century
    millennium""".split()
NUMBERS = """epoch dow isodow doy weekday weekofyear yearweek isoyear era julian timezone
    timezone_hour timezone_minute""".split()
WIDTHS = ["7 minutes", "1 hour", "36 hours", "1 day", "10 days", "1 week", "1 month", "1 year"]
LEAP_NOON = "TIMESTAMPTZ '2020-02-29 12:00:00Z'"

FAMILIES = [
    *(f"date_trunc('{part}', time)" for part in PARTS),
    *(f"date_part('{part}', time)" for part in PARTS + NUMBERS),
    *(f"time_bucket(INTERVAL '{width}', time)" for width in WIDTHS),
    *(f"datediff('{part}', {LEAP_NOON}, time)" for part in PARTS),
    *(f"datesub('{part}', time, {LEAP_NOON})" for part in PARTS),
    *(f"{part}(time)" for part in PARTS + NUMBERS if part not in ("timezone", "dow", "doy")),
]

# One a line.
OTHERS = """
extract(hour FROM time)
extract(epoch FROM time)
extract(isodow FROM time)
datetrunc('hour', time)
datepart('minute', time)
date_part(['year', 'month', 'hour'], time)
time_bucket(INTERVAL '1 day', time, INTERVAL '6 hours')
time_bucket(INTERVAL '1 week', time, TIMESTAMPTZ '2024-01-03 00:00:00Z')
time_bucket(INTERVAL '5 months', time)
time_bucket(INTERVAL '1 day', time, 'UTC')
time_bucket(INTERVAL '1 day', time, 'Europe/Berlin')
dayofmonth(time)
dayofweek(time)
dayofyear(time)
dayname(time)
monthname(time)
last_day(time)
epoch_ms(time)
epoch_us(time)
epoch_ns(CASE WHEN year(time) BETWEEN 1700 AND 2200 THEN time END)
strftime(time, '%Y-%m-%d %H:%M:%S.%f')
strftime(time, '%a %b %j %U %W %p %I %y %%')
strftime(time, '%Z %z')
strftime(time, '%G-%V-%u')
strftime(time, '%c | %x | %X')
time::DATE
time::TIMESTAMP
time::TIMETZ
time::VARCHAR
time::TIMESTAMP_S
TRY_CAST(time AS DATE)
CAST(time AS TIMESTAMP)
time::TIMESTAMP::TIMESTAMPTZ
time::DATE::TIMESTAMPTZ
time::TIMESTAMP::TIME
time + INTERVAL '1 hour'
time - INTERVAL '1 month'
time + INTERVAL '1 month 1 day'
time - INTERVAL '1 year'
INTERVAL '90 minutes' + time
time + to_days(31)
time - TIMESTAMPTZ '2000-01-01 00:00:00Z'
age(time, TIMESTAMPTZ '2000-01-01 00:00:00Z')
time AT TIME ZONE 'UTC'
time AT TIME ZONE 'Europe/Berlin'
time AT TIME ZONE 'America/New_York'
timezone('Asia/Kolkata', time)
(time AT TIME ZONE 'Asia/Tokyo')::DATE
date_trunc('day', time AT TIME ZONE 'Europe/Berlin')
time::TIMESTAMP AT TIME ZONE 'Europe/Berlin'
date_trunc('hour', time::TIMESTAMP)
hour(time::TIMESTAMP)
date_trunc('month', time::DATE)
isfinite(time)
isinf(time)
greatest(time, TIMESTAMPTZ '2000-01-01 00:00:00Z')
least(time, '2000-01-01'::TIMESTAMPTZ)
coalesce(NULL, date_trunc('hour', time))
time = date_trunc('day', time)
time::DATE = DATE '2024-02-29'
time::DATE > '2000-01-01'
time > '2000-01-01'
time > '2000-01-01T02:00:00+02:00'
time < TIMESTAMP '2000-01-01 00:00:01'
time > DATE '2024-02-29'
time BETWEEN '2020-01-01' AND '2021-01-03 23:59:59'
date_trunc('hour', time) + INTERVAL 30 MINUTE
hour(date_trunc('day', time) + INTERVAL 5 HOUR)
year(time) * 100 + month(time)
date_trunc(CASE WHEN hour(time) > 6 THEN 'day' ELSE 'hour' END, time)
to_timestamp(epoch(time) // 3600 * 3600)
make_timestamptz(epoch_us(time))
strftime(date_trunc('month', time), '%Y-%m')
hash(date_trunc('hour', time))
time::VARCHAR LIKE '2024%'
[date_trunc('day', time)]
{'h': hour(time)}
CASE WHEN time::DATE > DATE '2000-01-01' THEN time END
"""
EXPRESSIONS = FAMILIES + OTHERS.strip().splitlines()

QUERIES = [
    "SELECT date_trunc('month', time) AS k, count(*) FROM t GROUP BY k ORDER BY k",
    "SELECT time::DATE AS k, count(*) FROM t GROUP BY ALL ORDER BY k",
    "SELECT count(*) FROM t WHERE date_trunc('day', time) = '2024-02-29'",
    "SELECT count(*) FROM t WHERE hour(time) BETWEEN 0 AND 6 AND year(time) > 1970",
    "SELECT count(*) FROM t WHERE time::DATE IN ('2024-02-29', '1970-01-01')",
    "SELECT count(*) FROM t a JOIN t b ON date_trunc('year', a.time) = date_trunc('year', b.time)",
    "SELECT count(*) FROM t a JOIN t b ON a.time::DATE = b.time::DATE AND a.id < b.id",
    "SELECT id FROM t ORDER BY date_part('isodow', time), time LIMIT 9",
    "SELECT id, lag(date_trunc('year', time)) OVER (ORDER BY time) FROM t ORDER BY id",
    "SELECT max(date_trunc('hour', time)), min(time_bucket(INTERVAL '1 day', time)) FROM t",
    "SELECT quarter(time) AS q, list(id ORDER BY id)::VARCHAR FROM t GROUP BY q ORDER BY q",
    "WITH d AS (SELECT DISTINCT date_trunc('year', time) AS x FROM t) SELECT x FROM d ORDER BY x",
    "SELECT id FROM t WHERE time > (SELECT date_trunc('year', max(time)) FROM t) ORDER BY id",
    "SELECT date_trunc('hour', now()) <= now(), typeof(now()), now()::DATE = current_date",
]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """One that believes times of any century."""
    settings = {"ingest.max_future": "0"}
    with ArcServer(tmp_path_factory.mktemp("centuries"), settings) as own:
        yield own


@pytest.fixture(scope="module", params=["in_memory", "in_files"])
def twins(request, server):
    """A server database and a plain DuckDB with the same table t(time, id)."""
    plain = PlainDuckDB()
    moments = [moment for moment in map(str.strip, re.split(r"\s\s+", TIMES)) if moment]
    plain.execute("CREATE TABLE t (time TIMESTAMPTZ, id BIGINT)")
    for number, moment in enumerate(moments):
        plain.execute(f"INSERT INTO t VALUES ('{moment}+00', {number})")
    rows = plain.execute("SELECT epoch_us(time), id FROM t").fetchall()
    database = f"utc_{request.param}"
    server.write_lp(database, "\n".join(f"t id={id}i {time}" for time, id in rows), "us")
    if request.param == "in_files":
        server.flush()
    return lambda sql: (server.query(sql, database).rows, plain.rows(sql)), len(moments)


def test_there_are_many_times(twins):
    run, count = twins
    assert count == 32
    found, expected = run("SELECT count(*), min(epoch_us(time)), max(epoch_us(time)) FROM t")
    assert found == expected


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_expression(expression, twins):
    run, count = twins
    selected = f"id, ({expression})::VARCHAR, typeof({expression}), time::VARCHAR"
    found, expected = run(f"SELECT {selected} FROM t ORDER BY id")
    assert len(expected) == count
    assert found == expected


@pytest.mark.parametrize("sql", QUERIES)
def test_query(sql, twins):
    run, _ = twins
    found, expected = run(sql)
    assert expected, "a query without rows proves nothing"
    assert found == expected
