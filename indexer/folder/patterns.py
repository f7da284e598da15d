"""Patterns of gitignore, matched in time linear in pattern and name, whatever they are. Pure.

Syntax: gitignore(5), and git's `wildmatch.c` for what that leaves open. Two things differ: names are compared by their
`name_key`, so that every machine leaves out the same, and `./` at the beginning means the folder; git matches nothing.

Each star becomes an atomic group that ends at the first place where the next fixed part fits: if any place works, the first
does, so backtracking is never needed. A pattern without a wildcard, or with one star and a fixed end, is found in a table.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from indexer.model.names import name_key

MOST_CHARACTERS = 4_096
"""A longer pattern can't match any path that a system allows."""

_WILD = re.compile(r"[*?\[\\]")
_END_ONLY = re.compile(r"\*([^*?\[\\]+)")
_ANY = "[^/]"
_CLASSES = {
    "alnum": "a-z0-9", "alpha": "a-z", "blank": r" \t", "cntrl": r"\x00-\x1f\x7f", "digit": "0-9", "graph": "!-~",
    "lower": "a-z", "print": " -~", "punct": r"!-/:-@\[-`{-~", "space": r"\s", "upper": "a-z", "xdigit": "0-9a-f",
}  # fmt: skip
"""ASCII classes, as in git; upper case is folded."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """One line of a gitignore file."""

    text: str
    """The text that is compared: folded, without what the fields below say."""
    leaves_out: bool
    """False for a line that begins with `!`: it lets matches in."""
    is_for_directories: bool
    """Whether the line ended with `/`."""
    is_path: bool
    """Whether it is compared with whole paths, not with names at any depth."""

    @property
    def end(self) -> str:
        """How a name has to end, if the pattern says only that; else empty."""
        match = None if self.is_path else _END_ONLY.fullmatch(self.text)
        return match[1] if match else ""

    @property
    def is_wild(self) -> bool:
        """Whether it can't be looked up in a table, so that each name is compared with it."""
        return bool(_WILD.search(self.text)) and not self.end


def parse(line: str) -> Pattern | None:
    """Return the pattern of a line, None for a blank one or a comment; raise ValueError if it can't be understood."""
    if not line.strip(" ") or line.startswith("#"):
        return None
    if len(line) > MOST_CHARACTERS:
        raise ValueError("it is too long")
    if any(ord(sign) < 32 and sign != "\t" for sign in line):
        raise ValueError("it has characters that no name can have")
    text = _without_blanks(line)
    leaves_out = not text.startswith("!")
    text = name_key(text.removeprefix("!"))
    if text.startswith("./"):
        text = text[1:]
    is_for_directories = text.endswith("/")
    text = text.removesuffix("/")
    is_path = "/" in text
    pattern = Pattern(text.removeprefix("/"), leaves_out, is_for_directories, is_path)
    if not pattern.text:
        raise ValueError("it names nothing")
    _expression(pattern)  # raises ValueError for a bad pattern
    return pattern


def _without_blanks(line: str) -> str:
    """Return a line without trailing blanks, unless a backslash keeps them."""
    text = line.rstrip(" ")
    slashes = len(text) - len(text.rstrip("\\"))
    return text + " " if slashes % 2 and len(text) < len(line) else text


class PatternSet:
    """Patterns; the last one that matches decides."""

    def __init__(self, patterns: Sequence[Pattern]) -> None:
        """Take them in order."""
        self._directories = _Table(enumerate(patterns))
        self._files = _Table((n, one) for n, one in enumerate(patterns) if not one.is_for_directories)

    def deciding(self, path: str, *, is_directory: bool) -> int | None:
        """Return the number of the pattern that decides on a path (given as `name_key`); None if none matches."""
        return (self._directories if is_directory else self._files).last(path)


@dataclass(slots=True)
class _Table:
    """Tables to look patterns up in; each value is the highest number."""

    numbered: Iterable[tuple[int, Pattern]]
    _names: dict[str, int] = field(default_factory=dict)
    _paths: dict[str, int] = field(default_factory=dict)
    _ends: dict[int, dict[str, int]] = field(default_factory=dict)
    """Ends of names by their length."""
    _wild_names: _Wild = field(init=False)
    _wild_paths: _Wild = field(init=False)

    def __post_init__(self) -> None:
        """Sort the patterns into the tables."""
        wild_names: list[tuple[int, Pattern]] = []
        wild_paths: list[tuple[int, Pattern]] = []
        for number, pattern in self.numbered:
            if pattern.is_wild:
                (wild_paths if pattern.is_path else wild_names).append((number, pattern))
            elif end := pattern.end:
                self._ends.setdefault(len(end), {})[end] = number
            else:
                (self._paths if pattern.is_path else self._names)[pattern.text] = number
        self.numbered = ()
        self._wild_names, self._wild_paths = _Wild(wild_names), _Wild(wild_paths)

    def last(self, path: str) -> int | None:
        """Return the highest number of the patterns that match."""
        name = path.rpartition("/")[2]
        found = [
            self._names.get(name, -1),
            self._paths.get(path, -1),
            *(ends.get(name[-length:], -1) for length, ends in self._ends.items()),
            self._wild_names.last(name),
            self._wild_paths.last(path),
        ]
        best = max(found)
        return None if best < 0 else best


