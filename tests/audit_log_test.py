"""The audit log over HTTP: who did what, with what outcome, and what must never be in it."""

import json
import re
import time
from pathlib import Path

import pytest

from arc_server import ArcServer
from tokens_test import ROUTES

ADMIN = "an-administrator-of-these-tests-0123456789"
GUARDED = {"auth.enabled": "true", "auth.bootstrap_token": ADMIN, "delete.enabled": "true",
           "audit_log.enabled": "true"}


@pytest.fixture
def guarded(tmp_path):
    with ArcServer(tmp_path, GUARDED) as own:
        yield own


def request(server, method, path, body=b"", token=ADMIN, **headers):
    given = {"Authorization": f"Bearer {token}"} if token else {}
    return server.request(method, path, body, {**given, "User-Agent": "tests/1", **headers})


def entries(server, **parameters):
    query = "&".join(f"{name}={value}" for name, value in parameters.items())
    answer = request(server, "GET", f"/api/v1/audit/logs?{query}")
    assert answer.status == 200, answer.text
    result = answer.json()
    assert result["success"] is True and result["count"] == len(result["data"])
    return result["data"]


def test_events_are_recorded_with_their_outcome(guarded):
    created = request(guarded, "POST", "/api/v1/auth/tokens",
                      json.dumps({"name": "writer", "permissions": ["write"]})).json()["token"]
    request(guarded, "POST", "/write?db=plant&p=secret-in-the-query", "cpu v=1", created)
    secret_sql = json.dumps({"sql": "SELECT 'secret-in-sql'"})
    request(guarded, "POST", "/api/v1/query", secret_sql, created)
    request(guarded, "POST", "/write", "cpu v=1", "secret-that-is-no-token")
    request(guarded, "POST", "/api/v1/databases", json.dumps({"name": "lab"}))
    request(guarded, "DELETE", "/api/v1/databases/lab?confirm=true")
    request(guarded, "POST", "/api/v1/query", json.dumps({"sql": "SELECT 1"}))  # a read
    found = [(e["event_type"], e["actor"], e["status_code"]) for e in entries(guarded)]
    assert found == [("database.deleted", "admin", 200), ("database.created", "admin", 201),
                     ("auth.failed", "", 401), ("access.denied", "writer", 403),
                     ("data.write", "writer", 204), ("token.created", "admin", 201)]
    write = entries(guarded, event_type="data.write")[0]
    assert write["method"] == "POST" and write["path"] == "/write" and write["database"] == "plant"
    assert write["ip_address"] == "127.0.0.1" and write["user_agent"] == "tests/1"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", write["timestamp"])
    denied = entries(guarded, event_type="access.denied")[0]
    assert "read required" in denied["detail"]
    assert [e["actor"] for e in entries(guarded, actor="writer", limit=1, offset=1)] == ["writer"]
    stats = request(guarded, "GET", "/api/v1/audit/stats").json()["data"]
    assert stats["total"] == 6 and stats["by_event_type"]["data.write"] == 1
    text = "".join(path.read_text() for path in (guarded.data_directory / "audit").iterdir())
    for secret in (ADMIN, created, "secret"):
        assert secret not in text


def test_times_bound_the_answer(guarded):
    request(guarded, "POST", "/write?db=a", "m v=1")
    time.sleep(0.01)
    request(guarded, "POST", "/write?db=b", "m v=1")
    newest, oldest = entries(guarded)
    assert [e["database"] for e in entries(guarded, since=newest["timestamp"])] == ["b"]
    assert [e["database"] for e in entries(guarded, until=oldest["timestamp"])] == ["a"]
    for parameters in ("since=yesterday", "limit=1001", "limit=x", "offset=-1"):
        assert request(guarded, "GET", f"/api/v1/audit/logs?{parameters}").status == 400


def test_reads_when_asked_for(tmp_path):
    with ArcServer(tmp_path, {**GUARDED, "audit_log.include_reads": "true"}) as server:
        request(server, "POST", "/api/v1/query", json.dumps({"sql": "SELECT 1"}),
                **{"x-arc-database": "lab"})
        request(server, "GET", "/api/v1/databases")
        request(server, "GET", "/health")
        assert [(e["event_type"], e["database"]) for e in entries(server)] == [
            ("metadata.read", ""), ("data.query", "lab")]


