"""Starting after a crash: what the log gives back, what it reports, and what it must not hide."""

import re
import time

import pytest

from arc_server import START_SECONDS_MAX, ArcServer, run_arc

# Nothing becomes a file by itself: all rows are in the log only.
NOT_FLUSHING = {
    "ingest.max_buffer_age_ms": 3_600_000,
    "ingest.max_small_buffer_age_ms": 86_400_000,
    "ingest.min_file_rows": 1_000_000,
    "wal.segment_size": "64KB",
}
GROUP_HEADER_BYTES = 64
BASE = 1_767_225_600
ROWS = 100
EVERYTHING = "SELECT request, count(*), sum(v) FROM {} GROUP BY 1 ORDER BY 1"


def lines(measurement, request):
    return "\n".join(
        f"{measurement},host=h{i % 7} request={request}i,v={i}i {BASE + request}"
        for i in range(ROWS)
    )


def write(server, requests, measurement="m"):
    for request in requests:
        server.write_lp("default", lines(measurement, request), "s")


def requests_in(server, measurement="m"):
    """The numbers of the requests that are stored; each must be whole and there once."""
    rows = server.query(EVERYTHING.format(measurement)).rows
    assert all(row[1:] == [ROWS, ROWS * (ROWS - 1) // 2] for row in rows), rows
    return [row[0] for row in rows]


def segments(server):
    """Segments with something in them, oldest first."""
    return sorted((server.data_directory / "wal").glob("w1-*.wal"))


def used_bytes(path):
    """Where the last group of a segment ends; behind it are zeros, or what was there before."""
    dumped = run_arc("wal", "dump", path, cwd=path.parent).stdout
    offset, size = re.findall(r"^  (\d+): group of \d+ records, (\d+) bytes", dumped, re.M)[-1]
    return int(offset) + GROUP_HEADER_BYTES + int(size)


@pytest.fixture(params=["sync", "interval"])
def logged(request, tmp_path):
    with ArcServer(tmp_path, {**NOT_FLUSHING, "wal.durability": request.param}) as server:
        yield server


@pytest.fixture
def server(tmp_path):
    with ArcServer(tmp_path, dict(NOT_FLUSHING)) as own:
        yield own


def test_a_kill_loses_nothing_acknowledged(logged):
    write(logged, range(50))
    assert not list(logged.files_root.rglob("*.parquet")), "the rows are to be in the log only"
    for _ in range(3):
        logged.kill()
        logged.start()
        assert requests_in(logged) == list(range(50))
    write(logged, range(50, 60))
    logged.flush()
    logged.kill()
    logged.start()
    assert requests_in(logged) == list(range(60))


def test_rows_come_back_as_they_were(server):
    body = """kinds,host=a v=1i,up=true,note="x, \\"y\\" é" 1
kinds v=2.5 2
kinds,host=ü up=false 3
kinds,rack=7 v=-9007199254740993i 4"""
    server.write_lp("default", body, "s")
    server.write_msgpack("default", {"m": "kinds", "columns": {
        "time": [1_500_000_000_000_000, 1_600_000_000_000_000],
        "v": [float("nan"), None], "late": [None, "z"],
    }})
    sql = "SELECT *, isnan(v) FROM kinds ORDER BY time"
    before, described = server.query(sql), server.query("DESCRIBE kinds")
    server.kill()
    server.start()
    assert server.query("DESCRIBE kinds") == described
    assert server.query(sql) == before
    server.flush()
    assert server.query(sql) == before


def test_a_request_with_many_measurements_comes_back_whole(server):
    for request in range(20):
        body = "\n".join(lines(f"part{i}", request) for i in range(10))
        server.write_lp("default", body, "s")
    server.kill()
    server.start()
    assert [requests_in(server, f"part{i}") for i in range(10)] == [list(range(20))] * 10


def test_flushed_rows_are_not_replayed_beside_others_that_are(server):
    write(server, range(10), "filed")
    server.flush()
    write(server, range(10), "fresh")
    write(server, range(10, 20), "filed")
    server.kill()
    server.start()
    assert requests_in(server, "filed") == list(range(20))
    assert requests_in(server, "fresh") == list(range(10))


def test_a_clean_stop_loses_nothing_and_repeats_nothing(server):
    write(server, range(10))
    for _ in range(3):
        server.restart()
        assert requests_in(server) == list(range(10))


@pytest.mark.parametrize("mode", ["sync", "interval", "off"])
def test_segments_found_at_start_are_replayed_in_every_mode(mode, tmp_path):
    with ArcServer(tmp_path, {**NOT_FLUSHING, "wal.durability": "sync"}) as server:
        write(server, range(20))
        server.kill()
        server.settings["wal.durability"] = mode
        server.start()
        assert requests_in(server) == list(range(20))
        write(server, range(20, 30))
        server.restart()  # cleanly: nothing is lost with `off` either
        assert requests_in(server) == list(range(30))
        server.settings["wal.durability"] = "sync"
        server.restart()
        write(server, range(30, 40))
        server.kill()
        server.start()
        assert requests_in(server) == list(range(40))


def test_rows_without_a_log_do_not_come_twice_after_their_flush(tmp_path):
    with ArcServer(tmp_path, {**NOT_FLUSHING, "wal.durability": "off"}) as server:
        write(server, range(10))
        server.flush()
        write(server, range(10, 20))
        server.kill()
        server.start()
        assert requests_in(server) == list(range(10)), "what was in memory only is gone"


@pytest.mark.parametrize("damage", ["garbage", "cut"])
def test_a_torn_tail_is_cut_and_reported(damage, server):
    write(server, range(5))
    server.kill()
    last = segments(server)[-1]
    content = last.read_bytes()
    used = used_bytes(last)
    if damage == "garbage":
        torn = content[:used] + bytes(range(1, 256)) * 4
        last.write_bytes(torn + content[len(torn):])
    else:
        last.write_bytes(content[:used - 40])
    server.start()
    expected = list(range(5)) if damage == "garbage" else list(range(4))
    assert requests_in(server) == expected
    assert "torn" in server.log_of_this_run()
    write(server, range(10, 20))
    server.kill()
    server.start()
    assert requests_in(server) == expected + list(range(10, 20))


def test_a_damaged_record_is_set_aside_and_the_others_are_recovered(server):
    write(server, range(60))
    server.kill()
    damaged = segments(server)[1]
    assert damaged != segments(server)[-1], "the damage is to be far from the end"
    content = bytearray(damaged.read_bytes())
    middle = used_bytes(damaged) // 2
    for offset in range(middle, middle + 16):
        content[offset] ^= 0xFF
    damaged.write_bytes(content)
    server.start()
    found = requests_in(server)
    assert len(found) in (58, 59), "one record, or the two that the damage touches"
    aside = list((server.data_directory / "wal" / "quarantine").iterdir())
    assert aside and all(path.stat().st_size > 0 for path in aside)
    log = server.log_of_this_run()
    assert "quarantine" in log and damaged.name.removesuffix(".wal") in log
    health = server.get("/health").json()
    assert health["status"] == "degraded"
    assert any("quarantine" in problem or "corrupt" in problem for problem in health["problems"])
    write(server, range(100, 110))
    server.kill()
    server.start()
    assert requests_in(server) == found + list(range(100, 110))


def test_until_the_log_is_replayed_only_health_answers(tmp_path):
    """Replay of a log that takes a moment, watched from the first second."""
    settings = {**NOT_FLUSHING, "wal.segment_size": "64MB", "ingest.max_buffer_size": 10_000_000}
    with ArcServer(tmp_path, settings) as server:
        rows, body = 0, "\n".join(
            f'big,host=h{i % 50} v={i}i,w={i}.5,note="{"x" * 100}{i}" {BASE + i}'
            for i in range(20_000)
        )
        for _ in range(60):
            server.write_lp("default", body, "s")
            rows += 20_000
        server.kill()
        server.spawn()
        server.wait_until_listening(time.monotonic() + START_SECONDS_MAX)
        refused = 0
        while (ready := server.get("/ready")).status != 200:
            assert ready.status == 503
            assert server.get("/health").status == 200
            for answer in (
                server.query_answer("SELECT count(*) FROM big"),
                server.post("/write?db=default&precision=s", "big v=1i 1"),
                server.get("/api/v1/databases"),
            ):
                if answer.status != 503:  # it has become ready this moment
                    break
                assert int(answer.headers["retry-after"]) > 0
                refused += 1
            assert server.process.poll() is None, server.log()[-2000:]
        assert refused >= 3, "the replay was over before anything was asked: make it longer"
        stored = server.value("SELECT count(*) FROM big")
        late = server.value("SELECT count(*) FROM big WHERE host IS NULL")
        assert stored - late == rows
