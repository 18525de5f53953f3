"""Wrong answers of DuckDB 1.5.6 that this server still gives (docs/engine-defects.md).

Not in the suite: every test here fails until its way around is built, then moves to
engine_defects_test.py or sql/engine_defects.txt. `python -m pytest tests/engine_defects_open.py`.
"""

import pytest

from engine_defects_test import (  # noqa: F401 (small is a fixture)
    ask, expect_null_of_a_missing_time, small, write)


# duckdb#24307: frames that begin beyond the last row
def test_frames_beyond_the_end(small):
    found = small("SELECT id, count(*) OVER (ORDER BY id ROWS BETWEEN 9223372036854775807 FOLLOWING"
                  " AND 9223372036854775807 FOLLOWING) FROM rows ORDER BY id")
    assert found == [[1, 0], [2, 0], [3, 0]]


# No issue found; right in 2.0.1: date_trunc() = or <> a time that begins no month, over NULL
@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin"])
def test_date_trunc_of_null(small, zone):
    expect_null_of_a_missing_time(small, zone, "TIMESTAMP")


# duckdb#7219, on our tables only: counts from the catalog are one row
def test_two_empty_grouping_sets(small):
    assert small("SELECT count(*) FROM rows GROUP BY GROUPING SETS ((), ())") == [[3], [3]]
    assert len(small("SELECT max(time) FROM rows GROUP BY GROUPING SETS ((), ())")) == 2


# duckdb#24302, duckdb#17011: random() is drawn twice for one row, or once for several
def test_random_below_a_window(server, database):
    write(server, database, "t", {"i": list(range(1000)), "g": [1] * 1000})
    sql = "SELECT bool_and(s = a) FROM (SELECT s, sum(i) OVER () AS a FROM (SELECT i, sum(i) OVER"
    sql += " (PARTITION BY g) AS s FROM (SELECT g, i FROM t WHERE random() < 0.5)))"
    assert ask(server, database, sql) == [[True]]


def test_random_in_a_subquery(small):
    found = small("SELECT count(DISTINCT x) FROM (SELECT (SELECT random() + g) AS x FROM rows"
                  " WHERE g = 1)")
    assert found == [[2]]


# duckdb#24081: threads add their parts up without looking
def test_a_hugeint_sum_never_wraps(server, database):
    one = "100000000000000000000000000000000000000"
    answer = server.query_answer(f"SELECT sum(h) FROM (SELECT {one}::HUGEINT AS h UNION ALL"
                                 f" SELECT {one}::HUGEINT)")
    assert answer.status == 400, answer.text
