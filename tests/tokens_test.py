"""Tokens over HTTP: what each may do on every route, and changes that are seen at once."""

import http.client
import json
import re
import socket
import stat
import time
from contextlib import closing
from pathlib import Path

import pytest

from arc_client import ArcClient
from arc_server import ArcServer, StartFailed

ADMIN = "an-administrator-of-these-tests-0123456789"
TOKENS = "/api/v1/auth/tokens"
SECOND = 1_000_000_000


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    settings = {"auth.enabled": "true", "auth.bootstrap_token": ADMIN, "delete.enabled": "true",
                "auth.cache_ttl": "3600", "limits.failed_auth_per_minute": "0",
                "audit_log.enabled": "true"}
    with ArcServer(tmp_path_factory.mktemp("arc"), settings) as own:
        yield own


@pytest.fixture(scope="module")
def by_tier(guarded):
    """Token by what it may do."""
    tokens = {"nothing": create(guarded, "nothing", [])["token"], "admin": ADMIN}
    for permission in ("read", "write", "delete"):
        tokens[permission] = create(guarded, permission, [permission])["token"]
    return tokens


def ask(server, method, path, body=None, token=ADMIN, status=200):
    headers = bearer(token) if token else {}
    answer = server.request(method, path, json.dumps(body) if body is not None else b"", headers)
    assert answer.status == status, answer.text
    return answer.json() if answer.body else None


def create(server, name, permissions=None, status=201, **members):
    body = {"name": name, **members}
    if permissions is not None:
        body["permissions"] = permissions
    return ask(server, "POST", TOKENS, body, status=status)


def id_of(server, name):
    return next(token["id"] for token in ask(server, "GET", TOKENS)["tokens"]
                if token["name"] == name)


# Every route of the server: a route that is added must be added here.
ROUTES = {
    "none": ["GET /health", "GET /ready", "GET /metrics", "GET /ping",
             "GET /api/v1/auth/verify"],
    "token": ["GET /api/v1/write/line-protocol/stats",
              "GET /api/v1/write/line-protocol/health", "GET /api/v1/write/msgpack/stats",
              "GET /api/v1/write/tle/stats", "GET /api/v1/write/msgpack/spec",
              "GET /api/v1/databases", "GET /api/v1/databases/x",
              "GET /api/v1/databases/x/measurements"],
    "read": ["POST /api/v1/query", "POST /api/v1/query/stream", "POST /api/v1/query/arrow",
             "POST /api/v1/query/msgpack", "POST /api/v1/query/estimate", "GET /api/v1/query/x",
             "GET /api/v1/query/x/csv", "DELETE /api/v1/query/cursor/x",
             "GET /api/v1/measurements"],
    "write": ["POST /write", "POST /api/v2/write",
              "POST /api/v1/write/msgpack", "POST /api/v1/write/line-protocol",
              "POST /api/v1/write/tle"],
    "admin": ["POST /api/v1/import/csv", "POST /api/v1/import/parquet", "POST /api/v1/import/lp",
              "POST /api/v1/import/tle", "GET /api/v1/import/stats",
              "GET /api/v1/verify", "POST /api/v1/verify", "GET /api/v1/rejections",
              "POST /api/v1/write/line-protocol/flush", "POST /api/v1/databases",
              "DELETE /api/v1/databases/x", "DELETE /api/v1/databases/x/measurements/y",
              "GET /api/v1/queries/active", "GET /api/v1/queries/history", "GET /api/v1/queries/1",
              "DELETE /api/v1/queries/1", "GET /api/v1/auth/tokens", "POST /api/v1/auth/tokens",
              "GET /api/v1/auth/tokens/0", "PATCH /api/v1/auth/tokens/0",
              "DELETE /api/v1/auth/tokens/0", "POST /api/v1/auth/tokens/0/rotate",
              "POST /api/v1/auth/tokens/0/revoke", "GET /api/v1/auth/cache/stats",
              "POST /api/v1/auth/cache/invalidate", "GET /api/v1/auth/tokens/0/teams",
              "POST /api/v1/auth/tokens/0/teams", "DELETE /api/v1/auth/tokens/0/teams/0",
              "GET /api/v1/auth/tokens/0/permissions", "GET /api/v1/rbac/organizations",
              "POST /api/v1/rbac/organizations", "GET /api/v1/rbac/organizations/0",
              "PATCH /api/v1/rbac/organizations/0", "DELETE /api/v1/rbac/organizations/0",
              "GET /api/v1/rbac/organizations/0/teams", "POST /api/v1/rbac/organizations/0/teams",
              "GET /api/v1/rbac/teams/0", "PATCH /api/v1/rbac/teams/0",
              "DELETE /api/v1/rbac/teams/0", "GET /api/v1/rbac/teams/0/roles",
              "POST /api/v1/rbac/teams/0/roles", "GET /api/v1/rbac/roles/0",
              "PATCH /api/v1/rbac/roles/0", "DELETE /api/v1/rbac/roles/0",
              "GET /api/v1/rbac/roles/0/measurements", "POST /api/v1/rbac/roles/0/measurements",
              "DELETE /api/v1/rbac/measurement-permissions/0",
              "GET /api/v1/audit/logs", "GET /api/v1/audit/stats",
              "GET /api/v1/governance/policies", "POST /api/v1/governance/policies",
              "GET /api/v1/governance/policies/0", "PUT /api/v1/governance/policies/0",
              "DELETE /api/v1/governance/policies/0", "GET /api/v1/governance/usage/0"],
}


