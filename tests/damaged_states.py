"""Damage done to the state of a folder, by seed, and the judge of what comes of it.

An office folder of some 70 files is scanned several times, so that its index has several segments with removed
documents. What a set of searches answers then is the truth. A case is a copy of that state with damage done to it: the
same searches must give the true answers or one line that names a command, and after a scan the truth again.
"""

from __future__ import annotations

import json
import math
import os
import random
import shutil
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Any

from indexer.app import commands as work
from indexer.catalogue import Catalogue
from indexer.errors import IndexerError
from indexer.extract import cage
from indexer.model.results import Result, SearchResults
from indexer.page.belonging import own_names
from indexer.search import asking
from indexer.search.asking import SearchOptions
from indexer.settings import ExtractSettings, Settings
from indexer.state import places
from indexer.state.requests import Reply, Request

from .contract.conftest import Indexer
from .extract.samples import SAMPLES

MOST_S, MOST_WATCHED_S = 15.0, 90.0
"""Seconds: the limit of a search, and of the watcher to repair everything."""
SEARCHES: tuple[tuple[str, SearchOptions], ...] = (
    ("tariff", SearchOptions(facets=True, limit=200)),
    ("steel pump", SearchOptions()),
    ("steel pump valve flange customs", SearchOptions(limit=200)),
    ('"the new tariff applies"', SearchOptions(limit=200)),
    ("cust*", SearchOptions(limit=100)),
    ("pmup~", SearchOptions()),
    ("(pump OR valve) -customs", SearchOptions(limit=50)),
    ("type:sheet", SearchOptions(limit=50)),
    ("in:Sales invoice", SearchOptions(sort="newest")),
    ("by:sales", SearchOptions(sort="name", limit=100)),
    ('title:"EU tariffs"', SearchOptions(offset=1)),
    ("after:2026-02 before:2026-03 flange", SearchOptions(sort="oldest")),
    ("example link", SearchOptions(kinds=("link",))),
    ("zebrafish", SearchOptions()),
    ("waht is the tarif", SearchOptions()),
    ("", SearchOptions(limit=200, facets=True, snippets=False)),
)

_WORDS = (
    "steel pump valve flange customs invoice offer delivery tariff office report heat number quality audit supplier price"
    " contract drawing gasket bearing spare motor cable winter summer meeting minutes budget forecast travel order"
).split()
_FIRST, _ROUNDS, _OLDER = 44, 6, 2


class Came(StrEnum):
    """What came of a case: before the scan, then of it."""

    RIGHT = "right answers"
    SAID = "said so"
    WRONG = "wrong before the check"
    HEALED = "healed"
    NOT_HEALED = "said what to do"


@dataclass(frozen=True, slots=True)
class Answer:
    """What is compared of the answer to a search."""

    facts: tuple[object, ...]
    results: tuple[Result, ...]
    scores: tuple[float, ...]
    undated: frozenset[object]
    """What is said of the results whatever their dates, which decide on the order; empty if these are only some."""

    @staticmethod
    def of(found: SearchResults) -> Answer:
        """Return what must stay the same of an answer."""
        undated = {
            (
                "" if r.copies else item.title,
                item.kind,
                item.author,
                item.tags,
                item.url,
                item.digest,
                r.page,
                r.snippet,
                r.highlights,
            )
            for r in found.results
            for item in (r.item,)
        }
        paths = {path for r in found.results for path in (r.item.path, *r.copies)}
        return Answer(
            (found.total, found.relaxed, found.complete, found.suggestion, str(sorted(found.facets.items()))),
            tuple(result._replace(score=0.0) for result in found.results),
            tuple(result.score for result in found.results),
            frozenset(undated | paths if found.total == len(found.results) else ()),
        )

    def equals(self, other: Answer) -> bool:
        """Tell whether both are the same; scores move a little with the time, by days."""
        return (self.facts, self.results) == (other.facts, other.results) and all(
            math.isclose(a, b, rel_tol=1e-3) for a, b in zip(self.scores, other.scores, strict=True)
        )

    def equals_but_for_dates(self, other: Answer) -> bool:
        """Tell whether both have the same results."""
        return self.facts == other.facts and self.undated == other.undated


