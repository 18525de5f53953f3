"""One limit for the whole process: queries that ask for gigabytes where DuckDB does not count fail,
alone; the process stays below server.memory_limit, and writers do not notice.

Needs the optimised binary, whose allocator counts: in a sanitized one malloc is the sanitizer's,
and these tests are skipped. `./dev memory` runs them.
"""

import re
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from arc_server import ArcServer, StartFailed, clean_environment, find_binary

MEBIBYTE = 1 << 20
LIMIT_MIB = 1024
# Values of any size are let through here, or most would not come as far as the limit.
SETTINGS = {"server.memory_limit": f"{LIMIT_MIB}MB", "query.timeout": 60,
            "query.max_value_size": "4GB"}  # fmt: skip
AT_ONCE = 16
WRITERS = 2
ROWS_A_BODY = 1000
# Each takes gigabytes without a limit that knows of functions.
GREEDY = [
    "SELECT length(repeat('x', 3000000000))",
    "SELECT list_distinct(range(50000000))[1]",
    "SELECT list_sort(range(50000000))[1]",
    "SELECT sum(length(repeat('x', (10000000 + i)::BIGINT))) FROM range(2000) t(i)",
    "SELECT damerau_levenshtein(repeat('ab', 10000), repeat('ba', 10000))",
    "SELECT len(string_split(repeat('a,', 100000000), ','))",
    "SELECT len(list_resize([1], 500000000))",
    "SELECT histogram('aaaaaaaaaaaaaaaaaaaaaaaa' || i::VARCHAR) FROM range(20000000) t(i)",
]
# Many small pieces, or large rows that are formatted: an error or an answer, whatever there is
# room for.
LARGE = [
    "SELECT repeat('x', 30000000 + i::INT) FROM range(20) t(i)",
    "SELECT list(i) FROM range(30000000) t(i)",
    "SELECT len(list_transform(range(3000000), lambda x: 'abcdefghijklmnopqrst' || x::VARCHAR))",
    "SELECT count(*) FROM (SELECT DISTINCT i % 3000000 FROM range(6000000) t(i))",
]


def resident_mib(server):
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) // 1024


@pytest.fixture(scope="module")
def is_counting():
    if b"duckdb_je_malloc" not in Path(find_binary()).read_bytes():
        pytest.skip("the allocator of this build is the sanitizer's")


@pytest.fixture
def server(is_counting, tmp_path):
    with ArcServer(tmp_path, SETTINGS) as own:
        yield own


class Writers:
    """Write without a pause while the `with` block runs; .statuses has every answer that was not
    204."""

    def __init__(self, server):
        self.server, self.statuses, self.row_count = server, [], 0
        self._lock, self._done = threading.Lock(), threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(n,)) for n in range(WRITERS)]

    def _run(self, number):
        at = 0
        while not self._done.is_set():
            at += 1
            lines = "\n".join(f"m,writer={number} v={i} {at * ROWS_A_BODY + i}"
                              for i in range(ROWS_A_BODY))
            answer = self.server.post("/write?db=default&precision=s", lines)
            with self._lock:
                if answer.status == 204:
                    self.row_count += ROWS_A_BODY
                else:
                    self.statuses.append((answer.status, answer.text))

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._done.set()
        for thread in self._threads:
            thread.join()


class Highest:
    """The most that `sample` gave while the `with` block ran."""

    def __init__(self, sample):
        self.value, self._sample, self._done = 0, sample, threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self):
        while not self._done.wait(0.01):
            self.value = max(self.value, self._sample())

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._done.set()
        self._thread.join()


