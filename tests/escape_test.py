"""Names that try to leave the data directory, at every place that takes a name."""

import json
from pathlib import Path
from urllib.parse import quote

import msgpack
import pytest

from arc_server import ArcServer

NAMES = ["..", "../x", "../../etc", "/etc/passwd", "a/b", "a\\b", "..\\x", ".", ".hidden", "_x", "",
         "a\0b", "a\nb", "a b", "a.b", "a;b", "a'b", 'a"b', "a%2fb", "%2e%2e", "a%00", "é", "аbc",
         "a\u2215b", "a\uff0fb", "\u202ea", "con:", "~", "$(x)", "a*", "x" * 200, "😀"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("arc")


@pytest.fixture(scope="module")
def server(folder):
    with ArcServer(folder, {"delete.enabled": "true", "ingest.min_file_rows": "1"}) as own:
        yield own


def upload(server, path, headers=None):
    body = ('--xyz\r\nContent-Disposition: form-data; name="file"; filename="../../f.csv"\r\n\r\n'
            "time,v\n1767225600,1\n\r\n--xyz--\r\n")
    return server.request("POST", path, body, {
        "Content-Type": "multipart/form-data; boundary=xyz", **(headers or {})})


def attempts(server, name):
    """Every place for a name: what it answers."""
    in_url = quote(name, safe="")
    header = name if name.isascii() and name.isprintable() else None
    good = {"x-arc-database": "good"}
    yield server.request("POST", f"/write?db={in_url}", "m v=1")
    yield server.request("POST", f"/api/v2/write?bucket={in_url}", "m v=1")
    yield server.request("POST", f"/api/v1/write/tle?measurement={in_url}", "x", good)
    yield server.request("POST", "/api/v1/write/msgpack",
                         msgpack.packb({"m": name, "t": 1, "fields": {"v": 1}}), good)
    yield server.request("POST", "/api/v1/databases", json.dumps({"name": name}))
    yield server.request("GET", f"/api/v1/databases/{in_url}")
    yield server.request("GET", f"/api/v1/databases/{in_url}/measurements")
    yield server.request("DELETE", f"/api/v1/databases/{in_url}?confirm=true")
    yield server.request("DELETE", f"/api/v1/databases/good/measurements/{in_url}?confirm=true")
    yield server.request("GET", f"/api/v1/query/{in_url}", b"", good)
    yield upload(server, f"/api/v1/import/csv?db={in_url}&measurement=m&time_column=time")
    yield upload(server, f"/api/v1/import/csv?db=good&measurement={in_url}&time_column=time")
    yield upload(server, f"/api/v1/import/lp?db=good&measurement={in_url}")
    yield upload(server, f"/api/v1/import/tle?db=good&measurement={in_url}")
    yield upload(server, f"/api/v1/import/parquet?db=good&measurement={in_url}")
    yield server.request("GET", f"/api/v1/query/{in_url}/csv", b"", good)
    yield server.request("GET", f"/api/v1/query/m?database={in_url}")
    if header:
        yield server.request("POST", "/api/v1/write/tle", "x", {"x-arc-measurement": header})
        for path, body in (("/api/v1/write/line-protocol", "m v=1"),
                           ("/api/v1/query", json.dumps({"sql": "SELECT * FROM m"}))):
            yield server.request("POST", path, body, {"x-arc-database": header})


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_name_stays_inside(server, folder, name):
    before = sorted(p for p in folder.parent.rglob("*") if folder / "data" not in p.parents)
    for number, answer in enumerate(attempts(server, name)):
        is_default = name == "" and answer.status in (200, 204)  # no name: the default database
        assert 400 <= answer.status < 500 or is_default, f"{number}: {answer.status} {answer.text}"
    after = sorted(p for p in folder.parent.rglob("*") if folder / "data" not in p.parents)
    assert before == after
    databases = Path(server.data_directory) / "arc"
    assert {p.name for p in databases.iterdir()} <= {"default", "good", ".staging"}


def test_line_protocol_measurements_stay_inside(server):
    for name in ("..", "../x", "/etc/x", "a/b", "\u2025"):
        answer = server.request("POST", "/write?db=good", f"{name} v=1")
        assert answer.status == 400, answer.text
