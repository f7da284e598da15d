"""A made office: departments with texts of their own, overlaps that nobody knows of, lone experts, and much that is neither.

The key terms are those that the product finds in the texts by a real index.
"""

from __future__ import annotations

import string
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import NamedTuple

from indexer.index.whoosh.whoosh_index import WhooshIndex
from indexer.model.items import ItemId
from indexer.model.log import Place
from indexer.model.team import TopicItem
from indexer.search.related import key_terms

from ..index.test_contract import entry, item

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
DEPARTMENTS = {
    "Sales": "quote order customer discount margin region tender forecast dealer catalogue visit pipeline turnover",
    "Purchasing": "supplier bid stock delivery terms freight pallet invoice reminder batch shortage warehouse sourcing",
    "Quality": "audit defect inspection sample tolerance gauge complaint certificate deviation batch measurement scrap",
    "Engineering": "drawing housing shaft bearing prototype simulation tolerance weld thread casting revision load",
    "Production": "shift machine spindle downtime setup operator fixture scrap output conveyor maintenance weld oil",
    "Finance": "ledger invoice accrual balance cash audit depreciation budget tax liability reminder quarter closing",
    "Legal": "clause liability contract court licence patent compliance claim warranty settlement statute notary",
    "Personal": "Bewerbung Urlaub Gehalt Schulung Vertrag Elternzeit Betriebsrat Zeugnis Stelle Probezeit Lohn Kantine",
    "Vertrieb": "Angebot Kunde Rabatt Messe Umsatz Gebiet Anfrage Vertreter Katalog Auftrag Absatz Reklamation Besuch",
    "Lager": "Palette Regal Stapler Bestand Versand Inventur Lieferschein Kommission Wareneingang Verpackung Etikett",
    "Marketing": "campaign brochure fair banner website press photo logo newsletter audience slogan video sponsor",
    "Informatik": "Server Netzwerk Drucker Kennwort Sicherung Rechner Lizenz Zugang Update Schnittstelle Datenbank Ticket",
}
"""Each with its own words; some are those of others, too."""
GERMAN = ("Personal", "Vertrieb", "Lager", "Informatik")
SUBJECTS = {
    "en": (
        "steel tariffs quota customs antidumping duties", "glycol seals elastomer swelling leakage pumps",
        "hydrogen electrolyser valves embrittlement pilot", "packaging recycling plastics directive levy",
        "exoskeleton ergonomics lifting trial backpain", "blockchain traceability ledgerless provenance tokens",
        "chromium coating ban substitute plating", "cyber insurance ransomware premium insurers",
        "telematics trailers tracking sensors mileage", "apprentices mentoring academy vocational graduates",
        "carbon footprint emissions offset scope", "additive printing powder nozzle sintering",
        "robot gripper vision picking cobot", "noise barrier decibel neighbours acoustics",
        "forging furnace induction billets scale", "cobalt magnets neodymium export restrictions",
    ),
    "de": (
        "Lieferkettengesetz Sorgfalt Risikoanalyse Menschenrechte Bericht", "Stahlzölle Einfuhr Kontingent Zollsatz Schutzmaßnahmen",
        "Wasserstoff Elektrolyse Brennstoffzelle Förderung Tankstelle", "Abwärme Wärmepumpe Energieaudit Kessel Dämmung",
        "Photovoltaik Wechselrichter Dachfläche Einspeisung Speicher", "Gefahrstoffe Kataster Lösemittel Absaugung Ersatzstoff",
        "Barrierefreiheit Leitsystem Rampe Aufzug Blindenschrift", "Lastenräder Dienstrad Leasing Stellplätze Pendler",
        "Rahmenvertrag Spediteure Maut Dieselzuschlag Frachtraten", "Wissenstransfer Ruhestand Nachfolge Mentoren Übergabe",
    ),
}  # fmt: skip
"""What departments work on, some words each."""
OFFICE = {
    "en": "meeting minutes deadline project agenda please regards attached update team week status decision draft comment "
    "discussed agreed open points next follow plan review problem question answer information summary list",
    "de": "Besprechung Protokoll Termin Projekt Tagesordnung bitte Grüße Anlage Stand Woche Entscheidung Entwurf Hinweis "
    "besprochen vereinbart offen Punkte nächste Plan Prüfung Problem Frage Antwort Information Übersicht Liste",
}
FILLERS = {
    "en": "the of and to in for with on that is was are this from by it we have has will be not",
    "de": "der die das und in zu mit auf ist war sind von für wir haben hat wird nicht eine den",
}
NAMES = tuple(
    f"{first}_{last}"
    for last in "Adler Brandt Conrad Dietz Ewald Falk Gruber Hansen Iversen Jung Krause Lorenz".split()
    for first in "Anna Ben Carla David".split()
)
"""Four people of each department."""


