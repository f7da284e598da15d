"""What does the page say, and in which language? The texts of the page, from the one table its script uses too. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

_ASSETS = Path(__file__).parent / "assets"


class Texts:
    """The texts of one language: patterns with `{names}`; if there are two forms, the number `n` chooses."""

    def __init__(self, language: str, more: str = "") -> None:
        """Take those that the page's script has, too, and `more` of another table if it is named."""
        self.table: Mapping[str, Any] = table()[language] | (table(more)[language] if more else {})

    def __call__(self, key: str, **values: object) -> str:
        """Return a text with its values; `n` decides between singular and plural."""
        pattern = self.table[key]
        if isinstance(pattern, dict):
            pattern = pattern["one" if values["n"] == 1 else "other"]
        shown = {name: self.number(value) if type(value) is int else value for name, value in values.items()}
        return str(pattern).format_map(shown)

    def parts(self, key: str, **values: object) -> tuple[str, str]:
        """Return the text before and after the one name without a value."""
        pattern = self.table[key]
        if isinstance(pattern, dict):
            pattern = pattern["one" if values["n"] == 1 else "other"]
        before, _, rest = pattern.partition("{")
        return before, rest.partition("}")[2]

    def rows(self, key: str) -> list[list[str]]:
        """Return a text that is a list of pairs."""
        found: list[list[str]] = self.table[key]
        return found

    def number(self, value: int) -> str:
        """Return a number in the notation of the language."""
        return f"{value:,}".replace(",", self.table["thousands"])

    def day(self, moment: datetime) -> str:
        """Return a day (UTC)."""
        moment = moment.astimezone(UTC)
        month = self.table["months"].split()[moment.month - 1]
        return self("date", day=str(moment.day), month=month, year=str(moment.year))


@cache
def table(file: str = "texts.json") -> dict[str, dict[str, Any]]:
    """Return the texts of all languages."""
    found: dict[str, dict[str, Any]] = json.loads((_ASSETS / file).read_text("utf-8"))
    return found


def languages() -> tuple[str, ...]:
    """Return the languages the page can speak, English first."""
    return tuple(table())
