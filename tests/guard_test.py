"""No way from SQL to a file, a setting or a secret, through any endpoint; and words that only look
like one are no harm. Each statement alone: src/query/engine/guard/statement_guard_test.cc."""

import json

import pytest

CANARY = "canary_7f3a91"
PATHS = ["/api/v1/query", "/api/v1/query/stream", "/api/v1/query/arrow"]


@pytest.fixture(scope="module")
def canary(tmp_path_factory, server):
    """A file outside, and one inside of the data that no table is: neither may be read."""
    folder = tmp_path_factory.mktemp("outside")
    path = folder / "canary.csv"
    path.write_text(f"secret\n{CANARY}\n")
    return path


STATEMENTS = [
    "SELECT * FROM '{file}'",
    'SELECT * FROM "{file}"',
    "FROM '{file}'",
    "TABLE '{file}'",
    "SELECT * FROM read_csv('{file}')",
    "SELECT * FROM READ_CSV_AUTO('{file}')",
    'SELECT * FROM "read_csv"(\'{file}\')',
    'SELECT * FROM "READ_TEXT"(\'{file}\')',
    "SELECT * FROM main.read_csv('{file}')",
    "SELECT * FROM system.main.read_csv('{file}')",
    "SELECT * FROM read_blob($${file}$$)",
    "SELECT * FROM read_text($tag${file}$tag$)",
    "SELECT * FROM/**/read_csv/* */('{file}')",
    "SELECT * FROM -- x\nread_csv('{file}')",
    "SELECT *\u00a0FROM read_csv('{file}')",
    "SELECT * FROM read_csv(['{file}'])",
    "SELECT * FROM glob('{folder}/*')",
    "SELECT * FROM (FROM read_csv('{file}'))",
    "WITH m AS (FROM read_csv('{file}')) SELECT * FROM m",
    "WITH RECURSIVE r AS (SELECT 1 UNION ALL SELECT 1 FROM read_csv('{file}')) FROM r",
    "SELECT * FROM m WHERE v IN (SELECT 1 FROM read_csv('{file}'))",
    "SELECT * FROM m, LATERAL (FROM read_csv('{file}'))",
    "SELECT * FROM m JOIN read_csv('{file}') ON true",
    "SELECT 1 UNION ALL SELECT secret FROM '{file}'",
    "SELECT (SELECT content FROM read_text('{file}'))",
    "SELECT list_transform([1], x -> (SELECT content FROM read_text('{file}')))",
    "EXPLAIN ANALYZE SELECT * FROM '{file}'",
    "DESCRIBE SELECT * FROM '{file}'",
    "DESCRIBE '{file}'",
    "SUMMARIZE '{file}'",
    "PIVOT '{file}' ON secret IN ('a')",
    "SELECT * FROM query('SELECT * FROM ''{file}''')",
    "SELECT * FROM query_table('{file}')",
    "SELECT * FROM query_table(['m', '{file}'])",
    "SELECT * FROM sniff_csv('{file}')",
    "SELECT * FROM parquet_scan('{file}')",
    "SELECT * FROM parquet_kv_metadata('{file}')",
    "SELECT * FROM json_execute_serialized_sql('x')",
    "COPY (SELECT 1) TO '{folder}/written'",
    "COPY m FROM '{file}'",
    "CREATE TABLE x AS FROM '{file}'",
    "CREATE VIEW x AS FROM '{file}'",
    "CREATE MACRO x() AS TABLE FROM '{file}'",
    "ATTACH '{folder}/x.db'",
    "EXPORT DATABASE '{folder}/x'",
    "INSTALL httpfs",
    "LOAD '{file}'",
    "SET enable_external_access = true",
    "PRAGMA enable_profiling",
    "SET VARIABLE f = '{file}'",
    "CREATE SECRET s (TYPE s3, KEY_ID 'x')",
    "SELECT current_setting('secret_directory')",
    'SELECT "current_setting"(\'temp_directory\')',
    "SELECT getenv('HOME')",
    "FROM duckdb_secrets()",
    "FROM duckdb_settings()",
    "SELECT * FROM pg_settings",
    "SELECT 1; SELECT * FROM '{file}'",
    "SHOW TABLES; SELECT * FROM '{file}'",
    "PREPARE p AS SELECT 1",
    "EXECUTE p",
    "CALL pragma_database_list()",
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("statement", STATEMENTS)
def test_nothing_outside_is_reached(server, canary, path, statement):
    server.write_lp("guard", "m v=1 1")
    sql = statement.replace("{file}", str(canary)).replace("{folder}", str(canary.parent))
    answer = server.post(path, json.dumps({"sql": sql}), {"x-arc-database": "guard"})
    assert answer.status == 400, (sql, answer)
    assert CANARY.encode() not in answer.body
    assert [entry.name for entry in canary.parent.iterdir()] == [canary.name]


def test_our_own_files_are_no_tables_either(server):
    server.write_lp("guard", "own v=1 1")
    assert server.post("/api/v1/write/line-protocol/flush").status == 200
    [file] = (server.files_root / "guard" / "own").rglob("*.parquet")
    for name in (str(file), str(file.relative_to(server.files_root)), "arc://x", f"file://{file}"):
        for sql in (f"SELECT * FROM '{name}'", f"SELECT * FROM read_parquet('{name}')"):
            assert server.query_answer(sql, "guard").status == 400, sql


def test_a_parameter_is_a_value_and_nothing_else(server, canary):
    for sql in ("SELECT * FROM $f", "SELECT * FROM read_csv($f)", "SELECT * FROM query($f)"):
        body = json.dumps({"sql": sql, "params": {"f": str(canary)}})
        assert server.post("/api/v1/query", body).status == 400
    body = json.dumps({"sql": "SELECT $f AS f", "params": {"f": "x'; DROP TABLE m; --"}})
    assert server.post("/api/v1/query", body).json()["data"] == [["x'; DROP TABLE m; --"]]


@pytest.mark.parametrize("sql", [
    "SELECT 'COPY m TO ''/tmp/x''; DROP TABLE m' AS words",
    "SELECT $$ATTACH 'x'$$ AS words",
    'SELECT v AS "DELETE FROM m" FROM m',
    "SELECT v /* ; INSERT INTO m */ FROM m -- ; DROP TABLE m",
    "SELECT v AS \"read_csv('x')\" FROM m",
])  # fmt: skip
def test_words_are_only_words(server, sql):
    server.write_lp("guard", "m v=1 1")
    assert server.query_answer(sql, "guard").status == 200, sql
