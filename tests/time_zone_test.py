"""Functions of the calendar with `time_zone`, against Python's zoneinfo.

A bucket of at most an hour has the offset of its rows; a wider one begins when the clocks first
show its beginning.
"""

import json
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

UTC = timezone.utc
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
# Clocks change at night, at midnight, by half an hour, by a day (Apia), not at all.
ZONES = {
    "Europe/Berlin": 2025,
    "Europe/London": 2024,
    "America/New_York": 2024,
    "America/St_Johns": 2023,
    "America/Havana": 2023,
    "America/Sao_Paulo": 2018,
    "Australia/Lord_Howe": 2024,
    "Africa/Casablanca": 2023,
    "Africa/Cairo": 2024,
    "Asia/Kathmandu": 2024,
    "Asia/Tehran": 2021,
    "Asia/Beirut": 2022,
    "Pacific/Apia": 2011,
    "Antarctica/Troll": 2024,
}


def offset_at(instant, zone):
    return instant.astimezone(zone).utcoffset()


def local(instant, zone):
    return instant.astimezone(zone).replace(tzinfo=None)


def first_instant(wall, zone):
    """When the clocks first show `wall`, or pass over it."""
    offsets = {offset_at(wall.replace(tzinfo=UTC) + timedelta(hours=h), zone) for h in (-26, 0, 26)}
    found = [wall.replace(tzinfo=UTC) - offset for offset in offsets]
    found = [instant for instant in found if local(instant, zone) == wall]
    if found:
        return min(found)
    begin = wall.replace(tzinfo=UTC, microsecond=0) - timedelta(hours=26)
    old = offset_at(begin, zone)
    before, after = 0, 52 * 3600
    while after - before > 1:
        middle = (before + after) // 2
        changed = offset_at(begin + timedelta(seconds=middle), zone) != old
        before, after = (before, middle) if changed else (middle, after)
    return begin + timedelta(seconds=after)


def floored(wall, width):
    return wall - (wall - datetime(2000, 1, 3)) % width


def within_hour(width):
    """The beginning of a bucket of at most an hour, counted on the clocks."""
    def begin(instant, zone):
        return instant - (local(instant, zone) - floored(local(instant, zone), width))
    return begin


def wall(truncate):
    return lambda instant, zone: first_instant(truncate(local(instant, zone)), zone)


def midnight(day):
    return datetime(day.year, day.month, day.day)


