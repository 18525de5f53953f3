"""Parts of the data directory are gone, at a start or under a server: docs/missing-data.md."""

import shutil
import signal
import sqlite3
import time

import pytest

from arc_client import ServerError
from arc_server import ArcServer, StartFailed, run_arc

# Nothing becomes a file by itself.
NOT_FLUSHING = {
    "ingest.max_buffer_age_ms": 3_600_000,
    "ingest.max_small_buffer_age_ms": 86_400_000,
    "ingest.min_file_rows": 1_000_000,
    "wal.segment_size": "64KB",
}
ROWS = 300
BASE = 1_767_225_600
NOTICED_SECONDS_MAX = 20


def lines(request, measurement="m"):
    return "\n".join(
        f"{measurement},host=h{i % 7} request={request}i,v={i}i {BASE + request * 7200 + i}"
        for i in range(ROWS)
    )


def write(server, requests, measurement="m"):
    for request in requests:
        server.write_lp("default", lines(request, measurement), "s")


def requests_in(server, measurement="m"):
    """The numbers of the requests that are stored; each must be whole and there once."""
    rows = server.query(f"SELECT request, count(*) FROM {measurement} GROUP BY 1 ORDER BY 1").rows
    assert all(row[1] == ROWS for row in rows), rows
    return [row[0] for row in rows]


def tree(folder):
    return {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}


def rebuild(server, *more):
    return run_arc(
        "catalog", "rebuild", "--data-dir", server.data_directory, *more, cwd=server.folder
    )


def problems(server):
    health = server.get("/health").json()
    assert (health["status"] == "ok") == (health["problems"] == [])
    return health["problems"]


def metric(server, name):
    return server.metrics()[name]


def write_status(server):
    return server.post("/write?db=default&precision=s", "m,host=h request=1i,v=1i 1").status


def exit_code(server):
    server.disconnect()
    server.process.send_signal(signal.SIGTERM)
    return server.process.wait(60)


@pytest.fixture
def server(tmp_path):
    """Two requests in files, and three in the log."""
    with ArcServer(tmp_path, dict(NOT_FLUSHING)) as own:
        write(own, range(2))
        own.flush()
        write(own, range(2, 5))
        yield own


def refused_start(server):
    """The log of a start that is refused, and that has made and removed nothing."""
    before = tree(server.data_directory)
    with pytest.raises(StartFailed):
        server.start()
    assert tree(server.data_directory) == before
    return server.log_of_this_run()


@pytest.mark.parametrize("ending", ["kill", "stop"])
@pytest.mark.parametrize("damage", ["deleted", "emptied"])
def test_without_its_catalog_a_server_does_not_start_as_new(server, damage, ending):
    getattr(server, ending)()
    catalog = server.data_directory / "catalog.db"
    (server.data_directory / "catalog.db-wal").unlink(missing_ok=True)
    catalog.unlink() if damage == "deleted" else catalog.write_bytes(b"")
    said = refused_start(server)
    for words in ("catalog.db", "data files below", "write-ahead log", "arc catalog rebuild",
                  "storage.data_directory"):
        assert words in said
    done = rebuild(server, *(["--replace"] if damage == "emptied" else []))
    assert done.returncode == 0, done.stderr
    assert "1 measurements" in done.stdout
    server.start()
    assert requests_in(server) == list(range(5))
    assert problems(server) == []
    write(server, [5])
    server.restart()
    assert requests_in(server) == list(range(6))


def test_an_older_catalog_is_not_taken_for_the_newest(server):
    server.stop()
    catalog = server.data_directory / "catalog.db"
    older = catalog.read_bytes()
    server.start()
    write(server, [5])
    server.stop()
    newest = catalog.read_bytes()
    catalog.write_bytes(older)
    said = refused_start(server)
    assert "older than it was" in said and "arc catalog rebuild" in said
    catalog.write_bytes(newest)
    server.start()
    assert requests_in(server) == list(range(6))


def verify(server):
    return run_arc("verify", "--data-dir", server.data_directory, cwd=server.folder)


def test_verify_tells_of_an_older_catalog(server):
    server.stop()
    catalog = server.data_directory / "catalog.db"
    older = catalog.read_bytes()
    server.start()
    write(server, [5])
    server.stop()
    assert verify(server).returncode == 0
    catalog.write_bytes(older)
    done = verify(server)
    assert done.returncode == 1 and "older than it was" in done.stdout, done


