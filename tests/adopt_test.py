"""`arc catalog adopt`: a folder that another Arc server has filled is read where it lies, and never
changed."""

import datetime
import decimal
import hashlib
import os
import random
import re
import signal
import subprocess
import time

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from arc_server import ArcServer, clean_environment, find_binary, run_arc

HOUR = 3_600_000_000
START = 1_704_067_200_000_000  # 2024-01-01T00:00:00Z
UTC = datetime.timezone.utc


def path_of(folder, database, measurement, micros, name=None, daily=False):
    moment = datetime.datetime(1970, 1, 1, tzinfo=UTC) + datetime.timedelta(microseconds=micros)
    parts = moment.strftime("%Y/%m/%d" if daily else "%Y/%m/%d/%H")
    name = name or f"{measurement}_{moment:%Y%m%d_%H%M%S}_{micros % 1_000_000_000:09}.parquet"
    path = folder / database / measurement / parts / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def times(micros, unit="us", zone="UTC"):
    factor = {"ms": lambda t: t // 1000, "us": lambda t: t, "ns": lambda t: t * 1000}[unit]
    return pa.array([factor(t) for t in micros], pa.timestamp(unit, zone))


def write(path, columns, tags=None, **options):
    table = pa.table(columns)
    if tags is not None:
        table = table.replace_schema_metadata({"arc:tags": ",".join(tags)})
    pq.write_table(table, path, **{"compression": "snappy", "data_page_version": "2.0", **options})
    return path


def fill(folder, hours=6, rows=500):
    """What an Arc server leaves: hour files, a compacted one, a daily one; columns in any order."""
    numbers = random.Random(7)
    for hour in range(hours):
        micros = sorted(START + hour * HOUR + numbers.randrange(HOUR) for _ in range(rows))
        hosts = pa.array([f"host{numbers.randrange(5)}" for _ in micros])
        usage = pa.array([None if numbers.random() < 0.1 else numbers.random() for _ in micros])
        columns = {"usage": usage, "host": hosts, "time": times(micros)}
        name = "cpu_20240101_050000_1704085200000000000_b0_compacted.parquet" if hour == 1 else None
        write(path_of(folder, "prod", "cpu", micros[0], name), columns, ["host"])
    day = [START - 24 * HOUR + i * 1_000_000 for i in range(rows)]
    daily = path_of(folder, "prod", "cpu", day[0], "cpu_20231231_b0_daily.parquet", daily=True)
    connection = duckdb.connect()
    connection.register("rows", pa.table({"time": times(day), "host": ["x"] * rows}))
    connection.execute(f"COPY rows TO '{daily}' (FORMAT parquet, COMPRESSION zstd)")
    write(path_of(folder, "office", "mem-used", START), {"time": times([START]), "free": [7]})
    (folder / "prod" / ".arc-database").write_text("")
    (folder / "prod" / "cpu" / ".tmp").mkdir()
    (folder / "prod" / "cpu" / ".tmp" / "x.new").write_text("half")
    (folder / "_compaction_state").mkdir()
    return folder


def tree(folder):
    """Every path below the folder with its contents, mode and time of change."""
    found = {}
    for path in sorted(folder.rglob("*")):
        status = path.stat()
        content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None
        found[str(path.relative_to(folder))] = (content, status.st_mode, status.st_mtime_ns)
    return found


def adopt(server, folder, *arguments):
    server.folder.mkdir(parents=True, exist_ok=True)
    return run_arc(
        "catalog", "adopt", folder, "--data-dir", server.data_directory, *arguments,
        cwd=server.folder, timeout=300,
    )  # fmt: skip


def truth(folder, database, measurement, sql):
    """What DuckDB alone says of all files of a measurement, as table m."""
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    files = f"{folder}/{database}/{measurement}/[0-9]*/**/*.parquet"
    connection.execute(
        f"CREATE VIEW m AS SELECT * FROM read_parquet('{files}', union_by_name = true)"
    )
    return [list(row) for row in connection.execute(sql).fetchall()]


QUESTIONS = [
    "SELECT count(*), count(usage), round(sum(usage), 6) FROM {}",
    "SELECT host, count(*), round(avg(usage), 6) FROM {} GROUP BY host ORDER BY host",
    "SELECT count(*) FROM {} WHERE time >= '2024-01-01T02:30:00Z'"
    " AND time < '2024-01-01T04:15:00Z'",
    "SELECT epoch_us(min(time)), epoch_us(max(time)) FROM {}",
    "SELECT epoch_us(time), host FROM {} ORDER BY time DESC LIMIT 5",
]


def check_answers(server, folder):
    for question in QUESTIONS:
        expected = truth(folder, "prod", "cpu", question.format("m"))
        assert server.query(question.format("cpu"), "prod").rows == expected, question
    assert server.value("SELECT free FROM \"mem-used\"", "office") == 7


@pytest.mark.parametrize("place", ["in the storage root", "elsewhere"])
def test_a_folder_is_adopted_where_it_lies(tmp_path, place):
    server = ArcServer(tmp_path / "server", {"delete.enabled": "true"})
    folder = server.files_root if place == "in the storage root" else tmp_path / "old" / "arc"
    folder.mkdir(parents=True)
    before = tree(fill(folder))
    done = adopt(server, folder)
    assert done.returncode == 0, done.stderr
    assert "8 files adopted: 3,501 rows" in done.stdout, done.stdout
    again = adopt(server, folder)
    assert again.returncode == 0 and "0 files adopted" in again.stdout, again
    assert "8 were known" in again.stdout
    with server:
        check_answers(server, folder)
        columns = server.query("DESCRIBE cpu", "prod").rows
        assert [row[:2] for row in columns] == [
            ["time", "TIMESTAMP WITH TIME ZONE"], ["host", "VARCHAR"], ["usage", "DOUBLE"],
        ]  # fmt: skip
        server.restart()
        check_answers(server, folder)
        assert_audit_is_clean(server)
        # What is written goes on beside it, into files of the server's own.
        server.write_lp("prod", f"cpu,host=new usage=1 {START + 2 * HOUR}", "us")
        server.flush()
        assert server.value("SELECT count(*) FROM cpu", "prod") == 3501
        after = tree(folder)
        assert {path: after[path] for path, was in before.items() if was[0]} == {
            path: was for path, was in before.items() if was[0]
        }
        drop_and_check(server)
    after = tree(folder)
    assert {path: now for path, now in after.items() if now[0] and "/a1-" not in path} == {
        path: was for path, was in before.items() if was[0]
    }


def assert_audit_is_clean(server):
    deadline = time.monotonic() + 30
    while "files are as the catalog says" not in server.log():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert "missing on disk" not in server.log()


def drop_and_check(server):
    """The catalog forgets the files, and the disk keeps them; they can be adopted anew."""
    answer = server.request("DELETE", "/api/v1/databases/prod?confirm=true")
    assert answer.status == 200, answer
    assert server.query("SHOW DATABASES").rows == [["office"]]
    server.restart()
    assert server.query("SHOW DATABASES").rows == [["office"]]


def test_dropped_files_can_be_adopted_again(tmp_path):
    server = ArcServer(tmp_path / "server", {"delete.enabled": "true"})
    folder = fill(tmp_path / "old")
    before = tree(folder)
    assert adopt(server, folder).returncode == 0
    with server:
        drop_and_check(server)
        server.stop()
        done = adopt(server, folder)
        assert "7 files adopted" in done.stdout and "1 were known" in done.stdout, done
        server.start()
        check_answers(server, folder)
    assert tree(folder) == before


def test_a_running_server_is_left_alone(tmp_path):
    folder = fill(tmp_path / "old")
    with ArcServer(tmp_path / "server") as server:
        done = adopt(server, folder)
        assert done.returncode == 1 and "stop it first" in done.stderr, done
        assert server.query("SHOW DATABASES").rows == []


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
@pytest.mark.parametrize("zone", ["UTC", None, "America/New_York"])
def test_times_of_every_kind(tmp_path, unit, zone):
    folder = tmp_path / "old"
    micros = [START + i * 1000 for i in range(2000)]
    write(path_of(folder, "d", "m", START), {"time": times(micros, unit, zone), "v": micros},
          write_statistics=unit != "us", row_group_size=300)  # fmt: skip
    server = ArcServer(tmp_path / "server")
    done = adopt(server, folder)
    assert done.returncode == 0, done.stderr
    with server:
        found = server.query("SELECT epoch_us(time), v FROM m ORDER BY time", "d").rows
        assert found == [[t, t] for t in micros]
        middle = "to_timestamp({})".format((START + 1_000_000) // 1_000_000)
        for operator in ("<", "<=", "=", ">", ">="):
            sql = f"SELECT count(*) FROM m WHERE time {operator} {middle}"
            expected = {"<": 1000, "<=": 1001, "=": 1, ">": 999, ">=": 1000}[operator]
            assert server.value(sql, "d") == expected, sql
        assert server.query("SELECT epoch_us(min(time)), epoch_us(max(time)) FROM m", "d").rows == [
            [micros[0], micros[-1]]
        ]
        assert server.query(
            "SELECT time_bucket(INTERVAL '1 second', time) b, count(*) FROM m"
            " GROUP BY b ORDER BY b",
            "d",
        ).rows == [["2024-01-01T00:00:00Z", 1000], ["2024-01-01T00:00:01Z", 1000]]


def test_rows_in_no_order(tmp_path):
    folder = tmp_path / "old"
    micros = [START + (i * 7919 % 5000) * 1000 for i in range(5000)]
    write(path_of(folder, "d", "m", START), {"time": times(micros), "v": micros})
    server = ArcServer(tmp_path / "server")
    assert adopt(server, folder).returncode == 0
    with server:
        newest = server.query("SELECT v FROM m ORDER BY time DESC LIMIT 3", "d").rows
        assert newest == [[t] for t in sorted(micros)[-1:-4:-1]]
        assert server.value("SELECT last(v ORDER BY time) FROM m", "d") == max(micros)


def test_columns_that_differ_between_files(tmp_path):
    folder = tmp_path / "old"
    hour = [path_of(folder, "d", "m", START + i * HOUR) for i in range(5)]

    def at(i):
        return times([START + i * HOUR])

    write(hour[0], {"time": at(0), "v": [1], "only_first": [True], "n": pa.nulls(1)})
    write(hour[1], {"v": [2.5], "time": at(1), "n": ["text"], "V2": pa.array([3], pa.int16())})
    write(hour[2], {"time": at(2), "v": ["three"]})
    write(hour[3], {"time": at(3), "V": pa.array([4.5], pa.float32()), "v2": [5]})
    write(hour[4], {"time": at(4), "v": pa.array([5], pa.decimal128(10, 2))})
    server = ArcServer(tmp_path / "server")
    done = adopt(server, folder)
    assert done.returncode == 1
    assert 'column "v": the measurement holds float, the file string' in done.stderr
    assert done.stderr.count("refused:") == 1 and "2024/01/01/02" in done.stderr
    assert "4 files adopted: 4 rows" in done.stdout and "1 refused" in done.stdout
    with server:
        rows = server.query("SELECT v, only_first, n, v2 FROM m ORDER BY time", "d").rows
        assert rows == [
            [1, True, None, None], [2.5, None, "text", 3], [4.5, None, None, 5],
            [5, None, None, None],
        ]  # fmt: skip
        for sql in ("v > 2.4", "v = 2.5", "v < 1.5", "v BETWEEN 1 AND 5", "v IS NOT NULL"):
            found = server.value(f"SELECT count(*) FROM m WHERE {sql}", "d")
            assert found == {"v > 2.4": 3, "v = 2.5": 1, "v < 1.5": 1}.get(sql, 4), sql


def test_the_types_of_what_was_written_since_count(tmp_path):
    folder = tmp_path / "old"
    write(path_of(folder, "d", "m", START), {"time": times([START]), "v": ["text"]})
    with ArcServer(tmp_path / "server") as server:
        server.write_lp("d", f"m v=1i {START}", "us")  # in the log only
        server.kill()
        done = adopt(server, folder)
        assert done.returncode == 1
        assert "the measurement holds integer, the file string" in done.stderr
        write(path_of(folder, "d", "m", START), {"time": times([START + 1]), "v": [2]})
        assert adopt(server, folder).returncode == 0
        server.start()
        assert server.query("SELECT v FROM m ORDER BY time", "d").rows == [[1], [2]]


LONG_DECIMAL = decimal.Decimal("99999999999999999.99")


def invalid_text():
    return pa.array([b"\xff\xfe"], pa.binary()).view(pa.string())


UNFIT = {
    "empty file": (b"", "cannot be read"),
    "no Parquet": (b"PAR1 hello PAR1" * 10, "cannot be read"),
    "cut": ("cut", "cannot be read"),
    "damaged page": ("damaged", "cannot be read|Corrupt|column"),
    "no rows": ({"time": times([])}, "no rows"),
    "no time": ({"t": times([START])}, 'column "time" not found'),
    "a time is missing": ({"time": pa.array([None], pa.timestamp("us"))}, "the time is missing"),
    "time is a number": ({"time": [START]}, '"time" is INT64.*arc import'),
    "time is a text": ({"time": ["2024-01-01"]}, '"time" is BYTE_ARRAY'),
    "list": ({"time": times([START]), "v": [[1]]}, "nested"),
    "struct": ({"time": times([START]), "v": [{"a": 1}]}, "nested"),
    "bytes": ({"time": times([START]), "v": [b"x"]}, '"v" is BYTE_ARRAY'),
    "unsigned": ({"time": times([START]), "v": pa.array([1], pa.uint64())}, '"v" is INT64'),
    "a second time": ({"time": times([START]), "v": times([START])}, '"v" is INT64 .*[Tt]imestamp'),
    "not UTF-8": ({"time": times([START]), "v": invalid_text()}, "not UTF-8"),
    "names by case": ({"time": times([START]), "v": [1], "V": [2]}, '"?V"?'),
    "a decimal that no float keeps": (
        {"time": times([START]), "p": pa.array([LONG_DECIMAL], pa.decimal128(20, 2))},
        r'column "p" of type decimal128\(20, 2\) holds 99999999999999999.99, .*long_numbers=text',
    ),
    "nanoseconds before 1970": ({"time": times([-5], "ns")}, "before 1970"),
}


@pytest.mark.parametrize("case", UNFIT)
def test_a_file_that_cannot_be_read_in_place_is_named(case, tmp_path):
    content, reason = UNFIT[case]
    folder = tmp_path / "old"
    good = write(path_of(folder, "d", "m", START - HOUR), {"time": times([START - HOUR])})
    bad = path_of(folder, "d", "m", START, "bad.parquet")
    if isinstance(content, dict):
        write(bad, content)
    elif isinstance(content, bytes):
        bad.write_bytes(content)
    else:
        micros = [START + i for i in range(20_000)]
        texts = [f"{i * 7919 % 100_003} of many" for i in range(20_000)]
        write(bad, {"time": times(micros), "v": texts}, use_dictionary=False)
        whole = bytearray(bad.read_bytes())
        if case == "cut":
            whole = whole[: len(whole) // 2]
        else:
            whole[4:40_000] = b"\xa5" * 39_996
        bad.write_bytes(whole)
    assert good.exists()
    server = ArcServer(tmp_path / "server")
    done = adopt(server, folder)
    assert done.returncode == 1, done
    lines = [line for line in done.stderr.splitlines() if line.startswith("refused: ")]
    assert len(lines) == 1 and "d/m/2024/01/01/00/bad.parquet: " in lines[0], done.stderr
    assert re.search(reason, lines[0]), lines[0]
    assert "1 files adopted" in done.stdout
    with server:
        assert server.value("SELECT count(*) FROM m", "d") == 1


@pytest.mark.parametrize("precision, scale", [(18, 3), (20, 2), (38, 18), (38, 30)])
def test_decimals_are_the_nearest_floats_or_refused(precision, scale, tmp_path):
    """One value a file: what is refused is what the engine alone would read as another float."""
    numbers = random.Random(scale)
    context = decimal.Context(prec=80)
    values = []
    while len(values) < 150:
        digits = numbers.randint(1, 15)
        value = decimal.Decimal(numbers.randrange(10**digits))
        value = value.scaleb(-numbers.randint(0, min(scale, digits)))
        if value < 10 ** (precision - scale):
            quantum = decimal.Decimal(1).scaleb(-scale)
            values.append(numbers.choice([1, -1]) * value.quantize(quantum, context=context))
    if scale == 18:
        values[0] = decimal.Decimal("1.860000000000000000")
    column = pa.array(values, pa.decimal128(precision, scale))
    folder = tmp_path / "old"
    for i in range(len(values)):
        path = path_of(folder, "d", "m", START + i * HOUR)
        write(path, {"time": times([START + i * HOUR]), "v": column.slice(i, 1)})
    connection = duckdb.connect()
    connection.register("t", pa.table({"v": column}))
    cast = [row[0] for row in connection.execute("SELECT v::DOUBLE FROM t").fetchall()]
    right = [float(value) for value, engine in zip(values, cast) if float(value) == engine]
    server = ArcServer(tmp_path / "server")
    done = adopt(server, folder)
    assert done.stderr.count("which would be read in place as") == len(values) - len(right), done
    assert (len(right) < len(values)) == (scale >= 18)
    with server:
        found = server.query("SELECT v FROM m ORDER BY time", "d").rows
        assert found == [[value] for value in right]


@pytest.mark.parametrize("dictionary", [False, True])
def test_int96_is_refused_by_name_and_can_be_imported(dictionary, tmp_path):
    """The engine would read most of them, and make some time of what is none."""
    folder = tmp_path / "old"
    columns = {"time": pa.array([START * 1000], pa.timestamp("ns")), "v": [1]}
    path = write(path_of(folder, "d", "m", START), columns, use_dictionary=dictionary,
                 use_deprecated_int96_timestamps=True)  # fmt: skip
    server = ArcServer(tmp_path / "server")
    done = adopt(server, folder)
    assert done.returncode == 1 and "0 files adopted" in done.stdout, done
    assert 'column "time" is INT96, which cannot be read in place' in done.stderr, done.stderr
    assert "import the file with `arc import`" in done.stderr
    with server:
        done = run_arc("import", path, "-d", "d", "-m", "m", "--url", server.url, cwd=tmp_path)
        assert done.returncode == 0, done
        assert server.query("SELECT time FROM m", "d").rows == [["2024-01-01T00:00:00Z"]]


def test_names_that_have_no_place(tmp_path):
    folder = tmp_path / "old"
    fine = {"time": times([START])}
    write(path_of(folder, "d", "m", START), fine)
    write(path_of(folder, "d", "m", START, "odd name ü'\".parquet"), fine)
    write(path_of(folder, "1d", "m", START), fine)
    write(path_of(folder, "d", "m m", START), fine)
    write(path_of(folder, "d", "m", START, "x.parquet.part"), fine)
    write(path_of(folder, "d", "m", START, "a1-0123456789abcdef-000001.parquet"), fine)
    write(folder / "d" / "m" / "top.parquet", fine)
    write(folder / "d" / "loose.parquet", fine)
    write(folder / "loose.parquet", fine)
    (folder / "d" / "m" / "2024" / "january").mkdir()
    (folder / "d" / "m" / "2024" / "01" / "01" / "00" / "dangling.parquet").symlink_to("nowhere")
    server = ArcServer(tmp_path / "server")
    done = adopt(server, folder)
    assert done.returncode == 1
    assert "2 files adopted" in done.stdout and "9 refused" in done.stdout, done
    for name in ("1d: ", "d/m m: ", "x.parquet.part: ", "000001.parquet: ", "d/m/top.parquet: ",
                 "d/loose.parquet: ", "refused: loose.parquet: ", "2024/january: ",
                 "dangling.parquet: "):  # fmt: skip
        assert name in done.stderr, name
    with server:
        assert server.value("SELECT count(*) FROM m", "d") == 2


def test_folders_that_are_not_one(tmp_path):
    server = ArcServer(tmp_path / "server")
    done = adopt(server, tmp_path / "nowhere")
    assert done.returncode == 1 and "nowhere: No such file" in done.stderr
    (tmp_path / "file").write_text("")
    done = adopt(server, tmp_path / "file")
    assert done.returncode == 1 and "file" in done.stderr
    assert run_arc("catalog", "adopt", cwd=tmp_path).returncode == 2
    assert run_arc("catalog", cwd=tmp_path).returncode == 2


def test_a_compaction_that_was_interrupted(tmp_path):
    folder = fill(tmp_path / "old")
    state = folder / "_compaction_state" / "hourly" / "prod" / "2024_01_01_00_job.json"
    state.parent.mkdir(parents=True)
    state.write_text("{}")
    server = ArcServer(tmp_path / "server")
    done = adopt(server, folder)
    assert done.returncode == 1
    assert "compaction was interrupted" in done.stderr and state.name in done.stderr
    state.unlink()
    assert adopt(server, folder).returncode == 0


def test_a_file_that_changed_since(tmp_path):
    folder = tmp_path / "old"
    path = write(path_of(folder, "d", "m", START), {"time": times([START])})
    server = ArcServer(tmp_path / "server")
    assert adopt(server, folder).returncode == 0
    write(path, {"time": times([START, START + 1]), "v": [1, 2]})
    done = adopt(server, folder)
    assert done.returncode == 1 and "another length" in done.stderr


def test_limits(tmp_path):
    folder = tmp_path / "old"
    many = {"time": times([START]), **{f"c{i}": [i] for i in range(5)}}
    write(path_of(folder, "d", "m1", START), many)
    write(path_of(folder, "d", "m2", START), {"time": times([START])})
    write(path_of(folder, "d", "m3", START), {"time": times([START])})
    server = ArcServer(tmp_path / "server")
    limits = ("--set", "ingest.max_columns=4", "--set", "ingest.max_measurements=1")
    done = adopt(server, folder, *limits)
    assert done.returncode == 1 and "1 files adopted" in done.stdout
    assert "m1" in done.stderr and "ingest.max_columns" in done.stderr
    assert "m3" in done.stderr and "ingest.max_measurements" in done.stderr


def test_killed_at_any_moment_it_goes_on(tmp_path):
    """Nothing is doubled, nothing half: every kill leaves whole files, and a last run the rest."""
    folder = tmp_path / "old"
    for measurement in range(4):
        for hour in range(60):
            micros = [START + hour * HOUR + i * 1000 for i in range(200)]
            path = path_of(folder, "d", f"m{measurement}", micros[0])
            write(path, {"time": times(micros), "v": micros})
    before = tree(folder)
    server = ArcServer(tmp_path / "server")
    command = [find_binary(), "catalog", "adopt", folder, "--data-dir", server.data_directory]
    seconds = random.Random(11)
    for _ in range(8):
        process = subprocess.Popen(
            command, cwd=tmp_path, env=clean_environment(tmp_path),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            process.wait(seconds.uniform(0.05, 1.5))
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
    with server:
        for measurement in server.query("SHOW TABLES", "d").rows if known(server, "d") else []:
            count = server.value(f"SELECT count(*) FROM {measurement[1]}", "d")
            assert count % 200 == 0 and count <= 60 * 200
    done = adopt(server, folder)
    assert done.returncode == 0, done
    assert tree(folder) == before
    with server:
        for measurement in range(4):
            rows = server.query(f"SELECT count(*), count(DISTINCT v) FROM m{measurement}", "d").rows
            assert rows == [[12_000, 12_000]]


def known(server, database):
    return [database] in server.query("SHOW DATABASES").rows
