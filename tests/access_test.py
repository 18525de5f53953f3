"""What tokens in teams may do: by database and measurement, on every way to the data."""

import itertools
import json

import pyarrow as pa
import pytest

from arc_server import ArcServer

ADMIN = "an-administrator-of-these-tests-0123456789"
TOKENS = "/api/v1/auth/tokens"
RBAC = "/api/v1/rbac"
SECOND = 1_000_000_000
NAMES = itertools.count()


def bearer(token, database=None):
    headers = {"Authorization": f"Bearer {token}"}
    if database:
        headers["x-arc-database"] = database
    return headers


def ask(server, method, path, body=None, token=ADMIN, status=200, database=None):
    answer = server.request(method, path, json.dumps(body) if body is not None else b"",
                            bearer(token, database))
    assert answer.status == status, f"{method} {path}: {answer.status} {answer.text}"
    return answer.json() if answer.body else None


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    settings = {"auth.enabled": "true", "auth.bootstrap_token": ADMIN, "delete.enabled": "true",
                "auth.cache_ttl": "3600"}
    with ArcServer(tmp_path_factory.mktemp("arc"), settings) as own:
        for database in ("plant-1", "plant-2", "lab"):
            write(own, ADMIN, database, f"cpu v=1i {SECOND}\nmem v=2i {SECOND}", 204)
        own.request("POST", "/api/v1/write/line-protocol/flush", b"", bearer(ADMIN))
        write(own, ADMIN, "plant-1", f"cpu v=3i {2 * SECOND}", 204)
        yield own


def write(server, token, database, lines, status):
    answer = server.request("POST", "/api/v1/write/line-protocol", lines, bearer(token, database))
    assert answer.status == status, answer.text
    return answer


def query(server, token, sql, status=200, database=None, path="/api/v1/query", **members):
    return ask(server, "POST", path, {"sql": sql, **members}, token, status, database)


def new_team(server):
    organization = ask(server, "POST", f"{RBAC}/organizations", {"name": f"o{next(NAMES)}"},
                       status=201)["organization"]
    team = ask(server, "POST", f"{RBAC}/organizations/{organization['id']}/teams",
               {"name": f"t{next(NAMES)}"}, status=201)["team"]
    assert team["organization_id"] == organization["id"]
    return team["id"]


def add_role(server, team, pattern, permissions, measurements=()):
    role = ask(server, "POST", f"{RBAC}/teams/{team}/roles",
               {"database_pattern": pattern, "permissions": permissions}, status=201)["role"]
    for measurement, its in measurements:
        ask(server, "POST", f"{RBAC}/roles/{role['id']}/measurements",
            {"measurement_pattern": measurement, "permissions": its}, status=201)
    return role["id"]


def new_token(server, *roles, permissions=()):
    """A token in a team with these roles. Returns the token, its id and its team's."""
    name = f"token{next(NAMES)}"
    token = ask(server, "POST", TOKENS, {"name": name, "permissions": list(permissions)},
                status=201)["token"]
    number = next(t["id"] for t in ask(server, "GET", TOKENS)["tokens"] if t["name"] == name)
    team = new_team(server)
    ask(server, "POST", f"{TOKENS}/{number}/teams", {"team_id": team}, status=201)
    for role in roles:
        add_role(server, team, *role)
    return token, number, team


CPU_OF_PLANTS = ("plant-*", ["read"], [("cpu", ["read"])])


@pytest.fixture(scope="module")
def cpu_reader(guarded):
    """Reads cpu of the plants."""
    return new_token(guarded, CPU_OF_PLANTS)[0]