def test_greedy_queries_fail_alone(server):
    server.write_lp("default", "m v=1 1", "s")
    errors = []
    with Writers(server) as writers, Highest(lambda: resident_mib(server)) as highest:
        for sql in GREEDY + LARGE:
            with ThreadPoolExecutor(AT_ONCE) as pool:
                answers = list(pool.map(server.query_answer, [sql] * AT_ONCE))
            statuses = {answer.status for answer in answers}
            print(f"{sql[:60]}: {statuses}, highest resident so far {highest.value} MiB")
            assert server.process.poll() is None, server.log()[-3000:]
            assert statuses <= ({413} if sql in GREEDY else {200, 413}), (sql, answers[0].text)
            errors += [answer.json()["error"] for answer in answers if answer.status == 413]
    # Others are known to be too large before they are computed.
    for_memory = [error for error in errors if "more memory than there is for queries" in error]
    assert len(for_memory) > AT_ONCE and all("ask for less at once" in e for e in for_memory)
    assert not writers.statuses, writers.statuses[:3]
    assert server.value("SELECT count(*) FROM m") == writers.row_count + 1
    metrics = server.metrics()
    print(f"peak {highest.value} MiB, refusals {metrics['arc_memory_refusals_total']:,.0f}, "
          f"rows {writers.row_count:,}")
    assert highest.value <= LIMIT_MIB
    assert metrics["arc_memory_refusals_total"] > 0
    assert metrics["arc_memory_queries_peak_bytes"] > 100 * MEBIBYTE
    assert "started anew" not in server.log(), "DuckDB's instance was lost"
    assert server.get("/health").json()["status"] == "ok"


def test_what_is_freed_goes_back_to_the_system(server):
    idle = resident_mib(server)
    columns = {f"v{n}": [i * 0.37 + n for i in range(100_000)] for n in range(10)}
    with Highest(lambda: resident_mib(server)) as highest:
        for number in range(20):
            columns["time"] = [number * 100_000 + i for i in range(100_000)]
            server.write_msgpack("default", {"m": "wide", "columns": columns})
        server.flush()
        for _ in range(3):
            server.query("SELECT v1, v2, count(*) FROM wide GROUP BY 1, 2 ORDER BY 1 LIMIT 3")
    assert highest.value > idle + 80, "two million times ten values of eight bytes"
    deadline = time.monotonic() + 60
    while resident_mib(server) > idle + 60 and time.monotonic() < deadline:
        time.sleep(0.1)
    print(f"resident {idle} MiB before, {highest.value} MiB at most, {resident_mib(server)} MiB "
          f"{60 - deadline + time.monotonic():.0f} s later")
    assert resident_mib(server) <= idle + 60


def test_shares_that_do_not_fit_are_refused(is_counting, tmp_path):
    settings = {"server.memory_limit": "1GB", "database.memory_limit": "900MB"}
    with pytest.raises(StartFailed, match=r"server.memory_limit \(1GB\) is less than its shares"):
        ArcServer(tmp_path, settings).start()


def test_every_library_allocates_where_it_is_counted(is_counting, tmp_path):
    """The dynamic linker finds our functions before those that libraries bring along."""
    binary = str(find_binary())
    done = subprocess.run(
        [binary, "version"], text=True, capture_output=True, check=True,
        env=clean_environment(tmp_path, {"LD_BIND_NOW": "1", "LD_DEBUG": "bindings"}),
    )  # fmt: skip
    binding = r"binding file (\S+) \[0\] to (\S+) \[0\]: \w+ symbol `([^']+)'"
    bound = re.findall(binding, done.stderr)
    ours = re.compile(r"(malloc|calloc|realloc|free|posix_memalign|aligned_alloc|_Zn[wa]\w+"
                      r"|_Zd[la]\w+|duckdb_je_(malloc|free|realloc))$")  # fmt: skip
    elsewhere = {(user, by, symbol) for user, by, symbol in bound
                 if ours.match(symbol) and by != binary}  # fmt: skip
    assert not elsewhere, elsewhere
    by_duckdb = {symbol for user, by, symbol in bound if "libduckdb" in user and by == binary}
    assert {"malloc", "free", "_Znwm", "_ZdlPv", "duckdb_je_malloc", "duckdb_je_free",
            "duckdb_je_realloc"} <= by_duckdb  # fmt: skip
    by_arrow = {symbol for user, by, symbol in bound if "libarrow" in user and by == binary}
    assert {"malloc", "free", "_Znwm", "_ZdlPv"} <= by_arrow
