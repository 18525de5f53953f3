"""After a crash: compares what is stored with what the ledger allows."""

import re
import shutil
import sqlite3
import tempfile
from pathlib import Path
from typing import NamedTuple

import pyarrow.parquet as pq

from arc_client import ServerError
from ledger import Outcome, allowed_presence
from rows import wrong_values_sql

# No crash of ours may look like a bug, a broken disk or corrupt data.
BAD_LOG = re.compile(
    r'BUG\b|Sanitizer|runtime error:|terminate called|"level":"(?:error|fatal|panic)"'
)


class Stored(NamedTuple):
    """The rows of one request in one measurement."""

    rows: int
    distinct_ids: int
    first: int
    last: int
    wrong: int


class Findings:
    """What is wrong, in words, and how much of it."""

    def __init__(self):
        self.problems = []
        self.lost_rows = self.doubled_rows = self.half_requests = 0

    def add(self, words):
        self.problems.append(words)


def stored_by_request(server, place):
    """Request number → what is stored of it; {} when there is no such measurement."""
    database, measurement = place
    described = server.query_answer(f'DESCRIBE "{measurement}"', database)
    if described.status in (400, 404):
        return {}
    if described.status != 200:
        raise ServerError(described, f"DESCRIBE {measurement}")
    columns = {row[0] for row in described.json()["data"]}
    sql = (
        "SELECT request, count(*), count(DISTINCT id), min(id), max(id), "
        f"count(*) FILTER (WHERE {wrong_values_sql(columns)}) "
        f'FROM "{measurement}" GROUP BY request'
    )
    return {row[0]: Stored(*row[1:]) for row in server.query(sql, database).rows}


def check_part(part, stored, findings):
    """The rows of one part, once each and with their values, or none. Returns whether all there."""
    where = f"request {part.request.number} in {'.'.join(part.place)}"
    expected = len(part.ids)
    if stored.rows > stored.distinct_ids:
        findings.doubled_rows += stored.rows - stored.distinct_ids
        findings.add(f"{where}: {stored.rows} rows of {stored.distinct_ids} ids")
    if stored.distinct_ids != expected or (stored.first, stored.last) != (part.first, part.last):
        findings.half_requests += 1
        findings.lost_rows += expected - min(stored.distinct_ids, expected)
        findings.add(f"{where}: {stored.distinct_ids} of {expected} ids: {stored}")
    if stored.wrong:
        findings.add(f"{where}: {stored.wrong} rows with wrong values")


def check_atomicity(request, present, touched_by_drops, findings):
    """A request is stored in all of its measurements or in none."""
    free = {present[id(part)] for part in request.parts if part.place not in touched_by_drops}
    if len(free) > 1:
        findings.half_requests += 1
        findings.add(f"request {request.number}: stored in some of its measurements only")


def check_drops(place, parts, drops, present, findings):
    """A drop of unknown outcome took all rows that were there before it, or none of them."""
    for drop in drops:
        if drop.outcome is not Outcome.UNKNOWN:
            continue
        before = {
            present[id(part)]
            for part in parts
            if part.settled or (
                part.request.outcome is Outcome.ACKNOWLEDGED
                and part.request.answered_at < drop.sent_at
            )
            if part.request.sent_at < drop.sent_at
            if part.settled is not False  # gone by an earlier crash: this drop had nothing to take
            if not any(
                other is not drop and other.answered_at > part.request.sent_at for other in drops
            )
        }
        if len(before) > 1:
            findings.half_requests += 1
            findings.add(f"{'.'.join(place)}: a drop took some of the rows only")


def check_rows(server, ledger, losses_allowed, halves_allowed):
    """Returns Findings. What is stored settles: later crashes may not change it.

    `losses_allowed`: acknowledged rows that were in no file may be gone. What a start has found
    was in files, and stays.
    `halves_allowed`: a request may be stored in some of its measurements only.
    """
    findings = Findings()
    present = {}
    places = ledger.parts_by_place()
    for place, parts in places.items():
        drops = ledger.drops_of(place)
        if drops:
            ledger.dropped_places.add(place)  # for ever: what a drop took of a request stays away
        stored = stored_by_request(server, place)
        for part in parts:
            found = stored.pop(part.request.number, None)
            present[id(part)] = found is not None
            if found is not None:
                check_part(part, found, findings)
            may_be_absent, may_be_present = allowed_presence(part, drops, losses_allowed)
            where = f"request {part.request.number} in {'.'.join(place)}"
            if found is None and not may_be_absent:
                findings.lost_rows += len(part.ids)
                findings.add(f"{where} ({part.request.outcome.value}): its rows are gone")
            if found is not None and not may_be_present:
                findings.add(f"{where} ({part.request.outcome.value}): its rows came back")
        for number in stored:
            findings.add(f"{'.'.join(place)}: request {number} was never sent there")
        if not halves_allowed:
            check_drops(place, parts, drops, present, findings)
    if not halves_allowed:
        for request in ledger.requests:
            check_atomicity(request, present, ledger.dropped_places, findings)
    settle(ledger, present)
    return findings


def settle(ledger, present):
    for request in ledger.requests:
        for part in request.parts:
            part.settled = present[id(part)]
    # What unknown drops did is known by now, and is in `settled`.
    ledger.drops = [drop for drop in ledger.drops if drop.outcome is Outcome.ACKNOWLEDGED]


class FileChecks:
    """Files against the catalog, while no server runs. Files never change: each is read once."""

    def __init__(self, data_directory):
        self.data_directory = Path(data_directory)
        self._rows_of_read = {}

    def catalog_files(self):
        """Path → rows, as the catalog on disk says. A copy is read: opening it may change it."""
        with tempfile.TemporaryDirectory(prefix="arc-catalog-") as folder:
            for path in self.data_directory.glob("catalog.db*"):
                if not path.name.endswith("-shm"):
                    shutil.copy(path, folder)
            copy = Path(folder) / "catalog.db"
            if not copy.exists():
                return {}
            connection = sqlite3.connect(copy)
            try:
                return dict(connection.execute("SELECT path, row_count FROM files"))
            finally:
                connection.close()

    def check(self, findings):
        """Every file of the catalog is there, readable to the last row, and as long as it says."""
        listed = self.catalog_files()
        root = self.data_directory / "arc"
        for path, row_count in listed.items():
            if path not in self._rows_of_read:
                try:
                    self._rows_of_read[path] = pq.ParquetFile(root / path).read().num_rows
                except Exception as error:  # whatever a broken file makes of the reader
                    findings.add(f"{path}: {error}")
                    continue
            if self._rows_of_read[path] != row_count:
                findings.add(f"{path}: {self._rows_of_read[path]} rows, catalog: {row_count}")
        return listed

    def unlisted_count(self):
        """Published files of ours that the catalog does not know: a crash leaves them."""
        root = self.data_directory / "arc"
        on_disk = {
            str(path.relative_to(root))
            for path in root.rglob("a1-*.parquet")
            if ".staging" not in path.parts
        }
        return len(on_disk - self.catalog_files().keys())


def check_log(text, findings):
    for line in text.splitlines():
        if BAD_LOG.search(line):
            findings.add(f"log: {line[:300]}")
