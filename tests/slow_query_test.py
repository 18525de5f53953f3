"""A slow query delays nobody, and does not run for ever."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from arc_server import ArcServer

TIMEOUT_SECONDS = 4
# Far more than any machine counts within the timeout.
SLOW = "SELECT sum(a.range * b.range % 7) FROM range(10000000) a, range(10000000) b"


@pytest.fixture
def server(tmp_path):
    with ArcServer(tmp_path, {"query.timeout": TIMEOUT_SECONDS}) as own:
        yield own


def test_writes_and_other_queries_go_on_until_the_slow_query_times_out(server):
    server.write_lp("default", "m v=0 1", "s")
    with ThreadPoolExecutor(1) as pool:
        started = time.monotonic()
        slow = pool.submit(server.query_answer, SLOW)
        while server.metrics()["arc_db_queries_total"] == 0:
            assert not slow.done()
        for number in range(1, 30):
            server.write_lp("default", f"m v={number} {number + 1}", "s")
            assert server.query("SELECT count(*) FROM m").rows == [[number + 1]]
        assert not slow.done(), "the others waited for the slow query"
        answer = slow.result()
    assert answer.status == 504, answer
    assert answer.json()["success"] is False and "timed out" in answer.json()["error"]
    assert TIMEOUT_SECONDS - 0.5 < time.monotonic() - started < 10 * TIMEOUT_SECONDS


def test_a_stop_does_not_wait_for_a_slow_query_beyond_its_deadline(tmp_path):
    settings = {"server.shutdown_timeout": 1}
    with ArcServer(tmp_path, settings) as server, ThreadPoolExecutor(1) as pool:
        server.write_lp("default", "m v=1i 1", "s")
        slow = pool.submit(server.query_answer, SLOW)
        while server.metrics()["arc_db_queries_total"] == 0:
            assert not slow.done()
        started = time.monotonic()
        server.stop()
        assert time.monotonic() - started < 20
        assert slow.exception() or slow.result().status == 503
        server.start()
        assert server.query("SELECT v FROM m").rows == [[1]]