@pytest.mark.parametrize("tier", ROUTES)
def test_every_route_by_every_tier(guarded, by_tier, tier):
    allowed = {"none": {None, "nothing", "read", "write", "delete", "admin"},
               "token": {"nothing", "read", "write", "delete", "admin"},
               "read": {"read", "admin"}, "write": {"write", "admin"}, "admin": {"admin"}}[tier]
    for route in ROUTES[tier]:
        method, path = route.split()
        for holder in (None, "nothing", "read", "write", "delete", "admin"):
            headers = bearer(by_tier[holder]) if holder else {}
            status = guarded.request(method, path, b"", headers).status
            if holder in allowed:
                expected = status == 401 if path.endswith("/verify") and not holder else \
                    status not in (401, 403)
            else:
                expected = status == (403 if holder else 401)
            assert expected, f"{route} by {holder}: {status}"


def test_the_table_names_every_route(guarded):
    """Patterns as the sources have them, their methods as the server says them."""
    sources = Path(__file__).parent.parent / "src" / "service" / "api"
    text = "".join(path.read_text() for path in sources.glob("*_routes.cc"))
    patterns = {re.sub(r":[a-z_]+", "0", pattern)
                for pattern in re.findall(r'"(/[a-z0-9_/:-]+)"', text)}
    tested = {re.sub(r"/[xy1](?=/|$)", "/0", route)
              for routes in ROUTES.values() for route in routes}
    assert len(patterns) > 40
    for pattern in sorted(patterns):
        answer = guarded.request("TRACE", pattern, headers=bearer(ADMIN))
        assert answer.status == 405, pattern
        # A parameter may stand for a literal part of another pattern.
        wider = {other for other in patterns if other != pattern
                 and re.fullmatch(re.sub(r"/0(?=/|$)", "/[^/]+", other), pattern)}
        for method in answer.headers["allow"].split(", "):
            names = {f"{method} {path}" for path in {pattern, *wider}}
            assert method in ("OPTIONS", "HEAD") or names & tested, f"{method} {pattern}"


def test_where_a_token_may_be(guarded, by_tier):
    token = by_tier["read"]
    query = json.dumps({"sql": "SELECT 1"})
    for headers in (bearer(token), {"Authorization": f"Token {token}"}, {"Authorization": token},
                    {"x-api-key": token}):
        assert guarded.request("POST", "/api/v1/query", query, headers).status == 200
    assert guarded.request("POST", f"/api/v1/query?p={token}", query).status == 200


