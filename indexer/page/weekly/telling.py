"""What is told of a week? A digest in the words of a language, every text on one line, every list and text bounded. Pure.

The page, the mail, the feed and the plain text all show this and nothing else, so what is safe here is safe in each.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple, TypeVar
from urllib.parse import quote

from indexer.model.items import Mark, RelPath
from indexer.model.notes import LEVELS
from indexer.model.results import ShownNote
from indexer.model.team import Answer, Digest, DigestItem, DigestLink, DigestPart, Question, Rise
from indexer.page.entry import FOLLOWED, path_href, shown
from indexer.page.render import short_address
from indexer.page.texts import Texts
from indexer.page.weekly.told import (
    Told,
    ToldAnswer,
    ToldGroup,
    ToldItem,
    ToldLink,
    ToldNote,
    ToldPart,
    ToldQuestion,
    ToldRise,
)
from indexer.terms.one_line import one_line, without_title

TEXTS = "digest.json"
"""The texts that only digests have, beside those of the page."""
WEEK = re.compile(r"(?P<year>[0-9]{4})-W(?P<week>[0-9]{2})")
_NAME, _TITLE, _SAID, _ADDRESS, _PATH = 80, 200, 600, 2_000, 1_000
"""The most characters of a name, a title, what somebody says, an address, a path as text."""
_FOLDERS, _MOST_HREF = 8, 8_000
_STEERING = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb\ufffe\uffff"
    "\U000e0000-\U000e007f]"
)
"""What no XML holds, what turns a line's direction round, and what hides."""
T = TypeVar("T")
R = TypeVar("R")


