"""The slow obvious twin: a DuckDB of our own, whose answers look like those of the server."""

import math
from datetime import datetime, timedelta

import duckdb
import pyarrow as pa

_EPOCH = datetime(1970, 1, 1)


def rfc3339(micros):
    """As the server prints a time: UTC, zeros at the end of the fraction left out."""
    moment = _EPOCH + timedelta(microseconds=micros)
    fraction = f".{moment.microsecond:06}".rstrip("0") if moment.microsecond else ""
    return f"{moment.year:04}-{moment:%m-%dT%H:%M:%S}{fraction}Z"


def _times(column, unit_micros, zone):
    integers = column.cast(pa.int64()).to_pylist()
    end = "Z" if zone else ""
    return [None if value is None else rfc3339(value * unit_micros)[:-1] + end
            for value in integers]


def _plain(value):
    """NaN and infinities are null in JSON; decimals are numbers."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    number = float(value)  # Decimal; anything else must be cast in the SQL
    return int(value) if number.is_integer() else number


def _column_values(column):
    if pa.types.is_timestamp(column.type):
        per_micro = {"s": 1_000_000, "ms": 1_000, "us": 1}[column.type.unit]
        return _times(column, per_micro, column.type.tz)
    if pa.types.is_date32(column.type):
        days = column.cast(pa.int32()).cast(pa.int64()).to_pylist()
        return [None if day is None else rfc3339(day * 86_400_000_000)[:10] for day in days]
    return [_plain(value) for value in column.to_pylist()]


class PlainDuckDB:
    def __init__(self):
        self.connection = duckdb.connect()
        self.connection.execute("SET TimeZone = 'UTC'")

    def execute(self, sql, parameters=None):
        return self.connection.execute(sql, parameters)

    def rows(self, sql):
        """Rows of JSON values, as the server's answer would hold them."""
        table = self.connection.execute(sql).to_arrow_table()
        return [list(row) for row in zip(*(_column_values(column) for column in table.columns))]


def almost_equal(left, right):
    """Sums of doubles depend on the order of adding: their last digits may differ."""
    if isinstance(left, float) or isinstance(right, float):
        if left is None or right is None:
            return left is right
        return math.isclose(left, right, rel_tol=1e-9, abs_tol=1e-9)
    return left == right


def first_difference(left, right):
    """None when both are the same rows in the same order, else words that say where they differ."""
    for number, (row, twin) in enumerate(zip(left, right)):
        if len(row) != len(twin) or not all(map(almost_equal, row, twin)):
            return f"row {number}: {row} against {twin}"
    if len(left) != len(right):
        return f"{len(left)} rows against {len(right)}"
    return None
