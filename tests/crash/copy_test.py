"""A data directory that is copied under a running server. That is not how to make a backup
(docs/missing-data.md): the copy is of many moments. A server on it must refuse to start, or say
what is missing, or have all of it; and never hold rows twice, halved, or wrong."""

import collections
import os
import random
import re
import shutil
import subprocess
import time

import pytest

from arc_server import ArcServer, StartFailed
from checks import Findings, check_atomicity, check_log, check_part, stored_by_request
from ledger import Ledger, Outcome
from traffic import Traffic

COPIES = int(os.environ.get("ARC_COPIES", "3"))
COPIES_OF_ONE = 3  # data directory
SEED = int(os.environ.get("ARC_SEED", "0")) or random.randrange(10**9)
SETTINGS = {
    "wal.segment_size": "64KB",
    "wal.max_size": "8MB",
    "ingest.max_buffer_size": 3_000,
    "ingest.max_buffer_age_ms": 300,
    "ingest.min_file_rows": 1,
    "delete.enabled": "true",
}
MOVES_SECONDS_MAX = 20


def tool(source, target, pause, numbers):
    """`cp -r`, which misses what goes away meanwhile."""
    subprocess.run(["cp", "-r", source, target], capture_output=True, check=False)


def shuffled(source, target, pause, numbers):
    """Part by part in any order, with time for changes between them."""
    target.mkdir()
    parts = sorted(path for path in source.iterdir() if path.name != "ballast")
    numbers.shuffle(parts)
    for part in parts:
        subprocess.run(["cp", "-r", part, target], capture_output=True, check=False)
        pause()


class Reader(ArcServer):
    """A server on a copy, whose queries go without the files that are missing."""

    def post(self, path, body=b"", headers=None):
        return super().post(path, body, {**(headers or {}), "X-Arc-Allow-Missing-Files": "true"})

    def problems(self):
        """What it says once it has looked at every file."""
        begun = self.post("/api/v1/verify").json()["pass"]
        deadline = time.monotonic() + MOVES_SECONDS_MAX
        while self.get("/api/v1/verify").json()["finished_pass"] < begun:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        return self.get("/health").json()["problems"]


def must_be(part, drops, began):
    """Whether the rows have to be in a copy that began at this tick: True, False, None (either)."""
    request = part.request
    if request.outcome is Outcome.REFUSED:
        return False
    for drop in drops:
        if drop.answered_at < request.sent_at:
            continue
        was_before = drop.answered_at < began and request.answered_at < drop.sent_at
        if was_before and drop.outcome is Outcome.ACKNOWLEDGED:
            return False
        return None
    is_old = request.outcome is Outcome.ACKNOWLEDGED and request.answered_at < began
    return True if is_old else None


def check(server, ledger, began, problems):
    """Findings, and how many requests are missing."""
    findings, present, missing = Findings(), {}, 0
    files_are_missing = server.metrics()["arc_damaged_files"] > 0
    touched = set()
    for place, parts in ledger.parts_by_place().items():
        drops = ledger.drops_of(place)
        if drops:
            touched.add(place)
        stored = stored_by_request(server, place)
        for part in parts:
            found = stored.pop(part.request.number, None)
            present[id(part)] = found is not None
            where = f"request {part.request.number} in {'.'.join(place)}"
            if found is not None and not (files_are_missing and found.rows < len(part.ids)):
                check_part(part, found, findings)
            wanted = must_be(part, drops, began)
            # A copy that says it is broken may be of a moment before the drop.
            is_refused = part.request.outcome is Outcome.REFUSED
            if wanted is False and found is not None and (is_refused or not problems):
                findings.add(f"{where}: its rows came back")
            if wanted is True and found is None:
                missing += 1
                if not problems:
                    findings.add(f"{where}: its rows are missing, and nobody says so")
        for number in stored:
            findings.add(f"{'.'.join(place)}: request {number} was never sent there")
    if not problems:
        for request in ledger.requests:
            check_atomicity(request, present, touched, findings)
    return findings, missing


def try_copy(copy, ledger, began):
    """The class a copy falls into, and what is wrong with it."""
    server = Reader(copy, SETTINGS)
    try:
        server.start()
    except StartFailed:
        assert server.process.returncode == 1, f"exit code {server.process.returncode}"
        said = server.log_of_this_run()
        assert "start failed: " in said and str(server.data_directory) in said, said
        return "refused", Findings()
    try:
        problems = server.problems()
        findings, missing = check(server, ledger, began, problems)
        server.write_lp("after", "m v=1i 1")
        server.flush()
        server.restart()
        assert server.value("SELECT v FROM m", "after") == 1
        check_log("\n".join(re.findall(r".*\bBUG\b.*", server.log())), findings)
    finally:
        if server.process.poll() is None:
            server.kill()
    if not problems:
        return "all there", findings
    return "red, something is missing" if missing else "red, all there", findings


class Life:
    """One data directory under load, of which a few copies are made."""

    def __init__(self, folder, numbers):
        self.folder, self.numbers = folder, numbers
        self.original = ArcServer(folder / "original", SETTINGS)
        self.ledger = Ledger()

    def copy(self, copied, number):
        """The copy's folder, and the moment at which it was begun."""
        traffic = Traffic(self.original.port, self.ledger, self.numbers.random()).start()

        def pause():
            """Until the server has moved on, or the load has failed."""
            wanted = len(self.ledger.requests) + self.numbers.randint(1, 40)
            while len(self.ledger.requests) < wanted and not traffic.problems:
                time.sleep(0.005)

        try:
            for _ in range(3):
                pause()
            began, copy = self.ledger.tick(), self.folder / f"copy{number}"
            copy.mkdir()
            copied(self.original.data_directory, copy / "data", pause, self.numbers)
        finally:
            traffic.stop()
        assert not traffic.problems, traffic.problems[:5]
        return copy, began

    def run(self, copied, counted):
        with self.original:
            for number in range(COPIES_OF_ONE):
                copy, began = self.copy(copied, number)
                words, findings = try_copy(copy, self.ledger, began)
                counted[words] += 1
                if findings.problems:
                    told = "\n".join(findings.problems[:20])
                    raise AssertionError(f"ARC_SEED={SEED}, copy {number} ({words}):\n{told}")


@pytest.mark.parametrize("copied", [tool, shuffled])
def test_a_copy_of_a_live_data_directory_is_not_wrong_in_silence(copied, tmp_path):
    numbers = random.Random(f"{SEED}-{copied.__name__}")
    counted = collections.Counter()
    while sum(counted.values()) < COPIES:
        shutil.rmtree(tmp_path / "life", ignore_errors=True)  # slow, and so not at the end
        Life(tmp_path / "life", numbers).run(copied, counted)
    print(f"\n{copied.__name__}, seed {SEED}: {dict(counted)}")
