"""Importing line protocol and TLE, packed files of all formats, rows that are skipped."""

import gzip
import time

import pytest
import zstandard

from arc_server import run_arc
from imports_test import imported, parquet, upload

ISS = [
    "1 25544U 98067A   08264.51782528 -.00002182  00000-0 -11606-4 0  2927",
    "2 25544  51.6416 247.4627 0006703 130.5360 325.0288 15.72125391563537",
]
PACKERS = {"gzip": gzip.compress, "zstd": zstandard.compress}


def lines(count, measurement="m"):
    return "".join(f'{measurement},host=h{i % 7} v={i}i,s="a\nb" {i}\n' for i in range(count))


def spooled_files(server):
    """Those that stay: a request lets go of its own when it has been answered."""
    deadline = time.monotonic() + 10
    while (found := sorted(server.data_directory.rglob("*.spool"))) and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


def test_line_protocol_of_several_measurements(server, database):
    body = lines(5_000, "cpu") + "# comment\n\n" + lines(3_000, "mem")
    result = imported(upload(server, "lp", body.encode(), db=database, precision="s"))
    assert result.pop("duration_ms") >= 0
    assert result == {"database": database, "measurements": ["cpu", "mem"],
                      "rows_imported": 8_000, "precision": "s"}  # fmt: skip
    sql = "SELECT count(*), sum(v), min(s), epoch(max(time))::INT, count(DISTINCT host) FROM "
    assert server.query(sql + "cpu", database).rows == [
        [5_000, sum(range(5_000)), "a\nb", 4_999, 7]
    ]
    assert server.query(sql + "mem", database).rows[0][0] == 3_000
    types = dict(row[:2] for row in server.query("DESCRIBE cpu", database).rows)
    assert types["host"] == "VARCHAR" and types["v"] == "BIGINT"


def test_only_one_measurement_when_it_is_named(server, database):
    body = (lines(10, "cpu") + lines(20, "mem")).encode()
    result = imported(upload(server, "lp", body, db=database, measurement="mem"))
    assert result["measurements"] == ["mem"] and result["rows_imported"] == 20
    assert result["precision"] == "ns"
    assert server.query_answer("SELECT * FROM cpu", database).status != 200


def test_a_bad_line_refuses_the_file_and_leaves_nothing(server, database):
    """The file is larger than what is decoded at once, and the bad line is the last one."""
    body = lines(300_000) + "m v=oops 1\n"
    assert len(body) > 8 << 20
    answer = upload(server, "lp", body.encode(), db=database)
    assert answer.status == 422, answer
    assert answer.json()["error"].startswith('line 600001: measurement "m", field "v"'), answer.text
    assert server.query_answer("SELECT * FROM m", database).status != 200
    assert not list(server.files_root.rglob(f"{database}/m/**/*.parquet"))
    # Nor does a column of it stand in the way of another type.
    server.write_lp(database, 'm v="text",s=1 1', "s")


def test_a_bad_line_is_skipped_when_that_is_asked_for(server, database):
    body = "m v=1 1\nm v= 2\nm v=3 3\nnot a line\nm v=\"text\" 5\n"
    options = {"db": database, "precision": "s", "on_error": "skip"}
    result = imported(upload(server, "lp", body.encode(), **options))
    assert result["rows_imported"] == 2 and result["rows_skipped"] == 3
    assert [error["line"] for error in result["errors"]] == [2, 4, 5]
    assert result["errors"][2]["message"] == (
        'measurement "m", column "v": holds float, the line offers string: "text"')
    assert server.query("SELECT v FROM m ORDER BY time", database).rows == [[1], [3]]


def test_lines_without_a_time_get_one_time(server, database):
    before = time.time()
    body = "".join(f"m v={i}\n" for i in range(200_000))
    imported(upload(server, "lp", body.encode(), db=database))
    sql = "SELECT count(DISTINCT time), epoch(min(time)) FROM m"
    [[times, second]] = server.query(sql, database).rows
    assert times == 1 and before - 1 <= second <= time.time() + 1


def test_types_join_what_was_written_and_what_came_before_in_the_file(server, database):
    server.write_lp(database, "m v=1i,w=1 1", "s")
    body = "m v=2i 2\n" + lines(100_000, "other") + "m v=2.5 3\n"
    imported(upload(server, "lp", body.encode(), db=database, precision="s"))
    assert server.query("SELECT v FROM m ORDER BY time", database).rows == [[1], [2], [2.5]]
    answer = upload(server, "lp", b'm v="x" 4\n', db=database)
    assert answer.status == 422
    message = 'line 1: measurement "m", column "v": holds float, the line offers string: "x"'
    assert answer.json()["error"].startswith(message)


@pytest.mark.parametrize(
    "parameters, status, message",
    [
        ({}, 400, "database"),
        ({"db": "1bad"}, 400, "invalid database name"),
        ({"db": "d", "precision": "y"}, 400, 'precision "y"'),
        ({"db": "d", "on_error": "ignore"}, 400, "on_error"),
        ({"db": "d", "measurement": "../m"}, 400, "measurement"),
    ],
)
def test_bad_parameters(server, parameters, status, message):
    answer = upload(server, "lp", b"m v=1\n", **parameters)
    assert answer.status == status and message in answer.json()["error"], answer


@pytest.mark.parametrize("content", [b"", b"\n\n", b"# nothing\n"])
def test_a_file_without_rows(server, database, content):
    answer = upload(server, "lp", content, db=database)
    assert answer.status == 400, answer
    assert answer.json()["error"] in ("the file is empty", "the file has no rows")


