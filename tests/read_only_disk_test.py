"""A disk that may only be read: at the start, and from one moment on under a running server, which
is what a kernel makes of a disk with errors."""

import signal
import subprocess
import time
from pathlib import Path

import pytest

from arc_server import ArcServer, StartFailed

DISK_BYTES = 64 * 1024 * 1024
SETTINGS = {
    "wal.segment_size": "64KB",
    "ingest.max_buffer_age_ms": 200,
    "ingest.min_file_rows": 1,
    "delete.enabled": "true",
}
ROWS = 50
NOTICED_SECONDS_MAX = 30
STOP_SECONDS_MAX = 40


class Disk:
    """An ext4 file system of its own in a file."""

    def __init__(self, folder):
        self.image, self.folder = folder / "image", folder / "disk"
        self.folder.mkdir()
        with open(self.image, "wb") as file:
            file.truncate(DISK_BYTES)
        run("mkfs.ext4", "-q", "-F", "-e", "remount-ro", self.image)

    def mount(self, options="rw"):
        run("mount", "-o", f"loop,{options}", self.image, self.folder)

    def unmount(self, *options):
        run("umount", *options, self.folder)

    def fail(self):
        """What the kernel does once it has found an error."""
        device = run("findmnt", "-no", "SOURCE", self.folder).strip()
        Path(f"/sys/fs/ext4/{Path(device).name}/trigger_fs_error").write_text("1")

    def repair(self):
        self.unmount()
        subprocess.run(["e2fsck", "-fy", self.image], capture_output=True, check=False)
        self.mount()


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise OSError(f"{command}: {done.stderr}")
    return done.stdout


@pytest.fixture
def disk(tmp_path):
    try:
        own = Disk(tmp_path)
        own.mount()
    except OSError as error:
        pytest.skip(f"may not mount a disk of its own here (needs root): {error}")
    (own.folder / "server").mkdir()
    yield own
    run("umount", "--lazy", own.folder)


def write(server, request):
    body = "\n".join(f"m request={request}i,v={i}i {1_767_225_600 + request}" for i in range(ROWS))
    return server.post("/write?db=default&precision=s", body)


def requests_in(server):
    """The numbers of the requests that are stored; each must be whole and there once."""
    sql = "SELECT request, count(*), count(DISTINCT v) FROM m GROUP BY 1 ORDER BY 1"
    rows = server.query(sql).rows
    assert all(row[1:] == [ROWS, ROWS] for row in rows), rows
    return [row[0] for row in rows]


def end(server):
    """The exit code after SIGTERM, which must come in time."""
    server.disconnect()
    server.process.send_signal(signal.SIGTERM)
    return server.process.wait(STOP_SECONDS_MAX)


def server_on(disk, tmp_path, settings=None):
    """Its data on the disk, what it prints elsewhere."""
    server = ArcServer(tmp_path / "beside", {**SETTINGS, **(settings or {})})
    server.data_directory = disk.folder / "server" / "data"
    return server


def problems(server):
    return server.get("/health").json()["problems"]


def wait_until(condition, what):
    deadline = time.monotonic() + NOTICED_SECONDS_MAX
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


@pytest.mark.parametrize("data", ["none", "of a crash", "of a stop"])
def test_a_start_on_a_disk_that_may_only_be_read_is_refused(data, disk, tmp_path):
    server = server_on(disk, tmp_path)
    if data != "none":
        with server:
            for request in range(5):
                assert write(server, request).status == 204
            server.kill() if data == "of a crash" else server.stop()
    disk.unmount()
    disk.mount("ro")
    with pytest.raises(StartFailed):
        server.start()
    assert server.process.returncode == 1
    said = server.log_of_this_run()
    for words in (str(server.data_directory), "Read-only", "storage.data_directory"):
        assert words in said, said
    disk.unmount()
    disk.mount()
    with server:
        if data != "none":
            assert requests_in(server) == list(range(5))
        assert write(server, 5).status == 204
        assert problems(server) == []


@pytest.mark.parametrize("durability", ["sync", "interval"])
def test_a_disk_that_becomes_read_only(durability, disk, tmp_path):
    with server_on(disk, tmp_path, {"wal.durability": durability}) as server:
        for request in range(20):
            assert write(server, request).status == 204
        server.flush()
        disk.fail()
        # The very next write is refused; whether its rows are there nobody knows.
        answer = write(server, 20)
        assert answer.status == 503 and "outcome unknown" in answer.text, answer
        assert int(answer.headers["retry-after"]) > 0
        assert write(server, 21).status == 503
        assert problems(server)
        for refused in (
            server.request("DELETE", "/api/v1/databases/default/measurements/m?confirm=true"),
            server.request("DELETE", "/api/v1/databases/default?confirm=true"),
            server.post("/api/v1/databases", '{"name": "another"}'),
        ):
            assert refused.status == 503, refused
            assert int(refused.headers["retry-after"]) > 0, refused
        assert requests_in(server) == list(range(20)), "queries go on, and nothing was dropped"
        assert end(server) == 1, "not everything is in files"
        disk.repair()
        server.start()
        assert requests_in(server) in (list(range(20)), list(range(21)))
        assert write(server, 22).status == 204
        assert problems(server) == []


def test_without_a_log_a_disk_that_becomes_read_only_is_told(disk, tmp_path):
    """Writes go on into memory, as nothing more is promised; that they do not get out is known."""
    with server_on(disk, tmp_path, {"wal.durability": "off"}) as server:
        for request in range(20):
            assert write(server, request).status == 204
        server.flush()
        disk.fail()
        assert write(server, 20).status == 204
        wait_until(lambda: problems(server), "not in /health")
        assert requests_in(server) == list(range(21))
        assert end(server) == 1, "not everything is in files"
        disk.repair()
        server.start()
        assert requests_in(server) == list(range(20))
        assert problems(server) == []


def test_files_on_a_disk_that_is_read_only_for_a_while(disk, tmp_path):
    """Their rows wait in the log and in memory, and become files without a restart."""
    server = server_on(disk, tmp_path, {"storage.local_path": disk.folder / "server" / "files"})
    server.data_directory = tmp_path / "data"
    with server:
        for request in range(10):
            assert write(server, request).status == 204
        server.flush()
        run("mount", "-o", "remount,ro", disk.folder)
        for request in range(10, 20):
            assert write(server, request).status == 204
        wait_until(lambda: problems(server), "not in /health")
        assert requests_in(server) == list(range(20))
        run("mount", "-o", "remount,rw", disk.folder)
        wait_until(lambda: not problems(server), "red for ever")
        server.flush()
        server.kill()
        server.start()
        assert requests_in(server) == list(range(20))
        assert problems(server) == []
