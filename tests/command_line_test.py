"""The command line: configuration and its order, exit codes, and the formats of answers."""

import csv
import io
import json
import re

import pytest

from arc_server import REPOSITORY, ArcServer, StartFailed, run_arc

EXIT_FAILURE, EXIT_USAGE = 1, 2


def serve(folder, *arguments, toml=None, environment=None):
    """`arc serve` with a configuration that is expected to be refused."""
    if toml is not None:
        (folder / "arc.toml").write_text(toml)
    return run_arc("serve", *arguments, cwd=folder, environment=environment, timeout=60)


WRONG_FILES = {
    "unknown_key": (
        "[server]\nhost = ''\nprot = 1\n",
        r"arc\.toml:3\b.*server\.prot.*server\.port",
    ),
    "unknown_section": ("[sever]\nport = 1\n", r"arc\.toml:1\b.*sever"),
    "bad_word": ("[log]\nlevel = 'loud'\n", r"arc\.toml:2\b.*log\.level.*loud.*debug, info, warn"),
    "bad_number": ("[server]\nport = 70000\n", r"arc\.toml:2\b.*server\.port.*70000.*0 to 65535"),
    "bad_type": ("[server]\nport = 'x'\n", r"arc\.toml:2\b.*server\.port.*integer"),
    "bad_size": (
        "[ingest]\n\nmemory_budget = '64XB'\n",
        r"arc\.toml:3\b.*ingest\.memory_budget.*64XB",
    ),
    "not_toml": ("[server\n", r"arc\.toml:1\b"),
    "two_at_once": ("[server]\nprot = 1\nport = -1\n", r"arc\.toml:2\b.*arc\.toml:3\b"),
}


@pytest.mark.parametrize("case", WRONG_FILES)
def test_a_wrong_file_stops_the_start_and_says_where(case, tmp_path):
    toml, message = WRONG_FILES[case]
    done = serve(tmp_path, toml=toml)
    assert done.returncode == EXIT_FAILURE
    assert re.search(message, done.stderr, re.DOTALL), done.stderr
    assert not (tmp_path / "data").exists(), "it started to work before it knew what to do"


def test_a_wrong_variable_stops_the_start(tmp_path):
    done = serve(tmp_path, environment={"ARC_SERVER_PORT": "abc"})
    assert done.returncode == EXIT_FAILURE
    assert re.search("ARC_SERVER_PORT.*abc.*0 to 65535", done.stderr), done.stderr


def test_a_wrong_flag_stops_the_start(tmp_path):
    done = serve(tmp_path, "--set", "server.prot=1")
    assert done.returncode in (EXIT_FAILURE, EXIT_USAGE)
    assert "server.prot" in done.stderr


def test_a_file_that_is_not_there_stops_the_start(tmp_path):
    done = serve(tmp_path, "--config", "nowhere.toml")
    assert done.returncode == EXIT_FAILURE and "nowhere.toml" in done.stderr


def test_what_is_known_but_unused_warns(tmp_path):
    environment = {"ARC_NO_SUCH_THING": "1", "ARC_TELEMETRY_ENABLED": "false"}
    with ArcServer(tmp_path, environment=environment) as server:
        log = server.log()
        assert re.search("(?i)warn.*ARC_NO_SUCH_THING", log)
        assert re.search("(?i)warn.*ARC_TELEMETRY_ENABLED", log)


def test_keys_of_the_file_that_are_not_used_warn(tmp_path):
    (tmp_path / "arc.toml").write_text("[compaction]\nenabled = true\n")
    with ArcServer(tmp_path) as server:
        assert re.search(r"(?i)warn.*compaction\.enabled", server.log())


COLUMNS = "cpu," + ",".join(f"t{i}=x" for i in range(3)) + " v=1 1"


