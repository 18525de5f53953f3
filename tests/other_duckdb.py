"""A DuckDB of another version than the engine's, in a process of its own: run as a program it
answers one line of JSON for each on its input."""

import json
import os
import subprocess
import sys
from pathlib import Path

DEPENDENCIES = Path(os.environ.get("ARC_DEPS_DIR") or Path.home() / ".cache" / "arc-deps")


class OtherDuckDB:
    """A context manager. ask() returns rows of JSON values, or an error as {"error": ...}."""

    def __enter__(self):
        environment = {**os.environ, "PYTHONPATH": str(DEPENDENCIES / "python" / "newer_duckdb")}
        self._process = subprocess.Popen(
            [sys.executable, __file__], env=environment, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True)
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        self._process.wait(60)

    def ask(self, sql, time_zone="UTC"):
        self._process.stdin.write(json.dumps([sql, time_zone]) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


def serve():
    from plain_duckdb import PlainDuckDB  # with the duckdb of PYTHONPATH

    twin = PlainDuckDB()
    for line in sys.stdin:
        sql, zone = json.loads(line)
        try:
            twin.execute(f"SET TimeZone = '{zone}'")
            answer = twin.rows(sql)
        except Exception as error:  # whatever it is, it is the answer
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    serve()