FORBIDDEN_SQL = [
    'SELECT * FROM "plant-1".mem',
    "SELECT * FROM lab.cpu",
    'SELECT * FROM "plant-1".cpu JOIN "plant-1".mem USING (time)',
    'WITH x AS (SELECT * FROM "plant-1".mem) SELECT * FROM x',
    'SELECT (SELECT max(v) FROM "plant-1".mem) FROM "plant-1".cpu',
    'SELECT v FROM "plant-1".cpu UNION ALL SELECT v FROM "plant-1".mem',
    'SELECT * FROM "plant-1".cpu WHERE EXISTS (SELECT 1 FROM lab.cpu)',
    'SELECT * FROM (FROM "PLANT-1"."MEM")',
    'FROM arc."plant-1".mem', 'DESCRIBE "plant-1".mem', 'SUMMARIZE "plant-1".mem',
    'EXPLAIN SELECT * FROM "plant-1".mem', 'EXPLAIN ANALYZE SELECT * FROM "plant-1".mem',
    'PIVOT "plant-1".mem ON v IN (2) USING count(*)',
    # What is not there looks like what may not be read.
    'SELECT * FROM "plant-1".nothing', "SELECT * FROM nowhere.nothing",
]
QUERY_PATHS = ["/api/v1/query", "/api/v1/query/stream", "/api/v1/query/arrow",
               "/api/v1/query/msgpack"]


@pytest.mark.parametrize("path", QUERY_PATHS)
@pytest.mark.parametrize("sql", FORBIDDEN_SQL)
def test_no_statement_reads_what_it_may_not(guarded, cpu_reader, path, sql):
    answer = guarded.request("POST", path, json.dumps({"sql": sql}), bearer(cpu_reader))
    assert answer.status == 403 and b"Permission denied: read required on" in answer.body


def test_what_may_be_read_is_read(guarded, cpu_reader):
    sql = 'SELECT sum(v) FROM "plant-1".cpu'
    assert query(guarded, cpu_reader, sql)["data"] == [[4]]
    assert query(guarded, cpu_reader, "SELECT sum(v) FROM cpu", database="plant-2")["data"] == [[1]]
    answer = guarded.request("POST", "/api/v1/query/arrow", json.dumps({"sql": sql}),
                             bearer(cpu_reader))
    assert pa.ipc.open_stream(answer.body).read_all().to_pydict() == {"sum(v)": [4]}
    estimate = query(guarded, cpu_reader, 'FROM "plant-1".cpu', path="/api/v1/query/estimate")
    assert estimate["estimated_rows"] > 0
    refused = guarded.request("POST", "/api/v1/query/estimate",
                              json.dumps({"sql": "FROM lab.cpu"}), bearer(cpu_reader))
    assert "Permission denied" in refused.text
    for measurement, status in (("cpu", 200), ("mem", 403)):
        for form in ("", "/csv"):
            assert guarded.request("GET", f"/api/v1/query/{measurement}{form}", b"",
                                   bearer(cpu_reader, "plant-1")).status == status


def test_listings_show_what_may_be_read(guarded, cpu_reader):
    def names(sql, column=0):
        return [row[column] for row in query(guarded, cpu_reader, sql)["data"]]

    assert names("SHOW DATABASES") == ["plant-1", "plant-2"]
    assert names('SHOW TABLES FROM "plant-1"', 1) == ["cpu"] and not names("SHOW TABLES FROM lab")
    assert names("SELECT table_schema || '.' || table_name FROM information_schema.tables "
                 "ORDER BY 1") == ["plant-1.cpu", "plant-2.cpu"]
    assert set(names("SELECT table_name FROM duckdb_tables()")) == {"cpu"}
    assert set(names("SELECT table_name FROM duckdb_columns() WHERE NOT internal")) == {"cpu"}
    listed = ask(guarded, "GET", "/api/v1/databases", token=cpu_reader)["databases"]
    assert [(d["name"], d["measurement_count"]) for d in listed] == [("plant-1", 1), ("plant-2", 1)]
    assert all("created_at" in database for database in listed)
    ask(guarded, "GET", "/api/v1/databases/lab", token=cpu_reader, status=404)
    ask(guarded, "GET", "/api/v1/databases/lab/measurements", token=cpu_reader, status=404)
    own = ask(guarded, "GET", "/api/v1/databases/plant-1/measurements", token=cpu_reader)
    assert [m["name"] for m in own["measurements"]] == ["cpu"]
    every = ask(guarded, "GET", "/api/v1/measurements", token=cpu_reader)["measurements"]
    assert {m["measurement"] for m in every} == {"cpu"}


