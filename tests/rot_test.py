"""What is stored and then changes on disk is an error that names the file to the administrator, and
never other rows with a 200."""

import json
import os
import random
import re
import shutil
import sqlite3
import time

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from arc_server import ArcServer, run_arc

BASE = 1_767_225_600
HOUR = 3600
ROWS = 3000
EVERYTHING = (
    "SELECT count(*), md5(string_agg(concat_ws('|', time, host, v, n, s), ';' ORDER BY time))"
    " FROM m"
)
FLIPS = int(os.environ.get("ARC_FLIPS", "40"))


def fill(server, hour):
    """A file of its own."""
    numbers = random.Random(hour)
    server.write_lp("default", "\n".join(
        f'm,host=h{i % 7} v={numbers.random()},n={numbers.randrange(10**9)}i,'
        f's="text {numbers.randrange(10**6)}" {BASE + hour * HOUR + i}'
        for i in range(ROWS)
    ), "s")
    server.flush()


def files(server):
    return sorted(server.files_root.rglob("a1-*.parquet"), key=lambda path: path.parent)


def health(server):
    answer = server.get("/health").json()
    return answer["status"], " ".join(answer["problems"])


def verify(server):
    """Has the server verify all files, and returns what it tells then."""
    begun = server.post("/api/v1/verify")
    assert begun.status == 202, begun
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        status = server.get("/api/v1/verify").json()
        if status["finished_pass"] >= begun.json()["pass"]:
            return status
        time.sleep(0.02)
    raise AssertionError(status)


def ask(server, sql, allow=True, **more):
    headers = {"Content-Type": "application/json"}
    if allow:
        headers["X-Arc-Allow-Missing-Files"] = "true"
    return server.post("/api/v1/query", json.dumps({"sql": sql, **more}), headers)


def rename_aside(path):
    aside = path.with_suffix(".aside")
    path.rename(aside)
    return aside


@pytest.fixture
def filled(tmp_path):
    with ArcServer(tmp_path) as server:
        for hour in range(2):
            fill(server, hour)
        assert len(files(server)) == 2
        yield server


def expect_damage(server, path):
    answer = server.query_answer(EVERYTHING)
    assert answer.status == 500, answer
    assert "A stored file is missing or damaged" in answer.json()["error"]
    assert path.name not in answer.text
    status, problems = health(server)
    assert status == "degraded" and path.name in problems, problems
    assert path.name in server.log_of_this_run()


def test_a_flipped_bit_is_an_error_or_the_right_rows(filled):
    right = filled.query(EVERYTHING).rows
    seed = random.randrange(10**9)
    numbers = random.Random(seed)
    errors = 0
    for _ in range(FLIPS):
        path = numbers.choice(files(filled))
        content = path.read_bytes()
        at, bit = numbers.randrange(len(content)), 1 << numbers.randrange(8)
        path.write_bytes(content[:at] + bytes([content[at] ^ bit]) + content[at + 1:])
        answer = filled.query_answer(EVERYTHING)
        if answer.status == 200:
            assert answer.json()["data"] == right, f"seed {seed}, byte {at} of {path}"
        else:
            assert "stored file is missing or damaged" in answer.json()["error"]
            assert path.name in health(filled)[1]
            errors += 1
        path.write_bytes(content)
    print(f"\ndata files, seed {seed}: {errors} errors, {FLIPS - errors} right")
    assert errors > FLIPS * 3 / 4
    assert filled.query(EVERYTHING).rows == right
    assert verify(filled)["damaged"] == []
    assert health(filled) == ("ok", "")


def test_another_file_of_the_measurement_in_its_place(filled):
    first, second = files(filled)
    shutil.copy(second, first)
    expect_damage(filled, first)


def test_a_missing_file_is_named_until_it_is_back(filled):
    path = files(filled)[1]
    aside = rename_aside(path)
    expect_damage(filled, path)
    assert filled.metrics()["arc_damaged_files"] == 1
    aside.rename(path)
    assert verify(filled)["damaged"] == []
    assert health(filled) == ("ok", "")
    assert filled.query("SELECT count(*) FROM m").rows == [[2 * ROWS]]


def test_a_file_that_is_missing_at_the_start_turns_health_red_by_itself(filled):
    filled.stop()
    path = files(filled)[0]
    path.unlink()
    filled.start()
    deadline = time.monotonic() + 30
    while health(filled)[0] == "ok" and time.monotonic() < deadline:
        time.sleep(0.02)
    assert path.name in health(filled)[1]
    # What needs nothing of that file is answered.
    assert filled.value(f"SELECT count(*) FROM m WHERE time >= to_timestamp({BASE + HOUR})") == ROWS


def test_the_other_files_answer_when_that_is_allowed(filled):
    path = files(filled)[0]
    right = filled.query("SELECT sum(n) FROM m WHERE time >= to_timestamp(%d)" % (BASE + HOUR)).rows
    aside = rename_aside(path)
    for sql, rows in {
        "SELECT sum(n) FROM m": right,
        "SELECT count(*) FROM m": [[ROWS]],
        f"SELECT epoch(min(time))::BIGINT FROM m": [[BASE + HOUR]],
        "SELECT count(*) FROM (SELECT * FROM m ORDER BY v LIMIT 10)": [[10]],
    }.items():
        answer = ask(filled, sql)
        assert answer.status == 200, answer
        assert answer.json()["data"] == rows, sql
        assert answer.json()["missing_files"] == 1 and answer.json()["missing_rows"] == ROWS
        assert answer.headers["x-arc-missing-files"] == "1"
        assert answer.headers["x-arc-missing-rows"] == str(ROWS)
    assert ask(filled, "SELECT sum(n) FROM m", allow=False).status == 500
    for form in ("ndjson", "csv", "arrow", "msgpack", "parquet"):
        answer = ask(filled, "SELECT n FROM m", format=form)
        assert answer.status == 200 and answer.headers["x-arc-missing-files"] == "1", form
    aside.rename(path)
    assert verify(filled)["damaged"] == []
    answer = ask(filled, "SELECT count(*) FROM m").json()
    assert answer["data"] == [[2 * ROWS]] and answer["missing_files"] == 0
    assert "missing_files" not in ask(filled, "SELECT count(*) FROM m", allow=False).json()


