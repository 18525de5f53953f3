"""What earlier servers of this API got wrong: docs/known-defects.md says it in words."""

import re
import threading
import time
from pathlib import Path

import msgpack
import pytest

from arc_server import ArcServer

REPOSITORY = Path(__file__).resolve().parent.parent
DOCUMENT = REPOSITORY / "docs" / "known-defects.md"


def flush(server):
    assert server.post("/api/v1/write/line-protocol/flush").status == 200


def write(server, database, body, **parameters):
    query = "".join(f"&{name}={value}" for name, value in parameters.items())
    return server.post(f"/write?db={database}{query}", body)


def rows(server, database, sql):
    return server.query(sql, database).rows


def test_every_test_that_the_document_names_exists():
    text = DOCUMENT.read_text()
    named = re.findall(r"`(\w+_test)::(\w+)`", text)
    assert len(named) > 40
    for module, name in named:
        source = (REPOSITORY / "tests" / f"{module}.py").read_text()
        assert f"def {name}(" in source, f"{module}::{name}"
    sources = "".join(path.read_text() for path in (REPOSITORY / "src").rglob("*_test.cc"))
    for suite, name in re.findall(r"`([A-Z]\w+)\.([A-Z]\w+)`", text):
        assert re.search(rf"TEST(_F|_P)?\({suite},\s*{name}\)", sources), f"{suite}.{name}"
    for name in re.findall(r"^def (test_(?:x|item)_\w+)\(", Path(__file__).read_text(), re.M):
        assert f"`known_defects_test::{name}`" in text, name


def test_x_01_rows_that_differ_in_a_tag_stay_apart(server, database):
    body = "m,a=unknown v=1 1\nm v=1 1\nm,b=unknown v=1 1\nm,a=unknown v=1 1"
    server.write_lp(database, body, "s")
    found = rows(server, database, "SELECT a, b FROM m ORDER BY a NULLS LAST, b NULLS LAST")
    assert found == [["unknown", None], ["unknown", None], [None, "unknown"], [None, None]]


def test_x_02_and_x_03_a_type_that_changes_loses_nothing(server, database):
    server.write_lp(database, "m v=1i 1\nm v=2.5 2", "s")
    answer = write(server, database, 'm v="text" 3\nm v=4 4', precision="s")
    assert answer.status == 400 and answer.json()["accepted"] == 1
    flush(server)
    assert rows(server, database, "SELECT v FROM m ORDER BY time") == [[1], [2.5], [4]]


def test_x_04_the_case_of_a_literal_counts(server, database):
    server.write_lp(database, "m,host=A v=1 1\nm,host=a v=2 2", "s")
    for _ in range(2):
        assert rows(server, database, "SELECT v FROM m WHERE host = 'A'") == [[1]]
        assert rows(server, database, "SELECT v FROM m WHERE host = 'a'") == [[2]]


def test_x_05_databases_do_not_mix(server, database):
    other = database + "_b"
    for number in range(50):
        server.write_lp(database, f"m v={number} {number}", "s")
        server.write_lp(other, f"m v={-number - 1} {number}", "s")
    for _ in range(2):
        assert rows(server, database, "SELECT min(v), count(*) FROM m") == [[0, 50]]
        assert rows(server, other, "SELECT max(v), count(*) FROM m") == [[-1, 50]]
        flush(server)


def test_x_06_rows_with_other_columns_share_a_buffer(server, database):
    server.write_msgpack(database, {"m": "m", "columns": {"time": [1, 2], "a": [1, 2]}})
    server.write_msgpack(database, {"m": "m", "columns": {"time": [3], "b": ["x"]}})
    server.write_lp(database, "m c=t 4", "s")
    flush(server)
    found = rows(server, database, "SELECT a, b, c FROM m ORDER BY time")
    assert found == [[1, None, None], [2, None, None], [None, "x", None], [None, None, True]]


def test_x_08_a_poisonous_line_spoils_itself_only(server, database):
    for body in (b"m v=\xff 1", b"m v=1e999 1", b"m,t v=1 1", b"m v=9999999999999999999i 1"):
        answer = write(server, database, b"m v=1 1\n" + body + b"\nm v=2 2", precision="s")
        assert answer.status == 400 and answer.json()["accepted"] == 2, answer
    flush(server)
    assert server.value("SELECT count(*) FROM m", database) == 8