def test_a_token_that_only_writes_sees_nothing(guarded):
    token, _, _ = new_token(guarded, ("plant-1", ["write"]))
    assert ask(guarded, "GET", "/api/v1/databases", token=token)["count"] == 0
    query(guarded, token, "SELECT 1", 403)


def test_every_measurement_of_a_write_counts(guarded):
    token, _, _ = new_token(guarded, ("plant-2", ["write"], [("temp*", ["write"])]))
    write(guarded, token, "plant-2", "temp1 v=1\ntemp2 v=1", 204)
    refused = write(guarded, token, "plant-2", "temp1 v=1\nother v=1", 403)
    assert "write required on plant-2.other" in refused.text
    write(guarded, token, "lab", "temp1 v=1", 403)
    body = json.dumps({"sql": "SELECT count(*) FROM temp1"})
    answer = guarded.request("POST", "/api/v1/query", body, bearer(ADMIN, "plant-2"))
    assert answer.json()["data"] == [[1]]
    for path in ("/write?db=lab", "/api/v2/write?bucket=lab", "/api/v1/write/line-protocol?db=lab"):
        assert guarded.request("POST", path, "temp1 v=1", bearer(token)).status == 403
    packed = b"\x83\xa1m\xa5other\xa1t\x01\xa6fields\x81\xa1v\x01"
    answer = guarded.request("POST", "/api/v1/write/msgpack", packed, bearer(token, "plant-2"))
    assert answer.status == 403, answer.text


def test_what_may_not_be_written_shows_nothing_of_itself(guarded):
    """The reason why a line is refused would tell of columns and their types."""
    token, _, _ = new_token(guarded, ("plant-2", ["write"], [("temp*", ["write"])]),
                            ("scratch", ["admin"]))
    for database in ("plant-1", "plant-2"):
        answers = {write(guarded, token, database, f'{measurement} V="text"', 403).text
                   .replace(measurement, "*") for measurement in ("cpu", "mem", "nothing")}
        assert len(answers) == 1, answers
    assert "holds" in write(guarded, ADMIN, "plant-1", 'cpu V="text"', 400).text
    packed = b"\x83\xa1m\xa3cpu\xa1t\x01\xa6fields\x81\xa1v\xa1x"
    answer = guarded.request("POST", "/api/v1/write/msgpack", packed, bearer(token, "plant-1"))
    assert answer.status == 403 and "holds" not in answer.text
    for on_error in ("fail", "skip"):
        path = f"/api/v1/import/lp?on_error={on_error}"
        answer = import_lines(guarded, token, "lab", 'cpu v="text"\nmem v="text"', path)
        assert answer.status == 403 and "holds" not in answer.text, answer.text


def test_names_are_as_asked_where_nothing_may_be_read(guarded, cpu_reader):
    """The spelling of a refusal does not tell what is there."""
    for there, not_there in (('"PLANT-1"."MEM"', '"PLANT-1"."NOP"'), ("LAB.CPU", "NOL.CPU"),
                             ('"plant-1"."Mem"', '"plant-1"."Nop"')):
        texts = [query(guarded, cpu_reader, f"SELECT * FROM {name}", 403)["error"]
                 for name in (there, not_there)]
        assert texts[0].lower().replace("mem", "nop").replace("lab", "nol") == texts[1].lower()
        assert texts[0].split(" on ")[1].split(".")[-1] in there
    shown = query(guarded, cpu_reader, 'SELECT count(*) FROM "PLANT-1"."CPU"')
    assert shown["data"][0][0] >= 1, "what may be read is found in any case still"


