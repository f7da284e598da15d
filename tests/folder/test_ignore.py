"""`.indexignore`: what git says of a pattern, in linear time, the same on every machine, and reported if it has no effect."""

from __future__ import annotations

import shutil
import subprocess
import time
import unicodedata
from pathlib import Path

import pytest
from hypothesis import Phase, given
from hypothesis import settings as tried
from hypothesis import strategies as st

from indexer.folder import ignore
from indexer.folder.ignore import IgnoreRules
from indexer.model.names import name_key

PATHS = [
    "a", "b", "ab", "ba", "aab", "a.b", "a-b", "!a", "#b", "a b", "a ", "d/a", "d/b", "d/ab", "d/d/a", "a/b/a", "a/b/b",
    "b/a/d/ab", "d/b/a/b", "d/a.b/ba", "b/d/b/d/a", "ab/ab/ab/ab", "a/a/a/a/a/a/b",
]  # fmt: skip


def is_left_out(rules: IgnoreRules, path: str) -> bool:
    """Ask as a scan does, from above: what lies in a directory left out is left out."""
    parts = path.split("/")
    above = ["/".join(parts[:n]) for n in range(1, len(parts))]
    return any(rules.leave_out(one, is_directory=True) for one in above) or rules.leave_out(path)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty repository, whose git says what its ignore file leaves out."""
    if not shutil.which("git"):
        pytest.skip("needs git")
    place = tmp_path_factory.mktemp("repository")
    subprocess.run(["git", "init", "-q", place], check=True)
    return place


def of_git(repository: Path, cases: list[list[str]]) -> list[set[str]]:
    """Return which of the paths git leaves out by each list of lines; one process tells of all."""
    shutil.rmtree(repository / "c", ignore_errors=True)
    for number, lines in enumerate(cases):
        place = repository / "c" / str(number)
        place.mkdir(parents=True)
        (place / ".gitignore").write_text("\n".join(lines) + "\n", "utf-8")
    asked = "\0".join(f"c/{number}/{path}" for number in range(len(cases)) for path in PATHS)
    done = subprocess.run(
        ["git", "-c", "core.excludesFile=", "check-ignore", "--no-index", "-z", "--stdin"], cwd=repository,
        input=asked.encode(), capture_output=True,
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stderr
    found: list[set[str]] = [set() for _ in cases]
    for told in filter(None, done.stdout.decode().split("\0")):
        _, which, path = told.split("/", 2)
        found[int(which)].add(path)
    return found


# Brackets that hold a slash, or are not closed, are reported instead.
signs = st.sampled_from(["a", "b", "d", "*", "*", "**", "?", "/", "/", "/**/", "[ab]", "[!a]", "[a-c]", "[[:alpha:]]", "[]-a]", "[a-]",
                         "[^b-d]", ".", "-", "!", "#", " ", "\\a", "\\*", "\\ "])  # fmt: skip
lines = st.lists(
    st.lists(signs, min_size=1, max_size=7).map("".join).filter(lambda line: not line.startswith("./")),
    min_size=1,
    max_size=5,
)


@tried(max_examples=8, phases=[Phase.generate])  # to shrink what fails would take a process each time
@given(st.lists(lines, min_size=20, max_size=25))
def test_patterns_mean_what_they_mean_to_git(repository: Path, cases: list[list[str]]) -> None:
    for lines, expected in zip(cases, of_git(repository, cases), strict=True):
        rules = IgnoreRules(lines)
        assert {path for path in PATHS if is_left_out(rules, path)} == expected, lines


@pytest.mark.parametrize(
    ("line", "left_out", "kept"),
    [
        ("hr/", ["HR/pay.txt", "d/Hr/pay.txt"], ["hr.txt", "HR"]),
        ("./HR", ["HR", "hr/pay.txt"], ["d/HR"]),
        ("*.LOG", ["a.log", "d/B.Log"], ["a.logs"]),
        (unicodedata.normalize("NFC", "Gehälter"), [unicodedata.normalize("NFD", "gehälter/a.txt")], []),
        (unicodedata.normalize("NFD", "Gehä*"), [unicodedata.normalize("NFC", "GEHÄLTER")], []),
        ("caf\udce9*", ["café.txt", "caf\udce9.txt"], []),  # a line and a name of a time before UTF-8
    ],
)
def test_case_and_forms_of_accents_are_one(line: str, left_out: list[str], kept: list[str]) -> None:
    rules = IgnoreRules(own=line.encode("utf-8", "surrogateescape"))
    assert [path for path in (*left_out, *kept) if is_left_out(rules, path)] == left_out


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_encoding_with_a_mark(encoding: str, end: str) -> None:
    rules = IgnoreRules(own=end.join(["# left out", "", "Gehälter/", "*.bak", ""]).encode(encoding))
    assert rules.leave_out("gehälter", is_directory=True)
    assert rules.leave_out("a.bak")
    assert not rules.leave_out("a.txt")
    assert rules.wrong == ()


def test_what_can_not_be_understood_is_told_with_its_line_and_the_rest_counts() -> None:
    rules = IgnoreRules(["[z"], b"a.txt\n[ab\nb\\\n[[:no:]]\n/\n\0\x01\n" + b"x" * 5000 + b"\nb.txt")
    assert rules.leave_out("a.txt")
    assert rules.leave_out("b.txt")
    told = [text.partition(" (")[0] for text in rules.wrong]
    assert told == ["folder.ignore", *(f".indexignore, line {number}" for number in range(2, 8))]
    assert all("no effect" in text and text.isprintable() for text in rules.wrong)


def test_what_matches_nothing_is_told() -> None:
    rules = IgnoreRules(["*.bak"], b"HR\n\nSalse/\n!keep.bak\n")
    for path in ("HR", "a.bak", "Sales/b.txt"):
        rules.leave_out(path)
    rules.leave_out("Sales", is_directory=True)
    assert [text.partition(" (")[0] for text in rules.idle()] == [
        ".indexignore, line 3",
        ".indexignore, line 4",
    ]


@pytest.mark.parametrize(
    "own",
    [b"\n".join(b"x%d" % n for n in range(20_000)), b"a" * 99 + b"\n" + b"b%c" * 700_000, bytes(range(256)) * 80_000],
    ids=["lines", "bytes", "binary"],
)  # fmt: skip
def test_too_much_is_told_and_the_beginning_counts(own: bytes) -> None:
    rules = IgnoreRules(own=own)
    assert any("the rest has no effect" in text for text in rules.wrong)
    assert rules.leave_out("x17") == own.startswith(b"x")
    assert not rules.leave_out("x17777")


def seconds(rules: IgnoreRules, names: list[str]) -> float:
    began = time.process_time()
    for name in names:
        rules.leave_out(name)
    return time.process_time() - began


@pytest.mark.parametrize(
    "pattern",
    ["*a*a*a*a*a*ab", "*a" * 120 + "b", "**/a*" * 60 + "/b", "a/**/" * 40 + "b", "*[ab]?" * 40 + "c", "**/" * 900 + "b",
     "*" * 3000 + "b", "?*" * 100 + "b", "**/" + "*a*/" * 60 + "**/" + "*a*/" * 60 + "b", "*" + "a" * 120 + "b*"],
)  # fmt: skip
def test_no_pattern_takes_long(pattern: str) -> None:
    """A matcher that goes back would take longer than the world is old; this one may be slow, not endless."""
    rules = IgnoreRules([pattern])
    assert not rules.wrong
    names = ["a" * 255, "/".join(["a" * 15] * 255), "/".join(["a"] * 2000), "aab" * 80]
    assert seconds(rules, names * 5) < 20


def test_many_patterns_and_many_names_are_a_matter_of_seconds() -> None:
    own = "".join(f"name{n}\n*.ext{n}\ndir{n}/\n/some/path{n}\n" for n in range(2400)) + "a*b?*c\n" * 300
    rules = IgnoreRules(own=own.encode())
    assert not rules.wrong
    names = [f"d{n % 50}/some name {n}.txt" for n in range(20_000)]
    assert seconds(rules, names) < 40
    assert rules.leave_out("d/a.ext2399")
    assert rules.leave_out("some/path7")


def test_lines_with_wildcards_are_not_endless(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ignore, "MOST_WILD", 3)
    rules = IgnoreRules(own=b"a?\nb?\nc?\nd?\n*.log\ne\n")
    assert [text.partition(" (")[0] for text in rules.wrong] == [".indexignore, line 4"]
    assert [name for name in ("c1", "d1", "x.log", "e") if rules.leave_out(name)] == ["c1", "x.log", "e"]


@given(st.text(st.sampled_from("a*?[]!^-\\/: .é\u0301"), max_size=30))
def test_any_line_is_understood_or_told(line: str) -> None:
    rules = IgnoreRules([line])
    for path in PATHS:
        rules.leave_out(name_key(path), is_directory=True)
    assert len(rules.wrong) + len(rules.idle()) <= 1