def test_outlives_a_stop_and_needs_no_tokens(tmp_path):
    with ArcServer(tmp_path, {"audit_log.enabled": "true"}) as server:
        server.request("POST", "/write?db=a", "m v=1")
        server.restart()
        data = server.request("GET", "/api/v1/audit/logs").json()["data"]
        assert [(e["event_type"], e["actor"]) for e in data] == [("data.write", "anonymous")]
        mode = (Path(server.data_directory) / "audit").stat().st_mode
        assert mode & 0o077 == 0


def test_every_route_that_changes_something_is_an_event():
    """A new one must get its line in audit/event.cc."""
    source = (Path(__file__).parent.parent / "src" / "access" / "audit" / "event.cc").read_text()
    rows = re.findall(r'\{"([A-Z]+)", "(/[^"]*)",', source)
    assert len(rows) > 30

    def is_named(method, path):
        return any(method == row_method and re.fullmatch(
            re.sub(r":[a-z_]+", "[^/]+", pattern).replace("*", ".*"), path)
            for row_method, pattern in rows)

    for route in (route for routes in ROUTES.values() for route in routes):
        method, path = route.split()
        assert is_named(method, path) or path in ("/health", "/ready", "/metrics", "/ping"), route
    assert not is_named("PATCH", "/api/v1/databases/x"), "this test can fail"


def test_the_database_is_the_one_that_the_request_is_about(tmp_path):
    with ArcServer(tmp_path, {**GUARDED, "audit_log.include_reads": "true"}) as server:
        sql = json.dumps({"sql": "SELECT 1"})
        for method, path, body, headers, database in (
                ("POST", "/api/v2/write?bucket=real&db=other", "m v=1", {}, "real"),
                ("POST", "/write?db=real&bucket=other", "m v=1", {}, "real"),
                ("POST", "/write?db=other", "m v=1", {"x-arc-database": "real"}, "real"),
                ("POST", "/write", "m v=1", {}, "default"),
                ("POST", "/api/v1/query?db=other", sql, {}, "default"),
                ("GET", "/api/v1/query/m?database=real&db=other", b"", {}, "real"),
                ("POST", "/api/v1/databases", b'{"name": "made"}', {"x-arc-database": "other"},
                 "made"),
                ("DELETE", "/api/v1/databases/made?confirm=true&db=other", b"",
                 {"x-arc-database": "other"}, "made")):
            answer = request(server, method, path, body, **headers)
            assert answer.status < 300, answer.text
            assert entries(server, limit=2)[1 if "audit" in path else 0]["database"] == database


def test_what_a_body_says_is_in_no_log(guarded):
    boundary = "x" * 20
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    for kind, rows in (("csv", "time,v\nSECRET,1\n"), ("lp", "m v=SECRET 1\n"),
                       ("tle", "SECRET\n")):
        body = (f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'
                f"{rows}\r\n--{boundary}--\r\n")
        answer = request(guarded, "POST", f"/api/v1/import/{kind}?db=a&measurement=m", body,
                         **headers)
        assert answer.status >= 400, answer.text
    request(guarded, "POST", "/write?db=a", "m SECRET=SECRET 1")
    request(guarded, "POST", "/api/v1/write/msgpack?db=a", b"\x81\xa6SECRET\x01")
    assert len(entries(guarded)) == 5
    logged = guarded.log() + "".join(
        path.read_text() for path in (guarded.data_directory / "audit").iterdir())
    assert "SECRET" not in logged, logged[logged.index("SECRET") - 300:][:400]


def test_what_a_query_says_is_in_no_log(tmp_path):
    with ArcServer(tmp_path, {**GUARDED, "audit_log.include_reads": "true"}) as server:
        for sql in ("SELECT 'secret-1'::INTEGER", "SELECT secret_2 FROM range(3)",
                    "SELECT * FROM secret_3", "SELECT error('secret-4')", "SELECT 'secret-5",
                    "SELECT 1 WHERE secret_6("):
            for path in ("/api/v1/query", "/api/v1/query/msgpack", "/api/v1/query/estimate"):
                request(server, "POST", path, json.dumps({"sql": sql}))
        assert entries(server, event_type="data.query")
        logged = server.log() + "".join(
            path.read_text() for path in (server.data_directory / "audit").iterdir())
        assert "Error" in logged, "the kind of an error is said"
        assert "secret" not in logged, logged[logged.index("secret") - 300:][:400]
