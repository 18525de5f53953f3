"""Rates, failed authentications and policies: 429 with Retry-After, and what still gets through."""

import json
import socket
import time

import pytest

from arc_server import ArcServer

ADMIN = "an-administrator-of-these-tests-0123456789"
TOKENS = "/api/v1/auth/tokens"
POLICIES = "/api/v1/governance/policies"
GUARDED = {"auth.enabled": "true", "auth.bootstrap_token": ADMIN}


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def ask(server, method, path, body=None, token=ADMIN, status=200):
    answer = server.request(method, path, json.dumps(body) if body is not None else b"",
                            bearer(token))
    assert answer.status == status, f"{method} {path}: {answer.status} {answer.text}"
    return answer.json() if answer.body else None


def query(server, token, sql="SELECT 1", **members):
    body = json.dumps({"sql": sql, **members})
    return server.request("POST", "/api/v1/query", body, bearer(token))


def new_token(server, name):
    token = ask(server, "POST", TOKENS, {"name": name, "permissions": ["read", "write"]},
                status=201)["token"]
    number = next(t["id"] for t in ask(server, "GET", TOKENS)["tokens"] if t["name"] == name)
    return token, number


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    with ArcServer(tmp_path_factory.mktemp("arc"), GUARDED) as own:
        yield own


def refused(answer):
    assert answer.status == 429, answer.text
    assert answer.json()["success"] is False and "Rate limit exceeded" in answer.json()["error"]
    seconds = int(answer.headers["retry-after"])
    assert seconds >= 1
    return seconds


def test_requests_of_a_token(tmp_path):
    with ArcServer(tmp_path, {**GUARDED, "limits.token_requests_per_second": "5"}) as server:
        token, _ = new_token(server, "a")
        other, _ = new_token(server, "b")
        answers = [query(server, token) for _ in range(40)]
        good = [answer for answer in answers if answer.status == 200]
        assert 5 <= len(good) < 40
        seconds = refused(answers[-1])
        assert query(server, other).status == 200
        time.sleep(seconds)  # what the answer says must be true
        assert query(server, token).status == 200
        metrics = server.request("GET", "/metrics").text
        assert f"arc_requests_throttled_total {len(answers) - len(good)}\n" in metrics


def test_bytes_from_an_address_without_tokens(tmp_path):
    with ArcServer(tmp_path, {"limits.address_bytes_per_second": "100KB"}) as server:
        body = "m v=1\n" * 20_000  # 120 KB
        assert server.request("POST", "/write?db=a", body).status == 204
        answer = server.request("POST", "/write?db=a", body)
        assert refused(answer) <= 2
        assert server.request("GET", "/health").status == 200


def test_requests_from_an_address(tmp_path):
    with ArcServer(tmp_path, {"limits.address_requests_per_second": "3"}) as server:
        statuses = [server.request("POST", "/write?db=a", "m v=1").status for _ in range(30)]
        assert statuses[:3] == [204] * 3 and 429 in statuses
        assert {server.request("GET", "/health").status for _ in range(10)} == {200}


def test_failed_authentications(tmp_path):
    with ArcServer(tmp_path, {**GUARDED, "limits.failed_auth_per_minute": "10"}) as server:
        statuses = [query(server, f"bad{i}").status for i in range(200)]
        assert statuses[:10] == [401] * 10 and statuses.count(429) >= 180
        assert statuses.count(401) + statuses.count(429) == 200
        assert query(server, ADMIN).status == 200  # good tokens pass
        refused(query(server, "bad"))
        log = server.log()
        assert log.count("Invalid or expired token") <= statuses.count(401)


def test_without_a_token_it_is_401_however_often(tmp_path):
    with ArcServer(tmp_path, {**GUARDED, "limits.failed_auth_per_minute": "10"}) as server:
        ways = [("POST", "/api/v1/query"), ("GET", "/api/v1/auth/verify"), ("POST", "/write?db=d")]
        for method, path in ways:
            statuses = {server.request(method, path, b"x").status for _ in range(70)}
            assert statuses == {401}, f"{method} {path}: {statuses}"
        assert query(server, "bad").status == 401  # and no token was counted as wrong


def test_verify_is_no_way_around_the_limits(tmp_path):
    settings = {**GUARDED, "limits.failed_auth_per_minute": "10",
                "limits.token_requests_per_second": "5"}
    with ArcServer(tmp_path, settings) as server:
        verify = lambda token: server.get("/api/v1/auth/verify", bearer(token))  # noqa: E731
        statuses = [verify(f"bad{i}").status for i in range(200)]
        assert statuses[:10] == [401] * 10 and statuses.count(429) >= 180
        assert server.log().count("Invalid or expired token") <= statuses.count(401)
        statuses = [verify(ADMIN).status for _ in range(40)]
        assert 200 in statuses and 429 in statuses


