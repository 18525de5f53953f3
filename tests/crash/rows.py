"""What rows hold. Every value follows from the row's id and the number of its request, here in
Python and once more in SQL, so that a stored row is checked without a copy of it.
"""

import random

import msgpack

BASE_SECONDS = 1_767_225_600  # 2026-01-01; any would do
ROWS_PER_SECOND = 16  # of time as the rows tell it
PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}

# Column → what SQL says it holds, from `id` and `request`. A column that had no value yet does not
# exist: then this must be NULL in every row.
EXPECTED = {
    "epoch_us(time)": f"({BASE_SECONDS} + id // {ROWS_PER_SECOND}) * 1000000",
    "host": "CASE WHEN id % 5 <> 0 THEN 'h' || (id % 11) END",
    "value": "(id * 7919 % 1000003) / 8.0",
    "count": "id * 31 % 65537 - 30000",
    "even": "id % 2 = 0",
    "text": "CASE WHEN id % 3 <> 0 THEN 'a \"' || (id % 97) || ', é' END",
    # Integers in every other request, floats in the rest: the column's type changes on the way.
    "mixed": "id % 1000",
    # A column that appears when the measurement has long had rows.
    "late": "CASE WHEN request % 50 = 49 THEN id END",
}


def column(name):
    """As it is written in SQL."""
    return name if "(" in name else f'"{name}"'


def host(i):
    return f"h{i % 11}" if i % 5 else None


def value(i):
    return i * 7919 % 1000003 / 8


def count(i):
    return i * 31 % 65537 - 30000


def text(i):
    return f'a "{i % 97}, é' if i % 3 else None


def seconds(i):
    return BASE_SECONDS + i // ROWS_PER_SECOND


def lines(measurement, request, ids, precision):
    """Rows as lines of line protocol."""
    mixed = "mixed={}i" if request % 2 else "mixed={}.0"
    late = request % 50 == 49
    factor = PER_SECOND[precision]
    for i in ids:
        tag = f",host=h{i % 11}" if i % 5 else ""
        words = f',text="a \\"{i % 97}, é"' if i % 3 else ""
        more = f",late={i}i" if late else ""
        yield (
            f"{measurement}{tag} id={i}i,request={request}i,value={value(i)},count={count(i)}i,"
            f"even={'true' if i % 2 == 0 else 'false'},{mixed.format(i % 1000)}{words}{more} "
            f"{seconds(i) * factor}"
        )


def columns(measurement, request, ids):
    """Rows as one item of columns for MessagePack."""
    number = int if request % 2 else float
    content = {
        "time": [seconds(i) * 10**6 for i in ids],
        "id": list(ids),
        "request": [request] * len(ids),
        "host": [host(i) for i in ids],
        "value": [value(i) for i in ids],
        "count": [count(i) for i in ids],
        "even": [i % 2 == 0 for i in ids],
        "text": [text(i) for i in ids],
        "mixed": [number(i % 1000) for i in ids],
    }
    if request % 50 == 49:
        content["late"] = list(ids)
    return {"m": measurement, "columns": content}


def line_protocol_body(request, parts, precision, seed):
    """Lines of several measurements, mixed."""
    all_lines = [
        line for name, ids in parts for line in lines(name, request, ids, precision)
    ]
    random.Random(seed).shuffle(all_lines)
    return "\n".join(all_lines).encode()


def msgpack_body(request, parts):
    items = [columns(name, request, ids) for name, ids in parts]
    return msgpack.packb(items[0] if len(items) == 1 else items)


def wrong_values_sql(existing_columns):
    """An SQL condition: the row does not hold what its id says."""
    held = {
        name: column(name) if "(" in name or name in existing_columns else "NULL"
        for name in EXPECTED
    }
    return " OR ".join(
        f"({held[name]}) IS DISTINCT FROM ({expected})" for name, expected in EXPECTED.items()
    )
