"""Keeps the house: what goes where, how long things are, and what they are called."""

import re
from pathlib import Path

import pytest

from cpp_source import blanked, functions

REPOSITORY = Path(__file__).resolve().parent.parent
SRC = REPOSITORY / "src"
SOURCES = sorted(path for path in SRC.rglob("*") if path.suffix in (".cc", ".h"))
FOLDERS = sorted(path.name for path in SRC.iterdir() if path.is_dir())
PYTHON = sorted(
    path for folder in ("tests", "scripts", "bench") for path in (REPOSITORY / folder).rglob("*.py")
)

# Folder → what it may include besides itself. It points one way: nobody is above itself.
MAY_INCLUDE = {
    "base": set(),
    "memory": {"base"},
    "fs": {"base"},
    "sqlite": {"base", "fs"},
    "tls": {"base", "fs"},
    "model": {"base"},
    "testing": {"base", "fs", "model"},
    "ingest": {"base", "model"},
    "auth": {"base", "fs", "sqlite"},
    "audit": {"base", "fs"},
    "wal": {"base", "fs", "model"},
    "inventory": {"base", "fs", "model", "wal"},
    "buffer": {"base", "model"},
    "catalog": {"base", "fs", "sqlite", "model"},
    "integrity": {"base", "fs", "catalog"},
    "storage": {"base", "fs", "model", "buffer", "catalog", "integrity"},
    "engine": {"base", "memory", "fs", "model", "auth", "buffer", "catalog", "integrity"},
    "write": {"base", "model", "wal", "buffer", "catalog"},
    "format": {"base", "fs", "engine"},
    "query": {"base", "memory", "model", "auth", "buffer", "catalog", "engine"},
    "http": {"base", "fs", "tls", "auth"},
    "api": {"base", "fs", "model", "auth", "audit", "buffer", "catalog", "ingest", "storage",
            "write", "engine", "format", "query", "http", "integrity"},
    "config": {"base"},
    "cli": {"base", "fs", "tls", "model", "wal", "config"},
    "server": {"base", "memory", "fs", "tls", "model", "auth", "audit", "wal", "inventory",
               "buffer",
               "catalog", "integrity", "storage", "engine", "write", "format", "query", "http",
               "api",
               "config"},
}  # fmt: skip
# What main.cc, which lies in no folder, may include.
MAIN_MAY_INCLUDE = {"base", "cli", "config", "engine", "memory", "server"}

# Library → the only folders that know it.
LIBRARY_FOLDERS = {
    "duckdb": {"engine"},
    "arrow": {"format", "storage"},
    "parquet": {"format", "storage"},
    "sqlite3": {"sqlite"},
    "boost": {"base", "api", "audit", "http", "cli"},
    "CLI": {"cli"},
    "toml++": {"config"},
    "spdlog": {"base"},
    "libdeflate": {"ingest"},
    "openssl": {"auth", "http", "tls"},
    "histedit.h": {"cli"},
    "jemalloc": {"memory"},
}
# In tests these may be used as well.
LIBRARY_FOLDERS_IN_TESTS = {
    "duckdb": {"memory"},
    "arrow": {"engine"}, "parquet": {"engine"}, "sqlite3": {"catalog", "storage"},
    "boost": {"auth", "engine", "model"},
}  # fmt: skip

CHANGES_THE_DISK = re.compile(
    r"\b(ofstream|fopen|fsync|fdatasync|syncfs|creat|mkstemp|mkdir|unlink)\b"
    r"|(?<!\w)::(open|openat|write|pwrite|rename|remove|ftruncate)\s*\("
    r"|\bfilesystem::(rename|remove|remove_all|create_director\w+|copy\w*|resize_file)\b"
)
BANNED_WORDS = ("utils", "util", "helpers", "helper", "common", "misc", "manager")
# Fakes and fixtures beside the tests that use them count as tests.
TEST_NAME = re.compile(r"_(test|bench|fuzz|reference|fixture)(_|$)|^(fake|faulty|temporary|test)_")
LINE_COLUMNS_MAX = 100
FUNCTION_LINES_MAX = 70
README_LINES_MAX = 15
# "file: function" → lines. Old ones that may stay but not grow; new ones are not added.
LONG_FUNCTIONS = {}


def folder_of(path):
    relative = path.relative_to(SRC)
    return relative.parts[0] if len(relative.parts) > 1 else ""


def is_test(path):
    return folder_of(path) == "testing" or bool(TEST_NAME.search(path.stem))


def shown(path, line=None):
    place = path.relative_to(REPOSITORY)
    return f"{place}:{line}" if line else str(place)


def includes(path):
    """(line number, what is included)"""
    for number, line in enumerate(path.read_text().splitlines(), 1):
        match = re.match(r'\s*#\s*include\s+[<"]([^>"]+)[>"]', line)
        if match:
            yield number, match[1]


TARGETS = {path.parent: path.read_text() for path in SRC.rglob("CMakeLists.txt")}
INCLUDED = {included for path in SOURCES for _, included in includes(path)}


def check(problems):
    problems = list(problems)
    assert not problems, "\n" + "\n".join(problems)


def test_there_are_sources():
    assert len(SOURCES) > 100 and set(FOLDERS) == set(MAY_INCLUDE)


def test_the_direction_of_includes_has_no_circle():
    seen = set()
    for folder, allowed in MAY_INCLUDE.items():
        assert allowed <= seen, f"{folder} comes before {sorted(allowed - seen)}"
        seen.add(folder)


def include_problems():
    for path in SOURCES:
        folder = folder_of(path)
        allowed = MAY_INCLUDE[folder] | {folder} if folder else MAIN_MAY_INCLUDE
        allowed = allowed | {"testing"} if is_test(path) else allowed
        for line, included in includes(path):
            target, slash, _ = included.partition("/")  # <memory> is the library's
            if slash and target in MAY_INCLUDE and target not in allowed:
                yield f"{shown(path, line)}: {folder or 'main.cc'} may not include {included}"


