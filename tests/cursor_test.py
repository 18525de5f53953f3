"""Results that are read page by page: one snapshot, each row once, limits and ends."""

import csv
import http.client
import io
import itertools
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import msgpack
import pytest

from arc_server import ArcServer

QUERY = "/api/v1/query"
SECOND = 1_000_000_000


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """With room for two cursors that stand still for two seconds."""
    settings = {"query.max_cursors": "2", "query.cursor_timeout": "2"}
    with ArcServer(tmp_path_factory.mktemp("arc"), settings) as own:
        yield own


def page(server, body, status=200, headers=None):
    answer = server.request("POST", QUERY, json.dumps(body), headers)
    assert answer.status == status, answer.text
    return answer.json()


def first_page(server, sql, page_size, **members):
    return page(server, {"sql": sql, "cursor": True, "page_size": page_size, **members})


def pages(server, sql, page_size, **members):
    result = first_page(server, sql, page_size, **members)
    yield result
    while cursor := result.get("next_cursor"):
        result = page(server, {"cursor": cursor})
        yield result


def rows_of(server, sql, page_size, **members):
    return [row for result in pages(server, sql, page_size, **members) for row in result["data"]]


@pytest.mark.parametrize("size, sizes", [(2500, [2500] * 4), (3000, [3000] * 3 + [1000]),
                                         (10_000, [10_000]), (2048, [2048] * 4 + [1808])])
def test_all_rows_once(server, size, sizes):
    results = list(pages(server, "SELECT range AS n FROM range(10000)", size))
    assert [result["row_count"] for result in results] == sizes
    assert "next_cursor" not in results[-1]
    assert sorted(row[0] for result in results for row in result["data"]) == list(range(10_000))


def test_values_of_every_kind_survive_the_cut_of_a_chunk(server):
    sql = """SELECT range AS n, CASE WHEN range % 3 > 0 THEN 'text ' || range END AS t,
                    range / 4 AS d, range % 2 = 0 AS b, [range] AS l, range::DECIMAL(18,2) AS e
             FROM range(5000) ORDER BY n"""
    whole = page(server, {"sql": sql})["data"]
    assert rows_of(server, sql, 777) == whole


def test_one_row_a_page(server):
    assert rows_of(server, "SELECT range FROM range(40) ORDER BY 1", 1) == [[n] for n in range(40)]


def test_limit_offset_and_parameters_hold_for_all_pages(server):
    rows = rows_of(server, "SELECT range FROM range($1) ORDER BY 1", 100, params=[1000], limit=250,
                   offset=40)
    assert rows == [[n] for n in range(40, 290)]


def test_no_rows(server):
    result = first_page(server, "SELECT 1 AS a WHERE false", 10)
    assert result["data"] == [] and "next_cursor" not in result


def test_show_has_pages_too(server, database):
    lines = "".join(f"m{n} v=1 {SECOND}\n" for n in range(7))
    server.write_lp(database, lines)
    rows = rows_of(server, f"SHOW TABLES FROM {database}", 3)
    assert [row[1] for row in rows] == [f"m{n}" for n in range(7)]


def test_the_size_of_a_page_can_change(server):
    result = first_page(server, "SELECT range FROM range(100) ORDER BY 1", 10)
    result = page(server, {"cursor": result["next_cursor"], "page_size": 70})
    assert result["data"] == [[n] for n in range(10, 80)]
    result = page(server, {"cursor": result["next_cursor"]})
    assert result["data"] == [[n] for n in range(80, 100)]


def test_pages_in_other_formats(server):
    body = {"sql": "SELECT range AS n FROM range(25) ORDER BY 1", "cursor": True, "page_size": 10,
            "format": "csv"}
    seen = []
    for number in itertools.count():
        answer = server.request("POST", QUERY, json.dumps(body))
        seen += [int(row["n"]) for row in csv.DictReader(io.StringIO(answer.text))]
        cursor = answer.headers.get("arc-next-cursor")
        if not cursor:
            break
        body = {"cursor": cursor, "format": "csv"}
    assert seen == list(range(25)) and number == 2
    first = first_page(server, "SELECT range AS n FROM range(5) ORDER BY 1", 3)
    body = json.dumps({"cursor": first["next_cursor"]})
    answer = server.request("POST", QUERY + "/msgpack", body)
    assert msgpack.unpackb(answer.body)["data"] == [[3, 4]]


