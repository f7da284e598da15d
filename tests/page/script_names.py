"""Which names does a part of the page's script declare, and which does it use? Enough of JavaScript for our own parts.

Scopes are not told apart: a name that is bound anywhere in a part counts as the part's own. `tsc` knows better, if it is there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_PIECE = re.compile(
    r"(?P<blank>\s+|//[^\n]*|/\*.*?\*/)"
    r'|(?P<text>"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|\d[\w.]*)'
    r"|(?P<name>[A-Za-z_$#][\w$]*)"
    r"|(?P<sign>=>|\?\.(?!\d)|\.\.\.|[=!]==?|[<>]=|.)",
    re.DOTALL,
)
_PATTERN = re.compile(r"/(?:[^/\\\n\[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[a-z]*")
_TEMPLATE = re.compile(r"(?:[^`\\$]|\\.|\$(?!\{))*(`|\$\{)", re.DOTALL)
_WORDS = frozenset(
    "async await break case catch class const continue default delete do else export extends false finally for from function get"
    " if import in instanceof let new null of return static super switch this throw true try typeof undefined void while yield"
    .split()
)  # fmt: skip
_BEFORE_PATTERN = frozenset({"return", "case", "typeof", "of", "in"})


@dataclass(frozen=True, slots=True)
class Token:
    """A name, a sign or a literal."""

    text: str
    kind: str
    depth: int
    """How many brackets it stands in."""


@dataclass(frozen=True, slots=True)
class Names:
    """The names of a part."""

    top: tuple[str, ...]
    """Declared outside of all functions."""
    bound: frozenset[str]
    """Declared anywhere: parameters, variables, functions, classes, methods."""
    used: frozenset[str]
    """Mentioned: not as the property of something, nor as the key of an object."""


def tokens(code: str) -> list[Token]:
    """Return what a script consists of, without comments; of a template what is computed in it."""
    return list(_tokens(code))


def _tokens(code: str) -> Iterator[Token]:
    at, depth, last = 0, 0, ""
    templates: list[int] = []
    while at < len(code):
        if (
            code[at] == "/"
            and code[at + 1 : at + 2] not in ("/", "*")
            and (not re.match(r"[\w)\]}\"'`]", last[-1:] or ";") or last in _BEFORE_PATTERN)
        ):
            found = _PATTERN.match(code, at)
            assert found, code[at : at + 40]
            at, last = found.end(), '"'
            yield Token(found[0], "text", depth)
            continue
        if code[at] == "`" or (code[at] == "}" and templates and templates[-1] == depth):
            if code[at] == "}":
                depth = templates.pop() - 1
                yield Token("}", "sign", depth)
            found = _TEMPLATE.match(code, at + 1)
            assert found, code[at : at + 40]
            at, last = found.end(), "`"
            yield Token("`", "text", depth)
            if found[1] == "${":
                yield Token("{", "sign", depth)
                depth += 1
                templates.append(depth)
                last = "{"
            continue
        found = _PIECE.match(code, at)
        assert found
        at, kind = found.end(), str(found.lastgroup)
        if kind == "blank":
            continue
        last = found[0]
        depth -= last in (")", "]", "}")
        yield Token(last, kind, depth)
        depth += last in ("(", "[", "{")


def names_of(code: str) -> Names:
    """Return the names of a part, heads (imports and exports) left out."""
    found = tokens(re.sub(r"^(?:import|export) \{[^}]*\}.*;\n", "", code, flags=re.MULTILINE))
    used = {
        one.text
        for before, one, after in _threes(found)
        if _is_name(one) and before.text not in (".", "?.")
        and not (after.text == ":" and before.text in ("{", ","))
    }  # fmt: skip
    return Names(tuple(_top(found)), frozenset(_bound(found)), frozenset(used))


def _threes(found: list[Token]) -> Iterator[tuple[Token, Token, Token]]:
    end = Token(";", "sign", 0)
    every = [end, *found, end]
    return zip(every, every[1:], every[2:], strict=False)


def _top(found: list[Token]) -> Iterator[str]:
    is_list = False
    for before, one, after in _threes(found):
        if one.depth:
            continue
        if one.text in ("const", "let", "var"):
            is_list = True
        elif one.text == ";":
            is_list = False
        elif _is_name(one):
            declares = before.text in ("function", "class") or (before.text == "*" and after.text == "(")
            if declares or (is_list and before.text in ("const", "let", "var", ",")):
                yield one.text


def _bound(found: list[Token]) -> Iterator[str]:
    for place, one in enumerate(found):
        following = found[place + 1] if place + 1 < len(found) else one
        if one.text in ("function", "class"):
            yield from (name.text for name in found[place + 1 : place + 3] if _is_name(name))
        elif one.text in ("const", "let", "var"):
            yield from _declared(found, place + 1)
        elif one.kind == "name" and following.text == "=>":
            yield one.text
        elif one.text == ")" and following.text in ("=>", "{"):
            start = next(
                n for n in range(place, -1, -1) if found[n].text == "(" and found[n].depth == one.depth
            )
            name = found[start - 1]
            if name.text in ("for", "if", "while", "switch"):
                continue
            yield from _in_pattern(found[start + 1 : place])
            if following.text == "{" and _is_name(name):
                yield name.text  # a method


def _declared(found: list[Token], start: int) -> Iterator[str]:
    """Yield the names of a declaration, of which each has one value or none."""
    depth, from_, is_value = found[start].depth, start, False
    for place in range(start, len(found)):
        one = found[place]
        if one.depth < depth or (one.depth == depth and one.text in ("=", ",", ";", "of", "in")):
            if not is_value:
                yield from _in_pattern(found[from_:place])
            is_value, from_ = one.text != ",", place + 1
            if one.depth < depth or one.text in (";", "of", "in"):
                return


def _in_pattern(pattern: list[Token]) -> Iterator[str]:
    """Yield the names that a pattern binds: not its keys, nor what stands in place of a missing value."""
    for before, one, after in _threes(pattern):
        if _is_name(one) and before.text not in ("=", ".", "?.") and after.text not in (":", "("):
            yield one.text


def _is_name(token: Token) -> bool:
    return token.kind == "name" and token.text not in _WORDS
