"""Tokens over HTTP: what each may do on every route, and changes that are seen at once."""

import http.client
import json
import re
import stat
import time
from contextlib import closing
from pathlib import Path

import pytest

from arc_server import ArcServer

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


def test_the_table_names_every_route():
    """As the sources have them, but for those that are only there under other settings."""
    sources = Path(__file__).parent.parent / "src" / "api"
    text = "".join(path.read_text() for path in sources.glob("*_routes.cc"))
    patterns = set(re.findall(r'"(/[a-z0-9_/:-]+)"', text))
    known = [route.split()[1] for routes in ROUTES.values() for route in routes]
    for pattern in sorted(patterns):
        expression = re.sub(r":[a-z_]+", "[^/]+", pattern)
        assert any(re.fullmatch(expression, path) for path in known), f"{pattern} is not tested"


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
    settings = {"auth.enabled": "true", "auth.bootstrap_token": ADMIN, "auth.cache_ttl": "1"}
    with ArcServer(tmp_path, settings) as own:
        for number in range(20):
            token = create(own, f"t{number}", ["read"])["token"]
            ask(own, "GET", "/api/v1/databases", token=token)
        deadline = time.monotonic() + 40
        while True:
            stats = ask(own, "GET", "/api/v1/auth/cache/stats")["stats"]
            if stats["last_sweep"] and stats["cache_size"] <= 1:
                break
            assert time.monotonic() < deadline, stats
            time.sleep(0.2)


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