@pytest.mark.parametrize("name", ["../x", "..", "/etc", "a/../b", "a\\..", "%2e%2e", "a\n", "."])
def test_x_11_names_cannot_leave_the_data(server, database, name):
    answer = server.post("/write", "m v=1 1", {"x-arc-database": name.replace("\n", "")})
    legal = name == "a\n"
    assert answer.status == (204 if legal else 400), answer
    item = msgpack.packb({"m": name, "columns": {"v": [1]}})
    answer = server.post("/api/v1/write/msgpack", item, {"x-arc-database": database})
    assert answer.status == 400 and "measurement" in answer.json()["errors"][0]["message"]
    known = {entry.name for entry in server.folder.iterdir()}
    assert known <= {"data", "arc.log", "home"}, known


def test_x_32_and_x_35_mistakes_of_the_client_are_not_the_servers(server, database):
    bodies = [
        ("/write", b"\xff\xfe"),
        ("/write", b"no fields"),
        ("/write?precision=fortnight", b"m v=1 1"),
        ("/api/v1/write/msgpack", b"\xc1"),
        ("/api/v1/write/msgpack", msgpack.packb({"m": "m", "columns": {"time": ["x"], "v": [1]}})),
        ("/api/v1/write/tle", b"no element set"),
        ("/api/v1/query", b"{"),
        ("/api/v1/query", b'{"sql": 1}'),
        ("/api/v1/query", b'{"sql": "SELEC 1"}'),
        ("/api/v1/query", b'{"sql": "SELECT * FROM no_such_table"}'),
        ("/api/v1/import/csv?measurement=m", b"time\n"),
    ]
    for path, body in bodies:
        answer = server.post(path, body, {"x-arc-database": database})
        assert 400 <= answer.status < 500, (path, body, answer)
        assert answer.json()["error"]


def test_x_36_and_x_37_parameters_are_no_columns_and_count(server, database):
    path = f"/api/v2/write?bucket={database}&org=o&precision=ms"
    assert server.post(path, "m v=1 1767225600000").status == 204
    assert rows(server, database, "SELECT * FROM m") == [["2026-01-01T00:00:00Z", 1]]


def test_x_38_flushes_at_once_end(server, database):
    server.write_lp(database, "m v=1")
    answers = []
    threads = [threading.Thread(
        target=lambda: answers.append(server.post("/api/v1/write/line-protocol/flush").status)
    ) for _ in range(16)]  # fmt: skip
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert answers == [200] * 16


def test_x_43_metrics_count_what_happens(server, database):
    names = [
        "arc_ingest_records_total", "arc_lineprotocol_requests_total", "arc_ingest_bytes_total",
    ]  # fmt: skip
    before = server.metrics()
    server.write_lp(database, "m v=1\nm v=2")
    after = server.metrics()
    assert [after[name] - before[name] for name in names] == [2, 1, 11]


def test_x_49_nanoseconds_in_messagepack(server, database):
    for unit, value in [
        ("s", 1_767_225_600), ("ms", 1_767_225_600_000), ("us", 1_767_225_600_000_000),
        ("ns", 1_767_225_600_000_000_999),
    ]:  # fmt: skip
        server.write_msgpack(database, {"m": unit, "columns": {"time": [value], "v": [1]}})
        assert server.value(f"SELECT time FROM {unit}", database) == "2026-01-01T00:00:00Z"


@pytest.mark.parametrize(
    "sql, expected",
    [
        ("SELECT count(*) FROM a JOIN b ON a.k = b.k", [[1]]),
        ("SELECT count(*) FROM a LEFT JOIN b ON a.k = b.k", [[2]]),
        ("SELECT count(*) FROM a RIGHT JOIN b ON a.k = b.k", [[3]]),
        ("SELECT count(*) FROM a FULL JOIN b ON a.k = b.k", [[4]]),
        ("SELECT count(*) FROM a, b", [[6]]),
        ("WITH a AS (SELECT 7 AS k) SELECT k FROM a", [[7]]),
        ("WITH x AS (SELECT * FROM a) SELECT count(*) FROM x, generate_series(1, 3)", [[6]]),
        ("SELECT 'x FROM a JOIN b' FROM a LIMIT 1", [["x FROM a JOIN b"]]),
        ("SELECT EXTRACT(year FROM time) FROM a LIMIT 1", [[1970]]),
        ("SELECT count(*) FROM a\nWHERE\n  k = 1\n  AND\n  time < now()", [[1]]),
        ("SELECT date_trunc('hour', (((time)))) FROM a LIMIT 1", [["1970-01-01T00:00:00Z"]]),
        ("SELECT count(DISTINCT time_bucket(INTERVAL '1 minute', time)) FROM a", [[1]]),
        ("SELECT a.k FROM a AS a WHERE a.k IN (SELECT k FROM b)", [[1]]),
        ("SELECT count(*) FROM \"a\" x JOIN b AS \"from\" ON x.k = \"from\".k", [[1]]),
    ],
)
def test_x_50_and_item_36_sql_means_what_it_says(server, database, sql, expected):
    if not server.query_answer("SELECT 1 FROM b", database).status == 200:
        server.write_lp(database, "a k=1i 1\na k=2i 2\nb k=1i 1\nb k=3i 2\nb k=4i 3", "s")
    assert rows(server, database, sql) == expected


