"""Runs http/*.txt; README.md describes their format."""

import gzip
import itertools
import json
import re
from pathlib import Path
from typing import NamedTuple

import msgpack
import pytest
import zstandard

FILES = sorted((Path(__file__).parent / "http").glob("*.txt"))


class Case(NamedTuple):
    place: str  # file and line
    name: str
    method: str
    path: str
    headers: dict
    body_steps: list
    body: str
    status: int
    expected_headers: dict
    expected_body: str


def read_cases(file, database):
    text = file.read_text().replace("{db}", database)
    lines = [line for line in enumerate(text.splitlines(), 1) if not line[1].startswith("#")]
    starts = [i for i, (_, line) in enumerate(lines) if line.startswith("== ")]
    return [read_case(file.name, lines[a:b]) for a, b in itertools.pairwise(starts + [len(lines)])]


def read_case(file_name, numbered_lines):
    number, title = numbered_lines[0]
    place = f"{file_name}:{number}"
    lines = [line for _, line in numbered_lines[1:]]
    arrow = next((i for i, line in enumerate(lines) if line.startswith("--> ")), None)
    assert arrow is not None, f"{place}: no line with -->"
    method, path = lines[0].split(" ", 1)
    headers, body = head_and_body(lines[1:arrow])
    expected_headers, expected_body = head_and_body(lines[arrow + 1 :])
    body_steps = headers.pop("@body", "").split()
    status = int(lines[arrow].removeprefix("--> "))
    return Case(
        place, title[3:], method, path, headers, body_steps, body, status, expected_headers,
        expected_body,
    )


def head_and_body(lines):
    end = lines.index("") if "" in lines else len(lines)
    headers = dict(line.split(": ", 1) for line in lines[:end])
    return headers, "\n".join(lines[end + 1 :]).strip("\n")


def from_json(value):
    """JSON, and what it lacks."""
    if isinstance(value, list):
        return [from_json(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "$bytes" in value:
        return bytes.fromhex(value["$bytes"])
    return float("nan") if "$nan" in value else {k: from_json(v) for k, v in value.items()}


def encode_body(case):
    """The bytes to send, and the headers that belong to them."""
    body, headers = case.body.encode(), {}
    steps = iter(case.body_steps)
    for step in steps:
        if step == "msgpack":
            body = msgpack.packb(from_json(json.loads(body)))
        elif step == "hex":
            body = bytes.fromhex(body.decode())
        elif step == "gzip":
            body = gzip.compress(body)
        elif step == "zstd":
            body = zstandard.compress(body)
        elif step == "multipart":
            part = f'Content-Disposition: form-data; name="file"; filename="{next(steps)}"\r\n\r\n'
            body = b"--edge\r\n" + part.encode() + body + b"\r\n--edge--\r\n"
            headers["Content-Type"] = "multipart/form-data; boundary=edge"
        else:
            raise AssertionError(f"{case.place}: unknown step {step!r} in @body")
    return body, headers


def mismatch(expected, found, where="body"):
    """None, or where a JSON value is not as expected."""
    if expected == "*":
        return None
    if isinstance(expected, str) and expected.startswith("~"):
        matches = isinstance(found, str) and re.search(expected[1:].strip(), found, re.DOTALL)
        return None if matches else f"{where}: {found!r} does not match {expected[1:]!r}"
    if isinstance(expected, dict) and isinstance(found, dict):
        expected = dict(expected)
        if expected.pop("...", None) is None and expected.keys() != found.keys():
            return f"{where}: keys {sorted(found)}, expected {sorted(expected)}"
        pairs = [(key, value, found.get(key, "<missing>")) for key, value in expected.items()]
    elif isinstance(expected, list) and isinstance(found, list):
        if len(expected) != len(found):
            return f"{where}: {len(found)} elements, expected {len(expected)}: {found}"
        pairs = [(i, *both) for i, both in enumerate(zip(expected, found))]
    else:
        same = expected == found and isinstance(expected, bool) == isinstance(found, bool)
        return None if same else f"{where}: {found!r}, expected {expected!r}"
    inner = (mismatch(value, other, f"{where}.{key}") for key, value, other in pairs)
    return next(filter(None, inner), None)


def problem(case, answer):
    """None, or in what the answer differs."""
    if answer.status != case.status:
        return f"status {answer.status}, expected {case.status}: {answer.text[:500]}"
    for name, value in case.expected_headers.items():
        found = answer.headers.get(name.lower())
        if found is None or value not in ("*", found):
            return f"header {name}: {found!r}, expected {value!r}"
    if case.status == 204 and answer.body:
        return f"a body, in an answer without content: {answer.text[:500]}"
    if not case.expected_body:
        return None
    if case.expected_body[0] in "{[":
        return mismatch(json.loads(case.expected_body), answer.json())
    return mismatch(case.expected_body, answer.text)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_http_cases(file, server, database):
    problems = []
    cases = read_cases(file, database)
    assert cases, f"no case in {file}"
    for case in cases:
        body, headers = encode_body(case)
        answer = server.request(case.method, case.path, body, {**headers, **case.headers})
        found = problem(case, answer)
        if found:
            problems.append(f"{case.place} {case.name}: {found}")
    assert not problems, "\n" + "\n".join(problems)


def test_cases_exist():
    assert len(FILES) >= 5
