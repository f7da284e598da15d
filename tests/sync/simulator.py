"""A sync service between several machines' copies of one folder: real directories, a simulated service, no waiting.

Each machine has a directory, which people and programs use as they like. `notice` is what its sync client sees of that:
changes since the last time. Each goes off as a message that comes late, perhaps after later ones, or never (`loss`). A
message only says that a path is worth a look. Whoever gets it compares three things: what is at the path on the machine,
what the service has, and what both agreed on last. So a lost message costs time and no content: `rescan` looks at
every path, as a client does when it is started again.

What the services promise, this one does: the first to arrive has the name; a later version, made without knowing of the
first, is kept beside it under a name of the service's style (with Syncthing, the older of both gets that name). An edit
outlives a deletion, and a directory lives on while a file is in it. A rename travels as one if the client `renames`,
otherwise as a deletion and a new file. If a machine `ignores_case`, a file that would take the place of another there is
renamed (a directory is not: nobody should make two that differ in case only). Everything follows from the seed and from what is done: time is `now`.
"""

from __future__ import annotations

import heapq
import os
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from .conflict_names import Style, Whose, conflict_name

BEGIN = datetime(2026, 11, 2, 9, tzinfo=UTC)
MOST_ROUNDS = 30
"""Of rescans until all machines must be alike."""


class Entry(NamedTuple):
    """What is at a path."""

    content: bytes | None
    """None: a directory."""
    mtime_ns: int = 0
    by: str = ""
    """The machine that this version is from."""
    number: int = 0
    """Of the change at the service that brought it; each has another."""

    @property
    def is_directory(self) -> bool:
        """Whether it is a directory."""
        return self.content is None


DIRECTORY = Entry(None)


class _Message(NamedTuple):
    """To a machine's client: look at `path`, which was renamed `to` if that is not empty."""

    due: datetime
    order: float
    serial: int
    machine: str
    path: str
    to: str


