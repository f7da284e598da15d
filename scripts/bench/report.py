"""What all benches share: figures as a Markdown table, quantiles, and the words on the machine they were measured on."""

from __future__ import annotations

import math
import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import psutil


@dataclass
class Table:
    """Rows under a title; a note says what was left out, and why."""

    title: str
    head: tuple[str, ...]
    rows: list[tuple[str, ...]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, *cells: object) -> None:
        """Add a row."""
        self.rows.append(tuple(str(cell) for cell in cells))

    def markdown(self) -> str:
        """Return the table with its title and notes."""
        lines = [
            f"### {self.title}",
            "",
            _row(self.head),
            _row(["---"] * len(self.head)),
            *map(_row, self.rows),
        ]
        return "\n".join([*lines, *(f"\n{note}" for note in self.notes)]) + "\n"


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def quantile(values: Sequence[float], share: float) -> float:
    """Return the value that this share of `values` don't exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def spread(values: Sequence[float], digits: int = 2) -> str:
    """Return minimum, median and maximum as text."""
    return ", ".join(f"{v:.{digits}f}" for v in (min(values), statistics.median(values), max(values)))


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> str:
    """Return how many times as long as theirs ours takes, by the medians."""
    return f"{statistics.median(ours) / statistics.median(theirs):.2f}"


def machine() -> str:
    """Return one line on the machine, the interpreter and how busy it is."""
    memory = psutil.virtual_memory().total / 2**30
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return (
        f"{datetime.now(UTC):%d %B %Y}, {platform.system()}, {os.cpu_count()} cores, {memory:.0f} GB,"
        f" Python {platform.python_version()}{load}"
    )
