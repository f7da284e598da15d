"""How programs save, download, copy and move: replayed under a daemon, each ends in exactly what lies in the folder.

The sequences are data, `cases/events.json`. A case's `steps` lead from the files of `before` to those of `after`;
`same_item` are paths (or pairs of paths, before and after) whose item stays the same one; `same_set` are paths whose
items may change places; `never` are paths that nobody ever finds. `format` tells as what a text is written, also
under a name that says nothing.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import sys
import threading
import time
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import docx
import openpyxl
import pytest
from fpdf import FPDF

from indexer.catalogue import Catalogue
from indexer.errors import StateError
from indexer.model.readings import unpack_passages

from ..extract.samples import make_zip, relations
from .conftest import Indexer

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="renames over open files"),
    pytest.mark.timeout(900),
]

CASES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent.parent / "cases" / "events.json").read_text("utf-8")
)
BY_NAME = {case["name"]: case for case in CASES}
MODES: dict[str, dict[str, str]] = {
    "events": {},
    "polling": {"INDEXER_WATCH_POLL": "true", "INDEXER_WATCH_POLL_S": "1"},
}
LONG_AGO = datetime(2025, 3, 1, tzinfo=UTC).timestamp()
SETTLED_WITHIN_S = 300.0
KNOWN_WITHIN_S = 120.0
STAYS_S = 7.0
"""Longer than a vanished file is waited for: what would be removed wrongly is gone by then."""


# --- what a case writes -----------------------------------------------------------------------------


def folder_of(case: Mapping[str, Any]) -> str:
    """Return the name of the subfolder a case is played in."""
    plain = "".join(c if c.isalnum() else " " for c in case["name"])
    return f"{CASES.index(dict(case)):02d} {' '.join(plain.split())}"


def marker(case: Mapping[str, Any], line: str) -> str:
    """Return a word that stands in this line of this case only."""
    digest = hashlib.sha256(f"{case['name']}\0{line}".encode()).hexdigest()
    return "zq" + "".join("bcdfghjklmnprtvw"[int(digit, 16)] for digit in digest[:10])


def lines_of(case: Mapping[str, Any], text: str) -> list[str]:
    """Return the lines that a text of a case is written as, each with its marker."""
    return [f"{line} {marker(case, line)}" for line in text.split("\n")] if text else []


def content(case: Mapping[str, Any], text: str) -> bytes:
    """Return the bytes of a file that says `text`."""
    lines = lines_of(case, text)
    return MAKERS.get(case.get("format", ""), _plain)(lines) if lines else b""


def _plain(lines: list[str]) -> bytes:
    return "".join(line + "\n" for line in lines).encode()


def _docx(lines: list[str]) -> bytes:
    document = docx.Document()
    for line in lines:
        document.add_paragraph(line)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _xlsx(lines: list[str]) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for number, line in enumerate(lines, 1):
        sheet.cell(number, 1, line)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _pptx(lines: list[str]) -> bytes:
    main, drawing = (
        f"http://schemas.openxmlformats.org/{name}/2006/main" for name in ("presentationml", "drawingml")
    )
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    paragraphs = "".join(f"<a:p><a:r><a:t>{escape(line)}</a:t></a:r></a:p>" for line in lines)
    return make_zip(
        {
            "[Content_Types].xml": "<Types/>",
            "_rels/.rels": relations(("r1", "officeDocument", "ppt/presentation.xml")),
            "ppt/presentation.xml": f'<p:presentation xmlns:p="{main}" xmlns:r="{office}"><p:sldIdLst>'
            '<p:sldId id="256" r:id="r1"/></p:sldIdLst></p:presentation>',
            "ppt/_rels/presentation.xml.rels": relations(("r1", "slide", "slides/slide1.xml")),
            "ppt/slides/slide1.xml": f'<p:sld xmlns:p="{main}" xmlns:a="{drawing}"><p:cSld><p:spTree><p:sp><p:txBody>'
            f"{paragraphs}</p:txBody></p:sp></p:spTree></p:cSld></p:sld>",
        }
    )


def _odt(lines: list[str]) -> bytes:
    names = "urn:oasis:names:tc:opendocument:xmlns"
    paragraphs = "".join(f"<text:p>{escape(line)}</text:p>" for line in lines)
    body = (
        f'<office:document-content xmlns:office="{names}:office:1.0" xmlns:text="{names}:text:1.0"><office:body>'
        f"<office:text>{paragraphs}</office:text></office:body></office:document-content>"
    )
    return make_zip({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": body})


def _pdf(lines: list[str]) -> bytes:
    document = FPDF()
    document.set_creation_date(datetime(2025, 3, 1, tzinfo=UTC))
    document.set_font("helvetica", size=11)
    for line in lines:
        document.add_page()
        document.cell(text=line)
    return bytes(document.output())


MAKERS: dict[str, Callable[[list[str]], bytes]] = {
    "docx": _docx, "xlsx": _xlsx, "pptx": _pptx, "odt": _odt, "pdf": _pdf,
}  # fmt: skip


# --- playing it ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Player:
    """Does the steps of one case in its subfolder."""

    case: dict[str, Any]
    top: Path
    is_known: Callable[[str], bool] = lambda path: True
    """Tells whether the daemon has an item of this path in the folder."""

    def prepare(self) -> None:
        """Write the files the case begins with, as if long ago."""
        self.top.mkdir()
        for name, text in self.case["before"].items():
            path = self.top / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content(self.case, text))
            os.utime(path, (LONG_AGO, LONG_AGO))

    def play(self) -> None:
        """Do all steps."""
        self._do(self.case["steps"])

    def _do(self, steps: Iterable[list[Any]]) -> None:
        for name, *arguments in steps:
            getattr(self, f"do_{name}")(*arguments)

    def do_write(self, name: str, text: str) -> None:
        (self.top / name).write_bytes(content(self.case, text))

    def do_append(self, name: str, text: str) -> None:
        with (self.top / name).open("ab") as file:
            file.write(content(self.case, text))

    def do_rename(self, old: str, new: str) -> None:
        (self.top / old).replace(self.top / new)

    def do_delete(self, name: str) -> None:
        (self.top / name).unlink()

    def do_mkdir(self, name: str) -> None:
        (self.top / name).mkdir(parents=True)

    def do_rmdir(self, name: str) -> None:
        (self.top / name).rmdir()

    def do_touch(self, name: str) -> None:
        (self.top / name).touch()

    def do_wait(self, seconds: float) -> None:
        time.sleep(seconds)

    def do_known(self, name: str) -> None:
        """Wait until the daemon knows the file under this name."""
        until = time.monotonic() + KNOWN_WITHIN_S
        while not self.is_known(f"{self.top.name}/{name}"):
            assert time.monotonic() < until, f"{name} is not known"
            time.sleep(0.1)

    def do_chmod(self, name: str) -> None:
        (self.top / name).chmod(0o600)

    def do_utime(self, name: str, moment: str) -> None:
        seconds = datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp()
        os.utime(self.top / name, (seconds, seconds))

    def do_link(self, old: str, new: str) -> None:
        (self.top / new).hardlink_to(self.top / old)

    def do_symlink(self, target: str, name: str) -> None:
        (self.top / name).symlink_to(target)

    def do_copy2(self, old: str, new: str) -> None:
        status = (self.top / old).stat()
        (self.top / new).write_bytes((self.top / old).read_bytes())
        os.utime(self.top / new, ns=(status.st_atime_ns, status.st_mtime_ns))

    def do_owner(self, name: str) -> None:
        """Write what Office puts beside an open document: whose it is, in 162 bytes."""
        who = "Ann Other"
        short = bytes([len(who)]) + who.encode().ljust(54, b" ")
        (self.top / name).write_bytes(
            (short + bytes([len(who), 0]) + who.encode("utf-16-le")).ljust(162, b"\0")
        )

    def do_hold(
        self, name: str, text: str, pieces: int, seconds: float, between: Iterable[list[Any]] = ()
    ) -> None:
        """Keep the file open and write it in pieces; halfway do the steps of `between`."""
        with (self.top / name).open("wb", buffering=0) as file:
            self._pour(file, content(self.case, text), pieces, seconds, between)

    def do_fill(self, name: str, text: str, pieces: int, seconds: float) -> None:
        """Give the file its final size at once, then write it in pieces."""
        data = content(self.case, text)
        with (self.top / name).open("r+b" if (self.top / name).exists() else "w+b", buffering=0) as file:
            file.truncate(len(data))
            self._pour(file, data, pieces, seconds, ())

    def _pour(
        self, file: io.FileIO, data: bytes, pieces: int, seconds: float, between: Iterable[list[Any]]
    ) -> None:
        step = -(-len(data) // pieces)
        for number in range(pieces):
            if number == pieces // 2:
                self._do(between)
            file.write(data[number * step : (number + 1) * step])
            time.sleep(seconds / pieces)


# --- watching what becomes of it ------------------------------------------------------------------------


@dataclass(frozen=True)
class Tuned(Indexer):
    """The command with settings of its own."""

    settings: Mapping[str, str] = field(default_factory=dict)

    def environment(self, **more: str) -> dict[str, str]:
        return super().environment(**{**self.settings, **more})


@dataclass
class Seen:
    """What a reader of the state could find, sampled all the time."""

    paths: set[str] = field(default_factory=set)
    failures: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    texts: dict[str, list[str]] = field(default_factory=dict)
    samples: int = 0


@contextmanager
def sampling(state: Path, seen: Seen) -> Iterator[None]:
    """Look into the catalogue ten times a second until the block ends."""
    (database,) = state.rglob("catalogue.db")
    stop = threading.Event()

    def look() -> None:
        catalogue = Catalogue(database, readonly=True)
        while not stop.wait(0.1):
            try:
                seen.paths.update(item.path for item, _ in catalogue.items.told())
                for failure in catalogue.failures.told(everything=False):
                    seen.failures[failure.path].add(str(failure.reason))
                seen.texts = {
                    item.path: _lines(passages)
                    for item, _, passages in catalogue.items.live()
                    if item.url is None
                }
                seen.samples += 1
            except StateError:
                continue
        catalogue.close()

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(60)


def _lines(passages: bytes) -> list[str]:
    text = "\n".join(passage.text for passage in unpack_passages(passages)) if passages else ""
    return [" ".join(line.split()) for line in text.split("\n") if line.strip()]


@dataclass
class Outcome:
    """All that the cases are judged by."""

    seen: Seen
    texts: dict[str, list[str]]
    listed: set[str]
    before: dict[str, tuple[str, str]]
    """Path to id and date added."""
    after: dict[str, tuple[str, str]]
    found: set[str]
    """Paths found by the words of the texts that are left."""
    found_by_old_words: set[str]
    failed: dict[str, str]

    def below(self, case: Mapping[str, Any], paths: Iterable[str]) -> set[str]:
        """Return those of `paths` that lie in the subfolder of a case, as the case names them."""
        top = folder_of(case) + "/"
        return {path.removeprefix(top) for path in paths if path.startswith(top)}


def expected_lines(case: Mapping[str, Any], text: str) -> list[str]:
    """Return the lines an item must say, as far as its format keeps lines."""
    sheet = ["Sheet"] if case.get("format") == "xlsx" else []
    joined = " ".join([*sheet, *lines_of(case, text)])
    plain = case.get("format") is None and all(not name.endswith(".html") for name in case["after"])
    return [line.removeprefix("# ") for line in lines_of(case, text)] if plain else [joined]


def says(case: Mapping[str, Any], lines: list[str], text: str) -> bool:
    """Tell whether an item says exactly `text`."""
    expected = expected_lines(case, text)
    said = [line.removeprefix("# ") for line in lines]
    return said == expected if len(expected) > 1 else " ".join(said) == " ".join(expected)


def wrong(case: Mapping[str, Any], texts: Mapping[str, list[str]]) -> dict[str, object]:
    """Return what is not as the case says."""
    top = folder_of(case) + "/"
    there = {path.removeprefix(top): lines for path, lines in texts.items() if path.startswith(top)}
    found: dict[str, object] = {}
    for path in sorted({*there, *case["after"]}):
        if path not in there:
            found[path] = "no item"
        elif path not in case["after"]:
            found[path] = "an item too many"
        elif not says(case, there[path], case["after"][path]):
            found[path] = there[path]
    return found


def items_of(indexer: Indexer) -> tuple[set[str], dict[str, tuple[str, str]]]:
    """Return all paths that are found, and id and date of those that are no copies of another."""
    results = indexer.json("-n", "10000", "--", "")["results"]
    paths = {r["path"] for r in results} | {copy for r in results for copy in r["copies"]}
    return paths, {r["path"]: (r["id"], r["added"]) for r in results}


def found_by(indexer: Indexer, words: Iterable[str]) -> set[str]:
    """Return the paths that have any of `words`."""
    every, paths = sorted(set(words)), set()
    for first in range(0, len(every), 40):
        found = indexer.json("-n", "10000", "--", " OR ".join(every[first : first + 40]))
        paths |= {p for r in found["results"] for p in (r["path"], *r["copies"])}
    return paths


def texts_of_steps(case: Mapping[str, Any]) -> Iterator[str]:
    """Yield every text that a case has somewhere at some time."""
    yield from case["before"].values()
    for step in case["steps"]:
        if step[0] in ("write", "append", "hold", "fill"):
            yield step[2]


def words_left() -> set[str]:
    """Return the words of the texts that the cases end with."""
    return {marker(c, line) for c in CASES for text in c["after"].values() for line in text.split("\n")}


def words_gone() -> set[str]:
    """Return the words of texts that were there on the way only."""
    every = {marker(c, line) for c in CASES for text in texts_of_steps(c) for line in text.split("\n")}
    return every - words_left()


@pytest.fixture(scope="module", params=list(MODES))
def outcome(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """Play all cases at once under one daemon and wait until all is right, or for long enough."""
    top = tmp_path_factory.mktemp(request.param)
    (top / "Team folder").mkdir()
    indexer = Tuned(top / "Team folder", top / "state", settings=MODES[request.param])
    seen = Seen()
    players = [Player(case, indexer.folder / folder_of(case), seen.paths.__contains__) for case in CASES]
    for player in players:
        player.prepare()
    indexer.scan()
    with indexer.watching(), sampling(indexer.state, seen):
        (indexer.folder / "ready.txt").write_text("the daemon follows")
        indexer.wait_for(lambda: "ready.txt" in seen.paths)
        _, before = items_of(indexer)
        with ThreadPoolExecutor(len(players)) as pool:
            for done in [pool.submit(player.play) for player in players]:
                done.result()
        right_since: float | None = None
        until = time.monotonic() + SETTLED_WITHIN_S
        while time.monotonic() < until:
            is_right = not any(wrong(case, seen.texts) for case in CASES)
            right_since = (right_since or time.monotonic()) if is_right else None
            if right_since and time.monotonic() - right_since > STAYS_S:
                break
            time.sleep(0.2)
        listed, after = items_of(indexer)
        return Outcome(
            seen=seen,
            texts=seen.texts,
            listed=listed,
            before=before,
            after=after,
            found=found_by(indexer, words_left()),
            found_by_old_words=found_by(indexer, words_gone()),
            failed={f["path"]: f["reason"] for f in json.loads(indexer.ok("failed", "--json"))["failed"]},
        )


# --- the tests ------------------------------------------------------------------------------------------


def test_the_cases_are_sound() -> None:
    """Each case does by itself what it says: its steps lead from `before` to `after`."""
    assert len(CASES) == len(BY_NAME) >= 45
    for case in CASES:
        assert set(case) <= {
            "name", "source", "format", "before", "steps", "after", "same_item", "same_set", "never",
        }, case["name"]  # fmt: skip
        assert case["source"] in ("observed", "known, not observed") or case["source"].startswith("http")
        assert not set(case.get("never", ())) & set(case["after"]), case["name"]
        for same in case.get("same_item", ()):
            old, new = (same, same) if isinstance(same, str) else same
            assert old in case["before"] and new in case["after"], case["name"]
    places = {
        (case["name"], line)
        for case in CASES
        for text in (*texts_of_steps(case), *case["after"].values())
        for line in text.split("\n")
    }
    assert len(words_left() | words_gone()) == len(places)


def test_the_steps_lead_to_what_lies_there(tmp_path: Path) -> None:
    """What a case says of its end is what its steps leave on the disk."""

    def play(case: dict[str, Any]) -> None:
        player = Player(case, tmp_path / folder_of(case))
        player.prepare()
        player.play()

    with ThreadPoolExecutor(len(CASES)) as pool:
        for done in [pool.submit(play, case) for case in CASES]:
            done.result()
    for case in CASES:
        top = tmp_path / folder_of(case)
        hidden = {str(p.relative_to(top)): p for p in top.rglob("*") if p.is_file() and not p.is_symlink()}
        left = {
            name: path.read_bytes()
            for name, path in hidden.items()
            if name not in case.get("never", ()) and not name.startswith(".")
        }
        if case.get("format") in ("docx", "xlsx", "pptx", "odt"):
            for name, text in case["after"].items():
                with zipfile.ZipFile(io.BytesIO(left[name])) as archive:
                    whole = b"".join(map(archive.read, archive.namelist())).decode("utf-8", "replace")
                assert all(line in whole for line in lines_of(case, text)), (case["name"], name)
            assert set(left) == set(case["after"]), case["name"]
        else:
            assert left == {name: content(case, text) for name, text in case["after"].items()}, case["name"]


@pytest.mark.parametrize("name", BY_NAME)
def test_the_items_are_the_files(outcome: Outcome, name: str) -> None:
    case = BY_NAME[name]
    assert wrong(case, outcome.texts) == {}
    assert outcome.below(case, outcome.listed) == set(case["after"])
    assert outcome.below(case, outcome.found) == set(case["after"])
    assert outcome.below(case, outcome.found_by_old_words) == set()
    assert outcome.below(case, outcome.failed) == set()


@pytest.mark.parametrize(
    "name", [name for name, c in BY_NAME.items() if c.get("same_item") or c.get("same_set")]
)
def test_an_item_stays_the_same_one(outcome: Outcome, name: str) -> None:
    case = BY_NAME[name]
    top = folder_of(case)
    for same in case.get("same_item", ()):
        old, new = (same, same) if isinstance(same, str) else same
        assert outcome.after.get(f"{top}/{new}") == outcome.before[f"{top}/{old}"], (old, new)
    if together := case.get("same_set"):
        was = sorted(outcome.before[f"{top}/{path}"] for path in together)
        assert sorted(outcome.after[f"{top}/{path}"] for path in together) == was


@pytest.mark.parametrize("name", [name for name, c in BY_NAME.items() if c.get("never")])
def test_nobody_finds_what_is_on_the_way(outcome: Outcome, name: str) -> None:
    assert outcome.seen.samples > 20
    assert outcome.below(BY_NAME[name], outcome.seen.paths) & set(BY_NAME[name]["never"]) == set()


@pytest.mark.parametrize("name", BY_NAME)
def test_a_file_being_written_is_no_failure(outcome: Outcome, name: str) -> None:
    failures = outcome.seen.failures
    below = outcome.below(BY_NAME[name], failures)
    assert {path: failures[f"{folder_of(BY_NAME[name])}/{path}"] for path in below} == {}
