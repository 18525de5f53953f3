"""What SELECT means: sqllogictest files, through HTTP and by a DuckDB of our own, with one answer.

The files are in the format of https://www.sqlite.org/sqllogictest: a record is `query TYPES` with
`rowsort` or not, the statement, `----` and the rows with a tab between values; or `statement error`
with a statement that neither may accept. New records get their rows from the plain DuckDB, to be
read before they are believed:

    python tests/sqllogic_test.py --update
"""

import json
import sys
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pytest

from plain_duckdb import PlainDuckDB, first_difference

FILES = sorted(Path(__file__).parent.glob("sqllogic/*.test"))
MICROS = 1_767_225_600_000_000  # 2026-01-01T00:00:00Z
HOSTS = ["a", "b", "c", "d"]


class Record(NamedTuple):
    place: str
    kind: str  # query or statement
    arguments: list
    sql: str
    expected: list  # lines


def cpu_rows():
    """A row a minute for four hosts; every seventh temperature is absent, d has none at all."""
    for n in range(240):
        host = HOSTS[n % 4]
        temperature = None if n % 7 == 0 or host == "d" else 20 + (n * 37 % 100) / 4
        yield MICROS + n // 4 * 60_000_000, host, n * 31 % 97, temperature, n % 5 == 0


def host_rows():
    for n, host in enumerate(["a", "b", "c", "x"]):
        yield MICROS, host, f"rack {n // 2}", 2 ** (n + 1)


def lines():
    for time, host, load, temperature, is_idle in cpu_rows():
        more = "" if temperature is None else f",temperature={temperature}"
        yield f"cpu,host={host} load={load}i,idle={'t' if is_idle else 'f'}{more} {time * 1000}"
    for time, host, rack, cores in host_rows():
        yield f"hosts,host={host} rack=\"{rack}\",cores={cores}i {time * 1000}"


def twin():
    plain = PlainDuckDB()
    time, host, load, temperature, idle = zip(*cpu_rows())
    tables = {"cpu": {"time": pa.array(time, pa.timestamp("us", "UTC")), "host": host,
                      "load": load, "temperature": temperature, "idle": idle}}
    time, host, rack, cores = zip(*host_rows())
    tables["hosts"] = {"time": pa.array(time, pa.timestamp("us", "UTC")), "host": host,
                       "rack": rack, "cores": cores}
    for name, columns in tables.items():
        plain.connection.register("arrow_table", pa.table(columns))
        plain.execute(f"CREATE TABLE {name} AS SELECT * FROM arrow_table")
    return plain


def records(path):
    number, blocks = 1, path.read_text().split("\n\n")
    for block in blocks:
        content = [line for line in block.splitlines() if not line.startswith("#")]
        place = f"{path.name}:{number}"
        number += block.count("\n") + 2
        if not any(content):
            continue
        kind, *arguments = content[0].split()
        end = content.index("----") if "----" in content else len(content)
        yield Record(place, kind, arguments, "\n".join(content[1:end]), content[end + 1:])


def as_line(row):
    return "\t".join("NULL" if value is None else value if isinstance(value, str) else
                     json.dumps(value) for value in row)


def sorted_if(record, rows):
    return sorted(rows, key=as_line) if "rowsort" in record.arguments else rows


def problem_of(record, server, database, plain):
    answer = server.query_answer(record.sql, database)
    if record.kind == "statement":
        return None if answer.status == 400 else f"status {answer.status}, not refused"
    if answer.status != 200:
        return answer.text
    ours = sorted_if(record, answer.json()["data"])
    theirs = sorted_if(record, plain.rows(record.sql))
    difference = first_difference(ours, theirs)
    if difference:
        return f"ours against DuckDB's: {difference}"
    if len(record.arguments[0]) != len(answer.json()["columns"]):
        return f"{len(answer.json()['columns'])} columns"
    wanted = record.expected
    found = [as_line(row) for row in theirs]
    return None if found == wanted else f"expected {wanted}, found {found}"


@pytest.fixture(scope="module", params=["in_memory", "in_files", "in_both"])
def tables(request, server):
    database = f"sqllogic_{request.param}"
    content = list(lines())
    half = len(content) // 2
    server.write_lp(database, "\n".join(content[:half]))
    if request.param == "in_both":
        server.flush()
    server.write_lp(database, "\n".join(content[half:]))
    if request.param == "in_files":
        server.flush()
    return server, database, twin()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_sqllogic(file, tables):
    found = list(records(file))
    assert len(found) > 5
    problems = [(record, problem_of(record, *tables)) for record in found]
    wrong = [f"{record.place} {record.sql}\n  {why}" for record, why in problems if why]
    assert not wrong, "\n" + "\n".join(wrong)


def update():
    plain = twin()
    for path in FILES:
        blocks = []
        for block in path.read_text().rstrip("\n").split("\n\n"):
            head = block.split("\n----")[0]
            first = [line for line in head.splitlines() if not line.startswith("#")]
            if first and first[0].startswith("query"):
                record = Record("", "query", first[0].split()[1:], "\n".join(first[1:]), [])
                rows = sorted_if(record, plain.rows(record.sql))
                block = "\n".join([head, "----", *map(as_line, rows)])
            blocks.append(block)
        path.write_text("\n\n".join(blocks) + "\n")


if __name__ == "__main__" and sys.argv[1:] == ["--update"]:
    update()
