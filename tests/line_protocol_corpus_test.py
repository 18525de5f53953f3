"""The decoder against the decode cases of the Go module line-protocol/v2 v2.2.1: every one decided.

Each expected point is turned into the row that it becomes here, or into the rejection; each
expected error into the line that has to be rejected. Whatever goes another way than the module is
one of DIFFERENCES, which docs/line-protocol.md gives the reasons for. The cases are pinned, and so
is how many of them each difference touches: one more fails, and one less as well.
"""

import base64
import json
import os
import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from arc_server import find_binary

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "line-protocol.md"
CASE_COUNT = 6615
# Difference → how many cases it touches. A case may be touched by two.
DIFFERENCES = {
    "measurement names": 61,
    "unsigned integers": 8,
    "names equal but for case": 4,
    "the name time": 2,
    "escapes in strings": 3,
    "the server's time": 2,
    "tabs around a line": 3,
    "control characters": 3,
    "control characters in comments": 1,
}
# What the module refuses and we store: its message → the difference.
ACCEPTED_ERRORS = {
    r"invalid character '\\t' found at start of measurement name": "tabs around a line",
    r"found '\\x01'|got '\\x01' instead|but found '\\x01' instead": "control characters",
    r"invalid character found in comment line": "control characters in comments",
}
MEASUREMENT_NAME = re.compile(rb"[A-Za-z][A-Za-z0-9_-]{0,127}")
INTEGER_MAX = 2**63 - 1
NANOSECONDS = {"ns": 1, "us": 1_000, "ms": 1_000_000, "s": 1_000_000_000}
TYPES = {"int": "integer", "uint": "integer", "float": "float", "bool": "boolean",
         "string": "string"}  # fmt: skip


def as_bytes(text):
    return text.encode() if isinstance(text, str) else base64.b64decode(text["binary"])


class Case:
    def __init__(self, entry):
        self.key = entry["input"]["key"]
        self.body = as_bytes(entry["input"]["text"])
        self.precision = entry["input"]["precision"].removeprefix("1").replace("µ", "u")
        self.now = entry["input"]["defaultTime"]
        self.error = entry["output"].get("error")
        self.points = entry["output"].get("result", [])


def dump(cases):
    """What the decoder makes of each case; the decoder's slow twin must make the same of it."""
    tool = find_binary().parent / "src" / "data" / "ingest" / "line_protocol" / "line_protocol_dump"
    assert tool.is_file(), f"no {tool}: build the target line_protocol_dump"
    parts = []
    for case in cases:
        head = f"{case.precision} {case.now // 1000} {len(case.body)}\n"
        parts.append(head.encode() + case.body + b"\n")
    done = subprocess.run([tool], input=b"".join(parts), capture_output=True, check=True)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(cases)
    return answers


def stored_rows(answer):
    """The rows of an answer as (measurement, micros, {column: (type, value)})."""
    rows = []
    for row in answer["rows"]:
        cells = {
            bytes.fromhex(name): (kind, bytes.fromhex(value) if kind == "string" else value)
            for name, kind, value in row["cells"]
        }
        rows.append((bytes.fromhex(row["measurement"]), row["time"], cells))
    return rows


def rejected_lines(answer):
    return [(line, bytes.fromhex(message).decode()) for line, message in answer["rejections"]]


class Refused(Exception):
    """A point that is no row here: the difference, and words of the message that says so."""


def expected_time(case, point, seen):
    micros, now = point["time"] // 1000, case.now // 1000
    unit = NANOSECONDS[case.precision]
    if micros != now and point["time"] == case.now // unit * unit:
        seen.add("the server's time")
        return now
    return micros


def expected_value(case, value, seen):
    (kind, held), = value.items()  # fmt: skip
    if kind == "string":
        held = as_bytes(held)
        for control, escape in ((b"\n", b"\\n"), (b"\r", b"\\r"), (b"\t", b"\\t")):
            if control in held and control not in case.body:
                seen.add("escapes in strings")
                held = held.replace(control, escape)
    if kind == "uint" and held > INTEGER_MAX:
        raise Refused("unsigned integers", "is above 9223372036854775807")
    return TYPES[kind], float(held) if kind == "float" else held


