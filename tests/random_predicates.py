"""Random conditions on time, in all the ways in which people write them."""

from datetime import datetime, timedelta

EPOCH = datetime(1970, 1, 1)
HOUR = 3_600_000_000
ZONES = {"Z": 0, "+00:00": 0, "+02:00": 2, "-05:30": -5.5, "+14:00": 14}
COMPARISONS = ["<", "<=", ">", ">=", "=", "<>"]


class PredicateMaker:
    """`moments` are microseconds near which something may happen: rows, and edges of files."""

    def __init__(self, random, moments):
        self.random, self.moments = random, moments

    def moment(self):
        near = self.random.choice(self.moments)
        edge = near - near % HOUR
        offset = self.random.choice([0, 0, 1, -1, HOUR, -HOUR, 1_000_000, 86_400_000_000])
        return self.random.choice([near, edge, edge]) + offset

    def literal(self):
        """One moment, as text in SQL."""
        micros = self.moment()
        forms = ["zoned", "zoned", "plain", "timestamp", "date", "function", "cast"]
        form = self.random.choice(forms)
        utc = EPOCH + timedelta(microseconds=micros)
        if form == "zoned":
            zone, hours = self.random.choice(list(ZONES.items()))
            local = utc + timedelta(hours=hours)
            return f"TIMESTAMPTZ '{local.isoformat(sep=self.random.choice('T '))}{zone}'"
        if form == "plain":
            return f"'{utc.isoformat()}'"
        if form == "timestamp":
            return f"TIMESTAMP '{utc.isoformat(sep=' ')}'"
        if form == "date":
            return f"DATE '{utc.date()}'"
        if form == "function":
            return f"make_timestamptz({micros})"
        return f"'{utc.isoformat()}'::TIMESTAMPTZ"

    def interval(self):
        unit = self.random.choice(["HOUR", "MINUTE", "SECOND", "DAY"])
        return f"INTERVAL {self.random.randint(1, 90)} {unit}"

    def comparison(self, time):
        return f"{time} {self.random.choice(COMPARISONS)} {self.literal()}"

    def simple(self, time):
        pick, literal = self.random.choice, self.literal
        compare, negate = pick(COMPARISONS), pick(["", "NOT "])
        shift = f"{pick('+-')} {self.interval()}"
        part = pick(["hour", "minute", "day", "month", "year", "dow"])
        unit = pick(["hour", "day", "month", "minute"])
        values = ", ".join(literal() for _ in range(self.random.randint(1, 4)))
        forms = [
            lambda: self.comparison(time),
            lambda: self.comparison(time),
            lambda: f"{literal()} {compare} {time}",
            lambda: f"{time} {negate}BETWEEN {literal()} AND {literal()}",
            lambda: f"{time} {negate}IN ({values})",
            lambda: f"{time} {shift} {compare} {literal()}",
            lambda: f"{time} {compare} {literal()}::TIMESTAMPTZ {shift}",
            lambda: f"date_trunc('{unit}', {time}) {compare} {literal()}",
            lambda: f"{time}::DATE {compare} {literal()}::DATE",
            lambda: f"{time}::TIMESTAMP {compare} {literal()}::TIMESTAMP",
            lambda: f"extract({part} FROM {time}) {compare} {self.random.randint(0, 12)}",
            lambda: f"epoch_us({time}) {compare} {self.moment()}",
            lambda: f"time_bucket(INTERVAL '1 hour', {time}) {compare} {literal()}",
            lambda: f"{time} AT TIME ZONE 'Europe/Berlin' {compare} {literal()}::TIMESTAMP",
            lambda: f"{time} {compare} (SELECT {pick(['min', 'max'])}(time) FROM s)",
            lambda: f"{time} {negate}IN (SELECT time FROM s WHERE {self.comparison('time')})",
            lambda: f"EXISTS (FROM s WHERE s.time = {time} AND {self.comparison('s.time')})",
            lambda: f"{time} {compare} now() - {self.interval()}",
            lambda: f"CASE WHEN v > 50 THEN {self.comparison(time)} ELSE {time} > {literal()} END",
            lambda: f"(v > 90 AND {time} > {literal()})",
            lambda: f"{time} IS {negate}NULL",
        ]
        return pick(forms)()

    def predicate(self, time, depth=0):
        kinds = ["simple", "simple", "and", "or", "not"] if depth < 3 else ["simple"]
        kind = self.random.choice(kinds)
        if kind == "simple":
            return self.simple(time)
        left = self.predicate(time, depth + 1)
        if kind == "not":
            return f"NOT ({left})"
        return f"({left} {kind.upper()} {self.predicate(time, depth + 1)})"