@dataclass
class Machine:
    """One machine: its copy of the folder, and what its sync client knows."""

    name: str
    folder: Path
    whose: Whose
    online: bool = True
    renames: bool = True
    """Whether its client tells a rename as one."""
    ignores_case: bool = False
    """Whether its file system takes names that differ in case only for one."""
    agreed: dict[str, Entry] = field(default_factory=dict)
    """What machine and service agreed on last, by path."""
    seen: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Time and size of what its client saw last; a directory has (-1, -1)."""

    def look(self) -> dict[str, tuple[int, int]]:
        """Return all that is in the folder, as `seen`."""
        return dict(sorted(self._look(self.folder, "")))

    def _look(self, directory: Path, above: str) -> Iterator[tuple[str, tuple[int, int]]]:
        with os.scandir(directory) as listing:
            for one in listing:
                path = f"{above}{one.name}"
                if one.is_dir(follow_symlinks=False):
                    yield path, (-1, -1)
                    yield from self._look(directory / one.name, f"{path}/")
                elif one.is_file(follow_symlinks=False):
                    status = one.stat(follow_symlinks=False)
                    yield path, (status.st_mtime_ns, status.st_size)

    def read(self, path: str) -> Entry | None:
        """Return what is at a path; None: nothing."""
        try:
            content = (self.folder / path).read_bytes()
            return Entry(content, (self.folder / path).stat().st_mtime_ns, self.name)
        except IsADirectoryError:
            return DIRECTORY
        except (FileNotFoundError, NotADirectoryError):
            return None

    def files(self) -> dict[str, bytes | None]:
        """Return the content of all files, and None for each directory."""
        return {path: entry.content for path in self.look() if (entry := self.read(path))}

    def below(self, path: str) -> list[str]:
        """Return what is in a directory and its directories."""
        there = self.folder / path
        return sorted(below for below, _ in self._look(there, f"{path}/")) if there.is_dir() else []

    # --- what its client does ---------------------------------------------------------------------

    def put(self, path: str, entry: Entry | None) -> None:
        """Have this at a path; what else is there must be expendable, and its directory there."""
        file = self.folder / path
        if entry is None:
            if file.is_dir():
                file.rmdir()
            else:
                file.unlink(missing_ok=True)
            self.seen.pop(path, None)
        elif entry.content is None:
            if not file.is_dir():
                file.unlink(missing_ok=True)
                file.mkdir()
            self.seen[path] = (-1, -1)
        else:
            new = self.folder.parent / f".{self.folder.name}.{self.name}.part"  # on no machine's copy
            new.write_bytes(entry.content)
            os.utime(new, ns=(entry.mtime_ns, entry.mtime_ns))
            new.replace(file)
            self.seen[path] = (file.stat().st_mtime_ns, len(entry.content))

    def move(self, path: str, to: str) -> None:
        """Rename a file."""
        (self.folder / path).rename(self.folder / to)
        if path in self.seen:
            self.seen[to] = self.seen.pop(path)


class Service:
    """Keeps machines alike. `tree` is what it has itself."""

    def __init__(
        self, style: Style, seed: int, *, delay_s: float = 30.0, loss: float = 0.0, begin: datetime = BEGIN
    ) -> None:
        """A message takes `delay_s` on average; `loss` is the share of messages that are lost."""
        self.style, self.delay_s, self.loss = style, delay_s, loss
        self.chance = random.Random(seed)
        self.now = begin
        self.machines: dict[str, Machine] = {}
        self.tree: dict[str, Entry] = {}
        self.conflicts: list[tuple[str, str]] = []
        """Each conflict copy that was made, and the path of which it is one."""
        self._messages: list[_Message] = []
        self._held: list[_Message] = []
        """Those to machines that are not online."""
        self._serial = 0
        self._last_ns = 0

    def join(self, name: str, folder: Path, whose: Whose) -> Machine:
        """Have another machine take part; whatever is in its folder is told at the next `rescan`."""
        folder.mkdir(parents=True, exist_ok=True)
        self.machines[name] = machine = Machine(name, folder, whose)
        return machine

    def moment_ns(self) -> int:
        """Return the time for a file that is written now; no two have the same."""
        self._last_ns = max(self._last_ns + 1_000_000, int(self.now.timestamp() * 1e3) * 1_000_000)
        return self._last_ns

    # --- what happens -----------------------------------------------------------------------------

    def notice(self, machine: Machine) -> None:
        """Have a machine's client see what was done in its folder since; each change is a message to the service."""
        before, after = machine.seen, machine.look()
        gone = {path: seen for path, seen in before.items() if path not in after}
        new = {path: seen for path, seen in after.items() if before.get(path) != seen}
        machine.seen = after
        moved: dict[str, str] = {}
        if machine.renames:
            free = [path for path, (_, size) in new.items() if path not in before and size >= 0]
            for path, seen in gone.items():
                if seen[1] >= 0 and (to := next((one for one in free if new[one] == seen), None)):
                    free.remove(to)
                    moved[path] = to
        for path in sorted(gone.keys() | new.keys()):
            if path in moved:
                self._send(machine, path, moved[path])
            elif path not in moved.values():
                self._send(machine, path)

    def advance(self, seconds: float) -> None:
        """Let time pass, and messages arrive."""
        until = self.now + timedelta(seconds=seconds)
        while self._messages and self._messages[0].due <= until:
            message = heapq.heappop(self._messages)
            self.now = max(self.now, message.due)
            machine = self.machines[message.machine]
            if not machine.online:
                self._held.append(message)
            elif message.to:
                self._agree_on_move(machine, message.path, message.to)
            else:
                self._agree(machine, message.path)
        self.now = until

    def disconnect(self, machine: Machine) -> None:
        """Let no message come from a machine or to it; none is lost by that."""
        machine.online = False

    def connect(self, machine: Machine) -> None:
        """Let messages come again, those that waited too."""
        machine.online = True
        held, self._held = self._held, []
        for message in held:
            if message.machine == machine.name:
                self._send(machine, message.path, message.to)
            else:
                self._held.append(message)

    def rescan(self, machine: Machine) -> None:
        """Have a machine's client look at every path there is, its own and the service's: it misses nothing then."""
        if not machine.online:
            return
        machine.seen = machine.look()
        for path in sorted(machine.seen.keys() | machine.agreed.keys() | self.tree.keys()):
            self._agree(machine, path)

    def settle(self) -> None:
        """Let everybody come online and all be told, with rescans, until all machines have the same."""
        for machine in self.machines.values():
            self.connect(machine)
        for _ in range(MOST_ROUNDS):
            while self._messages:
                last = max(message.due for message in self._messages)
                self.advance(max(0.0, (last - self.now).total_seconds()))
            if self.is_settled:
                return
            for machine in self.machines.values():
                self.rescan(machine)
        raise AssertionError(f"the machines are not alike after {MOST_ROUNDS} rounds")

    @property
    def is_settled(self) -> bool:
        """Whether all machines have what the service has."""
        ours = {path: entry.content for path, entry in self.tree.items()}
        return all(machine.files() == ours for machine in self.machines.values())

    def _send(self, machine: Machine, path: str, to: str = "") -> None:
        self._serial += 1
        late_s = self.chance.expovariate(1 / self.delay_s) if self.delay_s else 0.0
        order, is_lost = self.chance.random(), self.chance.random() < self.loss
        if not is_lost:
            due = self.now + timedelta(seconds=late_s)
            message = _Message(due, order if late_s else 0.0, self._serial, machine.name, path, to)
            heapq.heappush(self._messages, message)

    def _tell_others(self, machine: Machine, path: str, to: str = "") -> None:
        for other in self.machines.values():
            if other is not machine:
                self._send(other, path, to)

    # --- one path ---------------------------------------------------------------------------------

    def _agree(self, machine: Machine, path: str) -> None:
        """Bring what a machine and the service have at a path together."""
        here, ours, agreed = machine.read(path), self.tree.get(path), machine.agreed.get(path)
        if _is_same(here, ours):
            self._remember(machine, path, ours)
        elif here and ours and here.is_directory and not ours.is_directory:
            self._part(machine, path, here, ours)
        elif _is_same(here, agreed):
            self._bring_down(machine, path, ours)
        elif _number(ours) == _number(agreed) and not (here and ours and ours.is_directory):
            self._bring_up(machine, path, here)
        elif here is None:
            self._bring_down(machine, path, ours)  # what somebody edited outlives its deletion
        elif ours is None:
            self._bring_up(machine, path, here)
        else:
            self._part(machine, path, here, ours)

    @staticmethod
    def _remember(machine: Machine, path: str, entry: Entry | None) -> None:
        if entry is None:
            machine.agreed.pop(path, None)
        else:
            machine.agreed[path] = entry

    def _set(self, machine: Machine, path: str, entry: Entry | None) -> None:
        """Have the service take what a machine has at a path, and tell the others."""
        if entry is None:
            del self.tree[path]
            machine.agreed.pop(path, None)
        else:
            self._serial += 1
            self.tree[path] = machine.agreed[path] = entry._replace(number=self._serial)
        self._tell_others(machine, path)

    def _bring_up(self, machine: Machine, path: str, entry: Entry | None) -> None:
        """Have the service take a machine's version."""
        if entry is None:
            if self.tree[path].is_directory and self._agree_below(machine, path):
                self._bring_down(machine, path, self.tree[path])  # others have put something there since
                return
        else:
            self._bring_up_parents(machine, path)
        self._set(machine, path, entry)

    def _bring_up_parents(self, machine: Machine, path: str) -> None:
        for parent in _parents(path):
            ours = self.tree.get(parent)
            if ours is None or not ours.is_directory:
                if ours is not None:
                    self._set_aside(machine, parent, ours)
                self._set(machine, parent, DIRECTORY)
            machine.agreed[parent] = self.tree[parent]

    def _agree_below(self, machine: Machine, path: str) -> list[str]:
        """Bring together all below a directory; return what the service has there then."""
        known = {*machine.below(path), *_below(machine.agreed, path), *_below(self.tree, path)}
        for below in sorted(known, reverse=True):
            self._agree(machine, below)
        return _below(self.tree, path)

    def _bring_down(self, machine: Machine, path: str, entry: Entry | None) -> None:
        """Have a machine take the service's version."""
        if entry is None:
            if machine.read(path) == DIRECTORY:
                self._agree_below(machine, path)
                if machine.below(path) or path in self.tree:  # somebody has put something there since
                    self._agree_on_directory(machine, path)
                    return
        else:
            for parent in _parents(path):
                if machine.read(parent) != DIRECTORY:
                    self._make_way(machine, parent)
                    machine.put(parent, DIRECTORY)
                machine.agreed[parent] = self.tree[parent]
            if machine.ignores_case and self._yields_to_other_case(machine, path):
                return
        machine.put(path, entry)
        self._remember(machine, path, entry)

    def _agree_on_directory(self, machine: Machine, path: str) -> None:
        if path not in self.tree:
            self._bring_up(machine, path, DIRECTORY)
        machine.agreed[path] = self.tree[path]

    # --- two versions -----------------------------------------------------------------------------

    def _part(self, machine: Machine, path: str, here: Entry, ours: Entry) -> None:
        """Keep both of two versions; a directory keeps the name."""
        is_later = self.style is Style.SYNCTHING and here.mtime_ns > ours.mtime_ns
        if here.is_directory or (is_later and not ours.is_directory):
            self._set_aside(machine, path, ours)
            self._bring_up(machine, path, here)
        else:
            self._make_way(machine, path)
            self._bring_down(machine, path, ours)

    def _set_aside(self, machine: Machine, path: str, ours: Entry) -> None:
        """Have the service keep its version of a file under another name."""
        aside = self._name_aside(machine, path, self.machines[ours.by].whose)
        self._serial += 1
        self.tree[aside] = ours._replace(number=self._serial)
        for one in self.machines.values():
            self._send(one, aside)

    def _make_way(self, machine: Machine, path: str) -> None:
        """Have a machine keep its version of a file, if there is one, under another name."""
        here = machine.read(path)
        if here is not None:
            aside = self._name_aside(machine, path, machine.whose)
            machine.move(path, aside)
            machine.agreed.pop(path, None)
            self._bring_up(machine, aside, here)

    def _name_aside(self, machine: Machine, path: str, whose: Whose) -> str:
        taken = {one.casefold() for one in (*self.tree, *machine.look())}
        aside = conflict_name(self.style, path, whose, self.now, lambda one: one.casefold() in taken)
        self.conflicts.append((aside, path))
        return aside

    def _yields_to_other_case(self, machine: Machine, path: str) -> bool:
        """Rename what the service has if the machine has another file whose name differs in case only; tell if so."""
        others = [one for one in machine.look() if one != path and one.casefold() == path.casefold()]
        for other in others:
            self._agree(machine, other)
        if not any(machine.read(other) for other in others):
            return False
        entry = self.tree.get(path)
        if entry is None or entry.is_directory:
            return entry is None
        self._set_aside(machine, path, entry)
        self._set(machine, path, None)
        return True

    # --- renames ----------------------------------------------------------------------------------

    def _agree_on_move(self, machine: Machine, path: str, to: str) -> None:
        """Bring a rename up or down, as one if nothing else has happened there, otherwise path by path."""
        here, there = machine.read(path), machine.read(to)
        ours, theirs, agreed = self.tree.get(path), self.tree.get(to), machine.agreed.get(path)
        is_alone = agreed is not None and not agreed.is_directory
        if is_alone and here is None and theirs is None and ours == agreed and _is_same(there, agreed):
            self._bring_up_parents(machine, to)
            del self.tree[path], machine.agreed[path]
            self._serial += 1
            self.tree[to] = machine.agreed[to] = agreed._replace(number=self._serial)  # type: ignore[union-attr]
            self._tell_others(machine, path, to)
        elif is_alone and here is not None and there is None and ours is None and _is_same(theirs, agreed):
            for parent in _parents(to):
                self._agree(machine, parent)
            machine.move(path, to)
            del machine.agreed[path]
            machine.agreed[to] = theirs  # type: ignore[assignment]
            self._agree(machine, to)  # it may have been edited here: the edit goes with the file
        else:
            self._agree(machine, path)
            self._agree(machine, to)


def _is_same(one: Entry | None, other: Entry | None) -> bool:
    """Tell whether both are nothing, directories, or files of the same content."""
    return one is other or (one is not None and other is not None and one.content == other.content)


def _number(entry: Entry | None) -> int:
    return entry.number if entry else 0


def _parents(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts))]


def _below(paths: dict[str, Entry], directory: str) -> list[str]:
    return sorted(path for path in paths if path.startswith(f"{directory}/"))