def test_a_page_that_is_streamed_names_the_next_in_its_head(server):
    """The head comes before the end is known: the page it names may turn out empty."""
    body = json.dumps({"sql": "SELECT range AS n, 'some text' AS t FROM range(40000)",
                       "cursor": True, "page_size": 40_000, "format": "csv"})
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)) as connection:
        connection.request("POST", QUERY, body)
        answer = connection.getresponse()
        assert answer.getheader("Transfer-Encoding") == "chunked"
        cursor = answer.getheader("Arc-Next-Cursor")
        assert len(answer.read().splitlines()) == 40_001
    result = page(server, {"cursor": cursor})
    assert result["data"] == [] and result["columns"] == ["n", "t"]
    assert "next_cursor" not in result


def test_a_page_is_read_once(server):
    first = first_page(server, "SELECT range FROM range(100)", 10)
    token = first["next_cursor"]
    second = page(server, {"cursor": token})
    assert "read already" in page(server, {"cursor": token}, 409)["error"]
    assert page(server, {"cursor": second["next_cursor"]})["row_count"] == 10, "it lives on"


def test_only_one_reads_a_page(server):
    """Of many at once, one has the page; nobody else has its rows, and nobody waits."""
    token = first_page(server, "SELECT range FROM range(100000)", 10)["next_cursor"]

    def read(_):
        return server.request("POST", QUERY, json.dumps({"cursor": token})).status

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(read, range(8)))
    assert statuses == [200] + [409] * 7


def test_names_that_are_none(server):
    for token in ("x", "", "0123.5", "a" * 32 + ".10", "a" * 5000 + ".1", ".", "é.1", "a.-1",
                  "a.99999999999999999999999"):
        assert page(server, {"cursor": token}, 400 if token == "" else 404)["error"]
    assert page(server, {"cursor": 7}, 400)["error"].startswith("cursor must be")
    assert page(server, {"cursor": "x.1", "sql": "SELECT 1"}, 400)["error"]
    assert page(server, {"sql": "SELECT 1", "cursor": True, "page_size": 0}, 400)["error"]


def test_a_cursor_of_a_query_that_fails_is_none(server):
    sql = """SELECT CASE WHEN range = 900000 THEN error('boom') ELSE range END n,
                    repeat('x', 100) AS t FROM range(1000000)"""
    result = first_page(server, sql, 10)
    seen = 10
    while True:
        answer = server.request("POST", QUERY, json.dumps({"cursor": result["next_cursor"],
                                                           "page_size": 90_000}))
        if answer.status != 200 or answer.json().get("truncated"):
            break
        result = answer.json()
        seen += result["row_count"]
    assert "boom" in answer.text and 90_000 < seen <= 900_000
    page(server, {"cursor": result["next_cursor"]}, 404)


def test_the_number_of_cursors_is_limited(small):
    sql = "SELECT range FROM range(100000)"
    first, second = first_page(small, sql, 10), first_page(small, sql, 10)
    answer = small.request("POST", QUERY, json.dumps({"sql": sql, "cursor": True}))
    assert answer.status == 503 and "query.max_cursors" in answer.text
    assert answer.headers["retry-after"]
    closed = small.request("DELETE", f"{QUERY}/cursor/{first['next_cursor']}")
    assert closed.status == 200, closed.text
    third = first_page(small, sql, 10)
    while "next_cursor" in third:
        third = page(small, {"cursor": third["next_cursor"], "page_size": 50_000})
    # What was read to its end makes room.
    fourth = first_page(small, sql, 10)
    small.request("DELETE", f"{QUERY}/cursor/{fourth['next_cursor']}")
    assert small.request("DELETE", f"{QUERY}/cursor/{first['next_cursor']}").status == 404
    small.request("DELETE", f"{QUERY}/cursor/{second['next_cursor']}")


def open_cursors(server):
    text = server.request("GET", "/metrics").text
    return int(float(next(line.split()[1] for line in text.splitlines()
                          if line.startswith("arc_query_cursors_open "))))


