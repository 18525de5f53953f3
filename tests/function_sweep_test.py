"""Calls every function, operator and cast that SQL may use with deep, long, extreme and NULL
arguments, under small limits: the server survives, ends each call in time, and stays in memory.

The calls are made from DuckDB's own list of functions, so a new version brings its own. A sample
runs with the tests; run as a program it makes all of them and prints what they came to:

    python tests/function_sweep_test.py [SEED [COMBINATIONS]]
"""

import collections
import itertools
import os
import random
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from arc_server import ArcServer

TIMEOUT_SECONDS = 2
# What a busy machine may add before a call counts as one that does not stop.
LATE_SECONDS = 8
SETTINGS = {
    "query.timeout": TIMEOUT_SECONDS, "database.memory_limit": "256MB",
    "query.max_value_size": "16MB", "database.max_connections": 4, "query.queue_timeout": 60,
}
SAMPLE = 2500

NUMBERS = {
    "TINYINT": (-128, 127), "SMALLINT": (-(2**15), 2**15 - 1), "INTEGER": (-(2**31), 2**31 - 1),
    "BIGINT": (-(2**63), 2**63 - 1), "HUGEINT": (-(2**127), 2**127 - 1),
    "UTINYINT": (0, 255), "USMALLINT": (0, 2**16 - 1), "UINTEGER": (0, 2**32 - 1),
    "UBIGINT": (0, 2**64 - 1), "UHUGEINT": (0, 2**128 - 1),
}
TEXTS = [
    "''", "'abc'", "'%'", "'1'", "repeat('a', 200000)", "repeat('%a', 100000)",
    "repeat('[', 100000)", "repeat('{\"a\":', 50000)", "repeat('(', 20000)",
    "repeat('(a|b)*', 5000)",
    "repeat('9', 100000)", "repeat('%s%d{}', 20000)", "repeat('é', 50000)", "chr(0) || 'x'",
    "'[' || repeat('1,', 50000) || '1]'", "'{\"a\": [1, {\"b\": null}]}'", "'2026-01-01 10:00:00'",
    "'$.a[*]..b'", "'%Y-%m-%d %H:%M:%S.%f'", "repeat(chr(769), 1000)", "'Europe/Berlin'", "'hour'",
]
VALUES = {
    "BOOLEAN": ["true", "false"],
    "DOUBLE": ["0.0", "-1.5", "1e308", "'nan'::DOUBLE", "'inf'::DOUBLE", "5e-324"],
    "FLOAT": ["0.0::FLOAT", "'-inf'::FLOAT", "3e38::FLOAT"],
    "DATE": ["DATE '2026-01-01'", "'-infinity'::DATE", "'5877642-06-25 (BC)'::DATE"],
    "TIME": ["TIME '23:59:59.999999'", "TIME '00:00:00'"],
    "TIMESTAMP": [
        "TIMESTAMP '2026-01-01'", "'infinity'::TIMESTAMP", "'290309-12-22 (BC)'::TIMESTAMP",
        "TIMESTAMP '294247-01-10'",
    ],
    "TIMESTAMP WITH TIME ZONE": [
        "TIMESTAMPTZ '2026-01-01 00:00:00+00'", "'-infinity'::TIMESTAMPTZ",
        "TIMESTAMPTZ '294247-01-10 00:00:00+00'",
    ],
    "INTERVAL": [
        "INTERVAL 1 microsecond", "INTERVAL '-1 month'", "INTERVAL '1000000 years'",
        "INTERVAL 0 second",
    ],
    "BLOB": ["''::BLOB", "repeat('\\x00'::BLOB, 100000)", "'abc'::BLOB"],
    "BIT": ["'1'::BIT", "repeat('10', 50000)::BIT"],
    "UUID": ["uuid()"],
    "JSON": ["'[1, {\"a\": null}]'::JSON", "'[' || repeat('[1],', 9000) || '1]'"],
    "VARIANT": ["[1, 2]::VARIANT", "{'a': [1]}::VARIANT", "repeat('x', 100000)::VARIANT"],
    "DECIMAL": ["99999999999999999.99::DECIMAL(19, 2)"],
    "LIST": [
        "[]", "[NULL]", "range(20000)", "['a', NULL, repeat('b', 1000)]", "[[1, 2], [NULL]]",
        "[1.5, 'nan'::DOUBLE]", "[{'a': 1}]",
    ],
    "MAP": ["map {'a': 1, 'b': NULL}", "map_from_entries([('k', [1])])"],
    "STRUCT": ["{'a': 1, 'b': [NULL]}", "row(1, 'x')"],
    "ARRAY": ["[1.0, 2.0, 3.0]::DOUBLE[3]", "[1, 2]::INTEGER[2]"],
    "LAMBDA": ["lambda x: x", "lambda x: repeat('a', 1000)", "lambda x, y: x"],
}
SIMPLE_TYPES = [*NUMBERS, "VARCHAR", *(name for name in VALUES if name not in (
    "LIST", "MAP", "STRUCT", "ARRAY", "LAMBDA", "DECIMAL"))]
CAST_TARGETS = [*SIMPLE_TYPES, "DECIMAL(38, 10)", "INTEGER[]", "VARCHAR[]", "DOUBLE[3]",
                "STRUCT(a INTEGER)", "MAP(VARCHAR, INTEGER)", "JSON[]", "TIMESTAMP_NS", "BIGNUM"]


