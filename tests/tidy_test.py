"""Keeps the house: what goes where, how long things are, and what they are called."""

import re
from http import HTTPStatus
from pathlib import Path

import pytest

from cpp_source import blanked, functions

REPOSITORY = Path(__file__).resolve().parent.parent
SRC = REPOSITORY / "src"
SOURCES = sorted(path for path in SRC.rglob("*") if path.suffix in (".cc", ".h"))
PYTHON = sorted(
    path for folder in ("tests", "scripts", "bench") for path in (REPOSITORY / folder).rglob("*.py")
)

# The house: floor → folder → the other folders that it may include. Both are listed from below: a
# folder includes what stands above it in this table, never what stands below it.
FLOORS = {
    "foundation": {
        "base": set(),
        "text": {"base"},
        "time": {"base", "text"},
        "memory": {"base"},
        "fs": {"base"},
        "sqlite": {"base", "fs"},
        "tls": {"base", "time", "fs"},
        "model": {"base", "text", "time"},
        "testing": {"base", "time", "fs", "model"},
    },
    "access": {
        "auth": {"base", "text", "time", "fs", "sqlite"},
        "audit": {"base", "text", "time", "fs"},
    },
    "data": {
        "ingest": {"base", "text", "model"},
        "wal": {"base", "time", "fs", "model"},
        "buffer": {"base", "time", "model"},
        "catalog": {"base", "time", "fs", "sqlite", "model"},
        "integrity": {"base", "time", "fs", "catalog"},
        "inventory": {"base", "time", "fs", "wal"},
        "encoding": {"base", "text", "time", "fs", "model", "buffer", "catalog", "integrity"},
        "files": {"base", "time", "fs", "model", "buffer", "catalog", "encoding"},
        "flush": {"base", "time", "model", "buffer", "files"},
        "imports": {"base", "text", "fs", "model", "ingest", "buffer", "catalog", "encoding",
                    "files"},
        "adoption": {"base", "text", "fs", "model", "buffer", "catalog", "integrity", "encoding",
                     "files", "imports"},
        "write": {"base", "time", "model", "wal", "buffer", "catalog"},
        "store": {"base", "time", "fs", "model", "wal", "buffer", "catalog", "inventory",
                  "encoding", "files", "flush", "imports", "write"},
        "offline": {"base", "time", "fs", "model", "wal", "catalog", "integrity", "inventory",
                    "encoding", "files", "adoption", "store"},
    },
    "query": {
        "engine": {"base", "memory", "fs", "model", "buffer", "catalog", "integrity"},
        "format": {"base", "text", "time", "fs", "engine"},
        "execution": {"base", "text", "time", "memory", "model", "auth", "buffer", "catalog",
                      "engine"},
    },
    "service": {
        "config": {"base", "text", "time"},
        "http": {"base", "text", "time", "fs", "tls", "auth"},
        "api": {"base", "text", "time", "fs", "model", "auth", "audit", "ingest", "buffer",
                "catalog", "integrity", "flush", "imports", "write", "engine", "format",
                "execution", "http"},
        "cli": {"base", "text", "time", "fs", "tls", "model", "wal", "config"},
        "server": {"base", "text", "time", "memory", "fs", "tls", "model", "auth", "audit",
                   "buffer", "catalog", "integrity", "encoding", "files", "store", "engine",
                   "format", "execution", "config", "http", "api"},
    },
}  # fmt: skip
MAY_INCLUDE = {folder: allowed for floor in FLOORS.values() for folder, allowed in floor.items()}
FLOOR_OF = {folder: floor for floor, folders in FLOORS.items() for folder in folders}
# The rooms of the engine, from below; what lies in no room is above all of them.
ENGINE_ROOMS = ["interface", "duckdb", "scan", "guard", "rules", ""]
# Folders whose names are in namespace arc itself: the words that all others use.
WORDS_OF_ALL = {"base", "text", "time", "model"}
# What main.cc, which lies in no folder, may include.
MAIN_MAY_INCLUDE = {"base", "memory", "offline", "engine", "config", "cli", "server"}

# Library → the only folders that know it.
LIBRARY_FOLDERS = {
    "duckdb": {"engine"},
    "arrow": {"encoding", "files", "imports", "adoption", "format"},
    "parquet": {"encoding", "files", "imports", "adoption", "format"},
    "sqlite3": {"sqlite"},
    "boost": {"text", "api", "audit", "http", "cli"},
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
    "arrow": {"engine"}, "parquet": {"engine"}, "sqlite3": {"catalog", "files"},
    "boost": {"auth", "config", "engine", "model"},
}  # fmt: skip

