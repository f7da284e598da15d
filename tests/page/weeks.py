"""Weeks to be told: one as it may be in a company, one of which every text is an attack, one without anything."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from indexer.model.items import ItemId, Kind, Mark, RelPath
from indexer.model.results import ShownNote
from indexer.model.team import (
    Answer,
    Digest,
    DigestItem,
    DigestLink,
    DigestPart,
    Person,
    Question,
    QuestionState,
    Rise,
)

BEGIN, END = datetime(2026, 11, 16, tzinfo=UTC), datetime(2026, 11, 23, tzinfo=UTC)


def on(day: int, hour: int = 9) -> datetime:
    return datetime(2026, 11, day, hour, 12, 44, tzinfo=UTC)


def note(by: str, level: str, day: int, text: str) -> ShownNote:
    return ShownNote(RelPath(f"x.note.{by.split()[0].lower()}.md"), by, level, on(day), text)


def item(
    number: int, path: str, title: str, kind: Kind, day: int, beginning: str = "", notes: tuple[ShownNote, ...] = (),
    url: str = "", marks: dict[Mark, int] | None = None,
) -> DigestItem:  # fmt: skip
    return DigestItem(
        ItemId(f"{number:016x}"), RelPath(path), title, kind, on(day), url, beginning, notes, marks or {}
    )


PURCHASING = DigestPart(
    "Purchasing",
    (
        item(
            1, "Purchasing/Tariffs/EU steel safeguard 2026.pdf", "EU steel safeguard 2026: what changes for importers", Kind.PDF, 20,
            "Outside the quota the new tariff applies to flat and long products from 1 January. Goods already on the way keep the"
            " old rate.",
            (
                note("Ann Lee", "critical", 20,
                     "Rings and flanges become about 4 % dearer. Order the first quarter before 15 December, else we pay the new rate."),
                note("Ben Okafor", "watch", 21, "Two customers have price clauses: we can pass it on there, and not elsewhere. I read"
                     " the quota as yearly, not by quarter; Ann, please check page 12."),
            ),
            marks={Mark.USEFUL: 4},
        ),
        item(2, "Purchasing/Calculations/Landed cost flanges.xlsx", "Landed cost, stainless flanges", Kind.SHEET, 19,
             "Supplier, grade, weight, duty, freight, landed cost. DN 200, 1.4404, forged, 18.4 kg.",
             (note("Mona Weber", "act", 19, "The freight of October is in it; from December on take 41.00."),),
             marks={Mark.OUTDATED: 1}),
        item(3, "Purchasing/Links.txt", "Commission doubles steel tariff outside quota", Kind.LINK, 17,
             "Importers will pay twice the tariff once the quota is used up, says the regulation published on Monday.",
             url="https://news.example.org/economy/steel-tariff-quota"),
        item(4, "Purchasing/Suppliers/Audit Brescia.docx", "Supplier audit Brescia, November", Kind.WORD, 18,
             "Three findings, none of them critical. The oven log is kept by hand."),
    ),
    7,
)  # fmt: skip
QUALITY = DigestPart(
    "Quality",
    (
        item(5, "Quality/Complaints/8D 2026-118.pdf", "8D report 2026-118: leaking shaft seal", Kind.PDF, 18,
             "Root cause: the seal seat was turned below tolerance after the tool change in week 44; 212 housings are blocked.",
             (note("Quality lab", "act", 18, "Stop delivery of series K before the housings are measured again."),)),
        item(6, "Quality/Test bench/2026-11-18 cavitation impeller.jpg", "2026-11-18 cavitation impeller", Kind.IMAGE, 18),
    ),
)  # fmt: skip
SALES = DigestPart(
    "Sales",
    (
        item(7, "Sales/Customers/North/Surcharge.eml", "Re: Surcharge on steel parts from January", Kind.MAIL, 18,
             "The tariff is not your doing, but a surcharge on steel needs our board. Could you show the share for each drawing?"),
        item(8, "Sales/Reviews/Price round 2027.pptx", "Price round 2027", Kind.SLIDES, 16,
             "Three drivers: energy, wages, steel. The tariff alone adds 1.9 % to the list price of series K."),
    ),
)  # fmt: skip


def question(
    number: int, text: str, by: str, state: QuestionState, department: str = "", needs_by: date | None = None, **more: Any
) -> Question:  # fmt: skip
    path = RelPath(f"Questions/2026111{number}T101500Z-{by.split()[0].lower()}-x7k2.md")
    return Question(
        ItemId(f"{100 + number:016x}"), path, text, by, on(9 + number), needs_by, department, state, **more
    )


FULL = Digest(
    "2026-W47", BEGIN, END, "Team folder", (PURCHASING, QUALITY, SALES),
    answered=(
        question(1, "Who can certify 3.1 for flanges above DN 400?", "Ben Okafor", QuestionState.ANSWERED, "Quality", answers=(
            Answer(RelPath("Questions/a.md"), "Quality lab", on(19), "Brescia can, since the audit of this week; certificate attached.",
                   RelPath("Purchasing/Suppliers/Audit Brescia.docx")),)),
    ),
    open=(
        question(2, "Is there a seal that stands 180 °C glycol?", "Mona Weber", QuestionState.OPEN, "Engineering", date(2026, 12, 12)),
        question(3, "Which customers have price clauses?", "Ann Lee", QuestionState.REOPENED, "Sales",
                 why="wrong"),
    ),
    found=(
        question(4, "Which of our steel parts fall under the new tariff?", "Sales office", QuestionState.OPEN, "Purchasing",
                 date(2026, 12, 5), new=3, matches=(
                     RelPath("Purchasing/Tariffs/EU steel safeguard 2026.pdf"), RelPath("Purchasing/Calculations/Landed cost flanges.xlsx"))),
    ),
    links=(
        DigestLink(RelPath("Sales/Links.txt"), "Steel price index, monthly", "https://prices.example.org/steel/monthly"),
        DigestLink(RelPath("Quality/Standards.url"), "EN 10204 explained", "http://old.example.org/en10204",
                   "https://www.example.org/standards/en-10204"),
    ),
    rising=(
        Rise("steel tariff", 6, 1.25, ("Purchasing", "Sales")), Rise("glycol", 3, 0.0, ("Engineering",)),
    ),
    people=(Person("Ann Lee", 5), Person("Ben Okafor", 3), Person("Mona Weber", 2), Person("Quality lab", 2), Person("Sales office", 1)),
)  # fmt: skip

EMPTY = Digest("2026-W47", BEGIN, END, "Team folder")


def attack(texts: list[str]) -> Digest:
    """Return a week in which these texts stand wherever a text may."""
    a, b, c, d, e, f, g, h, i, j, k, m, n, o = texts
    path = RelPath(f"{a}/{b}".replace("\0", "") or "x")
    noted = DigestItem(
        ItemId("1" * 16), path, c, Kind.LINK, BEGIN, d, e, (ShownNote(path, f, g, BEGIN, h), ShownNote(path, h, "critical", BEGIN, f)),
        {Mark.WRONG: 2},
    )  # fmt: skip
    asked = Question(
        ItemId("2" * 16), path, i, j, BEGIN, date(2026, 11, 30), k, QuestionState.REOPENED, m, 2, (path,),
        (Answer(path, n, BEGIN, o, path),), None, a,
    )  # fmt: skip
    return Digest(
        "2026-W47", BEGIN, END, o, (DigestPart(m, (noted, noted._replace(notes=())), 3),), (asked,), (asked,), (asked,),
        (DigestLink(path, n, d), DigestLink(path, c, a, d)), (Rise(i, 3, 1.5, (j, k)),), (Person(b, 2),),
    )  # fmt: skip


def huge() -> Digest:
    """Return a week with far more than anybody reads."""
    long = "wort " * 20_000
    path = RelPath("/".join(["Abteilung"] * 3000))
    many = tuple(ShownNote(path, long, "critical", BEGIN, long) for _ in range(50))
    one = DigestItem(
        ItemId("1" * 16), path, long, Kind.LINK, BEGIN, "https://example.org/" + "a" * 1_900, long, many
    )
    asked = FULL.open[0]._replace(
        question=long,
        why=long,
        matches=(path,) * 500,
        new=9_999,
        answers=(Answer(path, long, BEGIN, long, path),) * 300,
    )
    return Digest(
        "2026-W47", BEGIN, END, long, (DigestPart(long, (one,) * 400, 9),) * 100, (asked,) * 300, (asked._replace(id=ItemId("3" * 16)),) * 300,
        (asked,) * 300, (DigestLink(path, long, one.url, one.url),) * 900, (Rise(long, 9, 1.0, (long,) * 300),) * 300,
        (Person(long, 9),) * 900,
    )  # fmt: skip