def values_of(kind):
    """Expressions that make values of a type as duckdb_functions() writes it."""
    if kind in NUMBERS:
        least, most = NUMBERS[kind]
        return [f"({value})::{kind}" for value in (0, 1, 7, most, least, min(most, 100_000))]
    if kind == "VARCHAR":
        return TEXTS
    if kind.startswith("DECIMAL"):
        return VALUES["DECIMAL"]
    if kind.endswith("[]") or kind == "LIST":
        return VALUES["LIST"]
    if kind.endswith("]") or kind.startswith("ARRAY"):
        return VALUES["ARRAY"]
    for name in ("MAP", "STRUCT", "LAMBDA"):
        if kind.startswith(name):
            return VALUES[name]
    if kind in VALUES:
        return VALUES[kind]
    # ANY, templates and the like.
    return [values[0] for name, values in VALUES.items() if name != "LAMBDA"] + ["7", *TEXTS]


def calls_of(function, chooser, combinations):
    """SQL of calls of one overload: (name, kind, types, varargs)."""
    name, kind, types, varargs = function
    types = list(types)
    for _ in range(combinations):
        chosen = types + [varargs or "ANY"] * (chooser.randrange(4) if varargs else 0)
        arguments = [
            "NULL" if chooser.random() < 0.08 else chooser.choice(values_of(of)) for of in chosen
        ]
        if kind == "aggregate" or chooser.random() < 0.5:
            # Not constant: computed row by row, when the statement runs.
            arguments = [
                argument if argument.startswith("lambda")
                else f"CASE WHEN v < {chooser.randrange(1, 4)} THEN {argument} END"
                for argument in arguments
            ]
        yield f'SELECT "{name}"({", ".join(arguments)}) FROM range(3) AS t(v)'


def casts(chooser, combinations):
    for source, target in itertools.product([*SIMPLE_TYPES, "LIST", "MAP", "STRUCT"], CAST_TARGETS):
        for value in chooser.sample(values_of(source), min(combinations, len(values_of(source)))):
            yield f"SELECT ({value})::{target}"
            some = f"CASE WHEN v > 0 THEN {value} END"
            yield f"SELECT TRY_CAST({some} AS {target}) FROM range(3) AS t(v)"


class Sweep:
    """Sends calls to a server, and counts what became of them."""

    def __init__(self, server):
        self.server = server
        self.outcomes = collections.Counter()
        self.deaths = []
        self.late = []
        self.noted = []  # those that failed inside, or were stopped

    def functions(self):
        listed = self.server.query(
            # A macro's parameters have no types.
            "SELECT function_name, function_type, array_to_string(list_transform(parameter_types, "
            "lambda of: coalesce(of, 'ANY')), '|') AS types, varargs FROM duckdb_functions() "
            "WHERE function_type IN ('scalar', 'aggregate', 'macro') ORDER BY ALL"
        ).rows
        for name, kind, types, varargs in listed:
            yield name, kind, types.split("|") if types else [], varargs

    def calls(self, seed, combinations):
        chooser = random.Random(seed)
        for function in self.functions():
            yield from calls_of(function, chooser, combinations)
        yield from casts(chooser, combinations)

    def call(self, sql):
        started = time.monotonic()
        try:
            status = self.server.query_answer(sql).status
        except OSError:
            status = "connection lost"
        seconds = time.monotonic() - started
        self.outcomes[status] += 1
        if status in (500, 504):
            self.noted.append((status, sql))
        if self.server.process.poll() is not None or status == "connection lost":
            self.deaths.append(sql)
        elif seconds > TIMEOUT_SECONDS + LATE_SECONDS:
            self.late.append((seconds, sql))

    def run(self, calls):
        """Until all are made or the server is dead; four at a time."""
        with ThreadPoolExecutor(4) as pool:
            for _ in pool.map(lambda sql: self.deaths or self.call(sql), calls):
                pass


def peak_mebibytes(server):
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) // 1024


def test_no_call_ends_the_server(tmp_path):
    seed = int(os.environ.get("ARC_SWEEP_SEED", "1"))
    with ArcServer(tmp_path, SETTINGS) as server:
        sweep = Sweep(server)
        calls = list(sweep.calls(seed, 1))
        assert len(calls) > SAMPLE, "the list of functions is not what it was"
        random.Random(seed).shuffle(calls)
        sweep.run(calls[:SAMPLE])
        assert not sweep.deaths, (sweep.deaths[:3], server.log()[-2000:])
        assert not sweep.late, sweep.late[:3]
        assert sweep.outcomes[200] > SAMPLE // 10, sweep.outcomes
        assert sweep.outcomes[500] < SAMPLE // 100, sweep.noted  # DuckDB fails inside


def main(seed=1, combinations=6):
    folder = Path(tempfile.mkdtemp(prefix="arc-sweep-"))
    server = ArcServer(folder, SETTINGS).start()
    sweep = Sweep(server)
    calls = list(sweep.calls(int(seed), int(combinations)))
    print(f"seed {seed}: {len(calls)} calls, log in {folder}", flush=True)
    started = time.monotonic()
    rest = iter(calls)
    deaths = []
    while True:
        sweep.run(itertools.islice(rest, 2000))
        if sweep.deaths:
            deaths += sweep.deaths
            print("DIED:", *sweep.deaths, sep="\n  ", flush=True)
            sweep.deaths = []
            if server.process.poll() is not None:
                server.start()
        made = sum(sweep.outcomes.values())
        print(f"{made} calls in {time.monotonic() - started:.0f} s, {dict(sweep.outcomes)}, "
              f"peak {peak_mebibytes(server)} MiB", flush=True)
        if made >= len(calls) - 5 * len(deaths):
            break
    for seconds, sql in sweep.late:
        print(f"late, {seconds:.1f} s: {sql[:300]}")
    for status, sql in sweep.noted:
        print(f"{status}: {sql[:300]}")
    print("given up:", server.metrics().get("arc_queries_given_up_total"),
          server.get("/health").json()["problems"])
    print(f"{len(deaths)} deaths, {len(sweep.late)} over time")
    server.kill()
    return 1 if deaths or sweep.late else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