@dataclass(frozen=True, slots=True)
class Office:
    """A folder, its state in three versions, and what searches answer."""

    folder: Path
    whole: Path
    """The state as a scan leaves it."""
    killed: Path
    """The same as a process leaves it that is killed: the last commits lie in the journal of the catalogue."""
    older: Path
    """The state as it was some scans ago."""
    truth: Mapping[str, Answer]
    anew: Mapping[str, Answer]
    """The truth of a state that begins with the folder as it is: what was forgotten is back."""

    def settings(self, state: Path) -> Settings:
        """Return the settings with this state directory."""
        return Settings(state_dir=state, extract=ExtractSettings(workers=2, ocr=False))

    def place(self, state: Path) -> Path:
        """Return where the state of the folder is, below a state directory."""
        return places.state_of(self.folder, self.settings(state))

    def scan(self, state: Path) -> Reply:
        """Do what `indexer scan` does."""
        return work.run_command(self.folder, self.settings(state), Request("scan"))

    def failures(self, state: Path) -> dict[str, str]:
        """Return the files that could not be read, and why."""
        reader = Catalogue(self.place(state) / "catalogue.db", readonly=True)
        try:
            return {failure.path: failure.detail for failure in reader.failures.told(everything=True)}
        finally:
            reader.close()

    def listing(self) -> dict[str, bytes]:
        """Return every file of the folder that is not our page, with its bytes."""
        own = own_names(self.folder)
        return {
            path.relative_to(self.folder).as_posix(): path.read_bytes()
            for path in self.folder.rglob("*")
            if path.is_file() and path.relative_to(self.folder).parts[0] not in own
        }


# --- the office -----------------------------------------------------------------------------------


@contextmanager
def shared_cage() -> Iterator[None]:
    """Have every pipeline of this process read with the same reading processes: starting them takes longer than a case."""
    original, shared = cage.Cage, _Shared()

    def make(**given: Any) -> Any:
        if shared.cage is None:
            shared.cage = original(**{**given, "scratch": None})
        return shared

    cage.Cage = make  # type: ignore[assignment, misc]
    try:
        yield
    finally:
        cage.Cage = original  # type: ignore[misc]
        if shared.cage:
            shared.cage.close()


class _Shared:
    """A cage that outlives the pipelines that use it."""

    cage: cage.Cage | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.cage, name)

    def close(self) -> None:
        """Stay open."""

    def retire(self, idle_s: float) -> None:
        """Keep the processes."""


def make_office(top: Path) -> Office:
    """Make the folder and its state by scanning it again and again; use it within `shared_cage`."""
    office = Office(top / "Team folder", top / "whole", top / "killed", top / "older", {}, {})
    chance = random.Random("office")
    state = top / "made"
    for number in range(_FIRST):
        _save(office.folder, number, chance, 1_767_000_000 + 150_000 * number)
    for number, (name, content) in enumerate(sorted(SAMPLES.items())):
        _write(office.folder / f"Papers/{name}", content, 1_769_900_000 + 70_000 * number)
    assert office.scan(state).exit_code == 0
    forgotten = work.run_command(
        office.folder, office.settings(state), Request("forget", ("Sales/note 3.csv",))
    )
    assert forgotten.exit_code == 0
    for number in range(_ROUNDS):
        if number in (_OLDER, _ROUNDS - 1):  # with another at work, the journal stays
            reader = Catalogue(office.place(state) / "catalogue.db", readonly=True)
            reader.items.count()
        now = int(time.time())
        for more in range(4):
            _save(office.folder, 100 + 10 * number + more, chance, now)
        _write(
            office.folder / f"Sales/note {6 * number + 6}.txt",
            f"written anew {_text(chance, 80)}".encode(),
            now,
        )
        next(office.folder.rglob(f"note {5 * number + 1}.*")).unlink()
        reply = office.scan(state)
        assert reply.exit_code == 0, reply
        if number == _OLDER:
            shutil.copytree(state, office.older)
            reader.close()
    shutil.copytree(state, office.killed)
    reader.close()
    shutil.copytree(state, office.whole)
    assert office.scan(top / "anew").exit_code == 0
    for made in (office.whole, top / "anew"):  # else it is not the truth: a second reading may succeed
        assert not office.failures(made)
    return replace(office, truth=_truth(office, office.whole), anew=_truth(office, top / "anew"))


def _truth(office: Office, state: Path) -> dict[str, Answer]:
    answers = {text: ask(office, state, text, options) for text, options in SEARCHES}
    assert all(isinstance(answer, Answer) for answer in answers.values()), answers
    return answers  # type: ignore[return-value]