def test_a_body_that_is_refused_is_charged(tmp_path):
    settings = {"limits.address_bytes_per_second": "100KB", "server.max_payload_size": "1MB"}
    with ArcServer(tmp_path, settings) as server:
        chunks = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as client:
            client.sendall(b"POST /write HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                           + chunks * 8 + b"nonsense\r\n")
            assert client.recv(65536).startswith(b"HTTP/1.1 400 ")
        refused(server.request("POST", "/write?db=a", "m v=1"))


def test_a_policy_caps_all_pages_together_and_says_so(guarded):
    token, number = new_token(guarded, "pages")
    ask(guarded, "POST", POLICIES, {"token_id": number, "max_rows_per_query": 25}, status=201)
    page = query(guarded, token, "FROM range(100)", cursor=True, page_size=10).json()
    rows = list(page["data"])
    while page.get("next_cursor"):
        body = json.dumps({"cursor": page["next_cursor"]})
        page = guarded.request("POST", "/api/v1/query", body, bearer(token)).json()
        rows += page["data"]
    assert rows == [[i] for i in range(25)] and page["rows_capped"] and page["row_cap"] == 25
    exact = query(guarded, token, "FROM range(25)", cursor=True, page_size=100).json()
    assert len(exact["data"]) == 25 and "row_cap" not in exact and not exact.get("next_cursor")


def test_a_time_that_is_no_time(guarded):
    """Numbers far beyond any clock are no reason to fail."""
    token, number = new_token(guarded, "long")
    ask(guarded, "POST", POLICIES, {"token_id": number, "max_scan_duration_sec": 10**10},
        status=201)
    assert query(guarded, token, timeout_ms=2**62).status == 200
    ask(guarded, "PUT", f"{POLICIES}/{number}", {"max_scan_duration_sec": 2**62}, status=400)


def test_policies_over_http(guarded):
    token, number = new_token(guarded, "policies")
    limits = {"rate_limit_per_minute": 1000, "rate_limit_per_hour": 5000, "max_queries_per_hour": 3,
              "max_queries_per_day": 100, "max_rows_per_query": 5, "max_scan_duration_sec": 60}
    ask(guarded, "POST", POLICIES, {"token_id": number, "max_rows_per_query": -1}, status=400)
    ask(guarded, "POST", POLICIES, {"token_id": 0, **limits}, status=404)
    ask(guarded, "POST", POLICIES, {"token_id": number, "max_rows_per_query": "x"}, status=400)
    policy = ask(guarded, "POST", POLICIES, {"token_id": number, **limits}, status=201)["policy"]
    assert policy["token_name"] == "policies"
    assert {name: policy[name] for name in limits} == limits
    ask(guarded, "POST", POLICIES, {"token_id": number, **limits}, status=409)
    listed = ask(guarded, "GET", POLICIES)
    assert [p["token_name"] for p in listed["policies"]].count("policies") == 1

    answer = query(guarded, token, "SELECT * FROM range(10)").json()
    assert len(answer["data"]) == 5 and answer["row_cap"] == 5
    assert len(query(guarded, token, "SELECT * FROM range(10)", limit=2).json()["data"]) == 2
    paged = query(guarded, token, "FROM range(10)", cursor=True, page_size=100).json()
    assert len(paged["data"]) == 5 and paged["row_cap"] == 5 and not paged.get("next_cursor")
    assert 1 <= refused(query(guarded, token)) <= 3600
    estimate = guarded.request("POST", "/api/v1/query/estimate", json.dumps({"sql": "SELECT 1"}),
                               bearer(token))
    refused(estimate)
    written = guarded.request("POST", "/write?db=a", "m v=1", bearer(token))
    assert written.status == 204  # no query
    usage = ask(guarded, "GET", f"/api/v1/governance/usage/{number}")["usage"]
    assert usage["queries_this_hour"] == 3 and usage["queries_this_day"] == 3
    assert 0 < usage["rate_limit_remaining_per_minute"] < 1000

    changed = ask(guarded, "PUT", f"{POLICIES}/{number}", {"max_rows_per_query": 7})["policy"]
    assert changed["max_queries_per_hour"] == 0
    assert len(query(guarded, token, "SELECT * FROM range(10)").json()["data"]) == 7
    ask(guarded, "DELETE", f"{POLICIES}/{number}")
    ask(guarded, "GET", f"{POLICIES}/{number}", status=404)
    assert len(query(guarded, token, "SELECT * FROM range(10)").json()["data"]) == 10


def test_the_time_a_query_may_take(guarded):
    token, number = new_token(guarded, "slow")
    ask(guarded, "POST", POLICIES, {"token_id": number, "max_scan_duration_sec": 1}, status=201)
    began = time.monotonic()
    answer = query(guarded, token, "SELECT count(*) FROM range(100000000) a, range(100000) b")
    assert answer.status == 504 and "timed out" in answer.text and time.monotonic() - began < 10


def test_requests_by_policy(guarded):
    token, number = new_token(guarded, "minute")
    ask(guarded, "POST", POLICIES, {"token_id": number, "rate_limit_per_minute": 4}, status=201)
    statuses = [query(guarded, token).status for _ in range(10)]
    assert statuses.count(200) in range(4, 9) and 429 in statuses  # two minutes may be touched


def test_defaults_for_tokens_without_a_policy(tmp_path):
    with ArcServer(tmp_path, {**GUARDED, "governance.default_max_rows_per_query": "3"}) as server:
        token, _ = new_token(server, "a")
        assert len(query(server, token, "SELECT * FROM range(10)").json()["data"]) == 3