@pytest.mark.parametrize("packer", PACKERS)
def test_packed_files_of_every_format(server, database, packer):
    import pyarrow as pa

    csv = "time,v\n" + "".join(f"{i},{i}\n" for i in range(10_000))
    table = pa.table({"time": pa.array(range(10_000), pa.timestamp("s")), "v": range(10_000)})
    files = {
        "csv": csv.encode(),
        "parquet": parquet(table),
        "lp": "".join(f"lp v={i}i {i}\n" for i in range(10_000)).encode(),
    }
    for kind, content in files.items():
        packed = PACKERS[packer](content)
        parameters = {"precision": "s"} if kind == "lp" else {"measurement": kind}
        imported(upload(server, kind, packed, db=database, **parameters))
        found = server.query(f"SELECT sum(v), epoch(max(time))::INT FROM {kind}", database).rows
        assert found == [[sum(range(10_000)), 9_999]], kind
        for damaged in (packed[:-3], packed[: len(packed) // 2], packed + b"more"):
            answer = upload(server, kind, damaged, db=database, **parameters)
            assert answer.status == 400 and "decompress" in answer.json()["error"], answer
    assert spooled_files(server) == []


def test_element_sets(server, database):
    text = "\n".join(["ISS (ZARYA)", *ISS, *ISS]) + "\n"
    result = imported(upload(server, "tle", text.encode(), db=database))
    assert result.pop("duration_ms") >= 0
    assert result == {"database": database, "measurement": "satellite_tle",
                      "satellite_count": 1, "rows_imported": 2}  # fmt: skip
    sql = "SELECT object_name, norad_id, orbit_type, round(period_min, 2), inclination_deg, time"
    assert server.query(f"{sql} FROM satellite_tle ORDER BY object_name", database).rows == [
        ["ISS (ZARYA)", "25544", "LEO", 91.6, 51.6416, "2008-09-20T12:25:40.104192Z"],
        ["NORAD 25544", "25544", "LEO", 91.6, 51.6416, "2008-09-20T12:25:40.104192Z"],
    ]


def test_damaged_element_sets(server, database):
    bad = ISS[0][:-1] + "0"
    text = "\n".join([*ISS, "BAD", bad, ISS[1]]).encode()
    answer = upload(server, "tle", text, db=database)
    assert answer.status == 422
    assert answer.json()["error"].startswith(
        "line 3: measurement \"satellite_tle\", the checksum of element line 1 is '0'")
    assert server.query_answer("SELECT * FROM satellite_tle", database).status != 200
    result = imported(upload(server, "tle", text, db=database, on_error="skip", measurement="sat"))
    assert result["rows_imported"] == 1 and result["measurement"] == "sat"
    assert result["parse_warnings"] == [
        'line 3: measurement "sat", ' "the checksum of element line 1 is '0', it should be 7"
    ]


def test_element_sets_are_written(server, database):
    headers = {"x-arc-database": database, "x-arc-measurement": "sat"}
    answer = server.post("/api/v1/write/tle", "\n".join(ISS), headers)
    assert answer.status == 204, answer
    bad = "\n".join([*ISS, ISS[1]])
    answer = server.post("/api/v1/write/tle", bad, headers)
    assert answer.status == 400 and answer.json()["accepted"] == 1, answer
    assert answer.json()["errors"] == [
        {"line": 3, "message": 'measurement "sat", element line 2 without a line 1 before it'}
    ]
    assert server.post("/api/v1/write/tle", "", headers).status == 400
    assert server.query("SELECT count(*) FROM sat", database).rows == [[2]]


def test_statistics_count(server, database):
    def stats(path):
        return server.get(path).json()["stats"]

    before = stats("/api/v1/import/stats")
    upload(server, "lp", b"m v=1\nm v=2\n", db=database)
    upload(server, "lp", b"nothing", db=database)
    after = stats("/api/v1/import/stats")
    assert {key: after[key] - before[key] for key in after} == {
        "total_requests": 2, "total_records": 2, "total_errors": 1,
    }  # fmt: skip

    before = stats("/api/v1/write/line-protocol/stats")
    packed = gzip.compress(b"m v=1\nm v=2\n")
    assert server.post(f"/write?db={database}", packed).status == 204
    assert server.post(f"/write?db={database}", b"").status == 400
    after = stats("/api/v1/write/line-protocol/stats")
    assert {key: after[key] - before[key] for key in after} == {
        "total_requests": 2, "total_records": 2, "total_bytes": 12,
        "total_bytes_gzipped": len(packed), "total_errors": 1,
    }  # fmt: skip
    assert server.get("/api/v1/write/line-protocol/health").json() == {
        "status": "healthy", "service": "line_protocol_writer",
    }  # fmt: skip
    before = server.get("/api/v1/write/msgpack/stats").json()["decoder"]["total_decoded"]
    server.write_msgpack(database, {"m": "p", "columns": {"v": [1, 2, 3]}})
    after = server.get("/api/v1/write/msgpack/stats").json()
    assert after["decoder"]["total_decoded"] == before + 3
    assert after["buffer"]["active_buffers"] >= 1
    assert server.get("/api/v1/write/msgpack/spec").json()["endpoint"] == "/api/v1/write/msgpack"
    assert stats("/api/v1/write/tle/stats")["total_requests"] >= 0


def test_line_protocol_through_the_command_line(server, database, tmp_path):
    path = tmp_path / "export.lp.gz"
    path.write_bytes(gzip.compress(lines(1_000).encode() + b"broken\n"))
    arguments = ["import", path, "-d", database, "--precision", "s", "--url", server.url]
    done = run_arc(*arguments, cwd=tmp_path)
    assert done.returncode == 1 and "line 2001" in done.stderr
    done = run_arc(*arguments, "--on-error", "skip", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"1,000 rows into {database}.m\n")
    assert "1 row skipped\n  line 2001: " in done.stdout