class Most(NamedTuple):
    """How much is told at most."""

    parts: int = 40
    items: int = 40
    """In each part, and in all of the further lists."""
    items_in_all: int = 300
    notes: int = 6
    """On one item."""
    answers: int = 6
    matches: int = 6

    def less(self) -> Most:
        """Return the half of it."""
        return Most(*(max(1, number // 2) for number in self))


MOST = Most()


class Links(NamedTuple):
    """Where links to what is in the folder lead."""

    base: str = ""
    """What stands before a path: `../../`, an address that ends with `/`, or nothing, and then there are no links."""
    page: str = "index.html"
    """The name of the page in the folder."""
    directory: str = "_index"
    """The name of its directory."""

    @staticmethod
    def below(url: str, page: str = "index.html", directory: str = "_index") -> Links:
        """Return those below the address at which the folder is served; none if that is empty."""
        return Links(f"{url.rstrip('/')}/" if FOLLOWED.match(url) else "", page, directory)

    def to(self, path: RelPath | str) -> str:
        """Return the link to a file; none if it were too long."""
        href = self.base + path_href(path) if self.base and len(path) <= _MOST_HREF else ""
        return href if len(href) <= _MOST_HREF else ""

    def search(self, words: str = "") -> str:
        """Return the link to the page, with a search done if the words are not too long."""
        asked = f"#q={quote(shown(words), safe='')}" if words and len(words) <= _TITLE else ""
        return self.to(self.page) + asked if self.base else ""


def tell(digest: Digest, language: str, links: Links, most: Most = MOST) -> Told:
    """Return what is told of a week in a language; raise ValueError if its name is not that of an ISO week."""
    telling = _Telling(Texts(language, TEXTS), links, most, first_day(digest.week), set())
    texts = telling.texts
    last = telling.first + timedelta(days=6)
    groups = {"found": digest.found, "open": digest.open, "answered": digest.answered}
    found = {question.id for question in digest.found}
    groups["open"] = tuple(question for question in digest.open if question.id not in found)
    told = Told(
        digest.week, plain(digest.title, _NAME), texts("week", week=str(int(digest.week[-2:]))),
        _days(texts, telling.first, last), tuple(telling.summary(digest)), tuple(telling.parts(digest.parts)),
        tuple(telling.group(key, questions) for key, questions in groups.items() if questions),
        telling.each(telling.rise, digest.rising), telling.each(telling.link, digest.links),
        tuple((plain(one.name, _NAME), texts.number(one.n)) for one in digest.people[: most.items]),
        links.search(), links.to(f"{links.directory}/digest/{digest.week}.html"), texts,
    )  # fmt: skip
    return told._replace(paths=tuple(sorted(telling.paths)))


def fitting(
    digest: Digest, language: str, links: Links, most: Most, made: Callable[[Told], bytes], most_bytes: int
) -> tuple[Told, bytes]:  # fmt: skip
    """Return as much as what is `made` of it may have of bytes, and that."""
    while True:
        told = tell(digest, language, links, most)
        content = made(told)
        if len(content) <= most_bytes or most == most.less():
            return told, content
        most = most.less()


def first_day(week: str) -> date:
    """Return the Monday of an ISO week, `2026-W47`; raise ValueError for anything else."""
    match = WEEK.fullmatch(week)
    if not match:
        raise ValueError(f"{week!r} is not a week (2026-W47)")
    return date.fromisocalendar(int(match["year"]), int(match["week"]), 1)


def plain(text: str, most: int) -> str:
    """Return a text on one line, without characters that steer or hide, and not longer than `most`."""
    text = " ".join(_STEERING.sub(" ", text[: 4 * most]).split())
    if len(text) <= most:
        return text
    blank = text.rfind(" ", most // 2, most)
    return text[: blank if blank > 0 else most - 1].rstrip() + "…"


def flowing(text: str, most: int = _SAID) -> str:
    """Return what somebody wrote on one line, its paragraphs set apart and without the signs of Markdown."""
    return plain(one_line(text[: 2 * most]), most)


class _Telling(NamedTuple):
    """What all that is told goes by."""

    texts: Texts
    links: Links
    most: Most
    first: date
    paths: set[RelPath]
    """Of the files of all that was told until now."""

    # --- what is new ------------------------------------------------------------------------------

    def summary(self, digest: Digest) -> Iterator[str]:
        """Yield what the week brought, in numbers."""
        new = sum(len(part.items) + part.more for part in digest.parts)
        noted = sum(bool(item.notes) for part in digest.parts for item in part.items)
        if new:
            departments = sum(bool(part.department) for part in digest.parts)
            where = self.texts("in.departments", n=departments) if departments > 1 else ""
            yield self.texts("new.items", n=new) + where
        gone = sum(not link.moved_to for link in digest.links)
        counts = {
            "noted": noted, "answered": len(digest.answered), "found": len(digest.found), "open": len(digest.open),
            "gone": gone, "moved": len(digest.links) - gone,
        }  # fmt: skip
        yield from (self.texts(f"count.{key}", n=n) for key, n in counts.items() if n)

    def parts(self, parts: Iterable[DigestPart]) -> Iterator[ToldPart]:
        """Yield departments until enough items are told."""
        room = self.most.items_in_all
        for part in tuple(parts)[: self.most.parts]:
            items = tuple(self.item(item) for item in part.items[: min(room, self.most.items)])
            room -= len(items)
            count = len(part.items) + part.more
            yield ToldPart(
                plain(part.department, _NAME) or self.texts("top"), count,
                tuple(item for item in items if item.notes), tuple(item for item in items if not item.notes),
                count - len(items), self.links.search(self.query(part.department)),
            )  # fmt: skip

    def query(self, department: str) -> str:
        """Return the search for what is new in a department in this week."""
        week = f"after:{self.first} before:{self.first + timedelta(days=7)}"
        return f'in:"{department}" {week}' if department and '"' not in department else week

    def item(self, item: DigestItem) -> ToldItem:
        """Return what is told of an item."""
        url = item.url if FOLLOWED.match(item.url) and len(item.url) <= _ADDRESS else ""
        path = self.path(item.path)
        marks = ((mark, item.marks.get(mark, 0)) for mark in Mark)
        return ToldItem(
            item.id, path, str(item.kind), self.texts(f"kind.{item.kind}"), plain(item.title, _TITLE) or path,
            url or self.links.to(item.path), bool(url), self.links.to(item.path), plain(short_address(url), _NAME),
            tuple(plain(name, _NAME) for name in path.split("/")[1:-1][:_FOLDERS]), self.day(item.date),
            item.date.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            without_title(flowing(item.beginning, _SAID // 2), item.title[:_SAID]), tuple(map(self.note, item.notes[: self.most.notes])),
            max(0, len(item.notes) - self.most.notes),
            tuple((str(mark), self.texts(f"mark.{mark}", n=n)) for mark, n in marks if n > 0),
        )  # fmt: skip

    def note(self, note: ShownNote) -> ToldNote:
        """Return what is told of a note."""
        level = note.level if note.level in LEVELS else ""
        label = self.texts(f"level.{level}") if level else ""
        by = plain(note.by, _NAME) or self.texts("kind.note")
        self.paths.add(note.path)
        return ToldNote(by, level, label, self.day(note.date), flowing(note.text))

    # --- questions --------------------------------------------------------------------------------

    def group(self, key: str, questions: tuple[Question, ...]) -> ToldGroup:
        """Return questions that are equally far."""
        told = self.each(self.question, questions)
        return ToldGroup(key, self.texts(f"questions.{key}"), told, len(questions) - len(told))

    def question(self, question: Question) -> ToldQuestion:
        """Return what is told of a question."""
        needs_by = question.needs_by
        about = (
            plain(question.by, _NAME) or self.texts("someone"), self.day(question.asked),
            self.texts("asks", department=plain(question.department, _NAME)) if question.department else "",
            self.texts("needs_by", day=self.on(needs_by)) if needs_by else "",
        )  # fmt: skip
        matches, path = question.matches[: self.most.matches], self.path(question.path)
        return ToldQuestion(
            question.id, path, self.links.to(question.path),
            plain(question.question, _SAID // 2) or path, tuple(filter(None, about)),
            self.why(question.why), tuple((self.path(path), self.links.to(path)) for path in matches),
            max(question.new, len(question.matches)) - len(matches),
            tuple(map(self.answer, question.answers[-self.most.answers :])),
        )  # fmt: skip

    def why(self, why: str) -> str:
        """Return why a question is open again, as a sentence; empty if it is not."""
        return self.texts(f"why.{why}") if f"why.{why}" in self.texts.table else plain(why, _SAID // 2)

    def answer(self, answer: Answer) -> ToldAnswer:
        """Return what is told of an answer."""
        by, item = plain(answer.by, _NAME) or self.texts("someone"), answer.item
        self.paths.add(answer.path)
        return ToldAnswer(
            by, self.day(answer.date), flowing(answer.text), self.path(item) if item else "",
            self.links.to(item) if item else "",
        )  # fmt: skip

    # --- the rest ---------------------------------------------------------------------------------

    def link(self, link: DigestLink) -> ToldLink:
        """Return what is told of a link that died or moved."""
        to = link.moved_to if FOLLOWED.match(link.moved_to) and len(link.moved_to) <= _ADDRESS else ""
        address = plain(short_address(to or link.url), _NAME)
        said = self.texts("link.moved" if link.moved_to else "link.gone", address=address)
        title = plain(link.title, _TITLE) or plain(short_address(link.url), _TITLE)
        return ToldLink(title, said, to, self.path(link.path), self.links.to(link.path))

    def rise(self, rise: Rise) -> ToldRise:
        """Return what is told of a topic on the rise."""
        before = f"{rise.before:.1f}".removesuffix(".0").replace(".", self.texts.table["point"])
        said = self.texts("rise" if before != "0" else "rise.new", n=rise.now, before=before)
        topic = plain(rise.topic, _NAME)
        departments = tuple(
            plain(name, _NAME) or self.texts("top") for name in rise.departments[: self.most.items]
        )
        return ToldRise(topic, self.links.search(topic), said, departments)

    def each(self, told: Callable[[T], R], values: tuple[T, ...]) -> tuple[R, ...]:
        """Return what is told of as many values as there is room for."""
        return tuple(map(told, values[: self.most.items]))

    def path(self, path: RelPath) -> str:
        """Return a path as it is told."""
        self.paths.add(path)
        return plain(shown(path), _PATH)

    def day(self, moment: datetime) -> str:
        """Return a day (UTC)."""
        return self.texts.day(moment)

    def on(self, day: date) -> str:
        """Return a day that somebody named."""
        return self.texts.day(datetime.combine(day, time(), UTC))


def _days(texts: Texts, first: date, last: date) -> str:
    """Return the days of a week."""
    begin, end = (texts.day(datetime.combine(day, time(), UTC)) for day in (first, last))
    if first.month != last.month:
        return texts("week.across", first=begin, last=end)
    month = texts.table["months"].split()[last.month - 1]
    return texts("week.within", first=str(first.day), last=str(last.day), month=month, year=str(last.year))
