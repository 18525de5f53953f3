"""One data directory, killed again and again in one durability mode, and checked after each
kill."""

import random
import signal
import subprocess
import threading
import time
from dataclasses import dataclass, field

from arc_client import ArcClient
from arc_server import ArcServer, StartFailed
from checks import FileChecks, Findings, check_log, check_rows
from ledger import Ledger, Outcome
from traffic import BROKEN, FLEETING, LASTING_DATABASES, Traffic

MODES = ("sync", "interval", "off")
# Where the kill falls: into the load alone, into the start after a first kill, into a flush of
# everything, into a drop, into an orderly stop.
MOMENTS = ("load", "start", "flush", "drop", "stop")


@dataclass
class Totals:
    """Of one mode."""

    kills: int = 0
    requests: int = 0
    acknowledged_rows: int = 0
    drops: int = 0
    lost_rows: int = 0
    doubled_rows: int = 0
    half_requests: int = 0
    unlisted_files: int = 0
    slowest_start: float = 0
    problems: list = field(default_factory=list)

    def take(self, findings):
        self.lost_rows += findings.lost_rows
        self.doubled_rows += findings.doubled_rows
        self.half_requests += findings.half_requests
        self.problems += findings.problems


def settings_of(mode, random_):
    """Small limits, drawn anew for every data directory: flushes and rotations happen all the
    time."""
    age_ms = random_.choice([30, 300, 5_000])
    return {
        "wal.durability": mode,
        "wal.sync_interval_ms": random_.choice([1, 50, 60_000]),
        "wal.segment_size": random_.choice(["64KB", "256KB", "2MB", "64MB"]),
        "wal.max_size": random_.choice(["8MB", "1GB"]),
        "ingest.max_buffer_size": random_.choice([500, 5_000, 100_000]),
        "ingest.max_buffer_age_ms": age_ms,
        "ingest.min_file_rows": random_.choice([1, 2_000]),
        "ingest.max_small_buffer_age_ms": age_ms * random_.choice([1, 20]),
        "ingest.flush_workers": random_.choice([1, 3]),
        "delete.enabled": "true",
    }


class Life:
    """A server and its data from the first start to the last kill."""

    def __init__(self, folder, mode, seed, totals, load_seconds_max=2.0, binary=None):
        self.mode, self.seed, self.totals = mode, seed, totals
        self.load_seconds_max = load_seconds_max
        self.random = random.Random(f"{seed}")
        self.settings = settings_of(mode, self.random)
        self.server = ArcServer(folder, self.settings, binary=binary)
        self.ledger = Ledger()
        self.files = FileChecks(self.server.data_directory)
        self._background = None  # what the kill fell into
        self._log_bytes_checked = 0

    def run(self, kills, report=lambda kill, moment, findings: None):
        """Stops early, with the data left as it is, once something is wrong."""
        try:
            self._start()
            done = 0
            while done < kills and not self.totals.problems:
                moment = MOMENTS[self.random.randrange(len(MOMENTS))]
                killed, findings = self._kill_and_check(moment, kills - done)
                done += killed
                report(done, moment, findings)
            if not self.totals.problems:
                self._end()
        except StartFailed as error:
            self.totals.problems.append(f"the server does not start: {str(error)[-2000:]}")
        finally:
            if self.server.process and self.server.process.poll() is None:
                self.server.kill()
            self._count()

    def _start(self):
        started = time.monotonic()
        self.server.start()
        self.totals.slowest_start = max(self.totals.slowest_start, time.monotonic() - started)

    def _kill_and_check(self, moment, kills_max):
        traffic = Traffic(self.server.port, self.ledger, self.random.random()).start()
        time.sleep(self.random.uniform(0.05, self.load_seconds_max))
        kills, was_clean = 1, False
        if self.mode == "off" and self.random.random() < 0.5:
            self._flush(ArcClient(self.server.port))
            time.sleep(self.random.uniform(0, self.load_seconds_max / 4))
        if moment == "stop":
            was_clean = self._kill_while_stopping()
        else:
            self._begin(moment, traffic)
            self.server.kill()
        traffic.stop()  # their connections are broken by now
        if moment == "start" and kills_max > 1:
            self._kill_while_starting()
            kills += 1
        if self._background:
            self._background.join()
        findings = Findings()
        findings.problems += traffic.problems
        self.files.check(findings)
        self._start()
        self.totals.take(findings)
        rows = self._check_rows(losses_allowed=self.mode == "off" and not was_clean)
        self.totals.take(rows)
        self.totals.kills += kills
        return kills, rows

    def _begin(self, moment, traffic):
        """Sets off what the kill is to fall into, and waits a moment."""
        client = ArcClient(self.server.port)
        if moment == "flush":
            self._in_background(lambda: self._flush(client), traffic.problems)
            time.sleep(self.random.uniform(0, 0.1))
        elif moment == "drop":
            place = self.random.choice(LASTING_DATABASES), self.random.choice(FLEETING)
            self._in_background(lambda: traffic.drop(client, *place), traffic.problems)
            time.sleep(self.random.uniform(0, 0.03))

    def _flush(self, client):
        sent_at = self.ledger.tick()
        client.flush()
        self.ledger.flushed(sent_at)

    def _in_background(self, work, problems):
        def run():
            try:
                work()
            except BROKEN:
                pass  # killed
            except Exception as error:
                problems.append(repr(error))

        self._background = threading.Thread(target=run)
        self._background.start()

    def _kill_while_stopping(self):
        """Returns whether the stop was over before the kill."""
        process = self.server.process
        process.send_signal(signal.SIGTERM)
        try:
            exit_code = process.wait(self.random.uniform(0, 0.5))
        except subprocess.TimeoutExpired:
            self.server.kill()
            return False
        if exit_code != 0:
            self.totals.problems.append(f"exit code {exit_code} after SIGTERM")
        return exit_code == 0

    def _kill_while_starting(self):
        self.server.spawn()
        time.sleep(self.random.uniform(0, 0.3))
        self.server.kill()

    def _end(self):
        """Everything into files, a clean stop, and the files must hold what queries showed."""
        self.server.flush()
        findings = self._check_rows(losses_allowed=False)
        expected = sum(
            len(part.ids) for request in self.ledger.requests for part in request.parts
            if part.settled
        )
        self.server.stop()
        listed = self.files.check(findings)
        if sum(listed.values()) != expected:
            findings.add(f"{sum(listed.values())} rows in files, {expected} in answers")
        self.totals.unlisted_files += self.files.unlisted_count()
        self.totals.take(findings)

    def _check_rows(self, losses_allowed):
        # With `off` the measurements of a request reach their files one after the other.
        findings = check_rows(self.server, self.ledger, losses_allowed, self.mode == "off")
        log = self.server.log_path.read_bytes()
        check_log(log[self._log_bytes_checked:].decode(errors="replace"), findings)
        self._log_bytes_checked = len(log)
        return findings

    def _count(self):
        self.totals.requests += len(self.ledger.requests)
        self.totals.acknowledged_rows += self.ledger.acknowledged_row_count()
        self.totals.drops += sum(
            drop.outcome is Outcome.ACKNOWLEDGED for drop in self.ledger.drops
        )
