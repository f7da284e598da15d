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
NAMES = ("a.md", "README", "A.md")
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
    Style.GOOGLE_DRIVE: "Plan (3).md",
}


MakeTeam = Callable[..., "Team"]


class Team:
    """Some machines and their service."""

    def __init__(
        self, place: Path, count: int, style: Style, seed: int = 0, loss: float = 0.0, delay_s: float = 30.0
    ) -> None:
        self.service = Service(style, seed, loss=loss, delay_s=delay_s)
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
def make_team(tmp_path: Path) -> MakeTeam:
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
    others = machine.look() if machine.ignores_case else {}
    if any(one != path and one.casefold() == path.casefold() for one in others):
        return False
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
        team.machines[1].ignores_case = chance.random() < 0.5
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


# --- what is promised, one by one -----------------------------------------------------------------


@pytest.mark.parametrize("style", Style)
def test_conflict_copies_are_called_as_the_service_calls_them(style: Style, make_team: MakeTeam) -> None:
    team = make_team(3, style, delay_s=0.0)
    for machine in team.machines:  # all create it, before anybody hears of another
        team.people.write(machine, "Plan.md", f"as {machine.name} has it".encode())
    team.service.settle()
    newest = "cem" if style is Style.SYNCTHING else "ann"
    assert sorted(team.tree) == sorted(["Plan.md", *COPIES[style]])
    assert team.tree["Plan.md"] == f"as {newest} has it".encode()
    for machine in team.machines[:2]:  # two change it
        team.people.write(machine, "Plan.md", f"once more as {machine.name} has it".encode())
    team.service.settle()
    assert team.service.conflicts[-1] == (SECOND[style], "Plan.md")
    assert len(team.tree) == 4
    known = {path: conflict_base(RelPath(path)) for path, _ in team.service.conflicts}
    assert set(known.values()) == {None if style is Style.GOOGLE_DRIVE else "Plan.md"}


def test_a_file_without_suffix_and_bytes_of_any_kind(make_team: MakeTeam) -> None:
    team = make_team(2, Style.ONEDRIVE, delay_s=0.0)
    for machine in team.machines:
        team.people.write(machine, "_index/data/head", bytes(range(256)) * 400 + machine.name.encode())
    team.service.settle()
    assert sorted(team.tree) == ["_index", "_index/data", "_index/data/head", "_index/data/head-LAPTOP-BO"]


def test_equal_files_made_on_both_sides_are_no_conflict(make_team: MakeTeam) -> None:
    team = make_team(2)
    for machine in team.machines:
        team.people.write(machine, "a.md.mark.useful.ann", b"")
    team.service.settle()
    assert team.tree == {"a.md.mark.useful.ann": b""}


@pytest.mark.parametrize("renames", [True, False])
def test_an_edit_follows_a_rename_if_it_travels_as_one(renames: bool, make_team: MakeTeam) -> None:
    team = make_team(2, delay_s=0.0)
    ann, bo = team.machines
    ann.renames = renames
    team.people.write(ann, "a.md", b"old")
    team.service.settle()
    team.people.rename(ann, ("a.md", "Sales/b.md"))
    (bo.folder / "a.md").write_bytes(b"edited")  # which its client has not seen yet
    team.service.settle()
    edited = {"Sales/b.md": b"edited"} if renames else {"Sales/b.md": b"old", "a.md": b"edited"}
    assert team.tree == {"Sales": None, **edited}


def test_an_edit_outlives_a_deletion_and_a_directory_what_is_put_into_it(make_team: MakeTeam) -> None:
    team = make_team(2)
    ann, bo = team.machines
    for path in ("Sales/a.md", "Sales/b.md", "Sales/Old/c.md"):
        team.people.write(ann, path, path.encode())
    team.service.settle()
    team.people.delete(ann, "Sales")
    team.people.write(bo, "Sales/a.md", b"edited")
    team.people.write(bo, "Sales/New/d.md", b"new")
    team.service.settle()
    assert team.tree == {"Sales": None, "Sales/New": None, "Sales/New/d.md": b"new", "Sales/a.md": b"edited"}


def test_what_is_lost_comes_with_the_next_rescan(make_team: MakeTeam) -> None:
    team = make_team(2, loss=1.0)
    ann, bo = team.machines
    team.people.write(ann, "a.md", b"a")
    team.service.advance(3_600)
    team.service.rescan(bo)
    assert not bo.look()
    team.service.rescan(ann)
    team.service.advance(3_600)
    assert not bo.look()
    team.service.rescan(bo)
    assert bo.files() == {"a.md": b"a"}


def test_a_machine_that_is_not_online_hears_nothing_and_misses_nothing(make_team: MakeTeam) -> None:
    team = make_team(2)
    ann, bo = team.machines
    team.service.disconnect(bo)
    team.people.write(ann, "a.md", b"a")
    team.people.write(bo, "b.md", b"b")
    team.service.advance(3_600)
    assert (list(ann.look()), list(bo.look())) == (["a.md"], ["b.md"])
    team.service.connect(bo)
    team.service.advance(3_600)
    assert team.tree == {"a.md": b"a", "b.md": b"b"}


def test_names_that_differ_in_case_only_are_parted_where_they_are_one(make_team: MakeTeam) -> None:
    team = make_team(2)
    ann, bo = team.machines
    bo.ignores_case = True
    team.people.write(ann, "plan.md", b"ann")
    team.people.write(bo, "Plan.md", b"bo")
    team.service.settle()
    assert {path.casefold() for path in team.tree} == {
        "plan.md",
        "plan (ann's conflicted copy 2026-11-02).md",
    }
    assert set(team.tree.values()) == {b"ann", b"bo"}


def test_a_file_and_a_directory_of_one_name_are_both_kept(make_team: MakeTeam) -> None:
    team = make_team(2, delay_s=0.0)
    ann, bo = team.machines
    team.people.write(ann, "Plan", b"file")
    team.people.write(bo, "Plan/a.md", b"below")
    team.service.settle()
    assert team.tree == {
        "Plan": None,
        "Plan/a.md": b"below",
        "Plan (Ann's conflicted copy 2026-11-02)": b"file",
    }
