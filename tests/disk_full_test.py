"""A full disk: writes are refused, all else goes on, and so do writes once there is room again."""

import os
import subprocess
import time
import uuid

import pytest

from arc_server import ArcServer

DISK_BYTES = 48 * 1024 * 1024
SETTINGS = {
    "wal.segment_size": "1MB",
    "ingest.max_buffer_size": 20_000,
    "ingest.min_file_rows": 1,
    "ingest.max_buffer_age_ms": 500,
    "delete.enabled": "true",
}
ROWS = 1_000
PAD = 200  # random bytes a row, which do not compress
RECOVERY_SECONDS_MAX = 60


@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES},mode=700", "arc-test", folder],
        capture_output=True, text=True, check=False,
    )
    if mounted.returncode != 0:
        pytest.skip(f"may not mount a small disk here (needs root): {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.fixture
def server(small_disk):
    with ArcServer(small_disk, SETTINGS) as own:
        yield own


class Writer:
    """Requests of ROWS rows with ids from 0 on; knows which ones were acknowledged."""

    def __init__(self, server, measurement):
        self.server, self.measurement = server, measurement
        self.number = 0
        self.acknowledged = []

    def write(self):
        number, self.number = self.number, self.number + 1
        first = number * ROWS
        pad = os.urandom(PAD // 2 * ROWS).hex()
        body = "\n".join(
            f'{self.measurement} request={number}i,id={first + i}i,pad="{pad[i * PAD:][:PAD]}" '
            f"{1_767_225_600 + number}"
            for i in range(ROWS)
        )
        answer = self.server.post("/write?db=full&precision=s", body)
        if answer.status == 204:
            self.acknowledged.append(number)
        return answer

    def write_until(self, status, seconds):
        """Returns the first answer with this status."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            answer = self.write()
            if answer.status == status:
                return answer
            assert answer.status in (204, 503, 507), answer
            time.sleep(0 if answer.status == 204 else 0.2)
        raise AssertionError(f"no {status} within {seconds} s, at last {answer}")

    def check(self):
        """Exactly the acknowledged requests are stored, whole and once."""
        sql = f"SELECT request, count(*), count(DISTINCT id) FROM {self.measurement} GROUP BY 1"
        stored = {row[0]: row[1:] for row in self.server.query(sql, "full").rows}
        assert sorted(stored) == self.acknowledged
        assert set(map(tuple, stored.values())) == {(ROWS, ROWS)}


def fill(folder, leave_bytes):
    """A file that takes all room but so much."""
    path = folder / f"filler-{uuid.uuid4().hex}"
    room = os.statvfs(folder)
    size = room.f_bavail * room.f_frsize - leave_bytes
    with open(path, "wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(size, 4096))
    return path


def test_writes_stop_and_go_on_with_the_room_on_the_disk(server, small_disk):
    kept, dropped = Writer(server, "kept"), Writer(server, "dropped")
    for _ in range(5):
        assert kept.write().status == dropped.write().status == 204
    server.flush()
    filler = fill(small_disk, leave_bytes=2 * 1024 * 1024)

    answer = kept.write_until(507, seconds=30)
    assert int(answer.headers["retry-after"]) > 0
    assert "space" in answer.json()["error"]
    health = server.get("/health")
    assert health.status == 200
    assert health.json()["status"] == "degraded" and health.json()["problems"], health

    kept.check()  # queries go on
    deleted = server.request("DELETE", "/api/v1/databases/full/measurements/dropped?confirm=true")
    assert deleted.status == 200, deleted
    assert server.query_answer("SELECT count(*) FROM dropped", "full").status != 200

    filler.unlink()
    kept.write_until(204, RECOVERY_SECONDS_MAX)
    kept.check()
    deadline = time.monotonic() + RECOVERY_SECONDS_MAX
    while server.get("/health").json()["status"] != "ok":
        assert time.monotonic() < deadline, server.get("/health").text
        time.sleep(0.1)
    server.kill()
    server.start()
    kept.check()
    assert server.query_answer("SELECT count(*) FROM dropped", "full").status != 200


def test_a_kill_on_a_full_disk_loses_nothing(server, small_disk):
    writer = Writer(server, "m")
    for _ in range(5):
        assert writer.write().status == 204
    filler = fill(small_disk, leave_bytes=2 * 1024 * 1024)
    writer.write_until(507, seconds=30)
    server.kill()
    filler.unlink()
    server.start()
    writer.check()
    writer.write_until(204, RECOVERY_SECONDS_MAX)
    writer.check()