@pytest.mark.parametrize(
    "toml, environment, flags, accepted",
    [
        ("max_columns = 2", {}, {}, False),
        ("max_columns = 2", {"ARC_INGEST_MAX_COLUMNS": "50"}, {}, True),
        ("max_columns = 50", {"ARC_INGEST_MAX_COLUMNS": "2"}, {}, False),
        ("max_columns = 2", {"ARC_INGEST_MAX_COLUMNS": "2"}, {"ingest.max_columns": 50}, True),
        ("max_columns = 50", {"ARC_INGEST_MAX_COLUMNS": ""}, {}, True),
    ],
)
def test_flags_beat_the_environment_beats_the_file(tmp_path, toml, environment, flags, accepted):
    (tmp_path / "arc.toml").write_text(f"[ingest]\n{toml}\n")
    with ArcServer(tmp_path, flags, environment) as server:
        answer = server.post("/write?db=test", COLUMNS)
        assert answer.status == (204 if accepted else 400), answer


def test_logs_are_json_unless_asked_otherwise(tmp_path):
    with ArcServer(tmp_path / "json") as server:
        server.get("/no/such/path")
        server.stop()
        lines = [line for line in server.log().splitlines() if line.startswith("{")]
        assert any("/no/such/path" in line for line in lines)
        assert all(json.loads(line) for line in lines)
    with ArcServer(tmp_path / "console", {"log.format": "console"}) as server:
        server.get("/no/such/path")
        server.stop()
        assert "/no/such/path" in server.log()
        assert not [line for line in server.log().splitlines() if line.startswith("{")]


@pytest.fixture(scope="module")
def small(server):
    rows = ['s="comma, quote \\" and\nline",v=1.5', "v=-2", 's="ü"']
    times = range(1_704_067_200, 1_704_067_203)
    body = "\n".join(f"m,host=h{i} {fields} {times[i]}" for i, fields in enumerate(rows))
    server.write_lp("command_line", body, "s")
    return server


def query(server, tmp_path, *arguments):
    return run_arc("query", "--url", server.url, "-d", "command_line", *arguments, cwd=tmp_path)


SQL = "SELECT * FROM m ORDER BY time"


def test_query_as_table(small, tmp_path):
    done = query(small, tmp_path, SQL)
    assert done.returncode == 0, done.stderr
    for word in ("time", "host", "h0", "1.5", "2024-01-01T00:00:02Z", "3 rows"):
        assert word in done.stdout + done.stderr, word


def test_query_as_csv(small, tmp_path):
    done = query(small, tmp_path, "--format", "csv", SQL)
    assert done.returncode == 0, done.stderr
    rows = list(csv.reader(io.StringIO(done.stdout)))
    assert [row[:3] for row in rows] == [
        ["time", "host", "s"],
        ["2024-01-01T00:00:00Z", "h0", 'comma, quote " and\nline'],
        ["2024-01-01T00:00:01Z", "h1", ""],
        ["2024-01-01T00:00:02Z", "h2", "ü"],
    ]
    assert rows[0][3] == "v" and rows[3][3] == ""
    assert [float(row[3]) for row in rows[1:3]] == [1.5, -2]


def test_query_as_json(small, tmp_path):
    done = query(small, tmp_path, "--format", "json", SQL)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["success"] is True
    assert answer["data"] == small.query(SQL, "command_line").rows


def test_query_that_fails(small, tmp_path):
    done = query(small, tmp_path, "SELECT nothing_like_it FROM m")
    assert done.returncode == EXIT_FAILURE
    assert "nothing_like_it" in done.stderr and done.stdout == ""


def test_query_without_a_server(tmp_path):
    done = run_arc("query", "--url", "http://127.0.0.1:9", "SELECT 1", cwd=tmp_path)
    assert done.returncode == EXIT_FAILURE and "127.0.0.1:9" in done.stderr


def test_import_of_a_file_that_is_refused(small, tmp_path):
    (tmp_path / "bad.csv").write_text("a,b\n1,2\n")
    done = run_arc("import", "bad.csv", "-d", "command_line", "--url", small.url, cwd=tmp_path)
    assert done.returncode == EXIT_FAILURE
    assert 'time column "time" not found' in done.stderr


WRONG_USAGE = [
    [],
    ["frobnicate"],
    ["query", "--format", "xml", "SELECT 1"],
    ["import"],
    ["import", "x.txt", "-d", "d"],
    ["serve", "--prot", "1"],
    ["serve", "--set", "nothing"],
]