def test_includes_point_one_way():
    check(include_problems())


def library_problems():
    for path in SOURCES:
        for line, included in includes(path):
            library = re.split(r"[/.]", included)[0]
            allowed = LIBRARY_FOLDERS.get(library)
            if is_test(path) and allowed:
                allowed = allowed | LIBRARY_FOLDERS_IN_TESTS.get(library, set())
            if allowed and folder_of(path) not in allowed:
                yield f"{shown(path, line)}: only {sorted(allowed)} may include {included}"


def test_libraries_stay_in_their_folders():
    check(library_problems())


def disk_problems():
    for path in SOURCES:
        if folder_of(path) == "fs" or is_test(path):
            continue
        for number, line in enumerate(blanked(path.read_text()).splitlines(), 1):
            match = CHANGES_THE_DISK.search(line)
            if match:
                yield f"{shown(path, number)}: only fs/ may call {match[0]}"


def test_only_fs_changes_the_disk():
    check(disk_problems())


def unlisted_sources():
    for path in SOURCES:
        if path.suffix == ".cc":
            # Those of its own folders; main.cc may be anybody's.
            texts = [text for folder, text in TARGETS.items() if folder in path.parents]
            texts = texts if folder_of(path) else TARGETS.values()
            name = re.compile(rf"(?<![\w-]){re.escape(path.name)}\b")
            if not any(name.search(text) for text in texts):
                yield f"{shown(path)} is in no CMakeLists.txt"
        elif path.relative_to(SRC).as_posix() not in INCLUDED:
            yield f"{shown(path)} is included nowhere"


def test_every_thread_has_an_answer_to_an_exception():
    """std::thread ends the process on one; base/thread.h does not."""
    name = re.compile(r"\bstd::j?thread\b(?!::)")
    allowed = ("src/base/thread.h", "src/base/thread.cc")
    check(f"{shown(path, number)}: use Thread of base/thread.h"
          for path in SOURCES if not is_test(path) and shown(path) not in allowed
          for number, line in enumerate(path.read_text().splitlines(), 1)
          if name.search(line.partition("//")[0]))


def test_every_source_is_part_of_a_target():
    check(unlisted_sources())


def test_the_folder_table_of_the_architecture_is_what_is_there():
    text = (REPOSITORY / "ARCHITECTURE.md").read_text()
    listed = re.findall(r"^\| `(\w+)/` \|", text, re.MULTILINE)
    assert sorted(listed) == FOLDERS
    for position, folder in enumerate(listed):
        below = MAY_INCLUDE[folder] - set(listed[:position])
        assert not below, f"{folder} uses {below}, listed below it"


def test_every_folder_has_a_short_readme():
    readmes = {folder: SRC / folder / "README.md" for folder in FOLDERS}
    check(f"src/{folder}/README.md is missing" for folder, p in readmes.items() if not p.exists())
    lengths = {folder: len(path.read_text().splitlines()) for folder, path in readmes.items()}
    check(f"src/{f}/README.md has {n} lines" for f, n in lengths.items() if n > README_LINES_MAX)


def test_no_name_that_says_nothing():
    words = {path: re.split(r"[_.-]", path.name.lower()) for path in SRC.rglob("*")}
    words |= {path: re.split(r"[_.-]", path.name.lower()) for path in PYTHON}
    check(shown(path) for path, parts in words.items() if set(parts) & set(BANNED_WORDS))


def test_lines_are_short():
    for path in SOURCES + PYTHON:
        lines = enumerate(path.read_text().splitlines(), 1)
        check(shown(path, n) for n, line in lines if len(line) > LINE_COLUMNS_MAX)


def test_the_reader_of_functions():
    text = """namespace a {
    int x[] = {1,
               2};
    int f(int y) {  // }
      if (y) { return '{'; }
      return R"(} ";
    )"; }
    struct S : T<int> { S() : b{1} {
      g(); }
    };
    }"""
    found = [(function.name, function.line_count) for function in functions(text)]
    assert found == [("f", 4), ("S", 1), ("", 2)]


def test_functions_are_short():
    lengths = {
        f"{shown(path)}: {function.name}": function.line_count
        for path in SOURCES
        for function in functions(path.read_text())
    }
    assert len(lengths) > 500, "functions are not found any more"
    check(
        f"{name} has {lines} lines"
        for name, lines in lengths.items()
        if lines > LONG_FUNCTIONS.get(name, FUNCTION_LINES_MAX)
    )
    outdated = {name: lines for name, lines in LONG_FUNCTIONS.items() if lengths.get(name) != lines}
    assert not outdated, f"shorter or gone: change LONG_FUNCTIONS: {outdated}"


@pytest.mark.parametrize("mark", ["TO" + "DO", "FIX" + "ME", "X" * 3 + ":", "HA" + "CK"])
def test_nothing_is_left_for_later(mark):
    pattern = re.compile(rf"\b{mark}")
    files = SOURCES + PYTHON
    check(shown(path) for path in files if pattern.search(path.read_text()))


def test_headers_are_included_once():
    headers = [path for path in SOURCES if path.suffix == ".h"]
    check(shown(path) for path in headers if "\n#pragma once\n" not in "\n" + path.read_text())


def test_every_fuzzer_has_seeds():
    fuzzers = {path.name.removesuffix("_fuzz.cc") for path in REPOSITORY.glob("fuzz/*_fuzz.cc")}
    assert fuzzers
    assert fuzzers == {path.parent.name for path in REPOSITORY.glob("fuzz/seeds/*/*")}