def test_empty_databases_show_to_those_who_may_read_them(guarded, cpu_reader):
    for name in ("plant-empty", "other-empty"):
        ask(guarded, "POST", "/api/v1/databases", {"name": name}, status=201)
    all_of_plants, _, _ = new_token(guarded, ("plant-*", ["read"]))
    sql = "SELECT schema_name FROM information_schema.schemata"
    for token, expected in ((cpu_reader, set()), (all_of_plants, {"plant-empty"}),
                            (ADMIN, {"plant-empty", "other-empty"})):
        listed = {row[0] for row in query(guarded, token, sql)["data"]}
        assert {name for name in listed if name.endswith("-empty")} == expected
        databases = ask(guarded, "GET", "/api/v1/databases", token=token)["databases"]
        assert {d["name"] for d in databases if d["name"].endswith("-empty")} == expected


def import_lines(server, token, database, lines, path="/api/v1/import/lp"):
    boundary = "x" * 20
    body = (f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'
            f"{lines}\r\n--{boundary}--\r\n")
    headers = {**bearer(token, database),
               "Content-Type": f"multipart/form-data; boundary={boundary}"}
    return server.request("POST", path, body, headers)


def test_admin_of_data_imports_creates_and_drops_there_only(guarded):
    token, _, _ = new_token(guarded, ("scratch*", ["admin"]),
                            ("lab", ["admin"], [("a", ["admin"])]))
    ask(guarded, "POST", "/api/v1/databases", {"name": "scratch1"}, token, 201)
    ask(guarded, "POST", "/api/v1/databases", {"name": "other"}, token, 403)
    assert import_lines(guarded, token, "scratch1", f"m v=1 {SECOND}").status == 200
    assert import_lines(guarded, token, "lab", f"a v=1 {SECOND}").status == 200
    refused = import_lines(guarded, token, "lab", f"a v=1 {SECOND}\nb v=1 {SECOND}")
    assert refused.status == 403 and "lab.b" in refused.text, refused.text
    assert query(guarded, ADMIN, "SELECT count(*) FROM lab.a")["data"] == [[1]]
    csv = guarded.request("POST", "/api/v1/import/csv?measurement=b", b"", bearer(token, "lab"))
    assert csv.status == 403
    ask(guarded, "DELETE", "/api/v1/databases/lab?confirm=true", token=token, status=403)
    ask(guarded, "DELETE", "/api/v1/databases/lab/measurements/cpu?confirm=true", token=token,
        status=403)
    ask(guarded, "DELETE", "/api/v1/databases/lab/measurements/a?confirm=true", token=token)
    ask(guarded, "DELETE", "/api/v1/databases/scratch1?confirm=true", token=token)
    for path in (TOKENS, f"{RBAC}/organizations", "/api/v1/queries/active"):
        ask(guarded, "GET", path, token=token, status=403)


def test_a_cursor_ends_with_the_rights_it_began_with(guarded):
    token, _, team = new_token(guarded, ("plant-1", ["read"]))
    page = query(guarded, token, 'FROM "plant-1".cpu', cursor=True, page_size=1)
    add_role(guarded, team, "lab", ["read"])
    answer = guarded.request("POST", "/api/v1/query", json.dumps({"cursor": page["next_cursor"]}),
                             bearer(token))
    assert answer.status == 403 and "have changed" in answer.text, answer.text


