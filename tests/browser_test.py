"""What pages of the web can do through browsers: nothing, unless they are allowed."""

import base64

import pytest

from arc_server import ArcServer, StartFailed

EVIL = {"Origin": "http://evil.example"}
ALLOWED = "https://dashboards.example"
ADMIN = "an-administrator-of-these-tests-0123456789"


@pytest.fixture(scope="module")
def choosy(tmp_path_factory):
    settings = {"server.cors_origins": f"{ALLOWED}, http://localhost:3000"}
    with ArcServer(tmp_path_factory.mktemp("choosy"), settings) as own:
        yield own


def rows_of(server, database):
    answer = server.request("GET", f"/api/v1/databases/{database}/measurements")
    return answer.json() if answer.status == 200 else None


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://localhost:1"])
def test_a_foreign_page_writes_and_asks_nothing(server, database, origin):
    headers = {"Origin": origin, "Content-Type": "text/plain"}
    for method, path, body in [
            ("POST", f"/write?db={database}", b"m v=1"),
            ("POST", f"/api/v1/write/line-protocol?db={database}", b"m v=1"),
            ("POST", "/api/v1/query", b'{"sql": "SELECT 1"}'),
            ("GET", "/api/v1/databases", b""),
            ("DELETE", f"/api/v1/databases/{database}?confirm=true", b""),
            ("OPTIONS", "/api/v1/query", b"")]:
        answer = server.request(method, path, body, headers)
        assert answer.status == 403, f"{method} {path}: {answer.status}"
        assert "server.cors_origins" in answer.text and origin in answer.text
        assert "access-control-allow-origin" not in {name.lower() for name in answer.headers}
    assert rows_of(server, database) is None


def test_programs_and_pages_of_the_server_itself_are_served(server, database):
    own = f"http://127.0.0.1:{server.port}"
    for headers in ({}, {"User-Agent": "Telegraf/1.30"}, {"Origin": own},
                    {"Sec-Fetch-Site": "same-origin", "Origin": own}):
        answer = server.request("POST", f"/write?db={database}", b"m v=1", headers)
        assert answer.status == 204, answer.text
        assert "access-control-allow-origin" not in {name.lower() for name in answer.headers}


def test_allowed_pages_ask_and_read(choosy):
    headers = {"Origin": ALLOWED}
    preflight = choosy.request("OPTIONS", "/api/v1/query", b"",
                               {**headers, "Access-Control-Request-Method": "POST"})
    assert preflight.status == 204
    assert preflight.headers["access-control-allow-origin"] == ALLOWED
    assert "POST" in preflight.headers["access-control-allow-methods"]
    assert "x-arc-database" in preflight.headers["access-control-allow-headers"]
    for path, body in (("/api/v1/query", b'{"sql": "SELECT 1"}'), ("/api/v1/query", b"not json")):
        answer = choosy.request("POST", path, body, headers)
        assert answer.status != 403
        assert answer.headers["access-control-allow-origin"] == ALLOWED
        assert answer.headers["vary"] == "Origin"
    assert choosy.request("POST", "/write?db=d", b"m v=1", EVIL).status == 403


def test_a_name_that_points_here_is_not_enough_for_a_browser(server):
    """DNS rebinding: the page's own name was made to point to this machine."""
    host = {"Host": f"evil.example:{server.port}"}
    for sign in ({"Origin": f"http://evil.example:{server.port}"},
                 {"Referer": f"http://evil.example:{server.port}/"},
                 {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64)"}):
        answer = server.request("GET", "/api/v1/databases", b"", {**host, **sign})
        assert answer.status == 403 and "evil.example" in answer.text
    assert server.request("GET", "/api/v1/databases", b"", host).status == 200


def test_with_tokens_a_page_must_know_one(tmp_path):
    settings = {"auth.enabled": "true", "auth.bootstrap_token": ADMIN}
    with ArcServer(tmp_path, settings) as server:
        def status(headers):
            return server.request("GET", "/api/v1/databases", b"", {**EVIL, **headers}).status
        assert status({}) == 401
        assert status({"Authorization": f"Bearer {ADMIN}"}) == 200
        # What the browser was told once, it adds by itself.
        basic = base64.b64encode(f"user:{ADMIN}".encode()).decode()
        assert status({"Authorization": f"Basic {basic}"}) == 403
        answer = server.request("GET", "/api/v1/databases", b"",
                                {**EVIL, "Authorization": f"Bearer {ADMIN}"})
        assert "access-control-allow-origin" not in {name.lower() for name in answer.headers}


def test_a_wrong_origin_in_the_settings_is_told(tmp_path):
    server = ArcServer(tmp_path, {"server.cors_origins": "dashboards.example"})
    with pytest.raises(StartFailed, match="cors_origins: 'dashboards.example' is not an origin"):
        server.start()
