"""What columns a measurement has, whoever writes first and in whichever protocol."""

import json
import threading

import msgpack
import pytest

from arc_server import ArcServer
from imports_test import upload

LIMITS = {
    "ingest.max_columns": 4, "ingest.max_measurements": 3, "ingest.max_name_size": "16B",
    "ingest.max_value_size": "1KB",
}  # fmt: skip


@pytest.fixture(scope="module")
def limited(tmp_path_factory):
    with ArcServer(tmp_path_factory.mktemp("limited"), LIMITS) as server:
        yield server


def write(server, database, body):
    return server.post(f"/write?db={database}&precision=s", body)


def rejected(answer):
    """The messages of an answer to a write of which nothing was stored."""
    assert answer.status == 400, answer
    assert answer.json()["accepted"] == 0
    return [error["message"] for error in answer.json()["errors"]]


def types_of(server, database, measurement="m"):
    return {row[0]: row[1] for row in server.query(f"DESCRIBE {measurement}", database).rows}


def flush(server):
    assert server.post("/api/v1/write/line-protocol/flush").status == 200


def test_a_column_of_nulls_keeps_its_place_and_takes_its_type_later(server, database):
    columns = {"time": [1, 2], "a": [None, None], "b": [1, 2], "c": [None, None]}
    server.write_msgpack(database, {"m": "m", "columns": columns})
    assert list(types_of(server, database)) == ["time", "a", "b", "c"]
    assert server.query("SELECT a, b, c FROM m ORDER BY time", database).rows == [
        [None, 1, None], [None, 2, None],
    ]  # fmt: skip
    flush(server)
    server.write_lp(database, 'm a="now",b=3i,c=t 3', "s")
    types = types_of(server, database)
    assert list(types) == ["time", "a", "b", "c"]
    assert [types["a"], types["c"]] == ["VARCHAR", "BOOLEAN"]
    sql = "SELECT a, b, c FROM m ORDER BY time"
    expected = [[None, 1, None], [None, 2, None], ["now", 3, True]]
    assert server.query(sql, database).rows == expected
    flush(server)
    assert server.query(sql, database).rows == expected
    assert server.value("SELECT count(*) FROM m WHERE a IS NULL", database) == 2


def test_widening_keeps_old_files_readable_and_filters_right(server, database):
    server.write_lp(database, "m v=1i 1\nm v=9007199254740993i 2\nm v=-5i 3", "s")
    flush(server)
    server.write_lp(database, "m v=2.5 4", "s")
    flush(server)
    server.write_lp(database, "m v=7i 5", "s")
    assert types_of(server, database)["v"] == "DOUBLE"
    sql = "SELECT epoch(time)::INT FROM m WHERE {} ORDER BY time"
    for condition, seconds in [
        ("v > 2.4", [2, 4, 5]),
        ("v = 2.5", [4]),
        ("v BETWEEN 0.5 AND 2.5", [1, 4]),
        ("v < 0", [3]),
        ("v IN (1, 7)", [1, 5]),
        ("v <> 2.5 AND v < 100", [1, 3, 5]),
    ]:
        found = server.query(sql.format(condition), database).rows
        assert found == [[second] for second in seconds], condition


def test_a_rejected_row_names_the_column_and_both_types(server, database):
    server.write_lp(database, 'm,tag=a n=1i,f=1,b=t,s="x" 1', "s")
    offers = {
        "n": ('"x"', "string"), "f": ("t", "boolean"), "b": ("1i", "integer"), "s": ("1", "float"),
    }  # fmt: skip
    held = {"n": "integer", "f": "float", "b": "boolean", "s": "string"}
    for column, (value, offered) in offers.items():
        shown = {"t": "true"}.get(value, value)
        expected = (f'measurement "m", column "{column}": holds {held[column]}, '
                    f"the line offers {offered}: {shown}")
        assert rejected(write(server, database, f"m {column}={value} 2")) == [expected]
        words = {"string": "x", "boolean": True, "integer": 1, "float": 1.5}
        item = {"m": "m", "columns": {"time": [2], column: [words[offered]]}}
        headers = {"x-arc-database": database}
        answer = server.post("/api/v1/write/msgpack", msgpack.packb(item), headers)
        assert answer.status == 400, answer
        [message] = [error["message"] for error in answer.json()["errors"]]
        assert f'column "{column}" of type {held[column]} cannot hold a' in message
        assert message.endswith(f"{offered}: {json.dumps(words[offered])}")
    assert server.value("SELECT count(*) FROM m", database) == 1


def test_a_tag_and_a_field_of_one_name(server, database):
    server.write_lp(database, "m,v=tag v=1 1\nm,v=other w=2 2", "s")
    found = server.query("SELECT v, v_value, w FROM m ORDER BY time", database).rows
    assert found == [["tag", 1, None], ["other", None, 2]]
    assert rejected(write(server, database, "m,v=x v=1,v_value=2 3"))