@pytest.mark.parametrize("which", ["first", "middle", "last", "all", "folder"])
def test_verify_tells_of_a_lost_segment(server, which):
    write(server, range(5, 60))
    server.kill()
    assert verify(server).returncode == 0
    wal = server.data_directory / "wal"
    segments = sorted(wal.glob("w1-*.wal"))
    gone = {"first": segments[:1], "middle": segments[2:3], "last": segments[-1:]}
    for segment in gone.get(which, segments):
        segment.unlink()
    if which == "folder":
        shutil.rmtree(wal)
    left = tree(server.data_directory)
    done = verify(server)
    assert done.returncode == 1 and "lacks requests" in done.stdout, done
    assert tree(server.data_directory) == left, "verify only looks"
    server.start()
    assert problems(server)
    server.stop()
    assert verify(server).returncode == 0, "the start has told it, and goes on from here"


def test_verify_tells_of_a_missing_state(server):
    server.stop()
    (server.data_directory / "arc.state").unlink()
    done = verify(server)
    assert done.returncode == 1 and "arc.state" in done.stdout, done


def test_verify_leaves_a_catalog_with_the_log_of_another_day_as_it_is(server):
    """Each of the two may be half of what is wanted back."""
    def many(name):
        rows = "\n".join(f"{name}{i},host=h1 request=1i,v=1i {BASE}" for i in range(100))
        server.write_lp("default", rows, "s")
        server.flush()

    many("first")
    server.stop()
    catalog = server.data_directory / "catalog.db"
    older = catalog.read_bytes()
    server.start()
    many("second")
    server.restart()
    many("third")
    server.kill()
    catalog.write_bytes(older)
    log = (server.data_directory / "catalog.db-wal").read_bytes()
    assert "catalog" in refused_start(server)
    assert verify(server).returncode == 1
    assert catalog.read_bytes() == older, "verify has changed it"
    assert (server.data_directory / "catalog.db-wal").read_bytes() == log


def test_a_folder_of_files_that_is_not_mounted_stops_the_start(server):
    server.stop()
    server.files_root.rename(server.folder / "elsewhere")
    server.files_root.mkdir()
    assert "is its disk mounted" in refused_start(server)
    server.files_root.rmdir()
    (server.folder / "elsewhere").rename(server.files_root)
    server.start()
    assert requests_in(server) == list(range(5))


@pytest.mark.parametrize("which", ["first", "middle", "last", "all"])
def test_a_lost_segment_is_told_until_it_is_accepted(server, which):
    write(server, range(5, 60))
    server.kill()
    segments = sorted((server.data_directory / "wal").glob("w1-*.wal"))
    assert len(segments) > 4
    gone = {"first": segments[:1], "middle": segments[2:3], "last": segments[-1:], "all": segments}
    for segment in gone[which]:
        segment.unlink()
    server.start()
    found = requests_in(server)
    assert len(found) < 60 and (which == "all") == (found == [0, 1])
    assert "write-ahead log" in server.log_of_this_run()
    assert problems(server)
    if which == "middle":  # damage between what is there, and reported as such
        return
    assert metric(server, "arc_missing_at_start") == 1
    server.restart()
    assert len(problems(server)) == 1 and "arc.losses" in problems(server)[0]
    (server.data_directory / "arc.losses").unlink()
    deadline = time.monotonic() + NOTICED_SECONDS_MAX
    while problems(server):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    server.restart()
    assert problems(server) == []


def test_a_log_of_which_every_row_is_in_files_may_go(server):
    server.stop()
    shutil.rmtree(server.data_directory / "wal")
    server.start()
    assert requests_in(server) == list(range(5))
    assert problems(server) == []


def test_a_missing_state_and_a_missing_format_are_told(server):
    server.stop()
    (server.data_directory / "arc.state").unlink()
    (server.data_directory / "arc.format").unlink()
    server.start()
    told = " ".join(problems(server))
    assert "arc.state" in told and "arc.format" in told
    assert requests_in(server) == list(range(5))


def test_a_data_directory_of_an_older_server_misses_nothing(server):
    """It had no arc.state, and its catalog no generation: the first segments are gone rightly."""
    write(server, range(5, 20))
    server.flush()
    write(server, range(20, 30))
    deadline = time.monotonic() + NOTICED_SECONDS_MAX
    first = server.data_directory / "wal" / "w1-0000000000000001.wal"
    while first.exists():
        assert time.monotonic() < deadline, "nothing was freed"
        time.sleep(0.05)
    server.kill()
    catalog = sqlite3.connect(server.data_directory / "catalog.db")
    catalog.execute("DELETE FROM meta WHERE key = 'generation'")
    for column in ("footer_bytes", "footer_checksum"):
        catalog.execute(f"ALTER TABLE files DROP COLUMN {column}")
    catalog.execute("PRAGMA user_version = 3")
    catalog.commit()
    catalog.close()
    (server.data_directory / "arc.state").unlink()
    for _ in range(2):
        server.start()
        assert problems(server) == []
        assert requests_in(server) == list(range(30))
        server.kill()
    assert (server.data_directory / "arc.state").exists()
    server.start()