def test_a_cursor_that_nobody_reads_expires(small):
    token = first_page(small, "SELECT range FROM range(100000)", 10)["next_cursor"]
    assert open_cursors(small) >= 1
    deadline = time.monotonic() + 20
    while open_cursors(small) > 0:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert "query.cursor_timeout" in page(small, {"cursor": token}, 404)["error"]


def test_pages_are_one_snapshot_while_rows_are_written_flushed_and_dropped(tmp_path):
    """What was there at the first page, whole requests of it, and nothing else."""
    settings = {"query.cursor_timeout": "120", "ingest.max_buffer_age_ms": "200",
                "ingest.min_file_rows": "1", "delete.enabled": "true"}
    with ArcServer(tmp_path, settings) as own:
        written = write_until(own, requests=200)
        before = own.query("SELECT count(*), sum(n) FROM prod.cpu").rows[0]
        stop = threading.Event()
        thread = threading.Thread(target=write_while, args=(own, written, stop))
        thread.start()
        try:
            seen = []
            results = pages(own, "SELECT n FROM prod.cpu", 997)
            seen += [row[0] for row in next(results)["data"]]
            own.request("POST", "/api/v1/write/line-protocol/flush")
            for result in results:
                seen += [row[0] for row in result["data"]]
        finally:
            stop.set()
            thread.join()
        assert len(seen) == len(set(seen)), "no row twice"
        assert len(seen) % 100 == 0, "requests are seen whole"
        assert len(seen) >= before[0]
        truth = {n for n in range(len(seen))}
        assert set(seen) == truth, "the first requests, without a gap"
        token = first_page(own, "SELECT n FROM prod.cpu", 10)["next_cursor"]
        total = own.query("SELECT count(*) FROM prod.cpu").rows[0][0]
        dropped = own.request("DELETE", "/api/v1/databases/prod?confirm=true")
        assert dropped.status == 200, dropped.text
        assert page(own, {"cursor": token, "page_size": 10_000_000})["row_count"] == total - 10


def write_request(server, number):
    rows = "".join(f"cpu n={number * 100 + i}i {SECOND + number * 100 + i}\n" for i in range(100))
    server.write_lp("prod", rows)


def write_until(server, requests):
    for number in range(requests):
        write_request(server, number)
    return requests


def write_while(server, number, stop):
    while not stop.is_set():
        write_request(server, number)
        number += 1


def test_a_cursor_that_keeps_too_much_memory_gives_way(tmp_path):
    """Writes go on; the next page says why it is none."""
    settings = {"query.reader_memory_budget": "1MB", "ingest.max_buffer_age_ms": "60000"}
    with ArcServer(tmp_path, settings) as own:
        line = "cpu,host=a t=\"" + "x" * 1000 + "\" {}\n"
        for number in range(20):
            own.write_lp("prod", "".join(line.format(number * 1000 + i) for i in range(1000)))
        token = first_page(own, "SELECT time, t FROM prod.cpu", 10)["next_cursor"]
        flushed = own.request("POST", "/api/v1/write/line-protocol/flush")
        assert flushed.status in (200, 202, 204), flushed.text
        deadline = time.monotonic() + 30
        while True:
            answer = own.request("POST", QUERY, json.dumps({"cursor": token, "page_size": 10}))
            if answer.status != 200:
                break
            token = answer.json()["next_cursor"]
            assert time.monotonic() < deadline
        assert answer.status == 503 and "query.reader_memory_budget" in answer.json()["error"]


def test_a_page_costs_its_own_rows_only(server):
    """The last page of a long result is not slower than the first ones."""
    times = []
    token = first_page(server, "SELECT range AS n, range * 2 AS m FROM range(2000000)", 20_000)
    while cursor := token.get("next_cursor"):
        began = time.perf_counter()
        token = page(server, {"cursor": cursor})
        times.append(time.perf_counter() - began)
    half = len(times) // 2
    assert len(times) == 99 and sum(times[half:]) < 3 * sum(times[:half])


def test_pages_are_listed_and_stopped_like_queries(server):
    token = first_page(server, "SELECT range AS hold FROM range(1000000)", 5)["next_cursor"]
    page(server, {"cursor": token})
    history = server.request("GET", "/api/v1/queries/history").json()["queries"]
    assert [query["sql"] for query in history[:2]] == [history[0]["sql"]] * 2
    assert "hold" in history[0]["sql"] and history[0]["row_count"] == 5
