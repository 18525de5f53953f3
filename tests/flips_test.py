"""A random bit of what a start reads is flipped: then the start is refused with a reason, or
queries fail, or health is red and what is there is right; or every row is. Data files:
rot_test.py."""

import collections
import contextlib
import json
import os
import random
import shutil
import sqlite3
import time

import pytest

from arc_server import ArcServer, StartFailed

# Of each kind of file; a thousand take about three minutes a kind with the optimised binary.
FLIPS = int(os.environ.get("ARC_FLIPS", "8"))
SEED = int(os.environ.get("ARC_SEED", "0")) or random.randrange(10**9)
ADMIN = "an-administrator-of-these-tests-0123456789"
SETTINGS = {
    "auth.enabled": "true",
    "auth.bootstrap_token": ADMIN,
    "wal.segment_size": "64KB",
    "wal.max_size": "1MB",
    "ingest.max_buffer_size": 6000,
    "ingest.max_buffer_age_ms": 3_600_000,
    "ingest.max_small_buffer_age_ms": 86_400_000,
}
KINDS = {
    "catalog": "catalog.db",
    "stopped catalog": "catalog.db",  # of a server that was stopped: there is no log beside it
    "catalog log": "catalog.db-wal",
    "segment": "wal/w1-*.wal",
    "checkpoint": "wal/checkpoint-*.wal",
    "state": "arc.state",
}
ROWS = 300
BASE = 1_767_225_600
# By request: each is there whole or not at all.
QUERIES = [
    f"SELECT '{name}', request, count(*)::BIGINT,"
    f" md5(string_agg(concat_ws('|', time, host, v, s), ';' ORDER BY ALL)) FROM {name}"
    " GROUP BY ALL ORDER BY ALL"
    for name in ("often", "seldom")
]
LISTS = ["DESCRIBE often", "DESCRIBE seldom", "SHOW DATABASES"]


class Reader:
    """A server on the data directory that asks as the administrator."""

    def __init__(self, folder):
        self.server = ArcServer(folder, SETTINGS)

    def ask(self, sql):
        return self.server.post("/api/v1/query", '{"sql": "%s"}' % sql, bearer(ADMIN))

    def everything(self):
        """Rows and lists; None when any of it is an error."""
        answers = [self.ask(sql) for sql in [*QUERIES, *LISTS]]
        if any(answer.status != 200 for answer in answers):
            assert all(answer.status in (200, 400, 404, 500) for answer in answers), answers
            return None
        found = [answer.json()["data"] for answer in answers]
        rows = [tuple(row) for data in found[:len(QUERIES)] for row in data]
        return rows, found[len(QUERIES):]

    def problems(self):
        return self.server.get("/health").json()["problems"]


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def lines(measurement, request, rows):
    return "\n".join(
        f'{measurement},host=h{i % 7} request={request}i,v={i}i,s="text {request * i}" '
        f"{BASE + request * 600 + i}" for i in range(rows)
    )


def fill(server, request):
    """Files, a catalog and its log, a checkpoint, and segments with rows that are nowhere else.
    `request`: the number of the first; returns that of the next."""
    def write(measurement, request, rows):
        path = "/write?db=default&precision=s"
        body = lines(measurement, request, rows)
        assert server.post(path, body, bearer(ADMIN)).status == 204

    deadline = time.monotonic() + 60
    wal = server.data_directory / "wal"
    while not list(wal.glob("checkpoint-*.wal")) or len(list(wal.glob("w1-*.wal"))) < 3:
        assert time.monotonic() < deadline, "no checkpoint"
        write("often", request, ROWS)
        if request % 9 == 0:
            write("seldom", request, 3)
        request += 1
    for more in range(5):
        write("often", request + more, ROWS)
    return request + 5


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """Data directories after a crash and after a stop, and what is right to answer on both."""
    crashed = Reader(tmp_path_factory.mktemp("crashed"))
    request, is_complete, server = 0, False, crashed.server
    while not is_complete:  # a checkpoint goes when its rows have become files
        assert request < 1000
        try:
            server.start()
            request = fill(server, request)
            right = crashed.everything()
        finally:
            server.kill()
        is_complete = all(list(server.data_directory.glob(kind)) for kind in KINDS.values())
    assert len(right[0]) > 30
    stopped = Reader(tmp_path_factory.mktemp("stopped"))
    restore(server.data_directory, stopped.server.data_directory)
    with stopped.server:
        assert stopped.everything() == right
    return server.data_directory, stopped.server.data_directory, right


def restore(kept, data_directory):
    shutil.rmtree(data_directory, ignore_errors=True)
    shutil.copytree(kept, data_directory, ignore=shutil.ignore_patterns("ballast", "spare-*"))


def flip(path, numbers):
    """One bit, more often of a byte that is not 0. Returns where."""
    content = bytearray(path.read_bytes())
    used = [at for at, byte in enumerate(content) if byte]
    at = numbers.choice(used) if numbers.random() < 0.75 else numbers.randrange(len(content))
    bit = numbers.randrange(8)
    content[at] ^= 1 << bit
    path.write_bytes(content)
    return f"bit {bit} of byte {at} of {path.name}"


def outcome(reader, right, path):
    """The class it falls into. Wrong rows, and missing ones under a green health, are none."""
    server = reader.server
    try:
        server.start()
    except StartFailed:
        assert server.process.returncode == 1, f"exit code {server.process.returncode}"
        said = server.log_of_this_run()
        assert "start failed: " in said and path.name.removesuffix("-wal") in said, said
        return "refused"
    found = reader.everything()
    if found is None:
        return "error"
    assert set(found[0]) <= set(right[0]) and len(found[0]) == len(set(found[0])), "wrong rows"
    if reader.problems():
        if path.name.startswith("w1-"):
            lost = len(right[0]) - len(found[0])
            assert lost <= 1, "more is lost than the request that lay there"
        return "red, all there" if found == right else "red, some are missing"
    assert found == right, "something is missing, and nobody says so"
    return "right"


