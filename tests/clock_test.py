"""The wall clock jumps, as when a machine with a dead battery finds its time server: nothing is
lost, nothing stands still, and what lives by the clock follows it."""

import itertools
import json
import os
import struct
import subprocess
import threading
import time

import pytest

from arc_server import ArcServer

ADMIN = "an-administrator-of-these-tests-0123456789"
HOUR, DAY = 3600, 86400
YEAR = 365 * DAY
# Seconds away from the right time. Some fall before 1970 and beyond 2200.
JUMPS = [HOUR, -HOUR, 3 * DAY, -2 * DAY, 40 * DAY, 0, 10 * YEAR, -10 * YEAR, 180 * YEAR,
         -50 * YEAR, -60 * YEAR, 1, -1, 0]
SETTINGS = {
    "auth.enabled": "true",
    "auth.bootstrap_token": ADMIN,
    "audit_log.enabled": "true",
    "audit_log.max_file_size": "64KB",
    "audit_log.retention_days": "36500",
    "ingest.max_buffer_age_ms": 100,
    "ingest.min_file_rows": 1,
    "wal.segment_size": "64KB",
    "wal.durability": "sync",
}
ROWS = 20
ANSWER_SECONDS_MAX = 20
WRITERS = 2


@pytest.fixture(scope="session")
def shim(tmp_path_factory):
    built = tmp_path_factory.mktemp("clock") / "jumping_clock.so"
    source = os.path.join(os.path.dirname(__file__), "jumping_clock.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", built, source], check=True)
    return built


class Server(ArcServer):
    """With a wall clock that the test decides on, and an administrator who asks."""

    def __init__(self, folder, shim, settings=None):
        self.clock_path = folder / "clock"
        self.clock_path.write_bytes(bytes(8))
        asan = os.environ.get("ASAN_OPTIONS", "")
        environment = {
            "LD_PRELOAD": str(shim), "JUMPING_CLOCK_FILE": str(self.clock_path),
            "ASAN_OPTIONS": f"{asan}:verify_asan_link_order=0",
        }
        super().__init__(folder, {**SETTINGS, **(settings or {})}, environment)
        self.timeout = ANSWER_SECONDS_MAX

    def jump(self, seconds):
        with open(self.clock_path, "r+b", buffering=0) as file:
            file.write(struct.pack("=q", seconds))

    def request(self, method, path, body=b"", headers=None):
        own = {"Authorization": f"Bearer {ADMIN}"} if path != "/ready" else {}
        return super().request(method, path, body, {**own, **(headers or {})})

    def problems(self):
        return self.get("/health").json()["problems"]

    def file_paths(self):
        return sorted(self.files_root.rglob("a1-*.parquet"))


class Writer(threading.Thread):
    """Requests of ROWS rows, of a time of their own and of the server's, until it is stopped."""

    def __init__(self, server, number):
        super().__init__()
        self.server, self.number = server, number
        self.acknowledged, self.failures = 0, []
        self.stopping = threading.Event()

    def run(self):
        for request in itertools.count():
            if self.stopping.is_set():
                return
            times = [f" {1_767_225_600 + request}", ""][request % 2]
            body = "\n".join(f"m,w=w{self.number} id={request * ROWS + i}i{times}"
                             for i in range(ROWS))
            try:
                answer = self.server.post("/write?db=default&precision=s", body)
            except OSError as error:
                self.failures.append(repr(error))
                return
            if answer.status != 204:
                self.failures.append(f"{answer.status} {answer.text}")
                return
            self.acknowledged += 1


def wait_until(condition, what):
    deadline = time.monotonic() + ANSWER_SECONDS_MAX
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.01)


def stored(server):
    sql = "SELECT w, count(*)::BIGINT, count(DISTINCT id)::BIGINT, max(id) FROM m GROUP BY w"
    return {w: tuple(more) for w, *more in server.query(sql).rows}


def expected(writers):
    return {f"w{writer.number}": (count, count, count - 1)
            for writer in writers for count in [writer.acknowledged * ROWS]}


