"""What people do to their copies of a folder, and what must be left of it in the end."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field

from .simulator import Machine, Service


@dataclass
class People:
    """Does what people do, has the sync clients see it, and keeps a record of each content that somebody wrote."""

    service: Service
    written: dict[bytes, str] = field(default_factory=dict)
    """Each content, and the path at which it was written."""
    given_up: set[bytes] = field(default_factory=set)
    """Contents that somebody overwrote or deleted where they saw them."""
    removed: set[str] = field(default_factory=set)
    """Paths at which somebody took a file away."""

    def write(self, machine: Machine, path: str, content: bytes) -> None:
        """Write a file, over the one that is there, with the directories that it needs."""
        file = machine.folder / path
        self._give_up(machine, path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        self.date(machine, path)
        self.written.setdefault(content, path)
        self.given_up.discard(content)
        self.service.notice(machine)

    def date(self, machine: Machine, path: str) -> None:
        """Give a file that a program has written the service's time."""
        moment = self.service.moment_ns()
        os.utime(machine.folder / path, ns=(moment, moment))

    def make_directory(self, machine: Machine, path: str) -> None:
        """Make a directory."""
        (machine.folder / path).mkdir(parents=True, exist_ok=True)
        self.service.notice(machine)

    def delete(self, machine: Machine, path: str) -> None:
        """Delete a file, or a directory with all in it."""
        file = machine.folder / path
        for one in [path, *machine.below(path)]:
            self._give_up(machine, one)
            self.removed.add(one)
        if file.is_dir():
            shutil.rmtree(file)
        else:
            file.unlink()
        self.service.notice(machine)

    def rename(self, machine: Machine, *pairs: tuple[str, str]) -> None:
        """Rename files or directories, one after the other, before the client looks; a file in the way is overwritten."""
        for path, to in pairs:
            self._give_up(machine, to)
            self.removed.update([path, *machine.below(path)])
            (machine.folder / to).parent.mkdir(parents=True, exist_ok=True)
            (machine.folder / path).replace(machine.folder / to)
        self.service.notice(machine)

    def _give_up(self, machine: Machine, path: str) -> None:
        there = machine.read(path)
        if there is not None and there.content is not None:
            self.given_up.add(there.content)

    def lost(self) -> list[str]:
        """Return, of what was written and nobody gave up, what no machine has."""
        kept = {content for machine in self.service.machines.values() for content in machine.files().values()}
        return sorted(
            path
            for content, path in self.written.items()
            if content not in self.given_up and content not in kept
        )
