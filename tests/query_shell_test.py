"""`arc query` on a terminal: statements, commands, history, and Ctrl-C."""

import os
import pty
import re
import select
import signal
import stat
import time

import pytest

from arc_server import clean_environment, find_binary

ESCAPES = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]|\x1b[()][A-Z0-9]|\x1b[=>]")
SECONDS_MAX = 30


class Terminal:
    """A process on a pseudo-terminal of its own."""

    def __init__(self, folder, *arguments, environment=None):
        variables = clean_environment(folder, {"TERM": "vt100", **(environment or {})})
        self.seen = b""
        self.pid, self.descriptor = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            binary = str(find_binary())
            os.execve(binary, [binary, *map(str, arguments)], variables)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.descriptor)

    def type(self, text):
        os.write(self.descriptor, text.encode())

    def read_until(self, pattern):
        """What came up to the match of the pattern; the rest is kept."""
        deadline = time.monotonic() + SECONDS_MAX
        while True:
            text = ESCAPES.sub(b"", self.seen).decode(errors="replace").replace("\r", "")
            found = re.search(pattern, text)
            if found:
                self.seen = text[found.end():].encode()
                return text[: found.end()]
            assert time.monotonic() < deadline, f"no {pattern!r} in {text!r}"
            if select.select([self.descriptor], [], [], 0.1)[0]:
                try:
                    self.seen += os.read(self.descriptor, 65536)
                except OSError:  # the process has ended
                    assert re.search(pattern, text), f"ended without {pattern!r}: {text!r}"

    def exit_code(self):
        deadline = time.monotonic() + SECONDS_MAX
        while time.monotonic() < deadline:
            if select.select([self.descriptor], [], [], 0.05)[0]:
                try:
                    os.read(self.descriptor, 65536)
                except OSError:
                    pass
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.pid = None
                return os.waitstatus_to_exitcode(status)
        raise AssertionError("still running")


@pytest.fixture
def filled(server, database):
    server.write_lp(database, "cpu,host=ä v=1.5,n=7i 1\nmem free=2 1", "s")
    return database


@pytest.fixture
def shell(server, filled, tmp_path):
    with Terminal(tmp_path, "query", "--url", server.url, "-d", filled) as terminal:
        terminal.read_until(f"{filled}=> ")
        yield terminal


def test_statements_and_commands(shell, filled):
    shell.type("SELECT host,\n")
    shell.read_until(f"{filled}-> ")
    shell.type("v FROM cpu;\n")
    assert "1.5" in shell.read_until(r"\(1 row, [^)]*\)\n")
    shell.type("\\d\n")
    listed = shell.read_until(r"\(2 rows, [^)]*\)\n")
    assert "cpu" in listed and "mem" in listed
    shell.type("\\d cpu\n")
    columns = shell.read_until(r"\(4 rows, [^)]*\)\n")
    assert "TIMESTAMP WITH TIME ZONE" in columns and "BIGINT" in columns
    shell.type("\\l\n")
    assert filled in shell.read_until(r"rows?, [^)]*\)\n")
    shell.type("\\timing\n\\x\nSELECT n FROM cpu;\n")
    shell.read_until(r"-\[ row 1 \]-\nn \| 7\n")
    shell.read_until(r"Time: [\d.]+ m?s\n")
    shell.type("\\x\n\\format csv\nSELECT n, host FROM cpu;\n")
    shell.read_until("n,host\n7,ä\n")
    shell.type("\\c nowhere\n")
    shell.read_until("no database nowhere")
    shell.type("\\c default\n")
    shell.read_until("default=> ")
    shell.type("SELECT nonsense;\n")
    shell.read_until("nonsense[^\n]*\n(.*\n)*.*default=> ")
    shell.type("\\q\n")
    assert shell.exit_code() == 0


def test_the_end_of_input_leaves(shell):
    shell.type("\x04")
    assert shell.exit_code() == 0


def test_letters_of_more_than_a_byte(shell, filled):
    shell.type("SELECT v FROM cpu WHERE host = 'äö'\x7f\x7f';\n")
    shell.read_until(r"1\.5\n")


def test_ctrl_c_at_the_prompt_forgets_the_line(shell, filled):
    shell.type("SELECT something\n")
    shell.read_until(f"{filled}-> ")
    shell.type("that is not\x03")
    shell.read_until(f"\\^C\n{filled}=> ")
    shell.type("SELECT 6 * 7 AS answer;\n")
    shell.read_until("42")
    shell.type("\\q\n")
    assert shell.exit_code() == 0


SLOW = "SELECT count(*) FROM range(100000000) a, range(100000) b WHERE a.range % 7 = b.range % 5;"


def test_ctrl_c_cancels_the_query_and_the_server_notices(shell, server, filled):
    def running():
        listed = server.get("/api/v1/queries/active").json()
        return any("100000000" in str(query) for query in listed.get("queries", listed))

    shell.type(SLOW + "\n")
    deadline = time.monotonic() + SECONDS_MAX
    while not running():
        assert time.monotonic() < deadline, "it never ran"
        time.sleep(0.05)
    shell.type("\x03")
    shell.read_until(f"cancelled\n{filled}=> ")
    while running():
        assert time.monotonic() < deadline, "it still runs"
        time.sleep(0.05)
    shell.type("SELECT 6 * 7 AS answer;\n")
    shell.read_until("42")


@pytest.mark.parametrize("state", [True, False], ids=["XDG_STATE_HOME", "HOME"])
def test_history_is_kept_for_its_owner_only(server, database, tmp_path, state):
    environment = {"XDG_STATE_HOME": str(tmp_path / "state")} if state else {}
    folder = tmp_path / "state" if state else tmp_path / ".local" / "state"

    def session():
        return Terminal(tmp_path, "query", "--url", server.url, environment=environment)

    with session() as terminal:
        terminal.read_until("=> ")
        terminal.type("SELECT 40 +\n2 AS answer;\n")
        terminal.read_until(r"\(1 row")
        terminal.type("\\q\n")
        assert terminal.exit_code() == 0
    history = folder / "arc" / "query_history"
    assert stat.S_IMODE(history.stat().st_mode) == 0o600
    assert stat.S_IMODE(history.parent.stat().st_mode) == 0o700
    with session() as terminal:
        terminal.read_until("=> ")
        terminal.type("\x1b[A\x1b[A\n")  # two lines up: before \q
        assert "42" in terminal.read_until(r"\(1 row")


def test_no_place_for_a_history_is_told(server, tmp_path):
    (tmp_path / "file").write_text("")
    environment = {"XDG_STATE_HOME": str(tmp_path / "file")}
    with Terminal(tmp_path, "query", "--url", server.url, environment=environment) as terminal:
        terminal.read_until("no history is kept: .*\n(.*\n)*.*=> ")
        terminal.type("SELECT 6 * 7 AS answer;\n")
        terminal.read_until("42")
