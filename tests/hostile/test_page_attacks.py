"""Attacks by way of the page: each scan ends well, and with the page that the catalogue gives."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from indexer.app import building
from indexer.page.belonging import Location
from indexer.page.datafile import SUFFIX, name_of, pointer, script
from indexer.page.writer import DataFiles, heads
from indexer.pipeline.page_facts import MEMORY
from indexer.settings import ExtractSettings, Settings
from indexer.state import places
from tests.hostile.forging import Forger, container, opened, plain
from tests.page.decoded import decoded

LONG_AGO = 1_588_550_400
LOGIN = "https://evil.example/login"
WHOLE_SCANS = 50

Attack = Callable[[Forger, Path], None]


@dataclass(frozen=True)
class Team:
    """A folder with its state, both of which can be put back as they were."""

    top: Path

    @property
    def folder(self) -> Path:
        return self.top / "Team"

    @property
    def directory(self) -> Path:
        return self.folder / "_index"

    @property
    def settings(self) -> Settings:
        return Settings(state_dir=self.top / "state", extract=ExtractSettings(workers=1))

    def scan(self, *, forgets: bool = False) -> None:
        """Look at the folder and publish; `forgets`: what was published before is not known any more."""
        places.register(self.folder, self.settings)
        with building.open_pipeline(self.folder, self.settings) as pipeline:
            if forgets:
                with pipeline.catalogue.writing():
                    pipeline.catalogue.facts.set(MEMORY, "")
            pipeline.run_pass()

    def keep(self) -> None:
        shutil.copytree(self.folder, self.top / "kept folder")
        shutil.copytree(self.top / "state", self.top / "kept state")

    def put_back(self, *, state: bool = True) -> Forger:
        for name, wanted in (("folder", self.folder), ("state", self.top / "state")):
            shutil.rmtree(wanted, ignore_errors=True)
            if name == "folder" or state:
                shutil.copytree(self.top / f"kept {name}", wanted)
        return Forger.of(self.directory)

    def said(self) -> dict[int, dict[str, Any]]:
        head, _ = heads(Location(self.folder / "index.html", self.directory))
        return decoded(DataFiles(self.directory), head)

    def raw(self) -> bytes:
        """Everything that the page says, packed or not."""
        data = b"".join(Forger.of(self.directory).raw.values())
        return data + (self.folder / "index.html").read_bytes() + (self.directory / "head.js").read_bytes()


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    team = Team(tmp_path_factory.mktemp("attacks"))
    (team.folder / "Sales").mkdir(parents=True)
    for number in range(6):
        (team.folder / f"Sales/offer {number}.txt").write_text(f"An offer of {number} pumps and much steel")
    (team.folder / "site.url").write_text("[InternetShortcut]\nURL=https://example.org/a\n")
    for path in team.folder.rglob("*.*"):
        os.utime(path, (LONG_AGO, LONG_AGO))
    team.scan()
    (team.folder / "late.txt").write_text("It came late")
    team.scan()
    team.keep()
    yield team


def rows(**changed: Any) -> Attack:
    return lambda forger, _: forger.each_row(lambda row: row.update(changed))


def head(**changed: Any) -> Attack:
    return lambda forger, _: forger.each_head(lambda facts: facts.update(changed))


def roots(change: Callable[[dict[str, Any]], Any]) -> Attack:
    def attack(forger: Forger, _: Path) -> None:
        for name in [name for name in forger.raw if name[0] == "r"]:
            facts, blobs = opened(forger.raw[name])
            change(facts)
            forger.put(name, container(facts, blobs))

    return attack


def files(letter: str, change: Callable[[bytes], bytes]) -> Attack:
    def attack(forger: Forger, _: Path) -> None:
        for name in [name for name in forger.raw if name[0] == letter]:
            forger.put(name, change(forger.raw[name]))

    return attack


def deep(forger: Forger, _: Path) -> None:
    facts, blobs = opened(forger.raw[forger.head])
    line = plain(facts)[:-1] + b',"deep":' + b"[" * 200_000 + b"]" * 200_000 + b"}"
    forger.put(forger.head, b"".join([line, b"\n", *blobs]))


def bomb(forger: Forger, directory: Path) -> None:
    raw = b" " * (100 << 20)
    name = name_of("r", raw)
    forger.each_head(lambda facts: facts["segments"].append(name))
    (directory / (name + SUFFIX)).write_bytes(script(name, raw))


def other_words(forger: Forger, _: Path) -> None:
    for letter in "srh":
        for name in [name for name in forger.raw if name[0] == letter]:
            forger.put(name, forger.raw[name].replace(b"offer", b"evilx"))


ATTACKS: dict[str, Attack] = {
    "a title that is false": rows(t="evil", a="evil"),
    "an address that is false": rows(u=LOGIN, k="link"),
    "an address that runs": rows(u="javascript:alert('evil')"),
    "links": rows(l=[[LOGIN, "evil"]]),
    "a path to another host": rows(p="//evil.example/share"),
    "a path out of the folder": rows(p="../../evil"),
    "an address of its own for a file": rows(href="//evil.example/share", h="//evil.example/share"),
    "ids that are none": rows(id="evil"),
    "ids that are large": rows(id="f" * 32),
    "one id for all": rows(id="0" * 15 + "1"),
    "facts": rows(f={"o": 1, "c": "evil"}),
    "sizes of another type": rows(s="evil", d=[], g={}, x="evil"),
    "nesting": deep,
    "a bomb": bomb,
    "items without end": roots(lambda root: root.update(count=1 << 62)),
    "shards of nothing": roots(lambda root: root.update(shards=[["evil", 0, 0, 0]])),
    "a root that is a list": roots(lambda root: root.update(marks=["evil"], folds="evil")),
    "all are dead": head(open={"marks": "evil"}),
    "segments without end": head(segments=[f"r-{n:016x}" for n in range(5_000)]),
    "a time to come": head(written=1 << 33, evil="evil"),
    "texts": files("t", lambda raw: raw.replace(b"steel", b"evil!")),
    "text files of numbers": files("t", lambda _: b"[1,2]"),
    "words": other_words,
}  # fmt: skip


@pytest.mark.parametrize("known", [True, False], ids=["known state", "new memory"])
def test_attacks_on_what_is_read_back(team: Team, known: bool) -> None:
    expected = team.said()
    for name, attack in ATTACKS.items():
        forger = team.put_back()
        attack(forger, team.directory)
        forger.write(team.directory, before=forger.head)
        team.scan(forgets=not known)
        assert team.said() == expected, name
        assert b"evil" not in team.raw(), name


@pytest.mark.parametrize(
    "content",
    [b"H(" + b'{"now":' + b"[" * 200_000 + b")\n", b'H({"now":"../../evil","before":1})\n', b"", b"evil", b"\0" * 40_000_000,
     b'H({"now":"h-0000000000000000","before":"h-ffffffffffffffff"})\n'],
    ids=range(6),
)  # fmt: skip
def test_a_pointer_that_is_none(team: Team, content: bytes) -> None:
    team.put_back()
    expected = team.said()
    (team.directory / "head.js").write_bytes(content)
    team.scan()
    assert team.said() == expected


def test_whoever_begins_takes_no_id_that_is_none_and_no_title(team: Team) -> None:
    """Two attacks at once, on a machine without any state: half of the rows each."""
    forger = team.put_back(state=False)
    number = iter(range(100))

    def change(row: dict[str, Any]) -> None:
        row.update({"id": "evil" * 8, "u": LOGIN} if next(number) % 2 else {"t": "evil", "w": 1_400_000_000})

    forger.each_row(change)
    forger.write(team.directory)
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-m", "indexer", "scan", str(team.folder)], capture_output=True, check=False, timeout=120,
            env={**os.environ, "INDEXER_STATE_DIR": str(team.top / "state")},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert b"Traceback" not in done.stderr
    assert len(team.said()) == 8
    assert b"evil" not in team.raw()


def test_whole_scans_of_pages_changed_by_chance(team: Team) -> None:
    team.put_back()
    expected = team.said()
    for seed in range(WHOLE_SCANS):
        whole = team.put_back()
        forger = whole.copy(seed)
        what = [forger.mutate() for _ in range(1 + seed % 3)]
        forger.write(team.directory, before=whole.head)
        team.scan(forgets=bool(seed % 2))
        assert team.said() == expected, (seed, what)
        assert b"evil" not in (team.folder / "index.html").read_bytes(), (seed, what)


def test_the_state_before_is_nobody_elses(team: Team) -> None:
    forger = team.put_back()
    good = forger.head
    forger.each_row(lambda row: row.update(t="evil"))
    evil = forger.head
    whole = Forger.of(team.directory)
    whole.raw |= forger.raw
    whole.write(team.directory)
    (team.directory / "head.js").write_bytes(pointer(good, evil))
    team.scan(forgets=True)
    assert b"evil" not in (team.directory / "head.js").read_bytes()
    assert not (team.directory / f"{evil}.js").exists()
