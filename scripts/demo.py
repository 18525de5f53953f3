"""./dev demo: starts a server on an empty folder, brings real data in, asks questions of it."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPOSITORY / "tests"))

from arc_server import ArcServer, find_binary  # noqa: E402
from demo_data import DATABASE, Originals  # noqa: E402
from demo_questions import QUESTIONS  # noqa: E402

SHOWN_ROWS_MAX = 24
HAS_COLOURS = sys.stdout.isatty() and "NO_COLOR" not in os.environ


def styled(code, text):
    return f"\033[{code}m{text}\033[0m" if HAS_COLOURS else text


def bold(text):
    return styled("1", text)


def dim(text):
    return styled("2", text)


def say(text=""):
    print(text, flush=True)


def is_number(value):
    return isinstance(value, (int, float))


def shown(value, decimals):
    if value is None:
        return ""
    if is_number(value):
        return f"{value:,.{decimals}f}"
    return value[:10] if value.endswith("T00:00:00Z") else value  # a day


def decimals_of(column):
    """As many as the longest fraction of a column has, at most two."""
    fractions = (str(value).partition(".")[2] for value in column if isinstance(value, float))
    return min(2, max(map(len, fractions), default=0))


def table_lines(columns, rows):
    """Numbers to the right, the rest to the left."""
    by_column = list(zip(*rows[:SHOWN_ROWS_MAX]))
    decimals = [decimals_of(column) for column in by_column]
    texts = [[shown(v, d) for v in column] for column, d in zip(by_column, decimals)]
    widths = [max(map(len, (name, *column))) for name, column in zip(columns, texts)]
    is_right = [all(v is None or is_number(v) for v in column) for column in by_column]

    def line(cells):
        padded = zip(cells, widths, is_right)
        return "  ".join(t.rjust(w) if right else t.ljust(w) for t, w, right in padded).rstrip()

    yield bold(line(columns))
    yield dim("  ".join("─" * width for width in widths))
    yield from map(line, zip(*texts))
    if len(rows) > SHOWN_ROWS_MAX:
        yield dim(f"... {len(rows):,} rows in all")


def import_file(server, file):
    say(bold(f"arc import {file.path.name} --measurement {file.measurement}"))
    command = [str(server.binary), "import", str(file.path), "--database", DATABASE]
    command += ["--measurement", file.measurement, "--time-column", file.time_column]
    # Its output is not captured: on a terminal it shows a progress bar.
    subprocess.run(command + ["--url", server.url], check=True)


def write_weather(server, originals):
    say(bold(f"POST /api/v1/write/line-protocol ({originals.weather.name})"))
    started, written = time.monotonic(), 0
    for line_count, body in originals.weather_bodies():
        server.write_lp(DATABASE, body, "s")
        written += line_count
    seconds = time.monotonic() - started
    say(f"{written:,} lines, {seconds * 1000:,.0f} ms, {written / seconds:,.0f} lines/s")


def bring_in(server, originals):
    for file in originals.imports():
        import_file(server, file)
    write_weather(server, originals)


def ask(server, number, question):
    started = time.monotonic()
    columns, rows = server.query(question.sql, DATABASE)
    milliseconds = (time.monotonic() - started) * 1000
    if not rows:
        raise RuntimeError(f"no answer to: {question.text}")
    say(f"\n{bold(f'{number}. {question.text}')}  {dim(f'{milliseconds:,.1f} ms')}")
    for line in table_lines(columns, rows):
        say("   " + line)


def find_data():
    dependencies = os.environ.get("ARC_DEPS_DIR") or Path.home() / ".cache" / "arc-deps"
    return Path(dependencies) / "data-1"


def main():
    os.environ.setdefault("ARC_BINARY", str(REPOSITORY / "build" / "release" / "arc"))
    with tempfile.TemporaryDirectory(prefix="arc-demo-") as scratch:
        originals = Originals(find_data(), Path(scratch))
        with ArcServer(Path(scratch) / "server") as server:
            say(f"{find_binary().name} serves {server.url}, data in {server.data_directory}\n")
            started = time.monotonic()
            bring_in(server, originals)
            say(dim(f"\neverything is in after {time.monotonic() - started:.1f} s"))
            for number, question in enumerate(QUESTIONS, 1):
                ask(server, number, question)
            rows = sum(server.value(f"SELECT count(*) FROM {t}", DATABASE)
                       for t in ("us_flights", "seattle", "nyc_flights", "weather"))  # fmt: skip
            say(dim(f"\n{rows:,} rows, {len(QUESTIONS)} questions; the server stops"))


if __name__ == "__main__":
    try:
        main()
    except Exception as failure:  # noqa: BLE001: the last place that can say it nicely
        sys.exit(f"demo: {failure}")
