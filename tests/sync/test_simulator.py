"""The simulated sync service keeps what real ones promise: machines end alike, and no content is lost by it."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from indexer.model.conflict import conflict_base
from indexer.model.items import RelPath

from .conflict_names import Style, Whose
from .people import People
from .simulator import Machine, Service

WHO = {
    "ann": Whose("Ann", "DESKTOP-4F7G2H1", "ABCDEFG"),
    "bo": Whose("Bo", "LAPTOP-BO", "BCDEFGH"),
    "cem": Whose("Cem", "WIN-7Q2K9M4LP1X", "CDEFGHI"),
}
DIRECTORIES = ("", "Sales/", "Sales/Offers/")
NAMES = ("a.md", "README")
MADE = ("Empty", "Sales", "Sales/Offers")
SEEDS = int(os.environ.get("INDEXER_TEST_SEEDS", "12"))
"""Histories of each service."""
COPIES = {
    Style.DROPBOX: ("Plan (Bo's conflicted copy 2026-11-02).md", "Plan (Cem's conflicted copy 2026-11-02).md"),
    Style.ONEDRIVE: ("Plan-LAPTOP-BO.md", "Plan-WIN-7Q2K9M4LP1X.md"),
    Style.SYNCTHING: (
        "Plan.sync-conflict-20261102-090000-ABCDEFG.md", "Plan.sync-conflict-20261102-090000-BCDEFGH.md"
    ),
    Style.GOOGLE_DRIVE: ("Plan (1).md", "Plan (2).md"),
}  # fmt: skip
SECOND = {
    Style.DROPBOX: "Plan (Bo's conflicted copy 2026-11-02 1).md",
    Style.ONEDRIVE: "Plan-LAPTOP-BO-2.md",
    Style.SYNCTHING: "Plan.sync-conflict-20261102-090001-ABCDEFG.md",
    Style.GOOGLE_DRIVE: "Plan (2).md",
}


class Team:
    """Some machines and their service."""

    def __init__(self, place: Path, count: int, style: Style, seed: int = 0, **ways: float) -> None:
        self.service = Service(style, seed, **ways)
        self.people = People(self.service)
        self.machines = [
            self.service.join(name, place / name / "Team", whose) for name, whose in list(WHO.items())[:count]
        ]

    @property
    def tree(self) -> dict[str, bytes | None]:
        """What all machines have."""
        assert self.service.is_settled
        return self.machines[0].files()


@pytest.fixture
def make_team(tmp_path: Path) -> Callable[..., Team]:
    return lambda count=2, style=Style.DROPBOX, **ways: Team(tmp_path, count, style, **ways)


# --- any history ----------------------------------------------------------------------------------

PATHS = [f"{directory}{name}" for directory in DIRECTORIES for name in NAMES]


def live(team: Team, chance: random.Random, rounds: int) -> None:
    """Have everybody work at once on what all have seen, again and again."""
    for number in range(rounds):
        for deed in range(chance.randint(2, 8)):
            do(team, chance, f"version {number}.{deed}".encode())
            team.service.advance(chance.choice([0, 0, 5, 40]))
        team.service.advance(chance.choice([0, 40, 900]))


def do(team: Team, chance: random.Random, content: bytes) -> None:
    """Do one thing on one machine."""
    people, machine = team.people, chance.choice(team.machines)
    there = list(machine.look())
    path, to = chance.choice(there or PATHS), chance.choice(PATHS)
    what = chance.choices(["write", "edit", "delete", "rename", "make", "service"], [4, 6, 3, 4, 1, 2])[0]
    if what == "write" and _is_free(machine, to):
        people.write(machine, to, content)
    elif what == "edit" and (machine.folder / path).is_file():
        people.write(machine, path, content)
    elif what == "delete" and path in there:
        people.delete(machine, path)
    elif what == "rename" and (machine.folder / path).is_file() and _is_free(machine, to) and to != path:
        people.rename(machine, (path, to))
    elif what == "make" and _is_free(machine, to := chance.choice([*MADE, *PATHS])) and to not in there:
        people.make_directory(machine, to)
    elif what == "service":
        chance.choice([team.service.rescan, team.service.disconnect, team.service.connect])(machine)


def _is_free(machine: Machine, path: str) -> bool:
    """Tell whether a file may be written there: no directory is in its place, and no file in that of its directories."""
    file = machine.folder / path
    above = [parent for parent in file.parents if machine.folder in (parent, *parent.parents)]
    return not file.is_dir() and all(parent.is_dir() or not parent.exists() for parent in above)


@pytest.mark.parametrize("loss", [0.0, 0.3])
@pytest.mark.parametrize("style", Style)
def test_whatever_happens_machines_end_alike_and_nothing_is_lost(
    style: Style, loss: float, tmp_path: Path
) -> None:
    for seed in range(SEEDS):
        chance = random.Random(f"{seed} {style} {loss}")
        team = Team(tmp_path / str(seed), 2 + seed % 2, style, seed, loss=loss)
        team.machines[0].renames = chance.random() < 0.5
        live(team, chance, 8)
        team.service.settle()
        assert team.people.lost() == [], f"seed {seed}"
        before = team.tree
        for machine in team.machines:
            team.service.rescan(machine)
        team.service.settle()
        assert team.tree == before, f"seed {seed}"


@pytest.mark.parametrize("style", Style)
def test_the_same_seed_gives_the_same_history(style: Style, tmp_path: Path) -> None:
    def ends(place: Path) -> Iterator[object]:
        team = Team(place, 3, style, 7, loss=0.2)
        live(team, random.Random(7), 12)
        team.service.settle()
        yield from (team.tree, team.service.conflicts, team.service.now, team.service.tree)

    assert list(ends(tmp_path / "one")) == list(ends(tmp_path / "two"))
