"""Clients of every kind at once: they write, drop and read, and note all of it in the ledger."""

import gzip
import http.client
import random
import threading
import time

from arc_client import ArcClient
from ledger import Outcome
from rows import PER_SECOND, line_protocol_body, msgpack_body

WRITERS = 6
ANSWER_SECONDS_MAX = 60
BROKEN = (OSError, http.client.HTTPException)

LASTING_DATABASES = ("alpha", "beta")
LASTING = [f"lasting{i}" for i in range(3)] + [f"sparse{i}" for i in range(40)]
FLEETING = [f"fleeting{i}" for i in range(3)]  # dropped one by one
FLEETING_DATABASE = "gamma"  # dropped as a whole
RECENT_IDS = 20_000  # what the readers look at


def row_count(random_):
    """Of one request: many small ones, some of thousands."""
    kind = random_.random()
    if kind < 0.35:
        return 1
    return random_.randint(2, 100) if kind < 0.8 else random_.randint(500, 3000)


def targets(random_):
    """(database, measurement, rows) of one request: one database, one or several measurements."""
    if random_.random() < 0.1:
        database, names = FLEETING_DATABASE, LASTING[:3]
    else:
        database = random_.choice(LASTING_DATABASES)
        names = LASTING[:3] * 5 + LASTING[3:] + FLEETING * 4
    wanted = 1 if random_.random() < 0.7 else random_.randint(2, 5)
    chosen = list(dict.fromkeys(random_.choice(names) for _ in range(wanted)))
    total = row_count(random_)
    return [(database, name, max(1, total // len(chosen))) for name in chosen]


def encoded(request, random_):
    """Path, headers and body of a request, in one of the forms there are."""
    parts = [(part.measurement, part.ids) for part in request.parts]
    headers = {"x-arc-database": request.parts[0].database}
    if random_.random() < 0.5:
        path, body = "/api/v1/write/msgpack", msgpack_body(request.number, parts)
    else:
        precision = random_.choice(list(PER_SECOND))
        path = f"/api/v1/write/line-protocol?precision={precision}"
        body = line_protocol_body(request.number, parts, precision, random_.random())
    if random_.random() < 0.2:
        body = gzip.compress(body, 1)
    return path, headers, body


class Traffic:
    """Threads against one run of the server. They end when it dies, or at stop()."""

    def __init__(self, port, ledger, seed):
        self.port, self.ledger, self.seed = port, ledger, seed
        self.problems = []
        self._stopping = threading.Event()
        jobs = [(self._write, f"{seed}/{i}") for i in range(WRITERS)]
        jobs += [(self._drop, f"{seed}/drop"), (self._read, f"{seed}/read")]
        self._threads = [
            threading.Thread(target=self._run, args=(job, random.Random(name)))
            for job, name in jobs
        ]

    def start(self):
        for thread in self._threads:
            thread.start()
        return self

    def stop(self):
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def drop(self, client, database, measurement):
        """One DELETE; raises when the connection breaks."""
        path = f"/api/v1/databases/{database}"
        path += f"/measurements/{measurement}" if measurement else ""
        drop = self.ledger.open_drop(database, measurement)
        outcome = Outcome.UNKNOWN
        try:
            answer = client.request("DELETE", path + "?confirm=true")
            if answer.status == 200:
                outcome = Outcome.ACKNOWLEDGED
            elif answer.status in (404, 503):
                outcome = self._refusal(answer)
            else:
                self.problems.append(f"DELETE {path}: {answer.status} {answer.text[:200]}")
        finally:
            self.ledger.answered(drop, outcome)

    def _run(self, job, random_):
        try:
            job(ArcClient(self.port, timeout=ANSWER_SECONDS_MAX), random_)
        except TimeoutError as error:
            self.problems.append(f"no answer within {ANSWER_SECONDS_MAX} s: {error}")
        except BROKEN:
            pass  # killed
        except Exception as error:  # nothing may end a thread unnoticed
            self.problems.append(f"{job.__name__}: {error!r}")

    @staticmethod
    def _refusal(answer):
        return Outcome.UNKNOWN if "outcome unknown" in answer.text else Outcome.REFUSED

    def _write(self, client, random_):
        while not self._stopping.is_set():
            request = self.ledger.open_request(targets(random_))
            outcome = Outcome.UNKNOWN
            try:
                path, headers, body = encoded(request, random_)
                answer = client.post(path, body, headers)
                if answer.status == 204:
                    outcome = Outcome.ACKNOWLEDGED
                elif answer.status == 503:
                    outcome = self._refusal(answer)
                    time.sleep(0.02)
                else:
                    self.problems.append(f"a write: {answer.status} {answer.text[:200]}")
            finally:
                self.ledger.answered(request, outcome)

    def _drop(self, client, random_):
        while not self._stopping.wait(random_.uniform(0.01, 0.3)):
            if random_.random() < 0.2:
                self.drop(client, FLEETING_DATABASE, None)
            else:
                database = random_.choice(LASTING_DATABASES)
                self.drop(client, database, random_.choice(FLEETING))

    def _read(self, client, random_):
        """What a query has shown must outlive the crash, acknowledged or not."""
        while not self._stopping.wait(0.02):
            database = random_.choice(LASTING_DATABASES)
            measurement = random_.choice(LASTING[:3])
            after = self.ledger.greatest_id() - RECENT_IDS
            sql = (f"SELECT request, count(*), count(DISTINCT id) FROM {measurement} "
                   f"WHERE id > {after} GROUP BY request")
            answer = client.query_answer(sql, database)
            if answer.status != 200:
                continue  # not there yet
            for number, rows, ids in answer.json()["data"]:
                part = self.ledger.part(number, (database, measurement))
                if part.first <= after:
                    continue
                if rows != len(part.ids) or ids != rows:
                    self.problems.append(f"a query saw {rows} of {len(part.ids)} rows of {part}")
                part.was_seen = True
