"""Refusals of writes as they reach people: through the clients they use, the log of the server, and
GET /api/v1/rejections."""

import csv
import io
import json
import re

import msgpack
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from arc_server import ArcServer, StartFailed
from imports_test import upload

ADMIN = "an-administrator-of-these-tests-0123456789"
T = 1772323200
FAR = T * 1000  # seconds of the year 58132
CONFLICT = 'line 2: measurement "m", column "v": holds float, the line offers string: "text"'


# The clients, as they read an answer: what each shows to its user.
def telegraf_v1(answer):
    """plugins/outputs/influxdb/http.go: `error` of the body; these words make it do otherwise."""
    description = json.loads(answer.body)["error"]
    for words in ("database not found", "retention policy not found"):
        assert words not in description, "it would send the same again"
    assert answer.status // 100 == 4, "dropped, and logged as an error"
    return description


def telegraf_v2(answer):
    """plugins/outputs/influxdb_v2: code, message and line, which must be a number."""
    body = json.loads(answer.body)
    line = f" - line[{body['line']:d}]" if "line" in body else ""
    return f"{body['code']}: {body['message']}{line}"


def influxdb_client_go(answer):
    """api/http/service.go: code and message, of JSON by its content type."""
    assert answer.headers["content-type"].split(";")[0] == "application/json"
    body = json.loads(answer.body)
    assert isinstance(body["code"], str) and isinstance(body["message"], str)
    return f"{body['code']}: {body['message']}"


def influxdb_client_python(answer):
    """rest.py and client/exceptions.py: `message`, else `error`, else a header."""
    return json.loads(answer.body)["message"]


def influxdb_python(answer):
    """client.py of 1.x: the text of the body; the older ones and those in Java: the header."""
    return answer.headers["x-influxdb-error"]


CLIENTS = [telegraf_v1, telegraf_v2, influxdb_client_go, influxdb_client_python, influxdb_python]


def write(server, database, body, **parameters):
    query = "".join(f"&{name}={value}" for name, value in parameters.items())
    return server.post(f"/write?db={database}{query}", body)


def rejections(server, database, **headers):
    answer = server.get("/api/v1/rejections", headers)
    assert answer.status == 200, answer
    return [entry for entry in answer.json()["rejections"] if entry["database"] == database]


def log_lines(server, database):
    return [line for line in server.log().splitlines() if f"database {database}," in line]


@pytest.mark.parametrize("client", CLIENTS)
def test_the_reason_is_shown(server, database, client):
    server.write_lp(database, "m v=1.5 1")
    answer = write(server, database, 'm v=2 2\nm v="text" 3\nm v=3i 4\n')
    shown = client(answer)
    assert "partial write: field type conflict: " + CONFLICT in shown, shown
    assert "1 rejected, 2 accepted" in shown


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("line, words", [
    ("m v=", 'unable to parse: line 1: measurement "m", field "v" at byte 3: has no value'),
    ("9m v=1", 'unable to parse: line 1: invalid measurement name "9m"'),
    ("m v=1 " + str(10**19), "unable to parse: line 1: measurement"),
    ("m v=1 9000000000000000000", "unable to parse or store: line 1: measurement"),
])
def test_other_reasons_are_shown(server, database, client, line, words):
    shown = client(write(server, database, line))
    assert "partial write: " + words in shown, shown


@pytest.mark.parametrize("client", CLIENTS)
def test_a_request_refused_whole_is_shown(server, client):
    assert "did you mean db?" in client(server.post("/write?database=x", "m v=1"))
    assert "Empty request body" in client(server.post("/write?db=x"))
    assert "invalid precision" in client(server.post("/write?db=x&precision=days", "m v=1"))


@pytest.mark.parametrize("client", [c for c in CLIENTS if c is not telegraf_v1])
def test_a_limit_is_shown(tmp_path, client):
    with ArcServer(tmp_path, {"server.max_payload_size": "2KB", "ingest.max_columns": "2"}) as own:
        shown = client(own.post("/write?db=x", "m v=1\n" * 1000))
        assert "larger than the limit of 2048 bytes" in shown
        shown = client(own.post("/write?db=x", "m a=1,b=2,c=3 1\n"))
        assert 'unable to parse or store: line 1: measurement "m", column "c" would be' in shown
        item = msgpack.packb({"m": "m", "t": 1, "fields": {"a": 1, "b": 2, "c": 3}})
        shown = client(own.post("/api/v1/write/msgpack", item, {"x-arc-database": "x"}))
        assert 'unable to parse or store: item 0: measurement "m", column "c" would be' in shown


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    settings = {"auth.enabled": "true", "auth.bootstrap_token": ADMIN, "audit_log.enabled": "true"}
    with ArcServer(tmp_path_factory.mktemp("guarded"), settings) as own:
        yield own