CHANGES_THE_DISK = re.compile(
    r"\b(ofstream|fopen|fsync|fdatasync|syncfs|creat|mkstemp|mkdir|unlink)\b"
    r"|(?<!\w)::(open|openat|write|pwrite|rename|remove|ftruncate)\s*\("
    r"|\bfilesystem::(rename|remove|remove_all|create_director\w+|copy\w*|resize_file)\b"
)
BANNED_WORDS = ("utils", "util", "helpers", "helper", "common", "misc", "manager")
# Fakes and fixtures beside the tests that use them count as tests.
TEST_NAME = re.compile(r"_(test|bench|fuzz|reference|fixture)(_|$)|^(fake|faulty|temporary|test)_")
# Turns of comments that readers stumble over, and what to write instead. Tried on whole paragraphs.
BANNED_TURNS = {
    r"(?<!there )\b(is|are|was|were) none\b(?! of)": "say what it is not",
    r"\bno less\b": "at least",
    r"\bwhat is there of\b": "say what is looked for",
    r"\bnothing of (it|them)\b": "say which part is not",
    r"\b(is|are) not one\b(?![- ]of)": "name the thing again",
    r"\b(what|which|that) is no (?!longer|more)": "is not a",
    r"\bupto\b": "up to",
    r"\b(for|in) want of\b": "without",
    r"\blet(s|ting)? go of\b": "gives up, releases, unlocks",
    r"\bhears? of\b": "is told, learns",
    r"\bgo(es)? without\b": "leaves out",
}
LINE_COLUMNS_MAX = 100
FUNCTION_LINES_MAX = 70
README_LINES_MAX = 15
# "file: function" → lines. Old ones that may stay but not grow; new ones are not added.
LONG_FUNCTIONS = {}


def folder_of(path):
    """The folder on its floor; "" for main.cc."""
    relative = path.relative_to(SRC)
    return relative.parts[1] if len(relative.parts) > 2 else ""


def folder_included(included):
    """The folder of ours that a file includes, or None."""
    floor, _, rest = included.partition("/")
    return rest.partition("/")[0] if floor in FLOORS else None


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


def test_the_floors_are_what_is_there():
    assert len(SOURCES) > 100
    there = {
        floor.name: {folder.name for folder in floor.iterdir() if folder.is_dir()}
        for floor in SRC.iterdir() if floor.is_dir()
    }
    assert there == {floor: set(folders) for floor, folders in FLOORS.items()}


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
            target = folder_included(included)
            if target is not None and target not in allowed:
                yield f"{shown(path, line)}: {folder or 'main.cc'} may not include {included}"


def test_includes_point_one_way():
    check(include_problems())


def engine_room(path_in_engine):
    room, slash, _ = path_in_engine.partition("/")
    return ENGINE_ROOMS.index(room if slash else "")


def engine_problems():
    engine = SRC / "query" / "engine"
    for path in SOURCES:
        if engine not in path.parents or is_test(path):
            continue
        room = engine_room(path.relative_to(engine).as_posix())
        for line, included in includes(path):
            inside = included.removeprefix("query/engine/")
            if inside != included and engine_room(inside) > room:
                yield f"{shown(path, line)}: includes {included}, of a room above"


def test_the_rooms_of_the_engine_lie_above_each_other():
    check(engine_problems())


def namespace_problems():
    for path in SOURCES:
        folder = folder_of(path)
        wanted = "arc" if folder in WORDS_OF_ALL | {""} else f"arc::{folder}"
        for number, line in enumerate(path.read_text().splitlines(), 1):
            match = re.match(r"namespace (arc[\w:]*) \{", line)
            # A declaration of what is elsewhere is one line or a few.
            if match and not (match[1] + "::").startswith(wanted + "::"):
                yield number, path, match[1]


def test_a_namespace_is_named_after_its_folder():
    check(f"{shown(path, number)}: namespace {name}"
          for number, path, name in namespace_problems()
          if not is_declaration_block(path, number))


def is_declaration_block(path, number):
    """Whether what the namespace at this line holds is only declared: `class X;`."""
    lines = path.read_text().splitlines()[number:]
    block = lines[:lines.index(next(line for line in lines if line.startswith("}")))]
    return all(re.match(r"(class|struct|enum class) [\w: ]+;$", line) or not line for line in block)


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


