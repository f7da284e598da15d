"""What must a program tell of a folder, by what lies in it? Read from the names and texts alone, as people were told to write.

Some things a machine knows by its memory, and another may not: to which file a note belongs that doesn't lie beside it (a
person moved the file without its notes), whether what an answer names has changed since, when something was first seen.
These are left open here.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from .deeds import PAGE
from .simulator import Service

Object = dict[str, Any]

_RESULT = ("type", "url", "tags")
_ALONE = ("path", "title", "department", "conflict_of")
"""What is told of a result; the latter is that of one of several copies, and machines may choose another."""
_QUESTION = ("path", "question", "by", "needs_by", "department")
_NAMES = re.compile(r"^(?:replaces|withdraws|item): .+$", re.MULTILINE)
"""Lines of a head that name other files: these may be called by a fact."""
_MOST_NOTES = 20
"""As many notes are shown with a result, the latest; copies of a file have theirs in common."""
_FACT = re.compile(r"fact\d+x")
_NOTE = re.compile(r"(?P<on>.+)\.note(?:\.[^./]+)?\.(?:md|txt)")
_SAYING = re.compile(r"(?P<on>.+)\.(?P<role>answer|closed)\.[^./]+\.md")
_MARK = re.compile(r"(?P<on>.+)\.mark\.(?P<mark>useful|outdated|wrong)\.(?P<who>\w+)")
_HIDES = re.compile(r"^(?:replaces|withdraws): (.+)$", re.MULTILINE)


class Facts:
    """What people have written, as it lies in the folder."""

    def __init__(self, service: Service) -> None:
        """Take what all machines have."""
        files = {path: e.content for path, e in service.tree.items() if path.partition("/")[0] not in PAGE}
        self.texts = {path: content.decode() for path, content in files.items() if content is not None}
        self._put_in = {_put_in(aside, path) for aside, path in service.conflicts}
        """What sync clients have put into names."""
        self.withdrawn: set[str] = set()
        """Notes and answers that are not to be told: one beside the same file replaces or withdraws them."""
        self.hidden = set(self._all_hidden())

    def on(self, path: str) -> tuple[str, str]:
        """Return the file that one says something of, by its name without what a sync client put into it, and its role."""
        stem, dot, suffix = path.rpartition(".")
        while put_in := next((one for one in self._put_in if stem.endswith(one)), ""):
            stem = stem.removesuffix(put_in)
        name = f"{stem}{dot}{suffix}"
        if note := _NOTE.fullmatch(name):
            return note["on"], "note"
        saying = _SAYING.fullmatch(name)
        return (saying["on"], saying["role"]) if saying else ("", "")

    def is_beside(self, path: str) -> bool:
        """Tell whether a note lies beside its file; true of what is no note."""
        on, _ = self.on(path)
        return not on or on in self.texts

    def _all_hidden(self) -> Iterator[str]:
        """Yield what another file beside it replaces or withdraws, or may: if one lies away from its file."""
        for path, text in self.texts.items():
            if found := _HIDES.search(text):
                beside = f"{path.rpartition('/')[0]}/{found[1]}".lstrip("/")
                yield beside
                if self.on(path)[0] in self.texts and self.on(beside)[0] == self.on(path)[0]:
                    self.withdrawn.add(beside)
                called_so = (one for one in self.texts if one.rpartition("/")[2] == found[1])
                yield from (one for one in called_so if not (self.is_beside(path) and self.is_beside(one)))

    # --- told by one machine ----------------------------------------------------------------------

    def wrong(
        self,
        results: Sequence[Object],
        questions: Sequence[Object],
        search: Callable[[str], Sequence[Object]],
    ) -> list[str]:
        """Return a line for each fact that a machine doesn't tell, or not of what it is about."""
        return [
            *self._untold(results, questions, search),
            *self._wrong_marks(results),
            *self._wrong_states(questions),
        ]

    def _untold(
        self,
        results: Sequence[Object],
        questions: Sequence[Object],
        search: Callable[[str], Sequence[Object]],
    ) -> Iterator[str]:
        noted: dict[str, set[str]] = defaultdict(set)
        """Where each file is told: the paths of the results that show it."""
        for result in results:
            for path in (*_paths(result), *_notes(result)):
                noted[path].update(_paths(result))
        answers = {answer["path"] for question in questions for answer in question["answers"]}
        asked = " ".join(question["question"] for question in questions)
        yield from (f"{path} is told, though withdrawn" for path in self.withdrawn & noted.keys())
        for path, text in self.texts.items():
            fact = _FACT.search(_NAMES.sub("", text))
            if fact is None or path in self.hidden:
                continue
            on, role = self.on(path)
            if on in self.texts and role == "answer" and path not in answers:
                yield f"{path} is not told of {on}"
            if not on and path.startswith("Questions/") and fact[0] not in asked:
                yield f"{path} is no question"
            found = search(fact[0])
            if any(len(result["notes"]) >= _MOST_NOTES for result in found):
                continue
            if not any(path in _paths(result) or fact[0] in _said(result) for result in found):
                yield f"{path} is not found by {fact[0]}"
            if on in self.texts and role == "note" and on not in noted[path]:
                yield f"{path} is not told of {on}"
            if not noted[path]:
                yield f"{path} is not told"

    def _wrong_marks(self, results: Sequence[Object]) -> Iterator[str]:
        """Each file has the marks beside it, and at most those whose file is elsewhere by now, too."""
        marks: dict[str, Counter[str]] = defaultdict(Counter)
        away: Counter[str] = Counter()
        for path in self.texts.keys() - self.hidden:
            if mark := _MARK.fullmatch(path):
                (marks[mark["on"]] if mark["on"] in self.texts else away)[mark["mark"]] += 1
        for result in results:
            is_link_in_list = result["url"] is not None and result["path"].endswith((".txt", ".md"))
            if result["copies"] or is_link_in_list:
                continue
            for name, count in result["marks"].items():
                least = marks[result["path"]][name]
                if not least <= count <= least + away[name]:
                    yield f"{result['path']} has {count} marks {name}, not {least}"

    def _wrong_states(self, questions: Sequence[Object]) -> Iterator[str]:
        """Each question is as far as the answers and closings beside it say; or farther, if some have lost theirs."""
        said: dict[str, set[str]] = defaultdict(set)
        for path in self.texts.keys() - self.hidden:
            on, role = self.on(path)
            if role in ("answer", "closed"):
                on = on if on in self.texts else ""
                said[on].update({role, "reopened"} if "\nitem: " in self.texts[path] else {role})
        texts = Counter(self.texts[question["path"]] for question in questions)
        for question in questions:
            path, state = question["path"], question["state"]
            of_it = said[path]
            so_far = "closed" if "closed" in of_it else "answered" if "answer" in of_it else "open"
            may_be = {so_far} | ({"reopened"} & of_it)
            may_be |= {"answered", "closed", "reopened"} if said[""] else set()
            if texts[self.texts[path]] == 1 and state not in may_be:
                yield f"{path} is {state}, not {so_far}"

    # --- told by two ------------------------------------------------------------------------------

    def told(self, results: Sequence[Object], questions: Sequence[Object]) -> dict[str, Object]:
        """Return what machines must tell alike, by what it is about."""
        made: dict[str, Object] = {}
        for result in results:
            paths = sorted(_paths(result))
            if not all(map(self.is_beside, paths)):
                continue
            names = _RESULT if result["copies"] else (*_RESULT, *_ALONE)
            notes = [(n["path"], n["by"], n["level"], n["text"]) for n in result["notes"]]
            made[" = ".join((*paths, result["url"] or ""))] = {name: result[name] for name in names} | {
                "notes": sorted(filter(self._is_sure, notes)) if len(notes) < _MOST_NOTES else "many"
            }
        for one in questions:
            answers = [(a["path"], a["by"], a["text"]) for a in one["answers"]]
            made[f"question {one['path']}"] = {name: one[name] for name in _QUESTION} | {
                "answers": sorted(filter(self._is_sure, answers))
            }
        return made

    def _is_sure(self, saying: tuple[str, ...]) -> bool:
        return self.is_beside(saying[0]) and saying[0] not in self.hidden


def _put_in(aside: str, path: str) -> str:
    """Return what a sync client has put into the name of a conflict copy of `path`."""
    stem, dot, suffix = path.rpartition(".")
    return aside.removeprefix(stem).removesuffix(f"{dot}{suffix}") if "/" not in suffix else ""


def _notes(result: Object) -> set[str]:
    return {note["path"] for note in result["notes"]}


def _said(result: Object) -> str:
    """Return what notes on a result say: one of several equal notes, on equal files, is enough."""
    return " ".join(note["text"] for note in result["notes"])


def _paths(result: Object) -> set[str]:
    return {result["path"], *result["copies"]}


def differing(one: dict[str, Object], other: dict[str, Object]) -> list[str]:
    """Return a line for each thing that two machines tell differently."""
    lines = []
    for key in sorted(one.keys() | other.keys()):
        a, b = one.get(key), other.get(key)
        if a is None or b is None:
            lines.append(f"{key!r} is told by {'the other' if a is None else 'the first'} only: {a or b}")
        else:
            lines += [f"{key!r}: {name}: {a[name]!r} != {b[name]!r}" for name in a if a[name] != b.get(name)]
    return lines