def expected_row(case, point, seen):
    """The row that a point of the module becomes. Adds to `seen`, or raises Refused."""
    measurement = as_bytes(point["name"])
    if not MEASUREMENT_NAME.fullmatch(measurement):
        raise Refused("measurement names", "invalid measurement name")
    cells = {}
    pairs = [(tag["key"], {"string": tag["value"]}) for tag in point.get("tags", [])]
    pairs += [(field["key"], field["value"]) for field in point["fields"]]
    for key, value in pairs:
        name = as_bytes(key)
        if name.lower() == b"time":
            raise Refused("the name time", "reserved for the time of the row")
        if name.lower() in map(bytes.lower, cells):
            raise Refused("names equal but for case", "comes twice in one line")
        cells[name] = expected_value(case, value, seen)
    return measurement, expected_time(case, point, seen), cells


def decide_points(case, answer):
    """For a case that the module decodes: the differences, once rows and rejections are right."""
    seen, rows, reasons = set(), [], []
    for point in case.points:
        try:
            rows.append(expected_row(case, point, seen))
        except Refused as refused:
            difference, words = refused.args
            seen.add(difference)
            reasons.append(words)
    assert stored_rows(answer) == rows
    messages = [message for _, message in rejected_lines(answer)]
    assert len(messages) == len(reasons)
    for words, message in zip(reasons, messages, strict=True):
        assert words in message
    return seen


def decide_error(case, answer):
    """For a case that the module refuses at record N: the records before it are good, it is not."""
    rejections = rejected_lines(answer)
    if not rejections:
        found = [name for words, name in ACCEPTED_ERRORS.items() if re.search(words, case.error)]
        assert len(found) == 1, "stored, but the module refuses it"
        return set(found)
    good_count = int(re.match(r"cannot get metric (\d+)", case.error)[1])
    place = re.search(r"at line (\d+):", case.error)
    seen = set()
    lines = [row["line"] for row in answer["rows"]]
    for nth, (line, message) in enumerate(rejections):
        if sum(stored < line for stored in lines) + nth == good_count:
            assert place is None or int(place[1]) == line
            return seen
        assert "invalid measurement name" in message, "rejected, but the module decodes it"
        seen.add("measurement names")
    raise AssertionError("the record that the module refuses is stored")


@pytest.fixture(scope="module")
def cases():
    dependencies = os.environ.get("ARC_DEPS_DIR") or Path.home() / ".cache" / "arc-deps"
    folder = Path(dependencies) / "line-protocol-2.2.1"
    assert (folder / ".complete").exists(), f"no cases in {folder}: run ./dev setup"
    corpus = json.loads((folder / "corpus.json").read_text(encoding="utf-8"))
    return [Case(corpus["decode"][key]) for key in sorted(corpus["decode"])]


def test_every_case_is_decided(cases):
    assert len(cases) == CASE_COUNT
    touched, complaints, alike = Counter(), [], 0
    for case, answer in zip(cases, dump(cases), strict=True):
        try:
            assert not answer["twin"], bytes.fromhex(answer["twin"]).decode()
            decide = decide_points if case.error is None else decide_error
            seen = decide(case, answer)
        except AssertionError as complaint:
            complaints.append(f"{case.key}: {case.body!r}: {complaint}")
            continue
        touched.update(seen)
        alike += not seen
    assert not complaints, "\n".join([f"{len(complaints)} cases differ:", *complaints[:20]])
    assert dict(touched) == DIFFERENCES
    words = DOCUMENT.read_text(encoding="utf-8")
    assert f"{alike:,} of {CASE_COUNT:,} cases" in words


def test_every_difference_has_its_reason_in_the_document():
    words = DOCUMENT.read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([^|]+) \| (\d+) \|", words, re.MULTILINE)
    assert {name.strip(): int(count) for name, count in rows} == DIFFERENCES