class Style(NamedTuple):
    """How an office writes."""

    words: tuple[int, int] = (60, 160)
    """Of a text, besides those of its subject."""
    of_subject: int = 4
    """Words of its subject that a text has, of five or six."""
    said: int = 3
    """How often it says each of them, at most."""
    each: tuple[int, int] = (3, 5)
    """Items on a planted subject that a department has."""
    signed: float = 0.4
    """The share of items that somebody signed."""
    projects: int = 2
    """What a department works on that all of it knows."""


class Planted(NamedTuple):
    """What is to be found."""

    words: frozenset[str]
    """In lower case."""
    departments: tuple[str, ...]
    expert: str = ""


class Office(NamedTuple):
    """An office, and what is to be found in it."""

    items: tuple[TopicItem, ...]
    overlaps: tuple[Planted, ...]
    experts: tuple[Planted, ...]


class _Text(NamedTuple):
    """An item before its key terms are known."""

    department: str
    text: str
    language: str
    people: tuple[str, ...]
    known_in: tuple[str, ...]


def people_of(department: str) -> tuple[str, ...]:
    at = list(DEPARTMENTS).index(department) * 4
    return NAMES[at : at + 4]


class _Writer:
    """Writes the texts of one office."""

    def __init__(self, random: Random, style: Style) -> None:
        self._random = random
        self._style = style

    def text(self, department: str, subject: Sequence[str], language: str) -> str:
        """Return a text of a department on a subject, or on none."""
        random, style = self._random, self._style
        said = [
            self._inflected(word, language)
            for word in random.sample(subject, min(len(subject), style.of_subject + random.randint(-1, 1)))
            for _ in range(random.randint(1, style.said))
        ]
        number = random.randint(*style.words)
        own = random.sample(DEPARTMENTS[department].split(), 6)
        pools = (
            (FILLERS[language].split(), 0.4), (OFFICE[language].split(), 0.25), (own, 0.2),
            (["".join(random.choices(string.ascii_lowercase, k=7)), str(random.randint(1, 9999))], 0.05),
            (RARE, 0.1),
        )  # fmt: skip
        chosen = random.choices(pools, [weight for _, weight in pools], k=number)
        said += [self._inflected(random.choice(pool), language) for pool, _ in chosen]
        random.shuffle(said)
        return " ".join(said)

    def _inflected(self, word: str, language: str) -> str:
        if self._random.random() < 0.2 and len(word) > 4 and not word.endswith(("s", "y", "e", "n")):
            return word + ("s" if language == "en" else "es")
        return word

    def signers(self, people: Sequence[str]) -> tuple[str, ...]:
        return (self._random.choice(people),) if self._random.random() < self._style.signed else ()


RARE = [a + b for a in "north south east west upper lower inner outer".split() for b in
        "field gate ham wick ford bury stone well mouth ley".split()]  # fmt: skip
"""Words that stand anywhere and mean nothing."""


