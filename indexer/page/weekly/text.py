"""How is a week told in plain text? For mail programs that show no HTML, and for the terminal. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from indexer.page.texts import Texts
from indexer.page.weekly.told import LEVEL_SIGNS, Told, ToldItem, ToldQuestion

WIDTH = 72
_KEPT = "\xa0"
"""A blank at which no line ends."""


def digest_text(told: Told, width: int = WIDTH) -> str:
    """Return a week as text, lines not longer than `width` unless a name or an address is."""
    return "\n".join(_lines(told, width)) + "\n"


def _lines(told: Told, width: int) -> Iterator[str]:
    t = told.texts
    yield from _wrapped(told.subject, width)
    joined = " · ".join(said.replace(" ", _KEPT) for said in told.summary)
    yield from (line.replace(_KEPT, " ") for line in _wrapped(joined, width))
    if told.is_empty:
        yield from _wrapped(t("empty.said"), width)
    for part in told.parts:
        yield from _heading(f"{part.name} ({t('part.new', n=part.total)})")
        for item in (*part.noted, *part.others):
            yield from _item(item, t, width)
        if part.more:
            yield from ("", t("part.more", n=part.more), *filter(None, [part.search]))
    for group in told.groups:
        yield from _heading(group.heading)
        for question in group.questions:
            yield from _question(question, t, width)
        if group.more:
            yield from ("", t("questions.more", n=group.more))
    if told.rising:
        yield from _heading(t("rising"))
        for rise in told.rising:
            where = f" · {', '.join(rise.departments)}" if rise.departments else ""
            yield from _wrapped(f"{rise.topic}: {rise.said}{where}", width)
    if told.links:
        yield from _heading(t("links.label"))
        for link in told.links:
            yield from _wrapped(link.title, width)
            yield from _wrapped(f"{link.said} · {t('link.in', path=link.path)}", width, "  ")
    if told.people:
        yield from _heading(t("people"))
        yield from _wrapped(", ".join(f"{name} ({n})" for name, n in told.people), width)
    if told.whole:
        yield from ("", f"{t('all')}:", told.whole)


def _item(item: ToldItem, t: Texts, width: int) -> Iterator[str]:
    yield ""
    yield from _wrapped(item.title, width)
    yield from _wrapped(" · ".join((item.label, item.day, *(said for _, said in item.marks))), width, "  ")
    yield f"  {item.file or item.path}"
    if item.is_web:
        yield f"  {item.href}"
    for note in item.notes:
        sign = f"{LEVEL_SIGNS[note.level]} {note.label} · " if note.level else ""
        yield from _wrapped(f"{sign}{note.by}, {note.day}: {note.text}", width, "  ", "    ")
    if item.more:
        yield f"  {t('notes.more', n=item.more)}"
    if item.text and not item.notes:
        yield from _wrapped(item.text, width, "  ")


def _question(question: ToldQuestion, t: Texts, width: int) -> Iterator[str]:
    yield ""
    yield from _wrapped(question.question, width)
    yield from _wrapped(" · ".join(question.about), width, "  ")
    yield f"  {question.href or question.path}"
    if question.why:
        yield from _wrapped(question.why, width, "  ")
    for answer in question.answers:
        yield from _wrapped(f"{answer.by}, {answer.day}: {answer.text}", width, "  ", "    ")
        if answer.path:
            yield f"    {answer.href or answer.path}"
    if question.matches:
        yield f"  {t('matches')}:"
        yield from (f"    {href or path}" for path, href in question.matches)
        if question.more:
            yield f"    {t('matches.more', n=question.more)}"


def _heading(text: str) -> tuple[str, ...]:
    return ("", "", text, "-" * min(len(text), WIDTH))


def _wrapped(text: str, width: int, first: str = "", rest: str | None = None) -> list[str]:
    return textwrap.wrap(
        text, width, initial_indent=first, subsequent_indent=first if rest is None else rest,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
