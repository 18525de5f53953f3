"""Runs sql/*.txt; README.md describes their format."""

import re
from pathlib import Path
from typing import NamedTuple

import pytest

FILES = sorted((Path(__file__).parent / "sql").glob("*.txt"))
KINDS = ("write", "query", "error")


class Section(NamedTuple):
    place: str  # file and line
    kind: str
    argument: str
    text: str  # before ----
    expected: list  # the lines behind it


def read_sections(file, database):
    """Sections are separated by empty lines."""
    lines = file.read_text().replace("{db}", database).splitlines() + [""]
    sections, start = [], None
    for number, line in enumerate(lines, 1):
        if line.startswith("#"):
            continue
        if line and start is None:
            start, block = number, []
        if line:
            block.append(line)
        elif start is not None:
            sections.append(read_section(f"{file.name}:{start}", block))
            start = None
    return sections


def read_section(place, block):
    kind, _, argument = block[0].partition(" ")
    assert kind in KINDS, f"{place}: {kind!r} is none of {KINDS}"
    content = block[1:]
    end = content.index("----") if "----" in content else len(content)
    assert kind == "write" or end < len(content), f"{place}: no ----"
    return Section(place, kind, argument, "\n".join(content[:end]), content[end + 1 :])


def value_text(value):
    """A number as a number, a string that looks like one in quotes."""
    if value is None or isinstance(value, bool):
        return {None: "NULL", True: "true", False: "false"}[value]
    return f"'{value}'" if isinstance(value, str) and is_number(value) else str(value)


def is_number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True


def value_matches(expected, value):
    found = value_text(value)
    if expected.startswith("~"):
        return re.search(expected[1:].strip(), found, re.DOTALL) is not None
    if is_number(expected) and is_number(found):
        return float(expected) == float(found)
    return expected in ("*", found)


def rows_problem(section, columns, rows):
    """None, or the two tables."""
    expected = [[cell.strip() for cell in line.split(" | ")] for line in section.expected]
    found = [columns] + rows
    same = len(expected) == len(found) and all(
        len(row) == len(other) and all(map(value_matches, row, other))
        for row, other in zip(expected, found)
    )
    if same:
        return None
    shown = ["  " + " | ".join(map(value_text, row)) for row in found]
    return "\n".join(["found:", *shown, "expected:", *("  " + line for line in section.expected)])


def status_matches(expected, status):
    return status // 100 == int(expected[0]) if expected.endswith("xx") else status == int(expected)


def error_problem(section, answer):
    if not status_matches(section.argument or "4xx", answer.status):
        return f"status {answer.status}: {answer.text[:500]}"
    content = answer.json()
    if content.get("success") is not False or content.get("data"):
        return f"not the shape of a failed query: {answer.text[:500]}"
    if not re.search(section.expected[0], content["error"], re.DOTALL):
        return f"message {content['error']!r}"
    return None


def run_query(server, database, section):
    # Of an error it is the status.
    asked = database if section.kind == "error" else section.argument or database
    answer = server.query_answer(section.text, None if asked == "-" else asked)
    if section.kind == "error":
        return error_problem(section, answer)
    if answer.status != 200:
        return f"status {answer.status}: {answer.text[:500]}"
    content = answer.json()
    return rows_problem(section, content["columns"], content["data"])


@pytest.mark.parametrize("rows_are", ["in_memory", "in_files"])
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_sql_cases(file, rows_are, server, database):
    problems = []
    sections = read_sections(file, database)
    assert sections, f"no section in {file}"
    for section in sections:
        if section.kind == "write":
            server.write_lp(database, section.text, section.argument or "ns")
            if rows_are == "in_files":
                server.flush()
            continue
        found = run_query(server, database, section)
        if found:
            problems.append(f"{section.place} {section.text}\n{found}")
    assert not problems, "\n" + "\n\n".join(problems)


def test_cases_exist():
    assert len(FILES) >= 5