@pytest.mark.parametrize("token", ["x", "", "Bearer", ADMIN + "x", ADMIN[:-1], "é" * 20, "a" * 600,
                                   "' OR 1=1 --", ADMIN.upper()])
def test_what_is_no_token(guarded, token):
    answer = guarded.request("POST", "/api/v1/query", b"{}", bearer(token).copy()
                             if token.isascii() else {"x-api-key": token.encode()})
    assert answer.status == 401 and answer.json()["success"] is False
    assert ADMIN not in answer.text and "www-authenticate" in answer.headers


def test_verify(guarded, by_tier):
    result = ask(guarded, "GET", "/api/v1/auth/verify", token=by_tier["read"])
    assert result["valid"] is True and result["permissions"] == ["read"]
    info = result["token_info"]
    assert info["name"] == "read" and info["enabled"] is True and info["expires_at"] is None
    assert ask(guarded, "GET", "/api/v1/auth/verify", token="x", status=401)["valid"] is False


def test_the_life_of_a_token(guarded):
    created = create(guarded, "life", description="a test", expires_in="7d")
    token = created["token"]
    assert len(token) == 44 and created["success"] is True
    number = id_of(guarded, "life")
    shown = ask(guarded, "GET", f"{TOKENS}/{number}")["token"]
    assert shown["permissions"] == ["read", "write"] and shown["description"] == "a test"
    assert shown["expires_at"] > shown["created_at"]
    assert token not in json.dumps(ask(guarded, "GET", TOKENS))

    with closing(http.client.HTTPConnection("127.0.0.1", guarded.port, timeout=60)) as kept:
        def status_on_kept():
            kept.request("POST", "/api/v1/query", '{"sql": "SELECT 1"}', bearer(token))
            answer = kept.getresponse()
            answer.read()
            return answer.status

        assert status_on_kept() == 200
        ask(guarded, "PATCH", f"{TOKENS}/{number}", {"permissions": ["write"]})
        assert status_on_kept() == 403, "the next request on an open connection"
        ask(guarded, "PATCH", f"{TOKENS}/{number}", {"permissions": ["read"], "name": "renamed"})
        assert status_on_kept() == 200
        rotated = ask(guarded, "POST", f"{TOKENS}/{number}/rotate")["new_token"]
        assert status_on_kept() == 401
        token = rotated
        assert status_on_kept() == 200
        ask(guarded, "POST", f"{TOKENS}/{number}/revoke")
        assert status_on_kept() == 401
    assert ask(guarded, "GET", f"{TOKENS}/{number}")["token"]["enabled"] is False
    ask(guarded, "DELETE", f"{TOKENS}/{number}")
    ask(guarded, "GET", f"{TOKENS}/{number}", status=404)


@pytest.mark.parametrize("body", [
    {}, {"name": ""}, {"name": 7}, {"name": "a" * 129}, {"name": "x", "permissions": "read"},
    {"name": "x", "permissions": ["own"]}, {"name": "x", "permissions": [1]},
    {"name": "x", "expires_in": "soon"}, {"name": "x", "expires_in": "-1d"},
    {"name": "x", "expires_in": 7}, {"name": "x", "description": "d" * 2000}, []])
def test_wishes_that_cannot_be(guarded, body):
    assert ask(guarded, "POST", TOKENS, body, status=400)["success"] is False


def test_a_name_is_given_once(guarded):
    create(guarded, "twice")
    assert "exists" in create(guarded, "twice", status=409)["error"]
    other = create(guarded, "another") and id_of(guarded, "another")
    ask(guarded, "PATCH", f"{TOKENS}/{other}", {"name": "twice"}, status=409)