def test_x_53_refused_queries_leave_no_place_taken(tmp_path):
    settings = {"database.max_connections": 1, "query.queue_size": 1, "query.timeout": 1}
    slow = "SELECT count(*) FROM range(100000000000) a"
    with ArcServer(tmp_path, settings) as server:
        for _ in range(3):
            statuses = []
            threads = [threading.Thread(
                target=lambda: statuses.append(server.query_answer(slow).status)
            ) for _ in range(12)]  # fmt: skip
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert set(statuses) <= {408, 503, 504} and 503 in statuses, statuses
        assert server.value("SELECT 42") == 42
        assert server.get("/api/v1/queries/active").json()["count"] == 0


def test_x_58_x_62_and_x_64_settings_are_followed(tmp_path):
    settings = {
        "storage.local_path": tmp_path / "files", "storage.catalog_path": tmp_path / "cat" / "c.db",
        "ingest.max_buffer_size": 10,
    }  # fmt: skip
    (tmp_path / "cat").mkdir()
    with ArcServer(tmp_path / "server", settings) as server:
        server.write_lp("d", "\n".join(f"m v={i} {i}" for i in range(10)), "s")
        deadline = time.monotonic() + 30
        while not list((tmp_path / "files").rglob("d/m/**/*.parquet")):
            assert time.monotonic() < deadline, "ten rows are enough for a file"
            time.sleep(0.02)
    assert (tmp_path / "cat" / "c.db").exists()
    assert not list((tmp_path / "server").rglob("*.parquet"))


def test_item_23_time_is_always_a_time(server, database):
    for value in ("2026-01-01", None, True, [1], 1e300):
        item = {"m": "m", "columns": {"time": [value, 1], "v": [1, 2]}}
        answer = server.post("/api/v1/write/msgpack", msgpack.packb(item),
                             {"x-arc-database": database})  # fmt: skip
        assert answer.status in (200, 400), answer
        assert answer.json()["rejected"] >= 1
    server.write_lp(database, "m v=3 3", "s")
    flush(server)
    [kind] = [row[1] for row in rows(server, database, "DESCRIBE m") if row[0] == "time"]
    assert kind == "TIMESTAMP WITH TIME ZONE"


def test_items_25_and_26_requests_at_once_keep_their_own_bytes(server, database):
    """Each row names the database that it was sent to; many connections, bodies of one size."""
    writers, requests = 8, 60

    def work(writer):
        name = f"{database}_{writer}"
        for number in range(requests):
            body = "".join(f'm,db={name} s="{name}" {number * 50 + i}\n' for i in range(50))
            server.write_lp(name, body)

    threads = [threading.Thread(target=work, args=(writer,)) for writer in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for writer in range(writers):
        name = f"{database}_{writer}"
        sql = "SELECT count(*), min(db), max(db), min(s), max(s) FROM m"
        assert rows(server, name, sql) == [[requests * 50, name, name, name, name]]


def test_item_29_hours_before_1970_are_floored(server, database):
    server.write_lp(database, "m v=1 -1", "s")
    flush(server)
    [path] = (server.files_root / database / "m").rglob("*.parquet")
    assert path.relative_to(server.files_root / database / "m").parts[:3] == ("1969", "12", "31")
    assert rows(server, database, "SELECT v FROM m WHERE time < '1970-01-01'") == [[1]]


def test_item_37_wide_and_empty_ranges_cost_nothing(server, database):
    server.write_lp(database, "m v=1 1", "s")
    for sql in [
        "SELECT count(*) FROM m WHERE time >= '0001-01-01' AND time < '9999-01-01'",
        "SELECT count(*) FROM m WHERE time > '2100-01-01' OR time < '1980-01-01'",
    ]:
        assert rows(server, database, sql) == [[1]]
    assert rows(server, database, "SELECT count(*) FROM m WHERE time > '2100-01-01'") == [[0]]
