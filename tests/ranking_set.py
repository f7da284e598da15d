"""The judged searches of `cases/ranking.json`: the folders they are asked of, the true grades, and the measure.

Graded answers are weighed by NDCG@10 with gain 2^grade - 1 and discount 1 / log2(rank + 1): the gain makes one answer
that ends the search worth more than two that merely touch it, the discount is that of the literature, and ten is what
is shown. 1 is the best order there can be.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

CASES = Path(__file__).parent / "cases" / "ranking.json"
_NEW, _OLD = datetime(2026, 3, 2, 9, tzinfo=UTC), datetime(2023, 3, 6, 9, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Document:
    """One file of the office folder."""

    path: str
    text: str
    date: datetime
    topic: str = ""
    role: str = ""
    """guide, copy, older, mail, minutes, handbook, note, newsletter; others are about no topic."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One search with its true answers."""

    folder: str
    """demo or office."""
    query: str
    grades: Mapping[str, int]
    """Path, or address of a link, to grade."""
    long: bool


def load() -> list[Judged]:
    """Return all judged searches."""
    cases = json.loads(CASES.read_text("utf-8"))
    documents = list(office_documents(cases))
    return [
        Judged(case["set"], case["query"], _grades(case, cases, documents), case.get("long", False))
        for case in cases["queries"]
    ]


def _grades(case: Mapping[str, Any], cases: Mapping[str, Any], documents: list[Document]) -> dict[str, int]:
    """Return the grades as they stand, or those of the roles in the topic."""
    if "topic" not in case:
        return dict(case["grades"])
    roles = case.get("grades") or cases["question_roles" if case.get("long") else "roles"]
    return {d.path: roles[d.role] for d in documents if d.topic == case["topic"] and d.role in roles}


# --- the measure ----------------------------------------------------------------------------------


def ndcg(answers: Sequence[Collection[str]], grades: Mapping[str, int], cut: int = 10) -> float:
    """Return the measure of `answers`, each given with all the names it has: path, address, copies.

    A judged item counts at its first place; a later answer that is only its copy is skipped.
    """
    left = dict(grades)
    gains: list[float] = []
    for names in answers:
        known = [name for name in names if name in left]
        if not known and any(name in grades for name in names):
            continue
        best = max(known, key=left.__getitem__, default=None)
        gains.append(2.0 ** left.pop(best) - 1 if best is not None else 0.0)
    ideal = sorted((2.0**grade - 1 for grade in grades.values()), reverse=True)
    return _dcg(gains[:cut]) / _dcg(ideal[:cut])


def _dcg(gains: Sequence[float]) -> float:
    return sum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains, 1))


# --- the office folder ----------------------------------------------------------------------------


def make_office(folder: Path) -> None:
    """Write the office folder."""
    for document in office_documents(json.loads(CASES.read_text("utf-8"))):
        path = folder / document.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(document.text, "utf-8")
        os.utime(path, (document.date.timestamp(), document.date.timestamp()))