def test_a_token_expires(guarded):
    token = create(guarded, "brief", ["read"], expires_in="1s")["token"]
    ask(guarded, "POST", "/api/v1/query", {"sql": "SELECT 1"}, token)
    deadline = time.monotonic() + 10
    while guarded.request("GET", "/api/v1/databases", headers=bearer(token)).status == 200:
        assert time.monotonic() < deadline
    ask(guarded, "GET", "/api/v1/databases", token=token, status=401)


def test_the_cache_says_what_it_does(guarded, by_tier):
    ask(guarded, "POST", "/api/v1/auth/cache/invalidate")
    before = ask(guarded, "GET", "/api/v1/auth/cache/stats")["stats"]
    for _ in range(10):
        ask(guarded, "GET", "/api/v1/databases", token=by_tier["read"])
    after = ask(guarded, "GET", "/api/v1/auth/cache/stats")["stats"]
    assert after["cache_hits"] >= before["cache_hits"] + 9
    assert after["cache_size"] == 2 and after["max_cache_size"] == 1000
    assert after["cleanup_thread_running"] is True
    for number in range(2000):
        guarded.request("GET", "/api/v1/databases", headers=bearer(f"unknown {number}"))
    assert ask(guarded, "GET", "/api/v1/auth/cache/stats")["stats"]["cache_size"] == 2


def test_the_cache_forgets(tmp_path):
    """A thousand tokens used once: gone after the time to live and one sweep."""
    settings = {"auth.enabled": "true", "auth.bootstrap_token": ADMIN, "auth.cache_ttl": "12"}
    with ArcServer(tmp_path, settings) as own:
        tokens = [create(own, f"t{number}", ["read"])["token"] for number in range(1000)]
        ask(own, "POST", "/api/v1/auth/cache/invalidate")
        for token in tokens:
            ask(own, "GET", "/api/v1/databases", token=token)
        cache = lambda: own.request("GET", "/health").json()["auth_cache"]  # noqa: E731
        full = cache()
        assert full["cache_size"] + full["cache_expired"] == 1000, full
        deadline = time.monotonic() + 60
        while (stats := cache())["cache_size"] > 0:
            assert time.monotonic() < deadline, stats
            time.sleep(0.2)
        assert stats["cache_expired"] == 1000 and stats["last_sweep_removed"] > 0


def test_a_revocation_is_seen_on_every_connection(guarded):
    token = create(guarded, "everywhere", ["read"])["token"]
    clients = [ArcClient(guarded.port) for _ in range(20)]
    get = lambda client: client.get("/api/v1/databases", bearer(token)).status  # noqa: E731
    assert {get(client) for client in clients} == {200}
    ask(guarded, "POST", f"{TOKENS}/{id_of(guarded, 'everywhere')}/revoke")
    assert {get(client) for client in clients} == {401}


def test_a_body_that_takes_long_is_asked_for_its_token_again(guarded):
    token = create(guarded, "slow writer", ["write"])["token"]
    lines = b"slow v=1"
    for revoked, status in ((False, b"204"), (True, b"401")):
        with socket.create_connection(("127.0.0.1", guarded.port), timeout=30) as client:
            client.sendall(b"POST /write?db=slow HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
                           + token.encode() + b"\r\nContent-Length: 8\r\n\r\n" + lines[:4])
            time.sleep(1.2)  # longer than an admission holds
            if revoked:
                ask(guarded, "POST", f"{TOKENS}/{id_of(guarded, 'slow writer')}/revoke")
            client.sendall(lines[4:])
            assert client.recv(65536).startswith(b"HTTP/1.1 " + status)
    body = json.dumps({"sql": "SELECT count(*) FROM slow"})
    answer = guarded.request("POST", "/api/v1/query", body,
                             {**bearer(ADMIN), "x-arc-database": "slow"})
    assert answer.json()["data"] == [[1]]


