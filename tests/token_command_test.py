"""`arc token` against a server."""

import os
import subprocess

import pytest

from arc_server import ArcServer, find_binary

ADMIN = "an-administrator-of-these-tests-0123456789"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    settings = {"auth.enabled": "true", "auth.bootstrap_token": ADMIN}
    with ArcServer(tmp_path_factory.mktemp("arc"), settings) as own:
        yield own


def arc_token(server, *arguments, token=ADMIN, code=0):
    environment = {**os.environ, "ARC_URL": f"http://127.0.0.1:{server.port}", "ARC_TOKEN": token}
    done = subprocess.run([str(find_binary()), "token", *arguments], env=environment, text=True,
                          capture_output=True, timeout=60, check=False)
    assert done.returncode == code, done.stderr
    return done.stdout if code == 0 else done.stderr


def may(server, token, path="/api/v1/measurements"):
    return server.request("GET", path, b"", {"Authorization": f"Bearer {token}"}).status == 200


def test_the_life_of_a_token(guarded):
    token = arc_token(guarded, "create", "site-7", "--permission", "read", "--expires", "90d",
                      "--description", "the press").strip()
    assert len(token) == 44 and may(guarded, token)
    listed = arc_token(guarded, "list")
    line = next(line for line in listed.splitlines() if "site-7" in line)
    assert "read" in line and "the press" in line and "write" not in line and token not in listed
    shown = arc_token(guarded, "show", "site-7")
    assert "read on *.* (from token)" in shown
    assert "nothing to change" in arc_token(guarded, "change", "site-7", code=1)
    arc_token(guarded, "change", "site-7", "--permission", "write", "--expires", "never")
    assert not may(guarded, token)
    arc_token(guarded, "change", "site-7", "--permission", "read", "--name", "site-8",
              "--description", "the lathe")
    changed = next(line for line in arc_token(guarded, "list").splitlines() if "site-8" in line)
    assert "read" in changed and "the lathe" in changed and changed.split()[5] == "-", changed
    assert may(guarded, token)
    arc_token(guarded, "change", "site-8", "--name", "site-7")
    fresh = arc_token(guarded, "rotate", "site-7").strip()
    assert may(guarded, fresh) and not may(guarded, token)
    number = line.split()[0]
    arc_token(guarded, "revoke", number)
    assert not may(guarded, fresh)
    arc_token(guarded, "delete", "site-7")
    assert "site-7" not in arc_token(guarded, "list")


def test_a_token_of_a_team(guarded):
    def ask(path, body):
        answer = guarded.request("POST", path, body, {"Authorization": f"Bearer {ADMIN}"})
        assert answer.status == 201, answer.text
        return next(value for value in answer.json().values() if isinstance(value, dict))["id"]

    organization = ask("/api/v1/rbac/organizations", '{"name": "acme"}')
    team = ask(f"/api/v1/rbac/organizations/{organization}/teams", '{"name": "line 1"}')
    ask(f"/api/v1/rbac/teams/{team}/roles", '{"database_pattern": "lab", "permissions": ["read"]}')
    arc_token(guarded, "create", "lost", "--team", "99", code=1)
    assert "read on" not in arc_token(guarded, "show", "lost"), "nothing before it has joined"
    arc_token(guarded, "create", "scoped", "--team", str(team))
    assert "read on lab.* (from line 1/" in arc_token(guarded, "show", "scoped")


def test_what_goes_wrong_is_said(guarded):
    assert "no token is named 'nobody'" in arc_token(guarded, "show", "nobody", code=1)
    assert "Invalid or expired token" in arc_token(guarded, "list", token="wrong", code=1)
    assert "expires_in" in arc_token(guarded, "create", "x", "--expires", "soon", code=1)
    arc_token(guarded, "create", "twice")
    assert "exists already" in arc_token(guarded, "create", "twice", code=1)
    assert "fly" in arc_token(guarded, "create", "y", "--permission", "fly", code=2)
    arc_token(guarded, "create", "z", "--permission", "read", "--scoped", code=2)
    arc_token(guarded, code=2)