def status_problems():
    """Numbers that are a status of HTTP from 200 on; limits are constants or shifted: 500 << 20."""
    statuses = "|".join(str(int(status)) for status in HTTPStatus if status >= 200)
    number = re.compile(rf"(?<![\w.'])({statuses})(?![\w.']| <<)")
    table = SRC / "service" / "http" / "status.h"
    for path in SOURCES:
        if folder_of(path) not in ("http", "api") or path == table or is_test(path):
            continue
        for line, code in enumerate(blanked(path.read_text()).splitlines(), 1):
            match = number.search(code)
            if match and "constexpr" not in code:
                yield f"{shown(path, line)}: {match[0]} has a name in http/status.h"


def test_statuses_are_numbers_in_one_table_only():
    check(status_problems())


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
    allowed = ("src/foundation/base/thread.h", "src/foundation/base/thread.cc")
    check(f"{shown(path, number)}: use Thread of base/thread.h"
          for path in SOURCES if not is_test(path) and shown(path) not in allowed
          for number, line in enumerate(path.read_text().splitlines(), 1)
          if name.search(line.partition("//")[0]))


def test_every_source_is_part_of_a_target():
    check(unlisted_sources())


def test_the_folder_table_of_the_architecture_is_what_is_there():
    text = (REPOSITORY / "ARCHITECTURE.md").read_text()
    rows = re.findall(r"^\| \*\*(\w+)/\*\* \||^\| `(\w+)/` \|", text, re.MULTILINE)
    listed = [floor or folder for floor, folder in rows]
    assert listed == [name for floor, folders in FLOORS.items() for name in (floor, *folders)]


def test_every_folder_has_a_short_readme():
    readmes = {folder: SRC / floor / folder / "README.md" for folder, floor in FLOOR_OF.items()}
    check(f"{shown(path)} is missing" for path in readmes.values() if not path.exists())
    for path in readmes.values():
        lines = path.read_text().splitlines()
        check([f"{shown(path)} has {len(lines)} lines"] if len(lines) > README_LINES_MAX else [])
        check(shown(path, n) for n, line in enumerate(lines, 1) if len(line) > LINE_COLUMNS_MAX)


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


def comment_paragraphs(text):
    """(line number, comment lines that follow each other, as one text); `code` is left out."""
    begin, paragraph = 0, []
    for number, line in enumerate([*text.splitlines(), ""], 1):
        match = re.search(r"(^|\s)//(.*)$", line)
        if match and match[2].strip() and (not paragraph or line.lstrip().startswith("//")):
            begin = begin if paragraph else number
            paragraph.append(match[2].strip())
            continue
        if paragraph:
            yield begin, re.sub(r"`[^`]*`", "", " ".join(paragraph))
        begin, paragraph = number, [match[2].strip()] if match and match[2].strip() else []


def turn_problems():
    for path in SOURCES:
        if path.stem.endswith("_reference"):
            continue
        for number, paragraph in comment_paragraphs(path.read_text()):
            for turn, instead in BANNED_TURNS.items():
                match = re.search(turn, paragraph, re.IGNORECASE)
                if match:
                    yield f"{shown(path, number)}: '{match[0]}' ({instead})"


def test_the_reader_of_comments():
    text = "// a\n// b `upto`\nint x;  // c\n// d\n//\n// https://e\ny = \"http://f\";\n"
    assert list(comment_paragraphs(text)) == [(1, "a b "), (3, "c d"), (6, "https://e")]


def test_comments_are_plain():
    check(turn_problems())


def broken_paragraphs():
    """A word or two alone on a line: a formatter has broken the paragraph there."""
    for path in SOURCES:
        lines = path.read_text().splitlines()
        for number, (before, line, after) in enumerate(zip(lines, lines[1:], lines[2:]), 2):
            comments = [re.match(r"\s*// ?(.*)", text) for text in (before, line, after)]
            if not all(comments) or len(before) < LINE_COLUMNS_MAX - 15:
                continue
            middle, last = comments[1][1].strip(), comments[2][1].strip()
            alone = re.fullmatch(r"\w+( \w+)?", middle)
            if alone and last[:1].islower() and "  " not in last:
                yield f"{shown(path, number)}: '{middle}' stands alone: wrap the paragraph again"


def test_no_paragraph_is_broken():
    check(broken_paragraphs())


def test_headers_are_included_once():
    headers = [path for path in SOURCES if path.suffix == ".h"]
    check(shown(path) for path in headers if "\n#pragma once\n" not in "\n" + path.read_text())


def test_every_fuzzer_has_seeds():
    fuzzers = {path.name.removesuffix("_fuzz.cc") for path in REPOSITORY.glob("fuzz/*_fuzz.cc")}
    assert fuzzers
    assert fuzzers == {path.parent.name for path in REPOSITORY.glob("fuzz/seeds/*/*")}