@pytest.mark.parametrize("client", CLIENTS)
def test_who_may_not_write_is_told(guarded, client):
    assert "required" in client(guarded.post("/api/v2/write?bucket=x", "m v=1"))
    body = json.dumps({"name": f"reader {client.__name__}", "permissions": ["read"]})
    bearer = {"Authorization": f"Bearer {ADMIN}"}
    token = guarded.post("/api/v1/auth/tokens", body, bearer).json()["token"]
    answer = guarded.post("/write?db=x", "m v=1", {"Authorization": f"Token {token}"})
    assert answer.status == 403 and "Permission denied" in client(answer)


def test_the_log_says_where_and_why_and_no_value(server, database):
    server.write_lp(database, "m v=1.5 1")
    for _ in range(20):
        write(server, database, 'm v="a secret" 3\n')
        write(server, database, "n v=a_secret 3\nn v=1,a_secret=x 4")
    lines = log_lines(server, database)
    assert len(lines) == 2, "one a minute of each measurement and reason"
    assert 'field type conflict: line 1: measurement "m", column "v": holds float, ' in \
        lines[0].replace("\\", "")
    assert "unable to parse: line 1: field" in lines[1], "what looks like a name may be none"
    assert "secret" not in server.log()
    assert "/write from 127.0.0.1" in lines[0]


def test_messagepack_that_is_stored_in_part_is_logged(server, database):
    item = {"m": "a", "columns": {"time": [T, T + 1, T + 2], "v": [1, 2.5, "x"]}}
    headers = {"x-arc-database": database}
    answer = server.post("/api/v1/write/msgpack", msgpack.packb(item), headers)
    assert answer.status == 200 and answer.json()["accepted"] == 2
    reason = 'item 0, row 2: measurement "a", column "v" of type float cannot hold a string'
    assert answer.json()["errors"] == [{"line": 0, "message": reason + ': "x"'}]
    assert answer.json()["error"] == (
        f'partial write: field type conflict: {reason}: "x" (1 rejected, 2 accepted)')
    assert answer.headers["x-influxdb-error"] == answer.json()["message"] == answer.json()["error"]
    [line] = log_lines(server, database)
    assert f"field type conflict: {reason} (GET" in line.replace("\\", "")
    [entry] = rejections(server, database)
    assert entry["text"] == '{"m": "a", "time": 1772323202, "v": "x"}' and entry["item"] == 0
    assert entry["endpoint"] == "/api/v1/write/msgpack" and entry["measurement"] == "a"


def test_what_was_refused_can_be_read(tmp_path):
    long = "x" * 5000
    with ArcServer(tmp_path) as own:
        own.write_lp("x", "m,tag=a v=1.5 1")
        write(own, "x", f'm,tag=b v="text" 3\nm v=\nm v="{long}"\nm v=2')
        write(own, "x", b"m v=\xff\n")
        own.post("/write?db=x&precision=days", "m v=1")
        found = rejections(own, "x")
    assert [entry.get("line") for entry in found] == [None, 1, 3, 2, 1], "the newest first"
    assert found[4]["text"] == 'm,tag=b v="text" 3'
    assert found[4]["message"] == CONFLICT.removeprefix("line 2: ")
    assert found[4]["reason"] == "field type conflict" and found[3]["reason"] == "unable to parse"
    assert found[3]["text"] == "m v=" and found[1]["text"] == "m v=\ufffd"
    assert found[2]["text"] == f'm v="{long[:1019]}...'
    assert "invalid precision" in found[0]["message"]
    assert all(re.match(r"20\d\d-\d\d-\d\dT", entry["time"]) for entry in found)


def test_the_last_ones_are_kept(tmp_path):
    with ArcServer(tmp_path, {"ingest.rejections_kept": "5"}) as own:
        write(own, "quiet", "q v=")
        for number in range(300):
            write(own, "noisy", f"m{number} v=\nn v=a{number}\n")
        found = own.get("/api/v1/rejections").json()
        assert found["kept_max"] == 5 and len(found["rejections"]) == 5
        own.restart()
        assert own.get("/api/v1/rejections").json()["rejections"] == [], "in memory only"


def test_only_the_administrator_reads_them(guarded):
    body = json.dumps({"name": "writer", "permissions": ["read", "write", "delete"]})
    bearer = {"Authorization": f"Bearer {ADMIN}"}
    token = guarded.post("/api/v1/auth/tokens", body, bearer).json()["token"]
    writer = {"Authorization": f"Bearer {token}"}
    assert guarded.post("/write?db=own", "m v=a_secret", writer).status == 400
    assert guarded.get("/api/v1/rejections", writer).status == 403
    assert guarded.get("/api/v1/rejections").status == 401
    [entry] = rejections(guarded, "own", **bearer)
    assert entry["token"] == "writer" and entry["text"] == "m v=a_secret"
    guarded.stop()
    audit = "".join(path.read_text() for path in (guarded.data_directory / "audit").iterdir())
    guarded.start()
    assert "data.write" in audit and "partial write" in audit and "secret" not in audit