def _save(folder: Path, number: int, chance: random.Random, when: int) -> None:
    """Write one document, of a kind and in a department by its number."""
    department = ("Sales", "Quality", "Purchase", "Sales/EU tariffs")[number % 4 if number % 3 else 0]
    text = f"{_text(chance, chance.choice((30, 200, 900)))} note{number} {chance.randbytes(12).hex()}"
    suffix, content = (
        ("txt", text),
        ("md", f"# Note on {chance.choice(_WORDS)}\n\n{text}\n\nThe new tariff applies from March.\n"),
        ("html", f"<title>Page {number}</title><meta name=author content='Sales'><p>{text}</p>"),
        ("csv", "\n".join(f"{word};{chance.randrange(1000)}" for word in text.split())),
        ("txt", "\n".join(f"Link {w} https://example.org/{w}/{number}" for w in text.split()[:8])),
        ("txt", "the same in many places: tariff of pumps" if number % 2 else text * 12),
    )[number % 6]
    _write(folder / department / f"note {number}.{suffix}", content.encode(), when)


def _text(chance: random.Random, count: int) -> str:
    words = (
        chance.choice(_WORDS) if chance.random() < 0.8 else chance.randbytes(3).hex() for _ in range(count)
    )
    return " ".join(words)


def _write(path: Path, content: bytes, when: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (when, when))


# --- damage ---------------------------------------------------------------------------------------

SEGMENT, TOC, COMMIT, CATALOGUE, JOURNAL = "segment", "TOC", "commit.json", "catalogue", "journal"
_PATTERNS = {
    SEGMENT: "index-*/*.ixs",
    TOC: "index-*/*.toc",
    COMMIT: "index-*/commit.json",
    CATALOGUE: "catalogue.db",
    JOURNAL: "catalogue.db-wal",
}


def flip(path: Path, chance: random.Random, _older: Path) -> None:
    """Change 1 to 64 bytes anywhere."""
    raw = bytearray(path.read_bytes())
    for _ in range(chance.choice((1, 1, 2, 4, 8, 16, 32, 64))):
        raw[chance.randrange(len(raw))] ^= chance.randrange(1, 256)
    with path.open("r+b") as file:
        file.write(raw)


