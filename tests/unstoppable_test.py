"""Statements that DuckDB cannot interrupt: their clients are answered in time, others go on, and so
does a stop."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from arc_server import ArcServer

TIMEOUT_SECONDS = 2
# Half a second of patience, and what a busy machine adds.
ANSWER_SECONDS_MAX = TIMEOUT_SECONDS + 1 + 4
# Joins whose order is planned for minutes, and planning is deaf to interrupts.
DEAF = "SELECT count(*) FROM range(1) t0(v0) " + " ".join(
    f"JOIN range(1) t{i}(v{i}) ON v{i} = v{i - 1}" for i in range(1, 120)
)


@pytest.fixture
def settings():
    return {
        "query.timeout": TIMEOUT_SECONDS, "database.max_connections": 2,
        "server.shutdown_timeout": 3,
    }


def test_a_deaf_statement_is_given_up_and_others_go_on(tmp_path, settings):
    with ArcServer(tmp_path, settings) as server, ThreadPoolExecutor(4) as pool:
        server.write_lp("default", "cpu v=1i 1", "s")
        started = time.monotonic()
        answers = [future.result() for future in [
            pool.submit(server.query_answer, DEAF) for _ in range(2)
        ]]
        assert time.monotonic() - started < ANSWER_SECONDS_MAX
        for answer in answers:
            assert answer.status == 504 and "timed out" in answer.json()["error"], answer
        # As many as there are query threads: all were replaced.
        assert server.query("SELECT v FROM cpu").rows == [[1]]
        health = server.get("/health").json()
        assert health["status"] == "degraded"
        assert "2 queries do not stop (1, 2 in" in health["problems"][0]
        metrics = server.metrics()
        assert metrics["arc_queries_given_up_total"] == 2
        assert metrics["arc_query_threads_lost"] == 2
        assert metrics["arc_engine_restarts_total"] >= 1
        server.write_lp("default", "cpu v=2i 2", "s")
        started = time.monotonic()
        server.stop()
        assert time.monotonic() - started < 3 + 1 + 4
        server.start()
        assert server.query("SELECT count(*) FROM cpu").rows == [[2]]


def test_a_deaf_statement_is_cancelled(tmp_path, settings):
    settings["query.timeout"] = 300
    with ArcServer(tmp_path, settings) as server, ThreadPoolExecutor(1) as pool:
        deaf = pool.submit(server.query_answer, DEAF)
        while not (active := server.get("/api/v1/queries/active").json()["queries"]):
            assert not deaf.done()
        started = time.monotonic()
        assert server.request("DELETE", f"/api/v1/queries/{active[0]['id']}").status == 200
        answer = deaf.result(timeout=30)
        assert time.monotonic() - started < 1 + 4
        assert answer.status != 200 and "cancelled" in answer.json()["error"], answer


def test_a_stop_leaves_deaf_statements_behind(tmp_path, settings):
    settings["query.timeout"] = 300
    with ArcServer(tmp_path, settings) as server, ThreadPoolExecutor(16) as pool:
        deaf = [pool.submit(server.query_answer, DEAF) for _ in range(16)]
        while len(server.get("/api/v1/queries/active").json()["queries"]) < 16:
            assert not any(future.done() for future in deaf)
        server.write_lp("default", "cpu v=1i 1", "s")
        started = time.monotonic()
        server.stop()
        assert time.monotonic() - started < 3 + 1 + 4
        for future in deaf:
            assert future.exception() or future.result().status >= 500
        server.start()
        assert server.query("SELECT v FROM cpu").rows == [[1]]
