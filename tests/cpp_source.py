"""Reads C++ just well enough for the tidy test: no preprocessor, no types."""

import re
from typing import NamedTuple

_NOT_CODE = re.compile(
    r'R"(?P<mark>[^(\s]*)\(.*?\)(?P=mark)"'  # raw string
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'"  # character, but not the ' in 10'000
    r"|//[^\n]*|/\*.*?\*/",
    re.DOTALL,
)
_SCOPE = re.compile(r"\b(namespace|class|struct|union|enum|extern)\b")


class Function(NamedTuple):
    name: str
    first_line: int
    line_count: int


def blanked(text):
    """The text without comments and the insides of strings, every line where it was."""

    def blank(match):
        newlines = "\n" * match[0].count("\n")
        return newlines if match[0].startswith("/") else f'""{newlines}'

    return _NOT_CODE.sub(blank, text)


def functions(text):
    """Blocks in the scope of a file, namespace or class that are no scope and no table."""
    code = re.sub(r"^\s*#.*$", "", blanked(text), flags=re.MULTILINE)
    found, scopes = [], []  # of each open brace: True when it opens a namespace or class
    start = line = 1
    header, function = "", None
    for character in code:
        if character == "\n":
            line += 1
        if character == "{":
            in_scope = all(scopes)
            opens_scope = in_scope and _opens_scope(header)
            if in_scope and not opens_scope and not _is_table(header):
                function = (len(scopes), header, start)
            scopes.append(opens_scope)
            header = ""
        elif character == "}":
            scopes.pop()
            if function and function[0] == len(scopes):
                found.append(Function(_name(function[1]), function[2], line - function[2] + 1))
                function = None
            header = ""
        elif character == ";":
            header = ""
        else:
            if not header.strip():
                start = line
            header += character
    return found


def _opens_scope(header):
    without_templates = re.sub(r"template\s*<[^<>]*(<[^<>]*>[^<>]*)*>", "", header)
    return bool(_SCOPE.search(without_templates)) and "(" not in re.sub(
        r"\b\w+\([^()]*\)", "", without_templates.split(":")[0]
    )


def _is_table(header):
    return bool(re.search(r"(?<!operator)(?<![=!<>])=\s*$", header.rstrip()))


def _name(header):
    match = re.search(r"([\w:~]+)\s*\(", header)
    return match[1] if match else header.strip()[:40]
