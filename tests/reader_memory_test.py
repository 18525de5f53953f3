"""Rows that were flushed while a query reads them stay in memory for it, up to a budget: then the
query gives way, not the writes."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from arc_server import ArcServer

BUDGET_BYTES = 1 << 20
# Two columns of eight bytes: several times the budget.
ROW_COUNT = 200_000
# Far more than any machine counts while the test runs.
SLOW = "SELECT sum(m.v * r.range % 7) FROM {} m, range(100000000000) r"


@pytest.fixture
def server(tmp_path):
    settings = {
        "query.reader_memory_budget": BUDGET_BYTES,
        "query.timeout": 120,
        "server.shutdown_timeout": 1,
    }
    with ArcServer(tmp_path, settings) as own:
        yield own


def write_large(server):
    columns = {"time": list(range(ROW_COUNT)), "v": list(range(ROW_COUNT))}
    server.write_msgpack("default", {"m": "large", "columns": columns})


def start_slow_query(server, pool, measurement):
    """Returns when it certainly reads: many queries that came later have been answered."""
    planned = server.metrics()["arc_db_queries_total"]
    slow = pool.submit(server.query_answer, SLOW.format(measurement))
    while server.metrics()["arc_db_queries_total"] == planned:
        assert not slow.done(), slow.result()
    for number in range(20):
        server.write_lp("default", f"other v={number} {number + 1}", "s")
        server.query("SELECT count(*) FROM other")
    assert not slow.done(), slow.result()
    return slow


def test_a_query_gives_way_to_flushes_and_writes_do_not_wait(server):
    write_large(server)
    server.write_lp("default", "small v=1i 1", "s")
    with ThreadPoolExecutor(2) as pool:
        large = start_slow_query(server, pool, "large")
        small = start_slow_query(server, pool, "small")
        assert server.metrics()["arc_reader_held_bytes"] == 0

        server.flush()
        for number in range(20):
            server.write_lp("default", f"other v={number} {number + 100}", "s")
        answer = large.result(60)
        assert answer.status == 503 and answer.headers["retry-after"] == "1", answer
        error = answer.json()["error"]
        assert "flushed since it began" in error and "run it again" in error
        assert f"query.reader_memory_budget ({BUDGET_BYTES} bytes)" in error

        metrics = server.metrics()
        assert metrics["arc_queries_cancelled_for_memory_total"] == 1
        assert 0 < metrics["arc_reader_held_bytes"] < BUDGET_BYTES  # what the small one keeps
        assert not small.done(), "it keeps next to nothing"
        assert server.value("SELECT count(*) FROM large") == ROW_COUNT
        server.stop()
        assert small.exception() or small.result().status == 503
