"""What do other files in the folder say of an item: notes, marks, answers? Asked for each item that is told."""

from __future__ import annotations

from collections.abc import Callable

from indexer.catalogue.database import Connection
from indexer.catalogue.records import HIDES, ITEM_ROW, KIND, PATH, TARGET, link_id, to_path
from indexer.model.items import MOST_MARKS, ItemId, Kind, Mark, Said
from indexer.model.names import name_key
from indexer.model.notes import Role, mark_of, role_of

_MOST = 20_000
"""Files looked at that say something of one."""
_ID, _MODIFIED, _ADDED = 0, 9, 10
_ANSWERED, _OPEN, _CLOSED, _REOPENED = "answered", "open", "closed", "reopened"

Row = tuple[object, ...]


class Sayings:
    """What is said of items."""

    def __init__(self, db: Connection, is_hidden: Callable[[Row], bool]) -> None:
        """Read from `db`; `is_hidden` tells whether the row of a note stands for nothing, as another one hides it."""
        self._db, self._is_hidden = db, is_hidden

    def of(self, row: Row, url: str | None) -> Said:
        """Return what is said of an item by its row (`ITEM_ROW`); `url` is the address of a link of a list."""
        saying = self._db.execute(
            f"SELECT {ITEM_ROW} FROM items WHERE base = ? AND kind IN ('{Kind.NOTE}', '{Kind.MARK}')"
            f" AND removed IS NULL AND seq > 0 LIMIT {_MOST}",
            (row[PATH],),
        ).fetchall()
        kind = Kind(str(row[KIND]))
        is_question = kind is Kind.QUESTION
        if not saying:
            return Said(question=_OPEN) if is_question else Said()
        if kind is Kind.NOTE or kind is Kind.MARK:
            return Said()  # a note on a note is on its file
        if url is not None:
            return Said(is_noted=any(str(one[TARGET]) == url and not self._is_hidden(one) for one in saying))
        marks = self._marks(saying)
        notes = [one for one in saying if one[KIND] == Kind.NOTE]
        is_noted = any(_role(one) is Role.NOTE and self._is_on_file(row, one) for one in notes)
        question = (
            self._question([one for one in notes if _role(one) is not Role.NOTE]) if is_question else ""
        )
        useful, outdated, wrong = (tuple(sorted(marks[mark].values())) for mark in Mark)
        return Said(is_noted, useful, outdated, wrong, question)

    def _is_on_file(self, row: Row, note: Row) -> bool:
        """Tell whether a note is shown, and on the file itself, not on a link in it."""
        target = str(note[TARGET])
        return not self._is_hidden(note) and not (
            target
            and self._db.execute(
                "SELECT 1 FROM items WHERE id = ? AND removed IS NULL",
                (link_id(ItemId(str(row[_ID])), target),),
            ).fetchone()
        )

    def _marks(self, saying: list[Row]) -> dict[Mark, dict[str, str]]:
        """Return who marked it in each way, by the key of their names: one a person counts."""
        found: dict[Mark, dict[str, str]] = {mark: {} for mark in Mark}
        withdrawn = {one[HIDES] for one in saying if one[KIND] == Kind.NOTE}
        for one in saying:
            path = to_path(one[PATH])  # type: ignore[arg-type]
            name = path.rpartition("/")[2].encode("utf-8", "surrogatepass")
            marked = mark_of(path) if one[KIND] == Kind.MARK and name not in withdrawn else None
            if marked and len(found[marked.mark]) < MOST_MARKS:
                found[marked.mark].setdefault(name_key(marked.who), marked.who)
        return found

    def _question(self, saying: list[Row]) -> str:
        """Return how far a question is by its answers and closings."""
        shown = [one for one in saying if not self._is_hidden(one)]
        answers = [one for one in shown if _role(one) is Role.ANSWER]
        broken = [since for one in answers if (since := self._broken_since(str(one[_ID])))]
        last_break = max(broken) if answers and len(broken) == len(answers) else 0
        closings = [one for one in shown if _role(one) is Role.CLOSING]
        if any(max(int(one[_MODIFIED]), int(one[_ADDED])) >= last_break for one in closings):  # type: ignore[call-overload]
            return _CLOSED
        if last_break:
            return _REOPENED
        return _ANSWERED if answers else _OPEN

    def _broken_since(self, answer: str) -> int:
        """Return when what an answer relied on ceased to hold, in milliseconds; 0: it holds."""
        found = self._db.execute(
            "SELECT since FROM attachments WHERE id = ? AND is_reliance AND broken != ''", (answer,)
        ).fetchone()
        return int(found[0]) if found else 0


def _role(row: Row) -> Role:
    return role_of(to_path(row[PATH]))  # type: ignore[arg-type]