def test_every_change_counts_from_the_next_request(guarded):
    token, number, team = new_token(guarded, permissions=["read"])
    sql = 'SELECT count(*) FROM "plant-2".mem'

    def status():
        return guarded.request("POST", "/api/v1/query", json.dumps({"sql": sql}),
                               bearer(token)).status

    assert status() == 403
    role = add_role(guarded, team, "plant-2", ["read"])
    assert status() == 200
    ask(guarded, "PATCH", f"{RBAC}/roles/{role}", {"database_pattern": "plant-1"})
    assert status() == 403
    ask(guarded, "PATCH", f"{RBAC}/roles/{role}", {"database_pattern": "*"})
    assert status() == 200
    ask(guarded, "PATCH", f"{RBAC}/teams/{team}", {"enabled": False})
    assert status() == 403
    ask(guarded, "PATCH", f"{RBAC}/teams/{team}", {"enabled": True})
    measurement = ask(guarded, "POST", f"{RBAC}/roles/{role}/measurements",
                      {"measurement_pattern": "cpu", "permissions": ["read"]},
                      status=201)["measurement_permission"]
    assert status() == 403
    ask(guarded, "DELETE", f"{RBAC}/measurement-permissions/{measurement['id']}")
    assert status() == 403  # the last one that goes gives nothing back
    add_role(guarded, team, "plant-2", ["read"])
    assert status() == 200
    ask(guarded, "DELETE", f"{RBAC}/roles/{role}")
    assert status() == 200
    ask(guarded, "DELETE", f"{RBAC}/teams/{team}")
    assert status() == 403  # a team that goes gives nothing back
    other = new_team(guarded)
    ask(guarded, "POST", f"{TOKENS}/{number}/teams", {"team_id": other}, status=201)
    ask(guarded, "DELETE", f"{TOKENS}/{number}/teams/{other}")
    assert status() == 200  # its own permissions again


def test_the_tree_as_the_api_shows_it(guarded):
    token, number, team = new_token(guarded, CPU_OF_PLANTS, ("lab", ["write"]))
    shown = ask(guarded, "GET", f"{RBAC}/teams/{team}")["team"]
    assert [role["database_pattern"] for role in shown["roles"]] == ["plant-*", "lab"]
    roles = ask(guarded, "GET", f"{RBAC}/teams/{team}/roles")
    assert roles["count"] == 2 and roles["roles"][1]["permissions"] == ["write"]
    listed = ask(guarded, "GET", f"{RBAC}/roles/{roles['roles'][0]['id']}/measurements")
    assert listed["measurement_permissions"][0]["measurement_pattern"] == "cpu"
    assert ask(guarded, "GET", f"{TOKENS}/{number}/teams")["teams"][0]["id"] == team
    granted = ask(guarded, "GET", f"{TOKENS}/{number}/permissions")
    assert granted["rbac_enabled"] is True
    assert [(g["database"], g.get("measurement"), g["permissions"])
            for g in granted["permissions"]] == [("plant-*", "cpu", ["read"]),
                                                 ("lab", None, ["write"])]
    organization = ask(guarded, "GET", f"{RBAC}/organizations/{shown['organization_id']}")
    assert organization["organization"]["teams"][0]["id"] == team
    name = organization["organization"]["name"]
    ask(guarded, "POST", f"{RBAC}/organizations", {"name": name}, status=409)
    for body in ({}, {"name": ""}, {"name": 1}, [], {"name": "x" * 200}):
        ask(guarded, "POST", f"{RBAC}/organizations", body, status=400)
    for body in ({"database_pattern": "../x", "permissions": ["read"]},
                 {"database_pattern": "x"}, {"database_pattern": "x", "permissions": ["fly"]}):
        ask(guarded, "POST", f"{RBAC}/teams/{team}/roles", body, status=400)
    for path in ("organizations/0", "teams/x", "roles/99999", "organizations/0/teams"):
        ask(guarded, "GET", f"{RBAC}/{path}", status=404)
    ask(guarded, "POST", f"{RBAC}/organizations/0/teams", {"name": "x"}, status=400)
    ask(guarded, "DELETE", f"{RBAC}/organizations/{shown['organization_id']}")
    ask(guarded, "GET", f"{RBAC}/teams/{team}", status=404)
    assert ask(guarded, "GET", f"{TOKENS}/{number}/permissions")["permissions"] == []


def test_grants_outlive_a_restart(tmp_path):
    settings = {"auth.enabled": "true", "auth.bootstrap_token": ADMIN}
    with ArcServer(tmp_path, settings) as server:
        token, _, _ = new_token(server, ("a", ["write"]))
        write(server, token, "a", "m v=1", 204)
        server.stop()
        server.start()
        write(server, token, "a", "m v=1", 204)
        write(server, token, "b", "m v=1", 403)