@pytest.mark.parametrize("kind", KINDS)
def test_a_flipped_bit_before_a_start_is_never_silent(kind, kept, tmp_path):
    crashed, stopped, right = kept
    numbers = random.Random(f"{SEED}-{kind}")
    reader = Reader(tmp_path)
    data = reader.server.data_directory
    counted = collections.Counter()
    for _ in range(FLIPS):
        restore(stopped if kind == "stopped catalog" else crashed, data)
        path = numbers.choice(sorted(data.glob(KINDS[kind])))
        where = flip(path, numbers)
        try:
            counted[outcome(reader, right, path)] += 1
        except AssertionError as error:
            raise AssertionError(f"ARC_SEED={SEED}, {where}: {error}") from error
        finally:
            if reader.server.process.poll() is None:
                reader.server.kill()
    print(f"\n{kind}, seed {SEED}: {dict(counted)}")


TOKENS = {"reader": ["read"], "writer": ["write"], "revoked": ["read", "write", "delete"]}


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    """A data directory with tokens, and those by name."""
    server = ArcServer(tmp_path_factory.mktemp("guarded"), SETTINGS)
    tokens = {"admin": ADMIN}
    with server:
        for name, permissions in TOKENS.items():
            wish = {"name": name, "permissions": permissions, "expires_in": "7d"}
            made = server.post("/api/v1/auth/tokens", json.dumps(wish), bearer(ADMIN)).json()
            tokens[name] = made["token"]
        listed = server.get("/api/v1/auth/tokens", bearer(ADMIN)).json()["tokens"]
        revoked = next(token["id"] for token in listed if token["name"] == "revoked")
        answer = server.post(f"/api/v1/auth/tokens/{revoked}/revoke", headers=bearer(ADMIN))
        assert answer.status == 200, answer
        right = rights(server, tokens)
    assert right["revoked"] is None and right["reader"][0] == ["read"]
    return server.data_directory, tokens, right


def rights(server, tokens):
    """Token → what it may do and until when; None: nothing at all."""
    found = {}
    for name, token in tokens.items():
        answer = server.get("/api/v1/auth/verify", bearer(token))
        assert answer.status in (200, 401, 500), answer
        if answer.status == 200:
            info = answer.json()
            found[name] = (info["permissions"], info["token_info"]["expires_at"])
        else:
            found[name] = None
    return found


def outcome_of_tokens(server, tokens, right):
    try:
        server.start()
    except StartFailed:
        assert server.process.returncode == 1, f"exit code {server.process.returncode}"
        assert "start failed: " in server.log_of_this_run(), server.log_of_this_run()
        return "refused"
    found = rights(server, tokens)
    problems = server.get("/health").json()["problems"]
    lost = all(found[name] in (None, right[name]) for name in tokens)
    assert lost, f"other rights: {found}"
    if problems:
        assert any("auth.db is damaged" in problem for problem in problems), problems
        return "red"
    assert found == right, f"a token is void, and nobody says so: {found}"
    return "right"


def test_a_flipped_bit_in_the_tokens_gives_no_rights(guarded, tmp_path):
    data, tokens, right = guarded
    numbers = random.Random(f"{SEED}-tokens")
    server = ArcServer(tmp_path, SETTINGS)
    counted, wrong = collections.Counter(), []
    for _ in range(FLIPS):
        restore(data, server.data_directory)
        where = flip(server.data_directory / "auth.db", numbers)
        try:
            counted[outcome_of_tokens(server, tokens, right)] += 1
        except AssertionError as error:
            counted["WRONG"] += 1
            wrong.append(f"{where}: {error}")
        finally:
            if server.process.poll() is None:
                server.kill()
    print(f"\ntokens, seed {SEED}: {dict(counted)}")
    assert not wrong, f"ARC_SEED={SEED}\n" + "\n".join(wrong)


def test_the_way_on_from_a_damaged_administrator(guarded, tmp_path):
    """The start and /health name the token; auth.force_bootstrap lets the same one in again."""
    data, tokens, right = guarded
    server = ArcServer(tmp_path, SETTINGS)
    restore(data, server.data_directory)
    with contextlib.closing(sqlite3.connect(server.data_directory / "auth.db")) as file:
        file.execute("UPDATE tokens SET expires_at = 4102444800000000 WHERE name = 'admin'")
        file.commit()
    with server:
        assert rights(server, tokens) == {**right, "admin": None}
        told = server.get("/health").json()
        assert told["status"] == "degraded" and "auth.db" in told["problems"][0]
        for words in ("the token 1 ('admin')", "auth.force_bootstrap"):
            assert words in told["problems"][0] and words in server.log_of_this_run()
        assert "arc_auth_damaged_rows 1\n" in server.get("/metrics").text
        server.settings["auth.force_bootstrap"] = "true"
        server.restart()
        assert rights(server, tokens) == right
        listed = server.get("/api/v1/auth/tokens", bearer(ADMIN)).json()["tokens"]
        assert "admin" not in [token["name"] for token in listed]
        server.settings["auth.force_bootstrap"] = "false"
        server.restart()
        assert server.get("/health").json()["problems"] == []
        assert rights(server, tokens) == right