def office_documents(cases: Mapping[str, Any]) -> Iterator[Document]:
    """Yield the documents, the same each time: six for a topic, then those that several topics share, then noise."""
    topics, filler = cases["topics"], cases["filler"]
    english = [topic for topic in topics if "language" not in topic]
    for number, topic in enumerate(topics):
        padding = _Padding(filler[topic.get("language", "en")], number)
        yield from _about(topic, number, padding)
        yield from _beside(topic, number, padding)
    for number in range(len(english) // 2):
        padding = _Padding(filler["en"], 100 + number)
        yield from _shared(
            "minutes", f"Board/Minutes/Round {number + 1}.md", _pick(english, number, 8), padding, 3
        )
        letter = f"Personnel/Newsletter/Newsletter {number + 1}.html"
        yield from _shared("newsletter", letter, _pick(english, number, 14, 4), padding, 2)
    for number in range(0, len(english), 4):
        padding = _Padding(filler["en"], 200 + number)
        book = f"Personnel/Handbook/Chapter {number // 4 + 1}.txt"
        yield from _shared("handbook", book, english[number : number + 4], padding, 60)
    for number in range(30):
        padding = _Padding(filler["en"], 300 + number)
        yield Document(f"Board/Diary/Day {number + 1}.txt", padding(12 + number), _day(_NEW, 3 * number))


class _Padding:
    """Sentences that say nothing of any topic."""

    def __init__(self, sentences: Sequence[str], seed: int) -> None:
        self._sentences = sentences
        self._chance = Random(seed)

    def __call__(self, count: int) -> str:
        return " ".join(self._chance.choices(self._sentences, k=count))


def _about(topic: Mapping[str, Any], number: int, padding: _Padding) -> Iterator[Document]:
    """Yield what is really about a topic: the guide, now and then a near copy, the older version, a mail."""
    key, place, title = topic["key"], topic["department"], topic["title"]
    name = topic.get("name") or title.replace(":", "").replace("/", " ")
    suffix, heading = ("txt", "") if "name" in topic else ("md", f"# {title}\n\n")
    rest = padding(4)

    def guide(fact: str) -> str:
        return " ".join((*topic["body"][:3], topic[fact], *topic["body"][3:])) + "\n\n" + rest + "\n"

    made = _day(_NEW, 5 * number)
    yield Document(f"{place}/{name}.{suffix}", heading + guide("fact"), made, key, "guide")
    if number % 3 == 0:
        sent = f"{heading}For all teams, please put it up.\n\n{guide('fact')}"
        yield Document(f"{place}/Sent/{name} (sent).{suffix}", sent, made + timedelta(2), key, "copy")
    old = f"{place}/Archive/{name}.{suffix}" if number % 2 else f"{place}/{name} 2023.{suffix}"
    yield Document(old, heading + guide("was"), _day(_OLD, 5 * number), key, "older")
    yield Document(
        f"{place}/Mail/{topic['mail']['subject']}.eml", _mail(topic["mail"], made), made, key, "mail"
    )


def _mail(mail: Mapping[str, str], date: datetime) -> str:
    head = "From: desk@works.example.org\nTo: team@works.example.org\n"
    moment = date.strftime("%a, %d %b %Y %H:%M:%S +0000")
    plain = "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit"
    return f"{head}Subject: {mail['subject']}\nDate: {moment}\n{plain}\n\n{mail['text']}\n"


def _beside(topic: Mapping[str, Any], number: int, padding: _Padding) -> Iterator[Document]:
    """Yield a note that mentions the topic, its words far apart in a diary, and one of them in another sense."""
    note = " ".join((padding(4), topic["aside"], padding(4)))
    yield Document(f"Board/Notes/Note {number + 1}.txt", note, _day(_NEW, 4 * number), topic["key"], "note")
    first, second = topic["apart"]
    apart = " ".join((first, padding(30), second, padding(3)))
    yield Document(f"Board/Diary/Week {number + 1}.txt", apart, _day(_NEW, 4 * number + 90))
    single = topic["single"]
    name = single["title"].replace(":", "").replace("/", " ")
    text = f"# {single['title']}\n\n{single['text']} {padding(2)}\n"
    yield Document(f"Board/Notices/{name}.md", text, _day(_NEW, 4 * number + 60))


_PART = {"minutes": "minute", "handbook": "passage", "newsletter": "aside"}


def _pick(topics: Sequence[Any], number: int, apart: int, start: int = 0) -> list[Any]:
    """Return two topics and two others so far behind them."""
    at = 2 * number + start
    return [topics[(at + step) % len(topics)] for step in (0, 1, apart, apart + 1)]


def _shared(
    role: str, path: str, topics: Sequence[Mapping[str, Any]], padding: _Padding, between: int
) -> Iterator[Document]:
    """Yield one document once for each topic it touches: the path is the same, and so is the text."""
    parts = [f"{topic[_PART[role]]} {padding(between)}" for topic in topics]
    if path.endswith(".html"):
        text = f"<html><body>{''.join(f'<p>{part}</p>' for part in parts)}</body></html>"
    else:
        text = "\n\n".join(parts)
    date = _day(_NEW, len(path) * 3)
    for topic in topics:
        yield Document(path, text, date, topic["key"], role)


def _day(start: datetime, days: int) -> datetime:
    return start + timedelta(days % 240)
