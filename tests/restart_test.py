"""Stopping, killing and starting again: what stays, what is swept, and what is refused."""

import http.client
import re
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from arc_client import ServerError
from arc_server import ArcServer, StartFailed
from plain_duckdb import PlainDuckDB

NOT_FLUSHING = {"ingest.max_buffer_age_ms": 3_600_000}
LINES = "\n".join(f"cpu,host=h{i % 3} v={i}i,f={i}.5 {1_704_067_200 + i * 60}" for i in range(300))
ALL = "SELECT time, host, v, f FROM cpu ORDER BY time"


@pytest.fixture
def server(tmp_path):
    with ArcServer(tmp_path, NOT_FLUSHING) as own:
        yield own


def test_sigterm_flushes_what_is_in_memory(server):
    server.write_lp("default", LINES, "s")
    before = server.query(ALL).rows
    assert not list(server.files_root.rglob("*.parquet")), "the rows are to be in memory"
    server.stop()
    glob = f"{server.files_root}/default/cpu/**/*.parquet"
    assert PlainDuckDB().rows(ALL.replace("cpu", f"read_parquet('{glob}')")) == before
    server.start()
    assert server.query(ALL).rows == before


def test_a_restart_changes_no_answer_and_goes_on(server):
    server.write_lp("default", LINES, "s")
    server.flush()
    server.write_lp("default", "cpu,host=late v=1000i 1800000000", "s")
    before = server.query(ALL).rows
    server.restart()
    assert server.query(ALL).rows == before
    described = server.query("DESCRIBE cpu").rows
    server.write_lp("default", "cpu,host=later v=2000i 1800000001", "s")
    assert server.value("SELECT count(*) FROM cpu") == len(before) + 1
    server.restart()
    assert server.value("SELECT sum(v) FROM cpu") == sum(range(300)) + 3000
    assert server.query("DESCRIBE cpu").rows == described


def test_files_survive_a_kill(server):
    server.write_lp("default", LINES, "s")
    server.flush()
    before = server.query(ALL).rows
    server.kill()
    server.start()
    assert server.query(ALL).rows == before


def test_start_sweeps_only_what_is_surely_ours(server):
    server.write_lp("default", LINES, "s")
    server.stop()
    staging = server.files_root / ".staging"
    staging.mkdir(exist_ok=True)
    ours = staging / "a1-0123456789abcdef-000001.tmp"
    foreign = [
        staging / "notes.txt",
        server.files_root / "default" / "cpu" / "cpu_20240101_000000_1.parquet",
        server.files_root / "default" / "cpu" / "a1-0123456789abcdef-000001.parquet",
        server.files_root / "README.txt",
    ]
    for path in [ours, *foreign]:
        path.write_text("not of this server")
    server.start()
    assert server.value("SELECT count(*) FROM cpu") == 300
    server.stop()
    assert not ours.exists()
    assert all(path.exists() for path in foreign)


def test_a_second_server_on_the_same_data_refuses_to_start(server):
    second = ArcServer(server.folder)
    second.log_path = server.folder / "second.log"
    with pytest.raises(StartFailed, match=r"(?i)another|already|in use|lock"):
        second.start()
    assert second.process.returncode == 1
    assert str(server.data_directory) in second.log()
    assert server.get("/ready").status == 200


def test_the_lock_is_gone_after_a_kill(server):
    server.kill()
    server.start()
    assert server.get("/ready").status == 200


def test_a_newer_catalog_is_refused(server):
    server.write_lp("default", LINES, "s")
    server.stop()
    with sqlite3.connect(server.data_directory / "catalog.db") as catalog:
        (version,) = catalog.execute("PRAGMA user_version").fetchone()
        assert version == 5
        catalog.execute("PRAGMA user_version = 999")
    catalog.close()
    with pytest.raises(StartFailed, match="(?i)999|newer"):
        server.start()
    assert server.process.returncode == 1


def test_another_database_file_is_refused(server):
    server.stop()
    (server.data_directory / "catalog.db").write_text("hardly a database, but long enough" * 99)
    with pytest.raises(StartFailed, match="(?i)catalog"):
        server.start()


def test_a_newer_data_directory_is_refused(server):
    server.stop()
    marker = server.data_directory / "arc.format"
    assert re.fullmatch(r"\d+", marker.read_text().strip())
    marker.write_text("999\n")
    with pytest.raises(StartFailed, match="(?i)999|newer"):
        server.start()
    assert server.process.returncode == 1


def test_a_stop_while_a_client_writes_loses_nothing_acknowledged(server):
    acknowledged = 0

    def write_until_refused():
        nonlocal acknowledged
        try:
            while True:
                server.write_lp("default", f"cpu v=1i {acknowledged}", "s")
                acknowledged += 1
        except (ServerError, OSError, http.client.HTTPException):
            pass  # stopped

    with ThreadPoolExecutor(1) as pool:
        client = pool.submit(write_until_refused)
        while acknowledged < 100 and not client.done():
            time.sleep(0.001)
        server.stop()
        client.result()
    assert acknowledged >= 100
    server.start()
    # The last request may have been stored without its answer having arrived.
    assert server.value("SELECT count(*) FROM cpu") in (acknowledged, acknowledged + 1)


def test_files_are_private(server):
    server.write_lp("default", LINES, "s")
    server.flush()
    files = [path for path in server.data_directory.rglob("*") if path.is_file()]
    assert len(files) >= 3
    assert [path for path in files if path.stat().st_mode & 0o077] == []