def made_office(seed: int, size: int, style: Style = Style()) -> Office:  # noqa: B008 - a constant
    """Return an office with five overlaps and three lone experts in about `size` items."""
    random = Random(seed)
    writer = _Writer(random, style)
    subjects = {language: random.sample(SUBJECTS[language], len(SUBJECTS[language])) for language in SUBJECTS}
    texts: list[_Text] = []
    overlaps, experts = [], []
    pairs = _pairs(random)
    for _ in range(5):
        here, there = next(pairs)
        language, subject = _subject(random, here, subjects)
        for department in (here, there):
            for _ in range(random.randint(*style.each)):
                text = writer.text(department, subject, language)
                texts.append(_Text(department, text, language, writer.signers(people_of(department)), ()))
        overlaps.append(Planted(frozenset(map(str.lower, subject)), (here, there)))
    for department in random.sample(list(DEPARTMENTS), 3):
        language, subject = _subject(random, department, subjects)
        expert = random.choice(people_of(department))
        for _ in range(random.randint(*style.each) + 2):
            texts.append(
                _Text(department, writer.text(department, subject, language), language, (expert,), ())
            )
        experts.append(Planted(frozenset(map(str.lower, subject)), (department,), expert))
    texts += _known(random, writer, style, subjects, pairs, size)
    texts += _rest(random, writer, style, subjects, max(0, size - len(texts)))
    random.shuffle(texts)
    return Office(tuple(_items(texts)), tuple(overlaps), tuple(experts))


def _pairs(random: Random) -> Iterator[tuple[str, str]]:
    """Yield pairs of departments that write in one language, each once."""
    names = list(DEPARTMENTS)
    pairs = [(a, b) for n, a in enumerate(names) for b in names[n + 1 :] if (a in GERMAN) == (b in GERMAN)]
    yield from random.sample(pairs, len(pairs))


def _subject(random: Random, department: str, subjects: dict[str, list[str]]) -> tuple[str, list[str]]:
    """Take a subject that nobody has yet."""
    language = "de" if department in GERMAN else "en"
    if subjects[language]:
        return language, subjects[language].pop().split()
    return language, [
        "".join(random.choice("bdfgklmnprst") + random.choice("aeiou") for _ in range(3)) + "rt"
        for _ in range(5)
    ]


def _known(
    random: Random, writer: _Writer, style: Style, subjects: dict[str, list[str]],
    pairs: Iterator[tuple[str, str]], size: int,
) -> Iterator[_Text]:  # fmt: skip
    """Yield what two departments work on and know it: one notes what the other has, or one person signs in both."""
    for number in range(3 if size >= 200 else 1):
        here, there = next(pairs)
        language, subject = _subject(random, here, subjects)
        both = random.choice(people_of(here))
        for department in (here, there):
            for n in range(random.randint(*style.each)):
                people = (both,) if n == 0 and number % 2 else writer.signers(people_of(department))
                known = (there,) if n == 0 and department == here and not number % 2 else ()
                yield _Text(department, writer.text(department, subject, language), language, people, known)


def _rest(
    random: Random, writer: _Writer, style: Style, subjects: dict[str, list[str]], number: int
) -> Iterator[_Text]:
    """Yield what every department does: its projects, which several people sign, and what is no subject at all."""
    projects = {
        department: [_subject(random, department, subjects) for _ in range(style.projects)]
        for department in DEPARTMENTS
    }
    shared = [random.sample(RARE, 5) for _ in range(6)]  # a word two departments have, and nothing more
    for n in range(number):
        department = list(DEPARTMENTS)[n % len(DEPARTMENTS)]
        language = "de" if department in GERMAN else "en"
        subject: list[str] = []
        chance = random.random()
        if chance < 0.5:
            language, subject = random.choice(projects[department])
        elif chance < 0.7:
            subject = random.sample(shared[n % len(shared)], 2)
        people = writer.signers(people_of(department))
        yield _Text(department, writer.text(department, subject, language), language, people, ())


def _items(texts: Sequence[_Text]) -> Iterator[TopicItem]:
    """Yield items with their key terms, as an index of all texts gives them."""
    changes = [
        entry(n, item(n, f"{one.department}/{n}.txt"), one.text, language=one.language)
        for n, one in enumerate(texts, 1)
    ]
    with TemporaryDirectory() as top:
        index = WhooshIndex(Path(top) / "index")
        index.apply(changes, Place("e", len(changes)))
        for n, (change, one) in enumerate(zip(changes, texts, strict=True)):
            assert change.item
            terms = key_terms(index, frozenset({change.id}), change.item, change.terms)
            date = NOW - timedelta(hours=n)
            yield TopicItem(ItemId(change.id), one.department, tuple(terms), date, one.people, one.known_in)
        index.close()
