"""Who knows what? Those who signed notes, answers, links and questions on it. Pure.

A name is text that anybody may write: it is shown without what steers a screen, is bounded, and stands for the person whose
name it is by the files of people.
"""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from indexer.model.items import ItemId, RelPath
from indexer.model.names import name_key
from indexer.model.team import Person, Signed

MOST = 20
"""People that are named."""
KINDS = frozenset({"answer", "author", "link", "note", "question"})
"""What shows that somebody knows an item; that they marked it does not."""
_PATHS, _LETTERS, _ALSO = 10, 80, 100
"""Items that are shown of a person; characters of a name; other names that one file may give."""
_JOINERS = "\u200c\u200d"
"""Unseen characters that some scripts are written with."""


class Names:
    """Whose names are whose, and how they are shown.

    Names are one if they differ in case, in how accents are composed, or in blanks, underscores and dots. `also` has what
    the files of people say: the name of the file, and the person's other names; `unlisted` are the names of files whose
    person is not to be named, by none of their names. A name that several files claim is that of the first by spelling, of one
    who is not to be named before all others.
    """

    def __init__(
        self,
        written: Iterable[str],
        also: Mapping[str, Sequence[str]] | None = None,
        unlisted: Collection[str] = (),
    ) -> None:
        """Take in all names as they were written, each as often as it was: the commonest spelling is shown."""
        self._keys: dict[str, str] = {}
        out = {key for name in unlisted if (key := self._key(name))}
        self._person = _persons(self._claims(also or {}), out)
        self._out = {self._person.get(key, key) for key in out}
        counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for name, number in Counter(written).items():
            counts[self.person(name)][_plain(name)] += number
        counts.pop("", None)
        self._shown = {person: _commonest(by) for person, by in counts.items()}

    def person(self, name: str) -> str:
        """Return what is equal for all names of a person; empty if they are not to be named, or if it is no name."""
        key = self._key(name)
        person = self._person.get(key, key)
        return "" if person in self._out else person

    def shown(self, name: str) -> str:
        """Return the name under which the person of a name is shown, at most so many characters; empty if under none."""
        person = self.person(name)
        return self._shown.get(person) or _plain(name) if person else ""

    def _key(self, name: str) -> str:
        if name not in self._keys:
            self._keys[name] = _key(name)
        return self._keys[name]

    def _claims(self, also: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
        """Return the keys of files of people, in order, with the keys of the other names that they give."""
        claims: dict[str, list[str]] = {}
        for name in sorted(also):
            if key := self._key(name):
                claims.setdefault(key, []).extend(filter(None, map(self._key, also[name][:_ALSO])))
        return dict(sorted(claims.items()))


def people(
    signed: Iterable[Signed],
    names: Names,
    among: Collection[ItemId] | None = None,
    most: int = MOST,
) -> list[Person]:
    """Return who knows the items `among`, or any, by what they signed: who signed most first, then who did so last."""
    things: defaultdict[str, set[Signed]] = defaultdict(set)
    for one in signed:
        if one.kind in KINDS and (among is None or one.item in among):
            things[names.shown(one.name)].add(one._replace(name=""))
    things.pop("", None)
    ordered = sorted(things)
    ordered.sort(key=lambda name: max(one.date for one in things[name]), reverse=True)
    ordered.sort(key=lambda name: -len(things[name]))
    return [Person(name, len(things[name]), _paths(things[name])) for name in ordered[:most]]


def _paths(things: Iterable[Signed]) -> tuple[RelPath, ...]:
    """Return the paths of what was signed last, each once."""
    by_path = sorted(things, key=lambda one: one.path)
    latest = sorted(by_path, key=lambda one: one.date, reverse=True)
    return tuple(dict.fromkeys(one.path for one in latest))[:_PATHS]


# --- names ----------------------------------------------------------------------------------------


def _persons(claims: Mapping[str, Sequence[str]], out: Collection[str]) -> dict[str, str]:
    """Return the person of each name in files, whose names come in order: one that claims the name of another is of the same."""
    group = {name: [name] for name in claims}
    for name, others in claims.items():
        for other in others:
            if other in group and group[other] is not group[name]:
                fewer, more = sorted((group[name], group[other]), key=len)
                more.extend(fewer)
                group.update(dict.fromkeys(fewer, more))
    firsts: dict[int, str] = {}
    person = {name: firsts.setdefault(id(those), name) for name, those in group.items()}
    hidden = {person.get(name, name) for name in out}
    for name in sorted(claims, key=lambda name: (person[name] not in hidden, name)):
        for other in claims[name]:
            person.setdefault(other, person[name])
    return person


def _key(name: str) -> str:
    """Return what is equal for names that are one."""
    text = _plain(name).translate(dict.fromkeys(map(ord, _JOINERS)))
    return " ".join(unicodedata.normalize("NFC", name_key(text)).replace("_", " ").replace(".", " ").split())


def _plain(name: str) -> str:
    """Return a name in one line without characters that can't be seen, not too long."""
    text = unicodedata.normalize("NFC", name[: 4 * _LETTERS])
    kept = "".join(c if _is_seen(c) else " " if c.isspace() else "" for c in text)
    return " ".join(kept.split())[:_LETTERS].strip()


def _is_seen(character: str) -> bool:
    return character in _JOINERS or unicodedata.category(character)[0] not in "CZ"


def _commonest(counts: Mapping[str, int]) -> str:
    """Return the commonest spelling; of several, that with the fewest underscores, then the longest."""
    return min(counts, key=lambda name: (-counts[name], name.count("_"), -len(name), name))
