"""The demo's real data, brought in as the demo does it: its questions are answered as plain DuckDB
answers them from the original files."""

import functools
import os

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from arc_server import ArcServer, find_binary, run_arc
from demo_data import DATABASE, Originals
from demo_questions import QUESTIONS
from plain_duckdb import PlainDuckDB, first_difference

# A sanitized server is several times slower: every tenth flight is enough for it.
SANITIZED_STEP = 10
TABLES = ["us_flights", "seattle", "nyc_flights", "weather"]


def is_sanitized(binary):
    return b"__asan_init" in binary.read_bytes()


def flights_file(data, folder):
    step = int(os.environ.get("ARC_TEST_FLIGHTS_STEP") or 0)
    step = step or (SANITIZED_STEP if is_sanitized(find_binary()) else 1)
    if step == 1:
        return data / "flights-3m.parquet"
    table = pq.read_table(data / "flights-3m.parquet")
    some = table.take(pa.array(range(0, table.num_rows, step)))
    pq.write_table(some, folder / "flights.parquet")
    return folder / "flights.parquet"


@pytest.fixture(scope="module")
def twins(real_data, tmp_path_factory):
    """A server that holds the data, and what answers SQL from the original files."""
    folder = tmp_path_factory.mktemp("real")
    originals = Originals(real_data, folder, flights_file(real_data, folder))
    plain = PlainDuckDB()
    for view in originals.views():
        plain.execute(view)
    with ArcServer(folder / "server") as server:
        for file in originals.imports():
            done = run_arc("import", file.path, "--database", DATABASE, "--measurement",
                           file.measurement, "--time-column", file.time_column, "--url", server.url,
                           cwd=folder, timeout=600)  # fmt: skip
            assert done.returncode == 0, done.stderr
        for _, body in originals.weather_bodies():
            server.write_lp(DATABASE, body, "s")
        yield server, functools.cache(plain.rows)


@pytest.mark.parametrize("table", TABLES)
def test_every_row_is_there(table, twins):
    server, rows_of_originals = twins
    sql = f"SELECT count(*), min(time), max(time), count(DISTINCT time) FROM {table}"
    expected = rows_of_originals(sql)
    assert expected[0][0] > 8000
    assert server.query(sql, DATABASE).rows == expected


def test_every_value_is_there(twins):
    """All columns of all flights, folded into a sum that does not depend on the order of rows."""
    server, rows_of_originals = twins
    hashes = "sum(hash(epoch_us(time), delay, distance, origin, destination)::HUGEINT)::VARCHAR"
    sql = f"SELECT {hashes} FROM us_flights"
    assert server.query(sql, DATABASE).rows == rows_of_originals(sql)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.text[:40])
def test_question(question, twins):
    server, rows_of_originals = twins
    expected = rows_of_originals(question.sql)
    assert expected, "a question without an answer proves nothing"
    assert first_difference(server.query(question.sql, DATABASE).rows, expected) is None


def test_answers_do_not_change_when_everything_is_in_files(twins):
    server, rows_of_originals = twins
    server.flush()
    for question in QUESTIONS:
        found = server.query(question.sql, DATABASE).rows
        assert first_difference(found, rows_of_originals(question.sql)) is None, question.text