def test_missing_tokens_are_told(tmp_path):
    settings = {"auth.enabled": "true", "auth.bootstrap_token": "a" * 40}
    with ArcServer(tmp_path, settings) as server:
        assert problems(server) == []
        server.restart()
        assert problems(server) == []
        server.stop()
        (server.data_directory / "auth.db").unlink()
        server.start()
        assert "auth.db" in problems(server)[0]


def test_an_empty_folder_is_a_new_server_and_that_is_said(server):
    server.stop()
    shutil.rmtree(server.data_directory)
    server.settings["storage.must_exist"] = "true"
    with pytest.raises(StartFailed):
        server.start()
    assert "is the disk" in server.log_of_this_run()
    assert not server.data_directory.exists()
    server.settings["storage.must_exist"] = "false"
    server.start()
    assert "new data directory" in server.log_of_this_run()
    server.settings["storage.must_exist"] = "true"
    server.restart()


VANISHING = {
    "everything": lambda data: shutil.rmtree(data),
    "moved": lambda data: data.rename(data.parent / "moved"),
    "files": lambda data: shutil.rmtree(data / "arc"),
    "log": lambda data: shutil.rmtree(data / "wal"),
    "catalog": lambda data: (data / "catalog.db").unlink(),
    "segment": lambda data: sorted((data / "wal").glob("w1-*.wal"))[0].unlink(),
}


@pytest.mark.parametrize("durability", ["sync", "interval", "off"])
@pytest.mark.parametrize("what", VANISHING)
def test_what_vanishes_under_a_server_ends_its_writes(what, durability, tmp_path):
    if durability == "off" and what in ("log", "segment"):
        pytest.skip("there is no log")
    server = ArcServer(tmp_path, {**NOT_FLUSHING, "wal.durability": durability}).start()
    try:
        write(server, range(2))
        server.flush()
        write(server, range(2, 5))
        VANISHING[what](server.data_directory)
        deadline = time.monotonic() + NOTICED_SECONDS_MAX
        while write_status(server) != 503:
            # A log that was removed is noticed by the very next write.
            assert durability != "sync" or what not in ("everything", "log"), "acknowledged"
            assert time.monotonic() < deadline
            time.sleep(0.02)
        while not problems(server):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        deadline = time.monotonic() + NOTICED_SECONDS_MAX
        while metric(server, "arc_data_vanished") != 1:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        with pytest.raises(ServerError) as refused:
            server.flush()
        assert refused.value.answer.status not in (404, 200)
        assert write_status(server) == 503
        assert exit_code(server) == 1
    finally:
        if server.process.poll() is None:
            server.kill()


def test_a_vanished_catalog_loses_nothing_that_was_acknowledged(server):
    (server.data_directory / "catalog.db").unlink()
    acknowledged = list(range(5))
    maybe = []
    for request in range(5, 200):
        answer = server.post("/write?db=default&precision=s", lines(request))
        if answer.status != 204:
            # The loss is noticed between two writes, or while the log takes one.
            maybe = [request] if "outcome unknown" in answer.text else []
            break
        acknowledged.append(request)
        time.sleep(0.02)
    assert exit_code(server) == 1
    assert rebuild(server).returncode == 0
    server.start()
    assert requests_in(server) in (acknowledged, acknowledged + maybe)


def test_a_rebuild_refuses_what_it_must_not_do(server):
    running = rebuild(server)
    assert running.returncode == 1 and "stop it first" in running.stderr
    server.stop()
    there = rebuild(server)
    assert there.returncode == 1 and "--replace" in there.stderr
    nowhere = run_arc("catalog", "rebuild", "--data-dir", server.folder / "none", cwd=server.folder)
    assert nowhere.returncode == 1 and "does not exist" in nowhere.stderr
    assert not (server.folder / "none").exists()
    replaced = rebuild(server, "--replace")
    assert replaced.returncode == 0 and "catalog.db.old-" in replaced.stdout
    server.start()
    assert requests_in(server) == list(range(5))


def test_a_rebuild_names_each_file_that_it_leaves_out(server):
    server.stop()
    damaged = sorted(server.files_root.rglob("*.parquet"))[0]
    damaged.write_bytes(damaged.read_bytes()[:100])
    (server.data_directory / "catalog.db").unlink()
    done = rebuild(server)
    assert done.returncode == 1
    assert damaged.name in done.stderr
    server.start()
    assert 0 < len(requests_in(server)) < 5