# Times that are not believed, in files: what a request writes is in http/write_mistakes.txt.
def as_csv(rows):
    text = io.StringIO()
    csv.writer(text).writerows([("time", "v"), *rows])
    return text.getvalue().encode()


def as_parquet(rows):
    times, values = zip(*rows)
    sink = io.BytesIO()
    table = pa.table({"time": pa.array(times, pa.int64()), "v": pa.array(values, pa.float64())})
    pq.write_table(table, sink)
    return sink.getvalue()


def as_lines(rows):
    return "".join(f"m v={value} {time}\n" for time, value in rows).encode()


FILES = [("csv", as_csv, "row 3"), ("parquet", as_parquet, "row 3"), ("lp", as_lines, "line 3")]


@pytest.mark.parametrize("kind, encode, place", FILES)
def test_imports_refuse_a_time_in_another_unit(server, database, kind, encode, place):
    rows = [(T, 1.0), (T + 1, 2.0), (FAR, 3.0), (T + 2, 4.0)]
    options = {"db": database, "measurement": "m"}
    options |= {"precision": "s"} if kind == "lp" else {"time_format": "epoch_s"}
    answer = upload(server, kind, encode(rows), **options)
    assert answer.status == 422, answer
    error = answer.json()["error"]
    assert place in error and "58132-09-08" in error and "ingest.max_future" in error, error
    assert "milliseconds with precision=s?" in error or \
        "1000 times finer it would be 2026-03-01T00:00:00Z" in error, error
    assert server.query_answer("SELECT * FROM m", database).status == 400, "nothing is there"
    answer = upload(server, kind, encode(rows), on_error="skip", **options)
    assert answer.status == 200, answer
    assert answer.json()["result"]["rows_imported"] == 3
    assert answer.json()["result"]["rows_skipped"] == 1
    found = server.query("SELECT v FROM m ORDER BY time", database).rows
    assert found == [[1.0], [2.0], [4.0]]


def test_an_element_set_of_the_future_is_not_imported(server, database):
    lines = b"1 25544U 98067A   56264.51782528 -.00002182  00000-0 -11606-4 0  2920\n" \
            b"2 25544  51.6416 247.4627 0006703 130.5360 325.0288 15.72125391563537\n"
    answer = upload(server, "tle", lines, db=database)
    assert answer.status == 422 and "more than 10 years ahead" in answer.json()["error"], answer


@pytest.mark.parametrize("kind, encode, place", FILES)
def test_history_is_imported(server, database, kind, encode, place):
    """Uppsala in 1890, Prague in 1600, the eclipse of 2137 before our era."""
    seconds = [-129600000000, -11676096000, -2524521600, 0]
    options = {"db": database, "measurement": "m"}
    options |= {"precision": "s"} if kind == "lp" else {"time_format": "epoch_s"}
    answer = upload(server, kind, encode([(second, 1.0) for second in seconds]), **options)
    assert answer.status == 200, answer
    sql = "SELECT CAST(year(time) AS INTEGER) FROM m ORDER BY time"
    assert server.query(sql, database).rows == [[-2137], [1600], [1890], [1970]]


def test_the_limits_of_time_are_settings(tmp_path):
    lines = f"m v=1 {FAR}\nm v=2 -9000000000000\nm v=3 {T}\nm v=4 -1\n"
    with ArcServer(tmp_path, {"ingest.max_future": "0", "ingest.min_time": ""}) as own:
        assert write(own, "d", lines, precision="s").status == 204
        own.stop()
        own.settings |= {"ingest.max_future": "1h", "ingest.min_time": "1970-01-01"}
        own.start()
        assert own.value("SELECT count(*) FROM m", "d") == 4, "what is stored stays"
        answer = write(own, "d", lines, precision="s")
        assert answer.json()["accepted"] == 1, answer
        assert "more than 60 minutes ahead" in answer.json()["errors"][0]["message"]
        assert "before 1970-01-01T00:00:00Z" in answer.json()["errors"][2]["message"]
        own.kill()
        own.start()
        assert own.value("SELECT count(*) FROM m", "d") == 5


@pytest.mark.parametrize("date", ["yesterday", "1970", "1970-02-30", "1970-01-01T00:00:00Z"])
def test_a_date_that_is_none_stops_the_start(tmp_path, date):
    with pytest.raises(StartFailed, match="ingest.min_time.*expected a date such as"):
        ArcServer(tmp_path, {"ingest.min_time": date}).start()