INSTANTS = {
    "date_trunc('second', time)": within_hour(timedelta(seconds=1)),
    "date_trunc('minute', time)": within_hour(MINUTE),
    "date_trunc('hour', time)": within_hour(HOUR),
    "datetrunc('hour', time)": within_hour(HOUR),
    "time_bucket(INTERVAL '15 minutes', time)": within_hour(15 * MINUTE),
    "time_bucket(INTERVAL 1 HOUR, time)": within_hour(HOUR),
    "time_bucket('1 hour', time)": within_hour(HOUR),
    "time_bucket(INTERVAL '7 minutes', time)": within_hour(7 * MINUTE),
    "time_bucket(INTERVAL '2 hours', time)": wall(lambda w: floored(w, 2 * HOUR)),
    "time_bucket(INTERVAL '75 minutes', time)": wall(lambda w: floored(w, 75 * MINUTE)),
    "time_bucket(INTERVAL '6 hours', time)": wall(lambda w: floored(w, 6 * HOUR)),
    "time_bucket(INTERVAL '1 day', time)": wall(midnight),
    "date_trunc('day', time)": wall(midnight),
    "date_trunc('week', time)": wall(lambda w: midnight(w - timedelta(days=w.weekday()))),
    "time_bucket(INTERVAL '1 week', time)":
        wall(lambda w: midnight(w - timedelta(days=w.weekday()))),
    "date_trunc('month', time)": wall(lambda w: datetime(w.year, w.month, 1)),
    "time_bucket(INTERVAL '1 month', time)": wall(lambda w: datetime(w.year, w.month, 1)),
    "date_trunc('quarter', time)": wall(lambda w: datetime(w.year, (w.month - 1) // 3 * 3 + 1, 1)),
    "date_trunc('year', time)": wall(lambda w: datetime(w.year, 1, 1)),
}
VALUES = {
    "hour(time)": lambda w: w.hour,
    "extract(minute FROM time)": lambda w: w.minute,
    "dayofweek(time)": lambda w: w.isoweekday() % 7,
    "week(time)": lambda w: w.isocalendar()[1],
    "dayname(time)": lambda w: w.strftime("%A"),
    "strftime(time, '%Y-%m-%d %H:%M:%S')": lambda w: w.strftime("%Y-%m-%d %H:%M:%S"),
    "time::DATE::VARCHAR": lambda w: w.strftime("%Y-%m-%d"),
    "last_day(time)::VARCHAR": lambda w: str(
        date(w.year + w.month // 12, w.month % 12 + 1, 1) - timedelta(days=1)),
    "date_diff('day', DATE '2000-01-01'::TIMESTAMPTZ, time)":
        lambda w: (midnight(w) - datetime(2000, 1, 1)).days,
    "date_diff('month', DATE '2000-01-01'::TIMESTAMPTZ, time)":
        lambda w: (w.year - 2000) * 12 + w.month - 1,
}


def micros(instant):
    return (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def ask(server, database, sql, zone, **more):
    body = json.dumps({"sql": sql, "time_zone": zone, **more})
    headers = {"Content-Type": "application/json", "x-arc-database": database}
    answer = server.post("/api/v1/query", body, headers)
    assert answer.status == 200, answer.text
    return answer.json()["data"]


def instants_of(zone, year):
    """Every 97 minutes of the year, and each 10 minutes around each change of the clocks."""
    at = datetime(year, 1, 1, tzinfo=UTC)
    end = datetime(year + 1, 1, 1, tzinfo=UTC)
    found = set()
    while at < end:
        later = at + 97 * MINUTE
        found.add(at + timedelta(seconds=7))
        if offset_at(at, zone) != offset_at(later, zone):
            found.update(at + step * 10 * MINUTE for step in range(-300, 300))
        at = later
    return sorted(found)


@pytest.mark.parametrize("name", ZONES)
def test_a_year_of_the_zone(name, server, database):
    zone = ZoneInfo(name)
    instants = instants_of(zone, ZONES[name])
    server.write_msgpack(database, {"m": "t", "columns": {
        "time": [micros(instant) for instant in instants], "v": [1] * len(instants)}})
    outputs = [f"epoch_us({call})" for call in INSTANTS] + list(VALUES)
    rows = ask(server, database, f"SELECT {', '.join(outputs)} FROM t ORDER BY time", name)
    assert len(rows) == len(instants)
    for instant, row in zip(instants, rows):
        for (call, begin), found in zip(INSTANTS.items(), row):
            expected = begin(instant, zone)
            assert found == micros(expected), f"{call} at {instant}: {expected}"
            assert found <= micros(instant)
        shown = local(instant, zone)
        for (call, value), found in zip(VALUES.items(), row[len(INSTANTS):]):
            assert found == value(shown), f"{call} at {instant}"


# Both hours of the night when clocks are put back (risingwave#12072).
def test_the_hour_that_comes_twice(server, database):
    first = micros(datetime(2025, 10, 26, tzinfo=UTC)) // 1_000_000
    server.write_lp(database, "\n".join(f"dst v={n} {first + n * 600}" for n in range(18)), "s")
    expected = [[f"2025-10-26T0{hour}:00:00Z", 6] for hour in range(3)]
    for call in ("date_trunc('hour', time)", "time_bucket(INTERVAL '1 hour', time)"):
        sql = f"SELECT {call}, count(*) FROM dst GROUP BY 1 ORDER BY 1"
        assert ask(server, database, sql, "Europe/Berlin") == expected
        assert ask(server, database, sql, "Europe/Berlin", limit=3) == expected
    sql = "SELECT date_diff('hour', min(time), max(time)) FROM dst"
    assert ask(server, database, sql, "Europe/Berlin") == [[2]]


def test_a_zone_named_in_the_call(server, database):
    server.write_lp(database, "m v=1 1761436800", "s")  # 2025-10-26T00:00:00Z
    for zone in ("Europe/Berlin", "UTC", "Asia/Tokyo"):
        sql = "SELECT time_bucket(INTERVAL '1 day', time, 'America/New_York') FROM m"
        assert ask(server, database, sql, zone) == [["2025-10-25T04:00:00Z"]]
    sql = "SELECT time_bucket(INTERVAL '1 day', time, INTERVAL '6 hours') FROM m"
    assert ask(server, database, sql, "Asia/Tokyo") == [["2025-10-25T21:00:00Z"]]


def test_far_away_times(server, database):
    sql = ("SELECT hour(t), date_trunc('day', t) FROM (VALUES (TIMESTAMPTZ '3000-07-01 12:00:00Z'),"
           " (TIMESTAMPTZ '9000-01-01 12:00:00Z'), (TIMESTAMPTZ '1000-01-01 12:00:00Z'),"
           " (TIMESTAMPTZ 'infinity'), (NULL)) AS v(t)")
    rows = ask(server, database, sql, "Europe/Berlin")
    assert rows == [[14, "3000-06-30T22:00:00Z"], [13, "8999-12-31T23:00:00Z"],
                    [12, "0999-12-31T23:06:32Z"], [None, "infinity"], [None, None]]
