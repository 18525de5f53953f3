"""What was asked of the server and what it answered; and from that, what may be stored.

Threads: any may note; `settle` and the checks run while nobody writes.
"""

import enum
import itertools
import threading
from dataclasses import dataclass, field


class Outcome(enum.Enum):
    UNKNOWN = "unknown"  # the connection broke, or the answer says so
    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"


@dataclass
class Part:
    """The rows of one request for one measurement: ids from `first` to `last`."""

    request: "Request"
    database: str
    measurement: str
    first: int
    last: int
    # After a crash it was found stored (True) or not (False): later crashes change nothing of it.
    settled: bool | None = None
    was_seen: bool = False  # by a query, before or without the acknowledgement
    is_in_files: bool = False  # a flush that was acknowledged says so

    @property
    def ids(self):
        return range(self.first, self.last + 1)

    @property
    def place(self):
        return self.database, self.measurement


@dataclass
class Request:
    number: int
    parts: list = field(default_factory=list)
    outcome: Outcome = Outcome.UNKNOWN
    sent_at: int = 0
    answered_at: int | None = None  # None while it runs


@dataclass
class Drop:
    """Of a measurement, or of the whole database when `measurement` is None."""

    database: str
    measurement: str | None
    outcome: Outcome = Outcome.UNKNOWN
    sent_at: int = 0
    answered_at: int | None = None

    def concerns(self, place):
        return self.database == place[0] and self.measurement in (None, place[1])


class Ledger:
    def __init__(self):
        self._mutex = threading.Lock()
        self._next_id = 1
        # One order of everything that is sent and answered.
        self._ticks = itertools.count(1)
        self.requests = []
        self.drops = []
        self.dropped_places = set()  # that any drop has concerned

    def open_request(self, targets):
        """`targets`: (database, measurement, number of rows). Call right before sending."""
        with self._mutex:
            request = Request(len(self.requests))
            for database, measurement, row_count in targets:
                first = self._next_id
                self._next_id += row_count
                request.parts.append(
                    Part(request, database, measurement, first, self._next_id - 1)
                )
            request.sent_at = next(self._ticks)
            self.requests.append(request)
            return request

    def open_drop(self, database, measurement):
        with self._mutex:
            drop = Drop(database, measurement, sent_at=next(self._ticks))
            self.drops.append(drop)
            return drop

    def answered(self, asked, outcome):
        """For a request or a drop."""
        with self._mutex:
            asked.outcome = outcome
            asked.answered_at = next(self._ticks)

    def flushed(self, sent_at):
        """A flush that was sent then is acknowledged: what was acknowledged before is in files."""
        with self._mutex:
            for request in self.requests:
                if request.outcome is Outcome.ACKNOWLEDGED and request.answered_at < sent_at:
                    for part in request.parts:
                        part.is_in_files = True

    def tick(self):
        """A moment in the order of what is sent and answered."""
        with self._mutex:
            return next(self._ticks)

    def greatest_id(self):
        with self._mutex:
            return self._next_id - 1

    def part(self, number, place):
        """What request `number` has for this measurement."""
        return next(part for part in self.requests[number].parts if part.place == place)

    def parts_by_place(self):
        places = {}
        for request in self.requests:
            for part in request.parts:
                places.setdefault(part.place, []).append(part)
        return places

    def acknowledged_row_count(self):
        return sum(
            len(part.ids)
            for request in self.requests
            if request.outcome is Outcome.ACKNOWLEDGED
            for part in request.parts
        )

    def drops_of(self, place):
        """Those that did, or may have done, something to this measurement."""
        return [
            drop
            for drop in self.drops
            if drop.outcome is not Outcome.REFUSED and drop.concerns(place)
        ]


def allowed_presence(part, drops, losses_allowed):
    """(may be absent, may be present). `drops`: those of its measurement."""
    request = part.request
    if request.outcome is Outcome.REFUSED or part.settled is False:
        return True, False
    promised = request.outcome is Outcome.ACKNOWLEDGED or part.was_seen
    is_lasting = part.settled or part.is_in_files
    may_be_absent = not is_lasting and (losses_allowed or not promised)
    for drop in drops:
        if drop.answered_at < request.sent_at:
            continue  # it was over before the rows came
        may_be_absent = True
        if drop.outcome is Outcome.ACKNOWLEDGED and request.answered_at < drop.sent_at:
            return True, False
    return may_be_absent, True