@pytest.mark.parametrize("arguments", WRONG_USAGE, ids=" ".join)
def test_wrong_usage(arguments, tmp_path):
    assert run_arc(*arguments, cwd=tmp_path).returncode == EXIT_USAGE


@pytest.mark.parametrize("arguments", [["version"], ["--version"]])
def test_version(arguments, tmp_path):
    done = run_arc(*arguments, cwd=tmp_path)
    assert done.returncode == 0
    assert re.match(r"arc \d+\.\d+\.\d+", done.stdout) and "DuckDB" in done.stdout


@pytest.mark.parametrize("arguments", [["--help"], ["serve", "--help"], ["query", "--help"]])
def test_help(arguments, tmp_path):
    done = run_arc(*arguments, cwd=tmp_path)
    assert done.returncode == 0 and "--help" in done.stdout


def test_a_port_in_use_is_refused_clearly(server, tmp_path):
    second = ArcServer(tmp_path, {"server.port": server.port})
    with pytest.raises(StartFailed, match=rf"{server.port}"):
        second.start()


def test_config_shows_where_each_value_comes_from(tmp_path):
    (tmp_path / "arc.toml").write_text("[server]\nmax_payload_size = '64MB'\nport = 1\n")
    environment = {"ARC_SERVER_PORT": "9000"}
    done = run_arc("config", "--set", "query.timeout=5", cwd=tmp_path, environment=environment)
    assert done.returncode == 0, done.stderr
    assert re.search(r'^max_payload_size = "64MB" +# \./arc\.toml:2$', done.stdout, re.M)
    assert re.search(r"^port = 9000 +# environment variable ARC_SERVER_PORT$", done.stdout, re.M)
    assert re.search(r"^timeout = 5 +# flag$", done.stdout, re.M)
    assert re.search(r'^host = "" +# default$', done.stdout, re.M)


def test_what_config_shows_is_a_configuration_file(tmp_path):
    shown = run_arc("config", cwd=tmp_path)
    (tmp_path / "shown.toml").write_text(shown.stdout)
    done = run_arc("config", "check", "shown.toml", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, ""), done
    again = run_arc("config", "--config", "shown.toml", cwd=tmp_path)
    settings = [re.sub(" +#.*", "", text).splitlines() for text in (shown.stdout, again.stdout)]
    assert settings[0] == settings[1] and len(settings[0]) > 40
    assert again.stdout.count("# shown.toml:") > 40


@pytest.mark.parametrize("case", WRONG_FILES)
def test_config_check_names_every_mistake(case, tmp_path):
    toml, message = WRONG_FILES[case]
    (tmp_path / "arc.toml").write_text(toml)
    done = run_arc("config", "check", "arc.toml", cwd=tmp_path)
    assert done.returncode == EXIT_FAILURE and done.stdout == ""
    assert re.search(message, done.stderr, re.DOTALL), done.stderr


def test_config_check_of_what_does_not_fit_together(tmp_path):
    (tmp_path / "arc.toml").write_text("[storage]\n\nlocal_path = 'data'\n")
    done = run_arc("config", "check", "arc.toml", cwd=tmp_path)
    assert done.returncode == EXIT_FAILURE
    assert re.search(r"arc\.toml:3: storage\.catalog_path .*outside", done.stderr), done.stderr
    assert run_arc("config", "check", "nowhere.toml", cwd=tmp_path).returncode == EXIT_FAILURE
    assert run_arc("config", "check", cwd=tmp_path).returncode == EXIT_USAGE


def test_every_command_is_documented_with_the_exit_codes():
    text = (REPOSITORY / "docs" / "command-line.md").read_text()
    commands = set(re.findall(r"^  (\w+) +\S", run_arc("--help", cwd=".").stdout, re.M))
    commands -= {"arc"}
    assert len(commands) >= 6
    for command in commands:
        assert f"`arc {command}" in text, command
    header = (REPOSITORY / "src" / "service" / "cli" / "command_line.h").read_text()
    codes = re.findall(r"kExit\w+ = (\d+);", header)
    table = text.split("## Exit codes")[1].split("##")[0]
    assert re.findall(r"^\| (\d+) \|", table, re.M) == codes
