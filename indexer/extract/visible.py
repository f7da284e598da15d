"""Which parts of a web page are invisible? Judged by attributes, styles and simple rules of its style sheets. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

_MAX_STYLES, _MAX_RULES, _MAX_HIDDEN, _LONGEST = 256 << 10, 5_000, 100, 2_000
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_SELECTOR = re.compile(r"[a-z0-9]{0,20}([.#][a-z_][\w-]{0,80})", re.IGNORECASE)
"""The selectors that are understood: one class or one id, of any element or of one kind."""
_NAMES = re.compile(r"[.#][a-z_][\w-]{0,80}", re.IGNORECASE)
_HIDING = re.compile(
    r"(?:^|[;\s])(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|opacity\s*:\s*0?\.?0+(?![.\d])|mso-hide\s*:\s*all"
    r"|color\s*:\s*transparent)",
    re.IGNORECASE,
)
_SHOWING = re.compile(r"(?:^|[;\s])(?:display|visibility|opacity)\s*:", re.IGNORECASE)
_SIZE = re.compile(r"(?:^|[;\s])font(?:-size)?\s*:\s*([^;]{1,100})", re.IGNORECASE)
_NOTHING = re.compile(r"(?<![\d.])0*\.?0+(?:px|pt|em|rem|%)?(?![\w.%])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rules of the style sheets within a page, as far as they are understood."""

    hidden: frozenset[str] = frozenset()
    """Classes (`.name`) and ids (`#name`) that are hidden and never shown again."""
    sized: frozenset[str] = frozenset()
    """Classes and ids with a font size of their own."""

    def selector(self) -> str:
        """Return the CSS selector of all elements for which `hides` or `size` may matter."""
        return ", ".join(("[hidden]", "[style]", *sorted(self.hidden)))

    def hides(self, attributes: Mapping[str, str | None]) -> bool:
        """Tell whether an element with these attributes, and all in it, is invisible."""
        if "hidden" in attributes and (attributes["hidden"] or "").lower() != "until-found":
            return True
        if _HIDING.search((attributes.get("style") or "")[:_LONGEST]):
            return True
        return bool(self.hidden) and not self.hidden.isdisjoint(_names_of(attributes))

    def size(self, attributes: Mapping[str, str | None], inherited: bool) -> bool:
        """Tell whether the font size in an element is 0, given whether that of its parent is 0."""
        match = _SIZE.search((attributes.get("style") or "")[:_LONGEST])
        if match:
            return bool(_NOTHING.match(match[1].strip()))
        return inherited and self.sized.isdisjoint(_names_of(attributes))


def _names_of(attributes: Mapping[str, str | None]) -> Iterator[str]:
    yield from ("." + name for name in (attributes.get("class") or "").split())
    if attributes.get("id"):
        yield f"#{attributes['id']}"


def read_sheets(styles: Iterable[str]) -> Sheet:
    """Return the rules of a page's style sheets; elements hidden only on paper or small screens are not hidden."""
    hidden: set[str] = set()
    shown: set[str] = set()
    sized: set[str] = set()
    for selectors, body, is_conditional in _rules("".join(styles)[:_MAX_STYLES]):
        is_hiding = bool(_HIDING.search(body))
        is_showing = not is_hiding and bool(_SHOWING.search(body))
        is_sizing = bool(_SIZE.search(body))
        for selector in selectors.split(",") if is_hiding or is_showing or is_sizing else ():
            names = _NAMES.findall(selector)
            if (
                is_hiding
                and not is_conditional
                and len(hidden) < _MAX_HIDDEN
                and (match := _SELECTOR.fullmatch(selector.strip()))
            ):
                hidden.add(match[1])
            if is_showing:  # a script, a state of the page, or another screen may show it
                shown.update(names)
            if is_sizing:
                sized.update(names)
    return Sheet(frozenset(hidden - shown), frozenset(sized))


def _rules(text: str) -> Iterator[tuple[str, str, bool]]:
    """Yield selectors and body of each rule, and whether it is inside an `@` rule."""
    open_rules: list[tuple[str, int]] = []
    begin = count = 0
    for match in re.finditer(r"[{};]", _COMMENT.sub(" ", text)):
        if match.group() == "{":
            open_rules.append((match.string[begin : match.start()].strip(), match.end()))
        elif match.group() == "}" and open_rules:
            selectors, inner = open_rules.pop()
            if not selectors.startswith("@"):
                yield selectors, match.string[inner : min(match.start(), inner + _LONGEST)], bool(open_rules)
                count += 1
        begin = match.end()
        if count >= _MAX_RULES:
            return
