"""Pruning never changes an answer: random conditions, the server against a plain DuckDB table.

ARC_TEST_SEED repeats a run, ARC_TEST_QUERIES makes it longer.
"""

import os
import random

import pytest

from arc_server import ArcServer
from plain_duckdb import PlainDuckDB, first_difference
from random_predicates import HOUR, PredicateMaker

SEED = int(os.environ.get("ARC_TEST_SEED") or random.SystemRandom().randrange(1 << 32))
QUERIES = int(os.environ.get("ARC_TEST_QUERIES") or 400)
DAY = 24 * HOUR
# Where rows are: around the epoch, long before it, and in our days.
PLACES = [0, -3 * HOUR, -365 * DAY * 20 + 5, 19_723 * DAY, 19_723 * DAY + 23 * HOUR, 20_000 * DAY]


def random_times(source, count):
    """Distinct microseconds, many of them on and beside the edges of hours."""
    times = set()
    while len(times) < count:
        hour = source.choice(PLACES) // HOUR * HOUR + source.randint(-30, 30) * HOUR
        offset = source.choice([0, 1, HOUR - 1, HOUR // 2, source.randrange(HOUR)])
        times.add(hour + offset)
    return sorted(times, key=lambda _: source.random())


class Twins:
    """The same rows in a server and in a plain DuckDB."""

    def __init__(self, server, source):
        self.server, self.plain = server, PlainDuckDB()
        self.moments = []
        for table, count in (("r", 1500), ("s", 60)):
            self.plain.execute(f"CREATE TABLE {table} (time TIMESTAMPTZ, host VARCHAR, v DOUBLE)")
            times = random_times(source, count)
            self.moments += times
            rows = [(t, f"h{source.randrange(4)}", source.randrange(100) + 0.5) for t in times]
            self._store(table, rows)

    def _store(self, table, rows):
        """In several flushes; the last tenth stays in memory."""
        part = len(rows) // 10
        for start in range(0, len(rows), part):
            chunk = rows[start : start + part]
            lines = [f"{table},host={host} v={v} {time}" for time, host, v in chunk]
            self.server.write_lp("default", "\n".join(lines), "us")
            if start + part < len(rows) - part:
                self.server.flush()
        for time, host, v in rows:
            values = f"(make_timestamptz({time}), '{host}', {v})"
            self.plain.execute(f"INSERT INTO {table} VALUES {values}")


@pytest.fixture(scope="module")
def twins(tmp_path_factory):
    settings = {"ingest.max_buffer_age_ms": 3_600_000}
    with ArcServer(tmp_path_factory.mktemp("property"), settings) as server:
        yield Twins(server, random.Random(SEED))


def random_query(source, maker):
    where = maker.predicate(source.choice(["time", "r.time"]))
    return source.choice([
        f"SELECT count(*), sum(v), min(time), max(time) FROM r WHERE {where}",
        f"SELECT count(*) FROM r WHERE {where}",
        f"SELECT time, host, v FROM r WHERE {where} ORDER BY time",
        f"SELECT time, v FROM r WHERE {where} ORDER BY time DESC LIMIT 7",
        f"SELECT host, count(*), sum(v) FROM r WHERE {where} GROUP BY host ORDER BY host",
        f"SELECT count(*), sum(r.v) FROM r JOIN s ON r.time = s.time "
        f"WHERE {maker.predicate('r.time').replace(' v ', ' r.v ').replace('(v ', '(r.v ')}",
        f"SELECT count(*) FROM r LEFT JOIN s ON r.host = s.host AND {maker.comparison('s.time')} "
        f"WHERE {maker.comparison('r.time')}",
        f"SELECT count(*), sum(s.v) FROM r ASOF JOIN s ON r.host = s.host AND r.time >= s.time "
        f"WHERE {maker.comparison('r.time')}",
        f"WITH x AS (SELECT * FROM r WHERE {where}) SELECT count(*), count(DISTINCT host) FROM x",
        f"SELECT (SELECT count(*) FROM r WHERE {where}), (SELECT max(time) FROM s)",
    ])


def test_random_queries_have_the_answers_of_plain_duckdb(twins):
    print(f"ARC_TEST_SEED={SEED}")  # shown on failure
    source = random.Random(SEED + 1)
    maker = PredicateMaker(source, twins.moments)
    with_rows = 0
    for number in range(QUERIES):
        sql = random_query(source, maker)
        expected = twins.plain.rows(sql)
        found = twins.server.query(sql).rows
        difference = first_difference(found, expected)
        assert difference is None, f"query {number}, seed {SEED}: {difference}\n{sql}"
        with_rows += bool(expected and expected[0][0])
    assert with_rows > QUERIES // 3, "most conditions let no row through: they prove too little"
