"""What was acknowledged is in the next answer: whole, once, also while flushes run."""

import gzip
import itertools
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import msgpack
import pytest

from arc_server import ArcServer

BASE_SECONDS = 1_700_000_000  # arbitrary
BATCH_ROWS = 100
WRITERS = 3
RACE_SECONDS = 3


@pytest.fixture(scope="module")
def busy(tmp_path_factory):
    """A server that flushes all the time: by size and by age."""
    settings = {
        "ingest.max_buffer_size": 250,
        "ingest.max_buffer_age_ms": 40,
        "ingest.min_file_rows": 1,
    }
    with ArcServer(tmp_path_factory.mktemp("busy"), settings) as server:
        yield server


def lines(measurement, values):
    """Row n is at second n and holds v=n."""
    return "\n".join(f"{measurement},host=h{v % 7} v={v}i {BASE_SECONDS + v}" for v in values)


def columns(measurement, values):
    content = {
        "time": [(BASE_SECONDS + v) * 1000 for v in values],
        "host": [f"h{v % 7}" for v in values],
        "v": list(values),
    }
    return {"m": measurement, "columns": content}


def row_items(measurement, values):
    return [
        {"m": measurement, "t": BASE_SECONDS + v, "h": f"h{v % 7}", "fields": {"v": v}}
        for v in values
    ]


def post_expecting_204(path, encode):
    def write(server, db, measurement, values):
        answer = server.post(path, encode(measurement, values), {"x-arc-database": db})
        assert answer.status == 204, answer

    return write


MSGPACK = "/api/v1/write/msgpack"
FORMATS = {
    "write_v1": post_expecting_204("/write?precision=s", lines),
    "write_v2": post_expecting_204("/api/v2/write?precision=s", lines),
    "line_protocol": post_expecting_204("/api/v1/write/line-protocol?precision=s", lines),
    "gzip": post_expecting_204(
        "/write?precision=s", lambda m, values: gzip.compress(lines(m, values).encode())
    ),
    "msgpack_columns": post_expecting_204(MSGPACK, lambda m, v: msgpack.packb(columns(m, v))),
    "msgpack_array": post_expecting_204(
        MSGPACK, lambda m, v: msgpack.packb([columns(m, v[:10]), columns(m, v[10:])])
    ),
    "msgpack_rows": post_expecting_204(MSGPACK, lambda m, v: msgpack.packb(row_items(m, v))),
    "msgpack_batch": post_expecting_204(
        MSGPACK, lambda m, v: msgpack.packb({"batch": row_items(m, v)})
    ),
}


def count_and_sum(server, db, measurement):
    return server.query(f"SELECT count(*), sum(v) FROM {measurement}", db).rows[0]


def expected_count_and_sum(rows):
    return [rows, rows * (rows - 1) // 2]


@pytest.mark.parametrize("form", FORMATS)
def test_every_acknowledged_row_is_in_the_next_answer(form, busy, database):
    for batch in range(40):
        start = batch * BATCH_ROWS
        FORMATS[form](busy, database, "m", range(start, start + BATCH_ROWS))
        expected = expected_count_and_sum(start + BATCH_ROWS)
        assert count_and_sum(busy, database, "m") == expected, f"after batch {batch}"


class Progress:
    """What one writer has sent and had acknowledged, for its reader."""

    def __init__(self):
        self.sent = self.acknowledged = 0
        self.done = threading.Event()


def batches_of_a_race():
    """0, 1, 2, ... until time is up."""
    end = time.monotonic() + RACE_SECONDS
    return itertools.takewhile(lambda _: time.monotonic() < end, itertools.count())


def write_and_check(server, db, measurement, write, progress):
    try:
        for batch in batches_of_a_race():
            start = batch * BATCH_ROWS
            progress.sent = start + BATCH_ROWS
            write(server, db, measurement, range(start, start + BATCH_ROWS))
            progress.acknowledged = start + BATCH_ROWS
            found = count_and_sum(server, db, measurement)
            assert found == expected_count_and_sum(start + BATCH_ROWS), f"{measurement} {batch}"
    finally:
        progress.done.set()


def read_and_check(server, db, measurement, progress):
    """Batches are seen whole, in order, and never vanish: so the count tells the sum."""
    last, answers = 0, 0
    while not progress.done.is_set():
        acknowledged = progress.acknowledged
        if acknowledged == 0:
            continue  # no such measurement yet
        count, total = count_and_sum(server, db, measurement)
        assert [count, total] == expected_count_and_sum(count), measurement
        assert count % BATCH_ROWS == 0, "a torn request"
        assert max(last, acknowledged) <= count <= progress.sent, (last, acknowledged, count)
        last, answers = count, answers + 1
    return answers


def test_concurrent_writers_and_readers_while_flushes_run(busy, database):
    commits_before = busy.metrics()["arc_catalog_transactions_total"]
    writes = [FORMATS[form] for form in ("line_protocol", "msgpack_columns", "gzip")]
    with ThreadPoolExecutor(2 * WRITERS) as pool:
        writers, readers = [], []
        for number in range(WRITERS):
            measurement, progress = f"m{number}", Progress()
            arguments = (busy, database, measurement)
            writers.append(pool.submit(write_and_check, *arguments, writes[number], progress))
            readers.append(pool.submit(read_and_check, *arguments, progress))
        for writer in writers:
            writer.result()
        answers = sum(reader.result() for reader in readers)
    assert answers >= WRITERS, "the readers hardly ran"
    commits = busy.metrics()["arc_catalog_transactions_total"] - commits_before
    assert commits >= 10, "no flushes ran meanwhile"


def test_a_request_with_two_measurements_is_seen_whole_or_not_at_all(busy, database):
    both = "SELECT (SELECT count(*) FROM left_side), (SELECT count(*) FROM right_side)"
    done, written = threading.Event(), [1]

    def write():
        try:
            for batch in batches_of_a_race():
                values = range(batch * 20, batch * 20 + 20)
                body = lines("left_side", values) + "\n" + lines("right_side", values)
                busy.write_lp(database, body, "s")
                written.append(20)
        finally:
            done.set()

    busy.write_lp(database, lines("left_side", [-1]) + "\n" + lines("right_side", [-1]), "s")
    with ThreadPoolExecutor(1) as pool:
        writer = pool.submit(write)
        seen = set()
        while not done.is_set():
            left, right = busy.query(both, database).rows[0]
            assert left == right, "half a request"
            seen.add(left)
        writer.result()
    assert len(seen) >= 3, "the reader hardly ran"
    assert busy.query(both, database).rows[0] == [sum(written)] * 2


def test_rows_flushed_by_age_stay_visible(busy, database):
    """Without further writes the buffer empties itself, and no answer changes on the way."""
    busy.write_lp(database, lines("aging", range(10)), "s")
    files = f"SHOW TABLES FROM {database}"
    for _ in range(500):
        assert count_and_sum(busy, database, "aging") == expected_count_and_sum(10)
        if busy.query(files).rows[0][3] > 0:
            return
    raise AssertionError("no file appeared")