@pytest.mark.parametrize("durability", ["sync", "interval"])
def test_jumps_lose_nothing_and_hold_nothing_up(durability, shim, tmp_path):
    with Server(tmp_path, shim, {"wal.durability": durability}) as server:
        writers = [Writer(server, number) for number in range(WRITERS)]
        for writer in writers:
            writer.start()
        try:
            for jump in JUMPS:
                server.jump(jump)
                # Everybody goes on: writers, flushes by age, queries.
                before = [writer.acknowledged for writer in writers]
                files = len(server.file_paths())
                wait_until(lambda: any(writer.failures for writer in writers) or all(
                    writer.acknowledged > count + 5 for writer, count in zip(writers, before)
                ), f"writes stand still after a jump of {jump} s")
                wait_until(lambda: len(server.file_paths()) > files,
                           f"no flush by age after a jump of {jump} s")
                recent = "SELECT count(*) FROM m WHERE time > now() - INTERVAL 1 DAY"
                assert server.value(recent) > 0
                assert server.problems() == [], jump
        finally:
            for writer in writers:
                writer.stopping.set()
            for writer in writers:
                writer.join()
        assert [writer.failures for writer in writers] == [[]] * WRITERS
        assert stored(server) == expected(writers)
        server.jump(-3 * YEAR)
        began = time.monotonic()
        server.stop()
        assert time.monotonic() - began < ANSWER_SECONDS_MAX
        server.start()
        assert stored(server) == expected(writers)
        writes = sum(path.read_text().count('"data.write"')
                     for path in (server.data_directory / "audit").iterdir())
        assert writes == sum(writer.acknowledged for writer in writers)
        assert server.problems() == []


def test_a_start_in_the_past_of_its_own_files(shim, tmp_path):
    """Neither names of files nor the order of writes come from the clock."""
    with Server(tmp_path, shim) as server:
        written, names = 0, set()
        for jump in (0, 5 * YEAR, -5 * YEAR, 0, -60 * YEAR, 0):
            server.jump(jump)
            for _ in range(3):
                server.write_lp("default", f"m v={written}i")
                written += 1
                server.flush()
            server.write_lp("default", f"m v={written}i")
            written += 1
            found = {str(path) for path in server.file_paths()}
            assert names < found
            names = found
            server.kill()
            server.jump(-jump // 2)
            server.start()
            assert server.query("SELECT v FROM m ORDER BY v").rows == [[v] for v in range(written)]
            assert server.problems() == []
        files = [path.name for path in server.file_paths()]
        assert len(files) == len(set(files))


def test_tokens_expire_by_the_clock(shim, tmp_path):
    with Server(tmp_path, shim) as server:
        wish = {"name": "brief", "permissions": ["read"], "expires_in": "1h"}
        created = server.post("/api/v1/auth/tokens", json.dumps(wish)).json()
        brief = {"Authorization": f"Bearer {created['token']}"}
        for jump, wanted in ((0, 200), (HOUR - 60, 200), (HOUR + 60, 401), (YEAR, 401), (0, 200),
                             (-YEAR, 200), (2 * HOUR, 401), (0, 200)):
            server.jump(jump)
            answer = server.post("/api/v1/query", '{"sql": "SELECT 1"}', brief)
            assert answer.status == wanted, jump


def test_limits_by_the_hour_do_not_lock_out_for_years(shim, tmp_path):
    """A clock that was set back gives nothing anew, and takes no more than its hour."""
    with Server(tmp_path, shim, {"governance.default_max_queries_per_hour": "3"}) as server:
        def allowed():
            return sum(server.query_answer("SELECT 1").status == 200 for _ in range(5))

        for jump, wanted in ((0, 3), (-YEAR, 0), (HOUR - YEAR, 3), (10 * YEAR, 3), (0, 0),
                             (HOUR, 3)):
            server.jump(jump)
            assert allowed() == wanted, jump
