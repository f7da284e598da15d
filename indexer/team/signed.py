"""Who signed what? Notes, answers, questions and marks; authors of documents only if that is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from indexer.catalogue import Catalogue
from indexer.catalogue.team import MOST_PEOPLE, MOST_QUESTIONS
from indexer.model.items import Item, ItemId, Kind
from indexer.model.names import name_key
from indexer.model.notes import Role, mark_of, role_of, written_at
from indexer.model.team import Signed
from indexer.page.scope import Scope
from indexer.team.watching import asked


class Named(dict[str, tuple[str, ...]]):
    """What files of people say: by a person's name, as in the name of the file, their other names; and who is not to be named."""

    def __init__(self) -> None:
        """Begin with nobody."""
        super().__init__()
        self.unlisted: set[str] = set()


def named(catalogue: Catalogue) -> Named:
    """Return what the files in `People/` say."""
    found = Named()
    for item, about, _ in catalogue.team.files(Kind.PERSON, MOST_PEOPLE):
        name = item.name.rpartition(".")[0] or item.name
        found[name] = about.note.also if about.note else ()
        if about.note and about.note.listed == "no":
            found.unlisted.add(name)
    return found


def signed(catalogue: Catalogue, scope: Scope, *, authors: bool) -> list[Signed]:
    """Return what people signed of items that are on the page, each thing once."""
    said = [(item, on) for item, on in catalogue.team.saying() if scope.has(item.path)]
    about = {one for note, on in said for one in (on, catalogue.attachments.relied_on(note.id)) if one}
    shown = {
        item.id: item for item, key in catalogue.items.told(sorted(about)) if scope.shows(item.path, key)
    }
    found = list(chain.from_iterable(_said(catalogue, note, on, shown) for note, on in said))
    for item, _, key in catalogue.team.files(Kind.QUESTION, MOST_QUESTIONS):
        if item.author and scope.shows(item.path, key):
            found.append(Signed(item.author, item.id, item.path, asked(item), "question"))
    if authors:
        found += (
            Signed(item.author, item.id, item.path, item.date, "author")
            for item, key in catalogue.items.told()
            if item.author and item.kind not in (Kind.NOTE, Kind.QUESTION) and scope.shows(item.path, key)
        )
    return found


def _said(catalogue: Catalogue, note: Item, on: ItemId | None, shown: dict[ItemId, Item]) -> Iterator[Signed]:
    """Yield what a note, answer or mark says of whom: about its item, an answer also about the item that it names."""
    item = shown.get(on) if on else None
    marked = mark_of(note.path) if note.kind is Kind.MARK else None
    who = marked.who if marked else note.author
    role = role_of(note.path)
    if not who or item is None or (role is Role.CLOSING and not marked):
        return
    kind = "mark" if marked else str(role)
    when = written_at(note.path, note.modified)
    yield Signed(who, item.id, item.path, when, kind)
    named_item = shown.get(catalogue.attachments.relied_on(note.id) or ItemId(""))
    if named_item and role is Role.ANSWER:
        yield Signed(who, named_item.id, named_item.path, when, kind)


def departments_of(found: list[Signed], departments: dict[ItemId, str]) -> dict[str, str]:
    """Return the department that each person mostly wrote about, by the key of their name."""
    counts: dict[str, dict[str, int]] = {}
    for one in found:
        if department := departments.get(one.item):
            by = counts.setdefault(name_key(one.name), {})
            by[department] = by.get(department, 0) + 1
    return {name: min(by, key=lambda one: (-by[one], one)) for name, by in counts.items()}