def cut(path: Path, chance: random.Random, _older: Path) -> None:
    """Take off an end, down to nothing."""
    size = path.stat().st_size
    os.truncate(path, chance.choice((0, size - 1, size // 4096 // 2 * 4096, chance.randrange(size))))


def grow(path: Path, chance: random.Random, _older: Path) -> None:
    """Put bytes behind the end."""
    with path.open("ab") as file:
        file.write(chance.choice((b"\0", b"\0" * 4096, chance.randbytes(chance.randrange(1, 10_000)))))


def zero(path: Path, chance: random.Random, _older: Path) -> None:
    """Empty one block of 4096 bytes."""
    size = path.stat().st_size
    begin = chance.randrange(-(-size // 4096)) * 4096
    with path.open("r+b") as file:
        file.seek(begin)
        file.write(bytes(min(4096, size - begin)))


def delete(path: Path, _chance: random.Random, _older: Path) -> None:
    """Remove the file."""
    path.unlink()


def put_back(path: Path, chance: random.Random, older: Path) -> None:
    """Replace the file by what it was some scans ago; a segment, which never changes, by another one."""
    if path.suffix == ".ixs":
        other = chance.choice(sorted({*path.parent.glob("*.ixs")} - {path}))
    else:
        other = next(older.glob(_pattern_of(path)))
    shutil.copyfile(other, path)


def delete_index(path: Path, _chance: random.Random, _older: Path) -> None:
    """Remove the directory of the index."""
    shutil.rmtree(path.parent)


def litter(path: Path, chance: random.Random, older: Path) -> None:
    """Leave what an interrupted commit leaves."""
    directory = path.parent
    if path.suffix == ".db":
        (directory / "catalogue.db-journal").write_bytes(chance.randbytes(2000))
        return
    shutil.copyfile(path, directory / "commit.json.tmp")
    shutil.copyfile(next(directory.glob("*.ixs")), directory / "MAIN_0123456789abcdef.ixs")
    (directory / "MAIN_ffffffffffffffff.ixs").write_bytes(chance.randbytes(3000))
    shutil.copyfile(next(older.glob("index-*/*.toc")), directory / "_MAIN_99.toc")
    (directory / "_MAIN_100.toc.1760000000").write_bytes(b"")


Do = Callable[[Path, random.Random, Path], None]
_NAMES: Mapping[Do, str] = {
    flip: "bytes flipped", cut: "cut", grow: "grown", zero: "a block emptied", delete: "deleted",
    put_back: "an older copy", delete_index: "the whole index deleted", litter: "left over from a commit",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Damage:
    """One thing done to one file of the state."""

    do: Do
    target: str

    def __str__(self) -> str:
        return f"{_NAMES[self.do]}: {self.target}"


KINDS: tuple[Damage, ...] = (
    *(Damage(flip, target) for target in (SEGMENT, CATALOGUE, JOURNAL, TOC, COMMIT, SEGMENT, CATALOGUE)),
    *(
        Damage(do, target)
        for do in (cut, grow, zero, delete, put_back)
        for target in (SEGMENT, CATALOGUE, JOURNAL, TOC, COMMIT)
    ),
    *(Damage(flip, target) for target in (SEGMENT, CATALOGUE, JOURNAL, SEGMENT, CATALOGUE, SEGMENT, CATALOGUE)),
    Damage(delete_index, COMMIT), Damage(litter, COMMIT), Damage(litter, CATALOGUE),
)  # fmt: skip
PAIRS = 8
"""Cases of two damages at once, after all single kinds."""


@dataclass(frozen=True, slots=True)
class Case:
    """What is done to a copy of the state; the same seed and number do the same."""

    seed: int
    number: int
    damages: tuple[Damage, ...]

    def __str__(self) -> str:
        return f"{self.seed}/{self.number} " + " + ".join(map(str, self.damages))

    @property
    def kind(self) -> str:
        """The row of the table it counts in."""
        return str(self.damages[0]) if len(self.damages) == 1 else "two at once"

    @property
    def spares_catalogue(self) -> bool:
        """Tell whether only the index was touched."""
        return not {CATALOGUE, JOURNAL} & {damage.target for damage in self.damages}

    def make(self, office: Office, state: Path) -> None:
        """Make the damaged state in a new directory."""
        chance = random.Random(f"{self.seed} {self.number} done")
        killed = any(damage.target == JOURNAL for damage in self.damages) or chance.random() < 0.3
        shutil.copytree(office.killed if killed else office.whole, state)
        self.do(office, state, chance)

    def do(self, office: Office, state: Path, chance: random.Random | None = None) -> None:
        """Do the damage to a state."""
        chance = chance or random.Random(f"{self.seed} {self.number}")
        for damage in self.damages:
            paths = sorted(office.place(state).glob(_PATTERNS[damage.target]))
            if paths:  # else the other damage took it
                path = chance.choice(paths)
                if path.stat().st_size or damage.do in (delete, put_back, grow):
                    damage.do(path, chance, office.place(office.older))


def _pattern_of(path: Path) -> str:
    return next(pattern for pattern in _PATTERNS.values() if path.match(pattern))


def cases(seed: int) -> Iterator[Case]:
    """Yield cases without end: every kind of damage in turn, then some of two at once, and so on."""
    number = 0
    while True:
        for kind in KINDS:
            yield Case(seed, number, (kind,))
            number += 1
        for _ in range(PAIRS):
            chance = random.Random(f"{seed} {number}")
            yield Case(seed, number, tuple(chance.sample(KINDS, 2)))
            number += 1


def some_cases(seed: int, count: int) -> list[Case]:
    """Return the first cases of a seed."""
    return list(islice(cases(seed), count))


# --- the judge ------------------------------------------------------------------------------------


@dataclass(slots=True)
class Verdict:
    """What came of a case; `faults` are what may never be."""

    case: Case
    before: Came = Came.RIGHT
    after: Came = Came.HEALED
    wrong: int = 0
    """Searches that gave another answer before the scan."""
    said: list[str] = field(default_factory=list)
    """The lines that told of the damage."""
    faults: list[str] = field(default_factory=list)
    remembers: bool = True
    """Whether what was to be forgotten is still not found in the end."""


def ask(office: Office, state: Path, text: str, options: SearchOptions) -> Answer | str:
    """Return the answer to a search, or the line that tells of damage; anything else is raised."""
    began = time.monotonic()
    try:
        answer: Answer | str = Answer.of(asking.search(office.folder, office.settings(state), text, options))
    except IndexerError as error:
        answer = str(error)
    if time.monotonic() - began > MOST_S:
        raise AssertionError(f"{text!r} took {time.monotonic() - began:.1f} s")
    return answer


def says_what_to_do(line: str) -> bool:
    """Tell whether a line names a command of ours, and is one line."""
    return "`indexer " in line and "\n" not in line


def judge(case: Case, office: Office, scratch: Path) -> Verdict:
    """Make the case, search, scan, search again, and say what came of it."""
    verdict = Verdict(case)
    state = scratch / f"{case.seed}-{case.number}"
    case.make(office, state)
    verdict.before = _search_all(office, state, verdict)
    try:
        reply = office.scan(state)
    except IndexerError as error:
        reply = Reply(2, err=str(error))
    except Exception as error:  # noqa: BLE001 - the very thing that is looked for
        verdict.faults.append(f"scan: {type(error).__name__}: {error}")
        return verdict
    if reply.exit_code == 0:
        see_that_it_is_healed(office, state, verdict)
    else:
        verdict.after = Came.NOT_HEALED
        verdict.said.append(reply.err)
        if not says_what_to_do(reply.err):
            verdict.faults.append(f"scan: {reply.err}")
    shutil.rmtree(state)
    return verdict


def judge_command(case: Case, office: Office, scratch: Path) -> list[str]:
    """Make the case and search it by the command itself; return what may never be."""
    state = scratch / f"{case.seed}-{case.number}-command"
    case.make(office, state)
    faults = []
    for text, options in SEARCHES[:2]:
        done = Indexer(office.folder, state).run("search", "--json", "-n", str(options.limit), text)
        truth = office.truth[text]
        if done.returncode == 2:
            if done.stdout or not says_what_to_do(done.stderr.decode().rstrip("\n")):
                faults.append(f"{text!r}: {done.stderr.decode()}")
        else:
            found = json.loads(done.stdout)
            paths = [result["path"] for result in found["results"]]
            if (found["total"], paths) != (truth.facts[0], [result.item.path for result in truth.results]):
                faults.append(f"{text!r} has a wrong answer")
    shutil.rmtree(state)
    return faults


def judge_watch(case: Case, office: Office, scratch: Path) -> list[str]:
    """Make the case and have the watcher itself mend it as it starts; return what may never be."""
    state = scratch / f"{case.seed}-{case.number}-watch"
    case.make(office, state)
    verdict = Verdict(case)
    with Indexer(office.folder, state).watching() as process:
        until = time.monotonic() + MOST_WATCHED_S
        while time.monotonic() < until:
            verdict = Verdict(case)
            see_that_it_is_healed(office, state, verdict)
            if not verdict.faults:
                break
            time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        code = process.wait(60)
        told = process.stderr.read() if process.stderr else b""
    if code or b"Traceback" in told:
        verdict.faults.append(f"watch ended with {code}: {told.decode()}")
    shutil.rmtree(state)
    return verdict.faults


def see_that_it_is_healed(office: Office, state: Path, verdict: Verdict) -> None:
    """Note each search that has not its true answer.

    If the catalogue was damaged, dates of arrival may be lost, and that something was to be forgotten.
    """
    answers = {text: ask(office, state, text, options) for text, options in SEARCHES}
    if verdict.case.spares_catalogue:
        verdict.faults += _differences(answers, office.truth, Answer.equals)
        return
    faults = list(_differences(answers, office.truth, Answer.equals_but_for_dates))
    verdict.remembers = not faults
    if faults:
        faults = list(_differences(answers, office.anew, Answer.equals_but_for_dates))
    verdict.faults += faults


def _differences(
    answers: Mapping[str, Answer | str], truth: Mapping[str, Answer], equal: Callable[[Answer, Answer], bool]
) -> Iterator[str]:
    for text, answer in answers.items():
        if isinstance(answer, str):
            yield f"in the end {text!r}: {answer}"
        elif not equal(answer, truth[text]):
            yield f"in the end {text!r} has a wrong answer"


def _search_all(office: Office, state: Path, verdict: Verdict) -> Came:
    lines: dict[str, int] = {}
    has_index = any(office.place(state).glob("index-*"))
    for text, options in SEARCHES if has_index else SEARCHES[:3]:  # which wait a second for one to be begun
        try:
            answer = ask(office, state, text, options)
        except Exception as error:  # noqa: BLE001 - the very thing that is looked for
            verdict.faults.append(f"{text!r}: {type(error).__name__}: {error}")
            continue
        if isinstance(answer, str):
            lines[answer] = lines.get(answer, 0) + 1
            if not says_what_to_do(answer):
                verdict.faults.append(f"{text!r}: {answer}")
        elif not answer.equals(office.truth[text]):
            verdict.wrong += 1
    verdict.said += lines
    return Came.WRONG if verdict.wrong else Came.SAID if lines else Came.RIGHT