def test_last_use_is_shown(guarded):
    token = create(guarded, "used", ["read"])["token"]
    shown = lambda: ask(guarded, "GET", f"{TOKENS}/{id_of(guarded, 'used')}")  # noqa: E731
    assert shown()["token"]["last_used_at"] is None
    ask(guarded, "GET", "/api/v1/databases", token=token)
    assert shown()["token"]["last_used_at"] is not None


def test_the_cache_is_in_health_and_metrics(guarded, by_tier):
    guarded.request("POST", "/api/v1/query", b'{"sql": "SELECT 1"}', bearer(by_tier["read"]))
    health = guarded.request("GET", "/health").json()["auth_cache"]
    assert health["cache_size"] >= 1 and health["cleanup_thread_running"] is True
    metrics = guarded.request("GET", "/metrics").text
    assert "# TYPE arc_auth_cache_hits_total counter\n" in metrics
    assert f"arc_auth_cache_size {health['cache_size']}\n" in metrics


def test_a_cursor_belongs_to_its_token(guarded, by_tier):
    other = create(guarded, "other reader", ["read"])["token"]
    body = {"sql": "SELECT * FROM range(100)", "cursor": True, "page_size": 10}
    cursor = ask(guarded, "POST", "/api/v1/query", body, by_tier["read"])["next_cursor"]
    ask(guarded, "POST", "/api/v1/query", {"cursor": cursor}, other, status=404)
    ask(guarded, "DELETE", f"/api/v1/query/cursor/{cursor}", token=other, status=404)
    # Not even to one that takes over the name.
    names = [{"name": "read, once"}, {"name": "read"}]
    for owner, name in zip(("read", "other reader"), names, strict=True):
        ask(guarded, "PATCH", f"{TOKENS}/{id_of(guarded, owner)}", name)
    ask(guarded, "POST", "/api/v1/query", {"cursor": cursor}, other, status=404)
    assert ask(guarded, "POST", "/api/v1/query", {"cursor": cursor}, by_tier["read"])["row_count"]


def test_the_first_token_is_printed_once_and_no_secret_is_kept(tmp_path):
    settings = {"auth.enabled": "true"}
    with ArcServer(tmp_path, settings) as own:
        found = re.search(r"^    ([A-Za-z0-9_-]{43}=)$", own.log(), re.MULTILINE)
        token = found[1]
        assert [t["name"] for t in ask(own, "GET", TOKENS, token=token)["tokens"]] == ["admin"]
        path = own.data_directory / "auth.db"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        own.stop()
        own.start()
        assert own.log().count(token) == 1
        ask(own, "GET", TOKENS, token=token)
    for path in own.data_directory.rglob("*"):
        assert not path.is_file() or token.encode() not in path.read_bytes()


def test_a_recovery_token(tmp_path):
    with ArcServer(tmp_path, {"auth.enabled": "true"}) as own:
        own.stop()
        own.settings = {"auth.enabled": "true", "auth.force_bootstrap": "true",
                        "auth.bootstrap_token": ADMIN}
        own.start()
        names = [token["name"] for token in ask(own, "GET", TOKENS)["tokens"]]
        assert names == ["admin", "arc-recovery"]
        own.stop()
        own.start()
        assert len(ask(own, "GET", TOKENS)["tokens"]) == 2
        # Once it has served and was revoked it can be asked for again, the same or another.
        for again in (ADMIN, "another-administrator-for-the-emergency-01"):
            ask(own, "POST", f"{TOKENS}/{id_of(own, 'arc-recovery')}/revoke")
            own.stop()
            own.settings["auth.bootstrap_token"] = again
            own.start()
            assert len(ask(own, "GET", TOKENS, token=again)["tokens"]) == 2
            if again == ADMIN:
                continue
            ask(own, "GET", TOKENS, status=401)


def test_a_first_token_that_no_request_can_carry_is_refused(tmp_path):
    for token in ("short", "x" * 40 + " y", "x" * 600):
        with pytest.raises(StartFailed, match="32 to 512 printable"):
            ArcServer(tmp_path, {"auth.enabled": "true", "auth.bootstrap_token": token}).start()
