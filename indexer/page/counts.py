"""How many results have which kind, department, person, tag and year, and how many came in which week? Copies count as one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from indexer.model.items import KINDS, department_of
from indexer.page.entry import DAY_S
from indexer.page.segments import PageSegment
from indexer.terms.rows import Numbers

MOST_VALUES = 50
"""The most people, tags and so on that are counted in the head."""
WEEKS = 53


class Counts:
    """Results by value, copies counted once in each."""

    def __init__(self) -> None:
        self._days: list[Numbers] = []
        self._contents: list[Numbers] = []
        self._values: dict[str, list[Numbers]] = {name: [] for name in ("kind", "department", "person")}
        self._tags: list[tuple[Numbers, Numbers]] = []
        self._names: dict[str, dict[str, int]] = {
            name: {} for name in ("kind", "department", "person", "tag")
        }
        self._count = 0

    def add(self, segment: PageSegment, live: Numbers) -> None:
        """Add the live items of a segment."""
        facets = segment.facets
        self._days.append(segment.columns.days[live])
        self._contents.append(segment.names.contents[live].astype(np.int64))
        departments = list(map(department_of, facets.folders))
        kinds = list(map(str, KINDS))
        self._values["kind"].append(self._numbers("kind", kinds)[facets.kinds[live]])
        self._values["department"].append(self._numbers("department", departments)[facets.folder[live]])
        self._values["person"].append(self._numbers("person", ["", *facets.people])[facets.person[live]])
        place = np.full(segment.count, -1, np.int64)
        place[live] = np.arange(self._count, self._count + len(live))
        owners = np.repeat(place, facets.tag_counts)
        numbers = self._numbers("tag", facets.tags)[facets.tag] if len(facets.tag) else facets.tag
        self._tags.append((owners[owners >= 0], numbers[owners >= 0]))
        self._count += len(live)

    def _numbers(self, name: str, values: Iterable[str]) -> Numbers:
        known = self._names[name]
        return np.asarray([known.setdefault(value, len(known)) for value in values], np.int64)

    def home(self, now: int) -> dict[str, Any]:
        """Return the counts in the form of a head."""
        none = np.zeros(0, np.int64)
        days = np.concatenate([*self._days, none])
        group = _groups(np.concatenate([*self._contents, none]))
        home: dict[str, Any] = {"total": int((group < 0).sum()) + int(group.max(initial=-1)) + 1}
        for name, parts in self._values.items():
            home[name] = self._top(name, np.concatenate([*parts, none]), group)
        owners = np.concatenate([*(owner for owner, _ in self._tags), none])
        home["tag"] = self._top("tag", np.concatenate([*(tag for _, tag in self._tags), none]), group[owners])
        years = days.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970
        home["year"] = [[str(year), count] for year, count in sorted(_counted(years, group).items())[::-1]]
        home["weeks"] = _weeks(days, group, now)
        return home

    def _top(self, name: str, values: Numbers, group: Numbers) -> list[list[Any]]:
        names = list(self._names[name])
        counts = ((names[value], count) for value, count in _counted(values, group).items() if names[value])
        return [list(pair) for pair in sorted(counts, key=lambda pair: (-pair[1], pair[0]))[:MOST_VALUES]]


def _groups(contents: Numbers) -> Numbers:
    """Return for each item the number of its group of copies, -1 if it has none."""
    found, inverse, counts = np.unique(contents, return_inverse=True, return_counts=True)
    several = (counts > 1) & (found != 0)
    numbers = np.where(several, np.cumsum(several) - 1, -1)
    return numbers[inverse] if len(contents) else contents


def _counted(values: Numbers, group: Numbers) -> dict[int, int]:
    """Return the number of results of each value: items without copies, and groups of copies."""
    if not len(values):
        return {}
    low = int(values.min())
    alone = group < 0
    counts = np.bincount(values[alone] - low, minlength=int(values.max()) - low + 1)
    groups = int(group.max(initial=0)) + 1
    several = np.unique((values[~alone] - low) * groups + group[~alone]) // groups
    counts += np.bincount(several, minlength=len(counts))
    return {low + value: int(counts[value]) for value in np.flatnonzero(counts).tolist()}


def _weeks(days: Numbers, group: Numbers, now: int) -> list[list[int]]:
    """Return [day of a Monday, results] of the last weeks, oldest first; day 0 was a Thursday."""
    this = (now // DAY_S + 3) // 7
    weeks = (days + 3) // 7
    counts = _counted(weeks[weeks > this - WEEKS], group[weeks > this - WEEKS])
    return [[week * 7 - 3, counts.get(week, 0)] for week in range(this - WEEKS + 1, this + 1)]
