"""The last administrator cannot lock everybody out, and the first token is not lost."""

import re
import socket

import pytest

from access_test import ADMIN, TOKENS, ask, bearer, new_team
from arc_server import ArcServer, StartFailed

GUARDED = {"auth.enabled": "true", "auth.bootstrap_token": ADMIN}


@pytest.fixture
def guarded(tmp_path):
    with ArcServer(tmp_path, GUARDED) as own:
        yield own


def test_it_cannot_take_its_own_rights_away(guarded):
    own = ask(guarded, "GET", TOKENS)["tokens"][0]["id"]
    attempts = [
        ("DELETE", f"{TOKENS}/{own}", None),
        ("POST", f"{TOKENS}/{own}/revoke", None),
        ("PATCH", f"{TOKENS}/{own}", {"permissions": ["read", "write"]}),
        ("PATCH", f"{TOKENS}/{own}", {"expires_in": "1h"}),
        ("POST", f"{TOKENS}/{own}/teams", {"team_id": new_team(guarded)}),
    ]
    for method, path, body in attempts:
        answer = ask(guarded, method, path, body, status=409)
        assert "the last token" in answer["error"], path
        assert ask(guarded, "GET", f"{TOKENS}/{own}")["token"]["id"] == own
    ask(guarded, "PATCH", f"{TOKENS}/{own}", {"description": "still here"})
    rotated = ask(guarded, "POST", f"{TOKENS}/{own}/rotate")["new_token"]
    ask(guarded, "DELETE", f"{TOKENS}/{own}", token=rotated, status=409)


def test_with_another_one_it_may_go(guarded):
    own = ask(guarded, "GET", TOKENS)["tokens"][0]["id"]
    second = ask(guarded, "POST", TOKENS, {"name": "second", "permissions": ["admin"]},
                 status=201)["token"]
    ask(guarded, "DELETE", f"{TOKENS}/{own}", token=second)
    ask(guarded, "GET", TOKENS, status=401)
    left = ask(guarded, "GET", TOKENS, token=second)["tokens"]
    assert [token["name"] for token in left] == ["second"]
    ask(guarded, "DELETE", f"{TOKENS}/{left[0]['id']}", token=second, status=409)


def test_the_recovery_token_can_be_replaced_even_when_it_is_the_last(tmp_path):
    with ArcServer(tmp_path, GUARDED) as server:
        for name in ("first-recovery", "second-recovery"):
            server.stop()
            recovery = f"{name}-token-0123456789-0123456789"
            server.settings = {**GUARDED, "auth.bootstrap_token": recovery,
                               "auth.force_bootstrap": "true"}
            server.start()
            for token in ask(server, "GET", TOKENS, token=recovery)["tokens"]:
                if token["name"] != "arc-recovery":
                    ask(server, "DELETE", f"{TOKENS}/{token['id']}", token=recovery)


def test_a_start_that_fails_does_not_lose_the_first_token(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        server = ArcServer(tmp_path, {"auth.enabled": "true"})
        server.wanted_port = taken.getsockname()[1]
        with pytest.raises(StartFailed):
            server.start()
        assert "token of the administrator" not in server.log()
    with ArcServer(tmp_path, {"auth.enabled": "true"}) as again:
        token = re.search(r"shown only this once:\s+(\S+)", again.log())[1]
        assert again.request("GET", TOKENS, b"", bearer(token)).status == 200