class _Wild:
    """Patterns with wildcards as one expression, the last of them first; an empty group tells which one matched."""

    def __init__(self, numbered: Sequence[tuple[int, Pattern]]) -> None:
        last_first = sorted(numbered, key=lambda pair: -pair[0])
        self._numbers = [number for number, _ in last_first]
        self._parts = [f"{_expression(pattern)}()" for _, pattern in last_first]
        self._compiled: re.Pattern[str] | None = None

    def last(self, text: str) -> int:
        if not self._parts:
            return -1
        if self._compiled is None:  # compiled at first use: not every scan needs all of them
            self._compiled = re.compile("|".join(self._parts), re.DOTALL)
        match = self._compiled.match(text)
        return self._numbers[match.lastindex - 1] if match and match.lastindex else -1


# --- from pattern to expression -------------------------------------------------------------------


def _expression(pattern: Pattern) -> str:
    """Return an expression that, matched against the whole text, matches what the pattern does.

    Raise ValueError if a bracket or a backslash has no end.
    """
    if not pattern.is_path:
        return _component(pattern.text) + r"\Z"
    runs: list[list[str]] = [[]]
    for part in pattern.text.split("/"):
        if re.fullmatch(r"\*\*+", part):
            if runs[-1] or len(runs) == 1:
                runs.append([])
        else:
            runs[-1].append(_component(part))
    first, *others = ["/".join(run) for run in runs]
    if not others:
        return first + r"\Z"
    # The first part, any directories, the other parts: each at the first place that fits, the last one at the end.
    beginning = f"{first}/" if runs[0] else ""
    middle = "".join(f"(?>(?:{_ANY}+/)*?{run}/)" for run in others[:-1])
    last = f"(?:{_ANY}+/)*{others[-1]}" if runs[-1] else ".+"
    return f"{beginning}{middle}{last}\\Z"


def _component(text: str) -> str:
    """Return the expression of one part between slashes, up to its end."""
    fixed: list[list[str]] = [[]]
    """Between stars: what each character may be."""
    at = 0
    while at < len(text):
        sign = text[at]
        if sign == "*":
            fixed.append([])
            at += 1
            continue
        if sign == "?":
            one, at = _ANY, at + 1
        elif sign == "[":
            one, at = _bracket(text, at)
        elif sign == "\\":
            if at + 1 == len(text):
                raise ValueError("it ends with a backslash")
            one, at = re.escape(text[at + 1]), at + 2
        else:
            one, at = re.escape(sign), at + 1
        fixed[-1].append(one)
    if len(fixed) == 1:
        return "".join(fixed[0])
    middle = "".join(f"(?>{_ANY}*?{''.join(part)})" for part in fixed[1:-1] if part)
    last = fixed[-1]
    end = f"{_ANY}{{{len(last)},}}+(?<={''.join(last)})" if last else f"{_ANY}*+"  # once, by a lookbehind
    return f"{''.join(fixed[0])}{middle}{end}"


def _bracket(text: str, at: int) -> tuple[str, int]:
    """Return the class of characters that begins at a bracket, and where it ends."""
    start = at
    at += 1
    is_negated = text[at : at + 1] in ("!", "^")
    at += is_negated
    parts: list[str] = []
    is_first = True
    while is_first or text[at : at + 1] != "]":
        is_first = False
        end = text.find("]", at + 2)
        if text.startswith("[:", at) and end > at + 2 and text[end - 1] == ":":
            parts.append(_named_class(text[at + 2 : end - 1]))
            at = end + 1
            continue
        low, at = _literal(text, at)
        if text[at : at + 1] == "-" and text[at + 1 : at + 2] not in ("]", ""):
            high, at = _literal(text, at + 1)
            if low > high:
                raise ValueError(f"the range {low}-{high} runs backwards")
            parts.append(f"{re.escape(low)}-{re.escape(high)}")
        else:
            parts.append(re.escape(low))
        if at >= len(text):
            raise ValueError(f"the bracket at {text[start : start + 10]!r} is not closed")
    inside = "".join(parts)
    if is_negated:
        return f"[^/{inside}]", at + 1
    return f"(?!/)[{inside}]", at + 1


def _literal(text: str, at: int) -> tuple[str, int]:
    at += text[at : at + 1] == "\\"
    if at >= len(text):
        raise ValueError("a bracket is not closed")
    return text[at], at + 1


def _named_class(name: str) -> str:
    if name not in _CLASSES:
        raise ValueError(f"[:{name}:] is not a class of characters")
    return _CLASSES[name]
