"""Pages as an attacker would write them: taken apart, changed, and put together again with names and sums that are right."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from indexer.page.datafile import SUFFIX, name_of, pointer, read_pointer, script, unscript

JUNK: tuple[Any, ...] = (
    None, True, -1, 0, 1, 7, 1 << 31, 1 << 53, 1 << 64, -(1 << 63), 1.5, "", "x", "\0", "../..", "//evil.example/x", "t" * 70_000,
    "javascript:alert('evil')", "file://evil.example/share", "https://evil.example/login", "0" * 16, "g" * 16, "ffffffffffffffffff",
    [], [[]], [0], [-1], [1 << 40], {}, {"evil": 1}, [["https://evil.example/", "evil"]], "\ud800", "h-0000000000000000",
)  # fmt: skip


def plain(value: Any) -> bytes:
    """Return JSON as any program would write it."""
    return json.dumps(value, separators=(",", ":")).encode()


def container(facts: dict[str, Any], blobs: list[bytes]) -> bytes:
    return b"".join((plain({**facts, "blobs": list(map(len, blobs))}), b"\n", *blobs))


def opened(raw: bytes) -> tuple[dict[str, Any], list[bytes]]:
    line, _, rest = raw.partition(b"\n")
    facts = json.loads(line)
    blobs = []
    for size in facts["blobs"]:
        blobs.append(rest[:size])
        rest = rest[size:]
    return facts, blobs


@dataclass
class Forger:
    """The data files of a page, by name, and what they say of one another."""

    raw: dict[str, bytes]
    head: str
    chance: random.Random = field(default_factory=random.Random)

    @staticmethod
    def of(directory: Path) -> Forger:
        """Take a page apart."""
        raw = dict(unscript(path.read_bytes()) for path in directory.glob("[a-oq-z]-*.js"))
        return Forger(raw, read_pointer((directory / "head.js").read_bytes())[0])

    def copy(self, seed: int) -> Forger:
        return Forger(dict(self.raw), self.head, random.Random(seed))

    def put(self, name: str, raw: bytes) -> None:
        """Put other bytes in place of a file, under the name they then have, and mend all that name it."""
        renamed = {name: name_of(name[0], raw)}
        del self.raw[name]
        self.raw[renamed[name]] = raw
        while renamed:
            old, new = renamed.popitem()
            if old == self.head:
                self.head = new
            for other, content in list(self.raw.items()):
                if old.encode() in content and other != new:
                    changed = content.replace(old.encode(), new.encode())
                    del self.raw[other]
                    self.raw[name_of(other[0], changed)] = changed
                    renamed[other] = name_of(other[0], changed)

    def each_row(self, change: Callable[[dict[str, Any]], None]) -> None:
        """Change the rows of all pages of items, wherever they lie."""

        def changed(page: bytes) -> bytes:
            said = json.loads(page)
            for row in filter(None, said["i"]):
                change(row)
            return plain(said)

        for name in [name for name in self.raw if name[0] == "a"]:
            self.put(name, changed(self.raw[name]))
        for letter in "rh":  # those that are named are changed before those that name them
            for name in [name for name in self.raw if name[0] == letter]:
                facts, blobs = opened(self.raw[name])
                root = facts["open"] if letter == "h" else facts
                inside = [ref for ref in root["abouts"] if isinstance(ref, int)] if root else []
                for ref in inside:
                    blobs[ref] = changed(blobs[ref])
                if inside:
                    self.put(name, container(facts, blobs))

    def each_head(self, change: Callable[[dict[str, Any]], None]) -> None:
        facts, blobs = opened(self.raw[self.head])
        change(facts)
        self.put(self.head, container(facts, blobs))

    def write(self, directory: Path, before: str = "") -> None:
        """Write it as the page of a directory."""
        for path in directory.glob("[a-oq-z]-*.js"):
            path.unlink()
        for name, raw in self.raw.items():
            (directory / (name + SUFFIX)).write_bytes(script(name, raw))
        (directory / "head.js").write_bytes(pointer(self.head, before))

    # --- by chance --------------------------------------------------------------------------------

    def mutate(self) -> str:
        """Change something, sums and names right again; say what."""
        name = self.chance.choice(sorted(self.raw))
        parts = self._parts(name)
        if parts and self.chance.random() < 0.8:
            facts, blobs = parts
            if blobs and self.chance.random() < 0.6:
                at = self.chance.randrange(len(blobs))
                blobs[at] = self._mutated(blobs[at])
                what = f"blob {at} of {name}"
            else:
                what = f"{name}: {self._mutate_json(facts)}"
            self.put(name, container(facts, blobs))
        else:
            what = name
            self.put(name, self._mutated(self.raw[name]))
        return what

    def _parts(self, name: str) -> tuple[dict[str, Any], list[bytes]] | None:
        """Return a container's facts and blobs; None if it is not one, or no longer."""
        try:
            return opened(self.raw[name]) if name[0] in "hr" else None
        except (ValueError, KeyError, TypeError):
            return None

    def _mutated(self, raw: bytes) -> bytes:
        """Change bytes, or JSON as such."""
        line, end, rest = raw.partition(b"\n")
        if line[:1] in b"{[" and self.chance.random() < 0.8:
            try:
                said = json.loads(line)
            except ValueError:
                said = None
            if said:
                self._mutate_json(said)
                return plain(said) + end + rest
        changed = bytearray(raw)
        for _ in range(self.chance.choice([1, 1, 2, 9])):
            at = self.chance.randrange(len(changed) + 1)
            what = self.chance.randrange(4)
            if what == 0 and at < len(changed):
                changed[at] = self.chance.randrange(256)
            elif what == 1:
                del changed[at : at + self.chance.choice([1, 3, 50])]
            elif what == 2:
                changed[at:at] = self.chance.choice(
                    [b"\0", b"\xff" * 12, b"evil", b"\x80" * 40, changed[:at]]
                )
            else:
                changed += changed[:at]
        return bytes(changed)

    def _mutate_json(self, said: Any) -> str:
        """Put something else somewhere into nested lists and objects; say where."""
        places: list[tuple[Any, Any]] = []
        waiting = [said]
        while waiting:
            one = waiting.pop()
            keys = list(one) if isinstance(one, dict) else range(len(one)) if isinstance(one, list) else ()
            places += [(one, key) for key in keys]
            waiting += [one[key] for key in keys]
        if not places:
            return ""
        one, key = self.chance.choice(places)
        what = self.chance.randrange(5)
        if what == 0:
            one[key] = self.chance.choice(JUNK)
        elif what == 1:
            del one[key]
        elif what == 2:
            one[key] = json.loads(json.dumps(self._other(places)))
        elif what == 3 and isinstance(one, list):
            one.append(self.chance.choice([one[key], *JUNK]))
        elif isinstance(one, dict):
            one[self.chance.choice(["evil", "since", "dead", "f", "u", "l", "x"])] = self.chance.choice(JUNK)
        else:
            one[key] = one[key] + 1 if type(one[key]) is int else "evil"
        return f"{what} at {key!r}"

    def _other(self, places: list[tuple[Any, Any]]) -> Any:
        one, key = self.chance.choice(places)
        return one[key] if key in one or isinstance(one, list) else None