def test_verify_through_the_server(filled, tmp_path):
    def command():
        return run_arc("verify", "--url", filled.url, cwd=tmp_path)

    done = command()
    assert done.returncode == 0 and "2 files" in done.stdout, done
    path = files(filled)[1]
    content = bytearray(path.read_bytes())
    content[5000] ^= 1
    path.write_bytes(content)
    done = command()
    assert done.returncode == 1, done
    assert re.search(rf"{path.name}: damaged: block 1 of \d+, .* is not as it was written",
                     done.stdout), done
    assert path.name in health(filled)[1]


def test_verify_of_a_data_directory(filled, tmp_path):
    def command(*more):
        return run_arc("verify", "--data-dir", filled.data_directory, *more, cwd=tmp_path)

    done = command()
    assert done.returncode == 1 and "arc verify --url" in done.stderr, done
    filled.stop()
    done = command()
    assert done.returncode == 0 and "2 files" in done.stdout, done
    first, second = files(filled)
    first.unlink()
    content = bytearray(second.read_bytes())
    content[-100] ^= 4
    second.write_bytes(content)
    done = command()
    assert done.returncode == 1, done
    assert first.name in done.stdout and second.name in done.stdout and "2 things" in done.stdout
    done = run_arc("verify", "--data-dir", tmp_path / "nothing", cwd=tmp_path)
    assert done.returncode == 1 and "no data directory" in done.stderr
    assert not (tmp_path / "nothing").exists()


def test_verify_of_the_log_and_the_catalog(tmp_path):
    with ArcServer(tmp_path, {"ingest.max_buffer_age_ms": 3_600_000}) as server:
        for second in range(3):
            server.write_lp("default", f"m v=1 {BASE + second}", "s")
        server.kill()
    log = max((server.data_directory / "wal").glob("w1-*.wal"), key=lambda path: path.name)
    content = bytearray(log.read_bytes())
    at = content.index(b"default")
    content[at] ^= 1
    log.write_bytes(content)
    done = run_arc("verify", "--data-dir", server.data_directory, cwd=tmp_path)
    assert done.returncode == 1 and log.name in done.stdout and "NOT SOUND" in done.stdout, done
    (server.data_directory / "catalog.db").write_bytes(b"x" * 8192)
    done = run_arc("verify", "--data-dir", server.data_directory, cwd=tmp_path)
    assert done.returncode == 1 and "catalog.db" in done.stdout, done


def test_files_of_an_older_server_are_read_and_verified_as_a_whole(filled, tmp_path):
    right = filled.query(EVERYTHING).rows
    filled.stop()
    with sqlite3.connect(filled.data_directory / "catalog.db") as catalog:
        catalog.execute("ALTER TABLE files DROP COLUMN footer_bytes")
        catalog.execute("ALTER TABLE files DROP COLUMN footer_checksum")
        catalog.execute("PRAGMA user_version = 3")
    catalog.close()
    filled.start()
    assert filled.query(EVERYTHING).rows == right
    assert verify(filled)["damaged"] == []
    path = files(filled)[0]
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    damaged = verify(filled)["damaged"]
    assert [file["damage"] for file in damaged] == ["damaged"] and path.name in damaged[0]["path"]
    answer = ask(filled, "SELECT count(*) FROM m").json()
    assert answer["data"] == [[ROWS]] and answer["missing_files"] == 1


def test_an_adopted_file_that_was_replaced(tmp_path):
    folder = tmp_path / "old"
    path = folder / "prod" / "cpu" / "2024" / "01" / "01" / "00" / "cpu_x.parquet"
    path.parent.mkdir(parents=True)

    def write(value):
        times = pa.array([1_704_067_200_000_000 + i for i in range(10)], pa.timestamp("us", "UTC"))
        pq.write_table(pa.table({"time": times, "v": [float(value)] * 10}), path)

    write(1)
    server = ArcServer(tmp_path)
    done = run_arc("catalog", "adopt", folder, "--data-dir", server.data_directory, cwd=tmp_path)
    assert done.returncode == 0, done
    with server:
        assert server.value("SELECT sum(v) FROM cpu", "prod") == 10
        size = path.stat().st_size
        write(2)
        assert path.stat().st_size == size
        answer = server.query_answer("SELECT sum(v) FROM cpu", "prod")
        assert answer.status == 500, answer
        assert "cpu_x.parquet" in health(server)[1]
        assert "cpu_x.parquet" in verify(server)["damaged"][0]["path"]


def test_only_administrators_verify(tmp_path):
    with ArcServer(tmp_path, {"auth.enabled": "true"}) as server:
        assert server.post("/api/v1/verify").status == 401
        assert server.get("/api/v1/verify").status == 401