def test_names_of_columns_are_any_text(server, database):
    names = ["Größe", "температура", "温度", "a b", 'quo"te', "semi;colon", "--", "\U0001f680"]
    row = {"m": "m", "t": 1, "fields": {name: i for i, name in enumerate(names)}}
    server.write_msgpack(database, row)
    quoted = ", ".join('"' + name.replace('"', '""') + '"' for name in names)
    for _ in range(2):
        assert server.query(f"SELECT {quoted} FROM m", database).rows == [list(range(len(names)))]
        flush(server)


@pytest.mark.parametrize("name", ["1m", "_m", "a.b", "a/b", "../m", "a b", "ä", "m\x00", "m" * 129])
def test_names_of_measurements_are_strict(server, database, name):
    escaped = name.replace(" ", "\\ ")
    [message] = rejected(write(server, database, f"{escaped} v=1 1".encode()))
    assert "measurement" in message
    assert not list(server.data_directory.parent.glob("m"))


def test_columns_of_a_measurement_are_limited(limited):
    answer = write(limited, "cols", "m a=1,b=1,c=1,d=1 1\nm e=1 2\nm a=2 3")
    assert answer.json()["accepted"] == 2, answer
    assert answer.json()["errors"] == [
        {"line": 2, "message": 'measurement "m", column "e" would be one more than the 4 columns '
                               "a measurement may have (ingest.max_columns)"}
    ]  # fmt: skip
    csv = b"time,e\n1,1\n"
    answer = upload(limited, "csv", csv, db="cols", measurement="m")
    assert answer.status == 400 and "ingest.max_columns" in answer.json()["error"], answer
    assert list(types_of(limited, "cols")) == ["time", "a", "b", "c", "d"]


def test_measurements_of_a_database_are_limited(limited):
    limited.write_lp("meas", "a v=1\nb v=1\nc v=1")
    [message] = rejected(write(limited, "meas", "d v=1 1"))
    assert "ingest.max_measurements" in message
    limited.write_lp("other", "d v=1")
    for kind, body in [("csv", b"time,v\n1,1\n"), ("lp", b"d v=1 1\n")]:
        answer = upload(limited, kind, body, db="meas", measurement="d")
        assert answer.status == 400 and "ingest.max_measurements" in answer.json()["error"]


def test_names_and_values_are_limited(limited):
    [message] = rejected(write(limited, "long", f"m {'n' * 17}=1 1"))
    assert "17 bytes" in message and "ingest.max_name_size" in message
    [message] = rejected(write(limited, "long", f'm v="{"x" * 1025}" 1'))
    assert message.startswith('measurement "m", column "v": the value has 1025 bytes')
    [message] = rejected(write(limited, "long", f"m,tag={'x' * 1025} v=1 1"))
    assert message.startswith('measurement "m", column "tag": the value has 1025 bytes')
    limited.write_lp("long", f'm,{"t" * 16}=a v="{"x" * 1024}" 1')
    for kind, body in [
        ("csv", f"time,v\n1,{'x' * 1025}\n"),
        ("lp", f'm v="{"x" * 1025}" 1\n'),
        ("csv", f"time,{'n' * 17}\n1,1\n"),
    ]:
        answer = upload(limited, kind, body.encode(), db="long", measurement="m")
        assert answer.status == 400 and "ingest.max_" in answer.json()["error"], answer
    assert limited.value("SELECT count(*) FROM m", "long") == 1


def test_first_writes_at_once_agree_on_one_schema(server, database):
    """Whoever comes first decides; the others' rows are stored or rejected, never mixed up."""
    bodies = ["v=1i", "v=2.5", 'v="text"', "v=t", "w=1,v=3i", "v=4i,x=t"]
    for round_number in range(20):
        measurement = f"m{round_number}"
        barrier = threading.Barrier(len(bodies))
        accepted = {}

        def send(number):
            barrier.wait()
            answer = write(server, database, f"{measurement} {bodies[number]} {number + 1}")
            accepted[number] = answer.status == 204

        threads = [threading.Thread(target=send, args=(i,)) for i in range(len(bodies))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        sql = f"SELECT epoch(time)::INT - 1 FROM {measurement} ORDER BY time"
        stored = [row[0] for row in server.query(sql, database).rows]
        assert stored == sorted(number for number, was in accepted.items() if was)
        assert stored
        kind = types_of(server, database, measurement)["v"]
        fitting = {"BIGINT": {0, 4, 5}, "DOUBLE": {0, 1, 4, 5}, "VARCHAR": {2}, "BOOLEAN": {3}}
        assert set(stored) <= fitting[kind]
